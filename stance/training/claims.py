"""Other wordings of a claim: an argument supports a claim however its author's view is put."""

from __future__ import annotations

import random

from stance.training.labels import CONTRADICTION, ENTAILMENT

SOURCES = ("ibm", "persp", "valueeval")
"""Sources whose premise is an argument and whose hypothesis is a claim."""

_PREFIXES = {
    "The author agrees: ": "",
    "The author believes: ": "",
    "The author believes that ": "",
    "The author supports the claim that ": "",
    "The author would ": "We should ",
}
_FLIPPED = {ENTAILMENT: CONTRADICTION, CONTRADICTION: ENTAILMENT}
_WORDINGS = (
    ("{claim}", False),
    ("{claim}", False),
    ("The author agrees: {claim}", False),
    ("The text argues for this: {claim}", False),
    ("The author disagrees: {claim}", True),
    ("The text argues against this: {claim}", True),
)
"""A wording, and whether it asks for the opposite; the bare claim comes up twice as often."""


def bare_claim(hypothesis: str) -> str | None:
    """Return a hypothesis without the words that say that its author holds it.

    None where those words cannot be taken away ("The author believes in …").
    """
    for prefix, instead in _PREFIXES.items():
        if hypothesis.startswith(prefix):
            rest = instead + hypothesis.removeprefix(prefix)
            return rest[:1].upper() + rest[1:]
    return None if hypothesis.startswith("The author ") else hypothesis


def reworded(hypothesis: str, label: int, draw: random.Random) -> tuple[str, int]:
    """Return a claim in another wording, drawn at random, and the label that then holds."""
    claim = bare_claim(hypothesis)
    if claim is None:
        return hypothesis, label
    wording, opposite = draw.choice(_WORDINGS)
    return wording.format(claim=claim), _FLIPPED.get(label, label) if opposite else label
