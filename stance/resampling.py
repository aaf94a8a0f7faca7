"""Bootstrap of ratios over clusters: whole articles are drawn, never some of their sentences."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64, Int64

RESAMPLES = 10_000
CONFIDENCE = 0.95
_CELLS = 4_000_000


def resampled_ratios(
    sums: Float64[np.ndarray, "cluster column"],
    sizes: Int64[np.ndarray, " cluster"],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Float64[np.ndarray, "resample column"]:
    """Return resampled ratios of summed values to summed sizes, drawing clusters.

    The cluster bootstrap for a ratio (Davison & Hinkley 1997, sections 2.4 and 3.8). A resample
    in which every cluster is empty is NaN.

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
        drawn = generator.multinomial(n, np.full(n, 1 / n), size=size)
        total = (drawn @ sizes)[:, None]
        out = np.full((size, sums.shape[1]), np.nan)
        np.divide(drawn @ sums, total, out=out, where=total > 0)
        means[start : start + size] = out
    return means


def percentile_interval(
    resampled: Float64[np.ndarray, "resample column"],
) -> tuple[Float64[np.ndarray, " column"], Float64[np.ndarray, " column"]]:
    """Return the bounds of the 95 % percentile interval of every column."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(resampled, [tail, 1 - tail], axis=0)
    return low, high
