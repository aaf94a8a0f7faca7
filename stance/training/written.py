"""Sentences and hypotheses written for training: families in which a wording gets every label.

A family is three or more premises that differ in what matters, and hypotheses asked of each of
them. ``labels`` of a hypothesis has one letter a premise: e (entailment), n (neutral),
c (contradiction) or x (not entailment: neutral or contradiction). As every hypothesis is true of
one premise and not of another, its wording alone tells nothing (Gururangan et al. 2018).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from stance.errors import DataError
from stance.training.labels import CONTRADICTION, ENTAILMENT, NEUTRAL, NOT_ENTAILMENT

FOLDER = Path(__file__).parent / "data" / "written"
LETTERS = {"e": ENTAILMENT, "n": NEUTRAL, "c": CONTRADICTION, "x": NOT_ENTAILMENT}
HELD_OUT = frozenset(
    {
        "asylum rules",
        "city water supply",
        "courts and juries",
        "football stadium",
        "free speech",
        "hostage talks",
        "housing and rent",
        "immigration",
        "mental health",
        "naval blockade",
        "nuclear weapons",
        "prisons and punishment",
        "space exploration",
        "tourism",
        "vaccine trial",
    }
)
"""Topics never trained on; 15 of 100."""


@final
@dataclass(frozen=True, slots=True)
class Family:
    """Premises and ``(hypothesis, labels)`` of one topic; ``skill`` is the name of its file."""

    skill: str
    topic: str
    premises: tuple[str, ...]
    hypotheses: tuple[tuple[str, str], ...]

    @property
    def held_out(self) -> bool:
        """Whether its topic is kept for development figures."""
        return self.topic in HELD_OUT

    @property
    def about_claims(self) -> bool:
        """Whether its premises are arguments and its hypotheses claims."""
        return self.skill.startswith(("claims", "debates"))

    def pairs(self) -> Iterator[tuple[str, str, int]]:
        """Yield every premise, hypothesis and index of the label in ``LABELS``."""
        for hypothesis, labels in self.hypotheses:
            for premise, letter in zip(self.premises, labels, strict=True):
                yield premise, hypothesis, LETTERS[letter]


def read_families(folder: Path = FOLDER) -> list[Family]:
    """Return the families of every ``*.jsonl`` file, in order.

    Raises:
        DataError: A line is not a family, or its labels do not fit its premises.
    """
    return [
        _family(path, number, line)
        for path in sorted(folder.glob("*.jsonl"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    ]


def _family(path: Path, number: int, line: str) -> Family:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {number}: not JSON ({error})") from error
    fault = _fault(row)
    if fault:
        raise DataError(f"{path}, line {number}: {fault}")
    hypotheses = tuple((text, labels) for text, labels in row["hypotheses"])
    return Family(path.stem, row["topic"], tuple(row["premises"]), hypotheses)


def _fault(row: dict[str, Any]) -> str | None:
    if set(row) != {"topic", "premises", "hypotheses"}:
        return "a family has topic, premises and hypotheses"
    premises = row["premises"]
    if len(premises) < 3 or len(set(premises)) < len(premises):
        return "a family has at least three different premises"
    for text, labels in row["hypotheses"]:
        if len(labels) != len(premises) or not set(labels) <= set(LETTERS):
            return f"{text!r} needs one letter of e, n, c, x a premise, not {labels!r}"
        if "e" not in labels or len(set(labels)) < 2:
            return f"{text!r} must be entailed by a premise and not by another"
    return None
