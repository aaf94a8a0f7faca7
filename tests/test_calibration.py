"""Calibration: fitted by maximum likelihood, kept as JSON, applied only where it belongs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stance.calibration import (
    IDENTITY,
    Calibration,
    FrameLogistic,
    Logistic,
    fit_logistic,
    load_calibration,
    wordings_hash,
)
from stance.errors import ConfigError
from stance.scorers.bundled import MODELS, load_bundled

WORDINGS = ("It holds fire.", "It waits.")
OWN = FrameLogistic(
    slope=2.0, intercept=-1.0, wordings_sha256=wordings_hash(WORDINGS), n=10, n_positive=3
)
SOME = Calibration(
    scorer="bundled:abc:", default=Logistic(slope=0.5), frames={"diplomacy.restraint": OWN}
)


def test_the_law_that_made_the_labels_is_found_again() -> None:
    draw = np.random.default_rng(0)
    odds = draw.normal(0, 2, 40_000)
    gold = draw.random(40_000) < 1 / (1 + np.exp(-(0.8 * odds - 1.5)))
    slope, intercept = fit_logistic(odds, gold)
    assert slope == pytest.approx(0.8, abs=0.03)
    assert intercept == pytest.approx(-1.5, abs=0.04)
    fitted = Logistic(slope=slope, intercept=intercept).probability(odds)
    assert fitted.mean() == pytest.approx(gold.mean(), abs=1e-4)


@pytest.mark.parametrize("gold", [np.ones(5, bool), np.zeros(5, bool)])
def test_labels_that_are_all_alike_are_refused(gold: np.ndarray) -> None:
    with pytest.raises(ConfigError, match="these are all alike"):
        fit_logistic(np.arange(5.0), gold)


def test_extreme_odds_stay_probabilities() -> None:
    found = Logistic(slope=1.0).probability(np.array([-1e4, 0.0, 1e4]))
    assert found.tolist() == [0.0, 0.5, 1.0]


def test_a_frame_is_calibrated_only_with_the_wordings_it_was_fitted_with() -> None:
    assert SOME.of("diplomacy", "restraint", WORDINGS) is OWN
    assert SOME.of("diplomacy", "restraint", WORDINGS[::-1]) is SOME.default
    assert SOME.of("other", "restraint", WORDINGS) is SOME.default


def test_a_calibration_belongs_to_its_scorer(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(SOME.model_dump_json(), encoding="utf-8")
    assert load_calibration(path, "bundled:abc:premise=384") == SOME
    assert load_calibration(path, "bundled:abd:premise=384") is IDENTITY


def test_what_is_not_a_calibration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"scorer": 3}', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"x.json: is not a calibration: Input should be a valid"):
        load_calibration(tmp_path / "x.json", "any")
    with pytest.raises(ConfigError, match=r"absent.json: is not a calibration: .*No such file"):
        load_calibration(tmp_path / "absent.json", "any")


def test_the_shipped_calibration_belongs_to_the_shipped_model() -> None:
    found = load_calibration(
        MODELS / "mini" / "calibration.json", load_bundled(threads=1).fingerprint
    )
    fitted = {name.split(".")[0] for name in found.frames}
    assert fitted == {"diplomacy", "moral", "news", "policy"}
    assert all(len(labels.sha256) == 64 and labels.split == "train" for labels in found.fitted_on)
    assert all(frame.slope > 0 for frame in found.frames.values())
