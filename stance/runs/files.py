"""Files that are whole or not there, a lock, and digests."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from stance.errors import DataError, RunError
from stance.runs import file_hash
from stance.runs.locks import LOCK, still_names, take


def replace_file(path: Path, content: bytes) -> None:
    """Write a file under a temporary name and rename it: a reader sees the old or the new one.

    Who writes the same file at the same time waits. What cannot be written leaves nothing.

    Raises:
        OSError: It cannot be written.
    """
    scratch = path.with_name(f".{path.name}.tmp")
    with _alone(scratch) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if sys.platform != "win32":
                scratch.replace(path)
        except BaseException:
            with suppress(OSError):
                scratch.unlink()
            raise
    if sys.platform == "win32":
        scratch.replace(path)


@contextmanager
def _alone(scratch: Path) -> Iterator[BinaryIO]:
    """Open a file, empty, that no other process writes; what a killed one left in it goes."""
    while True:
        with scratch.open("ab") as file:
            take(file, wait=True)
            if still_names(scratch, file):
                file.truncate(0)
                yield file
                return


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that a user named, as `replace_file` does; one that is there is replaced.

    Raises:
        DataError: It cannot be written; what was there is left as it was.
    """
    try:
        replace_file(path, content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path}: cannot be written ({reason}); name another file") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it however the process ends.

    Raises:
        RunError: Another process holds it or has just removed it, or it cannot be written.
    """
    try:
        file = (folder / LOCK).open("a+")
    except OSError as error:
        raise RunError(
            f"{folder}: cannot be used ({error.strerror}); name another place"
        ) from error
    with file:
        if not take(file) or not still_names(folder / LOCK, file):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise RunError(
                f"{folder}: another run (process {holder}) is at work there; wait for its end or "
                "name another place with --runs"
            )
        with suppress(OSError):
            file.truncate(0)
            os.write(file.fileno(), f"{os.getpid()}\n".encode())
        yield


def digest_of(*parts: object) -> str:
    """Return the SHA-256 of values that JSON can write."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def tree_hash(place: Path) -> str | None:
    """Return the SHA-256 of a file, or of all names and files below a folder; None if absent."""
    if place.is_file():
        return file_hash(place)
    if not place.is_dir():
        return None
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return digest_of([(path.relative_to(place).as_posix(), file_hash(path)) for path in files])
