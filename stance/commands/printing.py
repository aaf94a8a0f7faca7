"""Rows on standard output: as a table for people, as CSV or JSON for programs."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

FORMATS = ("table", "csv", "json")


def print_rows(rows: Sequence[Mapping[str, Any]], form: str) -> None:
    """Print rows that have the same keys; NaN is nothing in CSV and null in JSON."""
    clean = [{key: _clean(value) for key, value in row.items()} for row in rows]
    if form == "json":
        print_json(clean)
        return
    sink = io.StringIO()
    writer = csv.DictWriter(sink, list(clean[0]) if clean else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(clean)
    sys.stdout.write(sink.getvalue())


def print_json(value: Any) -> None:
    """Print a value of lists, dictionaries and numbers; NaN and infinity are null."""
    sys.stdout.write(json.dumps(_clean(value), ensure_ascii=False, indent=2) + "\n")


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> None:
    """Print a table: the first column to the left, numbers to the right, the last as it wraps."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from stance.errors import harmless

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in head:
        table.add_column(name, no_wrap=name != head[-1], overflow="fold")
    for row in rows:
        table.add_row(*(Text(harmless(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    if title:
        console.print(Text(harmless(title), style="bold"))
    console.print(table)


def note(text: str) -> None:
    """Say something about the figures on standard error."""
    from stance.errors import harmless

    sys.stderr.write(f"note: {harmless(text)}\n")


def percent(value: float) -> str:
    """Return a share in percent with one decimal, – where there is none."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}"


def interval(low: float, high: float) -> str:
    """Return an interval of shares in percent, – where there is none."""
    return "–" if math.isnan(low) else f"{100 * low:.1f} to {100 * high:.1f}"
