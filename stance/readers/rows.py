"""Tables row by row: JSON lines, CSV and Parquet, never more than a batch of rows in memory."""

from __future__ import annotations

import csv
import errno
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import final

from stance.errors import DataError
from stance.parquet_rows import BYTE_LIMIT, parquet_rows
from stance.readers.decode import UTF8, NotText, codec_of, encoding_of
from stance.readers.files import READ_ERRORS, Source, open_bytes, reason_of
from stance.readers.places import Fault, Place

_SAMPLE = 2**20
_BAD_BYTE = re.compile("[\ud800-\udfff]")


@final
@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; ``number`` counts from 1, faulty rows included, blank lines not."""

    place: Place
    number: int
    values: Mapping[str, object]
    encoding: str = field(default=UTF8)


def rows_of_file(source: Source, path: Path) -> Iterator[Row | Fault]:
    """Read the rows of a file by its kind; what is wrong with the whole file is a `DataError`."""
    tsv = partial(_csv_file, delimiter="\t")
    readers: dict[str, Callable[[Path], Iterator[Row | Fault]]]
    readers = {"parquet": _parquet, "jsonl": _jsonl_file, "csv": _csv_file, "tsv": tsv}
    empty = True
    try:
        for row in readers[source.kind](path):
            empty = False
            yield row
    except READ_ERRORS as error:
        mend = "; split it" if getattr(error, "errno", None) == errno.EFBIG else ""
        raise DataError(f"{path}: {reason_of(error)}{mend}") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: the file is not valid {error.encoding}; save it as UTF-8"
        ) from error
    if empty:
        raise DataError(f"{path}: the table holds no rows; remove the file or fill it")


def jsonl_rows(lines: Iterable[str], path: str, encoding: str = UTF8) -> Iterator[Row | Fault]:
    """One JSON object a line; blank lines are passed over."""
    number = 0
    for count, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        number += 1
        place = Place(path, "line", count)
        values = _object(line)
        if isinstance(values, str):
            yield Fault(place, values)
        else:
            yield Row(place, number, values, encoding)


def _object(line: str) -> dict[str, object] | str:
    """The object of a line, or what is wrong with it."""
    if _BAD_BYTE.search(line):
        return "the line is not valid UTF-8"
    try:
        value = json.loads(line.rstrip())
    except (ValueError, RecursionError) as error:
        return f"the line is not valid JSON ({_json_reason(error)})"
    return value if isinstance(value, dict) else "the line is not a JSON object"


def _json_reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def _jsonl_file(path: Path) -> Iterator[Row | Fault]:
    encoding = _table_encoding(path)
    with open_bytes(path) as stream, _text(stream, encoding, newline=None) as lines:
        yield from jsonl_rows(lines, str(path), encoding)


def _csv_file(path: Path, delimiter: str | None = None) -> Iterator[Row | Fault]:
    encoding = _table_encoding(path)
    with open_bytes(path) as stream, _text(stream, encoding, newline="") as lines:
        first = next(lines, "")
        records = _records(chain([first], lines), delimiter or _delimiter(first))
        names = next(records, [])
        if isinstance(names, str):
            raise DataError(f"{path}: the header is not valid CSV ({names}); mend the first line")
        _check_names(names, path)
        for number, record in enumerate(records, start=1):
            yield _csv_row(Place(str(path), "row", number), names, record, encoding)


def _csv_row(place: Place, names: list[str], record: list[str] | str, encoding: str) -> Row | Fault:
    if isinstance(record, str):
        return Fault(place, f"the row is not valid CSV ({record})")
    if len(record) != len(names):
        return Fault(place, f"the row has {len(record)} fields where the header has {len(names)}")
    if any(_BAD_BYTE.search(value) for value in record):
        return Fault(place, f"the row is not valid {encoding.upper()}")
    return Row(place, place.number or 0, dict(zip(names, record, strict=True)), encoding)


def _records(lines: Iterable[str], delimiter: str) -> Iterator[list[str] | str]:
    """Records, or what is wrong with one; the limit on a field is the process's: put it back."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        before = csv.field_size_limit(BYTE_LIMIT)
        try:
            record: list[str] | str = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            record = str(error)
        finally:
            csv.field_size_limit(before)
        if record:
            yield record


def _delimiter(header: str) -> str:
    """A comma, unless the header has none: then the semicolon or the tab that it has."""
    if "," in header:
        return ","
    return max(";\t", key=header.count) if any(mark in header for mark in ";\t") else ","


def _check_names(names: list[str], path: Path) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(f"{path}: two columns are called {twice[0]!r}; rename one of them")


def _parquet(path: Path) -> Iterator[Row | Fault]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        _check_names(parquet.read_schema(path).names, path)
        for number, values in enumerate(parquet_rows(path), start=1):
            yield Row(Place(str(path), "row", number), number, values)
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise DataError(
            f"{path}: the file is not a readable Parquet file; write it again"
        ) from error


def _table_encoding(path: Path) -> str:
    with open_bytes(path) as stream:
        sample = stream.read(_SAMPLE + 1)
    encoding = encoding_of(sample[:_SAMPLE], whole=len(sample) <= _SAMPLE)
    if isinstance(encoding, NotText) or (b"\x00" in sample and encoding == UTF8):
        reason = encoding.reason if isinstance(encoding, NotText) else "the file is not text"
        raise DataError(f"{path}: {reason}; save the table as UTF-8")
    return encoding


def _text(stream: io.BufferedReader, encoding: str, *, newline: str | None) -> io.TextIOWrapper:
    """Bad bytes become lone surrogates, so that they spoil their row and not the file."""
    return io.TextIOWrapper(
        stream, encoding=codec_of(encoding), errors="surrogateescape", newline=newline
    )
