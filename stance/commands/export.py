"""``stance export``: a table of a result for another program."""

from __future__ import annotations

from pathlib import Path

import click

from stance.commands import options


@click.command()
@options.result
@click.option(
    "--to",
    required=True,
    type=options.PATH,
    metavar="FILE",
    help="File or folder to write.",
)
@click.option(
    "--as",
    "form",
    required=True,
    type=click.Choice(["label-studio", "csv-excel", "parquet", "jsonl", "datasets"]),
    help="Format to write.",
)
@click.option(
    "--table",
    type=click.Choice(["sentences", "profiles", "stances", "articles"]),
    default="sentences",
    show_default=True,
    help="Table to write.",
)
@click.option("--blind", is_flag=True, help="Label Studio: leave the model's predictions out.")
def export(result: Path, to: Path, form: str, table: str, blind: bool) -> None:
    """Write a table of RESULT (a folder of stance analyze, or a cell of a run) to FILE.

    A file that is already there is replaced.
    """
    from stance import exports
    from stance.results import load_result
    from stance.runs.directory import result_folder

    found = load_result(result_folder(result))
    for path in exports.export(found, to, form, table=table, blind=blind):
        click.echo(f"wrote {path}")
