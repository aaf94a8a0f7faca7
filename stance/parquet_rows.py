"""Parquet read in bounds: a file of a kilobyte may hold terabytes."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stance.errors import RunError

BYTE_LIMIT = 2**30
"""The most bytes of one article, or of one file once it is decompressed: 1 GiB."""
MOST_TIMES = 200
"""How many times its size a large Parquet file may hold; news text reaches about 10."""

_BATCH = 1_024
_BYTES_AT_ONCE = 2**24
_BITS = {"BOOLEAN": 1, "INT32": 32, "FLOAT": 32, "BYTE_ARRAY": 32}


def parquet_rows(path: Path, *, limit: int = BYTE_LIMIT) -> Iterator[dict[str, Any]]:
    """Yield every row of a Parquet file; what is held at once fits 16 MiB or is one row.

    Args:
        path: The file.
        limit: The most bytes it may hold, or `MOST_TIMES` its size if that is more.

    Raises:
        OSError: The file cannot be read, or holds more than that.
        pyarrow.ArrowException: It is no Parquet file.
        ValueError: It holds text that is not UTF-8, or a date beyond the calendar.
        OverflowError: It holds a time beyond the calendar.
    """
    import pyarrow as pa

    for batch in _batches(path, limit):
        for part in _parts(batch):
            table = pa.Table.from_batches([part])
            yield from table.cast(_plain(table.schema)).to_pylist()


def parquet_table(path: Path, *, limit: int = BYTE_LIMIT) -> Any:
    """Return a Parquet file as an Arrow table; arguments and errors are those of `parquet_rows`."""
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
    batches = list(_batches(path, limit))
    if not batches:
        return schema.empty_table()
    return pa.Table.from_batches(batches).cast(schema).combine_chunks()


def result_table(path: Path) -> Any:
    """Return a table of a result.

    Raises:
        RunError: The file cannot be read.
    """
    import pyarrow as pa

    try:
        return parquet_table(path)
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{path}: cannot be read ({error}); make the result again") from error


def bounded_rows(
    rows: Iterable[Mapping[str, Any]], *, limit: int = BYTE_LIMIT
) -> Iterator[Mapping[str, Any]]:
    """Yield rows that are read from anywhere else.

    Raises:
        OSError: They hold more than ``limit`` bytes.
    """
    left = limit
    for row in rows:
        left -= _held(row)
        if left < 0:
            raise OSError(errno.EFBIG, f"it holds more than {limit} bytes")
        yield row


def _held(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_held(key) + _held(item) for key, item in value.items())
    return sum(map(_held, value)) if isinstance(value, list | tuple) else 8


def _batches(path: Path, limit: int) -> Iterator[Any]:
    """Yield record batches that were counted and do not hold too much.

    Text is read as a dictionary: a value that is repeated takes memory once.
    """
    from pyarrow import parquet

    left = most = max(limit, MOST_TIMES * path.stat().st_size)
    with parquet.ParquetFile(path) as file:
        metadata = file.metadata
        columns = [file.schema.column(k) for k in range(len(file.schema))]
    if _least_bytes(metadata) > most:
        raise OSError(errno.EFBIG, f"it holds more than {most} bytes")
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    with parquet.ParquetFile(path, read_dictionary=texts) as file:
        for batch in file.iter_batches(batch_size=_rows_at_once(columns)):
            left -= sum(map(_size, batch.columns))
            if left < 0:
                raise OSError(errno.EFBIG, f"it holds more than {most} bytes")
            yield batch


def _plain(schema: Any) -> Any:
    """Return a schema in which a column of a dictionary is one of its values."""
    import pyarrow as pa

    return pa.schema([field.with_type(_plain_type(field.type)) for field in schema])


def _plain_type(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain_type(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain_type(kind.value_type)))
    return kind


def _least_bytes(metadata: Any) -> int:
    """Return the bytes that the numbers of a file and the lengths of its texts take at least."""
    groups = (metadata.row_group(k) for k in range(metadata.num_row_groups))
    chunks = (group.column(k) for group in groups for k in range(group.num_columns))
    bits: int = sum(chunk.num_values * _BITS.get(chunk.physical_type, 64) for chunk in chunks)
    return bits // 8


def _rows_at_once(columns: list[Any]) -> int:
    """Return how many rows fit by their values of a fixed length, which may be long."""
    fixed: int = sum(c.length for c in columns if c.physical_type == "FIXED_LEN_BYTE_ARRAY")
    return max(1, min(_BATCH, _BYTES_AT_ONCE // max(1, fixed)))


def _size(column: Any) -> int:
    """Return the bytes of a column with every repeated value counted."""
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(column.type):
        lengths = compute.binary_length(column.dictionary).cast(pa.int64())
        return 4 * len(column) + (compute.sum(lengths.take(column.indices)).as_py() or 0)
    if pa.types.is_struct(column.type):
        return sum(map(_size, column.flatten()))
    if pa.types.is_map(column.type):
        return 4 * len(column) + _size(column.keys) + _size(column.items)
    if hasattr(column, "flatten"):
        return 4 * len(column) + _size(column.flatten())
    return int(column.nbytes)


def _parts(batch: Any) -> Iterator[Any]:
    """Yield a batch, or halves of it until each is small enough."""
    if batch.num_rows < 2 or sum(map(_size, batch.columns)) <= _BYTES_AT_ONCE:
        yield batch
        return
    half = batch.num_rows // 2
    yield from _parts(batch.slice(0, half))
    yield from _parts(batch.slice(half))
