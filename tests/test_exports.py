"""Exports: what other programs read is what the tables say, and text stays text."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import run

import stance
from stance.errors import ConfigError, DataError, MissingExtraError
from stance.exports import dataset_of, excel_csv, export
from stance.gold.label_studio import rows_of_tasks
from stance.results import Result, load_result

TEXT = '=HYPERLINK("http://x","aid") reached civilians\n\n+1 a ceasefire held. 2031. It rained.\n'


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("export")
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    analysis = stance.analyze(folder / "a.txt", model="lexical")
    return load_result(analysis.save(folder / "out", report=False))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_cell_is_a_formula(start: str) -> None:
    table = pa.table({f"{start}a": [f"{start}1+1", "1+1"], "n": [-1.5, float("nan")]})
    content = excel_csv(table)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows == [[f"'{start}a", "n"], [f"'{start}1+1", "-1.5"], ["1+1", ""]]


def test_excel_gets_numbers_truth_values_and_lines(result: Result, tmp_path: Path) -> None:
    (path,) = export(result, tmp_path / "s.csv", "csv-excel")
    content = path.read_bytes()
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert content.count(b"\r\n") == 1 + len(rows)
    assert [row["text"][:2] for row in rows] == ["'=", "'+", "20", "It"]
    assert rows[0]["tag_humanitarian"] == "TRUE"
    assert float(rows[0]["p_humanitarian"]) == result.rows[0]["p_humanitarian"]
    assert rows[0]["odds_restraint"].startswith("[")


@pytest.mark.parametrize("table", ["sentences", "profiles", "stances", "articles"])
def test_tables_come_back_as_they_were(result: Result, tmp_path: Path, table: str) -> None:
    saved = pq.read_table(result.folder / f"{table}.parquet")
    (path,) = export(result, tmp_path / "t.parquet", "parquet", table=table)
    assert repr(pq.read_table(path).to_pylist()) == repr(saved.to_pylist())  # NaN is not NaN
    (path,) = export(result, tmp_path / "t.jsonl", "jsonl", table=table)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == saved.num_rows
    assert all(list(line) == saved.column_names for line in lines)


def test_label_studio_gets_predictions_that_come_back_as_labels(
    result: Result, tmp_path: Path
) -> None:
    tasks_file, config = export(result, tmp_path / "t.json", "label-studio")
    tasks = json.loads(tasks_file.read_text(encoding="utf-8"))
    assert config == tmp_path / "t.xml"
    assert all(f"name='{f}'" in config.read_text().replace('"', "'") for f in result.frames)
    scored = list(result.scored)
    assert [task["data"]["text"] for task in tasks] == [row["text"] for row in scored]
    for task in tasks:  # as if a coder had accepted every prediction
        (prediction,) = task.pop("predictions")
        assert prediction["score"] == min(one["score"] for one in prediction["result"])
        task["annotations"] = [{"completed_by": 1, "result": prediction["result"]}]
    rows = rows_of_tasks(tasks, "t.json", result.frames)
    for row, own in zip(rows, scored, strict=True):
        assert [row[f] for f in result.frames] == [str(int(own[f"tag_{f}"])) for f in result.frames]


def test_a_blind_export_tells_nothing_of_the_model(result: Result, tmp_path: Path) -> None:
    tasks_file, _ = export(result, tmp_path / "t.json", "label-studio", blind=True)
    tasks = json.loads(tasks_file.read_text(encoding="utf-8"))
    assert [list(task) for task in tasks] == [["data"]] * len(result.scored)
    assert set(tasks[0]["data"]) == {
        "article_id",
        "sentence_id",
        "outlet",
        "before",
        "text",
        "after",
    }


def test_a_dataset_is_read_by_its_library(
    result: Result, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    datasets = pytest.importorskip("datasets")
    (folder,) = export(result, tmp_path / "d", "datasets")
    assert capfd.readouterr() == ("", "")
    found = datasets.load_from_disk(str(folder))
    assert found.to_dict()["text"] == [row["text"] for row in result.rows]
    first = {p.name: p.read_bytes() for p in folder.iterdir()}
    export(result, tmp_path / "d", "datasets")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == first
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match=r"d: holds 'mine.txt', which .* another folder with --to"):
        export(result, tmp_path / "d", "datasets")


def test_a_dataset_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'stance\[hf\]'"):
        dataset_of(pa.table({"a": [1]}))


def test_what_does_not_go_together_is_told(result: Result, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not exported as 'xls'; name label-studio, csv-excel"):
        export(result, tmp_path / "a", "xls")
    with pytest.raises(ConfigError, match="Label Studio takes sentences, not the table 'profiles'"):
        export(result, tmp_path / "a", "label-studio", table="profiles")
    with pytest.raises(ConfigError, match="blind is for Label Studio only, not for jsonl"):
        export(result, tmp_path / "a", "jsonl", blind=True)
    with pytest.raises(ConfigError, match="no table 'words'; name sentences, profiles"):
        export(result, tmp_path / "a", "jsonl", table="words")
    with pytest.raises(ConfigError, match=r"a\.xml: tasks are written as \.json"):
        export(result, tmp_path / "a.xml", "label-studio")
    with pytest.raises(DataError, match=r"a\.csv: cannot be written \(No such file"):
        export(result, tmp_path / "none" / "a.csv", "csv-excel")
    assert list(tmp_path.iterdir()) == []


def test_the_command_replaces_a_file_whole(result: Result, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("old")
    done = run("export", result.folder, "--to", "s.csv", "--as", "csv-excel", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b"wrote s.csv\n"
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]
    assert (tmp_path / "s.csv").read_bytes().startswith(b"\xef\xbb\xbf")
