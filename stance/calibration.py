"""From log-odds of entailment to probabilities: fitted on a named split, applied anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias, final

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


class _OfFrame(BaseModel):
    """What is fitted for one frame, valid for exactly the wordings it was fitted with.

    ``threshold``, where there is one, takes the place of that of the codebook.
    """

    model_config = _FROZEN

    wordings_sha256: str
    n: int
    n_positive: int
    threshold: float | None = None


class FrameLogistic(Logistic, _OfFrame):
    """A logistic of one frame (Platt scaling; temperature scaling where the intercept is 0)."""


class FrameBeta(_OfFrame):
    """``logit p = a * ln q - b * ln(1 - q) + c`` of the raw probability q (Kull et al. 2017)."""

    a: float
    b: float
    c: float

    def probability(self, odds: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Return the calibrated probability of every natural-log odds."""
        logit = self.c + self.b * np.logaddexp(0, odds) - self.a * np.logaddexp(0, -odds)
        p: np.ndarray = np.exp(-np.logaddexp(0, -logit))
        return p


class FrameIsotonic(_OfFrame):
    """Steps through the points (x, y), x in log-odds, y a probability (Zadrozny & Elkan 2002)."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def probability(self, odds: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Return the calibrated probability of every natural-log odds."""
        p: np.ndarray = np.interp(odds, self.x, self.y)
        return p


FrameMap: TypeAlias = FrameLogistic | FrameBeta | FrameIsotonic
"""From log-odds to the probability of one frame."""


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
    """The labels that a calibration was fitted on: ``ids`` are articles and sentence numbers."""

    model_config = _FROZEN

    file: str
    sha256: str
    split: str
    n: int
    ids: tuple[tuple[str, int], ...] = ()


@final
class Calibration(BaseModel):
    """The maps of a scorer: one a frame, and a logistic for frames that nobody fitted.

    ``scorer`` is the beginning of the fingerprint of the scorer whose scores they calibrate.
    """

    model_config = _FROZEN

    scorer: str = ""
    fitted_on: tuple[Labels, ...] = ()
    default: Logistic = Logistic()
    frames: dict[str, FrameMap] = {}
    stance: StanceLogistic = StanceLogistic()

    def of(self, codebook: str, frame: str, wordings: Sequence[str]) -> Logistic | FrameMap:
        """Return the frame's own map if it was fitted with these wordings, else the default."""
        return self.fitted(codebook, frame, wordings) or self.default

    def fitted(self, codebook: str, frame: str, wordings: Sequence[str]) -> FrameMap | None:
        """Return the frame's own map if it was fitted with these wordings, else None."""
        own = self.frames.get(f"{codebook}.{frame}")
        fits = own is not None and own.wordings_sha256 == wordings_hash(wordings)
        return own if fits else None

    def check_fits(
        self, codebook: str, wordings: Mapping[str, Sequence[str]], fingerprint: str
    ) -> None:
        """Check that this can be applied; ``wordings`` maps the frames to theirs.

        Raises:
            ConfigError: It is of another scorer, or no frame has the wordings it was fitted with.
        """
        if not fingerprint.startswith(self.scorer):
            raise ConfigError(
                f"the calibration was fitted to the scorer {self.scorer}, not to {fingerprint}; "
                "fit one with stance calibrate"
            )
        if not any(self.fitted(codebook, frame, own) for frame, own in wordings.items()):
            raise ConfigError(
                f"the calibration has no frame of the codebook {codebook!r} with its present "
                "wordings; fit one with stance calibrate"
            )

    def over(self, base: Calibration) -> Calibration:
        """Return ``base`` with the frames of this one in place of its own."""
        frames = {**base.frames, **self.frames}
        fitted_on = self.fitted_on + base.fitted_on
        return self.model_copy(
            update={"frames": frames, "fitted_on": fitted_on, "default": base.default}
        )

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
    found = read_calibration(path)
    return found if fingerprint.startswith(found.scorer) else IDENTITY


def read_calibration(path: Path) -> Calibration:
    """Read a calibration, whichever scorer it is of.

    Raises:
        ConfigError: The file is not a calibration.
    """
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigError(f"{path}: is not a calibration: {_first(error)}") from error


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
