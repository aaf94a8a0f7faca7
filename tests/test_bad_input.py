"""Bad input: one sentence that names the file, the place and the mend; nothing is written."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from commands import failed, run

LEXICAL = ("--model", "lexical", "--quiet")


def rows_of(folder: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(
        folder / "stance-out/sentences.parquet"
    ).to_pylist()
    return rows


def manifest_of(folder: Path) -> dict[str, dict[str, object]]:
    text = (folder / "stance-out" / "manifest.json").read_text(encoding="utf-8")
    manifest: dict[str, dict[str, object]] = json.loads(text)
    return manifest


def test_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert failed("in", cwd=tmp_path) == (
        "in: the folder holds no articles; add files ending in .txt, .text, .md, .markdown, .html, "
        ".htm, .jsonl, .ndjson, .csv, .tsv, .parquet"
    )


def test_missing_path(tmp_path: Path) -> None:
    message = failed("absent", cwd=tmp_path)
    assert message == "absent: there is no such file or folder; check the path"


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    message = failed("a.txt", cwd=tmp_path)
    assert message == "a.txt: the file is empty; remove it or pass --skip-bad"


def test_binary_file_named_txt(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\x00\x01\x02\xff\xfe\x00\x80" * 200)
    assert failed("a.txt", cwd=tmp_path) == (
        "a.txt: the file is not text but looks like binary data; mend the file or pass --skip-bad"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "utf-8-sig"])
def test_other_encodings_are_detected(tmp_path: Path, encoding: str) -> None:
    text = "The café in Zürich – “closed”\n\nThe café’s owner said it had “closed” – for good.\n"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    (tmp_path / "a.txt").write_bytes(mark + text.encode(encoding))
    done = run("analyze", "a.txt", *LEXICAL, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [row["text"] for row in rows_of(tmp_path)] == text.strip().split("\n\n")


def test_broken_line_of_jsonl(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Fine."}\n{"text": broken\n{"text": "Well."}\n')
    assert failed("a.jsonl", cwd=tmp_path) == (
        "a.jsonl: line 2: the line is not valid JSON (Expecting value at column 10); mend the line "
        "or pass --skip-bad"
    )


def test_a_broken_line_is_skipped_on_request_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Fine."}\n{"text": broken\n{"text": "Well."}\n')
    done = run("analyze", "a.jsonl", "--skip-bad", "--model", "lexical", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.decode().startswith("skipped a.jsonl: line 2: ")
    assert [row["text"] for row in rows_of(tmp_path)] == ["Fine.", "Well."]
    assert list(manifest_of(tmp_path)["counts"]["skipped"].values()) == [1]  # type: ignore[attr-defined]


def test_csv_without_a_text_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,words\n1,Some\n")
    assert failed("a.csv", cwd=tmp_path) == (
        "a.csv: there is no column of text; the columns are id, words; name the one with the text: "
        "--column text=NAME"
    )


def test_duplicate_ids(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "x", "text": "One."}\n{"id": "x", "text": "Two."}\n')
    assert failed("a.jsonl", cwd=tmp_path) == (
        "a.jsonl: line 2: the id 'x' is already taken by a.jsonl: line 1; give each article its "
        "own or pass --skip-bad"
    )


def test_article_of_only_a_headline(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Minister calls for a ceasefire\n", encoding="utf-8")
    assert run("analyze", "a.txt", *LEXICAL, cwd=tmp_path).returncode == 0
    assert [row["text"] for row in rows_of(tmp_path)] == ["Minister calls for a ceasefire"]


def test_article_of_5_mb(tmp_path: Path) -> None:
    paragraph = " ".join(f"Unit {k} of the army held its fire until Monday." for k in range(10))
    n = 5_000_000 // len(paragraph) + 1
    (tmp_path / "a.txt").write_text("Title\n\n" + "\n\n".join([paragraph] * n), encoding="utf-8")
    assert (tmp_path / "a.txt").stat().st_size > 5_000_000
    assert run("analyze", "a.txt", *LEXICAL, cwd=tmp_path).returncode == 0
    assert manifest_of(tmp_path)["counts"]["sentences"] == 10 * n + 1


def test_line_of_200_000_characters(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Title\n\n" + "word " * 40_000, encoding="utf-8")
    assert run("analyze", "a.txt", "--quiet", cwd=tmp_path).returncode == 0
    assert manifest_of(tmp_path)["counts"]["sentences"] == 2
    assert manifest_of(tmp_path)["counts"]["truncated_premises"] == 1


@pytest.fixture
def article(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("Talks\n\nBoth held their fire.\n", encoding="utf-8")
    return tmp_path / "a.txt"


def test_unknown_codebook(article: Path, tmp_path: Path) -> None:
    assert failed("a.txt", "--codebook", "diplomcy", cwd=tmp_path) == (
        "unknown codebook 'diplomcy'; the shipped ones are diplomacy, moral, news, policy (did you "
        "mean diplomacy?)"
    )


def test_codebook_with_two_frames_keys(article: Path, tmp_path: Path) -> None:
    (tmp_path / "twice.yaml").write_text("name: x\nframes: {}\nframes: {}\n")
    assert failed("a.txt", "--codebook", "twice.yaml", cwd=tmp_path) == (
        "twice.yaml: line 3: the key 'frames' is there twice, in lines 2 and 3; mend the YAML there"
    )


def test_output_that_is_a_file(article: Path, tmp_path: Path) -> None:
    assert failed("a.txt", "--out", "a.txt", cwd=tmp_path) == (
        "a.txt: is not a folder; name another place with --out"
    )


def test_output_below_a_file(article: Path, tmp_path: Path) -> None:
    assert failed("a.txt", "--out", "a.txt/out", cwd=tmp_path) == (
        "a.txt/out: a.txt is not a folder; name another place with --out"
    )


def test_output_where_nothing_may_be_written(article: Path, tmp_path: Path) -> None:
    closed = Path("/proc/self/stance-out")
    if not closed.parent.is_dir():
        pytest.skip("there is no folder here that nobody may write to")
    assert failed("a.txt", "--out", closed, *LEXICAL, cwd=tmp_path).startswith(
        f"{closed}: cannot be written ("
    )


def test_a_full_disk_keeps_the_older_result(article: Path, tmp_path: Path) -> None:
    assert run("analyze", "a.txt", *LEXICAL, cwd=tmp_path).returncode == 0
    out = tmp_path / "stance-out"
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    command = [sys.executable, "-m", "stance", "analyze", "a.txt", *LEXICAL]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        check=False,
        preexec_fn=_full,
    )
    assert done.returncode == 1
    assert done.stderr.decode() == (
        "stance: stance-out: cannot be written (File too large); nothing was changed, name another "
        "folder with --out\n"
    )
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "stance-out"]


def _full() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_foreign_folder_is_left_alone(article: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    assert failed("a.txt", "--out", "mine", cwd=tmp_path) == (
        "mine: holds 'notes.txt', which stance did not write; move it away or name another folder "
        "with --out"
    )
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


def test_a_folder_with_a_foreign_file_added_is_left_alone(article: Path, tmp_path: Path) -> None:
    assert run("analyze", "a.txt", *LEXICAL, cwd=tmp_path).returncode == 0
    shutil.copy(article, tmp_path / "stance-out" / "mine.txt")
    assert failed("a.txt", cwd=tmp_path).startswith("stance-out: holds 'mine.txt'")
