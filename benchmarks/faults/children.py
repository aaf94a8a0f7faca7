"""Commands as processes: started with a mark, killed, and looked for when they should be gone."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .forks import Fork

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600.0
"""Seconds after which a command is taken to hang."""
_MARK = "FAULTS_TRIAL"


@dataclass
class Child:
    """A running command; ``mark`` is in the environment of all that it starts."""

    process: subprocess.Popen[bytes] | Fork
    mark: str
    errors: Path
    started: float = field(default_factory=time.monotonic)

    def wait(self, patience: float = PATIENCE) -> Ended:
        """Wait for the end; what hangs is killed and has the status None."""
        status: int | None = None
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill_all()
            self.process.wait()
        seconds = time.monotonic() - self.started
        told = self.errors.read_text(encoding="utf-8", errors="replace")
        self.errors.unlink()
        return Ended(status, told, seconds)

    def sleep(self, seconds: float) -> bool:
        """Wait that long, and return whether the command still runs."""
        try:
            self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return True
        return False

    def marked(self) -> list[int]:
        """Return the processes that this command started, and itself if it runs."""
        wanted = f"{_MARK}={self.mark}".encode()
        found = [pid for pid in _processes() if wanted in _environment(pid)]
        return found + ([self.process.pid] if self.process.poll() is None else [])

    def workers(self) -> list[int]:
        """Return the processes in which shards are tagged."""
        names = {pid: _command(pid) for pid in self.marked() if pid != self.process.pid}
        signs = (b"stance.engine.worker", b"ray::Map")
        return [pid for pid, name in names.items() if any(sign in name for sign in signs)]

    def kill_parent(self) -> None:
        """Kill the process of the command alone."""
        self.process.kill()

    def kill_all(self) -> None:
        """Kill everything that bears the mark."""
        for _ in range(3):
            for pid in self.marked():
                _kill(pid)

    def kill_worker(self, draw: random.Random) -> bool:
        """Kill one worker; False if there is none."""
        found = self.workers()
        return bool(found) and _kill(draw.choice(found))

    def left_running(self, patience: float = 120.0) -> list[str]:
        """Wait for all processes to end; kill and name those that do not."""
        until = time.monotonic() + patience
        while (left := self.marked()) and time.monotonic() < until:
            time.sleep(0.05)
        names = [_command(pid)[:60].decode(errors="replace") for pid in left]
        self.kill_all()
        return names


@dataclass(frozen=True)
class Ended:
    """How a command ended: ``status`` None if it hung, negative if it was killed."""

    status: int | None
    errors: str
    seconds: float

    @property
    def one_sentence(self) -> bool:
        """Whether it told one error in one line, with status 1, or 2 where an option is wrong."""
        sign = {1: "stance: ", 2: "Error: "}.get(self.status or 0, "\0")
        told = [line for line in self.errors.splitlines() if line.startswith(sign)]
        return len(told) == 1 and "Traceback" not in self.errors


def start(
    command: tuple[str, ...],
    place: Path,
    *,
    settings: Mapping[str, str] | None = None,
    fresh: bool = False,
) -> Child:
    """Start a command in a folder, in a session of its own: a fork, or a fresh interpreter."""
    mark = uuid.uuid4().hex
    handle, errors = tempfile.mkstemp(prefix="faults-", suffix=".err")
    added = {_MARK: mark, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **(settings or {})}
    if not fresh:
        os.close(handle)
        return Child(Fork(command, place, added, Path(errors)), mark, Path(errors))
    with os.fdopen(handle, "wb") as told:
        process = subprocess.Popen(
            command,
            cwd=place,
            env={**os.environ, **added},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=told,
            start_new_session=True,
        )
    return Child(process, mark, Path(errors))


def _processes() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]  # noqa: PTH208


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return b""


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
