"""The command line as a user runs it: real processes, exit statuses, one-sentence messages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest


def run(
    *arguments: str | Path, cwd: Path, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "stance", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=False)


def failed(*arguments: str | Path, cwd: Path) -> str:
    done = run(*arguments, cwd=cwd)
    message = done.stderr.decode()
    assert (done.returncode, done.stdout, message.count("\n")) == (1, b"", 1), message
    assert not (cwd / "stance-out").exists()
    return message


def test_analyze_writes_everything(seeds: Path, tmp_path: Path) -> None:
    done = run("analyze", seeds, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    out = tmp_path / "stance-out"
    names = {path.name for path in out.iterdir()}
    tables = {f"{t}.{s}" for t in ("sentences", "profiles") for s in ("parquet", "csv")}
    assert names == {*tables, "manifest.json", "figures", "report.html"}
    assert len(list((out / "figures").iterdir())) == 6
    rows = pq.read_table(out / "sentences.parquet").to_pylist()
    text = next(seeds.glob("*.txt")).read_text(encoding="utf-8")
    assert all(row["text"] == text[row["start"] : row["end"]] for row in rows)
    assert rows[0]["section"] == "headline"
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"]["omitted"] == {"credit": 1, "caption": 1, "dateline": 1}
    assert "humanitarian" in done.stdout.decode()


def test_the_same_input_gives_the_same_bytes(seeds: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("analyze", seeds, "--out", name, "--quiet", cwd=tmp_path)
    first, second = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file() and path.name != "manifest.json"
        }
        for name in ("a", "b")
    )
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_machine_readable_output_is_alone_on_stdout(tmp_path: Path) -> None:
    text = b"Both sides were urged to hold their fire."
    whole = run("analyze", "-", "--model", "lexical", "--format", "json", cwd=tmp_path, stdin=text)
    assert len(json.loads(whole.stdout)["sentences"]) == 1
    lines = run("analyze", "-", "--model", "lexical", "--format", "jsonl", cwd=tmp_path, stdin=text)
    assert json.loads(lines.stdout)["text"] == text.decode()


def test_bad_input_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "nothing.txt").write_bytes(b"")
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    (tmp_path / "rows.jsonl").write_text('{"text": "Fine."}\n{"text": \n')
    (tmp_path / "rows.csv").write_text("id,words\n1,Some\n")
    (tmp_path / "twice.yaml").write_text("name: x\nframes: {}\nframes: {}\n")
    assert "empty" in failed("analyze", "empty", cwd=tmp_path)
    assert "absent" in failed("analyze", "absent", cwd=tmp_path)
    assert "nothing.txt" in failed("analyze", "nothing.txt", cwd=tmp_path)
    assert "PNG" in failed("analyze", "picture.txt", cwd=tmp_path)
    assert "line 2" in failed("analyze", "rows.jsonl", cwd=tmp_path)
    assert "words" in failed("analyze", "rows.csv", cwd=tmp_path)
    unknown = failed("analyze", "rows.csv", "--codebook", "diplomcy", cwd=tmp_path)
    assert "did you mean diplomacy?" in unknown
    twice = failed("analyze", "rows.csv", "--codebook", "twice.yaml", cwd=tmp_path)
    assert "the key 'frames' is there twice, in lines 2 and 3" in twice


def test_a_foreign_folder_is_left_alone(seeds: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    message = failed("analyze", seeds, "--out", "mine", cwd=tmp_path)
    assert "mine: holds 'notes.txt', which stance did not write" in message
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("A sentence that is scored.\n\n" * 30_000)
    command = [sys.executable, "-m", "stance", "analyze", "long.txt"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        time.sleep(2.5)
        process.send_signal(signal.SIGINT)
        _, message = process.communicate()
    assert process.returncode == 130, message
    assert [path.name for path in tmp_path.iterdir()] == ["long.txt"]


def test_codebooks_are_listed_and_shown(tmp_path: Path) -> None:
    listed = run("codebooks", cwd=tmp_path).stdout.decode().splitlines()
    assert [line.split()[0] for line in listed] == ["diplomacy", "moral", "news", "policy"]
    shown = run("codebooks", "news", cwd=tmp_path).stdout.decode()
    assert "human_interest: " in shown


def test_importing_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = ["torch", "transformers", "pandas", "matplotlib", "click", "onnxruntime"]
    code = f"import stance, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
