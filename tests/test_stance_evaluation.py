"""Stances against gold: figures of scikit-learn, NA that is not neutral, baselines, refusals."""

from __future__ import annotations

import csv
import json
import math
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run
from sklearn.metrics import f1_score, precision_recall_fscore_support

from stance import analyze
from stance.errors import DataError
from stance.gold import Gold
from stance.gold.rows import gold_of_rows
from stance.records import TargetName
from stance.results import Result, load_result, stance_in
from stance.stance_evaluation import LABELS, evaluate_stances, stance_rows

NAMES = ("Arland", "Borland")
WORDS = ("praised", "condemned", "visited", "criticized and praised")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("stances")
    articles = [
        {
            "id": f"a{k}",
            "text": " ".join(
                f"The crowd {WORDS[(k + s) % 4]} {NAMES[s % 2]} on day {s}." for s in range(4)
            ),
        }
        for k in range(12)
    ]
    lines = "".join(json.dumps(article) + "\n" for article in articles)
    (folder / "in.jsonl").write_text(lines, encoding="utf-8")
    targets = [TargetName(name) for name in NAMES]
    done = analyze(folder / "in.jsonl", model="lexical", targets=targets)
    return load_result(done.save(folder / "out", report=False))


def rows_of(result: Result, *, seed: int = 0) -> list[dict[str, Any]]:
    """Return gold rows: the stance measured, or one at random; NA for the target not named."""
    draw = np.random.default_rng(seed)
    rows = []
    for row in result.scored:
        named = {entry["target"]: entry["label"] for entry in row["stance"]}
        own = {
            f"stance:{name}": (
                str(draw.choice(["favor", "against", "neutral", "NA"]))
                if draw.random() < 0.4
                else named.get(name, "NA")
            )
            for name in NAMES
        }
        rows.append({"article_id": row["article_id"], "sentence_id": row["sentence_id"], **own})
    return rows


def gold_of(rows: list[dict[str, Any]]) -> Gold:
    return gold_of_rows(rows, place="gold.csv")


def test_figures_are_those_of_scikit_learn(result: Result) -> None:
    rows = rows_of(result)
    scored = {(row["article_id"], row["sentence_id"]): row for row in result.scored}
    pairs = [
        (row[f"stance:{n}"], stance_in(scored[row["article_id"], row["sentence_id"]], n).value)
        for n in NAMES
        for row in rows
    ]
    truth, measured = (np.array(side) for side in zip(*pairs, strict=True))
    found = evaluate_stances(result, gold_of(rows))
    one = next(s for s in found if (s.system, s.target) == ("model", "all targets"))
    labels = [label.value for label in LABELS]
    expected = precision_recall_fscore_support(truth, measured, labels=labels)
    for k, label in enumerate(labels):
        own = [one.labels[label][name].value for name in ("precision", "recall", "f1")]
        assert own == pytest.approx([column[k] for column in expected[:3]]), label
        assert one.counts[label] == expected[3][k]
    about = truth != "NA"
    assert one.accuracy.value == pytest.approx((truth == measured)[about].mean())
    macro = f1_score(truth, measured, labels=labels, average="macro")
    assert one.macro_f1.value == pytest.approx(macro)
    assert (one.n, one.n_na, one.n_articles) == (about.sum(), (~about).sum(), 12)
    assert one.accuracy.low < one.accuracy.value < one.accuracy.high


def test_every_target_stands_alone_and_then_all_beside_two_baselines(result: Result) -> None:
    found = evaluate_stances(result, gold_of(rows_of(result)), resamples=50)
    assert [(s.target, s.system) for s in found] == [
        (target, system)
        for target in (*NAMES, "all targets")
        for system in ("model", "lexical", "majority")
    ]
    model, lexical, majority = found[-3:]
    assert model.accuracy == lexical.accuracy
    assert majority.labels["favor"]["recall"].value in {0.0, 1.0}
    rows = stance_rows(found)
    assert {row["frame"] for row in rows} == {"stance:Arland", "stance:Borland", "stance"}
    assert [row["part"] for row in rows[:4]] == ["all", "favor", "against", "neutral"]


def test_a_label_that_gold_lacks_is_undefined_and_said(result: Result) -> None:
    rows = [{**row, "stance:Arland": "favor", "stance:Borland": ""} for row in rows_of(result)]
    found = evaluate_stances(result, gold_of(rows), resamples=50)
    empty = [s for s in found if s.target == "Borland"]
    assert [(s.n, s.note) for s in empty] == [(0, "no gold stance")] * 3
    assert all(math.isnan(s.accuracy.value) for s in empty)
    assert found[0].note == "no gold against or neutral"
    assert math.isnan(found[0].labels["against"]["recall"].value)
    assert found[0].macro_f1.value == found[0].labels["favor"]["f1"].value


def test_gold_that_is_all_na_has_no_figure_and_says_so(result: Result) -> None:
    found = evaluate_stances(
        result, gold_of([{"article_id": "a0", "sentence_id": 0, "stance:Arland": "NA"}])
    )
    assert [(s.n, s.n_na, s.note) for s in found] == [(0, 1, "no gold stance")] * 3
    assert all(math.isnan(s.macro_f1.value) for s in found)


def test_what_cannot_be_evaluated_is_told(result: Result) -> None:
    row = {"article_id": "a0", "sentence_id": 0}
    with pytest.raises(DataError, match=r"gold.csv: the result has no target 'Corland'; analyze"):
        evaluate_stances(result, gold_of([{**row, "stance:Corland": "favor"}]))
    with pytest.raises(DataError, match=r"gold.csv: no stance is coded; write favor, against, "):
        evaluate_stances(result, gold_of([{**row, "stance:Arland": "-"}]))
    with pytest.raises(DataError, match=r"row 1: article 'a99' is not in .*mend the id or name"):
        evaluate_stances(result, gold_of([{**row, "article_id": "a99", "stance:Arland": "favor"}]))


def test_the_command(result: Result, tmp_path: Path) -> None:
    rows = rows_of(result)
    with (tmp_path / "gold.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = run("evaluate", result.folder, "gold.csv", "--out", "judged", cwd=tmp_path)
    printed = done.stdout.decode()
    assert printed.startswith("stance, Arland: "), done.stderr
    assert "stance, all targets: " in printed
    assert sorted(path.name for path in (tmp_path / "judged").iterdir()) == [
        *("evaluation.csv", "evaluation.json", "manifest.json")
    ]
    for row in rows:
        row["restraint"] = 1
    (tmp_path / "both.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    both = run("evaluate", result.folder, "both.jsonl", "--format", "csv", cwd=tmp_path)
    table = list(csv.DictReader(StringIO(both.stdout.decode())))
    assert {row["frame"] for row in table} >= {"restraint", "stance:Arland", "stance"}
    assert {row["accuracy"] for row in table if row["frame"] == "restraint"} == {""}
    wrong = (tmp_path / "gold.csv").read_text(encoding="utf-8").replace("stance:Arl", "stance:Acl")
    (tmp_path / "wrong.csv").write_text(wrong, encoding="utf-8")
    told = run("evaluate", result.folder, "wrong.csv", cwd=tmp_path)
    assert (told.returncode, told.stderr.decode()) == (
        1,
        "stance: wrong.csv: column 'stance:Acland' is no target of the result (did you mean "
        "stance:Arland?); rename or remove it\n",
    )
