"""A clock that is wrong or moves: `libfaketime` under the command, but for the monotonic clock."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from .cases import Case
from .checks import half_written, repeated
from .lab import Lab, Outcome, ended_well

_CASES = ("analyze", "run", "engine processes", "mini --cache")
_LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.*")
STARTS = {
    "1970": "@1970-01-02 00:00:00",
    "2001": "@2001-09-09 01:46:40",
    "2099": "@2099-12-31 12:00:00",
}
JUMPS = {"a day back": "-1d", "ten years back": "-3650d", "ten years ahead": "+3650d"}


def trials(lab: Lab, draw: random.Random, rounds: int) -> Iterator[Outcome]:
    """Start every command at other times, and move the clock while it runs, that often each."""
    library = _library()
    for name in lab.among(_CASES):
        case = lab.cases[name]
        for number in range(rounds):
            if library is None:
                yield Outcome("clock", name, False, detail="no libfaketime", skipped=True)
                continue
            yield started_at(lab, case, library, list(STARTS)[number % len(STARTS)])
            yield moved(lab, case, library, list(JUMPS)[number % len(JUMPS)], draw)


def _library() -> Path | None:
    places = (Path("/").glob(pattern.lstrip("/")) for pattern in _LIBRARIES)
    return next((path for found in places for path in found), None)


def started_at(lab: Lab, case: Case, library: Path, start: str) -> Outcome:
    """Run a command in another year, then again in this one."""
    whole = lab.undisturbed(case).whole
    with lab.place() as place:
        child = lab.start(case.command, place, _faked(library, FAKETIME=STARTS[start]), fresh=True)
        ended = child.wait()
        wrong = ended_well(ended)
        if ended.status == 0:
            wrong += repeated(place, case, whole)
        wrong += lab.again(case, place)
    return Outcome("clock wrong", case.name, True, tuple(wrong), start)


def moved(lab: Lab, case: Case, library: Path, jump: str, draw: random.Random) -> Outcome:
    """Move the clock at a random moment, kill at a later one, and repeat in the true time."""
    undisturbed = lab.undisturbed(case)
    first, second = sorted(draw.random() * undisturbed.seconds for _ in range(2))
    now = lab.folder / "now.txt"
    now.write_text("+0\n", encoding="utf-8")
    faked = _faked(library, FAKETIME_TIMESTAMP_FILE=str(now), FAKETIME_NO_CACHE="1")
    with lab.place() as place:
        child = lab.start(case.command, place, faked, fresh=True)
        struck = child.sleep(first)
        now.write_text(f"{JUMPS[jump]}\n", encoding="utf-8")
        if draw.random() < 0.5 and child.sleep(second - first):
            child.kill_all()
            child.wait()
            wrong = half_written(place, case, undisturbed.whole, {})
        else:
            wrong = ended_well(child.wait())
        wrong += lab.again(case, place)
    return Outcome("clock moved", case.name, struck, tuple(wrong), f"{jump} after {first:.3f} s")


def _faked(library: Path, **settings: str) -> dict[str, str]:
    return {"LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1", **settings}
