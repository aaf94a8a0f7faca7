"""The bootstrap by article: every figure of `stance.metrics` on many resamples at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float64

from stance.metrics import BINS, bin_of

RESAMPLES = 2_000

Weights: TypeAlias = Float64[np.ndarray, "resample n"]
_Resampled: TypeAlias = Float64[np.ndarray, " resample"]


def article_weights(
    articles: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> Weights:
    """Return how often every sentence is drawn in every resample, shape (resample, sentence).

    Whole articles are drawn with replacement (Davison & Hinkley 1997, sec. 3.8), since sentences of
    one article resemble each other; where there is only one, its sentences are drawn.
    """
    if not articles:
        return np.empty((resamples, 0))
    names, place = np.unique(np.array(articles, dtype=object), return_inverse=True)
    if len(names) == 1:
        place = np.arange(len(articles))
    n = int(place.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    weights: np.ndarray = drawn.astype(np.float64)[:, place]
    return weights


def resampled_figures(
    gold: Bool[np.ndarray, " n"],
    present: Bool[np.ndarray, " n"],
    probability: Float64[np.ndarray, " n"],
    weights: Weights,
) -> dict[str, _Resampled]:
    """Return every figure of `stance.metrics` in every resample; NaN where it is undefined.

    The same as scikit-learn gives with ``sample_weight`` set to a row of ``weights``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            **_of_tags(gold, present, weights),
            "average_precision": _average_precision(gold, probability, weights),
            "brier": weights @ (gold - probability) ** 2 / weights.sum(axis=1),
            "calibration_error": _calibration_error(gold, probability, weights),
        }


def _of_tags(
    gold: Bool[np.ndarray, " n"], present: Bool[np.ndarray, " n"], weights: Weights
) -> dict[str, _Resampled]:
    both, tagged, true = weights @ (gold & present), weights @ present, weights @ gold
    n = weights.sum(axis=1)
    spread = np.sqrt(tagged * (n - tagged) * true * (n - true))
    return {
        "precision": both / tagged,
        "recall": both / true,
        "f1": np.where(true > 0, 2 * both / (tagged + true), np.nan),
        "mcc": (n * both - tagged * true) / spread,
    }


def _average_precision(
    gold: Bool[np.ndarray, " n"], probability: Float64[np.ndarray, " n"], weights: Weights
) -> _Resampled:
    order = np.argsort(-probability, kind="stable")
    last = np.append(np.diff(probability[order]) != 0, True)[: len(order)]
    weighed = weights[:, order]
    found = np.cumsum(weighed * gold[order], axis=1)[:, last]
    asked = np.cumsum(weighed, axis=1)[:, last]
    steps = np.diff(found, axis=1, prepend=0.0)
    precision = np.divide(found, asked, out=np.zeros_like(found), where=asked > 0)
    summed: np.ndarray = (steps * precision).sum(axis=1) / (weights @ gold)
    return summed


def _calibration_error(
    gold: Bool[np.ndarray, " n"], probability: Float64[np.ndarray, " n"], weights: Weights
) -> _Resampled:
    member = np.zeros((len(gold), BINS))
    member[np.arange(len(gold)), bin_of(probability)] = gold - probability
    error: np.ndarray = np.abs(weights @ member).sum(axis=1) / weights.sum(axis=1)
    return error
