"""Bootstrap means and their percentile intervals, as numpy gives them and several times faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64, Int64

CONFIDENCE = 0.95
_CELLS = 4_000_000
_FEW = 1 << 16
"""Draws that can be told apart by a number below this are counted, not kept one by one."""


@final
@dataclass(frozen=True, slots=True)
class Resampled:
    """Means of resamples, one row each; ``weights`` says how many resamples a row stands for."""

    means: Float64[np.ndarray, "row column"]
    weights: Int64[np.ndarray, " row"]

    @property
    def resamples(self) -> int:
        """The number of resamples."""
        return int(self.weights.sum())

    def repeated(self) -> Float64[np.ndarray, "resample column"]:
        """Return the mean of every resample; their order is lost."""
        return np.repeat(self.means, self.weights, axis=0)

    def interval(
        self, columns: Int64[np.ndarray, " wanted"]
    ) -> tuple[Float64[np.ndarray, " wanted"], Float64[np.ndarray, " wanted"]]:
        """Return the bounds of the 95 % percentile interval of some columns."""
        wanted = np.ascontiguousarray(self.means[:, columns].T)
        if self.weights.max() == 1:
            return interval_of(wanted)
        order = np.argsort(wanted, axis=1)
        below = np.cumsum(self.weights[order], axis=1)
        ordered = np.take_along_axis(wanted, order, axis=1)
        places, gammas = _places(self.resamples)
        first, after_first, last, after_last = (
            np.take_along_axis(ordered, (below <= place).sum(axis=1)[:, None], axis=1)[:, 0]
            for place in places
        )
        return _between(first, after_first, gammas[0]), _between(last, after_last, gammas[1])


def resampled_means(
    values: Float64[np.ndarray, "value column"], resamples: int, generator: np.random.Generator
) -> Resampled:
    """Draw the values with replacement, as many as there are, and return the means.

    Equal rows are drawn together, by how often they occur; resamples of the same draw are kept once
    where there are few to draw from.

    Args:
        values: What is drawn; at least one row.
        resamples: How often.
        generator: Where the random numbers are from.
    """
    cells, counts = np.unique(values, axis=0, return_counts=True)
    n = len(values)
    if len(cells) == 1:
        return Resampled(float(n) * cells / n, np.array([resamples]))
    if (n + 1) ** (len(cells) - 1) <= _FEW:
        drawn, weights = _counted(generator.multinomial(n, counts / n, size=resamples))
        return Resampled(drawn @ cells / n, weights)
    means = np.empty((resamples, values.shape[1]))
    step = max(1, _CELLS // len(cells))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = generator.multinomial(n, counts / n, size=size).astype(np.float64)
        means[start : start + size] = drawn @ cells
    means /= n
    return Resampled(means, np.ones(resamples, dtype=np.int64))


def _counted(
    drawn: Int64[np.ndarray, "resample cell"],
) -> tuple[Float64[np.ndarray, "row cell"], Int64[np.ndarray, " row"]]:
    """Return the distinct draws and how often each came; the last cell follows from the rest."""
    n = int(drawn[0].sum())
    digits = (n + 1) ** np.arange(drawn.shape[1] - 1)
    often = np.bincount(drawn[:, :-1] @ digits)
    codes = np.flatnonzero(often)
    cells = codes[:, None] // digits % (n + 1)
    last = n - cells.sum(axis=1, keepdims=True)
    return np.hstack([cells, last]).astype(np.float64), often[codes]


def interval_of(
    drawn: Float64[np.ndarray, "column resample"],
) -> tuple[Float64[np.ndarray, " column"], Float64[np.ndarray, " column"]]:
    """Return the bounds of the 95 % percentile interval of every row, as `numpy.quantile` does.

    Two passes that look for one place each take a quarter of the time of one that looks for six.
    """
    (low, above, below, high), gammas = _places(drawn.shape[1])
    left = np.partition(drawn, above, axis=1)
    right = np.partition(left[:, low:], below - low, axis=1)
    least = left[:, : low + 1].max(axis=1) if low < above else left[:, low]
    top = right[:, high - low :].min(axis=1)
    first = _between(least, left[:, above], gammas[0])
    return first, _between(right[:, below - low], top, gammas[1])


def _places(n: int) -> tuple[tuple[int, int, int, int], tuple[float, float]]:
    """Return the ranks around both bounds and how far each bound lies between its two."""
    tail = (1 - CONFIDENCE) / 2
    first, second = (n - 1) * tail, (n - 1) * (1 - tail)
    low, high = int(first), int(second)
    ranks = (low, min(low + 1, n - 1), high, min(high + 1, n - 1))
    return ranks, (first - low, second - high)


def _between(
    low: Float64[np.ndarray, " column"], high: Float64[np.ndarray, " column"], part: float
) -> Float64[np.ndarray, " column"]:
    """Interpolate from the nearer end, as numpy does, so that the last digit is the same."""
    step = high - low
    found: np.ndarray = high - step * (1 - part) if part >= 0.5 else low + step * part
    return found
