"""Calibration on a dev split: the law is found again, goals are met, the same labels refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made import gold_of, gold_rows, odds_and_truth, write_gold, write_result
from sklearn.metrics import brier_score_loss, precision_score, recall_score

from stance import analyze
from stance.calibration import (
    Calibration,
    FrameBeta,
    FrameIsotonic,
    FrameLogistic,
    Labels,
    Logistic,
    read_calibration,
    wordings_hash,
)
from stance.cli import main
from stance.codebooks import load_codebook
from stance.errors import ConfigError, DataError
from stance.evaluation import evaluate
from stance.metrics import calibration_error
from stance.recalibration import METHODS, Goal, calibrate, choose_threshold, parse_goal
from stance.results import Result, load_result, recalibrated
from stance.scorers import load_scorer

N = 3_000
ODDS, TRUTH = odds_and_truth(N, seed=2)
DEV, TEST = slice(0, 1_500), slice(1_500, N)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return write_result(tmp_path_factory.mktemp("recalibration") / "out", ODDS)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_shape_calibrates_other_sentences(result: Result, method: str) -> None:
    fitted = calibrate(result, gold_of(result, TRUTH, DEV), method=method)  # type: ignore[arg-type]
    again = Calibration.model_validate_json(fitted.calibration.model_dump_json())
    assert again == fitted.calibration
    own = again.frames["made.care"]
    odds, gold = ODDS[TEST, 0], TRUTH[TEST, 0]
    raw = 1 / (1 + np.exp(-odds))
    assert calibration_error(gold, raw) > 0.1
    if method != "temperature":  # which cannot shift, and the law is shifted
        assert calibration_error(gold, own.probability(odds)) < 0.05
    assert brier_score_loss(gold, own.probability(odds)) < brier_score_loss(gold, raw)
    assert (np.diff(own.probability(np.linspace(-9, 9, 99))) >= 0).all()


def test_platt_finds_the_law_and_temperature_has_no_intercept(result: Result) -> None:
    gold = gold_of(result, TRUTH)
    platt = calibrate(result, gold).calibration.frames["made.care"]
    assert isinstance(platt, FrameLogistic)
    assert (platt.slope, platt.intercept) == pytest.approx((0.5, -1.0), abs=0.08)
    cooled = calibrate(result, gold, method="temperature").calibration.frames["made.care"]
    assert isinstance(cooled, FrameLogistic)
    assert cooled.intercept == 0.0
    assert 0 < cooled.slope < 1


def test_beta_with_equal_factors_is_a_logistic() -> None:
    about = {"wordings_sha256": "", "n": 1, "n_positive": 1}
    odds = np.linspace(-40, 40, 81)
    beta = FrameBeta(a=0.7, b=0.7, c=-0.3, **about)  # type: ignore[arg-type]
    logistic = Logistic(slope=0.7, intercept=-0.3)
    assert beta.probability(odds) == pytest.approx(logistic.probability(odds), abs=1e-12)
    steps = FrameIsotonic(x=(-1.0, 1.0), y=(0.2, 0.6), **about)  # type: ignore[arg-type]
    assert steps.probability(np.array([-9.0, 0.0, 9.0])).tolist() == pytest.approx([0.2, 0.4, 0.6])


def test_beta_never_falls() -> None:
    draw = np.random.default_rng(0)
    odds = draw.normal(0, 4, 400)
    gold = draw.random(400) < np.where(odds > 2, 0.4, np.where(odds > 0, 0.6, 0.1))
    fitted = METHODS["beta"](odds, gold, {"wordings_sha256": "", "n": 1, "n_positive": 1})
    assert isinstance(fitted, FrameBeta)
    assert min(fitted.a, fitted.b) == 0.0
    assert (np.diff(fitted.probability(np.linspace(-9, 9, 99))) >= 0).all()


def test_thresholds_reach_their_goal_and_no_more() -> None:
    gold = np.array([0, 0, 1, 0, 1, 1], bool)
    p = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert choose_threshold(gold, p, Goal(), "x") == 0.3
    assert choose_threshold(gold, p, Goal("recall", 0.6), "x") == 0.5
    assert choose_threshold(gold, p, Goal("precision", 0.7), "x") == 0.3
    assert choose_threshold(gold, p, Goal("precision", 0.9), "x") == 0.5
    with pytest.raises(ConfigError, match=r"x: no threshold reaches precision 0.9 .* is 0.50"):
        choose_threshold(gold[::-1], p, Goal("precision", 0.9), "x")


def test_goals_hold_on_the_dev_split(result: Result) -> None:
    gold = gold_of(result, TRUTH, DEV)
    for goal, score in (
        (Goal("recall", 0.9), recall_score),
        (Goal("precision", 0.7), precision_score),
    ):
        fitted = calibrate(result, gold, goal=goal).calibration
        anew = recalibrated(result, fitted)
        tags = np.array([row["tag_care"] for row in anew.rows])
        assert score(TRUTH[DEV, 0], tags[DEV]) >= goal.least  # type: ignore[operator]
        assert score(TRUTH[TEST, 0], tags[TEST]) == pytest.approx(goal.least, abs=0.06)


@pytest.mark.parametrize("text", ["f2", "recall>0.5", "recall>=0", "precision>=1.5", "recall>=."])
def test_goals_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read; write f1, recall>=0.8 or precision"):
        parse_goal(text)


def test_goals() -> None:
    assert parse_goal("f1") == Goal()
    assert parse_goal("recall>=0.8") == parse_goal("recall = .8") == Goal("recall", 0.8)
    assert parse_goal("precision ≥ 1") == Goal("precision", 1.0)


def test_frames_with_few_labels_are_left_as_they_were(result: Result) -> None:
    fitted = calibrate(result, gold_of(result, TRUTH, DEV))
    assert set(fitted.calibration.frames) == {"made.care", "made.force"}
    assert fitted.left == {"none": "0 of 1500 sentences carry it; 10 with and without needed"}
    anew = recalibrated(result, fitted.calibration)
    assert [row["p_none"] for row in anew.rows] == [row["p_none"] for row in result.rows]
    with pytest.raises(DataError, match=r"gold.csv: no frame has labels enough \(care: \d of 12"):
        calibrate(result, gold_of(result, TRUTH, slice(0, 12)))
    with pytest.raises(DataError, match=r"care: the score does not rise with the gold label"):
        calibrate(result, gold_of(result, ~TRUTH, DEV))


def test_the_same_labels_are_refused_afterwards(result: Result) -> None:
    dev, test = gold_of(result, TRUTH, DEV), gold_of(result, TRUTH, TEST)
    calibration = calibrate(result, dev).calibration
    assert calibration.fitted_on[0].sha256 == dev.sha256
    anew = recalibrated(result, calibration)
    with pytest.raises(DataError, match=r"the calibration was fitted on this very file"):
        evaluate(anew, dev)
    with pytest.raises(DataError, match=r"the calibration was fitted on 1 of its sentences"):
        evaluate(anew, gold_of(result, TRUTH, slice(1_499, N)))
    better, raw = (
        evaluate(one, test, resamples=10).of("model", "care").figures["brier"].value
        for one in (anew, result)
    )
    assert better < raw


def test_a_calibration_of_something_else_is_refused(result: Result) -> None:
    other = Calibration(scorer="lexical:")
    with pytest.raises(ConfigError, match=r"was fitted to the scorer lexical:, not to made:1; fit"):
        recalibrated(result, other)
    with pytest.raises(ConfigError, match=r"has no frame of the codebook 'made' with its present"):
        recalibrated(result, Calibration(scorer="made:"))


def saved(folder: Path, threshold: float) -> Path:
    book = load_codebook("diplomacy")
    own = FrameLogistic(
        slope=1.0,
        intercept=0.0,
        wordings_sha256=wordings_hash(book.frames["restraint"].hypotheses),
        n=20,
        n_positive=10,
        threshold=threshold,
    )
    labels = Labels(file="dev.csv", sha256="0" * 64, split="dev", n=1, ids=(("in", 0),))
    fingerprint = load_scorer("lexical", codebook=book).fingerprint
    frames = {"diplomacy.restraint": own}
    calibration = Calibration(scorer=fingerprint, fitted_on=(labels,), frames=frames)
    (folder / "c.json").write_text(calibration.model_dump_json(), encoding="utf-8")
    return folder / "c.json"


def test_analyze_applies_a_saved_calibration(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("Both sides kept a ceasefire.\n", encoding="utf-8")
    low, high = (
        analyze(tmp_path / "in.txt", model="lexical", calibration=saved(tmp_path, threshold))
        for threshold in (0.2, 0.8)
    )
    assert [one.sentences[0].frames for one in (low, high)] == [("restraint",), ()]
    again = load_result(low.save(tmp_path / "out"))
    assert again.fitted_on[0].ids == (("in", 0),)
    assert again.manifest["calibration"]["file"].endswith("c.json")
    with pytest.raises(ConfigError, match=r"the calibration was fitted to the scorer lexical:"):
        analyze(tmp_path / "in.txt", calibration=tmp_path / "c.json")
    with pytest.raises(ConfigError, match=r"in.txt: is not a calibration"):
        analyze(tmp_path / "in.txt", model="lexical", calibration=tmp_path / "in.txt")


def test_a_users_frames_stand_over_those_of_the_model() -> None:
    about = {"wordings_sha256": "", "n": 1, "n_positive": 1}
    first, second = (FrameLogistic(slope=k, **about) for k in (1.0, 2.0))  # type: ignore[arg-type]
    base = Calibration(default=Logistic(slope=0.5), frames={"a.x": first, "a.y": first})
    both = Calibration(frames={"a.y": second}).over(base)
    assert both.frames == {"a.x": first, "a.y": second}
    assert both.default == base.default


def test_the_commands(
    result: Result,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_gold(tmp_path / "dev.jsonl", gold_rows(result, TRUTH, DEV))
    write_gold(tmp_path / "test.jsonl", gold_rows(result, TRUTH, slice(1_500, 1_700)))
    folder = str(result.folder)
    with pytest.raises(SystemExit, match="0"):
        main(["calibrate", folder, "dev.jsonl", "--method", "beta", "--goal", "recall>=0.8"])
    printed = capsys.readouterr().out.splitlines()
    assert printed[1].split()[:2] == ["care", "1500"]
    assert printed[-2].split(maxsplit=1) == [
        "none",
        "left as it was: 0 of 1500 sentences carry it; 10 with and without needed",
    ]
    assert printed[-1] == "wrote calibration.json"
    made = read_calibration(tmp_path / "calibration.json")
    assert isinstance(made.frames["made.force"], FrameBeta)
    assert len(made.fitted_on[0].ids) == 1500
    with pytest.raises(SystemExit, match="0"):
        main(["evaluate", folder, "test.jsonl", "--calibration", "calibration.json"])
    capsys.readouterr()
    with pytest.raises(SystemExit, match="1"):
        main(["evaluate", folder, "dev.jsonl", "--calibration", "calibration.json"])
    assert capsys.readouterr().err == (
        "stance: dev.jsonl: the calibration was fitted on this very file; evaluate on other "
        "sentences\n"
    )
