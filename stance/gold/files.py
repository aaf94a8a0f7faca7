"""Gold labels from csv, tsv, jsonl, parquet, Label Studio JSON and `datasets`."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Mapping
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from stance.errors import DataError, MissingExtraError
from stance.gold import Gold, SentenceKey
from stance.gold.label_studio import rows_of_tasks
from stance.gold.rows import gold_of_rows
from stance.gold.spreadsheets import GUARDED, unguarded
from stance.parquet_rows import bounded_rows, parquet_rows

KINDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".json")
DATASETS = "datasets:"
_Rows = list[dict[str, Any]]


def read_gold(
    source: str | Path,
    *,
    frames: Collection[str] | None = None,
    targets: Collection[str] | None = None,
) -> Gold:
    """Read gold labels.

    Args:
        source: A csv, tsv, jsonl or parquet file in wide form, an export of Label Studio (JSON or
            JSON-MIN), a folder saved by ``datasets``, or ``datasets:NAME[:SPLIT]`` (extra hf).
            If ``NAME.design.csv`` lies beside ``NAME.csv``, as `stance sample` leaves it, its
            inclusion probabilities and strata are taken over.
        frames: The frames there are; None takes every column that is not about the sentence.
        targets: The targets there are; None takes every column that begins with ``stance:``.

    Raises:
        DataError: The file cannot be read, or a row of it cannot be used.
        MissingExtraError: A data set is asked for without the library ``datasets``.
    """
    if str(source).startswith(DATASETS) or Path(source).is_dir():
        found = _rows_of_dataset(str(source))
        return gold_of_rows(found, place=str(source), frames=frames, targets=targets)
    path = Path(source)
    rows = _rows_of_file(path, frames)
    if not rows:
        raise DataError(f"{path}: holds no rows; add one row a sentence")
    design = path.with_suffix(".design.csv")
    drawn = _design(design) if design.is_file() and design != path else {}
    return gold_of_rows(
        rows,
        place=str(path),
        frames=frames,
        targets=targets,
        digest=sha256(path.read_bytes()).hexdigest(),
        design=drawn,
    )


def _rows_of_file(path: Path, frames: Collection[str] | None) -> _Rows:
    kind = path.suffix.lower()
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; check the path")
    if kind not in KINDS:
        raise DataError(f"{path}: gold is read from {', '.join(KINDS)}; save it as one of them")
    if kind == ".parquet":
        return _rows_of_parquet(path)
    text = _text(path)
    if kind in {".csv", ".tsv"}:
        return _rows_of_csv(text, path, "," if kind == ".csv" else "\t")
    if kind == ".json":
        return rows_of_tasks(_loaded(text, f"{path}"), str(path), frames)
    lines = [(k, line) for k, line in enumerate(text.splitlines(), start=1) if line.strip()]
    found = [_loaded(line, f"{path}: line {k}") for k, line in lines]
    if not all(isinstance(row, dict) for row in found):
        raise DataError(f"{path}: every line must be an object with the columns as keys")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 text ({error}); save it so") from error


def _loaded(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place}: is not JSON ({error}); mend it") from error


def _rows_of_csv(text: str, path: Path, delimiter: str) -> _Rows:
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = list(reader.fieldnames or [])
        rows: _Rows = list(reader)
    except csv.Error as error:
        raise DataError(
            f"{path}: line {reader.reader.line_num}: {error}; mend the quotes"
        ) from error
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{path}: column {twice!r} is there twice; remove one")
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise DataError(f"{path}: row {number}: has not {len(names)} cells; mend the row")
        row.update({name: unguarded(row[name]) for name in GUARDED if name in row})
    return rows


def _rows_of_parquet(path: Path) -> _Rows:
    import pyarrow as pa

    try:
        rows: _Rows = list(parquet_rows(path))
    except (OSError, pa.ArrowException, ValueError, OverflowError) as error:
        raise DataError(f"{path}: is not a parquet file ({error})") from error
    return rows


def _rows_of_dataset(source: str) -> list[Mapping[str, Any]]:
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError("reading a data set", "hf") from error
    name, _, split = source.removeprefix(DATASETS).partition(":")
    try:
        if Path(name).is_dir() and not source.startswith(DATASETS):
            found: Any = datasets.load_from_disk(source)
        else:
            found = datasets.load_dataset(name, split=split or None)
    except (OSError, ValueError) as error:
        raise DataError(f"{source}: cannot be loaded ({error}); check the name") from error
    if isinstance(found, Mapping):
        raise DataError(
            f"{source}: holds the splits {', '.join(found)}; name one, as in datasets:NAME:SPLIT"
        )
    try:
        return list(bounded_rows(found))
    except (OSError, ValueError) as error:
        raise DataError(f"{source}: cannot be read ({error}); give the labels alone") from error


def _design(design: Path) -> dict[SentenceKey, tuple[float, str]]:
    rows = _rows_of_csv(_text(design), design, ",")
    try:
        return {
            (row["article_id"], int(row["sentence_id"])): (
                float(row["inclusion_probability"]),
                row.get("stratum", ""),
            )
            for row in rows
        }
    except (KeyError, ValueError) as error:
        raise DataError(f"{design}: is not the design of a sample ({error})") from error
