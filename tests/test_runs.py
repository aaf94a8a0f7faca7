"""Result folders: whole or not at all."""

from __future__ import annotations

import json
import platform
from hashlib import sha256
from pathlib import Path

import pytest

from stance import runs
from stance.errors import DataError


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
