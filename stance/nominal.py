"""Agreement on nominal labels: alpha of Krippendorff, shares of agreeing pairs, Cohen's kappa."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from jaxtyping import Float64, Int64

from stance.errors import MissingExtraError

Counts: TypeAlias = Int64[np.ndarray, "unit category"]
"""How many coders gave every unit every label; at least two labels a unit."""
Pairs: TypeAlias = Int64[np.ndarray, "unit 2"]
"""The labels of two coders, numbered from 0."""
Weights: TypeAlias = Float64[np.ndarray, "resample unit"]
"""How often every resample holds every unit."""

_Resampled: TypeAlias = Float64[np.ndarray, " resample"]


def alpha(counts: Counts) -> float:
    """Return alpha (Krippendorff 2004, nominal); NaN where every label is the same.

    Raises:
        MissingExtraError: The library krippendorff is not installed.
    """
    try:
        import krippendorff
    except ModuleNotFoundError as error:
        raise MissingExtraError("Krippendorff's alpha", "agreement") from error

    used = counts[:, counts.any(axis=0)]
    if used.shape[1] < 2:
        return float("nan")
    return float(krippendorff.alpha(value_counts=used, level_of_measurement="nominal"))


def alphas(counts: Counts, weights: Weights) -> _Resampled:
    """Return alpha in every resample."""
    drawn = weights.astype(np.int64)
    return np.array([alpha(np.repeat(counts, own, axis=0)) for own in drawn], dtype=np.float64)


def agreeing(counts: Counts) -> Float64[np.ndarray, " unit"]:
    """Return the share of pairs of coders that agree on every unit."""
    n = counts.sum(axis=1)
    shares: np.ndarray = (counts * (counts - 1)).sum(axis=1) / (n * (n - 1))
    return shares


def kappa(pairs: Pairs) -> float:
    """Return kappa (Cohen 1960); NaN where both coders give one and the same label throughout."""
    from sklearn.metrics import cohen_kappa_score

    alike = bool((pairs == pairs[0, 0]).all())
    return float("nan") if alike else float(cohen_kappa_score(pairs[:, 0], pairs[:, 1]))


def kappas(pairs: Pairs, weights: Weights) -> _Resampled:
    """Return kappa in every resample."""
    n = weights.sum(axis=1)
    categories = np.arange(pairs.max() + 1)
    first, second = (weights @ (pairs[:, [k]] == categories) / n[:, None] for k in (0, 1))
    observed = weights @ (pairs[:, 0] == pairs[:, 1]) / n
    expected = (first * second).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = (observed - expected) / (1 - expected)
    return found
