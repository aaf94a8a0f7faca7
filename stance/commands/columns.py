"""Rows as aligned text, CSV or JSON, for the commands."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from stance.errors import harmless

FORMS = ("table", "csv", "json")


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows, the first of which is the head, as aligned columns."""
    clean = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(len(row[k]) for row in clean) for k in range(len(clean[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in clean
    ]
    return "\n".join(lines)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV; NaN is written as nothing."""
    if not rows:
        return ""
    sink = StringIO(newline="")
    writer = csv.DictWriter(sink, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(_clean(row, "") for row in rows)
    return sink.getvalue()


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a JSON array; NaN is written as null."""
    return json.dumps([_clean(row, None) for row in rows], ensure_ascii=False, indent=1) + "\n"


def _clean(row: Mapping[str, Any], nothing: str | None) -> dict[str, Any]:
    return {
        key: nothing if isinstance(value, float) and math.isnan(value) else value
        for key, value in row.items()
    }
