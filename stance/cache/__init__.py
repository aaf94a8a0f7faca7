"""Scores kept on the disk: the same pair is asked of the same scorer once.

One SQLite file in a folder, in write-ahead mode, which several processes may use at once. A key is
the BLAKE2b of fingerprint, premise and hypothesis, each with its length before it; a value is the
three natural-log probabilities as they were computed, bit for bit, and a check sum, so that what a
broken disk made of them is computed anew. No text is kept.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import weakref
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias, TypeVar, final

from stance.cache.database import (
    connect,
    damaged,
    identity,
    set_aside,
    shrink,
    size_of,
    told,
    transaction,
)

__all__ = ["CacheInfo", "OnNote", "ScoreCache", "ScorerEntry", "cache_folder", "key_of", "sealed"]

FILE = "scores.sqlite"
OnNote: TypeAlias = Callable[[str], None]
"""Told what a user should know and need not stop for."""

_T = TypeVar("_T")
_EPOCH = date(1970, 1, 1)
_AT_ONCE = 900
_VALUE_BYTES, _SUM_BYTES = 12, 4


def cache_folder() -> Path:
    """Return the folder of `stance` in the user's cache folder, as the system has it."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "stance" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "stance"
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else home / ".cache") / "stance"


def key_of(fingerprint: str, premise: str, hypothesis: str) -> bytes:
    """Return the 16 bytes that a pair is kept under."""
    digest = blake2b(digest_size=16)
    for text in (fingerprint, premise, hypothesis):
        part = text.encode("utf-8", "surrogatepass")
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()


def sealed(key: bytes, value: bytes) -> bytes:
    """Return a value with its check sum, which holds for its key only."""
    return value + blake2b(key + value, digest_size=_SUM_BYTES).digest()


def _opened(key: bytes, kept: object) -> bytes | None:
    """Return a value without its check sum; None if it is not what was kept under the key."""
    value = kept[:_VALUE_BYTES] if isinstance(kept, bytes) else b""
    return value if len(value) == _VALUE_BYTES and sealed(key, value) == kept else None


def _day(number: object) -> date:
    """Return the day that was kept; what is no day of the calendar is the first."""
    if isinstance(number, int) and 0 <= number <= (date.max - _EPOCH).days:
        return _EPOCH + timedelta(number)
    return _EPOCH


@final
@dataclass(frozen=True, slots=True)
class ScorerEntry:
    """The pairs of one scorer, and the day on which one of them was last asked for."""

    fingerprint: str
    pairs: int
    last_used: date


