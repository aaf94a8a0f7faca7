"""Development figures of a scorer: entailment accuracies and frame ranking, never trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float64, Int64
from sklearn.metrics import average_precision_score

from stance.codebooks import Codebook, load_codebook
from stance.records import Question
from stance.scorers import Scorer
from stance.tagging import ask_all, log_odds
from stance.training.labels import LABELS
from stance.training.mixture import FRAMES, read_rows
from stance.training.written import LETTERS, read_families

WRITTEN = "written_heldout"
ENTAILMENT_SETS = (
    "snli_heldout",
    "perspectrum_test",
    "conjnli_dev",
    "news_hypotheses",
    WRITTEN,
)


@final
@dataclass(frozen=True, slots=True)
class PairAnswers:
    """Answers to labelled pairs: ``right`` is 1 where the answer is the label."""

    source: np.ndarray
    right: Float64[np.ndarray, " pair"]

    def accuracy(self, source: str) -> float:
        """Return the share of right answers of one source."""
        return float(self.right[self.source == source].mean())


def judge_pairs(scorer: Scorer, data: Path) -> PairAnswers:
    """Ask the development pairs.

    Perspectrum has no neutral, so there entailment is set against contradiction.
    """
    rows = _pair_rows(data) + _written_rows()
    log_p, gold = _asked(scorer, rows)
    source = np.array([row["source"] for row in rows])
    log_p[source == "perspectrum_test", 1] = -np.inf
    return PairAnswers(source, (log_p.argmax(axis=1) == gold).astype(np.float64))


def pair_log_probs(
    scorer: Scorer, data: Path
) -> tuple[Float64[np.ndarray, "pair 3"], Int64[np.ndarray, " pair"]]:
    """Return the answers to the development pairs of three labels, and the right ones."""
    rows = [row for row in _pair_rows(data) if row["source"] != "perspectrum_test"]
    return _asked(scorer, rows)


def _asked(
    scorer: Scorer, rows: Sequence[dict[str, Any]]
) -> tuple[Float64[np.ndarray, "pair 3"], Int64[np.ndarray, " pair"]]:
    answers = scorer.score([Question(row["premise"], (row["hypothesis"],)) for row in rows])
    gold = np.array([LABELS.index(row["label"]) for row in rows])
    return np.concatenate(answers).astype(np.float64), gold


def _pair_rows(data: Path) -> list[dict[str, Any]]:
    return read_rows(data / "entailment/dev.parquet") + [
        {**row, "source": "news_hypotheses"}
        for row in read_rows(data / "entailment/news_hypotheses.parquet")
        if row["split"] == "dev"
    ]


def _written_rows() -> list[dict[str, str]]:
    """Return the pairs of three labels of the written families whose topic is held out."""
    return [
        {
            "premise": premise,
            "hypothesis": text,
            "label": LABELS[LETTERS[letter]],
            "source": WRITTEN,
        }
        for family in read_families()
        for text, labels in family.hypotheses
        for premise, letter in zip(family.premises, labels, strict=True)
        if family.held_out and "x" not in labels
    ]


@final
@dataclass(frozen=True, slots=True)
class FrameAnswers:
    """Gold and mean log-odds of the four diplomacy frames, both of shape (sentence, 4)."""

    gold: Int64[np.ndarray, "sentence 4"]
    odds: Float64[np.ndarray, "sentence 4"]

    def average_precision(self) -> list[float]:
        """Return the average precision of every frame."""
        return [
            float(average_precision_score(self.gold[:, k], self.odds[:, k]))
            for k in range(len(FRAMES))
        ]


def silver_rows(data: Path, split: str) -> list[dict[str, Any]]:
    """Return the diplomacy silver rows of a split."""
    rows = read_rows(data / "frames/diplomacy_silver.parquet")
    return [row for row in rows if row["split"] == split]


def judge_frames(scorer: Scorer, data: Path, *, split: str = "dev") -> FrameAnswers:
    """Ask the shipped wordings of the diplomacy frames of every silver sentence of a split."""
    rows = silver_rows(data, split)
    odds = mean_odds(scorer, [row["sentence"] for row in rows], load_codebook("diplomacy"))
    gold = np.array([[int(row[frame]) for frame in FRAMES] for row in rows])
    return FrameAnswers(gold, odds)


def mean_odds(
    scorer: Scorer, sentences: Sequence[str], book: Codebook
) -> Float64[np.ndarray, "sentence frame"]:
    """Return the mean log-odds of entailment over the wordings of every frame."""
    answers = ask_all([Question(text, book.hypotheses) for text in sentences], scorer)
    stops = np.cumsum([len(frame.hypotheses) for frame in book.frames.values()])[:-1]
    return np.array([[p.mean() for p in np.split(log_odds(a), stops)] for a in answers])


def figures(scorer: Scorer, data: Path) -> dict[str, float]:
    """Return the figures that choose a checkpoint; in their ``mean`` frames count twice."""
    pairs = judge_pairs(scorer, data)
    found = {name: pairs.accuracy(name) for name in ENTAILMENT_SETS}
    precision = judge_frames(scorer, data).average_precision()
    found |= {f"ap_{frame}": value for frame, value in zip(FRAMES, precision, strict=True)}
    found["map"] = float(np.mean(precision))
    chosen = [found[name] for name in ENTAILMENT_SETS] + [found["map"]] * 2
    found["mean"] = float(np.mean(chosen))
    return {name: round(value, 4) for name, value in found.items()}
