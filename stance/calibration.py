"""From log-odds of entailment to probabilities: fitted on a named split, applied anywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float64
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

    def of(self, codebook: str, frame: str, wordings: Sequence[str]) -> Logistic:
        """Return the frame's logistic if it was fitted with these wordings, else the default."""
        own = self.frames.get(f"{codebook}.{frame}")
        fits = own is not None and own.wordings_sha256 == wordings_hash(wordings)
        return own if own is not None and fits else self.default


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


def read_logistic(
    odds: Float64[np.ndarray, " n"], probability: Float64[np.ndarray, " n"]
) -> Logistic:
    """Return the logistic that made probabilities of natural-log odds: the line of their log-odds.

    It is exact where one logistic made them all; whoever needs that must compare.
    """
    inside = (probability > 1e-9) & (probability < 1 - 1e-9)
    if not inside.any():
        return Logistic()
    x, p = odds[inside], probability[inside]
    y = np.log(p) - np.log1p(-p)
    least, most = int(x.argmin()), int(x.argmax())
    spread = float(x[most] - x[least])
    slope = float(y[most] - y[least]) / spread if spread > 0 else 1.0
    return Logistic(slope=slope, intercept=float(y[least]) - slope * float(x[least]))
