"""Result folders: written to a temporary place, moved when whole, never over somebody else's."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from stance.errors import DataError
from stance.runs.scratch import scratch_beside

MANIFEST = "manifest.json"


def save_folder(target: Path, write: Callable[[Path], None], *, option: str = "--out") -> None:
    """Fill a folder by ``write`` in a temporary place beside it, then put it in place.

    A result that is already there is replaced only when the new one is whole. ``option`` is what a
    user names another folder with.

    Raises:
        DataError: The folder holds something that `stance` did not write, or cannot be written;
            what was there is left as it was.
    """
    check_target(target, option=option)
    with _reported(target, option), scratch_beside(target) as scratch:
        fresh = scratch / "new"
        fresh.mkdir()
        write(fresh)
        _swap(fresh, target, scratch / "old")


def check_target(target: Path, *, option: str = "--out") -> None:
    """Check that a result may be written at ``target``, which ``option`` names.

    Raises:
        DataError: It is a file, or a folder with something that `stance` did not write.
    """
    if target.is_dir():
        foreign = _foreign(target)
        if foreign:
            raise DataError(
                f"{target}: holds {foreign[0]!r}, which stance did not write; "
                f"move it away or name another folder with {option}"
            )
        return
    for place in (target, *target.parents):
        if place.is_dir():
            return
        if place.exists() or place.is_symlink():
            what = "is" if place == target else f"{place} is"
            raise DataError(f"{target}: {what} not a folder; name another place with {option}")


def _foreign(folder: Path) -> list[str]:
    written = {MANIFEST, *_files_of(folder)}
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    names = sorted(path.relative_to(folder).as_posix() for path in found)
    return [name for name in names if name not in written]


def _files_of(folder: Path) -> list[str]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return list(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


@contextmanager
def _reported(target: Path, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(
            f"{target}: cannot be written ({reason}); nothing was changed, "
            f"name another folder with {option}"
        ) from error


def _swap(fresh: Path, target: Path, aside: Path) -> None:
    if not target.exists():
        fresh.rename(target)
        return
    target.rename(aside)
    try:
        fresh.rename(target)
    except BaseException:
        aside.rename(target)
        raise


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, with the SHA-256 of every file already in the folder."""
    files = {
        path.relative_to(folder).as_posix(): file_hash(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    text = json.dumps({**manifest, "files": files}, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Python and of every library that can change a figure."""
    scoring = ("stance", "numpy", "onnxruntime", "tokenizers", "torch", "transformers")
    installed = {name: _version(name) for name in (*scoring, "matplotlib", "pyarrow")}
    return {"python": platform.python_version(), **installed}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed as a package"
