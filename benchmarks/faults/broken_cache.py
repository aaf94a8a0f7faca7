"""The cache file: cut, overwritten, emptied, of another form, not a file, locked."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from .checks import repeated
from .lab import Lab, Outcome, ended_well

_CASE = "mini --cache"
_Breaker = Callable[[Path, random.Random], None]


def trials(lab: Lab, draw: random.Random, rounds: int) -> Iterator[Outcome]:
    """Break the cache in every way, that often each, but the slow ones once."""
    if not lab.among([_CASE]):
        return
    with lab.place() as place:
        lab.must(lab.cases[_CASE].command, place)
        for name in [name for name in BREAKERS for _ in range(rounds)]:
            yield broken(lab, place / "cache", name, draw)
        for seconds in (3.0, None):
            yield locked(lab, place / "cache", seconds)


def _cut(path: Path, draw: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: draw.randrange(1, len(content))])


def _overwritten(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(draw.randint(1, 8)):
        at = draw.randrange(len(content))
        content[at : at + 8] = draw.randbytes(len(content[at : at + 8]))
    path.write_bytes(content)


def _emptied(path: Path, _: random.Random) -> None:
    path.write_bytes(b"")


def _zeroed(path: Path, _: random.Random) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _noise(path: Path, draw: random.Random) -> None:
    path.write_bytes(draw.randbytes(path.stat().st_size))


def _other_tables(path: Path, _: random.Random) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("DROP TABLE scores; CREATE TABLE scores (other TEXT);")


def _other_form(path: Path, draw: random.Random) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {draw.randint(50, 99)}")


def _other_values(path: Path, _: random.Random) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE scores SET value = randomblob(length(value))")


def _folder(path: Path, _: random.Random) -> None:
    path.unlink()
    path.mkdir()


def _log_of_noise(path: Path, draw: random.Random) -> None:
    path.with_name(path.name + "-wal").write_bytes(draw.randbytes(40_000))


BREAKERS: dict[str, _Breaker] = {
    "cut short": _cut,
    "some bytes overwritten": _overwritten,
    "emptied": _emptied,
    "zeros": _zeroed,
    "noise": _noise,
    "other tables": _other_tables,
    "another form": _other_form,
    "other values": _other_values,
    "a folder in its place": _folder,
    "a log of noise": _log_of_noise,
}


def broken(lab: Lab, filled: Path, name: str, draw: random.Random) -> Outcome:
    """Run with a filled cache that was broken, then again without what was refused."""
    return _trial(lab, filled, name, lambda path: BREAKERS[name](path, draw))


def locked(lab: Lab, filled: Path, seconds: float | None) -> Outcome:
    """Run while another process holds the lock of the file, for some seconds or to the end."""
    name = "locked all along" if seconds is None else "locked for a while"
    return _trial(lab, filled, name, lambda _: None, _holding(seconds))


def _trial(
    lab: Lab,
    filled: Path,
    name: str,
    break_it: Callable[[Path], None],
    hold: Callable[[Path], object] = nullcontext,
) -> Outcome:
    case = lab.cases[_CASE]
    whole = lab.undisturbed(case).whole
    with lab.place() as place:
        shutil.copytree(filled, place / "cache")
        path = place / "cache" / "scores.sqlite"
        break_it(path)
        with hold(path):
            ended = lab.start(case.command, place).wait()
        wrong = ended_well(ended)
        if ended.status == 0:
            wrong += repeated(place, case, whole)
        else:
            shutil.rmtree(place / "cache")
        wrong += lab.again(case, place)
    return Outcome(f"cache: {name}", case.name, True, tuple(wrong), ended.errors.strip()[:200])


def _holding(seconds: float | None) -> Callable[[Path], object]:
    @contextmanager
    def hold(path: Path) -> Iterator[None]:
        with closing(
            sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        ) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            if seconds is not None:
                threading.Timer(seconds, connection.rollback).start()
            yield

    return hold
