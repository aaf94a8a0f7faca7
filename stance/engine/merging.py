"""Parts to the tables of a result, in the order the articles were read, a little at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import final

import pyarrow as pa
import pyarrow.parquet as pq

from stance import tables
from stance.engine.parts import LENGTHS, part_path, schemas
from stance.engine.spool import Spool

_ROWS = 8_192
"""Rows that are written at once."""


def merge_parts(parts: Path, spool: Spool, frames: Sequence[str], target: Path) -> None:
    """Write the four tables of a result, as Parquet and CSV, from the parts of all shards."""
    own = schemas(frames)
    named = {"sentences": own["tags"], "profiles": own["profiles"], "stances": own["stances"]}
    with ExitStack() as stack:
        out = {
            name: stack.enter_context(_writing(target, name, schema))
            for name, schema in {**named, "articles": tables.ARTICLE_SCHEMA}.items()
        }
        cursors: dict[int, _Cursors] = {}
        block = -1
        for shard in spool.order():
            if shard // spool.width != block:
                block, cursors = shard // spool.width, {}
            if shard not in cursors:
                cursors[shard] = _Cursors(parts, shard)
            for name, table in cursors[shard].next_article().items():
                out[name].add(table)


@final
class _Cursors:
    """Goes through the part of a shard article by article."""

    def __init__(self, parts: Path, shard: int) -> None:
        self._articles = _Cursor(part_path(parts, "articles", shard))
        self._rest = {
            name: _Cursor(part_path(parts, "tags" if name == "sentences" else name, shard))
            for name in LENGTHS
        }

    def next_article(self) -> dict[str, pa.Table]:
        """Return the rows of the next article in all four tables."""
        article = self._articles.take(1)
        rows = {
            name: cursor.take(article[f"n_{name}"][0].as_py())
            for name, cursor in self._rest.items()
        }
        return {**rows, "articles": article.select(tables.ARTICLE_SCHEMA.names)}


@final
class _Cursor:
    """Takes rows from a Parquet file, which is open only while a row group is read."""

    def __init__(self, path: Path) -> None:
        self._path, self._group, self._row = path, -1, 0
        self._table: pa.Table = pq.read_schema(path).empty_table()

    def take(self, n: int) -> pa.Table:
        """Return the next rows."""
        taken = [self._table.slice(self._row, n)]
        left = n - taken[0].num_rows
        self._row += n - left
        while left:
            self._group, self._row = self._group + 1, left
            self._table = _row_group(self._path, self._group)
            taken.append(self._table.slice(0, left))
            left -= taken[-1].num_rows
            self._row = taken[-1].num_rows
        return pa.concat_tables(taken) if len(taken) > 1 else taken[0]


def _row_group(path: Path, number: int) -> pa.Table:
    with pq.ParquetFile(path, pre_buffer=False) as file:
        return file.read_row_group(number, use_threads=False)


@final
class _TableWriter:
    """Writes a table as Parquet and CSV while its rows come in."""

    def __init__(self, folder: Path, name: str, schema: pa.Schema) -> None:
        self._csv = (folder / f"{name}.csv").open("wb")
        self._parquet = pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd")
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._n = 0
        self._csv.write(tables.csv_bytes(schema.empty_table()))

    def add(self, table: pa.Table) -> None:
        """Add rows."""
        self._waiting.append(table)
        self._n += table.num_rows
        if self._n >= _ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        try:
            self._flush()
        finally:
            self._parquet.close()
            self._csv.close()

    def _flush(self) -> None:
        if not self._n:
            return
        table = pa.concat_tables(self._waiting).replace_schema_metadata().combine_chunks()
        self._waiting, self._n = [], 0
        self._parquet.write_table(table)
        for start in range(0, table.num_rows, 1_024):
            self._csv.write(tables.csv_bytes(table.slice(start, 1_024), header=False))


@contextmanager
def _writing(folder: Path, name: str, schema: pa.Schema) -> Iterator[_TableWriter]:
    writer = _TableWriter(folder, name, schema)
    try:
        yield writer
    finally:
        writer.close()
