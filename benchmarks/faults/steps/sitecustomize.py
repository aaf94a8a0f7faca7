"""Kills the process that starts with ``FAULTS_STEP=n`` before its n-th change of the disk.

Changes are what Python tells audit hooks of below the working folder. With ``FAULTS_STEPS=FILE``
they are listed in a file at the end. Children inherit neither.
"""

import atexit
import os
import signal
import sys
from pathlib import Path

_AT = int(os.environ.pop("FAULTS_STEP", "0"))
_LIST = os.environ.pop("FAULTS_STEPS", "")
_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "open"}
_PLACE = str(Path.cwd())
_seen: list[str] = []


def _step(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _EVENTS:
        return
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & 3):
        return
    path = arguments[0]
    if not isinstance(path, str | bytes | os.PathLike):
        return
    name = os.fsdecode(path)
    if os.path.isabs(name) and not name.startswith(_PLACE):  # noqa: PTH117 - asked too often
        return
    _seen.append(f"{event} {name}")
    if len(_seen) == _AT:
        os.kill(os.getpid(), signal.SIGKILL)


def _listed() -> None:
    Path(_LIST).write_text("\n".join(_seen), encoding="utf-8")


if _AT or _LIST:
    sys.addaudithook(_step)
if _LIST:
    atexit.register(_listed)
