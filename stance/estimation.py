"""Prevalence of a frame in a corpus: the model's count beside estimates that correct it.

Three estimators of the share of sentences that carry a frame:

- *raw* (classify and count): the share of sentences that the model tags. Its interval knows
  nothing of the model's errors.
- *design-based*: the labels alone, each weighted by the inverse of its inclusion probability
  (Horvitz & Thompson 1952, as the ratio of Hájek 1971).
- *prediction-powered*: the design-based estimate, moved by what the scores of all sentences say
  about the labelled ones (PPI++, Angelopoulos, Duchi & Zrnic 2023, arXiv 2311.01453; with the slope
  below it is the regression estimator of Cassel, Särndal & Wretman 1976).

Standard errors are those of the jackknife that deletes one article at a time (CV3 of MacKinnon,
Nielsen & Webb 2023): sentences of an article are not independent, articles are taken to be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stance.errors import DataError
from stance.metrics import Estimate

METHODS = ("raw", "design-based", "prediction-powered")
EVERY = "all"
LEAST_LABELS = 30
LEAST_ARTICLES = 5
_LEVEL = 0.975
_SMALL = 1e-9

Totals: TypeAlias = Float64[np.ndarray, "... group 9"]
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


@final
@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """The scored sentences of a corpus, for one frame; some are labelled by people.

    ``article`` numbers the articles from 0; ``tagged`` is the model's decision and ``score`` its
    probability; ``label`` is 0 to 1 (the mean over coders), NaN where nobody coded; ``inclusion``
    is the probability with which a labelled sentence came into the sample, in (0, 1].
    """

    article: Int64[np.ndarray, " sentence"]
    tagged: Bool[np.ndarray, " sentence"]
    score: Float64[np.ndarray, " sentence"]
    label: Float64[np.ndarray, " sentence"]
    inclusion: Float64[np.ndarray, " sentence"]

    @property
    def labelled(self) -> Bool[np.ndarray, " sentence"]:
        """Which sentences have a label."""
        found: np.ndarray = ~np.isnan(self.label)
        return found


@final
@dataclass(frozen=True, slots=True)
class Prevalence:
    """The prevalence of a frame in a group of sentences, or a difference between two groups.

    ``reference`` names the group that was subtracted, None for a prevalence. ``estimate.n`` counts
    sentences for the raw method, labels for the others; ``articles`` those that carry them.
    ``gain`` is the variance of the design-based estimate over this one's: the labels are worth
    ``gain`` times as many without a model (NaN for the raw method, whose variance leaves out what
    matters). ``slope`` is the one of labels on scores. All is NaN where there is too little.
    """

    group: str
    reference: str | None
    method: str
    estimate: Estimate
    error: float
    articles: int
    gain: float = math.nan
    slope: float = math.nan


def measure(
    corpus: Corpus,
    groups: Sequence[str] | None = None,
    *,
    reference: str | None = None,
) -> tuple[Prevalence, ...]:
    """Estimate the prevalence by every method; with groups also in each, and their differences.

    Intervals are 95 %, from the t distribution with one degree of freedom less than the articles
    used; those of raw and design-based shares on the scale of log-odds. Where no or every label is
    positive the far bound is the exact binomial one with articles as trials, which is wide on
    purpose. Every group needs `LEAST_LABELS` labels in `LEAST_ARTICLES` articles for a corrected
    estimate and two articles for a raw one; without, it is NaN.

    Args:
        corpus: The sentences of one frame.
        groups: The group of every sentence, say its outlet.
        reference: The group that others are compared with; the first in order by default.

    Raises:
        DataError: The whole corpus has fewer labels than `LEAST_LABELS` or they lie in fewer
            articles than `LEAST_ARTICLES`, or no sentence is in the reference group.
    """
    _check(corpus)
    found = _prevalences(_totals(corpus, np.zeros(len(corpus.article), np.int64), 1), [EVERY])
    if groups is None:
        return found
    names = sorted(set(groups))
    first = names[0] if reference is None else reference
    if first not in names:
        raise DataError(f"no sentence is in the group {first!r}; the groups are {', '.join(names)}")
    place = {name: k for k, name in enumerate(names)}
    index = np.array([place[name] for name in groups], dtype=np.int64)
    totals = _totals(corpus, index, len(names))
    return found + _prevalences(totals, names) + _differences(totals, names, place[first])


def labels_needed(found: Prevalence, floor: float, half_width: float) -> float:
    """Return how many labels in all give an interval of a half-width; infinite where none do.

    The variance is taken as a part that more labels do not lower and a rest that falls as one over
    their number; a plan, which assumes labels as well spread over articles as those at hand.

    Args:
        found: A corrected estimate.
        floor: The variance that stays however many labels there are (see `floor_variance`).
        half_width: The wanted half of the interval's width, as a share.
    """
    wanted = (half_width / _quantile(found.articles - 1)) ** 2
    falling = max(found.error**2 - floor, 0.0)
    if wanted <= floor:
        return math.inf
    return float(math.ceil(found.estimate.n * falling / (wanted - floor)))


def floor_variance(corpus: Corpus) -> float:
    """Return the variance that labels cannot lower: that of the scores, between the articles.

    It is the squared slope times the jackknife variance of the mean score; the part of it that the
    scores do not see is left out, so a plan near the floor is too hopeful.
    """
    totals = _totals(corpus, np.zeros(len(corpus.article), np.int64), 1)
    kept = totals.sum(axis=0, keepdims=True) - totals
    means = kept[..., Sum.SCORE] / kept[..., Sum.SENTENCES]
    centre = totals.sum(axis=0)[:, Sum.SCORE] / totals.sum(axis=0)[:, Sum.SENTENCES]
    slope = float(_slope(totals.sum(axis=0)))
    return slope**2 * _jackknife(means[:, 0], float(centre[0])) ** 2


def _check(corpus: Corpus) -> None:
    labelled = corpus.labelled
    n, articles = int(labelled.sum()), len(np.unique(corpus.article[labelled]))
    if n < LEAST_LABELS or articles < LEAST_ARTICLES:
        raise DataError(
            f"{n} labels in {articles} articles: an estimate needs at least {LEAST_LABELS} labels "
            f"in {LEAST_ARTICLES} articles; label more sentences"
        )


def _totals(
    corpus: Corpus, group: Int64[np.ndarray, " sentence"], n_groups: int
) -> Float64[np.ndarray, "article group 9"]:
    labelled = corpus.labelled
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
    cell = corpus.article * n_groups + group
    sums = [np.bincount(cell, column, n_articles * n_groups) for column in columns]
    stacked: np.ndarray = np.stack(sums, axis=1).reshape(n_articles, n_groups, len(Sum))
    return stacked


def _slope(totals: Totals) -> Float64[np.ndarray, "..."]:
    """Return the least-squares slope of labels on scores within groups, 0 without variation."""
    weight = np.where(totals[..., Sum.WEIGHT] > 0, totals[..., Sum.WEIGHT], 1.0)
    score, label = totals[..., Sum.WEIGHTED_SCORE], totals[..., Sum.LABEL]
    shared = (totals[..., Sum.SCORE_LABEL] - score * label / weight).sum(axis=-1)
    spread = (totals[..., Sum.SCORE_SQUARED] - score**2 / weight).sum(axis=-1)
    return np.divide(shared, spread, out=np.zeros_like(shared), where=spread > 1e-9)


def _values(totals: Totals) -> Float64[np.ndarray, "... group 3"]:
    """Return the estimates of every group, in the order of `METHODS`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = totals[..., Sum.TAGGED] / totals[..., Sum.SENTENCES]
        design = totals[..., Sum.LABEL] / totals[..., Sum.WEIGHT]
        everywhere = totals[..., Sum.SCORE] / totals[..., Sum.SENTENCES]
        labelled = totals[..., Sum.WEIGHTED_SCORE] / totals[..., Sum.WEIGHT]
        powered = design + _slope(totals)[..., None] * (everywhere - labelled)
    values: np.ndarray = np.stack([raw, design, powered], axis=-1)
    return values


