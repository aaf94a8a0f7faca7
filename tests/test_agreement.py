"""Agreement: published values, NaN where undefined, too few said, the model as a coder."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run

from stance import analyze
from stance.agreement import ABOUT, ALL, MODEL, STANCE, agree, agreement_rows, disagreements
from stance.errors import DataError
from stance.gold import Gold
from stance.gold.rows import gold_of_rows
from stance.nominal import kappa, kappas
from stance.records import TargetName
from stance.results import Result, load_result


def coded(values: dict[str, list[int | None]], frame: str = "care", *, group: int = 2) -> Gold:
    rows: list[dict[str, Any]] = [
        {"article_id": f"a{k // group}", "sentence_id": k % group, "coder": coder, frame: value}
        for coder, own in values.items()
        for k, value in enumerate(own)
        if value is not None
    ]
    return gold_of_rows(rows, place="gold.csv")


def test_alpha_of_krippendorffs_binary_example() -> None:
    """Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example A: 0.095."""
    found = agree(coded({"a": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], "b": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]}))
    assert [(row.coders, row.n, row.n_positive) for row in found] == [("a × b", 10, 5)]
    assert found[0].alpha.value == pytest.approx(0.095, abs=5e-4)
    assert (found[0].percent.value, found[0].kappa.value) == (0.6, pytest.approx(1 / 11))


def test_fewer_than_thirty_sentences_are_not_called_an_estimate() -> None:
    labels: dict[str, list[int | None]] = {"a": [0, 1] * 15, "b": [0, 1] * 14 + [1, 1]}
    enough = agree(coded(labels))[0]
    few = agree(coded({name: own[1:] for name, own in labels.items()}))[0]
    assert (enough.note, few.note) == ("", "n = 29 < 30: a description, not an estimate")
    assert enough.alpha.low < enough.alpha.value < enough.alpha.high
    assert math.isnan(few.alpha.low)
    assert few.alpha.value > 0.9


def test_a_frame_that_nobody_found_has_no_alpha() -> None:
    found = agree(coded({"a": [0] * 40, "b": [0] * 40}))[0]
    assert (found.percent.value, found.n, found.note) == (1.0, 40, "nobody found it")
    assert math.isnan(found.alpha.value)
    assert math.isnan(found.kappa.value)


def test_three_coders_are_compared_in_pairs_and_together() -> None:
    found = agree(coded({"a": [0, 1, 1, None], "b": [0, 1, None, 1], "c": [0, 0, 1, 1]}))
    assert [(row.coders, row.n) for row in found] == [
        *(("a × b", 2), ("a × c", 3), ("b × c", 3), (ALL, 4))
    ]
    together = found[-1]
    assert together.percent.value == pytest.approx((1 + 1 / 3 + 1 + 1) / 4)
    assert math.isnan(together.kappa.value)


def test_resampled_kappa_is_cohens() -> None:
    draw = np.random.default_rng(1)
    first = draw.integers(0, 2, 60)
    second = np.where(draw.random(60) < 0.8, first, 1 - first)
    wide = agree(coded({"a": first.tolist(), "b": second.tolist()}), resamples=4_000)[0]
    assert np.mean([wide.kappa.low, wide.kappa.high]) == pytest.approx(wide.kappa.value, abs=0.03)
    assert wide.kappa.high - wide.kappa.low == pytest.approx(
        wide.alpha.high - wide.alpha.low, abs=0.02
    )


def test_resampled_kappa_is_that_of_the_resample() -> None:
    draw = np.random.default_rng(2)
    pairs = np.stack([draw.integers(0, 4, 50), draw.integers(1, 3, 50)], axis=1)
    weights = draw.multinomial(50, np.full(50, 1 / 50), size=5).astype(np.float64)
    expected = [kappa(np.repeat(pairs, own.astype(int), axis=0)) for own in weights]
    assert kappas(pairs, weights) == pytest.approx(expected)


def test_articles_are_resampled_whole() -> None:
    values: dict[str, list[int | None]] = {
        "a": ([1] * 5 + [0] * 5) * 8,
        "b": ([1] * 5 + [0] * 5) * 8,
    }
    values["b"][:20] = [1 - value for value in values["a"][:20] if value is not None]
    alone = agree(coded(values, group=1))[0].percent
    grouped = agree(coded(values, group=20))[0].percent
    assert alone.value == grouped.value == 0.75
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_coders_who_cannot_be_compared() -> None:
    with pytest.raises(DataError, match=r"gold.csv: has one coder, 'a', and agreement needs two"):
        agree(coded({"a": [0, 1]}))
    with pytest.raises(DataError, match=r"gold.csv: no sentence has labels of two coders; let"):
        agree(coded({"a": [0, None], "b": [None, 1]}))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("agreement")
    text = " ".join(["Both sides kept a ceasefire. The market opened."] * 10)
    lines = "".join(json.dumps({"id": f"a{k}", "text": text}) + "\n" for k in range(2))
    (folder / "in.jsonl").write_text(lines, encoding="utf-8")
    return load_result(analyze(folder / "in.jsonl", model="lexical").save(folder / "out"))


def test_the_model_is_compared_with_the_adjudicated_label(result: Result) -> None:
    tags = [int(row["tag_restraint"]) for row in result.scored]
    gold = coded({"a": [*tags[:-1], 1 - tags[-1]]}, "restraint", group=20)
    found = agree(gold, result=result)
    assert [(row.coders, row.n) for row in found] == [(MODEL, 40)]
    assert found[0].percent.value == 39 / 40
    differing = disagreements(gold, result=result)
    assert [(d.article_id, d.sentence_id, d.votes, d.text) for d in differing] == [
        ("a1", 19, {"a": 1, "model": 0}, "The market opened.")
    ]


def stances(values: dict[str, dict[str, list[str]]], *, group: int = 2) -> Gold:
    """Return stances: coder → target → labels, one a sentence."""
    rows: list[dict[str, Any]] = [
        {
            "article_id": f"a{k // group}",
            "sentence_id": k % group,
            "coder": coder,
            **{f"stance:{target}": own[k] for target, own in targets.items()},
        }
        for coder, targets in values.items()
        for k in range(len(next(iter(targets.values()))))
    ]
    return gold_of_rows(rows, place="gold.csv")


def test_alpha_of_stances_is_that_of_the_library_per_target_and_pooled() -> None:
    krippendorff = pytest.importorskip("krippendorff")
    draw = np.random.default_rng(3)
    labels = np.array(["favor", "against", "neutral", "NA"])
    first = draw.integers(0, 4, (2, 60))
    second = np.where(draw.random((2, 60)) < 0.7, first, draw.integers(0, 4, (2, 60)))
    gold = stances(
        {
            coder: {name: labels[own].tolist() for name, own in zip("XY", codes, strict=True)}
            for coder, codes in (("a", first), ("b", second))
        }
    )
    found = {row.frame: row for row in agree(gold, resamples=100)}
    assert list(found) == ["stance:X", "stance:Y", STANCE, ABOUT]

    def alpha(one: np.ndarray, other: np.ndarray) -> float:
        data = np.stack([one, other]).astype(float)
        return float(krippendorff.alpha(data, level_of_measurement="nominal"))

    assert found["stance:X"].alpha.value == pytest.approx(alpha(first[0], second[0]))
    pooled = found[STANCE]
    assert pooled.alpha.value == pytest.approx(alpha(first.ravel(), second.ravel()))
    assert (pooled.n, pooled.n_articles) == (120, 30)
    assert pooled.alpha.low < pooled.alpha.value < pooled.alpha.high
    both = ((first < 3) & (second < 3)).ravel()
    about = found[ABOUT]
    assert about.alpha.value == pytest.approx(alpha(first.ravel()[both], second.ravel()[both]))
    assert (about.n, about.n_positive) == (
        both.sum(),
        ((first < 2) | (second < 2)).ravel()[both].sum(),
    )
    assert about.percent.value == pytest.approx((first == second).ravel()[both].mean())


def test_stances_that_were_not_coded_are_left_out_and_few_are_no_estimate() -> None:
    gold = stances({"a": {"X": ["favor", "-", "NA"]}, "b": {"X": ["favor", "against", ""]}})
    found = agree(gold)
    assert [(row.frame, row.n) for row in found] == [("stance:X", 1), (ABOUT, 1)]
    assert found[0].note == "every label is favor; n = 1 < 30: a description, not an estimate"
    assert math.isnan(found[0].alpha.value)
    assert disagreements(gold) == ()


def test_the_stance_of_the_model_is_compared_with_the_adjudicated_label(tmp_path: Path) -> None:
    text = " ".join(["The crowd praised Arland. The market opened."] * 20)
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "a0", "text": text}), encoding="utf-8")
    done = analyze(tmp_path / "in.jsonl", model="lexical", targets=[TargetName("Arland")])
    measured = load_result(done.save(tmp_path / "out", report=False))
    gold = stances({"a": {"Arland": [*["favor", "NA"] * 19, "against", "NA"]}}, group=40)
    found = agree(gold, result=measured, resamples=20)
    assert [(row.frame, row.coders, row.n) for row in found] == [
        ("stance:Arland", MODEL, 40),
        (ABOUT, MODEL, 20),
    ]
    assert [row.percent.value for row in found] == [39 / 40, 19 / 20]
    differing = disagreements(gold, result=measured)
    assert [(d.sentence_id, d.frame, d.votes) for d in differing] == [
        (38, "stance:Arland", {"a": "against", "model": "favor"})
    ]


def test_rows_are_flat() -> None:
    row = agreement_rows(agree(coded({"a": [0, 1], "b": [0, 1]})))[0]
    assert list(row)[:5] == ["frame", "coders", "alpha", "alpha_low", "alpha_high"]
    assert (row["alpha"], row["n"], row["n_articles"]) == (1.0, 2, 1)


def test_the_command(result: Result, tmp_path: Path) -> None:
    lines = ["article_id,sentence_id,coder,restraint"]
    lines += [f"a0,{s},{c},{1 - s % 2}" for c in ("ann", "ben") for s in range(20)]
    lines[-1] = "a0,19,ben,1"
    (tmp_path / "gold.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run(
        *("agree", "gold.csv", "--result", result.folder, "--disagreements", "d.csv"), cwd=tmp_path
    )
    printed = done.stdout.decode().splitlines()
    assert printed[1].split()[:4] == ["restraint", "ann", "×", "ben"]
    assert printed[4] == "1 disagreements"
    assert (tmp_path / "d.csv").read_text(encoding="utf-8").count("\n") == 2
    form = run("agree", "gold.csv", "--format", "json", cwd=tmp_path)
    assert [row["coders"] for row in json.loads(form.stdout)] == ["ann × ben"]
    wrong = run("agree", "gold.csv", "--codebook", "moral", cwd=tmp_path)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith(b"stance: gold.csv: column 'restraint' is not a frame (the fr")
