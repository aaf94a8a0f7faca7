"""Stance: its calibration, its development figures against baselines, and what perturbs it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float64, Int64

from stance.calibration import Labels, StanceLogistic, fit_stance, wordings_hash
from stance.codebooks import StanceWordings, load_codebook
from stance.labelling import choose, fill, mean_stance_odds
from stance.records import Question
from stance.runs import file_hash
from stance.scorers import Scorer, load_scorer
from stance.tagging import ask_all, log_odds
from stance.training.gates import Figure
from stance.training.mixture import is_held_out, read_rows

NEWSMTSC = "stance/newsmtsc_train.parquet"
SAMPLE = 1_500
RESAMPLES = 2_000
_GATE_MISSES = 0.01
_GOLD = {
    "positive": 0,
    "negative": 1,
    "neutral": 2,
    "POS": 0,
    "NEG": 1,
    "pro": 0,
    "con": 1,
}


@final
@dataclass(frozen=True, slots=True)
class StanceSet:
    """Labelled sentences: ``gold`` is 0 favor, 1 against, 2 neutral; ``least`` is due."""

    name: str
    texts: tuple[str, ...]
    targets: tuple[str, ...]
    gold: Int64[np.ndarray, " n"]
    least: float | None = None


def newsmtsc(data: Path, *, held_out: bool) -> StanceSet:
    """Return the 15 % of NewsMTSC kept for figures, or a fixed sample of the rest."""
    rows = [r for r in read_rows(data / NEWSMTSC) if is_held_out(r["sentence"]) == held_out]
    if not held_out and len(rows) > SAMPLE:
        rows = random.Random(0).sample(rows, SAMPLE)
    return _stance_set("NewsMTSC, held-out 15 %", rows, "sentence", "polarity", 0.76)


def seesaw(data: Path) -> StanceSet:
    """Return SEESAW's validation split, favor and against only."""
    rows = read_rows(data / "stance/seesaw_valid.parquet")
    return _stance_set("SEESAW valid", rows, "sentence", "polarity", 0.75)


def vast(data: Path) -> StanceSet:
    """Return VAST's development split."""
    rows = read_rows(data / "stance/vast_dev.parquet")
    return _stance_set("VAST dev", rows, "text", "stance", 0.55)


def _stance_set(
    name: str, rows: Sequence[dict[str, Any]], text: str, label: str, least: float
) -> StanceSet:
    return StanceSet(
        name,
        tuple(" ".join(row[text].split()) for row in rows),
        tuple(row["target"] for row in rows),
        np.array([_GOLD[row[label]] for row in rows], dtype=np.int64),
        least,
    )


def stance_odds(
    scorer: Scorer, texts: Sequence[str], targets: Sequence[str], wordings: StanceWordings
) -> Float64[np.ndarray, "n 3"]:
    """Return the mean log-odds in favour, against and of relevance."""
    asked = [
        Question(text, fill(wordings.wordings, target))
        for text, target in zip(texts, targets, strict=True)
    ]
    answers = ask_all(asked, scorer)
    return np.array([mean_stance_odds(log_odds(answer), wordings) for answer in answers])


def fit_stances(scorer: Scorer, data: Path) -> StanceLogistic:
    """Fit the stance logistic and the relevance gate on NewsMTSC without its held-out part.

    The gate lets through all but 1 % of the targets that annotators found in a sentence.
    """
    wordings, labelled = StanceWordings(), newsmtsc(data, held_out=False)
    odds = stance_odds(scorer, labelled.texts, labelled.targets, wordings)
    same, other, bias = fit_stance(odds[:, :2], labelled.gold)
    n = len(labelled.gold)
    return StanceLogistic(
        same=same,
        other=other,
        bias=bias,
        gate=round(float(np.quantile(odds[:, 2], _GATE_MISSES)), 6),
        wordings_sha256=wordings_hash(wordings.wordings),
        n=n,
        fitted_on=Labels(
            file=NEWSMTSC,
            sha256=file_hash(data / NEWSMTSC),
            split="not is_held_out, sampled with seed 0",
            n=n,
        ),
    )


def stances(scorer: Scorer, data: Path, logistic: StanceLogistic) -> Iterator[Figure]:
    """Yield the figures of stance: the model, the terms of the codebook, the commonest label.

    Macro-F1 over three labels for NewsMTSC and VAST; for SEESAW the share of right answers where
    only favor and against can be chosen. A text is given with its target; nothing else.
    """
    lexical = load_scorer("lexical", codebook=load_codebook("diplomacy"))
    for labelled in (newsmtsc(data, held_out=True), seesaw(data), vast(data)):
        two = not (labelled.gold == 2).any()
        for name, asked, own in (
            ("mini", scorer, logistic),
            ("lexical", lexical, StanceLogistic()),
        ):
            odds = stance_odds(asked, labelled.texts, labelled.targets, StanceWordings())
            p = own.probabilities(odds[:, :2])
            said = (p[:, 1] >= p[:, 0]).astype(np.int64) if two else choose(p)
            yield _figure(labelled, name, said)
        commonest = np.bincount(labelled.gold).argmax()
        yield _figure(labelled, "majority", np.full(len(labelled.gold), commonest))


def _figure(labelled: StanceSet, who: str, said: Int64[np.ndarray, " n"]) -> Figure:
    n, two = len(labelled.gold), not (labelled.gold == 2).any()
    table = np.bincount(labelled.gold * 3 + said, minlength=9)
    measure = _accuracy if two else _macro_f1
    drawn = np.random.default_rng(0).multinomial(n, table / n, size=RESAMPLES)
    low, high = np.quantile(measure(drawn), [0.025, 0.975])
    kind = "accuracy of favor against" if two else "macro-F1"
    name, value = f"{labelled.name}, {kind}, {who}", float(measure(table[None])[0])
    least = labelled.least if who == "mini" else None
    gate = "–" if least is None else f"≥ {least}"
    passed = None if least is None else value >= least
    return Figure(name, value, gate, passed, n, (float(low), float(high)))


def _accuracy(tables: Int64[np.ndarray, "table 9"]) -> Float64[np.ndarray, " table"]:
    right: np.ndarray = tables[:, [0, 4, 8]].sum(axis=1) / tables.sum(axis=1)
    return right


def _macro_f1(tables: Int64[np.ndarray, "table 9"]) -> Float64[np.ndarray, " table"]:
    """Return the macro-F1 of flattened tables of gold (rows) by said (columns)."""
    square = tables.reshape(-1, 3, 3)
    right = np.diagonal(square, axis1=1, axis2=2)
    all_of = square.sum(axis=1) + square.sum(axis=2)
    f1: np.ndarray = (2 * right / np.maximum(all_of, 1)).mean(axis=1)
    return f1
