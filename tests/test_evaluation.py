"""Evaluation: scikit-learn's figures, baselines, slices, what is undefined, what is refused."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made import gold_of, gold_rows, odds_and_truth, write_gold, write_result
from sklearn import metrics as reference

from stance.baselines import cross_fitted, fitted_elsewhere, lexical, majority
from stance.calibration import Labels
from stance.cli import main
from stance.codebooks import load_codebook
from stance.errors import DataError
from stance.evaluation import EMBEDDING, MACRO, MODEL, TFIDF, Evaluation, evaluate
from stance.evaluation_plots import FIGURES, reliability
from stance.gold.rows import gold_of_rows
from stance.plots import render
from stance.records import Question
from stance.results import Result

N = 300
ODDS, TRUTH = odds_and_truth(N)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return write_result(tmp_path_factory.mktemp("evaluation") / "out", ODDS)


@pytest.fixture(scope="module")
def found(result: Result) -> Evaluation:
    return evaluate(result, gold_of(result, TRUTH), resamples=400)


def test_figures_of_the_model_are_those_of_scikit_learn(found: Evaluation) -> None:
    scores = found.of(MODEL, "care")
    gold, p = TRUTH[:, 0], 1 / (1 + np.exp(-ODDS[:, 0]))
    expected = {
        "precision": reference.precision_score(gold, p >= 0.5),
        "recall": reference.recall_score(gold, p >= 0.5),
        "f1": reference.f1_score(gold, p >= 0.5),
        "mcc": reference.matthews_corrcoef(gold, p >= 0.5),
        "average_precision": reference.average_precision_score(gold, p),
        "brier": reference.brier_score_loss(gold, p),
    }
    for name, value in expected.items():
        estimate = scores.figures[name]
        assert estimate.value == pytest.approx(value, abs=1e-6), name
        assert estimate.low < estimate.value < estimate.high
        assert estimate.n == N
    assert (scores.n_articles, scores.n_positive) == (60, int(gold.sum()))


def test_a_frame_without_a_gold_sentence_is_undefined_and_said(found: Evaluation) -> None:
    scores = found.of(MODEL, "none")
    assert scores.note == "no gold sentence among 300"
    undefined = {name for name, e in scores.figures.items() if math.isnan(e.value)}
    assert undefined == {"recall", "f1", "mcc", "average_precision"}
    assert {estimate.n for estimate in scores.figures.values()} == {N}


def test_the_mean_over_frames_leaves_out_what_is_undefined(found: Evaluation) -> None:
    macro = found.of(MODEL, MACRO)
    both = [found.of(MODEL, frame).figures["f1"].value for frame in ("care", "force")]
    assert macro.figures["f1"].value == pytest.approx(np.mean(both))
    assert macro.note == "mean of 2 frames"


def test_baselines_stand_beside_the_model(found: Evaluation) -> None:
    systems = [s.system for s in found.scores if (s.frame, s.by) == ("care", "all")]
    assert systems == [MODEL, TFIDF, "lexical", "majority"]
    prior = found.of("majority", "care").figures
    share = TRUTH[:, 0].mean()
    assert prior["average_precision"].value == pytest.approx(share)
    assert prior["brier"].value == pytest.approx(share * (1 - share))
    assert found.of(TFIDF, "none").note == (
        "too few articles with and without the frame to be cross-fitted"
    )


def test_parts_are_disjoint_and_whole(found: Evaluation) -> None:
    care = [s for s in found.scores if s.frame == "care" and s.by != "all"]
    parts = {by: [s.part for s in care if s.by == by] for by in ("voice", "section", "outlet")}
    assert parts == {
        "voice": ["direct", "narration"],
        "section": ["body", "headline"],
        "outlet": ["Post", "Times"],
    }
    lengths = [s.part for s in care if s.by == "length"]
    assert lengths == ["01-10 words", "11-20 words", "21-30 words", "31+ words"]
    for by in (*parts, "length"):
        assert sum(s.n for s in care if s.by == by) == N
        assert sum(s.n_positive for s in care if s.by == by) == TRUTH[:, 0].sum()


class Nearness:
    """Answers with the second number of the sentence as log-odds, whatever is asked."""

    fingerprint = "nearness"
    has_contradiction = False

    def __init__(self) -> None:
        self.asked: list[str] = []

    def score(self, questions: Sequence[Question]) -> list[np.ndarray]:
        self.asked += [question.premise for question in questions]
        return [self.answer(question) for question in questions]

    def truncated(self, premises: Sequence[str]) -> int:
        return 0

    def answer(self, question: Question) -> np.ndarray:
        odds = np.full(len(question.hypotheses), float(question.premise.split()[1]))
        rest = -np.logaddexp(0, odds) - np.log(2)
        return np.stack([-np.logaddexp(0, -odds), rest, rest], axis=1).astype(np.float32)


def test_an_embedding_stands_beside_the_model_cross_fitted(result: Result) -> None:
    nearness = Nearness()
    found = evaluate(result, gold_of(result, TRUTH), embedding=nearness, resamples=5)
    assert sorted(nearness.asked) == sorted({row["text"] for row in result.rows})
    systems = [s.system for s in found.scores if (s.frame, s.by) == ("care", "all")]
    assert systems == [MODEL, TFIDF, EMBEDDING, "lexical", "majority"]
    own, model = (found.of(system, "care").figures for system in (EMBEDDING, MODEL))
    assert own["average_precision"].value == pytest.approx(
        model["average_precision"].value, abs=0.02
    )
    assert own["calibration_error"].value < 0.08 < model["calibration_error"].value
    assert found.of(EMBEDDING, "none").note == (
        "not calibrated: too few articles with and without the frame to be cross-fitted"
    )


def test_na_and_ties_are_left_out(result: Result) -> None:
    rows = gold_rows(result, TRUTH, slice(0, 40))
    rows[0]["care"] = None
    against = [{**row, "coder": "ben", "care": 1 - row["care"]} for row in rows[1:5]]
    gold = gold_of_rows([*rows, *against], place="gold.csv", frames=result.frames)
    found = evaluate(result, gold, resamples=20)
    assert (found.of(MODEL, "care").n, found.of(MODEL, "force").n) == (35, 40)


def test_another_system_may_be_put_beside_the_model(result: Result) -> None:
    gold = gold_of(result, TRUTH)
    keys = dict.fromkeys(gold.keys, 0.0)
    sure = {key: float(value) for key, value in zip(keys, TRUTH[:, 0], strict=True)}
    rival = {"care": sure, "force": keys, "none": keys}
    found = evaluate(result, gold, rivals={"oracle": rival}, resamples=20)
    perfect = found.of("oracle", "care").figures["f1"]
    assert (perfect.value, math.isnan(perfect.low)) == (1.0, True)
    with pytest.raises(DataError, match=r"oracle: has no probability of force for sentence 0 of a"):
        evaluate(result, gold, rivals={"oracle": {"care": sure}}, resamples=20)


def test_one_article_is_resampled_by_sentence(result: Result) -> None:
    found = evaluate(result, gold_of(result, TRUTH, slice(0, 5)), resamples=200)
    scores = found.of(MODEL, "care")
    assert (scores.n, scores.n_articles) == (5, 1)
    assert scores.figures["brier"].low < scores.figures["brier"].high
    assert found.of(TFIDF, "care").note == "needs two articles to be cross-fitted"


def test_labels_that_were_calibrated_on_are_refused(result: Result) -> None:
    gold = gold_of(result, TRUTH, slice(0, 10))
    same = Labels(file="dev.csv", sha256=gold.sha256, split="dev", n=10)
    with pytest.raises(DataError, match=r"gold.csv: the calibration was fitted on this very file"):
        evaluate(replace(result, fitted_on=(same,)), gold)
    some = Labels(file="dev.csv", sha256="0", split="dev", n=2, ids=(("a1", 4), ("a9", 0)))
    with pytest.raises(DataError, match=r"fitted on 1 of its sentences \(from dev.csv\), for ins"):
        evaluate(replace(result, fitted_on=(some,)), gold)
    other = some.model_copy(update={"ids": (("a9", 0),)})
    assert evaluate(replace(result, fitted_on=(other,)), gold, resamples=5).scores


def test_gold_that_cannot_be_used(result: Result) -> None:
    rows = gold_rows(result, TRUTH, slice(0, 3))
    rows[2]["sentence_id"] = 77
    with pytest.raises(DataError, match=r"row 3: sentence 77 of article 'a0' is not in"):
        evaluate(result, gold_of_rows(rows, place="gold.csv"))
    blank = [{**row, "care": None, "force": "NA", "none": ""} for row in rows[:2]]
    with pytest.raises(DataError, match=r"gold.csv: every label is NA"):
        evaluate(result, gold_of_rows(blank, place="gold.csv"))


def test_cross_fitting_never_sees_the_article_itself() -> None:
    texts = [f"token{k // 2} alpha" for k in range(40)]
    gold = np.array([(k // 2) % 2 == 0 for k in range(40)])
    own = cross_fitted(texts, gold, [f"a{k // 2}" for k in range(40)])
    leaked = cross_fitted(texts, gold, [f"s{k}" for k in range(40)])
    assert reference.roc_auc_score(gold, own.probability) <= 0.6
    assert reference.roc_auc_score(gold, leaked.probability) == 1.0
    labels = np.array([True, False] * 9)
    elsewhere = fitted_elsewhere(["alpha nurse", "a tank"], ["nurse", "tank"] * 9, labels)
    assert elsewhere.present.tolist() == [True, False]


def test_simple_baselines() -> None:
    assert majority(np.array([True, True, False])).present.tolist() == [True] * 3
    answers = lexical(["A ceasefire and a truce.", "1914"], load_codebook("diplomacy"))
    assert answers["restraint"].present.tolist() == [True, False]
    assert answers["restraint"].probability[1] == 0.0


def test_figures_are_drawn_the_same_twice(found: Evaluation) -> None:
    for draw in FIGURES.values():
        assert render(draw(found), "svg") == render(draw(found), "svg")
    points = reliability(found.judged[0])
    assert sum(points["n"]) == N
    assert points["probability"][-1] > points["share"][-1] + 0.1, "the model is too sure"


def test_the_table_is_flat_and_shown_in_notebooks(found: Evaluation) -> None:
    rows = found.table()
    assert list(rows[0])[:4] == ["frame", "system", "by", "part"]
    assert list(rows[0])[4:7] == ["precision", "precision_low", "precision_high"]
    html = found._repr_html_()
    assert ">TF-IDF + logistic regression</td>" in html
    assert "nan" not in html


def test_the_command(
    result: Result,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    gold = write_gold(tmp_path / "gold.jsonl", gold_rows(result, TRUTH, slice(0, 100)))
    command = ["evaluate", str(result.folder), gold.name]
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--out", "judged", "--slices"])
    printed = capsys.readouterr().out
    assert printed.startswith("care: 100 labelled sentences of 20 articles, ")
    assert "none: 100 labelled sentences of 20 articles, 0 gold" in printed
    assert "voice: narration" in printed
    assert sum(line.startswith("embedding ") for line in printed.splitlines()) == 4
    assert {path.name for path in (tmp_path / "judged").iterdir()} == {
        *("evaluation.csv", "evaluation.json", "manifest.json"),
        *(f"{name}.{kind}" for name in FIGURES for kind in ("svg", "png")),
    }
    for form in ("csv", "json"):
        with pytest.raises(SystemExit, match="0"):
            main([*command, "--format", form, "--embedding", "off"])
    text = capsys.readouterr().out
    table, _, rest = text.partition("\n[")
    assert len(list(csv.DictReader(io.StringIO(table)))) == len(json.loads(f"[{rest}"))
