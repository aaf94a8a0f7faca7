"""From log-odds of entailment to probabilities: fitted on a named split, applied anywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float64, Int64
from pydantic import BaseModel, ConfigDict, ValidationError

from stance.errors import ConfigError

_FROZEN = ConfigDict(extra="forbid", frozen=True)


class Logistic(BaseModel):
    """``p = 1 / (1 + exp(-(intercept + slope * log-odds)))`` (Platt 1999)."""

    model_config = _FROZEN

    slope: float = 1.0
    intercept: float = 0.0

    def probability(self, odds: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Return the calibrated probability of every natural-log odds."""
        p: np.ndarray = np.exp(-np.logaddexp(0, -(self.intercept + self.slope * odds)))
        return p


class FrameLogistic(Logistic):
    """A logistic of one frame, valid for exactly the wordings it was fitted with."""

    wordings_sha256: str
    n: int
    n_positive: int


class StanceLogistic(BaseModel):
    """Three-way logistic that treats favor and against alike.

    With mean log-odds of entailment f (favor) and a (against), the logits are
    ``same * f + other * a + bias`` for favor, ``same * a + other * f + bias`` for against and 0 for
    neutral. The defaults leave the odds as they are. ``gate`` is the mean log-odds of the relevance
    wordings below which a sentence is not about the target; None lets everything pass.
    """

    model_config = _FROZEN

    same: float = 1.0
    other: float = 0.0
    bias: float = 0.0
    gate: float | None = None
    wordings_sha256: str = ""
    n: int = 0
    fitted_on: Labels | None = None

    def probabilities(self, odds: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 3"]:
        """Return the probabilities of favor, against and neutral from the two mean log-odds."""
        sides = self.same * odds + self.other * odds[:, ::-1] + self.bias
        logits = np.hstack([sides, np.zeros((len(odds), 1))])
        p: np.ndarray = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
        return p


class Labels(BaseModel):
    """The labels that a calibration was fitted on."""

    model_config = _FROZEN

    file: str
    sha256: str
    split: str
    n: int


@final
class Calibration(BaseModel):
    """The logistics of a scorer: one a frame, and one for frames that nobody fitted.

    ``scorer`` is the beginning of the fingerprint of the scorer whose scores they calibrate.
    """

    model_config = _FROZEN

    scorer: str = ""
    fitted_on: tuple[Labels, ...] = ()
    default: Logistic = Logistic()
    frames: dict[str, FrameLogistic] = {}
    stance: StanceLogistic = StanceLogistic()

    def of(self, codebook: str, frame: str, wordings: Sequence[str]) -> Logistic:
        """Return the frame's logistic if it was fitted with these wordings, else the default."""
        own = self.frames.get(f"{codebook}.{frame}")
        fits = own is not None and own.wordings_sha256 == wordings_hash(wordings)
        return own if own is not None and fits else self.default

    def of_stance(self, wordings: Sequence[str]) -> StanceLogistic:
        """Return the stance logistic if it was fitted with these wordings, else the identity."""
        fits = self.stance.wordings_sha256 == wordings_hash(wordings)
        return self.stance if fits else StanceLogistic()


IDENTITY = Calibration()
"""Leaves the log-odds as they are."""


def wordings_hash(wordings: Sequence[str]) -> str:
    """Return the SHA-256 of wordings in their order."""
    return sha256(json.dumps(list(wordings)).encode()).hexdigest()


def load_calibration(path: Path, fingerprint: str) -> Calibration:
    """Load a calibration for the scorer of a fingerprint; for another scorer return the identity.

    Raises:
        ConfigError: The file is not a calibration.
    """
    try:
        found = Calibration.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigError(f"{path}: is not a calibration: {_first(error)}") from error
    return found if fingerprint.startswith(found.scorer) else IDENTITY


def _first(error: OSError | ValidationError) -> str:
    return str(error) if isinstance(error, OSError) else str(error.errors()[0]["msg"])


def fit_stance(
    odds: Float64[np.ndarray, "n 2"], gold: Int64[np.ndarray, " n"]
) -> tuple[float, float, float]:
    """Return ``same``, ``other`` and ``bias`` of a `StanceLogistic` by maximum likelihood.

    Every row is also taken mirrored, favor for against, so that the fit favours neither side
    whatever the labels' shares are. ``gold`` is 0 favor, 1 against, 2 neutral.

    Raises:
        ConfigError: One of the three labels never occurs.
    """
    from sklearn.linear_model import LogisticRegression

    if set(gold.tolist()) != {0, 1, 2}:
        raise ConfigError("a stance calibration needs favor, against and neutral labels")
    both = np.vstack([odds, odds[:, ::-1]])
    mirrored = np.concatenate([gold, np.array([1, 0, 2])[gold]])
    model: Any = LogisticRegression(C=1e6, max_iter=1_000).fit(both, mirrored)
    (same, other), bias = model.coef_[0] - model.coef_[2], model.intercept_[0] - model.intercept_[2]
    return round(float(same), 6), round(float(other), 6), round(float(bias), 6)


def fit_logistic(
    odds: Float64[np.ndarray, " n"], gold: Bool[np.ndarray, " n"]
) -> tuple[float, float]:
    """Return slope and intercept by maximum likelihood (scikit-learn, practically unpenalised).

    Raises:
        ConfigError: The labels are all the same.
    """
    from sklearn.linear_model import LogisticRegression

    if gold.all() or not gold.any():
        raise ConfigError("a calibration needs positive and negative labels; these are all alike")
    model: Any = LogisticRegression(C=1e6, max_iter=1_000).fit(odds[:, None], gold)
    return round(float(model.coef_[0, 0]), 6), round(float(model.intercept_[0]), 6)
