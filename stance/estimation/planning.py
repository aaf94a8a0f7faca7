"""How many labels a wanted precision takes."""

from __future__ import annotations

import math

import numpy as np

from stance.estimation.corpus import Corpus, Prevalence
from stance.estimation.jackknife import Sum, jackknife, quantile
from stance.estimation.strata import replicate


def labels_needed(found: Prevalence, floor: float, half_width: float) -> float:
    """Return how many labels in all give an interval of a half-width; infinite where none do.

    The variance is taken as a part that more labels do not lower and a rest that falls as one over
    their number; a plan, which assumes labels as well spread over articles as those at hand.

    Args:
        found: A corrected estimate.
        floor: The variance that stays however many labels there are (see `floor_variance`).
        half_width: The wanted half of the interval's width, as a share.
    """
    wanted = (half_width / quantile(found.articles - 1)) ** 2
    falling = max(found.error**2 - floor, 0.0)
    if wanted <= floor:
        return math.inf
    return float(math.ceil(found.estimate.n * falling / (wanted - floor)))


def floor_variance(corpus: Corpus) -> float:
    """Return the variance that labels cannot lower: that of the scores, between the articles.

    It is the squared slope times the jackknife variance of the mean score; the part of it that the
    scores do not see is left out, so a plan near the floor is too hopeful.
    """
    found = replicate(corpus, np.zeros(len(corpus.article), np.int64), 1)
    kept = found.totals.sum(axis=0, keepdims=True) - found.totals
    means = kept[..., Sum.SCORE] / kept[..., Sum.SENTENCES]
    return found.slope**2 * jackknife(means[:, 0], float(corpus.score.mean())) ** 2
