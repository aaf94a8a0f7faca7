"""Estimators as functions of sums over articles, and the jackknife that leaves an article out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float64

from stance.estimation.corpus import Corpus

METHODS = ("raw", "design-based", "prediction-powered")
_LEVEL = 0.975
SMALL = 1e-9

Totals: TypeAlias = Float64[np.ndarray, "... 9"]
"""Sums over sentences, in the order of `Sum`."""


class Sum(IntEnum):
    """What is summed over the sentences of an article; all estimators are functions of these."""

    SENTENCES = 0
    TAGGED = 1
    SCORE = 2
    WEIGHT = 3
    LABEL = 4
    WEIGHTED_SCORE = 5
    SCORE_SQUARED = 6
    SCORE_LABEL = 7
    LABELS = 8


def totals_of(
    corpus: Corpus, inside: Bool[np.ndarray, " sentence"]
) -> Float64[np.ndarray, "article 9"]:
    """Return the sums over those sentences of every article that are inside."""
    labelled = corpus.labelled & inside
    weight = np.zeros(len(labelled))
    weight[labelled] = 1 / corpus.inclusion[labelled]
    label = np.where(labelled, corpus.label, 0.0)
    columns = (
        np.ones(len(labelled)),
        corpus.tagged.astype(np.float64),
        corpus.score,
        weight,
        weight * label,
        weight * corpus.score,
        weight * corpus.score**2,
        weight * corpus.score * label,
        labelled.astype(np.float64),
    )
    n_articles = int(corpus.article.max(initial=-1)) + 1
    article = corpus.article[inside]
    sums = [np.bincount(article, column[inside], n_articles) for column in columns]
    stacked: np.ndarray = np.stack(sums, axis=1)
    return stacked


def moments_of(totals: Totals) -> Float64[np.ndarray, "*batch 2"]:
    """Return what scores and labels share, and the spread of the scores."""
    weight = np.where(totals[..., Sum.WEIGHT] > 0, totals[..., Sum.WEIGHT], 1.0)
    score, label = totals[..., Sum.WEIGHTED_SCORE], totals[..., Sum.LABEL]
    shared = totals[..., Sum.SCORE_LABEL] - score * label / weight
    spread = totals[..., Sum.SCORE_SQUARED] - score**2 / weight
    moments: np.ndarray = np.stack([shared, spread], axis=-1)
    return moments


def values_of(
    totals: Totals, moments: Float64[np.ndarray, "*batch 2"]
) -> tuple[Float64[np.ndarray, "*batch group 3"], Float64[np.ndarray, " *batch"]]:
    """Return the estimates of every group, in the order of `METHODS`, and the slope.

    The slope is the least-squares one of labels on scores, 0 where the scores do not vary.
    """
    shared, spread = moments[..., 0], moments[..., 1]
    slope = np.divide(shared, spread, out=np.zeros_like(shared), where=spread > 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = totals[..., Sum.TAGGED] / totals[..., Sum.SENTENCES]
        design = totals[..., Sum.LABEL] / totals[..., Sum.WEIGHT]
        everywhere = totals[..., Sum.SCORE] / totals[..., Sum.SENTENCES]
        labelled = totals[..., Sum.WEIGHTED_SCORE] / totals[..., Sum.WEIGHT]
        powered = design + slope[..., None] * (everywhere - labelled)
    values: np.ndarray = np.stack([raw, design, powered], axis=-1)
    return values, slope


def jackknife(without: Float64[np.ndarray, " article"], centre: float) -> float:
    """Return the standard error from the estimates without each article in turn."""
    n = len(without)
    return math.sqrt((n - 1) / n * float(((without - centre) ** 2).sum()))


def interval_of(value: float, error: float, articles: int) -> tuple[float, float]:
    """Return the interval of a share: on log-odds, or straight where it is within 2 errors of 0."""
    if error < SMALL and min(value, 1 - value) < SMALL:
        far = edge_of(articles)
        return (0.0, far) if value < 0.5 else (1 - far, 1.0)
    reach = quantile(articles - 1) * error
    if min(value, 1 - value) < 2 * error:
        return max(value - reach, 0.0), max(min(value + reach, 1.0), 0.0)
    odds, reach = math.log(value / (1 - value)), reach / (value * (1 - value))
    return 1 / (1 + math.exp(reach - odds)), 1 / (1 + math.exp(-reach - odds))


def edge_of(articles: int) -> float:
    """Return how far from 0 of n articles the exact interval reaches (Clopper & Pearson 1934)."""
    return float(1 - (1 - _LEVEL) ** (1 / articles))


def quantile(freedom: float) -> float:
    """Return the 97.5 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, _LEVEL))


def freedom_of(variances: Sequence[float], freedoms: Sequence[int]) -> float:
    """Return the degrees of freedom of a difference (Welch 1947, Satterthwaite 1946)."""
    below = sum(v**2 / f for v, f in zip(variances, freedoms, strict=True))
    return sum(variances) ** 2 / below if below > 0 else float(min(freedoms))
