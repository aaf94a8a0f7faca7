"""Hidden folders in which results are made: held while a command is at work, swept after it.

::

    .<result>.<8 letters>/
        lock      held as long as the command lives
        new/      the result until it is whole
        old/      the earlier result, between two renames
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from stance.runs.locks import LOCK, still_names, take

_TRIES = 3


@contextmanager
def scratch_beside(target: Path) -> Iterator[Path]:
    """Make a folder beside ``target`` that goes at the end, as do those that killed commands left.

    Raises:
        OSError: It cannot be made.
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep_beside(target)
    with ExitStack() as held:
        scratch = _claimed(target, held)
        held.callback(_empty, scratch, target)
        yield scratch


def _claimed(target: Path, held: ExitStack) -> Path:
    """Make a folder and lock it; in between another command may take it for abandoned."""
    for _ in range(_TRIES):
        scratch = _made(target)
        with suppress(FileNotFoundError), ExitStack() as own:
            own.callback(_remove, scratch)
            file = own.enter_context((scratch / LOCK).open("a"))
            if take(file) and still_names(scratch / LOCK, file):
                held.enter_context(own.pop_all())
                return scratch
    scratch = _made(target)
    held.callback(_remove, scratch)
    return scratch


def _made(target: Path) -> Path:
    return Path(mkdtemp(prefix=f".{target.name}.", dir=target.parent))


def _sweep_beside(target: Path) -> None:
    ours = re.compile(rf"\.{re.escape(target.name)}\.[a-z0-9_]{{8}}")
    with suppress(OSError):
        for folder in sorted(target.parent.iterdir()):
            if ours.fullmatch(folder.name) and not folder.is_symlink():
                _sweep(folder, target)


def _sweep(folder: Path, target: Path) -> None:
    """Remove a folder that no living command holds."""
    with suppress(OSError):
        if {path.name for path in folder.iterdir()} <= {LOCK, "new", "old"}:
            folder.rmdir() if not any(folder.iterdir()) else _sweep_locked(folder, target)


def _sweep_locked(folder: Path, target: Path) -> None:
    with (folder / LOCK).open("r+") as file:
        if not take(file):
            return
        _empty(folder, target)
    _remove(folder)


def _empty(scratch: Path, target: Path) -> None:
    """Bring back an earlier result that nothing took the place of, and remove the rest."""
    if not target.exists():
        with suppress(OSError):
            (scratch / "old").rename(target)
    for name in ("new", "old"):
        shutil.rmtree(scratch / name, ignore_errors=True)


def _remove(scratch: Path) -> None:
    with suppress(OSError):
        (scratch / LOCK).unlink(missing_ok=True)
        scratch.rmdir()
