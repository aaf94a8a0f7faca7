"""Commands as forks of this process, which has imported what they import: the work, not its start.

Python takes a second or more to start a command and milliseconds to fork one. A fork is a process
like any other, with its own session, and is killed like any other.
"""

from __future__ import annotations

import ctypes
import gc
import os
import runpy
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from .steps import Steps

_CAPABILITY_VERSION = 0x20080522
_DAC = 0b110
"""The bits of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: root may read and write all."""
_UNWANTED = ("ray", "torch")


class Fork:
    """A command at work in a fork, with as much of `subprocess.Popen` as is needed."""

    def __init__(
        self, command: tuple[str, ...], place: Path, settings: Mapping[str, str], errors: Path
    ) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _redirect(place, settings, errors)
                _work(command[1:])
            finally:
                os._exit(1)

    def poll(self) -> int | None:
        """Return the status; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float = float("inf")) -> int:
        """Wait for the end.

        Raises:
            subprocess.TimeoutExpired: It did not come in so many seconds.
        """
        until = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() >= until:
                raise subprocess.TimeoutExpired("a fork", timeout)
            time.sleep(0.002)
        return status

    def kill(self) -> None:
        """Kill the process, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def _redirect(place: Path, settings: Mapping[str, str], errors: Path) -> None:
    os.setsid()
    os.chdir(place)
    os.environ.update(settings)
    nothing, told = os.open(os.devnull, os.O_RDWR), os.open(errors, os.O_WRONLY)
    for source, number in ((nothing, 0), (nothing, 1), (told, 2)):
        os.dup2(source, number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "w" if n else "r") for n in range(3))
    if "FAULTS_HUMBLE" in os.environ:
        obey_permissions()


def _work(words: tuple[str, ...]) -> NoReturn:
    """Do what ``python WORDS…`` does; nothing that the first process has to end is ended here."""
    listing = os.environ.pop("FAULTS_STEPS", None)
    at = int(os.environ.pop("FAULTS_STEP", 0))
    steps = Steps(at) if at or listing else None
    status: object = 0
    try:
        _main(words)
    except SystemExit as end:
        status = end.code
        if isinstance(status, str):
            print(status, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    if listing and steps:
        Path(listing).write_text("\n".join(steps.seen), encoding="utf-8")
        Path(f"{listing}.modules").write_text("\n".join(sys.modules), encoding="utf-8")
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


def _main(words: tuple[str, ...]) -> None:
    if words[0] == "-m":
        sys.argv = [words[1], *words[2:]]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [*words]
        runpy.run_path(words[0], run_name="__main__")


def import_most() -> None:
    """Import what most commands import, before the first fork."""
    for name in ("cli", "experiment", "analysis", "engine.corpus", "runner.stages"):
        import_module(f"stance.{name}")


def import_like(listing: Path) -> None:
    """Import the modules that a command had imported in the end, to be shared by all forks."""
    for name in Path(f"{listing}.modules").read_text(encoding="utf-8").splitlines():
        if name.split(".")[0] not in _UNWANTED and not name.startswith(("_", "benchmarks")):
            with suppress(Exception):
                import_module(name)
    gc.collect()
    gc.freeze()


def obey_permissions() -> None:
    """Give up root's right to read and write whatever is barred, in this process for good."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    data = (ctypes.c_uint32 * 6)()
    system = ctypes.CDLL(None, use_errno=True)
    if system.capget(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for place in range(3):
        data[place] &= ~_DAC
    if system.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset")
