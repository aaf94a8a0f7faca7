"""The 42 codes of the wide coding: how well a scorer ranks the sentences of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64
from sklearn.metrics import average_precision_score

from stance.records import Question
from stance.scorers import Scorer
from stance.tagging import ask_all, log_odds
from stance.training import rivals
from stance.training.gates import RESAMPLES, Figure
from stance.training.mixture import load_code_wordings, read_rows

LEAST = 20
"""Positive development sentences from which a code counts."""
GAIN = 0.08
"""What the model should gain over word counts with labels."""

Gold = Bool[np.ndarray, "sentence code"]
Scores = Float64[np.ndarray, "sentence code"]


def wide(scorer: Scorer, data: Path, base: Path) -> Iterator[Figure]:
    """Yield the mean average precision of a scorer, and what it gains over its rivals.

    Args:
        scorer: The scorer; every code is asked in all its wordings, by the mean log-odds.
        data: Folder of the labelled data.
        base: Folder of all-MiniLM-L6-v2.
    """
    train, dev = (_rows(data, split) for split in ("train", "dev"))
    every = load_code_wordings()
    counted = [code for code in every if sum(code in row["codes"] for row in dev) >= LEAST]
    wordings = {code: every[code] for code in counted}
    gold, texts = _gold(dev, counted), [row["sentence"] for row in dev]
    ours = code_odds(scorer, texts, wordings)
    sentences = [row["sentence"] for row in train]
    others = {
        "TF-IDF + logistic regression": rivals.tfidf(sentences, _gold(train, counted), texts),
        "all-MiniLM-L6-v2 cosine": rivals.cosine(base, texts, wordings),
        "majority": np.zeros_like(ours),
    }
    name = f"wide codes dev, mean average precision over {len(counted)} codes"
    low, high = _interval(gold, ours, np.zeros_like(ours), gain=False)
    yield Figure(name, mean_precision(gold, ours), "–", None, len(texts), (low, high))
    for rival, theirs in others.items():
        value = mean_precision(gold, theirs)
        gain = mean_precision(gold, ours) - value
        due = GAIN if rival.startswith("TF-IDF") else None
        yield Figure(
            f"  minus that of {rival}, {value:.3f} (paired bootstrap)",
            gain,
            "–" if due is None else f"≥ {due}",
            None if due is None else gain >= due,
            len(texts),
            _interval(gold, ours, theirs, gain=True),
        )


def code_odds(scorer: Scorer, texts: list[str], wordings: dict[str, tuple[str, ...]]) -> Scores:
    """Return the mean log-odds of entailment over the wordings of every code."""
    asked = tuple(wording for each in wordings.values() for wording in each)
    answers = ask_all([Question(text, asked) for text in texts], scorer)
    stops = np.cumsum([len(each) for each in wordings.values()])[:-1]
    return np.array([[part.mean() for part in np.split(log_odds(a), stops)] for a in answers])


def mean_precision(gold: Gold, scores: Scores) -> float:
    """Return the mean of the average precisions of the codes that have a positive sentence."""
    found = [
        average_precision_score(gold[:, k], scores[:, k])
        for k in range(gold.shape[1])
        if gold[:, k].any()
    ]
    return float(np.mean(found))


def _interval(gold: Gold, ours: Scores, theirs: Scores, *, gain: bool) -> tuple[float, float]:
    draw = np.random.default_rng(0)
    values = []
    for _ in range(RESAMPLES // 4):
        rows = draw.integers(0, len(gold), len(gold))
        value = mean_precision(gold[rows], ours[rows])
        values.append(value - mean_precision(gold[rows], theirs[rows]) if gain else value)
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _rows(data: Path, split: str) -> list[dict[str, Any]]:
    rows = read_rows(data / "frames/wide_silver.parquet")
    return [row for row in rows if row["split"] == split]


def _gold(rows: list[dict[str, Any]], codes: list[str]) -> Gold:
    return np.array([[code in row["codes"] for code in codes] for row in rows])
