"""The SQLite file of a score cache: opened by several processes, set aside when it is damaged."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stance.errors import CacheError

FORM = 2
"""The form of the file; one of another form is refused."""

_PATIENCE = 30.0
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS scorers (id INTEGER PRIMARY KEY, fingerprint TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS scores (
    key BLOB PRIMARY KEY CHECK (typeof(key) = 'blob'),
    value BLOB NOT NULL CHECK (typeof(value) = 'blob'),
    scorer INTEGER NOT NULL CHECK (typeof(scorer) = 'integer'),
    day INTEGER NOT NULL CHECK (typeof(day) = 'integer')
) WITHOUT ROWID;
PRAGMA user_version = {FORM};
COMMIT;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, making it and its folder where they are not there yet.

    Raises:
        CacheError: It has another form.
        OSError: The folder cannot be made.
        sqlite3.OperationalError: The file cannot be opened or written.
        sqlite3.DatabaseError: It is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + _PATIENCE
    while True:
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        try:
            _prepare(connection, path)
        except sqlite3.OperationalError as error:
            connection.close()
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.05)
        except BaseException:
            connection.close()
            raise
        else:
            return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, in the mode in which readers and a writer do not wait for each other."""
    connection.execute("PRAGMA trusted_schema = OFF")
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    if form not in {0, FORM}:
        raise CacheError(
            f"{path}: has form {form}, this version writes {FORM}; name another folder with --cache"
        )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if form == 0:
        connection.executescript(_SCHEMA)
    connection.execute("SELECT count(*) FROM scorers").fetchone()
    with transaction(connection):
        pass


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Write all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def shrink(connection: sqlite3.Connection) -> None:
    """Give the room of what was deleted back to the disk."""
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def size_of(connection: sqlite3.Connection) -> int:
    """Return the bytes of the file, without what is still to be moved into it."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    return int(pages * page)


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of its name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def set_aside(path: Path) -> Path:
    """Rename a damaged file, and remove what was still to be moved into it."""
    aside = path.with_name(f"{path.name}.damaged-{len(damaged(path)) + 1}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside


def damaged(path: Path) -> list[Path]:
    """Return the files that were set aside."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the system says of a file into one sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CacheError(
            f"{path}: the cache cannot be used ({reason}); name another folder with --cache DIR, "
            "or --cache off"
        ) from error
