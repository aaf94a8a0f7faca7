"""Which output of a classifier is which label: read from the checkpoint, or told; never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from stance.errors import ScorerError

_NAMES = {
    "entailment": "entailment",
    "entail": "entailment",
    "neutral": "neutral",
    "contradiction": "contradiction",
    "contradict": "contradiction",
    "not_entailment": "not_entailment",
    "non_entailment": "not_entailment",
    "no_entailment": "not_entailment",
}
_THREE = {"entailment", "neutral", "contradiction"}
_TWO = {"entailment", "not_entailment"}
_HOW = (
    "say what its columns are, in order, with --labels entailment,neutral,contradiction "
    "(or labels: in a config), using entailment, neutral, contradiction or entailment, "
    "not_entailment"
)


@final
@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a classifier. With two classes the last two are the same, and halved."""

    entailment: int
    neutral: int
    contradiction: int

    @property
    def has_contradiction(self) -> bool:
        """Whether neutral and contradiction are told apart."""
        return self.neutral != self.contradiction


def read_columns(
    id2label: Mapping[int, str], *, labels: Sequence[str] = (), place: str, problem: str | None
) -> Columns:
    """Return the columns that labels name, whatever their order and capitals.

    Args:
        id2label: What the checkpoint calls its columns.
        labels: What the user calls them, in order, instead.
        place: The checkpoint, for messages.
        problem: The ``problem_type`` of the checkpoint.

    Raises:
        ScorerError: The head is no classifier of one label, or the labels do not match the columns
            of an entailment model one to one.
    """
    found = [str(id2label[column]) for column in sorted(id2label)]
    if len(found) < 2 or problem == "regression":
        raise ScorerError(
            f"{place}: has a regression head (labels: {', '.join(found)}), not an entailment "
            "classifier; name a model trained on natural language inference"
        )
    if problem == "multi_label_classification":
        raise ScorerError(
            f"{place}: is a multi-label classifier, whose outputs are not shares of one answer; "
            "name a model trained on natural language inference"
        )
    if labels and len(labels) != len(found):
        raise ScorerError(
            f"{place}: --labels names {len(labels)} columns ({', '.join(labels)}), the checkpoint "
            f"has {len(found)} ({', '.join(found)}); name each of them once"
        )
    return _matched(list(labels) or found, found, place)


def _matched(names: Sequence[str], found: Sequence[str], place: str) -> Columns:
    known = [_NAMES.get(_plain(name), "") for name in names]
    if len(known) == 3 and set(known) == _THREE:
        return Columns(*(known.index(name) for name in ("entailment", "neutral", "contradiction")))
    if len(known) == 2 and set(known) == _TWO:
        rest = known.index("not_entailment")
        return Columns(known.index("entailment"), rest, rest)
    said = "" if list(names) == list(found) else f" and --labels says {', '.join(names)}"
    raise ScorerError(
        f"{place}: its labels are {', '.join(found)}{said}, which do not name entailment one to "
        f"one; {_HOW}"
    )


def _plain(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())
