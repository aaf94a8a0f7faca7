"""What `stance run` and `stance compare` print."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stance.errors import harmless

if TYPE_CHECKING:
    from stance.comparison import Comparison, Difference

_ROWS = 60
_LINE = 200


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 110, highlight=False)


def _table(columns: Sequence[str], texts: int) -> Table:
    """Return an empty table; the first columns hold text, the others numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, name in enumerate(columns):
        table.add_column(name, justify="left" if number < texts else "right", no_wrap=True)
    return table


def print_run(folder: Path, *, skipped: bool) -> None:
    """Print the shares of all cells and where they are."""
    with (folder / "table" / "cells.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    varied = [name for name in ("cell", "group") if len({row[name] for row in rows}) > 1]
    names = [*varied, "frame"]
    table = _table([*names, "share", "95 % interval", "sentences"], len(names))
    for row in rows[:_ROWS]:
        table.add_row(*(Text(harmless(row[name])) for name in names), *_share(row))
    console = _console()
    console.print(table)
    if len(rows) > _ROWS:
        console.print(f"… and {len(rows) - _ROWS} more rows in the table")
    if skipped:
        console.print("nothing had changed; nothing was done again")
    sys.stdout.write(f"run    {folder}\ntable  {folder / 'table' / 'cells.csv'} (and .parquet)\n")


def _share(row: Mapping[str, str]) -> tuple[str, str, str]:
    if row["n_scored"] == "0":
        return "–", "not scored", "0"
    low, high = float(row["share_low"]), float(row["share_high"])
    return f"{float(row['share']):.0%}", f"{low:.0%} to {high:.0%}", row["n_scored"]


def print_comparison(found: Comparison, *, shown: int) -> None:
    """Print the differences, then the first of the changed sentences of every frame."""
    console = _console()
    console.print(Text(f"first   {found.first}\nsecond  {found.second}\n"))
    names = ("frame", "first", "second", "difference", "95 % interval", "only first")
    table = _table([*names, "only second", "p (Holm)"], 1)
    for difference in found.differences:
        table.add_row(*_difference(difference))
    console.print(table)
    one = found.differences[0]
    articles = "one article" if one.n_articles == 1 else f"{one.n_articles} articles"
    console.print(
        f"{one.n} sentences of {articles}, resampled: {one.resampled}; McNemar's "
        "exact test takes sentences as independent"
    )
    _print_unmatched(console, found)
    _print_changes(console, found, shown)


def _difference(found: Difference) -> tuple[Text | str, ...]:
    return (
        Text(harmless(found.frame)),
        f"{found.share_first:.1%}",
        f"{found.share_second:.1%}",
        f"{found.difference:+.1%}",
        f"{found.low:+.1%} to {found.high:+.1%}",
        str(found.only_first),
        str(found.only_second),
        f"{found.p_holm:.3g}",
    )


def _print_unmatched(console: Console, found: Comparison) -> None:
    for what, n, frames in (
        ("first", found.only_first, found.frames_first),
        ("second", found.only_second, found.frames_second),
    ):
        if n or frames:
            console.print(f"only in the {what}: {n} sentences, frames {', '.join(frames) or '–'}")


def _print_changes(console: Console, found: Comparison, shown: int) -> None:
    for difference in found.differences:
        changes = [change for change in found.changes if change.frame == difference.frame]
        if not changes:
            continue
        console.print(f"\n{difference.frame}: {len(changes)} sentences changed")
        for change in changes[:shown]:
            sign = "+" if change.second else "-"
            moved = f"{change.p_first:.2f} → {change.p_second:.2f}"
            place = f"{change.article_id} {change.sentence_id}"
            text = harmless(f"{sign} {moved}  {place}  {change.text}")
            console.print(Text(text if len(text) <= _LINE else f"{text[: _LINE - 1]}…"))
        if len(changes) > shown:
            console.print(f"… and {len(changes) - shown} more (--format csv lists all)")
