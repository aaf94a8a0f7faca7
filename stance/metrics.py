"""Figures of merit over scikit-learn, each with an interval; undefined is NaN, never 0."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float64, Int64

Labels: TypeAlias = Bool[np.ndarray, " n"]
Values: TypeAlias = Float64[np.ndarray, " n"]

BINS = 10
"""Equal-width bins of the expected calibration error and of the reliability diagram."""


@final
@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval and the number of units it rests on.

    ``value`` is NaN where the figure is undefined, and ``n`` 0 where nothing was measured; ``low``
    and ``high`` are NaN where there is no interval.
    """

    value: float
    low: float
    high: float
    n: int


NOTHING = Estimate(float("nan"), float("nan"), float("nan"), 0)
"""What is reported where nothing was measured."""


def precision(gold: Labels, present: Labels) -> float:
    """Return the share of tags that are right; NaN without a tag."""
    from sklearn.metrics import precision_score

    return float(precision_score(gold, present, zero_division=np.nan)) if present.any() else _NAN


def recall(gold: Labels, present: Labels) -> float:
    """Return the share of gold sentences that are tagged; NaN without a gold sentence."""
    from sklearn.metrics import recall_score

    return float(recall_score(gold, present, zero_division=np.nan)) if gold.any() else _NAN


def f1(gold: Labels, present: Labels) -> float:
    """Return the harmonic mean of precision and recall; NaN without a gold sentence."""
    from sklearn.metrics import f1_score

    return float(f1_score(gold, present)) if gold.any() else _NAN


def mcc(gold: Labels, present: Labels) -> float:
    """Return the correlation of Matthews (1975); NaN where tags or gold are all alike."""
    from sklearn.metrics import matthews_corrcoef

    return _NAN if _alike(gold) or _alike(present) else float(matthews_corrcoef(gold, present))


def average_precision(gold: Labels, probability: Values) -> float:
    """Return the area under the precision-recall steps; NaN without a gold sentence."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(gold, probability)) if gold.any() else _NAN


def brier(gold: Labels, probability: Values) -> float:
    """Return the mean squared error of the probabilities (Brier 1950); NaN without sentences."""
    from sklearn.metrics import mean_squared_error

    return float(mean_squared_error(gold, probability)) if gold.size else _NAN


def calibration_error(gold: Labels, probability: Values) -> float:
    """Return the expected calibration error (Naeini et al. 2015); NaN without sentences.

    It is the mean over sentences of |mean probability - share of gold| of their bin.
    """
    if not gold.size:
        return _NAN
    gaps = np.bincount(bin_of(probability), gold - probability, minlength=BINS)
    return float(np.abs(gaps).sum() / gold.size)


def bin_of(probability: Values) -> np.ndarray:
    """Return the bin of every probability, 0 to 9; 1.0 belongs to the last."""
    bins: np.ndarray = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    return bins


_NAN = float("nan")

OF_TAGS: Mapping[str, Callable[[Labels, Labels], float]] = {
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "mcc": mcc,
}
"""Figures of a decision: gold and tags, both of shape (sentence,)."""

OF_SCORES: Mapping[str, Callable[[Labels, Values], float]] = {
    "average_precision": average_precision,
    "brier": brier,
    "calibration_error": calibration_error,
}
"""Figures of a probability: gold and probability, both of shape (sentence,)."""

NAMES = (*OF_TAGS, *OF_SCORES)
"""The figures in the order of every table."""


UNCORRECTED = ("calibration_error",)
"""Figures whose interval is not bias-corrected: near 0 all resamples are larger."""


def points(gold: Labels, present: Labels, probability: Values) -> dict[str, float]:
    """Return every figure; the arrays have one place a sentence."""
    of_tags = {name: figure(gold, present) for name, figure in OF_TAGS.items()}
    return of_tags | {name: figure(gold, probability) for name, figure in OF_SCORES.items()}


def _alike(values: Labels) -> bool:
    return bool(values.all() or not values.any())


def interval(value: float, resampled: Any, n: int, *, corrected: bool = True) -> Estimate:
    """Return an estimate with the 95 % percentile interval of its resamples, bias-corrected.

    Plain percentiles miss figures that resampling shifts, such as average precision; the correction
    (Efron 1981; Efron & Tibshirani 1993, sec. 14.3, without acceleration) undoes the shift.
    Resamples in which the figure is undefined are left out. Where all others agree there is no
    interval: that they agree says nothing of another sample.

    Args:
        value: The figure on the sample.
        resampled: The figure on every resample.
        n: What it rests on.
        corrected: False gives plain percentiles, for a figure at the edge of its range, where
            nearly all resamples lie on one side and the correction breaks down.
    """
    from scipy.stats import norm

    drawn = np.asarray(resampled, dtype=np.float64)
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not drawn.size or np.ptp(drawn) < 1e-12:
        return Estimate(value, _NAN, _NAN, n)
    same = np.abs(drawn - value) < 1e-12
    below = (np.sum((drawn < value) & ~same) + same.sum() / 2) / drawn.size
    shift = norm.ppf(np.clip(below, 1 / drawn.size, 1 - 1 / drawn.size)) if corrected else 0.0
    low, high = np.quantile(drawn, norm.cdf(2 * shift + norm.ppf([0.025, 0.975])))
    return Estimate(value, float(low), float(high), n)


def shown(estimate: Estimate) -> str:
    """Return an estimate as ``0.71 [0.60, 0.80]``; a dash where it is undefined."""
    if math.isnan(estimate.value):
        return "–"
    value = f"{estimate.value:.2f}"
    if math.isnan(estimate.low):
        return value
    return f"{value} [{estimate.low:.2f}, {estimate.high:.2f}]"


def entropy(counts: Int64[np.ndarray, " kind"]) -> float:
    """Return Shannon's entropy of counts in bits, NaN where there are none."""
    if counts.sum() == 0:
        return float("nan")
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log2(p)).sum()) + 0.0
