"""A lock on an open file, which the system lets go of however the process ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, Any

LOCK = "lock"
"""The name of the file that is locked in a folder."""


def take(file: IO[Any], *, wait: bool = False) -> bool:
    """Lock an open file; return False where another process has it, or no lock can be had.

    Args:
        file: Open for writing.
        wait: Whether to wait for the other process.
    """
    try:
        _lock(file.fileno(), wait=wait)
    except OSError:
        return False
    return True


def _lock(descriptor: int, *, wait: bool) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def still_names(path: Path, file: IO[Any]) -> bool:
    """Return whether a path is that of an open file, and was not removed or replaced since."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
