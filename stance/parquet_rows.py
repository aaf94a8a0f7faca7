"""Parquet row by row, bounded: a file of a kilobyte may hold terabytes."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BYTE_LIMIT = 2**30
"""The most bytes of one article, or of one file once it is decompressed: 1 GiB."""
MOST_TIMES = 200
"""How many times its size a large Parquet file may hold; news text reaches about 10."""

_BATCH = 256
_BATCH_BYTES = 2**28


def parquet_rows(path: Path, *, limit: int = BYTE_LIMIT) -> Iterator[dict[str, Any]]:
    """Yield every row of a Parquet file, some at a time.

    As many rows are held at once as certainly fit 256 MiB by what the file says of itself.

    Args:
        path: The file.
        limit: The most bytes it may hold, or `MOST_TIMES` its size if that is more.

    Raises:
        OSError: The file cannot be read, or holds more than that.
        pyarrow.ArrowException: It is no Parquet file.
        ValueError: It holds text that is not UTF-8, or a date beyond the calendar.
        OverflowError: It holds a time beyond the calendar.
    """
    from pyarrow import parquet

    left = most = max(limit, MOST_TIMES * path.stat().st_size)
    with parquet.ParquetFile(path) as table:
        for batch in table.iter_batches(batch_size=_rows_at_once(table.metadata)):
            left -= sum(map(_size, batch.columns))
            if left < 0:
                raise OSError(errno.EFBIG, f"it holds more than {most} bytes")
            yield from batch.to_pylist()


def _size(column: Any) -> int:
    """Return the bytes of a column with every repeated value counted."""
    decode = getattr(column, "dictionary_decode", None)
    return int((decode() if decode else column).nbytes)


def _rows_at_once(metadata: Any) -> int:
    """No row can be larger than its row group is, unless a value of it is repeated."""
    groups = (metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups))
    largest: int = max(1, *groups, 1)
    return max(1, min(_BATCH, _BATCH_BYTES // largest))
