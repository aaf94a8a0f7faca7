"""Two scorers as one: a weighted sum of their log-odds of entailment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import final

import numpy as np

from stance.codebooks import DEFAULT, load_codebook
from stance.errors import ConfigError
from stance.records import LogProbs, Question
from stance.scorers import Scorer
from stance.scorers.models import open_model
from stance.scorers.placement import Placement, placement_of
from stance.scorers.room import make_room

WEIGHT = 0.1
"""Of the second scorer: small, as measured for an embedding (docs/fusion.md)."""


def load_fusion(
    *,
    models: Sequence[str | Scorer] = ("mini", "embedding:mini"),
    weight: float = WEIGHT,
    threads: int = 0,
) -> FusionScorer:
    """Return a scorer that adds ``(1 - weight) * log-odds of A + weight * log-odds of B``.

    Args:
        models: A and B: scorers, or names of models (see `stance.scorers.models.parse_model`).
        weight: That of B, from 0 to 1.
        threads: Threads of the models that are named.

    Raises:
        ConfigError: There are not two models, or the weight is out of range.
        ScorerError: A model cannot be loaded.
    """
    if len(models) != 2:
        raise ConfigError(f"fusion takes two models, not {len(models)}; write fusion:A+B")
    if not 0 <= weight <= 1:
        raise ConfigError(f"the weight of a fusion is {weight}; it must be from 0 to 1")
    book = load_codebook(DEFAULT)
    first, second = (
        open_model(model, book, threads=threads) if isinstance(model, str) else model
        for model in models
    )
    return FusionScorer(first, second, weight)


@final
class FusionScorer:
    """Entailment by both; what is left is split between the others as the first scorer does."""

    def __init__(self, first: Scorer, second: Scorer, weight: float) -> None:
        self._first, self._second, self._weight = first, second, weight
        self.fingerprint = f"fusion:{weight}:({first.fingerprint})+({second.fingerprint})"

    @property
    def has_contradiction(self) -> bool:
        """Whether the first scorer tells contradiction from neutral."""
        return self._first.has_contradiction

    @property
    def placement(self) -> Placement | None:
        """Where both compute and in what, ``cpu+cuda`` where they differ, if either tells."""
        found = [placement_of(scorer) for scorer in (self._first, self._second)]
        told = [placement for placement in found if placement is not None]
        if not told:
            return None
        return Placement(
            "+".join(dict.fromkeys(placement.device for placement in told)),
            "+".join(dict.fromkeys(placement.dtype for placement in told)),
            sum(placement.halved for placement in told),
        )

    def beside(self, hypotheses: Iterable[str]) -> None:
        """Tell both what a cache answers for them."""
        asked = tuple(hypotheses)
        make_room(self._first, asked)
        make_room(self._second, asked)

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return natural-log probabilities, float32 (hypothesis, 3), one array a question."""
        both = zip(self._first.score(questions), self._second.score(questions), strict=True)
        return [self._fused(first, second) for first, second in both]

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many premises lose their end in the scorer that reads less."""
        return max(self._first.truncated(premises), self._second.truncated(premises))

    def _fused(self, first: LogProbs, second: LogProbs) -> LogProbs:
        odds = (1 - self._weight) * _odds(first) + self._weight * _odds(second)
        others = first[:, 1:].astype(np.float64)
        shares = others - np.logaddexp(others[:, 0], others[:, 1])[:, None]
        rest = -np.logaddexp(0, odds)[:, None] + shares
        return np.hstack([-np.logaddexp(0, -odds)[:, None], rest]).astype(np.float32)


def _odds(answer: LogProbs) -> np.ndarray:
    rows = answer.astype(np.float64)
    odds: np.ndarray = rows[:, 0] - np.logaddexp(rows[:, 1], rows[:, 2])
    return odds
