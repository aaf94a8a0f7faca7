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
from commands import run


def test_analyze_writes_everything(seeds: Path, tmp_path: Path) -> None:
    done = run("analyze", seeds, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    out = tmp_path / "stance-out"
    names = {path.name for path in out.iterdir()}
    kinds = ("sentences", "profiles", "stances", "articles")
    tables = {f"{kind}.{suffix}" for kind in kinds for suffix in ("parquet", "csv")}
    assert names == {*tables, "manifest.json", "figures", "report.html"}
    assert len(list((out / "figures").iterdir())) == 10
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


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(
        "\n\n".join(f"Sentence {k} is scored." for k in range(30_000))
    )
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from stance.cli import main; print('ready', flush=True); main(['analyze', 'long.txt'])"
    )  # a job in the background of a shell ignores Ctrl-C, and so would its children
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, message = process.communicate()
    assert process.returncode == 130, message
    assert [path.name for path in tmp_path.iterdir()] == ["long.txt"]


def test_importing_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = ["torch", "transformers", "pandas", "matplotlib", "click", "onnxruntime"]
    code = f"import stance, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
