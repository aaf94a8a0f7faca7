"""`stance doctor` tells what is there, what is not, and what is broken."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from commands import run

from stance.cache import FILE, ScoreCache
from stance.diagnosis import EXTRAS, NEEDED, Finding, diagnose

ROOT = Path(__file__).parent.parent


def found(name: str, **where: Path) -> Finding:
    return next(finding for finding in diagnose(**where) if finding.name == name)


def test_a_whole_installation(tmp_path: Path) -> None:
    findings = diagnose(cache=tmp_path)
    assert [finding.name for finding in findings if finding.state == "broken"] == []
    assert {f.part for f in findings} == {
        "versions",
        "processor",
        "devices",
        "extras",
        "model",
        "cache",
    }


def test_what_it_looks_for_is_what_the_package_declares() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = text.partition("dependencies = [\n")[2].partition("\n]")[0]
    assert tuple(re.findall(r'"([\w-]+)', needed)) == NEEDED
    extras = text.partition("[project.optional-dependencies]\n")[2].partition("\ntest = [")[0]
    declared = {
        name: tuple(re.findall(r'"([\w-]+)', names))
        for name, names in re.findall(r"^(\w+) = \[(.*)\]$", extras, re.MULTILINE)
    }
    for of_developers in ("train", "docs"):
        del declared[of_developers]
    assert declared == EXTRAS


def test_a_changed_model_is_broken(tmp_path: Path) -> None:
    (tmp_path / "sha256.json").write_text("{}")
    finding = found("mini", model=tmp_path)
    assert (finding.state, "install stance again" in finding.detail) == ("broken", True)


def test_a_cache_is_there_damaged_or_of_another_form(tmp_path: Path) -> None:
    ScoreCache(tmp_path).close()
    assert re.fullmatch(r".*scores\.sqlite: 0\.\d MB", found("scores", cache=tmp_path).detail)
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    assert found("scores", cache=tmp_path).detail.endswith("has form 9, not 2")
    (tmp_path / FILE).write_bytes(b"no database, whatever it is called" * 99)
    assert "cannot be read (file is not a database)" in found("scores", cache=tmp_path).detail
    assert (tmp_path / FILE).read_bytes().startswith(b"no database")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = run("doctor", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("versions\n  python        ok      3.")
    (tmp_path / "stance").mkdir()
    (tmp_path / "stance" / FILE).write_bytes(b"no database" * 99)
    done = run("doctor", "--format", "json", cwd=tmp_path)
    broken = [row["name"] for row in json.loads(done.stdout) if row["state"] == "broken"]
    assert (done.returncode, broken) == (1, ["scores"])
