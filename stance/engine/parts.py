"""The parts of shards on the disk: written under a temporary name, there only when they are whole.

::

    tags/part-00000.parquet      the sentences, with the key of all that they depend on
    profiles/, stances/, articles/   the other tables of the shard
    counts/part-00000.json       what was counted
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, final

import pyarrow as pa
import pyarrow.parquet as pq

from stance import tables
from stance.errors import RunError
from stance.runner.parts import KEY
from stance.runs.files import replace_file

LENGTHS = ("sentences", "profiles", "stances")
"""Columns that the ``articles`` table of a part has beside those of the result: rows an article."""


@final
@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of some articles; ``lengths`` are the rows of every article in the first three."""

    sentences: pa.Table
    profiles: pa.Table
    stances: pa.Table
    articles: pa.Table
    lengths: tuple[tuple[int, int, int], ...]


def schemas(frames: Sequence[str]) -> dict[str, pa.Schema]:
    """Return the schema of every table by the name of its folder."""
    counted = [(f"n_{name}", pa.int64()) for name in LENGTHS]
    return {
        "profiles": tables.PROFILE_SCHEMA,
        "stances": tables.STANCE_SCHEMA,
        "articles": pa.schema([*tables.ARTICLE_SCHEMA, *counted]),
        "tags": tables.sentence_schema(frames),
    }


def part_path(folder: Path, table: str, shard: int) -> Path:
    """Return where the part of a shard lies."""
    return folder / table / f"part-{shard:05d}.parquet"


def read_summary(folder: Path, shard: int, key: str) -> dict[str, Any] | None:
    """Return what was counted in a shard; None if its part has another key or is not all there."""
    try:
        metadata = pq.read_schema(part_path(folder, "tags", shard)).metadata or {}
        summary: dict[str, Any] = json.loads(_counts_path(folder, shard).read_bytes())
    except (OSError, ValueError, pa.ArrowException):
        return None
    there = all(part_path(folder, name, shard).is_file() for name in (*LENGTHS[1:], "articles"))
    return summary if there and metadata.get(KEY) == key.encode() else None


def _counts_path(folder: Path, shard: int) -> Path:
    return folder / "counts" / f"part-{shard:05d}.json"


@final
class PartWriter:
    """Writes the part of a shard; until `finish` nothing of it is there.

    The tags are renamed last, so that a part that has them has everything. Whatever goes wrong,
    what was begun is removed.
    """

    def __init__(self, folder: Path, shard: int, key: str, frames: Sequence[str]) -> None:
        self._folder, self._shard, self._key = folder, shard, key
        self._schemas = schemas(frames)
        self._stack = ExitStack()
        self._files: dict[str, BinaryIO] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> PartWriter:
        try:
            for name, schema in self._schemas.items():
                self._open(name, schema)
        except OSError as error:
            self._remove()
            raise self._fault(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._remove()
        if isinstance(error, OSError):
            raise self._fault(error) from error

    def write(self, made: Tables) -> None:
        """Add the tables of some articles, as one row group each."""
        articles = made.articles
        for place, name in enumerate(LENGTHS):
            column = pa.array([lengths[place] for lengths in made.lengths], pa.int64())
            articles = articles.append_column(f"n_{name}", column)
        self._writers["tags"].write_table(made.sentences)
        self._writers["profiles"].write_table(made.profiles)
        self._writers["stances"].write_table(made.stances)
        self._writers["articles"].write_table(articles)

    def finish(self, summary: dict[str, Any]) -> None:
        """Put the part in place; that of another key goes first, so that the two never mix."""
        part_path(self._folder, "tags", self._shard).unlink(missing_ok=True)
        counts = _counts_path(self._folder, self._shard)
        counts.parent.mkdir(exist_ok=True)
        replace_file(counts, json.dumps(summary).encode())
        for name, writer in self._writers.items():
            writer.close()
            file = self._files[name]
            file.flush()
            os.fsync(file.fileno())
            file.close()
            self._scratch(name).replace(part_path(self._folder, name, self._shard))

    def _open(self, name: str, schema: pa.Schema) -> None:
        scratch = self._scratch(name)
        scratch.parent.mkdir(parents=True, exist_ok=True)
        self._files[name] = scratch.open("wb")
        keyed = schema.with_metadata({KEY: self._key.encode()})
        self._writers[name] = pq.ParquetWriter(
            self._files[name], keyed, compression="zstd", write_statistics=False
        )

    def _scratch(self, name: str) -> Path:
        path = part_path(self._folder, name, self._shard)
        return path.with_name(f".{path.name}.{os.getpid()}.tmp")

    def _remove(self) -> None:
        for name in self._schemas:
            with suppress(OSError, pa.ArrowException):
                if name in self._writers:
                    self._writers[name].close()
            with suppress(OSError):
                if name in self._files:
                    self._files[name].close()
            with suppress(OSError):
                self._scratch(name).unlink()

    def _fault(self, error: OSError) -> RunError:
        path = part_path(self._folder, "tags", self._shard)
        reason = os.strerror(error.errno) if error.errno else str(error)
        return RunError(
            f"{path}: cannot be written ({reason}); finished shards are kept: mend it and give the "
            "same command again"
        )
