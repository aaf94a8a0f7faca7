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
from stance.gold.rows import NOT_ASKED, STANCE
from stance.gold.spreadsheets import GUARDED, guarded
from stance.results import Result, Row
from stance.runs.files import replace_file
from stance.sampling import Drawn, assign, draw_sample, score_stratum

_Key: TypeAlias = tuple[str, int]

BY = ("score", "outlet")
"""What a sample is stratified by, if nothing else is said."""
STRATA = (*BY, "target")
"""What a sample may be stratified by."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A sample to be coded: ``drawn`` points into ``population``, the scored sentences.

    ``strata`` has one entry a sentence of the population; ``targets`` are those whose stance is
    asked for.
    """

    result: Result
    population: tuple[Row, ...]
    drawn: tuple[Drawn, ...]
    coders: tuple[tuple[int, str], ...]
    strata: tuple[str, ...]
    targets: tuple[str, ...] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the sheet: nothing in them tells what a model said or how likely a row was.

        Sentences before and after are given as context; the columns of the frames are empty, and so
        are those of the targets that a sentence names; where it does not name one stands a dash.
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
            **self._asked(row),
        }

    def _asked(self, row: Row) -> dict[str, str]:
        named = {entry["target"] for entry in row["stance"] or ()}
        return {STANCE + t: "" if t in named else NOT_ASKED for t in self.targets}

    @property
    def design(self) -> list[dict[str, Any]]:
        """How likely every sentence of the population was drawn, and whether it was.

        The whole population is there since the error of an estimate depends on how many sentences
        of every article lie in every stratum.
        """
        chances = {drawn.stratum: repr(drawn.inclusion) for drawn in self.drawn}
        places = {drawn.place for drawn in self.drawn}
        return [
            {
                "article_id": row["article_id"],
                "sentence_id": row["sentence_id"],
                "outlet": self.result.outlet_of(row["article_id"]) or "",
                "stratum": stratum,
                "inclusion_probability": chances[stratum],
                "drawn": int(place in places),
            }
            for place, (row, stratum) in enumerate(zip(self.population, self.strata, strict=True))
        ]

    def save(self, path: str | Path, *, label_studio: bool = False) -> tuple[Path, ...]:
        """Write the sheet, the design beside it and, if asked for, the tasks of Label Studio.

        Every file is whole or not there; the sheet comes last.

        Raises:
            ConfigError: The name does not end in .csv.
            DataError: A file of other content is already there: labels may be in it.
        """
        sheet = Path(path)
        if sheet.suffix != ".csv":
            raise ConfigError(f"{sheet}: a sheet is written as .csv; end the name so")
        texts = {sheet: _csv(self.rows), sheet.with_suffix(".design.csv"): _csv(self.design)}
        if label_studio:
            texts[sheet.with_suffix(".label-studio.json")] = _tasks(self.rows)
            texts[sheet.with_suffix(".label-studio.xml")] = labelling_config(
                {name: frame.definition for name, frame in self.result.codebook.frames.items()},
                self.targets,
            )
        _write_new({name: text.encode() for name, text in texts.items()})
        return tuple(texts)


def draw_sheet(
    result: Result,
    n: int,
    *,
    by: Collection[str] = BY,
    frame: str | None = None,
    coders: Sequence[str] = ("coder",),
    overlap: float = 0.25,
    stance: bool = False,
    seed: int = 0,
) -> Sheet:
    """Draw a blind random sample of the scored sentences of a result.

    Args:
        result: The population.
        n: How many sentences.
        by: What the sample is stratified by: score, outlet, target (whether a sentence names one),
            several of them, or nothing.
        frame: The frame whose score it is; None takes the highest over all frames.
        coders: Names of the coders.
        overlap: Share of the sentences that every coder gets, if there are several.
        stance: Ask for the stance toward the targets of the result as well.
        seed: Seed of the draw.

    Raises:
        ConfigError: An option cannot be used, or ``n`` does not fit the strata.
    """
    if frame is not None and frame not in result.frames:
        known = ", ".join(result.frames)
        raise ConfigError(f"{result.folder}: has no frame {frame!r}; name one of {known}")
    unknown = [name for name in by if name not in STRATA]
    if unknown:
        raise ConfigError(
            f"a sample is not stratified by {unknown[0]!r}; name {', '.join(STRATA)}, or nothing"
        )
    if (stance or "target" in by) and not result.targets:
        raise ConfigError(
            f"{result.folder}: no stance toward a target was measured; name some with stance "
            'analyze --targets "Israel; Hamas"'
        )
    frames = result.frames if frame is None else (frame,)
    population = result.scored
    strata = [_stratum(result, row, by, frames) for row in population]
    drawn = draw_sample(strata, n, seed=seed)
    pairs = assign(len(drawn), coders, overlap=overlap, seed=seed)
    targets = result.targets if stance else ()
    return Sheet(result, population, tuple(drawn), tuple(pairs), tuple(strata), targets)


def _stratum(result: Result, row: Row, by: Collection[str], frames: Iterable[str]) -> str:
    parts = []
    if "score" in by:
        parts.append(score_stratum(max(row[f"p_{frame}"] for frame in frames)))
    if "outlet" in by:
        parts.append(result.outlet_of(row["article_id"]) or "outlet not known")
    if "target" in by:
        parts.append("a target" if row["stance"] else "no target")
    return "; ".join(parts) or "all"


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    sink = StringIO(newline="")
    writer = csv.DictWriter(sink, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, **_safe(row)} for row in rows)
    return sink.getvalue()


def _safe(row: Mapping[str, Any]) -> dict[str, str]:
    """What is somebody else's text, so that it does not run as a formula; `read_gold` undoes it."""
    return {name: guarded(str(row[name])) for name in GUARDED if name in row}


_SHOWN = ("article_id", "sentence_id", "before", "text", "after")


def _tasks(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return one task a sentence; who codes it is decided in Label Studio."""
    once = {}
    for row in rows:
        data = {name: row[name] for name in _SHOWN}
        asked = [n.removeprefix(STANCE) for n in row if n.startswith(STANCE) and not row[n]]
        if any(name.startswith(STANCE) for name in row):
            data["targets"] = ", ".join(asked) or NOT_ASKED
        once[row["article_id"], row["sentence_id"]] = {"data": data}
    return json.dumps(list(once.values()), ensure_ascii=False, indent=1) + "\n"


def _write_new(contents: Mapping[Path, bytes]) -> None:
    """Write files that are not there, the sheet last; one that is there as it would be is left."""
    missing = [path for path, content in contents.items() if not _is_there(path, content)]
    for path in reversed(missing):
        _write(path, contents[path])


def _write(path: Path, content: bytes) -> None:
    try:
        replace_file(path, content)
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{path}: cannot be written ({reason}); name another --out") from error


def _is_there(path: Path, content: bytes) -> bool:
    if not path.exists():
        return False
    if not path.is_file() or path.read_bytes() != content:
        raise DataError(f"{path}: is already there and may hold labels; name another --out")
    return True
