"""A scorer over any network that reads a premise once for all its hypotheses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, final

import numpy as np
from jaxtyping import Float32

from stance.records import LogProbs, Question
from stance.scorers.packing import Inputs, Packed, Packer, collate
from stance.scorers.placement import ON_CPU, Budget, Placement

Run: TypeAlias = Callable[[Inputs], Float32[np.ndarray, "sequence answer 3"]]
"""The network: token arrays in, natural-log probabilities at the places to read out."""

Arrange: TypeAlias = Callable[[Sequence[Packed]], Inputs]
"""Lays a batch out as the network takes it."""


@final
class OnePassScorer:
    """Packs questions, runs the network on them in batches, and puts the answers in order."""

    has_contradiction = True

    def __init__(
        self,
        run: Run,
        packer: Packer,
        fingerprint: str,
        *,
        tokens: int = 512,
        arrange: Arrange = collate,
        placement: Placement = ON_CPU,
        exhausted: tuple[type[Exception], ...] = (),
    ) -> None:
        self._run, self._packer, self._arrange = run, packer, arrange
        self._budget, self._placement = Budget(tokens, exhausted), placement
        self.fingerprint = fingerprint

    @property
    def placement(self) -> Placement:
        """Where it computes, and how often a batch was halved."""
        return replace(self._placement, halved=self._budget.halved)

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return natural-log probabilities, float32 (hypothesis, 3), one array a question."""
        answers: list[LogProbs] = [
            np.empty((len(question.hypotheses), 3), dtype=np.float32) for question in questions
        ]
        for batch, answer in self._budget.run(self._sequences(questions), len, self._answer):
            for sequence, rows in zip(batch, answer, strict=True):
                n = len(sequence.block.ends)
                answers[sequence.question][sequence.first : sequence.first + n] = rows[:n]
        return answers

    def count_tokens(self, questions: Sequence[Question]) -> int:
        """Return how many tokens are read to answer the questions."""
        return sum(map(len, self._sequences(questions)))

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many premises lose their end."""
        return self._packer.truncated(premises)

    def _sequences(self, questions: Sequence[Question]) -> list[Packed]:
        return self._packer.sequences(
            [question.premise for question in questions],
            [question.hypotheses for question in questions],
        )

    def _answer(self, batch: Sequence[Packed]) -> Float32[np.ndarray, "sequence answer 3"]:
        return self._run(self._arrange(batch))
