"""Changes of the disk as Python tells audit hooks: counted, listed, or the moment of a kill."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "open"}
_WRITING = os.O_WRONLY | os.O_RDWR


class Steps:
    """Notes every change below the working folder; the process is killed before the ``at``-th."""

    def __init__(self, at: int = 0) -> None:
        self.seen: list[str] = []
        self._at = at
        self._place = f"{Path.cwd()}{os.sep}"
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in _EVENTS or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
            return
        name = os.fsdecode(arguments[0])
        if name.startswith(os.sep) and not name.startswith(self._place):
            return
        self.seen.append(f"{event} {name}")
        if len(self.seen) == self._at:
            os.kill(os.getpid(), signal.SIGKILL)
