"""A disk that is full: a small tmpfs of several sizes, which is made larger before the repeat."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .cases import Case
from .lab import Lab, Outcome, ended_well

_CASES = ("analyze", "analyze --engine local", "run", "engine local", "engine processes")
_SMALL = ("export", "sample", "mini --cache")
_PAGE = 4096


def trials(lab: Lab, draw: random.Random, rounds: int) -> Iterator[Outcome]:
    """Fill the disk under every command, that often each."""
    for name in lab.among((*_CASES, *_SMALL)):
        case = lab.cases[name]
        for _ in range(rounds):
            yield full(lab, case, draw, earlier=draw.random() < 0.3)


def full(lab: Lab, case: Case, draw: random.Random, *, earlier: bool) -> Outcome:
    """Run a command on a disk with room for a random part of what it writes."""
    with lab.place() as place:
        if not _mounted(place, 1 << 28):
            return Outcome("disk full", case.name, False, detail="no mount", skipped=True)
        with _unmounting(place):
            before = lab.prepare(case, place, earlier=earlier)
            room = draw.randint(1, 1 + _pages(lab, case)) * _PAGE
            _resize(place, _used(place) + room)
            child = lab.start(case.command, place)
            ended = child.wait()
            wrong = ended_well(ended)
            wrong += [f"{name} was left running" for name in child.left_running()]
            _resize(place, 1 << 28)
            wrong += lab.aftermath(case, place, before)
    detail = f"{room // 1024} KiB free{', over another result' if before else ''}"
    return Outcome("disk full", case.name, ended.status != 0, tuple(wrong), detail)


def _pages(lab: Lab, case: Case) -> int:
    whole = lab.undisturbed(case).whole
    return sum(1 + len(c) // _PAGE for c in whole.values()) + 4


def _mounted(place: Path, size: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(place)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _resize(place: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)


@contextmanager
def _unmounting(place: Path) -> Iterator[None]:
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def _used(place: Path) -> int:
    size = subprocess.run(
        ["df", "--output=used", "-B1", str(place)], capture_output=True, check=True, text=True
    )
    return int(size.stdout.split()[-1])
