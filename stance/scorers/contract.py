"""What an answer must look like; whoever asks a scorer checks it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stance.errors import ScorerError
from stance.records import LogProbs, Question


def check_answers(
    questions: Sequence[Question], answers: Sequence[LogProbs], fingerprint: str
) -> None:
    """Check that answers have the shape, type and sums that the contract of a scorer asks for.

    Raises:
        ScorerError: They do not; the message names the scorer and both sides of the mismatch.
    """
    if len(answers) != len(questions):
        raise ScorerError(
            f"{fingerprint}: gave {len(answers)} answers to {len(questions)} questions"
        )
    for question, answer in zip(questions, answers, strict=True):
        fault = _fault(answer, len(question.hypotheses))
        if fault:
            raise ScorerError(f"{fingerprint}: {fault} (premise {question.premise[:60]!r})")


def _fault(answer: LogProbs, n: int) -> str | None:
    if answer.shape != (n, 3) or answer.dtype != np.float32:
        return f"gave {answer.dtype} {answer.shape} where float32 {(n, 3)} is due"
    sums = np.exp(answer.astype(np.float64)).sum(axis=1)
    if not np.allclose(sums, 1.0, rtol=0, atol=1e-4):
        return f"gave probabilities that sum to {sums[np.argmax(np.abs(sums - 1))]:.4f}, not 1"
    return None
