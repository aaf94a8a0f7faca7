"""The gates of the shipped model: every figure it is judged by, in one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Bool, Float64
from sklearn.metrics import average_precision_score, f1_score

from stance.calibration import Calibration
from stance.codebooks import load_codebook
from stance.records import LogProbs, Question
from stance.scorers import Scorer
from stance.training import rivals
from stance.training.judge import WRITTEN, FrameAnswers, judge_frames, judge_pairs, silver_rows
from stance.training.mixture import FRAMES, read_rows

RESAMPLES = 2_000
_ACCURACIES = {
    "snli_heldout": ("SNLI held-out, 3-way accuracy", 0.86),
    "perspectrum_test": ("Perspectrum test, support against undermine, accuracy", 0.80),
    "news_hypotheses": ("news hypotheses dev, 3-way accuracy", 0.80),
    "conjnli_dev": ("ConjNLI dev, 3-way accuracy", 0.70),
    WRITTEN: ("written families, topics never trained on, 3-way accuracy", None),
}


@final
@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; ``passed`` is None where there is no gate."""

    name: str
    value: float
    gate: str
    passed: bool | None
    n: int
    interval: tuple[float, float] | None = None

    def row(self) -> str:
        """Return the figure as a row of a Markdown table."""
        between = f"{self.interval[0]:.3f} to {self.interval[1]:.3f}" if self.interval else "–"
        verdict = {None: "–", True: "passed", False: "**missed**"}[self.passed]
        value = f"{self.value:.2g}" if 0 < abs(self.value) < 0.01 else f"{self.value:.3f}"
        return f"| {self.name} | {self.n:,} | {value} | {between} | {self.gate} | {verdict} |"


HEADER = "| figure | n | value | 95 % interval | gate | |\n|---|---|---|---|---|---|"


def accuracies(scorer: Scorer, data: Path) -> Iterator[Figure]:
    """Yield the accuracies on labelled pairs."""
    pairs = judge_pairs(scorer, data)
    draw = np.random.default_rng(0)
    for source, (name, gate) in _ACCURACIES.items():
        right = pairs.right[pairs.source == source]
        n, value = len(right), float(right.mean())
        low, high = np.quantile(draw.binomial(n, value, RESAMPLES) / n, [0.025, 0.975])
        passed = None if gate is None else value >= gate
        shown = "–" if gate is None else f"≥ {gate}"
        yield Figure(name, value, shown, passed, n, (float(low), float(high)))


def frames(scorer: Scorer, data: Path) -> Iterator[Figure]:
    """Yield the figures of the four diplomacy frames on the silver dev split."""
    answers = judge_frames(scorer, data)
    n = len(answers.gold)
    for k, (frame, value) in enumerate(zip(FRAMES, answers.average_precision(), strict=True)):
        positive = int(answers.gold[:, k].sum())
        name = f"{frame}, average precision ({positive} positive)"
        yield Figure(name, value, "–", None, n)
    yield _against_tfidf(answers, data)


def calibrated(
    answers: FrameAnswers, calibration: Calibration
) -> Float64[np.ndarray, "sentence 4"]:
    """Return calibrated probabilities of the diplomacy frames."""
    book = load_codebook("diplomacy")
    columns = [
        calibration.of("diplomacy", frame, entry.hypotheses).probability(answers.odds[:, k])
        for k, (frame, entry) in enumerate(book.frames.items())
    ]
    return np.stack(columns, axis=1)


def _tfidf(data: Path) -> Float64[np.ndarray, "sentence 4"]:
    train, dev = silver_rows(data, "train"), silver_rows(data, "dev")
    gold = np.array([[bool(row[frame]) for frame in FRAMES] for row in train])
    texts, asked = ([row["sentence"] for row in rows] for rows in (train, dev))
    return rivals.tfidf(texts, gold, asked)


def _against_tfidf(answers: FrameAnswers, data: Path) -> Figure:
    rival = FrameAnswers(answers.gold, _tfidf(data))
    ours, theirs = (float(np.mean(a.average_precision())) for a in (answers, rival))
    draw, n = np.random.default_rng(0), len(answers.gold)
    gains = []
    for _ in range(RESAMPLES):
        rows = draw.integers(0, n, n)
        gold = answers.gold[rows]
        both = (_mean_precision(gold, a.odds[rows]) for a in (answers, rival))
        gains.append(next(both) - next(both))
    low, high = np.quantile(gains, [0.025, 0.975])
    return Figure(
        f"diplomacy silver dev, mean average precision {ours:.3f} minus that of TF-IDF + logistic "
        f"regression {theirs:.3f} (paired bootstrap)",
        ours - theirs,
        "interval above 0",
        bool(low > 0),
        n,
        (float(low), float(high)),
    )


def _mean_precision(gold: Bool[np.ndarray, "n 4"], odds: Float64[np.ndarray, "n 4"]) -> float:
    scores = [average_precision_score(gold[:, k], odds[:, k]) for k in range(gold.shape[1])]
    return float(np.mean(scores))


def independence(scorer: Scorer, other_batches: Scorer, data: Path) -> Iterator[Figure]:
    """Yield how far one pass is from single passes, and a batch from another batch."""
    hypotheses = load_codebook("diplomacy").hypotheses
    texts = [row["sentence"] for row in silver_rows(data, "dev")]
    together = scorer.score([Question(text, hypotheses) for text in texts])
    some = texts[:60]
    alone = [
        np.concatenate([scorer.score([Question(text, (h,))])[0] for h in hypotheses])
        for text in some
    ]
    name = "one pass with 16 hypotheses against 16 single passes, max |Δ log p|"
    gap = _gap(together[:60], alone)
    yield Figure(name, gap, "≤ 1e-4", gap <= 1e-4, 60 * len(hypotheses))
    shuffled = other_batches.score([Question(text, hypotheses) for text in texts[::-1]])[::-1]
    gap = _gap(together, shuffled)
    name = "the same questions in another order and batch size, max |Δ log p|"
    yield Figure(name, gap, "≤ 1e-4", gap <= 1e-4, len(texts) * len(hypotheses))


def _gap(left: list[LogProbs], right: list[LogProbs]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(left, right, strict=True))


def fidelity(scorer: Scorer, trained: Scorer, data: Path) -> Iterator[Figure]:
    """Yield how far the shipped file is from the float32 checkpoint it was made of."""
    rows = read_rows(data / "entailment/dev.parquet")
    questions = [Question(row["premise"], (row["hypothesis"],)) for row in rows]
    hypotheses = load_codebook("diplomacy").hypotheses
    questions += [Question(row["sentence"], hypotheses) for row in silver_rows(data, "dev")]
    shipped, exact = scorer.score(questions), trained.score(questions)
    gap = _gap([np.exp(a) for a in shipped], [np.exp(a) for a in exact])
    n = sum(len(q.hypotheses) for q in questions)
    yield Figure("shipped file against float32, max |Δp|", gap, "≤ 0.03", gap <= 0.03, n)
    pair = (judge_frames(s, data) for s in (scorer, trained))
    ours, theirs = (f1_score(a.gold, a.odds >= 0, average="macro") for a in pair)
    gap = abs(float(ours - theirs))
    name = "shipped file against float32, macro-F1 on the frames dev split, difference"
    yield Figure(name, gap, "≤ 0.005", gap <= 0.005, 540)
