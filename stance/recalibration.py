"""Fits a calibration and thresholds on the gold labels of a dev split."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import floor
from typing import Any, Literal, TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float64

from stance.calibration import (
    Calibration,
    FrameBeta,
    FrameIsotonic,
    FrameLogistic,
    FrameMap,
    Labels,
    fit_logistic,
    wordings_hash,
)
from stance.errors import ConfigError, DataError
from stance.gold import Gold, adjudicated, check_sentences, require_labels
from stance.results import Result, mean_odds

LEAST = 10
"""Fewest sentences with a frame, and without it, that it is fitted on."""

Method: TypeAlias = Literal["platt", "isotonic", "beta", "temperature"]

_Odds: TypeAlias = Float64[np.ndarray, " n"]
_Gold: TypeAlias = Bool[np.ndarray, " n"]
_GOAL = re.compile(r"(recall|precision)\s*(?:>=|≥|=)\s*(\d+(?:\.\d+)?|\.\d+)\Z")


@final
@dataclass(frozen=True, slots=True)
class Goal:
    """What a threshold is chosen for: the best F1, or a least recall or precision.

    ``least`` is None for F1. With a least recall the threshold is the highest that reaches it (the
    best precision), with a least precision the lowest.
    """

    name: Literal["f1", "recall", "precision"] = "f1"
    least: float | None = None


def parse_goal(text: str) -> Goal:
    """Return the goal written as ``f1``, ``recall>=0.8`` or ``precision>=0.9``.

    Raises:
        ConfigError: It is none of these, or the number is not in (0, 1].
    """
    if text == "f1":
        return Goal()
    found = _GOAL.match(text)
    if found is None or not 0 < float(found[2]) <= 1:
        raise ConfigError(
            f"the goal {text!r} cannot be read; write f1, recall>=0.8 or precision>=0.9"
        )
    return Goal("recall" if found[1] == "recall" else "precision", float(found[2]))


@final
@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration, and why frames were left as they were: frame → reason."""

    calibration: Calibration
    left: Mapping[str, str]


def calibrate(
    result: Result, gold: Gold, *, method: Method = "platt", goal: Goal | None = None
) -> Fitted:
    """Fit one map a frame from the model's log-odds to probabilities, and a threshold.

    A frame with fewer than 10 sentences that carry it, or 10 that do not, is left as it was.

    Args:
        result: What `stance analyze` wrote.
        gold: The labels of the dev split; evaluating on them is refused afterwards.
        method: Platt 1999, isotonic (Zadrozny & Elkan 2002), beta (Kull et al. 2017) or temperature
            (Guo et al. 2017), all over scikit-learn.
        goal: What the threshold is chosen for; None is the best F1.

    Raises:
        DataError: A sentence of the gold is not in the result, or no frame has labels enough.
        ConfigError: The goal cannot be reached.
    """
    check_sentences(gold, result.texts, str(result.folder))
    require_labels(gold, gold.frames)
    fitted: dict[str, FrameMap] = {}
    left: dict[str, str] = {}
    for frame in gold.frames:
        odds, labels = _labelled(result, gold, frame)
        n, positive = len(labels), int(labels.sum())
        if min(positive, n - positive) < LEAST:
            left[frame] = f"{positive} of {n} sentences carry it; {LEAST} with and without needed"
            continue
        wordings = wordings_hash(result.codebook.frames[frame].hypotheses)
        about = {"wordings_sha256": wordings, "n": n, "n_positive": positive}
        own = METHODS[method](odds, labels, about)
        _check_rising(own, odds, frame)
        threshold = choose_threshold(labels, own.probability(odds), goal or Goal(), frame)
        fitted[f"{result.codebook.name}.{frame}"] = own.model_copy(update={"threshold": threshold})
    if not fitted:
        first = next(iter(left))
        raise DataError(f"{gold.place}: no frame has labels enough ({first}: {left[first]})")
    about_gold = Labels(
        file=gold.place, sha256=gold.sha256, split="dev", n=len(gold.keys), ids=gold.keys
    )
    found = Calibration(scorer=result.fingerprint, fitted_on=(about_gold,), frames=fitted)
    return Fitted(found, left)


