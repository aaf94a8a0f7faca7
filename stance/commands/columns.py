"""Rows as aligned text, CSV or JSON, for the commands."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from stance.errors import harmless


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
    """Return rows that have the same keys as CSV; NaN and infinity are written as nothing."""
    if not rows:
        return ""
    sink = StringIO(newline="")
    writer = csv.DictWriter(sink, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(_clean(row) for row in rows)
    return sink.getvalue()


def as_json(value: Any) -> str:
    """Return a value of lists, dictionaries and numbers as JSON; NaN and infinity are null."""
    return json.dumps(_clean(value), ensure_ascii=False, indent=2) + "\n"


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
