"""The report of a corpus: one page of groups, and data pages beside it that open on demand.

The page holds what is about groups, whose number is small. What grows with the articles, their list
and their texts, stands in ``corpus/pages/*.js``: scripts that call one function with data, which a
page opened from the disk may load where it may not fetch. So 50,000 articles open as fast as 50.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from stance.codebooks import Codebook
from stance.corpus.schemas import CORPUS_SCHEMAS
from stance.corpus_report.findings import Findings, find
from stance.corpus_report.pages import write_pages
from stance.corpus_report.view import render
from stance.groups import Grouping
from stance.profile import ArticleProfile
from stance.tables import csv_bytes, table_of, write_parquet

FOLDER = "corpus"
PAGE = "corpus.html"


def write_corpus_report(
    folder: Path,
    profiles: Sequence[ArticleProfile],
    codebook: Codebook,
    manifest: Mapping[str, Any],
    *,
    grouping: Grouping,
    seed: int = 0,
    report: str | None = None,
) -> None:
    """Write ``corpus.html`` and the folder ``corpus`` (data pages, tables) into a folder.

    The same result gives the same bytes; nothing in them depends on the time.

    Args:
        folder: Where to; it must exist.
        profiles: The profiles of all articles, at least one.
        codebook: The codebook they were tagged by.
        manifest: How the result was made.
        grouping: What tells groups apart.
        seed: Seed of intervals and permutations.
        report: The file of the article report, if it lies beside the page.

    Raises:
        DataError: No article has the column, or a date, that groups are asked for by.
    """
    found = find(profiles, grouping, seed=seed)
    (folder / FOLDER / "pages").mkdir(parents=True)
    starts, lists = write_pages(folder / FOLDER / "pages", profiles, found)
    page = render(found, codebook, manifest, starts=starts, lists=lists, report=report)
    (folder / PAGE).write_text(page, encoding="utf-8")
    _write_tables(folder / FOLDER, found)


def _write_tables(folder: Path, found: Findings) -> None:
    rows: dict[str, list[dict[str, Any]]] = {
        "groups": [asdict(share) for share in found.shares],
        "trends": [point.row() for part in found.trends for point in part],
        "distances": found.distances.rows() if found.distances else [],
        "words": [asdict(word) for word in found.words],
        "typical": [asdict(sentence) for part in found.typical for sentence in part],
        "quoted": [asdict(speaker) for part in found.quoted for speaker in part],
    }
    for name, columns in CORPUS_SCHEMAS.items():
        table = table_of(rows[name], pa.schema(columns))
        write_parquet(table, folder / f"{name}.parquet")
        (folder / f"{name}.csv").write_bytes(csv_bytes(table))
