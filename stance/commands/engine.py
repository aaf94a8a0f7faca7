"""``stance analyze`` for large corpora."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import ConfigError

if TYPE_CHECKING:
    from stance.engine.corpus import CorpusResult


def engine_of(
    engine: str | None, jobs: int, address: str | None, *, grouped: bool = False
) -> str | None:
    """Return the engine that is asked for, by its name or by what only it takes.

    Raises:
        ConfigError: Groups are asked for too, whose report needs all articles in memory.
    """
    if engine is None:
        engine = "ray" if address is not None else "processes" if jobs else None
    if engine is not None and grouped:
        raise ConfigError(
            f"--group-by holds all articles in memory; leave it out with --engine {engine}"
        )
    return engine


def analyze_at_large(
    inputs: Sequence[str], out: Path, *, form: str, quiet: bool, **options: Any
) -> None:
    """Analyse in shards with the options of `analyze_corpus`, and print what the format says."""
    from stance import terminal
    from stance.engine import analyze_corpus

    if form == "json":
        raise ConfigError("--format json holds all in memory; with --engine name jsonl or csv")
    with terminal.progress(quiet=quiet, unit="articles") as on_progress:
        result = analyze_corpus(inputs, out, on_progress=on_progress, **options)
    _print(result, form, quiet=quiet)


def _print(result: CorpusResult, form: str, *, quiet: bool) -> None:
    from stance import terminal

    if form != "table":
        _print_sentences(result.folder, form)
    elif not quiet:
        terminal.print_corpus(result.first, result.manifest["counts"])
    if not quiet:
        terminal.print_files(result.folder, to_stderr=form != "table")


def _print_sentences(folder: Path, form: str) -> None:
    from stance import tables

    if form == "csv":
        with (folder / "sentences.csv").open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
    else:
        for line in tables.json_rows_of(folder / "sentences.parquet"):
            sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()
