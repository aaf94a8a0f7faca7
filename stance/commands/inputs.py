"""Results and labels as the commands read them."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from stance.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from stance.codebooks import Codebook

_VALUES = {"1": 1, "1.0": 1, "0": 0, "0.0": 0, "": None, "NA": None}


@final
@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A result folder: its sentences, its codebook and its manifest."""

    folder: Path
    sentences: pa.Table
    codebook: Codebook
    manifest: Mapping[str, Any]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labels of sentences, one value a frame, and how the sentences were drawn.

    ``inclusion`` is the chance of a sentence to be drawn, ``strata`` its stratum; both may cover
    sentences that were not.
    """

    place: str
    sha256: str
    frames: tuple[str, ...]
    values: Mapping[str, Mapping[tuple[str, int], float]]
    inclusion: Mapping[tuple[str, int], float]
    strata: Mapping[tuple[str, int], str]


def read_result(folder: Path) -> Result:
    """Read the sentences, the codebook and the manifest of a result.

    Raises:
        DataError: The folder is not a result, or a file of it cannot be read.
    """
    from pyarrow import ArrowException

    from stance.codebooks import Codebook
    from stance.parquet_rows import parquet_table

    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        codebook = Codebook.model_validate(manifest["codebook"]["content"])
        sentences = parquet_table(folder / "sentences.parquet")
    except (OSError, ValueError, KeyError, TypeError, ArrowException) as error:
        raise DataError(
            f"{folder}: is not a result of stance analyze ({' '.join(str(error).split())[:120]}); "
            "name the folder that --out wrote"
        ) from error
    return Result(folder, sentences, codebook, manifest)


def asked_frames(frames: Sequence[str], result: Result) -> tuple[str, ...]:
    """Return the frames that were asked for, all of the codebook by default.

    Raises:
        ConfigError: The result does not have one of them.
    """
    known = tuple(result.codebook.frames)
    for frame in frames:
        if frame not in known:
            raise ConfigError(f"--frame {frame}: the result has the frames {', '.join(known)}")
    return tuple(frames) or known


def read_labels(path: Path, frames: Collection[str], result: Result) -> Labels:
    """Read gold labels; what several coders say is adjudicated, a tie is left out.

    Raises:
        DataError: The file cannot be read, has none of the frames, or a column or row cannot be
            used with the result.
    """
    from stance.gold import adjudicated, check_sentences
    from stance.gold.files import read_gold

    gold = read_gold(path, frames=tuple(result.codebook.frames))
    check_sentences(gold, _texts(result), str(result.folder))
    named = tuple(frame for frame in frames if frame in gold.frames)
    if not named:
        raise DataError(f"{path}: has no column of a frame; the frames are {', '.join(frames)}")
    values = {
        frame: {key: float(value) for key, value in adjudicated(gold, frame).items()}
        for frame in named
    }
    return Labels(gold.place, gold.sha256, named, values, gold.inclusion, gold.strata)


def _texts(result: Result) -> dict[tuple[str, int], str]:
    names = ("article_id", "sentence_id", "text")
    columns = (result.sentences[name].to_pylist() for name in names)
    return {(article, number): text for article, number, text in zip(*columns, strict=True)}


def _rows(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        return _parquet_rows(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as CSV ({error}); check the file") from error


def _parquet_rows(path: Path) -> list[dict[str, str]]:
    from stance.parquet_rows import parquet_rows

    try:
        rows = list(parquet_rows(path))
    except (OSError, ValueError, OverflowError) as error:
        raise DataError(f"{path}: cannot be read as Parquet ({error}); check the file") from error
    return [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows]


def read_groups(
    result: Result, column: str, *, articles: Path | None = None, period: str | None = None
) -> list[str]:
    """Return the group of every scored sentence, from a column of the sentences or the articles.

    Args:
        result: The result.
        column: A column of the sentences table (voice, section, speaker) or of the articles.
        articles: A CSV or Parquet file with ``article_id`` and the column; by default the file
            ``articles.parquet`` of the result, if it has one.
        period: Cut dates (YYYY-MM-DD…) to the year, month, ISO week or day.

    Raises:
        DataError: The column is nowhere, or a sentence or an article has no value in it.
    """
    scored = result.sentences.filter(result.sentences["scored"])
    ids = scored["article_id"].to_pylist()
    own = articles or result.folder / "articles.parquet"
    if column in scored.column_names:
        values = scored[column].to_pylist()
    elif own.is_file():
        of_article = _of_articles(own, column)
        values = [of_article.get(article_id) for article_id in ids]
    else:
        raise DataError(
            f"{result.folder}: the sentences have no column {column!r}; give a file with the "
            f"columns article_id and {column}: --articles FILE"
        )
    for article_id, value in zip(ids, values, strict=True):
        if value in (None, ""):
            raise DataError(f"article {article_id!r}: has no {column}; give every article one")
    return [_cut(str(value), period) for value in values]


def _of_articles(path: Path, column: str) -> dict[str, str]:
    rows = _rows(path)
    columns = list(rows[0]) if rows else []
    if column not in columns or "article_id" not in columns:
        raise DataError(
            f"{path}: needs the columns article_id and {column}; it has {', '.join(columns)}"
        )
    return {row["article_id"]: row[column] for row in rows}


def _cut(value: str, period: str | None) -> str:
    if period is None:
        return value
    from stance.groups import cut, day_of

    day = day_of(value)
    if day is None:
        raise DataError(f"{value!r} is no date like 2024-05-31; leave --period out or mend it")
    return cut(day, period)
