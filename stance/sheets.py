"""What coders get: blind sheets as CSV and for Label Studio, and the design kept apart."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias, final

from stance.errors import ConfigError, DataError
from stance.gold.label_studio import labelling_config
from stance.results import Result, Row
from stance.sampling import Drawn, assign, draw_sample, score_stratum

_Key: TypeAlias = tuple[str, int]

BY = ("score", "outlet")
"""What a sample may be stratified by."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A sample to be coded: ``drawn`` points into ``population``, the scored sentences."""

    result: Result
    population: tuple[Row, ...]
    drawn: tuple[Drawn, ...]
    coders: tuple[tuple[int, str], ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the sheet: nothing in them tells what a model said or how likely a row was.

        Sentences before and after are given as context; the columns of the frames are empty.
        """
        texts = self.result.texts
        return [self._row(self.drawn[k], coder, texts) for k, coder in self.coders]

    def _row(self, drawn: Drawn, coder: str, texts: Mapping[_Key, str]) -> dict[str, Any]:
        row = self.population[drawn.place]
        article, sentence = row["article_id"], row["sentence_id"]
        return {
            "article_id": article,
            "sentence_id": sentence,
            "coder": coder,
            "before": texts.get((article, sentence - 1), ""),
            "text": row["text"],
            "after": texts.get((article, sentence + 1), ""),
            **dict.fromkeys(self.result.frames, ""),
        }

    @property
    def design(self) -> list[dict[str, Any]]:
        """How every sentence of the sample was drawn, in the order of the articles."""
        rows = []
        for drawn in sorted(self.drawn, key=lambda d: d.place):
            row = self.population[drawn.place]
            rows.append(
                {
                    "article_id": row["article_id"],
                    "sentence_id": row["sentence_id"],
                    "outlet": self.result.outlet_of(row["article_id"]) or "",
                    "stratum": drawn.stratum,
                    "inclusion_probability": repr(drawn.inclusion),
                }
            )
        return rows

    def save(self, path: str | Path, *, label_studio: bool = False) -> tuple[Path, ...]:
        """Write the sheet, the design beside it and, if asked for, the tasks of Label Studio.

        Raises:
            ConfigError: The name does not end in .csv.
            DataError: A file is already there: labels may be in it.
        """
        sheet = Path(path)
        if sheet.suffix != ".csv":
            raise ConfigError(f"{sheet}: a sheet is written as .csv; end the name so")
        texts = {sheet: _csv(self.rows), sheet.with_suffix(".design.csv"): _csv(self.design)}
        if label_studio:
            texts[sheet.with_suffix(".label-studio.json")] = _tasks(self.rows, self.result.frames)
            texts[sheet.with_suffix(".label-studio.xml")] = labelling_config(
                {name: frame.definition for name, frame in self.result.codebook.frames.items()}
            )
        _write_new(texts)
        return tuple(texts)


def draw_sheet(
    result: Result,
    n: int,
    *,
    by: Collection[str] = BY,
    frame: str | None = None,
    coders: Sequence[str] = ("coder",),
    overlap: float = 0.25,
    seed: int = 0,
) -> Sheet:
    """Draw a blind random sample of the scored sentences of a result.

    Args:
        result: The population.
        n: How many sentences.
        by: What the sample is stratified by: score, outlet, both, or nothing.
        frame: The frame whose score it is; None takes the highest over all frames.
        coders: Names of the coders.
        overlap: Share of the sentences that every coder gets, if there are several.
        seed: Seed of the draw.

    Raises:
        ConfigError: An option cannot be used, or ``n`` does not fit the strata.
    """
    if frame is not None and frame not in result.frames:
        known = ", ".join(result.frames)
        raise ConfigError(f"{result.folder}: has no frame {frame!r}; name one of {known}")
    unknown = [name for name in by if name not in BY]
    if unknown:
        raise ConfigError(f"a sample is not stratified by {unknown[0]!r}; name score or outlet")
    frames = result.frames if frame is None else (frame,)
    population = result.scored
    strata = [_stratum(result, row, by, frames) for row in population]
    drawn = draw_sample(strata, n, seed=seed)
    pairs = assign(len(drawn), coders, overlap=overlap, seed=seed)
    return Sheet(result, population, tuple(drawn), tuple(pairs))


def _stratum(result: Result, row: Row, by: Collection[str], frames: Iterable[str]) -> str:
    parts = []
    if "score" in by:
        parts.append(score_stratum(max(row[f"p_{frame}"] for frame in frames)))
    if "outlet" in by:
        parts.append(result.outlet_of(row["article_id"]) or "outlet not known")
    return "; ".join(parts) or "all"


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    sink = StringIO(newline="")
    writer = csv.DictWriter(sink, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue()


def _tasks(rows: Sequence[Mapping[str, Any]], frames: Collection[str]) -> str:
    """Return one task a sentence; who codes it is decided in Label Studio."""
    about = [
        {name: value for name, value in row.items() if name not in {*frames, "coder"}}
        for row in rows
    ]
    once = {(data["article_id"], data["sentence_id"]): {"data": data} for data in about}
    return json.dumps(list(once.values()), ensure_ascii=False, indent=1) + "\n"


def _write_new(texts: Mapping[Path, str]) -> None:
    for path in texts:
        if path.exists():
            raise DataError(f"{path}: is already there and may hold labels; name another --out")
    for path, text in texts.items():
        _write(path, text)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{path}: cannot be written ({reason}); name another --out") from error
