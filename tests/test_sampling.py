"""Samples: random, stratified, blind, with inclusion probabilities that undo the allocation."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from commands import run

from stance import analyze
from stance.errors import ConfigError, DataError
from stance.gold.files import read_gold
from stance.records import Polarity, TargetName
from stance.results import Result, load_result
from stance.sampling import allocate, assign, draw_sample, score_stratum
from stance.sheets import draw_sheet


def test_small_strata_are_taken_whole_and_the_rest_shared_equally() -> None:
    assert allocate({"a": 100, "b": 3, "c": 50}, 43) == {"a": 20, "b": 3, "c": 20}
    assert allocate({"a": 5, "b": 5}, 3) == {"a": 1, "b": 2}
    assert allocate({"a": 5, "b": 5}, 10) == {"a": 5, "b": 5}


def test_samples_that_cannot_be() -> None:
    with pytest.raises(ConfigError, match=r"11 sentences were asked for, but there are 10"):
        allocate({"a": 5, "b": 5}, 11)
    with pytest.raises(ConfigError, match=r"2 sentences cannot cover 3 strata, and every stratum"):
        allocate({"a": 5, "b": 5, "c": 1}, 2)


@pytest.mark.parametrize(
    ("probability", "name"),
    [(0.0, "0-0.1"), (0.1, "0.1-0.5"), (0.49, "0.1-0.5"), (0.5, "0.5-0.9"), (1.0, "0.9-1")],
)
def test_strata_of_scores(probability: float, name: str) -> None:
    assert score_stratum(probability) == f"score {name}"


def test_inclusion_probabilities_undo_the_allocation() -> None:
    strata = ["rare"] * 20 + ["common"] * 480
    value = np.arange(500) % 7
    totals = [
        sum(value[d.place] / d.inclusion for d in draw_sample(strata, 40, seed=seed))
        for seed in range(400)
    ]
    assert np.mean(totals) == pytest.approx(value.sum(), rel=0.01)
    drawn = draw_sample(strata, 40)
    assert {(d.stratum, d.inclusion) for d in drawn} == {("rare", 1.0), ("common", 20 / 480)}
    assert len({d.place for d in drawn}) == 40
    assert drawn == draw_sample(strata, 40)
    assert drawn != draw_sample(strata, 40, seed=1)


def test_coders_share_a_part_and_split_the_rest() -> None:
    pairs = assign(40, ("ann", "ben"), overlap=0.25)
    by_coder = {name: {unit for unit, coder in pairs if coder == name} for name in ("ann", "ben")}
    assert len(by_coder["ann"] & by_coder["ben"]) == 10
    assert by_coder["ann"] | by_coder["ben"] == set(range(40))
    assert [len(units) for units in by_coder.values()] == [25, 25]
    assert assign(3, ("ann",), overlap=0.5) == [(0, "ann"), (1, "ann"), (2, "ann")]
    with pytest.raises(ConfigError, match=r"a coder is named twice: ann, ann; name each once"):
        assign(3, ("ann", "ann"))
    with pytest.raises(ConfigError, match=r"the overlap 2 is no share"):
        assign(3, ("ann", "ben"), overlap=2)


ARTICLES = [
    {"id": f"n{k}", "outlet": "Post" if k % 2 else "Times", "text": text}
    for k, text in enumerate(
        [
            "Both sides were urged to keep a ceasefire. The market opened on Monday.",
            "Talks on a truce went on. It rained. Children were killed in the raid.",
            "The aid reached the hospital. Nobody came. Snow fell on the hills.",
            "The minister warned of severe consequences. The team won. Prices rose.",
        ]
    )
]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("sampling")
    lines = "".join(json.dumps(article) + "\n" for article in ARTICLES)
    (folder / "in.jsonl").write_text(lines, encoding="utf-8")
    return load_result(analyze(folder / "in.jsonl", model="lexical").save(folder / "out"))


def test_a_sheet_is_blind_and_its_design_is_kept_apart(result: Result, tmp_path: Path) -> None:
    sheet = draw_sheet(result, 8, coders=("ann", "ben"), overlap=0.5)
    files = sheet.save(tmp_path / "gold.csv", label_studio=True)
    assert [path.name for path in files] == [
        *("gold.csv", "gold.design.csv", "gold.label-studio.json", "gold.label-studio.xml")
    ]
    with files[0].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    about = ["article_id", "sentence_id", "coder", "before", "text", "after"]
    assert list(rows[0]) == [*about, *result.frames]
    assert len(rows) == 12
    assert {row[frame] for row in rows for frame in result.frames} == {""}
    texts = result.texts
    for row in rows:
        key = row["article_id"], int(row["sentence_id"])
        assert row["text"] == texts[key]
        assert row["before"] == texts.get((key[0], key[1] - 1), "")
    tasks = json.loads(files[2].read_text(encoding="utf-8"))
    assert len(tasks) == 8
    assert set(tasks[0]["data"]) == {"article_id", "sentence_id", "before", "text", "after"}


def test_the_coded_sheet_comes_back_with_its_design(result: Result, tmp_path: Path) -> None:
    sheet = draw_sheet(result, 9)
    files = sheet.save(tmp_path / "gold.csv")
    coded = files[0].read_text(encoding="utf-8").replace(",,,,\n", ",1,0,0,NA\n")
    files[0].write_text(coded, encoding="utf-8")
    gold = read_gold(files[0], frames=result.frames)
    assert len(gold.keys) == 9
    weight = sum(1 / gold.inclusion[key] for key in gold.keys)
    assert weight == pytest.approx(len(result.scored))
    assert set(gold.strata) == {(row["article_id"], row["sentence_id"]) for row in result.scored}
    with files[1].open(encoding="utf-8", newline="") as file:
        design = list(csv.DictReader(file))
    assert {row["outlet"] for row in design} == {"Post", "Times"}
    assert all(row["stratum"].endswith(f"; {row['outlet']}") for row in design)


def test_the_design_tells_of_the_whole_population(result: Result) -> None:
    design = draw_sheet(result, 9).design
    assert [(row["article_id"], row["sentence_id"]) for row in design] == [
        (row["article_id"], row["sentence_id"]) for row in result.scored
    ]
    assert sum(row["drawn"] for row in design) == 9
    strata = {row["stratum"] for row in design}
    for stratum in strata:
        own = [row for row in design if row["stratum"] == stratum]
        drawn = sum(row["drawn"] for row in own)
        assert {row["inclusion_probability"] for row in own} == {repr(drawn / len(own))}


def test_stance_is_asked_toward_the_targets_that_a_sentence_names(tmp_path: Path) -> None:
    text = "The crowd praised Arland. Borland met Arland. The market opened."
    (tmp_path / "in.txt").write_text(text, encoding="utf-8")
    targets = [TargetName("Arland"), TargetName("Borland")]
    done = analyze(tmp_path / "in.txt", model="lexical", targets=targets)
    measured = load_result(done.save(tmp_path / "out", report=False))
    sheet = draw_sheet(measured, 3, by=("target",), stance=True)
    assert {row["stratum"] for row in sheet.design} == {"a target", "no target"}
    asked = {r["sentence_id"]: (r["stance:Arland"], r["stance:Borland"]) for r in sheet.rows}
    assert asked == {0: ("", "-"), 1: ("", ""), 2: ("-", "-")}
    files = sheet.save(tmp_path / "gold.csv", label_studio=True)
    coded = files[0].read_text(encoding="utf-8").replace(",,-\n", ",favor,-\n")
    files[0].write_text(coded, encoding="utf-8")
    gold = read_gold(files[0], frames=measured.frames, targets=measured.targets)
    assert gold.of_target("Arland") == {("in", 0): {"coder": Polarity.FAVOR}}
    assert gold.of_target("Borland") == {}
    tasks = json.loads(files[2].read_text(encoding="utf-8"))
    named = {task["data"]["sentence_id"]: task["data"]["targets"] for task in tasks}
    assert named == {0: "Arland", 1: "Arland, Borland", 2: "-"}
    config = files[3].read_text(encoding="utf-8")
    assert "<Choices name=\"stance:Arland\" toName='text'" in config
    assert "<Choice value='against'/>" in config


def test_stance_cannot_be_asked_where_none_was_measured(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("It rained. Snow fell.", encoding="utf-8")
    done = analyze(tmp_path / "in.txt", model="lexical", targets="none")
    measured = load_result(done.save(tmp_path / "out", report=False))
    with pytest.raises(ConfigError, match=r"out: no stance toward a target was measured; name so"):
        draw_sheet(measured, 2, stance=True)


def test_a_sheet_is_never_written_over(result: Result, tmp_path: Path) -> None:
    sheet = draw_sheet(result, 4, by=())
    gold, design = sheet.save(tmp_path / "gold.csv")
    gold.write_text(gold.read_text(encoding="utf-8").replace(",,", ",1,"), encoding="utf-8")
    labelled = gold.read_bytes()
    with pytest.raises(DataError, match=r"gold.csv: is already there and may hold labels"):
        sheet.save(gold)
    assert gold.read_bytes() == labelled
    gold.unlink()
    design.write_text("of another sample", encoding="utf-8")
    with pytest.raises(DataError, match=r"gold.design.csv: is already there"):
        sheet.save(gold)
    assert not gold.exists()
    with pytest.raises(ConfigError, match=r"gold.txt: a sheet is written as .csv; end the name"):
        sheet.save(tmp_path / "gold.txt")
    with pytest.raises(DataError, match=r"gold.design.csv: cannot be written"):
        sheet.save(tmp_path / "absent" / "gold.csv")


def test_a_sheet_whose_writing_was_broken_off_is_finished(result: Result, tmp_path: Path) -> None:
    sheet = draw_sheet(result, 4, by=())
    files = sheet.save(tmp_path / "gold.csv", label_studio=True)
    whole = {path: path.read_bytes() for path in files}
    for gone in (files[:1], files[:3], files):
        for path in gone:
            path.unlink()
        assert sheet.save(tmp_path / "gold.csv", label_studio=True) == files
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == whole
    assert sheet.save(tmp_path / "gold.csv", label_studio=True) == files


def test_options_that_cannot_be_used(result: Result) -> None:
    with pytest.raises(ConfigError, match=r"has no frame 'care'; name one of solidarity, deterr"):
        draw_sheet(result, 4, frame="care")
    with pytest.raises(ConfigError, match=r"by 'colour'; name score, outlet, target, or noth"):
        draw_sheet(result, 4, by=("colour",))


def test_folders_that_are_no_results(result: Result, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent: there is no such folder; name the --out of"):
        load_result(tmp_path / "absent")
    with pytest.raises(DataError, match=r"is not a result of this version .*No such file"):
        load_result(tmp_path)


def test_the_command(result: Result, tmp_path: Path) -> None:
    done = run("sample", result.folder, "--n", "6", "--by", "score", cwd=tmp_path)
    first, *written = done.stdout.decode().splitlines()
    assert first.startswith(f"6 of {len(result.scored)} scored sentences, ")
    assert written == ["wrote gold.csv", "wrote gold.design.csv"]
    again = run("sample", result.folder, "--n", "6", cwd=tmp_path)
    assert (again.returncode, again.stderr.decode()) == (
        1,
        "stance: gold.csv: is already there and may hold labels; name another --out\n",
    )
