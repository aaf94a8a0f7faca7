"""How good the frames are in parts of the sentences, and how honest probabilities are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import average_precision_score

from stance.calibration import Calibration
from stance.metrics import BINS, bin_of, calibration_error
from stance.records import Article, Sentence, Voice
from stance.scorers import Scorer
from stance.training.gates import Figure, calibrated
from stance.training.judge import judge_frames, pair_log_probs, silver_rows
from stance.training.mixture import FRAMES
from stance.voices import find_voices

_LEAST = 5
_WORDS = (18, 29)


def parts(
    scorer: Scorer, data: Path, calibration: Calibration, *, resamples: int = 500
) -> Iterator[Figure]:
    """Yield mean average precision and macro-F1 by source, length and voice of the sentence.

    A frame with fewer than five positive sentences in a part is left out of its means.
    """
    answers, rows = judge_frames(scorer, data), silver_rows(data, "dev")
    gold = answers.gold.astype(bool)
    tags = calibrated(answers, calibration) >= 0.5
    for name, inside in _parts([row["sentence"] for row in rows], [row["source"] for row in rows]):
        chosen = np.flatnonzero(inside)
        kept = [k for k in range(len(FRAMES)) if gold[chosen, k].sum() >= _LEAST]
        if not kept:
            continue
        left = "" if len(kept) == len(FRAMES) else f", {len(kept)} frames"
        own, said = gold[chosen][:, kept], tags[chosen][:, kept]
        odds = answers.odds[chosen][:, kept]
        for kind, values, measure in (
            ("mean average precision", odds, _precision),
            ("macro-F1", said.astype(np.float64), _f1),
        ):
            bounds = _bounds(own, values, measure, resamples)
            value = measure(own, values)
            yield Figure(f"frames, {name}{left}: {kind}", value, "–", None, len(own), bounds)


def _parts(texts: list[str], sources: list[str]) -> Iterator[tuple[str, Bool[np.ndarray, " n"]]]:
    for source in sorted(set(sources)):
        yield f"source {source}", np.array([each == source for each in sources])
    words = np.array([len(text.split()) for text in texts])
    short, long = _WORDS
    yield f"up to {short} words", words <= short
    yield f"{short + 1} to {long} words", (words > short) & (words <= long)
    yield f"over {long} words", words > long
    voices = [_voice(text) for text in texts]
    yield "narration", np.array([voice is Voice.NARRATION for voice in voices])
    yield "speech", np.array([voice is not Voice.NARRATION for voice in voices])


def _voice(text: str) -> Voice | None:
    found = find_voices(Article("a", text), [Sentence("a", 0, 0, len(text), text)])
    return found.sentences[0].voice


def _precision(gold: Bool[np.ndarray, "n k"], odds: Float64[np.ndarray, "n k"]) -> float:
    held = [k for k in range(gold.shape[1]) if gold[:, k].any()]
    return float(np.mean([average_precision_score(gold[:, k], odds[:, k]) for k in held]))


def _f1(gold: Bool[np.ndarray, "n k"], said: Float64[np.ndarray, "n k"]) -> float:
    tags = said > 0
    every = np.maximum(gold.sum(axis=0) + tags.sum(axis=0), 1)
    return float((2 * (gold & tags).sum(axis=0) / every).mean())


def _bounds(
    gold: Bool[np.ndarray, "n k"],
    values: Float64[np.ndarray, "n k"],
    measure: Callable[[Bool[np.ndarray, "n k"], Float64[np.ndarray, "n k"]], float],
    resamples: int,
) -> tuple[float, float]:
    draw, n = np.random.default_rng(0), len(gold)
    drawn = [draw.integers(0, n, n) for _ in range(resamples)]
    found = [measure(gold[rows], values[rows]) for rows in drawn if gold[rows].any()]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def honesty(scorer: Scorer, data: Path, calibration: Calibration) -> Iterator[Figure]:
    """Yield the expected calibration error of every frame, and of the three answers to pairs.

    For pairs also that after dividing the logits by one temperature (Guo et al. 2017), fitted on
    one half of the pairs and measured on the other.
    """
    answers = judge_frames(scorer, data)
    probability = calibrated(answers, calibration)
    for k, frame in enumerate(FRAMES):
        own = answers.gold[:, k].astype(np.float64)
        error, n = calibration_error(own, probability[:, k]), len(own)
        yield Figure(f"{frame}, expected calibration error", error, "–", None, n)
    log_p, label = pair_log_probs(scorer, data)
    half = np.random.default_rng(0).permutation(len(label)) % 2 == 0
    scaled, found = np.empty_like(log_p), []
    for part in (half, ~half):
        found.append(_temperature(log_p[~part], label[~part]))
        scaled[part] = log_softmax(log_p[part] / found[-1], axis=1)
    mean = float(np.mean(found))
    yield _sureness("pairs, expected calibration error of the answer", log_p, label)
    name = f"pairs, the same at one temperature ({mean:.2f}, cross-fitted)"
    yield _sureness(name, scaled, label)


def _temperature(log_p: Float64[np.ndarray, "n 3"], label: np.ndarray) -> float:
    def surprise(log_t: float) -> float:
        scaled = log_softmax(log_p / np.exp(log_t), axis=1)
        return -float(scaled[np.arange(len(label)), label].mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-2.0, 2.0), method="bounded").x))


def _sureness(name: str, log_p: Float64[np.ndarray, "n 3"], label: np.ndarray) -> Figure:
    sure = softmax(log_p, axis=1).max(axis=1)
    right = (log_p.argmax(axis=1) == label).astype(np.float64)
    return Figure(name, calibration_error(right, sure), "–", None, len(label))


def reliability(scorer: Scorer, data: Path, calibration: Calibration) -> Iterator[str]:
    """Yield a Markdown table: calibrated probability against silver share, in bins of a tenth."""
    answers = judge_frames(scorer, data)
    probability = calibrated(answers, calibration).ravel()
    gold = answers.gold.ravel().astype(np.float64)
    place = bin_of(probability)
    yield "| probability | n | mean probability | share of silver labels |"
    yield "|---|---|---|---|"
    for b in range(BINS):
        own = place == b
        if own.any():
            shown = f"{probability[own].mean():.2f} | {gold[own].mean():.2f}"
            yield f"| {b / BINS:.1f} to {(b + 1) / BINS:.1f} | {own.sum():,} | {shown} |"
