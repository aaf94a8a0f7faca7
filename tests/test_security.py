"""Hostile input: what docs/security.md promises."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stance
from stance.cache import FILE, ScoreCache, sealed
from stance.cache.database import FORM
from stance.codebooks import parse_codebook
from stance.commands.inputs import read_result
from stance.errors import CodebookError, ConfigError, DataError, RunError, ScorerError
from stance.gold.files import read_gold
from stance.gold.spreadsheets import guarded, unguarded
from stance.parquet_rows import bounded_rows, parquet_rows, parquet_table
from stance.readers import find_files, read_articles
from stance.readers.addresses import without_credentials
from stance.results import load_result
from stance.scorers.bundled import MODELS, verify_model
from stance.scorers.models import parse_model
from stance.sheets import draw_sheet
from stance.verification import verify

ROOT = Path(__file__).parent.parent
HOSTILE = (
    "../../x",
    "a\x00b",
    "x" * 100_000,
    "CON",
    "\u202egnp.exe",
    "$\\frac{",
    "<script>alert(1)</script>",
)

# no code from data

_RUNS_CODE = re.compile(
    r"\b(joblib|dill|cloudpickle|shelve|marshal)\b|allow_pickle=True|torch\.load\(|"
    r"trust_remote_code=True|\b(eval|exec)\(|yaml\.(unsafe_|full_)?load\(|"
    r"use_safetensors=False|weights_only=False"
)
_PICKLE = ("engine/processes.py", "engine/worker.py")


def _sources() -> dict[str, str]:
    package = ROOT / "stance"
    found = (path for path in package.rglob("*.py") if "training" not in path.parts)
    return {p.relative_to(package).as_posix(): p.read_text(encoding="utf-8") for p in found}


def test_nothing_that_is_read_can_run_code() -> None:
    found = {
        name: match[0]
        for name, text in _sources().items()
        if (match := _RUNS_CODE.search(text.replace(".eval()", "")))
    }
    assert found == {"strict_yaml.py": "yaml.load("}


def test_pickle_goes_between_a_process_and_its_own_workers_alone() -> None:
    named = {name for name, text in _sources().items() if re.search(r"^import pickle", text, re.M)}
    assert named == set(_PICKLE)


def test_yaml_makes_no_objects_and_repeats_nothing() -> None:
    for text in ("!!python/object/apply:os.system ['true']", "a: !!python/name:os.system"):
        with pytest.raises(CodebookError, match=r"the tag '.*' is not read"):
            parse_codebook(text, "a.yaml")
    with pytest.raises(CodebookError, match="the anchor or alias 'a' is not read"):
        parse_codebook("a: &a [x, x]\nb: [*a, *a]", "a.yaml")


# bombs


def test_a_text_that_unfolds_without_end_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    megabyte = gzip.compress(bytes(2**20), mtime=0)
    path.write_bytes(megabyte * 1_025)
    with pytest.raises(DataError) as caught:
        list(read_articles(path))
    assert str(caught.value) == (
        f"{path}: the file is too large (it holds more than 1073741824 bytes); mend the file or "
        "pass --skip-bad"
    )


def test_a_parquet_file_that_repeats_a_value_is_bounded(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.parquet")
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError) as caught:
        list(read_articles(path))
    assert str(caught.value) == (
        f"{path}: the file is too large (it holds more than 1073741824 bytes); split it"
    )


def test_a_parquet_file_may_hold_many_times_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a" * 1_000] * 100}), path)
    assert len(list(parquet_rows(path, limit=1))) == 100
    with pytest.raises(OSError, match=r"it holds more than 2000000 bytes"):
        list(parquet_rows(bomb(path), limit=2_000_000))


def bomb(path: Path) -> Path:
    places = pa.array(np.zeros(1_100, dtype=np.int32))
    notes = pa.DictionaryArray.from_arrays(places, pa.array(["x" * 10**6]))
    texts = [f"Sentence {number}." for number in range(1_100)]
    pq.write_table(pa.table({"text": texts, "note": notes}), path, compression="zstd")
    return path


def test_many_numbers_in_a_small_parquet_file_are_counted_before_they_are_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a"], "note": [[0.0] * 10**6]}), path)
    assert len(list(parquet_rows(path))) == 1
    with pytest.raises(OSError, match="it holds more than"):
        next(parquet_rows(path, limit=1))


def test_parquet_of_any_kind_is_read_as_it_was_written(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["a", None, "a"],
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
            "bytes": pa.array([b"ab", None, b"cd"], pa.binary(2)),
            "price": pa.array([None, 1, 2], pa.decimal128(9, 2)),
            "stance": [[{"target": "Israel", "p": 0.5}], [], None],
            "names": pa.array([[("k", "v")], None, []], pa.map_(pa.string(), pa.string())),
            "pair": pa.array([["a", "b"], None, ["c", "d"]], pa.list_(pa.string(), 2)),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert list(parquet_rows(tmp_path / "a.parquet")) == table.to_pylist()
    kept = table.drop_columns(["names"])
    pq.write_table(kept.replace_schema_metadata({"key": "1"}), tmp_path / "b.parquet")
    assert parquet_table(tmp_path / "b.parquet").equals(kept)
    assert parquet_table(tmp_path / "b.parquet").schema.metadata[b"key"] == b"1"
    pq.write_table(kept.slice(0, 0), tmp_path / "c.parquet")
    assert parquet_table(tmp_path / "c.parquet").equals(kept.slice(0, 0))


def test_a_result_that_repeats_a_value_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The envoy came. War is near.")
    out = stance.analyze(tmp_path / "a.txt", model="lexical").save(tmp_path / "out", report=False)
    table = pa.concat_tables([pq.read_table(out / "sentences.parquet")] * 550)
    note = pq.read_table(bomb(tmp_path / "bomb.parquet"))["note"]
    pq.write_table(table.append_column("note", note), out / "sentences.parquet")
    said = "it holds more than 1073741824 bytes"
    for read in (load_result, read_result):
        with pytest.raises(DataError, match=said):
            read(out)
    with pytest.raises(RunError, match=said):
        stance.compare(out, out)
    with pytest.raises(RunError, match=said):
        verify(out)


def test_a_data_set_is_bounded() -> None:
    rows = [{"text": "ab", "labels": ["x", 1], "more": {"k": b"v"}}] * 3
    size = 4 + 2 + 6 + 1 + 8 + 4 + 1 + 1
    assert list(bounded_rows(rows, limit=3 * size)) == rows
    found = bounded_rows(rows, limit=3 * size - 1)
    assert [next(found), next(found)] == rows[:2]
    with pytest.raises(OSError, match=f"it holds more than {3 * size - 1} bytes"):
        next(found)


def test_json_without_a_bottom_is_a_fault(tmp_path: Path) -> None:
    deep = "[" * 100_000
    (tmp_path / "a.jsonl").write_text('{"text": ' + deep + "\n")
    with pytest.raises(DataError, match="nested too deeply"):
        list(read_articles(tmp_path / "a.jsonl"))
    for name in ("gold.json", "gold.jsonl"):
        (tmp_path / name).write_text(deep)
        with pytest.raises(DataError, match="is not JSON"):
            read_gold(tmp_path / name)


def test_pipes_devices_and_loops_in_a_folder_do_not_hold_us_up(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Words.")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "link.txt").symlink_to(tmp_path / "pipe.txt")
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    (tmp_path / "up").symlink_to(tmp_path.parent)
    (tmp_path / "up2").symlink_to(tmp_path)
    found = find_files(tmp_path)
    assert tmp_path / "a.txt" in found
    assert not {"pipe.txt", "link.txt", "zero.txt"} & {path.name for path in found}
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    with pytest.raises(DataError, match=r"self\.txt: the file cannot be read \(Too many levels"):
        list(read_articles(tmp_path))


# names


def test_no_id_or_outlet_becomes_a_path(tmp_path: Path) -> None:
    rows = [
        {"id": name, "title": name, "outlet": name, "text": f"A ceasefire held. {name} said so."}
        for name in HOSTILE
    ]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    result = stance.analyze(tmp_path / "a.jsonl", model="lexical")
    out = result.save(tmp_path / "deep" / "out", group_by=["outlet"])
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "deep"}
    names = [path.relative_to(out).as_posix() for path in out.rglob("*")]
    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9._/-]{1,150}", name)] == []
    assert not any(stat.S_ISLNK(path.lstat().st_mode) for path in out.rglob("*"))
    assert "<script>alert(1)" not in (out / "report.html").read_text(encoding="utf-8")
    assert load_result(out).articles.keys() == set(HOSTILE)


@pytest.mark.parametrize("name", ["../x", "a/b", "/abs", "a\x00", "x" * 200, ""])
def test_names_of_codebooks_and_runs_are_plain(name: str, tmp_path: Path) -> None:
    text = f"name: {json.dumps(name)}\nframes: {{a: {{definition: x, hypotheses: [x]}}}}"
    with pytest.raises(CodebookError, match="name: String should match pattern"):
        parse_codebook(text, "a.yaml")
    config = tmp_path / "a.yaml"
    config.write_text(f"name: {json.dumps(name)}\ninputs: a.yaml\n")
    with pytest.raises(ConfigError, match="name: String should match pattern"):
        stance.run(config, runs=tmp_path)


@pytest.mark.parametrize("name", ["../../x", "org/../x", "org/name@../../x", "a/b@x/../../y"])
def test_a_model_name_does_not_leave_the_cache_of_the_hub(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown model"):
        parse_model(name)
    assert parse_model("org/name@v1.0/b").backend == "transformers"


def test_a_changed_model_is_refused_and_hashes_name_files_of_its_folder(tmp_path: Path) -> None:
    for path in (MODELS / "mini").iterdir():
        (tmp_path / path.name).symlink_to(path)
    assert verify_model(tmp_path)["model.onnx"]
    shape = tmp_path / "shape.json"
    changed = shape.read_bytes() + b" "
    shape.unlink()
    shape.write_bytes(changed)
    with pytest.raises(ScorerError, match=r"shape\.json: SHA-256 is .* as listed in sha256\.json"):
        verify_model(tmp_path)
    (tmp_path / "sha256.json").unlink()
    (tmp_path / "sha256.json").write_text('{"../../../dev/zero": "00"}')
    with pytest.raises(ScorerError, match=r"lists '../../../dev/zero', which is no file of its"):
        verify_model(tmp_path)


# what is kept and shown


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://me:secret@news.org/a?b=1", "https://news.org/a?b=1"),
        ("//me@news.org/a", "//news.org/a"),
        ("https://news.org/a?token=x&id=7", "https://news.org/a?id=7"),
        ("https://news.org/a?id=7&Access_Token=x#top", "https://news.org/a?id=7#top"),
        ("https://news.org/a?X-Amz-Signature=x", "https://news.org/a"),
        ("https://news.org/@writer?id=7", "https://news.org/@writer?id=7"),
        ("https://news.org/a?tokens=7&", "https://news.org/a?tokens=7&"),
        ("no address", "no address"),
    ],
)
def test_addresses_are_kept_without_credentials(url: str, kept: str, tmp_path: Path) -> None:
    assert without_credentials(url) == kept
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "Words.", "url": url}))
    (article,) = read_articles(tmp_path / "a.jsonl")
    assert article.url == kept


@given(st.text() | st.text(alphabet="'=+-@\t\r\na"))
def test_a_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋"))
    assert unguarded(guarded(text)) == text


def test_a_sheet_for_coders_holds_no_formula_and_is_read_back(tmp_path: Path) -> None:
    row = {"id": "=cmd|'/c calc'!A1", "outlet": "@x", "text": "=HYPERLINK(1) held.\n\n-1 fell."}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    analysis = stance.analyze(tmp_path / "a.jsonl", model="lexical")
    result = load_result(analysis.save(tmp_path / "out", report=False))
    path, design = draw_sheet(result, 2, by=("outlet",)).save(tmp_path / "sheet.csv")
    for file in (path, design):
        with file.open(encoding="utf-8", newline="") as lines:
            cells = [cell for own in csv.reader(lines) for cell in own]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    gold = read_gold(path, frames=result.frames)
    assert set(gold.texts.items()) == {
        (("=cmd|'/c calc'!A1", 0), "=HYPERLINK(1) held."),
        (("=cmd|'/c calc'!A1", 1), "-1 fell."),
    }
    assert set(gold.strata.values()) == {"@x"}


def test_a_cache_file_of_a_stranger_gives_no_values_of_another_type(tmp_path: Path) -> None:
    whole = sealed(bytes([4]), bytes(12))
    connection = sqlite3.connect(tmp_path / FILE)
    connection.executescript(
        "CREATE TABLE scorers (id INTEGER PRIMARY KEY, fingerprint TEXT UNIQUE NOT NULL);"
        "CREATE TABLE scores (key, value, scorer, day);"
        "INSERT INTO scorers VALUES (1, x'00ff');"
        "INSERT INTO scores VALUES (x'01', 7, 1, 'x'), (x'02', 'twelve chars', 1, 1e300),"
        "(x'03', x'00', 1, -9), (x'05', x'000000000000000000000000', 1, 1);"
    )
    connection.execute(f"PRAGMA user_version = {FORM}")
    connection.execute("INSERT INTO scores VALUES (x'04', ?, 1, 99999999999)", (whole,))
    connection.commit()
    connection.close()
    cache = ScoreCache(tmp_path)
    assert cache.find([bytes([number]) for number in range(1, 6)]) == {b"\x04": bytes(12)}
    assert cache.info().pairs == 5
    cache.close()


def test_a_new_cache_file_takes_no_value_of_another_type(tmp_path: Path) -> None:
    ScoreCache(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE)
    with pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed"):
        connection.execute("INSERT INTO scores VALUES (x'01', 7, 1, 1)")
    connection.close()


# the network

_BLOCKED = """
import sys

def refuse(event, arguments):
    if event.startswith("socket.") and event != "socket.gethostname":
        raise RuntimeError(f"{event} {arguments}")

sys.addaudithook(refuse)
from stance.cli import main
main(sys.argv[1:])
"""


def test_analyze_opens_no_socket(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The ministers called for a ceasefire.\n")
    page = "<html><title>T</title><article><p>A ceasefire held for long days.</p></article></html>"
    (tmp_path / "b.html").write_text(page)
    given = ("analyze", "a.txt", "b.html", "--quiet")
    command = [sys.executable, "-c", _BLOCKED, *given]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "stance-out" / "report.html").stat().st_size > 10_000


def test_the_block_of_sockets_does_block(tmp_path: Path) -> None:
    code = _BLOCKED.replace("from stance", "import socket; socket.socket()\nfrom stance")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, b"RuntimeError: socket.__new__" in done.stderr) == (1, True)
