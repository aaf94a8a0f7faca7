"""What is printed: hostile text steers nothing, machine-readable output stands alone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from commands import run

HOSTILE = (
    "Rome \x1b[2Jreport [red]open[/red] \u202eagain\n\nThey agreed on a ceasefire \x9b31m today.\n"
)


def article(folder: Path) -> Path:
    (folder / "a.txt").write_text(HOSTILE, encoding="utf-8")
    return folder / "a.txt"


def test_a_hostile_headline_neither_steers_the_terminal_nor_styles_it(tmp_path: Path) -> None:
    done = run("analyze", article(tmp_path), "--model", "lexical", cwd=tmp_path)
    shown = done.stdout.decode()
    assert "Rome \ufffd[2Jreport [red]open[/red] \ufffdagain\n" in shown
    assert "ceasefire \ufffd31m today." in " ".join(shown.split())
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)


def test_an_error_about_a_hostile_name_is_one_harmless_line(tmp_path: Path) -> None:
    done = run("analyze", "no\x1b[2J\nfile", cwd=tmp_path)
    assert done.stderr.decode() == (
        "stance: no\ufffd[2J file: there is no such file or folder; check the path\n"
    )


def test_json_is_all_there_is_on_standard_output(tmp_path: Path) -> None:
    done = run("analyze", article(tmp_path), "--model", "lexical", "--format", "json", cwd=tmp_path)
    whole = json.loads(done.stdout)
    assert set(whole) == {"articles", "profiles", "stances", "sentences", "manifest"}
    assert [row["text"] for row in whole["sentences"]] == [
        "Rome \x1b[2Jreport [red]open[/red] \u202eagain",
        "They agreed on a ceasefire \x9b31m today.",
    ]
    assert "report.html" in done.stderr.decode()


def test_csv_and_jsonl_hold_the_same_sentences(tmp_path: Path) -> None:
    path = article(tmp_path)
    form = ["analyze", path, "--model", "lexical", "--quiet", "--format"]
    lines = run(*form, "jsonl", cwd=tmp_path).stdout.decode().splitlines()
    rows = list(csv.DictReader(io.StringIO(run(*form, "csv", cwd=tmp_path).stdout.decode())))
    assert [json.loads(line)["text"] for line in lines] == [row["text"] for row in rows]
    assert [str(json.loads(line)["p_restraint"]) for line in lines] == [
        row["p_restraint"] for row in rows
    ]


def test_quiet_says_nothing(tmp_path: Path) -> None:
    done = run("analyze", article(tmp_path), "--model", "lexical", "--quiet", cwd=tmp_path)
    assert (done.stdout, done.stderr) == (b"", b"")
