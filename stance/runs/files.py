"""Files that are whole or not there, a lock, and digests."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from stance.errors import DataError, RunError
from stance.runs import file_hash

LOCK = "lock"


def replace_file(path: Path, content: bytes) -> None:
    """Write a file under a temporary name and rename it: a reader sees the old or the new one."""
    scratch = path.with_name(f".{path.name}.tmp")
    with scratch.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that a user named, as `replace_file` does; one that is there is replaced.

    Raises:
        DataError: It cannot be written; what was there is left as it was.
    """
    try:
        replace_file(path, content)
    except OSError as error:
        with suppress(OSError):
            path.with_name(f".{path.name}.tmp").unlink()
        reason = error.strerror or str(error)
        raise DataError(f"{path}: cannot be written ({reason}); name another file") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it however the process ends.

    Raises:
        RunError: Another process holds it.
    """
    with (folder / LOCK).open("a+") as file:
        try:
            _lock(file.fileno())
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise RunError(
                f"{folder}: another run (process {holder}) is at work there; wait for its end or "
                "name another place with --runs"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


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
