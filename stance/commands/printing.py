"""Rows on standard output: as a table for people, as CSV or JSON for programs."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from stance.commands.columns import as_csv, as_json


def print_rows(rows: Sequence[Mapping[str, Any]], form: str) -> None:
    """Print rows that have the same keys as ``csv`` or ``json``."""
    sys.stdout.write(as_json(rows) if form == "json" else as_csv(rows))


def print_json(value: Any) -> None:
    """Print a value of lists, dictionaries and numbers as JSON."""
    sys.stdout.write(as_json(value))


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
