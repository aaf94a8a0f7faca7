"""How far an exported file is from its checkpoint in torch and float32, and from itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from stance.errors import ScorerError
from stance.model_exports.examples import Examples
from stance.records import LogProbs
from stance.scorers import Scorer
from stance.scorers.onnx_folder import APART, PairScorer, batch_gap

EXACT = 1e-4
"""Most that a probability of a float32 file may differ from that of torch."""
MOVED = 0.01
"""Most that macro-F1 may move."""
_ALONE = 12
"""Questions whose pairs are also asked alone."""


@final
@dataclass(frozen=True, slots=True)
class Parity:
    """An exported file beside its checkpoint in torch and float32.

    ``max_gap`` and ``mean_gap`` are differences of a probability from that of torch, ``batch_gap``
    the largest between two ways of batching the same questions. ``f1_before`` and ``f1_after`` are
    macro-F1 of torch and of the file on ``labelled`` decisions; None where nothing is labelled.
    """

    precision: str
    examples: str
    pairs: int
    max_gap: float
    mean_gap: float
    batch_gap: float
    labelled: int
    f1_before: float | None = None
    f1_after: float | None = None

    def lines(self) -> list[str]:
        """Return the figures as lines of text."""
        found = [
            f"{self.precision}, {self.pairs:,} pairs of {self.examples}",
            f"against torch float32: max |Δp| {self.max_gap:.2g}, mean {self.mean_gap:.2g}",
            f"another batch and order: max |Δp| {self.batch_gap:.2g}",
        ]
        if self.f1_before is None or self.f1_after is None:
            return [*found, "no labels given: what it does to macro-F1 was not measured"]
        moved = f"macro-F1 {self.f1_before:.4f} in torch, {self.f1_after:.4f} in the file"
        return [*found, f"{moved} ({self.labelled:,} labelled decisions)"]


def compare(
    reference: Scorer,
    open_exported: Callable[..., PairScorer],
    examples: Examples,
    *,
    precision: str,
) -> Parity:
    """Compare an exported file with its checkpoint.

    Args:
        reference: The checkpoint in torch, float32, pair by pair.
        open_exported: Opens the file; takes ``tokens``, the budget of a batch.
        examples: What both are asked.
        precision: That of the file.
    """
    questions = examples.questions
    expected = reference.score(questions)
    large, small = open_exported(tokens=4_096), open_exported(tokens=600)
    found = large.score(questions)
    again = small.score(questions[::-1])[::-1]
    gaps = np.concatenate([np.zeros(1), *_gaps(expected, found)])
    batch = max([0.0, *(float(gap.max(initial=0)) for gap in _gaps(found, again))])
    before, after = (examples.macro_f1(answers) for answers in (expected, found))
    judged = not (math.isnan(before) or math.isnan(after))
    return Parity(
        precision,
        examples.place,
        sum(len(question.hypotheses) for question in questions),
        float(gaps.max()),
        float(gaps[1:].mean()) if gaps[1:].size else 0.0,
        max(batch, batch_gap(large, questions[:_ALONE])),
        examples.labelled,
        before if judged else None,
        after if judged else None,
    )


def _gaps(left: Sequence[LogProbs], right: Sequence[LogProbs]) -> list[np.ndarray]:
    pairs = zip(left, right, strict=True)
    return [np.abs(np.exp(a) - np.exp(b)).ravel() for a, b in pairs]


def check_parity(parity: Parity, place: str) -> None:
    """Check that a file may be used.

    Raises:
        ScorerError: Its scores depend on the batch, a float32 file does not give those of torch, or
            macro-F1 moved.
    """
    if parity.batch_gap > APART:
        raise ScorerError(
            f"{place}: refused in {parity.precision}: the same pair gets another score in another "
            f"batch (max |Δp| {parity.batch_gap:.3f}); export in float32, float16 or int8"
        )
    if parity.precision == "float32" and parity.max_gap > EXACT:
        raise ScorerError(
            f"{place}: refused: the exported graph does not give the scores of torch "
            f"(max |Δp| {parity.max_gap:.3f}); this architecture cannot be exported by tracing"
        )
    if parity.f1_before is None or parity.f1_after is None:
        return
    if abs(parity.f1_after - parity.f1_before) > MOVED:
        raise ScorerError(
            f"{place}: refused in {parity.precision}: macro-F1 on {parity.examples} moves from "
            f"{parity.f1_before:.3f} to {parity.f1_after:.3f}, by more than {MOVED}; export in "
            "float32"
        )
