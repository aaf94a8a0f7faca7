"""Result folders: whole or not at all."""

from __future__ import annotations

import json
import platform
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from stance import runs
from stance.errors import DataError, RunError
from stance.runs.files import locked, replace_file, write_whole
from stance.runs.locks import take


def write(folder: Path, content: str = "one") -> None:
    (folder / "part").mkdir()
    (folder / "part" / "a.txt").write_text(content)
    runs.write_manifest(folder, {"kind": "test"})


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_folder_is_written_with_the_hash_of_every_file(tmp_path: Path) -> None:
    runs.save_folder(tmp_path / "new" / "out", write)
    manifest = json.loads((tmp_path / "new" / "out" / "manifest.json").read_text())
    assert manifest == {"kind": "test", "files": {"part/a.txt": sha256(b"one").hexdigest()}}


def test_a_result_is_replaced_whole(tmp_path: Path) -> None:
    runs.save_folder(tmp_path / "out", write)
    runs.save_folder(tmp_path / "out", lambda folder: write(folder, "two"))
    assert content(tmp_path / "out")["part/a.txt"] == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_half_way_keeps_what_was_there(tmp_path: Path, error: BaseException) -> None:
    runs.save_folder(tmp_path / "out", write)
    before = content(tmp_path / "out")

    def fail(folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise error

    expected = DataError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match=r"(No space left on device.*nothing was changed|^$)"):
        runs.save_folder(tmp_path / "out", fail)
    assert content(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def abandoned(folder: Path, *names: str) -> Path:
    """A scratch folder as a killed command leaves it."""
    scratch = folder / ".out.a1b2c3d_"
    for name in names:
        (scratch / name).mkdir(parents=True)
        (scratch / name / "a.txt").write_text(name)
    scratch.mkdir(exist_ok=True)
    (scratch / "lock").touch()
    return scratch


def test_what_a_killed_command_left_is_swept_by_the_next(tmp_path: Path) -> None:
    abandoned(tmp_path, "new")
    (tmp_path / ".out.12345678").mkdir()
    runs.save_folder(tmp_path / "out", write)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_others_hold_or_made_is_not_swept(tmp_path: Path) -> None:
    held = abandoned(tmp_path, "new")
    own = tmp_path / ".out.87654321"
    own.mkdir()
    (own / "notes.txt").write_text("mine")
    (tmp_path / ".out.not_one_of_these").mkdir()
    with (held / "lock").open("a") as file:
        assert take(file)
        runs.save_folder(tmp_path / "out", write)
    names = [".out.87654321", ".out.a1b2c3d_", ".out.not_one_of_these", "out"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_result_that_a_killed_command_had_set_aside_comes_back(tmp_path: Path) -> None:
    abandoned(tmp_path, "new", "old")

    def fail(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"out: cannot be written \(No space left on device\)"):
        runs.save_folder(tmp_path / "out", fail)
    assert content(tmp_path) == {"out/a.txt": "old"}


def test_a_killed_command_leaves_a_held_folder_that_the_next_one_sweeps(tmp_path: Path) -> None:
    code = "import os, stance.runs as r, pathlib as p\n"
    code += "r.save_folder(p.Path('out'), lambda _: os.kill(os.getpid(), 9))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [sorted(p.name for p in scratch.iterdir()) for scratch in tmp_path.iterdir()] == [
        ["lock", "new"]
    ]
    runs.save_folder(tmp_path / "out", write)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_who_writes_the_same_file_waits_and_leaves_nothing_of_a_killed_one(tmp_path: Path) -> None:
    scratch = tmp_path / ".a.txt.tmp"
    code = "import pathlib as p, stance.runs.files as f; f.replace_file(p.Path('a.txt'), b'other')"
    with scratch.open("ab") as file:
        assert take(file)
        file.write(b"half of something longer")
        file.flush()
        other = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
        with pytest.raises(subprocess.TimeoutExpired, match="timed out after 1"):
            other.wait(1)
        scratch.replace(tmp_path / "a.txt")
        assert content(tmp_path) == {"a.txt": "half of something longer"}
    assert other.wait(60) == 0
    assert content(tmp_path) == {"a.txt": "other"}
    (tmp_path / ".a.txt.tmp").write_text("what a killed one left")
    replace_file(tmp_path / "a.txt", b"one")
    assert content(tmp_path) == {"a.txt": "one"}


def test_a_file_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(DataError, match=r"a.txt: cannot be written \(Is a directory\); name anoth"):
        write_whole(tmp_path / "a.txt", b"one")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_that_is_not_there_cannot_be_held(tmp_path: Path) -> None:
    message = r"gone: cannot be used \(No such file or directory\); name another place"
    with pytest.raises(RunError, match=message), locked(tmp_path / "gone"):
        pass


def test_foreign_files_are_never_removed(tmp_path: Path) -> None:
    runs.save_folder(tmp_path / "out", write)
    (tmp_path / "out" / "part" / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"out: holds 'part/notes.txt', which stance did not write"):
        runs.save_folder(tmp_path / "out", write)
    assert content(tmp_path / "out")["part/notes.txt"] == "mine"


def test_a_link_in_the_folder_is_foreign(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path)
    with pytest.raises(DataError, match="holds 'link'"):
        runs.check_target(tmp_path / "out")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    runs.save_folder(tmp_path / "out", write)
    assert content(tmp_path / "out")["part/a.txt"] == "one"


def test_a_damaged_manifest_makes_the_folder_foreign(tmp_path: Path) -> None:
    runs.save_folder(tmp_path / "out", write)
    (tmp_path / "out" / "manifest.json").write_text("{")
    with pytest.raises(DataError, match=r"holds 'part/a\.txt'"):
        runs.check_target(tmp_path / "out")


def test_versions_name_what_can_change_a_figure() -> None:
    found = runs.versions()
    assert found["python"] == platform.python_version()
    assert {"stance", "numpy", "onnxruntime", "tokenizers", "matplotlib", "pyarrow"} < set(found)
