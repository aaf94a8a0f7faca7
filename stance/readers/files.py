"""Find the files of a list of inputs, and open them, compressed or not."""

from __future__ import annotations

import errno
import gzip
import io
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, final

from stance.errors import DataError
from stance.parquet_rows import BYTE_LIMIT
from stance.readers.places import STDIN, Fault, Place

KINDS = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
READ_ERRORS = (OSError, EOFError, zlib.error)
"""What reading a file, compressed or not, may raise."""


@final
@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: ``name`` is what its articles are called after, ``kind`` how it is read."""

    path: Path | None
    name: str
    kind: str

    @property
    def place(self) -> Place:
        """Where a fault of the whole file is."""
        return Place(STDIN if self.path is None else str(self.path))


def locate(inputs: Sequence[str | Path] | str | Path) -> list[Source]:
    """List what to read, in the order of ``inputs``, a folder sorted by path; each file once."""
    listed = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    if not listed:
        raise DataError("there is nothing to read: name a file, a folder or - for standard input")
    sources = (source for each in listed for source in _sources(each))
    seen: set[str] = set()
    return [source for source in sources if _first_time(_identity(source), seen)]


def reason_of(error: OSError | EOFError | zlib.error) -> str:
    """Say in a few words why a file could not be read."""
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return f"the file is too large ({error.strerror})"
    if isinstance(error, OSError) and error.strerror:
        return f"the file cannot be read ({error.strerror})"
    return "the file cannot be read (its gzip compression is damaged)"


def read_whole(source: Source, path: Path) -> bytes | Fault:
    """Read the file of one article to its end."""
    try:
        with open_bytes(path, limit=BYTE_LIMIT) as stream:
            return stream.read()
    except READ_ERRORS as error:
        return Fault(source.place, reason_of(error))


@contextmanager
def open_bytes(path: Path, *, limit: int | None = None) -> Iterator[io.BufferedReader]:
    """Open a file for reading; a gzip file is decompressed, and never beyond ``BYTE_LIMIT``."""
    with path.open("rb") as raw:
        if path.suffix.lower() == ".gz":
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield io.BufferedReader(_Bounded(unpacked, limit or BYTE_LIMIT), 2**20)
        elif limit is None:
            yield raw
        else:
            yield io.BufferedReader(_Bounded(raw, limit), 2**20)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@final
class _Bounded(io.RawIOBase):
    """A stream that refuses to exceed ``limit`` bytes: a small gzip file may hold terabytes."""

    def __init__(self, inner: _Readable, limit: int) -> None:
        self._inner = inner
        self._limit = limit
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._inner.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise OSError(errno.EFBIG, f"it holds more than {self._limit} bytes")
        buffer[: len(data)] = data
        return len(data)


def _sources(given: str | Path) -> Iterable[Source]:
    if given == "-":
        return [Source(None, "stdin", "stdin")]
    path = Path(given)
    if os.path.isdir(path):  # noqa: PTH112 - False for a name that is too long
        return _in_folder(path)
    if not os.path.exists(path):  # noqa: PTH110 - the same
        raise DataError(f"{path}: there is no such file or folder; check the path")
    return [Source(path, _bare(path).name, _kind(path) or "text")]


def _in_folder(folder: Path) -> list[Source]:
    found = sorted(_walk(folder), key=lambda path: path.relative_to(folder).parts)
    if not found:
        suffixes = ", ".join(KINDS)
        raise DataError(f"{folder}: the folder holds no articles; add files ending in {suffixes}")
    return [
        Source(path, _bare(path.relative_to(folder)).as_posix(), _kind(path) or "text")
        for path in found
    ]


def _walk(folder: Path) -> Iterator[Path]:
    """Every visible file of a known kind; a folder is entered once, so a loop of links ends.

    A link to nothing is among them, to be reported; a pipe or a device is not, however it is named.
    """
    waiting, seen = [folder], set[str]()
    while waiting:
        current = waiting.pop()
        if not _first_time(os.path.realpath(current), seen):
            continue
        for path in _entries(current):
            if path.is_dir():
                waiting.append(path)
            elif _kind(path) and (path.is_file() or not path.exists()):
                yield path


def _entries(folder: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names are what is wanted
    except OSError as error:
        raise DataError(f"{folder}: the folder cannot be read ({error.strerror})") from error
    return [folder / name for name in names if not name.startswith(".")]


def _first_time(key: str, seen: set[str]) -> bool:
    known = key in seen
    seen.add(key)
    return not known


def _identity(source: Source) -> str:
    return "-" if source.path is None else os.path.realpath(source.path)


def _unpacked(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def _bare(path: Path) -> Path:
    return _unpacked(path).with_suffix("")


def _kind(path: Path) -> str | None:
    return KINDS.get(_unpacked(path).suffix.lower())