def _labelled(result: Result, gold: Gold, frame: str) -> tuple[_Odds, _Gold]:
    labels = adjudicated(gold, frame)
    rows = [row for row in result.scored if (row["article_id"], row["sentence_id"]) in labels]
    values = [labels[row["article_id"], row["sentence_id"]] for row in rows]
    return mean_odds(rows, frame), np.array(values, dtype=bool)


def _platt(odds: _Odds, gold: _Gold, about: dict[str, Any]) -> FrameLogistic:
    slope, intercept = fit_logistic(odds, gold)
    return FrameLogistic(slope=slope, intercept=intercept, **about)


def _temperature(odds: _Odds, gold: _Gold, about: dict[str, Any]) -> FrameLogistic:
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=1e6, fit_intercept=False).fit(odds[:, None], gold)
    return FrameLogistic(slope=round(float(model.coef_[0, 0]), 6), intercept=0.0, **about)


def _isotonic(odds: _Odds, gold: _Gold, about: dict[str, Any]) -> FrameIsotonic:
    from sklearn.isotonic import IsotonicRegression

    model: Any = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(odds, gold)
    x, y = model.X_thresholds_.tolist(), model.y_thresholds_.tolist()
    return FrameIsotonic(x=tuple(x), y=tuple(y), **about)


def _beta(odds: _Odds, gold: _Gold, about: dict[str, Any]) -> FrameBeta:
    """Fit by logistic regression; a factor that comes out negative is set to 0 (as its authors)."""
    from sklearn.linear_model import LogisticRegression

    wide = np.stack([-np.logaddexp(0, -odds), np.logaddexp(0, odds)], axis=1)
    used = [0, 1]
    model: Any = LogisticRegression(C=1e6, max_iter=1_000).fit(wide, gold)
    if (model.coef_[0] < 0).any():
        used = [int(np.argmax(model.coef_[0]))]
        model = LogisticRegression(C=1e6, max_iter=1_000).fit(wide[:, used], gold)
    factors = dict(zip(used, model.coef_[0], strict=True))
    a, b = (round(float(factors.get(k, 0.0)), 6) for k in (0, 1))
    return FrameBeta(a=a, b=b, c=round(float(model.intercept_[0]), 6), **about)


METHODS: Mapping[str, Callable[[_Odds, _Gold, dict[str, Any]], FrameMap]] = {
    "platt": _platt,
    "isotonic": _isotonic,
    "beta": _beta,
    "temperature": _temperature,
}
"""The shapes of a calibration."""


def _check_rising(own: FrameMap, odds: _Odds, frame: str) -> None:
    low, high = own.probability(np.array([odds.min(), odds.max()]))
    if not low < high:
        raise DataError(
            f"{frame}: the score does not rise with the gold label, so that it cannot be "
            "calibrated; mend the wordings of the codebook or look at the labels"
        )


def choose_threshold(
    gold: _Gold, probability: Float64[np.ndarray, " n"], goal: Goal, frame: str
) -> float:
    """Return the probability from which a sentence carries the frame, for a goal.

    Args:
        gold: The labels, at least one of each kind.
        probability: The calibrated probabilities.
        goal: What is wanted.
        frame: Named in the message.

    Raises:
        ConfigError: No threshold reaches the goal.
    """
    from sklearn.metrics import precision_recall_curve

    precision, recall, thresholds = precision_recall_curve(gold, probability)
    precision, recall = precision[:-1], recall[:-1]
    if goal.least is None:
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        return _just_below(thresholds[int(f1.argmax())])
    reached = {"precision": precision, "recall": recall}[goal.name]
    good = np.flatnonzero(reached >= goal.least)
    if not good.size:
        raise ConfigError(
            f"{frame}: no threshold reaches {goal.name} {goal.least:g} on these labels; the best "
            f"is {reached.max():.2f}"
        )
    return _just_below(thresholds[good[-1] if goal.name == "recall" else good[0]])


def _just_below(threshold: float) -> float:
    """Return the threshold with six decimals, rounded so that its own sentence still passes."""
    return floor(float(threshold) * 1e6) / 1e6
