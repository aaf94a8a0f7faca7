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
Nielsen & Webb 2023): sentences of an article are not independent, articles are taken to be. Where
the strata of the sample are known, they are credited (see `stance.estimation.strata`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from stance.errors import DataError
from stance.estimation.corpus import Corpus, Prevalence, SentenceKey, corpus_of
from stance.estimation.jackknife import (
    METHODS,
    SMALL,
    Sum,
    edge_of,
    freedom_of,
    interval_of,
    jackknife,
    quantile,
)
from stance.estimation.planning import floor_variance, labels_needed
from stance.estimation.strata import Replicates, replicate
from stance.metrics import Estimate
from stance.notebook import Rows

__all__ = [
    "EVERY",
    "LEAST_ARTICLES",
    "LEAST_LABELS",
    "METHODS",
    "Corpus",
    "Prevalence",
    "SentenceKey",
    "corpus_of",
    "floor_variance",
    "labels_needed",
    "measure",
]

EVERY = "all"
LEAST_LABELS = 30
LEAST_ARTICLES = 5


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
    estimate, two articles for the interval of a raw one; without, they are NaN.

    Args:
        corpus: The sentences of one frame.
        groups: The group of every sentence, say its outlet.
        reference: The group that others are compared with; the first in order by default.

    Raises:
        DataError: The whole corpus has fewer labels than `LEAST_LABELS` or they lie in fewer
            articles than `LEAST_ARTICLES`, or no sentence is in the reference group.
    """
    _check(corpus)
    everything = np.zeros(len(corpus.article), np.int64)
    found = _prevalences(replicate(corpus, everything, 1), [EVERY])
    if groups is None:
        return Rows(found)
    names = sorted(set(groups))
    first = names[0] if reference is None else reference
    if first not in names:
        raise DataError(f"no sentence is in the group {first!r}; the groups are {', '.join(names)}")
    place = {name: k for k, name in enumerate(names)}
    index = np.array([place[name] for name in groups], dtype=np.int64)
    made = replicate(corpus, index, len(names))
    return Rows(found + _prevalences(made, names) + _differences(made, names, place[first]))


def _check(corpus: Corpus) -> None:
    labelled = corpus.labelled
    n, articles = int(labelled.sum()), len(np.unique(corpus.article[labelled]))
    if n < LEAST_LABELS or articles < LEAST_ARTICLES:
        raise DataError(
            f"{n} labels in {articles} articles: an estimate needs at least {LEAST_LABELS} labels "
            f"in {LEAST_ARTICLES} articles; label more sentences"
        )


def _prevalences(made: Replicates, names: Sequence[str]) -> tuple[Prevalence, ...]:
    found: list[Prevalence] = []
    for group, name in enumerate(names):
        totals, values, without = (
            made.totals[:, group],
            made.values[group],
            made.without[:, group],
        )
        own = [
            _one(name, totals, values[k], without[:, k], method) for k, method in enumerate(METHODS)
        ]
        found += _gained(own, made.slope)
    return tuple(found)


def _one(
    name: str,
    totals: Float64[np.ndarray, "article 9"],
    value: float,
    without: Float64[np.ndarray, " article"],
    method: str,
) -> Prevalence:
    n, articles = _evidence(totals[:, None], method)
    if not _enough(n, articles, method):
        share = float(value) if method == METHODS[0] else math.nan
        alone = Estimate(share, math.nan, math.nan, n)
        return Prevalence(name, None, method, alone, math.nan, articles)
    error = jackknife(without, value)
    low, high = interval_of(float(value), error, articles)
    return Prevalence(name, None, method, Estimate(float(value), low, high, n), error, articles)


def _evidence(totals: Float64[np.ndarray, "article group 9"], method: str) -> tuple[int, int]:
    """Return the number of sentences or labels, and of the articles that they lie in."""
    counts = totals[..., Sum.SENTENCES if method == METHODS[0] else Sum.LABELS].sum(axis=1)
    return int(counts.sum()), int((counts > 0).sum())


def _enough(n: int, articles: int, method: str) -> bool:
    if method == METHODS[0]:
        return articles >= 2
    return n >= LEAST_LABELS and articles >= LEAST_ARTICLES


def _gained(own: Sequence[Prevalence], slope: float) -> list[Prevalence]:
    """Add to the corrected estimates what the scores gained over the labels alone."""
    raw, design, powered = own
    gain = (design.error / powered.error) ** 2 if powered.error > 0 else math.nan
    if math.isnan(design.error):
        return [raw, design, powered]
    return [raw, replace(design, gain=1.0), replace(powered, gain=gain, slope=slope)]


def _differences(made: Replicates, names: Sequence[str], first: int) -> tuple[Prevalence, ...]:
    totals, values, without = made.totals, made.values, made.without
    return tuple(
        _difference(
            (names[group], names[first], method),
            tuple(_evidence(totals[:, [g]], method) for g in (group, first)),
            _evidence(totals[:, [group, first]], method)[1],
            (without[:, group, k], without[:, first, k]),
            (float(values[group, k]), float(values[first, k])),
        )
        for group in range(len(names))
        if group != first
        for k, method in enumerate(METHODS)
    )


def _difference(
    about: tuple[str, str, str],
    evidence: Sequence[tuple[int, int]],
    articles: int,
    without: tuple[Float64[np.ndarray, " article"], Float64[np.ndarray, " article"]],
    values: tuple[float, float],
) -> Prevalence:
    name, reference, method = about
    n = sum(side[0] for side in evidence)
    if not all(_enough(*side, method) for side in evidence):
        unknown = Estimate(math.nan, math.nan, math.nan, n)
        return Prevalence(name, reference, method, unknown, math.nan, articles)
    value = values[0] - values[1]
    parts = [jackknife(w, v) ** 2 for w, v in zip(without, values, strict=True)]
    sides = [side[1] for side in evidence]
    unseen = sum(_edge_variance(n) for n, v in zip(sides, parts, strict=True) if v < SMALL**2)
    error = math.sqrt(jackknife(without[0] - without[1], value) ** 2 + unseen)
    reach = quantile(freedom_of(parts, [n - 1 for n in sides])) * error
    low, high = max(value - reach, -1.0), min(value + reach, 1.0)
    return Prevalence(name, reference, method, Estimate(value, low, high, n), error, articles)


def _edge_variance(articles: int) -> float:
    """Return a variance for a group in which all labels are alike, from its exact bound."""
    return (edge_of(articles) / quantile(articles - 1)) ** 2
