"""Gold labels: every form they come in, and every fault of them named with its row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stance.errors import DataError
from stance.gold import (
    Gold,
    GoldLabel,
    GoldStance,
    adjudicate,
    adjudicated,
    check_sentences,
    require_labels,
)
from stance.gold.files import read_gold
from stance.gold.label_studio import labelling_config
from stance.gold.rows import gold_of_rows
from stance.records import Polarity

FRAMES = ("restraint", "care")
CSV = "article_id,sentence_id,coder,restraint,care\na,0,ann,1,NA\na,0,ben,0,\na,3,ann,0,1\n"
EXPECTED = (
    GoldLabel("a", 0, "ann", "restraint", 1),
    GoldLabel("a", 0, "ann", "care", None),
    GoldLabel("a", 0, "ben", "restraint", 0),
    GoldLabel("a", 0, "ben", "care", None),
    GoldLabel("a", 3, "ann", "restraint", 0),
    GoldLabel("a", 3, "ann", "care", 1),
)
ROWS: list[dict[str, Any]] = [
    {"article_id": "a", "sentence_id": 0, "coder": "ann", "restraint": 1, "care": None},
    {"article_id": "a", "sentence_id": 0, "coder": "ben", "restraint": 0, "care": None},
    {"article_id": "a", "sentence_id": 3, "coder": "ann", "restraint": 0, "care": 1},
]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def faulty(folder: Path, text: str, name: str = "gold.csv") -> str:
    path = written(folder / name, text)
    with pytest.raises(DataError) as caught:
        read_gold(path, frames=FRAMES)
    return str(caught.value).removeprefix(f"{path}: ")


def test_every_form_holds_the_same_labels(tmp_path: Path) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "gold.parquet")
    files = [
        written(tmp_path / "gold.csv", "\ufeff" + CSV),
        written(tmp_path / "gold.tsv", CSV.replace(",", "\t")),
        written(tmp_path / "gold.jsonl", lines),
        written(tmp_path / "min.json", json.dumps(ROWS)),
        tmp_path / "gold.parquet",
    ]
    for path in files:
        assert read_gold(path, frames=FRAMES).labels == EXPECTED, path
    datasets.Dataset.from_list(ROWS).save_to_disk(str(tmp_path / "saved"))
    assert read_gold(tmp_path / "saved", frames=FRAMES).labels == EXPECTED
    in_memory = gold_of_rows(datasets.Dataset.from_list(ROWS), place="memory")
    assert (in_memory.labels, in_memory.frames) == (EXPECTED, FRAMES)


STANCE_ROWS: list[dict[str, Any]] = [
    {
        "article_id": "a",
        "sentence_id": 0,
        "coder": "ann",
        "stance:Israel": "favor",
        "stance:EU": "-",
    },
    {"article_id": "a", "sentence_id": 0, "coder": "ben", "stance:Israel": "NA", "stance:EU": ""},
]
EXPECTED_STANCES = (
    GoldStance("a", 0, "ann", "Israel", Polarity.FAVOR),
    GoldStance("a", 0, "ann", "EU", None),
    GoldStance("a", 0, "ben", "Israel", Polarity.NA),
    GoldStance("a", 0, "ben", "EU", None),
)


def test_every_form_holds_the_same_stances(tmp_path: Path) -> None:
    head, cells = ",".join(STANCE_ROWS[0]), [[*map(str, row.values())] for row in STANCE_ROWS]
    text = "\n".join([head, *map(",".join, cells)]) + "\n"
    pq.write_table(pa.Table.from_pylist(STANCE_ROWS), tmp_path / "gold.parquet")
    choices = [
        {"from_name": name, "type": "choices", "value": {"choices": [row[name]]}}
        for row, name in ((STANCE_ROWS[0], "stance:Israel"), (STANCE_ROWS[1], "stance:Israel"))
    ]
    task = {
        "data": {"article_id": "a", "sentence_id": 0, "targets": "Israel"},
        "annotations": [
            {"completed_by": who, "result": [choice]}
            for who, choice in zip(("ann", "ben"), choices, strict=True)
        ],
    }
    files = [
        written(tmp_path / "gold.csv", text),
        written(tmp_path / "gold.tsv", text.replace(",", "\t")),
        written(tmp_path / "gold.jsonl", "".join(json.dumps(row) + "\n" for row in STANCE_ROWS)),
        tmp_path / "gold.parquet",
    ]
    for path in files:
        gold = read_gold(path, targets=("Israel", "EU"))
        assert (gold.stances, gold.frames, gold.labels) == (EXPECTED_STANCES, (), ()), path
    datasets.Dataset.from_list(STANCE_ROWS).save_to_disk(str(tmp_path / "saved"))
    assert read_gold(tmp_path / "saved").stances == EXPECTED_STANCES
    export = read_gold(written(tmp_path / "export.json", json.dumps([task])))
    assert (export.coders, export.stances) == (("ann", "ben"), EXPECTED_STANCES[::2])


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("stance:Israel", "pro", "row 1: stance:Israel is 'pro'; write favor, against, neutral or"),
        ("stance:Isreal", "favor", "column 'stance:Isreal' is no target of the result (did you"),
        ("stance:Norway", "favor", "column 'stance:Norway' is no target of the result (the targ"),
        ("stance:", "favor", "column 'stance:' names no target; write stance:NAME"),
    ],
)
def test_faults_of_stances(tmp_path: Path, column: str, value: str, message: str) -> None:
    path = written(tmp_path / "gold.csv", f"article_id,sentence_id,{column}\na,0,{value}\n")
    with pytest.raises(DataError) as caught:
        read_gold(path, frames=FRAMES, targets=("Israel", "EU"))
    assert str(caught.value).removeprefix(f"{path}: ").startswith(message)


def test_stances_are_adjudicated_as_frames_are() -> None:
    favor, against, neutral = Polarity.FAVOR, Polarity.AGAINST, Polarity.NEUTRAL
    assert adjudicate({"a": favor, "b": against, "c": favor}) is favor
    assert adjudicate({"a": favor, "b": against, "c": neutral}) is None
    assert adjudicate({"a": favor, "b": favor, "gold": neutral}) is neutral


def test_numbers_that_a_spreadsheet_left() -> None:
    rows = [{"article_id": "a", "sentence_id": 2.0, "care": 1.0}, dict(ROWS[0], care=float("nan"))]
    gold = gold_of_rows(rows, place="memory")
    assert [label.value for label in gold.labels if label.frame == "care"] == [1, None]
    assert gold.labels[0].coder == "coder"


def test_an_export_of_label_studio(tmp_path: Path) -> None:
    def task(*annotations: dict[str, Any]) -> dict[str, Any]:
        data = {"article_id": "a", "sentence_id": 7, "text": "T.", "inclusion_probability": 0.5}
        return {"id": 1, "data": data, "annotations": list(annotations)}

    def choice(name: str, *chosen: str) -> dict[str, Any]:
        return {"from_name": name, "type": "choices", "value": {"choices": list(chosen)}}

    single = {"completed_by": 4, "result": [choice("care", "NA"), choice("restraint", "1")]}
    several = {"completed_by": {"email": "b@x"}, "result": [choice("frames", "care")]}
    dropped = {"completed_by": 5, "was_cancelled": True, "result": [choice("care", "1")]}
    path = written(tmp_path / "export.json", json.dumps([task(single, several, dropped)]))
    gold = read_gold(path, frames=FRAMES)
    found = {(label.coder, label.frame): label.value for label in gold.labels}
    assert found == {
        ("4", "care"): None,
        ("4", "restraint"): 1,
        ("b@x", "care"): 1,
        ("b@x", "restraint"): 0,
    }
    assert (gold.inclusion, gold.texts) == ({("a", 7): 0.5}, {("a", 7): "T."})
    with pytest.raises(DataError, match=r"task 1: chooses among all frames; name the codebook"):
        read_gold(path)


def test_the_labelling_configuration_asks_every_frame_and_escapes() -> None:
    config = labelling_config({"care": "Harm & <care>"})
    assert "<Choices name=\"care\" toName='text'" in config
    assert "care: Harm &amp; &lt;care&gt;" in config
    assert "<Choice value='NA'/>" in config


def test_the_design_beside_the_file_gives_inclusion_probabilities(tmp_path: Path) -> None:
    path = written(tmp_path / "gold.csv", CSV)
    written(
        tmp_path / "gold.design.csv",
        "article_id,sentence_id,stratum,inclusion_probability\na,0,x,0.25\na,3,x,0.5\n",
    )
    assert read_gold(path).inclusion == {("a", 0): 0.25, ("a", 3): 0.5}
    written(tmp_path / "gold.design.csv", "article_id,sentence_id\na,0\n")
    with pytest.raises(DataError, match=r"gold.design.csv: is not the design of a sample"):
        read_gold(path)


HEAD = "article_id,sentence_id,restraint\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "a,0,yes\n", "row 1: restraint is 'yes'; write 1, 0 or NA"),
        (HEAD + "a,0,1\na,1,2\n", "row 2: restraint is '2'; write 1, 0 or NA"),
        (HEAD + "a,x,1\n", "row 1: sentence_id is 'x'; write a whole number from 0 on"),
        (HEAD + "a,-1,1\n", "row 1: sentence_id is '-1'; write a whole number from 0 on"),
        (HEAD + ",1,1\n", "row 1: article_id is empty; fill it in"),
        (HEAD + "a,1\n", "row 1: has not 3 cells; mend the row"),
        (HEAD + "a,1,1,1\n", "row 1: has not 3 cells; mend the row"),
        (HEAD, "holds no rows; add one row a sentence"),
        (HEAD + 'a,1,"1\n', "line 2: unexpected end of data; mend the quotes"),
        ("article_id,restraint\na,1\n", "has no column sentence_id; gold needs it"),
        ("article_id,sentence_id\na,1\n", "has no column of a frame; add one, for instance"),
        (
            HEAD.replace("article_id,", "restraint,") + "1,1,1\n",
            "column 'restraint' is there twice",
        ),
        (
            HEAD.replace("restraint", "restrant") + "a,1,1\n",
            "column 'restrant' is not a frame (did you mean restraint?); rename or remove it",
        ),
        (
            HEAD + "a,0,1\nb,0,1\na,0,1\n",
            "row 3: sentence 0 of article 'a' is already in row 1; keep one of them",
        ),
        (
            "article_id,sentence_id,care,inclusion_probability\na,0,1,0\n",
            "row 1: inclusion_probability is '0'; it lies in (0, 1]",
        ),
    ],
)
def test_faults_name_the_row_and_the_mend(tmp_path: Path, text: str, message: str) -> None:
    assert faulty(tmp_path, text).startswith(message)


def test_the_same_coder_twice(tmp_path: Path) -> None:
    assert faulty(tmp_path, CSV.replace("ben", "ann")).startswith(
        "row 2: sentence 0 of article 'a' of coder 'ann' is already in row 1"
    )


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert faulty(tmp_path, "{}", "x.json").startswith("is not an export of Label Studio")
    assert faulty(tmp_path, "{", "x.json").startswith("is not JSON")
    assert faulty(tmp_path, "1\n", "x.jsonl").startswith("every line must be an object")
    assert faulty(tmp_path, "x", "x.parquet").startswith("is not a parquet file")
    assert faulty(tmp_path, "x", "x.xlsx").startswith("gold is read from .csv, .tsv")
    (tmp_path / "latin.csv").write_bytes("article_id\né".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin.csv: cannot be read as UTF-8 text"):
        read_gold(tmp_path / "latin.csv")
    with pytest.raises(DataError, match=r"absent.csv: there is no such file; check the path"):
        read_gold(tmp_path / "absent.csv")


def test_a_column_that_cannot_be_a_frame_without_a_codebook(tmp_path: Path) -> None:
    path = written(tmp_path / "gold.csv", "article_id,sentence_id,My Frame\na,0,1\n")
    with pytest.raises(DataError, match=r"column 'My Frame' is not a frame \(a frame is named in"):
        read_gold(path)


def gold_of(text: str) -> Gold:
    head, *lines = [line.split(",") for line in text.splitlines()]
    return gold_of_rows([dict(zip(head, line, strict=True)) for line in lines], place="gold.csv")


def test_sentences_that_a_result_lacks() -> None:
    gold = gold_of("article_id,sentence_id,text,care\na,0,One  word.,1\na,1,Two.,0\n")
    check_sentences(gold, {("a", 0): "One word.", ("a", 1): "Two."}, "out")
    with pytest.raises(
        DataError, match=r"gold.csv: row 2: sentence 1 of article 'a' is not in out"
    ):
        check_sentences(gold, {("a", 0): "One word."}, "out")
    with pytest.raises(DataError, match=r"gold.csv: row 1: article 'a' is not in out; mend the id"):
        check_sentences(gold, {("b", 0): "One word."}, "out")
    with pytest.raises(DataError, match=r"row 2: the text differs from that of sentence 1 of art"):
        check_sentences(gold, {("a", 0): "One word.", ("a", 1): "Three."}, "out")


@pytest.mark.parametrize(
    ("votes", "decided"),
    [
        ({"a": 1}, 1),
        ({"a": 1, "b": 0}, None),
        ({"a": 1, "b": 0, "c": 0}, 0),
        ({"a": 1, "b": 1, "adjudicated": 0}, 0),
    ],
)
def test_coders_are_adjudicated(votes: dict[str, int], decided: int | None) -> None:
    assert adjudicate(votes) == decided


def test_ties_and_na_are_left_out() -> None:
    gold = gold_of(CSV)
    assert adjudicated(gold, "restraint") == {("a", 3): 0}
    assert (gold.coders, gold.keys) == (("ann", "ben"), (("a", 0), ("a", 3)))
    with pytest.raises(DataError, match=r"gold.csv: every label is NA; write 1 or 0"):
        require_labels(gold_of("article_id,sentence_id,care\na,0,NA\n"), ("care",))
