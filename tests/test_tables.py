"""Tables: schemas, missing values kept apart from zero, Parquet and CSV alike."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import stance
from stance import tables
from stance.errors import ConfigError

TEXT = "Talks\n\nBoth sides agreed on a ceasefire.\n\n***\n\nIt rained."


@pytest.fixture
def result(tmp_path: Path) -> stance.Analysis:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    return stance.analyze(tmp_path / "a.txt", model="lexical")


def test_sentences_have_the_documented_columns(result: stance.Analysis) -> None:
    frames = ("solidarity", "deterrence", "restraint", "humanitarian")
    table = result.sentence_table()
    assert table.schema == tables.sentence_schema(frames)
    assert table.column_names == [
        *("article_id", "sentence_id", "section", "start", "end", "text"),
        *("voice", "speaker", "speaker_resolved", "speaker_start", "speaker_end", "scored"),
        *(f"{kind}_{frame}" for kind in ("p", "tag", "odds") for frame in frames),
        "stance",
    ]


def test_a_sentence_that_was_not_scored_has_no_values(result: stance.Analysis) -> None:
    rows = {row["text"]: row for row in result.sentence_table().to_pylist()}
    bare = [row for row in rows.values() if not row["scored"]]
    for row in bare:
        assert (row["p_restraint"], row["tag_restraint"], row["odds_restraint"]) == (None,) * 3
    rain = rows["It rained."]
    assert rain["scored"]
    assert rain["tag_restraint"] is False
    assert 0 <= rain["p_restraint"] < 0.5


def test_a_section_without_sentences_has_no_share(tmp_path: Path) -> None:
    (tmp_path / "h.txt").write_text("Only a headline\n", encoding="utf-8")
    rows = stance.analyze(tmp_path / "h.txt", model="lexical").profile_table().to_pylist()
    body = next(row for row in rows if (row["section"], row["frame"]) == ("body", "restraint"))
    assert (body["n"], body["n_scored"], body["n_tagged"]) == (0, 0, 0)
    assert math.isnan(body["share"])
    assert math.isnan(body["intensity"])


def test_parquet_and_csv_hold_the_same(result: stance.Analysis, tmp_path: Path) -> None:
    table = result.sentence_table()
    tables.write_parquet(table, tmp_path / "t.parquet")
    assert pq.read_table(tmp_path / "t.parquet").equals(table)
    rows = list(csv.DictReader(io.StringIO(tables.csv_bytes(table).decode())))
    for got, row in zip(rows, table.to_pylist(), strict=True):
        assert got["text"] == row["text"]
        assert got["voice"] == row["voice"]
        assert got["speaker"] == (row["speaker"] or "")
        if row["scored"]:
            assert float(got["p_restraint"]) == row["p_restraint"]
            assert json.loads(got["odds_restraint"]) == row["odds_restraint"]
        else:
            assert (got["p_restraint"], got["odds_restraint"]) == ("", "")


def test_an_empty_table_keeps_its_columns() -> None:
    table = tables.sentence_table([], ("a",))
    assert (table.num_rows, table.schema) == (0, tables.sentence_schema(("a",)))


def test_more_rows_than_one_part_stay_in_order() -> None:
    row = dict.fromkeys(tables.PROFILE_SCHEMA.names)
    rows = [{**row, "article_id": str(k), "share": math.nan, "n": k} for k in range(25_000)]
    table = tables.profile_table(rows)
    assert table["n"].to_pylist() == list(range(25_000))
    assert all(math.isnan(value) for value in table["share"].to_pylist()[:5])
    assert table["frame"].null_count == 25_000


def test_json_writes_nan_as_null() -> None:
    row = dict.fromkeys(tables.PROFILE_SCHEMA.names)
    (line,) = tables.json_rows(tables.profile_table([{**row, "share": math.nan}]))
    assert json.loads(line)["share"] is None


def test_pandas_only_at_the_edge(result: stance.Analysis) -> None:
    frame = result.to_pandas()
    assert list(frame["text"]) == [row["text"] for row in result.sentence_table().to_pylist()]
    assert len(result.to_pandas("profiles")) == 20
    with pytest.raises(ConfigError, match="name sentences, profiles, stances, articles"):
        result.to_pandas("x")  # type: ignore[arg-type]
