"""Bootstrap of ratios over clusters: whole articles are drawn, never some of their sentences."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64

RESAMPLES = 10_000
CONFIDENCE = 0.95
_CELLS = 4_000_000
_ENOUGH = 10
_MOST_EXACT = 3_000
_REACH = 1.959964


def resampled_ratios(
    sums: Float64[np.ndarray, "cluster column"],
    sizes: Int64[np.ndarray, " cluster"],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Float64[np.ndarray, "resample column"]:
    """Return resampled ratios of summed values to summed sizes, drawing clusters.

    The cluster bootstrap for a ratio (Davison & Hinkley 1997, sections 2.4 and 3.8). Every
    cluster must have a value.

    Args:
        sums: The sum of every column's values in every cluster.
        sizes: How many values every cluster has.
        resamples: Number of resamples.
        seed: Seed of the draws.
    """
    generator = np.random.default_rng(seed)
    n = len(sizes)
    means = np.empty((resamples, sums.shape[1]))
    step = max(1, _CELLS // max(n, 1))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = _drawn(generator, n, size)
        means[start : start + size] = (drawn @ sums) / (drawn @ sizes)[:, None]
    return means


def _drawn(
    generator: np.random.Generator, n: int, size: int
) -> Float64[np.ndarray, "resample cluster"]:
    """Return how often each of n is drawn in n draws; a multinomial, in a fifth of its time."""
    places = generator.integers(0, n, size=(size, n)) + n * np.arange(size)[:, None]
    counts: np.ndarray = np.bincount(places.ravel(), minlength=size * n).reshape(size, n)
    return counts.astype(np.float64)


def ratio_interval(
    values: Float64[np.ndarray, "value column"], cluster: Int64[np.ndarray, " value"], *, seed: int
) -> tuple[Float64[np.ndarray, " column"], Float64[np.ndarray, " column"], str]:
    """Return the bounds of a 95 % percentile interval of every column's mean, and what was drawn.

    Clusters are drawn where there are at least ten. Below that the cluster bootstrap is too narrow
    (Cameron, Gelbach & Miller 2008), to the point of no width where clusters agree, so that single
    values are drawn too and the wider bound counts: ``wider of both``. One cluster leaves its
    values alone. Above 3,000 clusters or values their bootstrap is taken as normal.

    Args:
        values: One row a sentence.
        cluster: The number of every row's article, from 0.
        seed: Seed of the draws.
    """
    sizes = np.bincount(cluster)
    if len(sizes) == 1:
        return *_interval_of_values(values, seed), "sentence"
    sums = np.stack([np.bincount(cluster, weights=column) for column in values.T], axis=1)
    if len(sizes) > _MOST_EXACT:
        return *_normal_interval(sums, sizes), "article"
    low, high = _percentiles(resampled_ratios(sums, sizes, seed=seed))
    if len(sizes) >= _ENOUGH:
        return low, high, "article"
    single = _interval_of_values(values, seed)
    return np.minimum(low, single[0]), np.maximum(high, single[1]), "wider of both"


def _normal_interval(
    sums: Float64[np.ndarray, "cluster column"], sizes: Int64[np.ndarray, " cluster"]
) -> tuple[Float64[np.ndarray, " column"], Float64[np.ndarray, " column"]]:
    """Return the normal interval of a ratio by its linear part (Davison & Hinkley 1997, 2.7)."""
    ratio = sums.sum(axis=0) / sizes.sum()
    reach = _REACH * np.sqrt(((sums - ratio * sizes[:, None]) ** 2).sum(axis=0)) / sizes.sum()
    means = sums / sizes[:, None]
    return np.maximum(ratio - reach, means.min(axis=0)), np.minimum(
        ratio + reach, means.max(axis=0)
    )


def share_interval(
    sums: Float64[np.ndarray, "cluster column"],
    sizes: Int64[np.ndarray, " cluster"],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Float64[np.ndarray, " column"], Float64[np.ndarray, " column"]]:
    """Return the bounds of `ratio_interval` for shares, from counts alone; NaN of one cluster.

    Resampled single values of 0 and 1 are a binomial draw.

    Args:
        sums: How many values of every cluster are 1.
        sizes: How many values every cluster has, at least 1.
        resamples: Number of resamples.
        seed: Seed of the draws.
    """
    if len(sizes) < 2:
        nothing = np.full(sums.shape[1], np.nan)
        return nothing, nothing
    if len(sizes) > _MOST_EXACT:
        return _normal_interval(sums, sizes)
    low, high = _percentiles(resampled_ratios(sums, sizes, resamples=resamples, seed=seed))
    if len(sizes) >= _ENOUGH:
        return low, high
    n = int(sizes.sum())
    shares = sums.sum(axis=0) / n
    generator = np.random.default_rng([seed, n])
    single = _percentiles(generator.binomial(n, shares, size=(resamples, len(shares))) / n)
    return np.minimum(low, single[0]), np.maximum(high, single[1])


def _interval_of_values(
    values: Float64[np.ndarray, "value column"], seed: int
) -> tuple[Float64[np.ndarray, " column"], Float64[np.ndarray, " column"]]:
    if len(values) <= _MOST_EXACT:
        ones = np.ones(len(values), dtype=np.int64)
        return _percentiles(resampled_ratios(values, ones, seed=seed))
    reach = _REACH * values.std(axis=0) / np.sqrt(len(values))
    mean = values.mean(axis=0)
    return np.maximum(mean - reach, values.min(axis=0)), np.minimum(
        mean + reach, values.max(axis=0)
    )


def _percentiles(
    resampled: Float64[np.ndarray, "resample column"],
) -> tuple[Float64[np.ndarray, " column"], Float64[np.ndarray, " column"]]:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    return low, high