def _without_one(totals: Float64[np.ndarray, "article group 9"]) -> np.ndarray:
    """Return the estimates without each article in turn: article × group × method."""
    return _values(totals.sum(axis=0) - totals)


def _jackknife(without: Float64[np.ndarray, " article"], centre: float) -> float:
    n = len(without)
    return math.sqrt((n - 1) / n * float(((without - centre) ** 2).sum()))


def _prevalences(
    totals: Float64[np.ndarray, "article group 9"], names: Sequence[str]
) -> tuple[Prevalence, ...]:
    values, without = _values(totals.sum(axis=0)), _without_one(totals)
    slope = float(_slope(totals.sum(axis=0)))
    found: list[Prevalence] = []
    for group, name in enumerate(names):
        own = [
            _one(name, totals[:, group], values[group, k], without[:, group, k], method)
            for k, method in enumerate(METHODS)
        ]
        found += _gained(own, slope)
    return tuple(found)


def _one(
    name: str,
    totals: Float64[np.ndarray, "article 9"],
    value: float,
    without: Float64[np.ndarray, " article"],
    method: str,
) -> Prevalence:
    n, articles = _evidence(totals, method)
    if not _enough(n, articles, method):
        return Prevalence(name, None, method, _unknown(n), math.nan, articles)
    error = _jackknife(without, value)
    low, high = _interval(float(value), error, articles, on_log_odds=method != METHODS[2])
    return Prevalence(name, None, method, Estimate(float(value), low, high, n), error, articles)