@final
@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a cache holds: ``size`` in bytes, ``damaged`` the files that were set aside."""

    path: Path
    size: int
    scorers: tuple[ScorerEntry, ...]
    damaged: tuple[Path, ...]

    @property
    def pairs(self) -> int:
        """The number of pairs of all scorers."""
        return sum(entry.pairs for entry in self.scorers)


@final
class ScoreCache:
    """The cache in a folder; reading and writing come in batches.

    A file that is damaged is set aside under another name and a new one begun. What cannot be read
    or written once it is open is left, because an analysis should not stop for its cache. Both are
    told to ``on_note``.

    Raises:
        CacheError: The folder cannot be written, or holds a cache of another form.
    """

    def __init__(self, folder: str | Path, *, on_note: OnNote | None = None) -> None:
        self.path = Path(folder) / FILE
        self._on_note = on_note or (lambda _: None)
        self._today = (date.today() - _EPOCH).days
        with told(self.path):
            self._connection = self._open()
        self._given_up = False

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def find(self, keys: Collection[bytes]) -> dict[bytes, bytes]:
        """Return the values that are known, by key."""
        return self._forgiving(lambda: self._find(sorted(keys)), {})

    def keep(self, fingerprint: str, values: Mapping[bytes, bytes]) -> None:
        """Keep values by key, all or none of them."""
        if values:
            self._forgiving(lambda: self._keep(fingerprint, values), None)

    def info(self) -> CacheInfo:
        """Count what is there.

        Raises:
            CacheError: The file cannot be read.
        """
        with told(self.path):
            rows = self._connection.execute(
                "SELECT fingerprint, count(*), max(day) FROM scores JOIN scorers ON id = scorer "
                "GROUP BY scorer ORDER BY count(*) DESC"
            ).fetchall()
            size = size_of(self._connection)
        entries = (ScorerEntry(str(name), n, _day(last)) for name, n, last in rows)
        return CacheInfo(self.path, size, tuple(entries), tuple(damaged(self.path)))

    def prune(self, *, days: int | None = None, most: int | None = None) -> int:
        """Forget pairs, and return how many.

        Args:
            days: Pairs that were not asked for in so many days.
            most: Bytes that the file may have; what was asked for longest ago goes first.

        Raises:
            CacheError: The file cannot be written.
        """
        before = self.info().pairs
        with told(self.path):
            if days is not None:
                oldest = self._today - days
                self._connection.execute("DELETE FROM scores WHERE day < ?", (oldest,))
                shrink(self._connection)
            if most is not None and size_of(self._connection) > most:
                self._forget_oldest(1 - most / size_of(self._connection))
        return before - self.info().pairs

    def clear(self) -> int:
        """Forget all pairs, remove the files that were set aside, and return how many pairs.

        Raises:
            CacheError: The file cannot be written.
        """
        gone = self.info().pairs
        with told(self.path):
            self._connection.execute("DELETE FROM scores")
            shrink(self._connection)
            for path in damaged(self.path):
                path.unlink()
        return gone

    def _forget_oldest(self, part: float) -> None:
        (pairs,) = self._connection.execute("SELECT count(*) FROM scores").fetchone()
        self._connection.execute(
            "DELETE FROM scores WHERE key IN (SELECT key FROM scores ORDER BY day LIMIT ?)",
            (int(pairs * part) + 1,),
        )
        shrink(self._connection)

    def _find(self, keys: list[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        stale: list[tuple[int, bytes]] = []
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            places = ",".join("?" * len(part))
            asked = f"SELECT key, value, day FROM scores WHERE key IN ({places})"  # noqa: S608
            for key, kept, day in self._connection.execute(asked, part):
                value = _opened(key, kept)
                if value is not None:
                    found[key] = value
                if isinstance(day, int) and day < self._today:
                    stale.append((self._today, key))
        if stale:
            with transaction(self._connection) as connection:
                connection.executemany("UPDATE scores SET day = ? WHERE key = ?", stale)
        return found

    def _keep(self, fingerprint: str, values: Mapping[bytes, bytes]) -> None:
        with transaction(self._connection) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO scorers (fingerprint) VALUES (?)", (fingerprint,)
            )
            (scorer,) = connection.execute(
                "SELECT id FROM scorers WHERE fingerprint = ?", (fingerprint,)
            ).fetchone()
            rows = [(key, sealed(key, values[key]), scorer, self._today) for key in sorted(values)]
            connection.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?)", rows)

    def _forgiving(self, work: Callable[[], _T], otherwise: _T) -> _T:
        if self._given_up:
            return otherwise
        try:
            return work()
        except sqlite3.OperationalError as error:
            self._on_note(f"{self.path}: cannot be used ({error}); going on without a cache")
            self._given_up = True
        except sqlite3.DatabaseError:
            self._connection.close()
            with told(self.path):
                self._connection = self._anew(self._opened)
        return otherwise

    def _open(self) -> sqlite3.Connection:
        self._opened = identity(self.path)
        try:
            return self._connect()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            return self._anew(self._opened)

    def _anew(self, bad: tuple[int, int] | None) -> sqlite3.Connection:
        """Begin a new file, unless another process has done so already."""
        if identity(self.path) == bad:
            aside = set_aside(self.path)
            self._on_note(f"{self.path}: is damaged; set aside as {aside.name} and begun anew")
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self.path)
        weakref.finalize(self, connection.close)
        self._opened = identity(self.path)
        return connection
