"""The stages of a run: tags of a group in parts, results and shares of its cells, their table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stance import tables
from stance.analysis import Analysis
from stance.calibration import Calibration
from stance.errors import RunError
from stance.experiment import analyze
from stance.groups import GROUP_SCHEMA, GroupShare, check_groups, group_rows, group_shares
from stance.profile import profile_article
from stance.provenance import codebook_entry
from stance.readers import read_articles
from stance.runner.cells import Cell
from stance.runner.parts import PartTagger
from stance.runner.plan import Group, Plan, derived_codebook
from stance.runs.directory import Manifest, Stage
from stance.runs.files import digest_of, replace_file
from stance.tagging import OnProgress, retag_sentences

_CELL_FIELDS = (
    ("cell", pa.string()),
    ("model", pa.string()),
    ("codebook", pa.string()),
    ("wordings", pa.string()),
    ("threshold", pa.float64()),
)
TABLE_SCHEMA = pa.schema([*_CELL_FIELDS, *GROUP_SCHEMA])
"""One row a cell × group × frame; a threshold of null is the codebook's own."""


def measure_group(
    plan: Plan, group: Group, folder: Path, manifest: Manifest, on_progress: OnProgress | None
) -> None:
    """Score the sentences of a group, then write the results and shares of its stale cells."""
    started = time.monotonic()
    config = plan.config
    _check_groups(plan)
    tagger = PartTagger(folder / group.parts_folder, size=config.part, key=group.part_key)
    analysis = analyze(
        plan.paths,
        codebook=group.codebook,
        model=group.model,
        calibration=plan.calibration,
        threads=config.threads,
        device=config.device,
        dtype=config.dtype,
        labels=config.labels,
        limit=config.limit,
        columns=config.columns,
        skip_bad=config.skip_bad,
        seed=config.seed,
        on_progress=on_progress,
        tagger=tagger,
    )
    _check_inputs(plan, analysis)
    manifest.record(_read_stage(plan, group, analysis, tagger.begun - started))
    manifest.record(_tag_stage(group, analysis, tagger))
    for cell in group.cells:
        if plan.cell_is_fresh(group, cell, manifest):
            plan.skip_cell(cell, manifest)
        else:
            _measure_cell(plan, group, cell, analysis, tagger.calibration, folder, manifest)


def _check_groups(plan: Plan) -> None:
    """Check before anything is scored that the groups asked for are there."""
    config = plan.config
    if config.by or config.period:
        articles = read_articles(
            plan.paths, columns=config.columns, skip_bad=config.skip_bad, limit=config.limit
        )
        check_groups(articles, by=config.by, period=config.period)


def _check_inputs(plan: Plan, analysis: Analysis) -> None:
    before = {str(path): sha for path, sha in plan.inputs}
    for entry in analysis.manifest["inputs"]:
        if before.get(entry["path"]) != entry["sha256"]:
            raise RunError(f"{entry['path']}: changed while the run read it; run it again")


def _read_stage(plan: Plan, group: Group, analysis: Analysis, seconds: float) -> Stage:
    counts = analysis.manifest["counts"]
    sentences = [repr(tagged.sentence) for tagged in analysis.sentences]
    return Stage(
        "read",
        group.name,
        status="done",
        n_in=len(plan.inputs),
        n_out=len(sentences),
        dropped={**counts["omitted"], **counts["skipped"]},
        seconds=round(seconds, 3),
        key=group.key,
        sha256=digest_of(sentences),
    )


def _tag_stage(group: Group, analysis: Analysis, tagger: PartTagger) -> Stage:
    n, scored = (analysis.manifest["counts"][name] for name in ("sentences", "scored"))
    return Stage(
        "tag",
        group.name,
        status="done",
        n_in=n,
        n_out=scored,
        dropped={"no letter": n - scored} if n > scored else {},
        seconds=round(tagger.ended - tagger.begun, 3),
        key=group.key,
        output=group.parts_folder,
        parts=tagger.parts,
        reused=tagger.reused,
        fingerprint=tagger.fingerprint,
    )


def _measure_cell(
    plan: Plan,
    group: Group,
    cell: Cell,
    analysis: Analysis,
    calibration: Calibration,
    folder: Path,
    manifest: Manifest,
) -> None:
    begun = time.monotonic()
    result = derive(analysis, group, cell, calibration, seed=plan.config.seed)
    result.save(folder / cell.folder, report=plan.config.report)
    stage = Stage(
        "profile",
        cell.name,
        status="done",
        n_in=len(result.sentences),
        n_out=len(result.profiles),
        dropped={},
        seconds=round(time.monotonic() - begun, 3),
        key=plan.cell_key(group, cell),
        output=cell.folder,
    )
    manifest.record(stage)
    begun = time.monotonic()
    config = plan.config
    shares = group_shares(result.profiles, by=config.by, period=config.period, seed=config.seed)
    table = _cell_table(group, cell, shares)
    path = folder / cell.shares_file
    path.parent.mkdir(exist_ok=True)
    replace_file(path, tables.parquet_bytes(table))
    manifest.record(
        replace(
            stage,
            stage="shares",
            n_in=len(result.profiles),
            n_out=table.num_rows,
            seconds=round(time.monotonic() - begun, 3),
            output=cell.shares_file,
        )
    )


def derive(
    analysis: Analysis, group: Group, cell: Cell, calibration: Calibration, *, seed: int
) -> Analysis:
    """Return the analysis under the wordings and threshold of a cell; nothing is scored."""
    placed = {**analysis.manifest, "cell": {"name": cell.name, "model": cell.model}}
    if cell.wordings == "all" and cell.threshold is None:
        return Analysis(analysis.codebook, analysis.profiles, placed)
    book = derived_codebook(group.codebook, cell)
    kept = None if cell.wordings == "all" else [number - 1 for number in cell.wordings]
    profiles = tuple(
        profile_article(
            profile.article,
            retag_sentences(profile.sentences, book, wordings=kept, calibration=calibration),
            tuple(book.frames),
            seed=seed,
        )
        for profile in analysis.profiles
    )
    entry = codebook_entry(book, calibration)
    return Analysis(book, profiles, {**placed, "codebook": entry})


def _cell_table(group: Group, cell: Cell, shares: Sequence[GroupShare]) -> pa.Table:
    wordings = "all" if cell.wordings == "all" else "+".join(map(str, cell.wordings))
    shown: dict[str, Any] = {
        "cell": cell.name,
        "model": cell.model,
        "codebook": group.codebook.name,
        "wordings": wordings,
        "threshold": cell.threshold,
    }
    return tables.table_of([{**shown, **row} for row in group_rows(shares)], TABLE_SCHEMA)


def write_table(plan: Plan, folder: Path, manifest: Manifest) -> None:
    """Write the table of all cells from the shares of each, as Parquet and CSV."""
    begun = time.monotonic()
    table = pa.concat_tables([pq.read_table(folder / cell.shares_file) for cell in plan.cells])
    (folder / "table").mkdir(exist_ok=True)
    replace_file(folder / "table" / "cells.csv", tables.csv_bytes(table))
    replace_file(folder / "table" / "cells.parquet", tables.parquet_bytes(table))
    manifest.record(
        Stage(
            "table",
            "cells",
            status="done",
            n_in=len(plan.cells),
            n_out=table.num_rows,
            dropped={},
            seconds=round(time.monotonic() - begun, 3),
            key=plan.table_key(),
            output="table",
        )
    )
