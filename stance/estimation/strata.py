"""The strata of a sample, and the totals of articles as if one were left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64, Int64

from stance.estimation.corpus import Corpus
from stance.estimation.jackknife import Sum, Totals, moments_of, totals_of, values_of

_WEIGHTED = [
    Sum.WEIGHT,
    Sum.LABEL,
    Sum.WEIGHTED_SCORE,
    Sum.SCORE_SQUARED,
    Sum.SCORE_LABEL,
]
LEAST = 5
"""Fewest articles with labels in a stratum of a group."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """The estimates of every group, and what they are without each article in turn.

    ``values`` has one row a group, ``without`` one more axis for the article left out; the last
    axis is that of `stance.estimation.METHODS`. ``totals`` are sums over all strata.
    """

    values: Float64[np.ndarray, "group 3"]
    without: Float64[np.ndarray, "article group 3"]
    slope: float
    totals: Float64[np.ndarray, "article group 9"]


def replicate(corpus: Corpus, group: Int64[np.ndarray, " sentence"], n_groups: int) -> Replicates:
    """Return the estimates of every group and their replicates without each article.

    In every stratum of a group the weights of the labels are brought to the number of its
    sentences, anew in every replicate. That credits the strata: what differs between them is known
    and is no error of the sample (post-stratification, Särndal, Swensson & Wretman 1992, sec. 7.6;
    Valliant 1993 for weights made anew in every replicate).
    """
    n_articles = int(corpus.article.max(initial=-1)) + 1
    whole, without = np.zeros((n_groups, len(Sum))), np.zeros((n_articles, n_groups, len(Sum)))
    summed, of_whole, of_without = np.zeros_like(without), np.zeros(2), np.zeros((n_articles, 2))
    strata = collapsed(corpus, group)
    for stratum in np.unique(strata):
        inside = strata == stratum
        place = group[inside][0]
        totals = totals_of(corpus, inside)
        own, kept = raised(totals.sum(axis=0)), raised(totals.sum(axis=0) - totals)
        summed[:, place] += totals
        whole[place] += own
        without[:, place] += kept
        of_whole += moments_of(own)
        of_without += moments_of(kept)
    values, slope = values_of(whole, of_whole)
    return Replicates(values, values_of(without, of_without)[0], float(slope), summed)


def raised(totals: Totals) -> Totals:
    """Return the totals of a stratum with weights that sum to its number of sentences."""
    size, weight = totals[..., Sum.SENTENCES], totals[..., Sum.WEIGHT]
    factor = np.divide(size, weight, out=np.zeros_like(weight), where=weight > 0)
    found = totals.copy()
    found[..., _WEIGHTED] *= factor[..., None]
    return found


def collapsed(
    corpus: Corpus, group: Int64[np.ndarray, " sentence"]
) -> Int64[np.ndarray, " sentence"]:
    """Return strata inside the groups that each have labels in five articles.

    Others join the one of their group whose sentences were drawn with the nearest chance (collapsed
    strata, Cochran 1977, sec. 5A.12). Where strata are not known every group is one.
    """
    if corpus.stratum is None:
        return group.copy()
    _, strata = np.unique(np.stack([group, corpus.stratum]), axis=1, return_inverse=True)
    strata = strata.ravel()
    labelled = corpus.labelled
    chance = np.bincount(strata, labelled) / np.bincount(strata)
    group_of = np.zeros(len(chance), dtype=np.int64)
    group_of[strata] = group
    carrying = _articles(corpus, strata, len(chance))
    for stratum in np.argsort(carrying, kind="stable"):
        here = np.unique(strata)
        others = here[(group_of[here] == group_of[stratum]) & (here != stratum)]
        inside = strata == stratum
        if len(others) and len(np.unique(corpus.article[inside & labelled])) < LEAST:
            near = others[np.abs(chance[others] - chance[stratum]).argmin()]
            strata[inside] = near
    return strata


def _articles(
    corpus: Corpus, strata: Int64[np.ndarray, " sentence"], n: int
) -> Int64[np.ndarray, " stratum"]:
    """Return how many articles have labels in every stratum."""
    pairs = np.stack([strata, corpus.article])[:, corpus.labelled]
    return np.bincount(np.unique(pairs, axis=1)[0], minlength=n)
