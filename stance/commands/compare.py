"""`stance compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands import options

if TYPE_CHECKING:
    from stance.comparison import Comparison

_SHOWN = 10


@click.command()
@click.argument("first", type=options.PATH, metavar="RUN")
@click.argument("second", type=options.PATH, metavar="RUN")
@options.form("table", "json", "csv", explained="csv holds the changed sentences, json all.")
@options.seed("Seed of the bootstrap.")
def compare(first: Path, second: Path, form: str, seed: int) -> None:
    """Compare two results: a run of one cell, a cell of a run, or what analyze wrote.

    Shows the difference of every share (second minus first) with the interval of the paired
    bootstrap over articles, McNemar's exact test, and the sentences whose tags changed.
    """
    from stance import comparison
    from stance.commands import show

    found = comparison.compare(first, second, seed=seed)
    if form == "table":
        show.print_comparison(found, shown=_SHOWN)
    else:
        click.echo(_machine_readable(found, form), nl=False)


def _machine_readable(found: Comparison, form: str) -> str:
    import csv
    import io
    import json
    from dataclasses import asdict, fields

    from stance.comparison import Change

    if form == "json":
        return json.dumps(asdict(found), default=str, ensure_ascii=False, indent=2) + "\n"
    sink = io.StringIO()
    writer = csv.DictWriter(sink, [f.name for f in fields(Change)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(change) for change in found.changes)
    return sink.getvalue()
