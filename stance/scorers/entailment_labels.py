"""Which column of a classifier means entailment: read from its own ``id2label``, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from stance.errors import ScorerError
from stance.records import LogProbs

ENTAILMENT, NEUTRAL, CONTRADICTION = "entailment", "neutral", "contradiction"
NOT_ENTAILMENT = "not_entailment"
_SEPARATORS = re.compile(r"[\W_]+")
_NEGATED = {"non_entailment": NOT_ENTAILMENT, "no_entailment": NOT_ENTAILMENT}
_WANTED = ({ENTAILMENT, NEUTRAL, CONTRADICTION}, {ENTAILMENT, NOT_ENTAILMENT})


@final
@dataclass(frozen=True, slots=True)
class EntailmentColumns:
    """The columns of a classifier's logits; ``rest`` is not_entailment of a two-class model."""

    entailment: int
    neutral: int | None = None
    contradiction: int | None = None
    rest: int | None = None

    def __str__(self) -> str:
        """Return the three columns that are read, as in ``201``, or ``1-00`` of two classes."""
        if self.rest is not None:
            return f"{self.entailment}-{self.rest}{self.rest}"
        return f"{self.entailment}{self.neutral}{self.contradiction}"

    @property
    def has_contradiction(self) -> bool:
        """False for a two-class model."""
        return self.contradiction is not None

    def log_probs(self, logits: np.ndarray) -> LogProbs:
        """Return natural-log probabilities of entailment, neutral, contradiction, float32 (n, 3).

        A two-class model gives neutral and contradiction half of not_entailment each.

        Args:
            logits: Unnormalised scores of shape (n, label).
        """
        scores = np.asarray(logits, dtype=np.float64)
        top = scores.max(axis=1, keepdims=True)
        scores = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        if self.rest is not None:
            half = scores[:, self.rest] - np.log(2)
            columns = [scores[:, self.entailment], half, half]
        else:
            columns = [scores[:, k] for k in (self.entailment, self.neutral, self.contradiction)]
        return np.stack(columns, axis=1).astype(np.float32)


def entailment_columns(
    id2label: Mapping[Any, str], labels: Sequence[str] = (), *, place: str
) -> EntailmentColumns:
    """Return which column is which, from names in any order and any capitals.

    Args:
        id2label: Column → name, as in a checkpoint's ``config.json``; keys may be digits as text.
        labels: Names to read instead of those, one a column, in the order of the columns:
            entailment, neutral, contradiction, or entailment, not_entailment.
        place: The model, for messages.

    Raises:
        ScorerError: There is one column (a regression head), or the names are not those of two or
            three classes, each once.
    """
    found = _in_order(id2label, place)
    if len(found) == 1:
        raise ScorerError(
            f"{place}: has one output, a regression head; stance needs a classifier of entailment"
        )
    if labels and len(labels) != len(found):
        raise ScorerError(
            f"{place}: labels names {len(labels)} columns ({', '.join(labels)}), but the model has "
            f"{len(found)} ({', '.join(found)})"
        )
    names = [_normal(name) for name in (labels or found)]
    if len(set(names)) != len(names) or set(names) not in _WANTED:
        raise ScorerError(_unmatched(place, found, labels))
    column = {name: k for k, name in enumerate(names)}
    return EntailmentColumns(
        column[ENTAILMENT],
        column.get(NEUTRAL),
        column.get(CONTRADICTION),
        column.get(NOT_ENTAILMENT),
    )


def _in_order(id2label: Mapping[Any, str], place: str) -> list[str]:
    try:
        named = {int(key): str(name) for key, name in id2label.items()}
        return [named[k] for k in range(len(named))]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ScorerError(
            f"{place}: id2label must map 0, 1, … to the names of the columns; found {id2label!r}"
        ) from error


def _normal(name: str) -> str:
    plain = _SEPARATORS.sub("_", name.strip().lower()).strip("_")
    return _NEGATED.get(plain, plain)


def _unmatched(place: str, found: Sequence[str], labels: Sequence[str]) -> str:
    which = f"its labels are {', '.join(found)}"
    if labels:
        which = f"labels says {', '.join(labels)}"
    return (
        f"{place}: {which}, which is not entailment, neutral, contradiction or entailment, "
        "not_entailment; if it is an entailment model set labels to one of these names a column, "
        "in the model's order: --labels entailment,neutral,contradiction, or labels: in a config"
    )
