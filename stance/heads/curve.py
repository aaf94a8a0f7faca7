"""What labels buy: heads trained on more and more of them, against zero-shot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stance.heads.coded import Coded, check_labels, fit_weights, probability_of
from stance.metrics import Estimate

FOLDS = 5
REPEATS = 5
RESAMPLES = 2_000


@final
@dataclass(frozen=True, slots=True)
class Point:
    """A point of the learning curve: figures of held-out sentences, trained on ``labels`` labels.

    ``labels`` 0 is zero-shot. ``f1`` is at the threshold of the codebook, ``brier`` the mean
    squared error, ``average_precision`` without a threshold. A figure is the mean over repeated
    splits; its interval is that of a bootstrap over articles.
    """

    labels: int
    f1: Estimate
    brier: Estimate
    average_precision: float


def learning_curve(
    coded: Coded, *, repeats: int = REPEATS, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[Point, ...]:
    """Compare heads trained on more and more labels with zero-shot, on the same sentences.

    Every prediction is of an article that the head was not trained on (cross-fitting in `FOLDS`
    folds of articles). Sizes are 25, 50, 100 … and the most that a fold leaves for training.

    Args:
        coded: The labels.
        repeats: Random divisions into folds.
        resamples: Number of bootstrap resamples of an interval.
        seed: Seed of divisions and bootstrap.

    Raises:
        DataError: As in `fit_frame`.
    """
    check_labels(coded)
    generator = np.random.default_rng(seed)
    drawn = _article_weights(coded.article, resamples, generator)
    most = len(coded.gold) * (FOLDS - 1) // FOLDS
    sizes = [size for size in (25 * 2**k for k in range(20)) if size < 0.9 * most]
    points = [_point(coded, coded.zero_shot[None], 0, drawn)]
    for size in (*sizes, most):
        held_out = np.stack([_cross_fitted(coded, size, generator) for _ in range(repeats)])
        points.append(_point(coded, held_out, size, drawn))
    return tuple(points)


def _cross_fitted(
    coded: Coded, size: int, generator: np.random.Generator
) -> Float64[np.ndarray, " sentence"]:
    """Return predictions of heads that saw none of the sentence's article, and ``size`` labels."""
    rank = generator.permutation(int(coded.article.max()) + 1)[coded.article]
    p = np.empty(len(coded.gold))
    for fold in range(FOLDS):
        inside = rank % FOLDS == fold
        train = np.flatnonzero(~inside)
        train = train[np.argsort(rank[train], kind="stable")][:size]
        p[inside] = _predicted(coded, train, inside)
    return p


def _predicted(
    coded: Coded, train: Int64[np.ndarray, " n"], inside: Bool[np.ndarray, " sentence"]
) -> Float64[np.ndarray, " m"]:
    return probability_of(coded.odds[inside], *fit_weights(coded, train))


def _article_weights(
    article: Int64[np.ndarray, " sentence"], resamples: int, generator: np.random.Generator
) -> Float64[np.ndarray, "resample sentence"]:
    _, place = np.unique(article, return_inverse=True)
    n = int(place.max()) + 1
    drawn = generator.multinomial(n, np.full(n, 1 / n), size=resamples)
    weights: np.ndarray = np.vstack([np.ones(n), drawn])[:, place]
    return weights


def _point(
    coded: Coded,
    predicted: Float64[np.ndarray, "repeat sentence"],
    labels: int,
    drawn: Float64[np.ndarray, "resample sentence"],
) -> Point:
    from sklearn.metrics import average_precision_score

    f1 = np.mean([_f1(coded.gold, p >= coded.threshold, drawn) for p in predicted], axis=0)
    error = ((predicted - coded.gold) ** 2).mean(axis=0)
    brier = drawn @ error / drawn.sum(axis=1)
    average = np.mean([average_precision_score(coded.gold, p) for p in predicted])
    n = len(coded.gold)
    return Point(labels, _estimate(f1, n), _estimate(brier, n), float(average))


def _f1(
    gold: Bool[np.ndarray, " sentence"],
    present: Bool[np.ndarray, " sentence"],
    drawn: Float64[np.ndarray, "resample sentence"],
) -> Float64[np.ndarray, " resample"]:
    both, either = drawn @ (gold & present), drawn @ gold + drawn @ present
    f1 = np.full(len(drawn), np.nan)
    np.divide(2 * both, either, out=f1, where=drawn @ gold > 0)
    return f1


def _estimate(figures: Float64[np.ndarray, " resample"], n: int) -> Estimate:
    """Return the first figure with the percentile interval of the others."""
    low, high = np.nanquantile(figures[1:], [0.025, 0.975])
    return Estimate(float(figures[0]), float(low), float(high), n)
