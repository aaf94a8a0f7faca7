"""A result folder read back: its sentences, articles, codebook and manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias, final

import numpy as np
import pyarrow as pa
from jaxtyping import Float64

from stance.calibration import Calibration, Labels
from stance.codebooks import Codebook
from stance.errors import DataError
from stance.notebook import short_repr
from stance.parquet_rows import parquet_table
from stance.records import Polarity, Section, Sentence, Span, Voice

LENGTHS = (10, 20, 30)
"""Most words of a short, a middling and a long sentence; all others are very long."""

Row: TypeAlias = Mapping[str, Any]
"""A row of the ``sentences`` table."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What `stance analyze` wrote to a folder.

    ``rows`` are those of the ``sentences`` table and ``articles`` those of the ``articles`` table
    by article id; ``fitted_on`` names the labels that its probabilities were calibrated on.
    """

    folder: Path
    codebook: Codebook
    manifest: Mapping[str, Any]
    rows: tuple[Row, ...]
    articles: Mapping[str, Row]
    fitted_on: tuple[Labels, ...] = ()

    __repr__ = short_repr

    @property
    def frames(self) -> tuple[str, ...]:
        """The frames of the codebook, in order."""
        return tuple(self.codebook.frames)

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets that stance was asked about, in order."""
        asked = self.manifest.get("targets") or {}
        return tuple(target["name"] for target in asked.get("names", ()))

    @property
    def scored(self) -> tuple[Row, ...]:
        """The rows of the sentences that were scored."""
        return tuple(row for row in self.rows if row["scored"])

    @property
    def texts(self) -> dict[tuple[str, int], str]:
        """The text of every sentence by article id and sentence id."""
        return {(row["article_id"], row["sentence_id"]): row["text"] for row in self.rows}

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the scorer."""
        return str(self.manifest["model"]["fingerprint"])

    def outlet_of(self, article_id: str) -> str | None:
        """Return the outlet of an article, None where it is not known."""
        outlet: str | None = self.articles.get(article_id, {}).get("outlet")
        return outlet


def sentence_of(row: Row) -> Sentence:
    """Return the sentence of a row."""
    resolved = row.get("speaker_resolved")
    return Sentence(
        row["article_id"],
        row["sentence_id"],
        row["start"],
        row["end"],
        row["text"],
        Section(row["section"]),
        None if row["voice"] is None else Voice(row["voice"]),
        row.get("speaker"),
        span_of(row.get("speaker_start"), row.get("speaker_end")),
        True if resolved is None else resolved,
    )


def span_of(start: int | None, end: int | None) -> Span | None:
    """Return a span from two columns, None where it is not known."""
    return None if start is None or end is None else Span(start, end)


def stance_in(row: Row, target: str) -> Polarity:
    """Return the stance of a row toward a target; NA where the target is not listed."""
    listed = row["stance"] or ()
    found = (entry["label"] for entry in listed if entry["target"] == target)
    return Polarity(next(found, Polarity.NA))


def mean_odds(rows: Sequence[Row], frame: str) -> Float64[np.ndarray, " n"]:
    """Return the mean natural-log odds of entailment over the wordings of a frame, one a row."""
    return np.array([np.mean(row[f"odds_{frame}"]) for row in rows], dtype=np.float64)


def part_of(row: Row, by: str, result: Result) -> str | None:
    """Return the voice, section, outlet or class of length that a row belongs to, if any."""
    if by == "outlet":
        return result.outlet_of(row["article_id"])
    if by == "length":
        words = len(row["text"].split())
        starts = (1, *(most + 1 for most in LENGTHS))
        k = int(np.searchsorted(LENGTHS, words))
        return f"{starts[k]:02d}-{LENGTHS[k]} words" if k < len(LENGTHS) else f"{starts[k]}+ words"
    part: str | None = row[by]
    return part


def load_result(folder: str | Path) -> Result:
    """Read a result folder.

    Raises:
        DataError: The folder is not there or is not a whole result of `stance analyze`.
    """
    place = Path(folder)
    if not place.is_dir():
        raise DataError(f"{place}: there is no such folder; name the --out of stance analyze")
    try:
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        codebook = Codebook.model_validate(manifest["codebook"]["content"])
        rows = _rows(place / "sentences.parquet", _needed(codebook))
        articles = _rows(place / "articles.parquet", ["article_id", "outlet"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"{place}: is not a result of this version ({reason}); make it with stance analyze"
        ) from error
    fitted = (manifest.get("calibration") or {}).get("fitted_on", [])
    return Result(
        place,
        codebook,
        manifest,
        tuple(rows),
        {row["article_id"]: row for row in articles},
        tuple(Labels.model_validate(labels) for labels in fitted),
    )


def _needed(codebook: Codebook) -> list[str]:
    kinds = [f"{kind}_{frame}" for kind in ("p", "tag", "odds") for frame in codebook.frames]
    return ["article_id", "sentence_id", "section", "text", "voice", "scored", "stance", *kinds]


def _rows(path: Path, needed: Sequence[str]) -> list[dict[str, Any]]:
    table = parquet_table(path)
    absent = [name for name in needed if name not in table.column_names]
    if absent:
        raise ValueError(f"{path.name} has no column {absent[0]}")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def recalibrated(result: Result, calibration: Calibration) -> Result:
    """Return the result with probabilities and tags decided anew from its log-odds.

    Raises:
        ConfigError: The calibration is of another scorer or of other wordings.
    """
    calibration.check_fits(result.codebook.name, _wordings(result.codebook), result.fingerprint)
    rows = [dict(row) for row in result.rows]
    scored = [row for row in rows if row["scored"]]
    for frame, wordings in _wordings(result.codebook).items():
        own = calibration.fitted(result.codebook.name, frame, wordings)
        if own is None or not scored:
            continue
        least = result.codebook.threshold_of(frame) if own.threshold is None else own.threshold
        for row, p in zip(scored, own.probability(mean_odds(scored, frame)), strict=True):
            row[f"p_{frame}"], row[f"tag_{frame}"] = float(p), bool(p >= least)
    fitted_on = result.fitted_on + calibration.fitted_on
    return replace(result, rows=tuple(rows), fitted_on=fitted_on)


def _wordings(codebook: Codebook) -> dict[str, tuple[str, ...]]:
    return {name: frame.hypotheses for name, frame in codebook.frames.items()}