def _evidence(totals: Float64[np.ndarray, "article 9"], method: str) -> tuple[int, int]:
    """Return the number of sentences or labels, and of the articles that they lie in."""
    counts = totals[:, Sum.SENTENCES if method == METHODS[0] else Sum.LABELS]
    return int(counts.sum()), int((counts > 0).sum())


def _enough(n: int, articles: int, method: str) -> bool:
    if method == METHODS[0]:
        return articles >= 2
    return n >= LEAST_LABELS and articles >= LEAST_ARTICLES


def _unknown(n: int) -> Estimate:
    return Estimate(math.nan, math.nan, math.nan, n)


def _gained(own: Sequence[Prevalence], slope: float) -> list[Prevalence]:
    """Add to the corrected estimates what the scores gained over the labels alone."""
    raw, design, powered = own
    gain = (design.error / powered.error) ** 2 if powered.error > 0 else math.nan
    if math.isnan(design.error):
        return [raw, design, powered]
    return [raw, replace(design, gain=1.0), replace(powered, gain=gain, slope=slope)]


def _differences(
    totals: Float64[np.ndarray, "article group 9"], names: Sequence[str], first: int
) -> tuple[Prevalence, ...]:
    values, without = _values(totals.sum(axis=0)), _without_one(totals)
    return tuple(
        _difference(
            (names[group], names[first], method),
            (_evidence(totals[:, group], method), _evidence(totals[:, first], method)),
            float(values[group, k] - values[first, k]),
            without[:, group, k] - without[:, first, k],
        )
        for group in range(len(names))
        if group != first
        for k, method in enumerate(METHODS)
    )


def _difference(
    about: tuple[str, str, str],
    evidence: tuple[tuple[int, int], tuple[int, int]],
    value: float,
    without: Float64[np.ndarray, " article"],
) -> Prevalence:
    name, reference, method = about
    n, articles = (sum(pair) for pair in zip(*evidence, strict=True))
    if not all(_enough(*side, method) for side in evidence):
        return Prevalence(name, reference, method, _unknown(n), math.nan, articles)
    error = _jackknife(without, value)
    reach = _quantile(min(side[1] for side in evidence) - 1) * error
    low, high = max(value - reach, -1.0), min(value + reach, 1.0)
    return Prevalence(name, reference, method, Estimate(value, low, high, n), error, articles)


def _interval(
    value: float, error: float, articles: int, *, on_log_odds: bool
) -> tuple[float, float]:
    far = (1 - _LEVEL) ** (1 / articles)
    if error < _SMALL and value < _SMALL:
        return 0.0, 1 - far
    if error < _SMALL and value > 1 - _SMALL:
        return far, 1.0
    reach = _quantile(articles - 1) * error
    if not on_log_odds:
        return min(max(value - reach, 0.0), 1.0), max(min(value + reach, 1.0), 0.0)
    odds, reach = math.log(value / (1 - value)), reach / (value * (1 - value))
    return 1 / (1 + math.exp(reach - odds)), 1 / (1 + math.exp(-reach - odds))


def _quantile(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, _LEVEL))
