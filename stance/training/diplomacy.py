"""F1 of the diplomacy frames beside rivals: word counts, a word list, embeddings, the majority."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64, Int64
from sklearn.linear_model import LogisticRegression

from stance.calibration import Calibration
from stance.codebooks import load_codebook
from stance.scorers import Scorer, load_scorer
from stance.training import rivals
from stance.training.gates import RESAMPLES, Figure, calibrated
from stance.training.judge import judge_frames, mean_odds, silver_rows
from stance.training.mixture import FRAMES

Tags = Bool[np.ndarray, "sentence 4"]
_LEAST = {"deterrence": 0.60, "restraint": 0.60}
_GAIN = 0.12
TFIDF = "TF-IDF + logistic regression"


def frame_figures(
    scorer: Scorer, data: Path, calibration: Calibration, base: Path
) -> Iterator[Figure]:
    """Yield the F1 of every frame and their mean, of the model and of its rivals.

    Every system decides at a probability of 0.5: the model's is the shipped calibration; TF-IDF
    with logistic regression, and a logistic on the cosine of all-MiniLM-L6-v2, are fitted on the
    train split with balanced classes, which favours rare frames.

    Args:
        scorer: The model.
        data: Folder of the labelled data.
        calibration: The model's calibration.
        base: Folder of all-MiniLM-L6-v2.
    """
    answers = judge_frames(scorer, data)
    own = calibrated(answers, calibration) >= 0.5
    others = _rivals(data, base)
    drawn = _drawn(len(answers.gold))
    gold = answers.gold.astype(bool)
    for k, frame in enumerate(FRAMES):
        least, theirs = _LEAST.get(frame), _f1(gold, others[TFIDF])[k]
        gate = f"> {theirs:.3f} ({TFIDF})" + (f", ≥ {least}" if least else "")
        value = float(_f1(gold, own)[k])
        passed = bool(value > theirs and value >= (least or 0))
        yield _figure(f"{frame}, F1, mini", value, drawn, gold, own, k, gate, passed)
    mean = float(_f1(gold, own).mean())
    due = float(_f1(gold, others[TFIDF]).mean()) + _GAIN
    name, gate = "diplomacy silver dev, macro-F1, mini", f"≥ {due:.3f} ({TFIDF} + {_GAIN})"
    yield _figure(name, mean, drawn, gold, own, None, gate, mean >= due)
    for rival, tags in others.items():
        name, value = f"diplomacy silver dev, macro-F1, {rival}", float(_f1(gold, tags).mean())
        yield _figure(name, value, drawn, gold, tags, None, "–", None)


def _rivals(data: Path, base: Path) -> Mapping[str, Tags]:
    train, dev = silver_rows(data, "train"), silver_rows(data, "dev")
    texts, asked = ([row["sentence"] for row in rows] for rows in (train, dev))
    gold = np.array([[bool(row[frame]) for frame in FRAMES] for row in train])
    book = load_codebook("diplomacy")
    wordings = {frame: entry.hypotheses for frame, entry in book.frames.items()}
    near, far = (rivals.cosine(base, part, wordings) for part in (asked, texts))
    words = mean_odds(load_scorer("lexical", codebook=book), asked, book)
    return {
        TFIDF: rivals.tfidf(texts, gold, asked) > 0,
        "word list (terms of the codebook)": words >= 0,
        "all-MiniLM-L6-v2 cosine, logistic": _logistic(far, gold, near),
        "majority": np.zeros((len(dev), len(FRAMES)), dtype=bool),
    }


def _logistic(
    train: Float64[np.ndarray, "sentence 4"], gold: Tags, asked: Float64[np.ndarray, "text 4"]
) -> Tags:
    columns = [
        LogisticRegression(class_weight="balanced", C=100.0)
        .fit(train[:, [k]], gold[:, k])
        .predict(asked[:, [k]])
        for k in range(gold.shape[1])
    ]
    return np.stack(columns, axis=1).astype(bool)


def _drawn(n: int) -> Int64[np.ndarray, "resample sentence"]:
    draw = np.random.default_rng(0)
    return draw.integers(0, n, (RESAMPLES, n))


def _f1(gold: Bool[np.ndarray, "*b n 4"], tags: Bool[np.ndarray, "*b n 4"]) -> np.ndarray:
    """Return F1 of every frame; 0 where nothing is found or to be found."""
    right = (gold & tags).sum(axis=-2)
    found: np.ndarray = 2 * right / np.maximum(gold.sum(axis=-2) + tags.sum(axis=-2), 1)
    return found


def _figure(
    name: str,
    value: float,
    drawn: Int64[np.ndarray, "resample sentence"],
    gold: Tags,
    tags: Tags,
    frame: int | None,
    gate: str,
    passed: bool | None,
) -> Figure:
    resampled = _f1(gold[drawn], tags[drawn])
    chosen = resampled.mean(axis=-1) if frame is None else resampled[:, frame]
    low, high = np.quantile(chosen, [0.025, 0.975])
    return Figure(name, value, gate, passed, len(gold), (float(low), float(high)))
