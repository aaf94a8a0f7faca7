"""`stance run` and `stance verify`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stance.commands import options


@click.command()
@click.argument("config", type=options.PATH, metavar="CONFIG.yaml")
@click.option(
    "--set", "settings", multiple=True, metavar="a.b=VALUE", help="Change the config; repeatable."
)
@click.option(
    "--runs",
    type=options.PATH,
    default="runs",
    show_default=True,
    help="Folder of run directories.",
)
@options.quiet
def run(config: Path, settings: tuple[str, ...], runs: Path, quiet: bool) -> None:
    """Do what CONFIG.yaml says in RUNS/NAME-DIGEST; what is done and unchanged is skipped.

    A run that was stopped goes on where it stood. The table of all cells is printed and is in
    table/cells.csv of the run.
    """
    from stance import runner, terminal

    with terminal.progress(quiet=quiet) as on_progress:
        done = runner.run(config, settings=settings, runs=runs, on_progress=on_progress)
    if not quiet:
        from stance.commands.show import print_run

        print_run(done.folder, skipped=done.skipped)


@click.command()
@click.argument("folder", type=options.PATH, metavar="RUN")
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="Sentences scored again, of every model and codebook.",
)
@options.seed("Seed of the sample.")
def verify(folder: Path, sample: int, seed: int) -> None:
    """Hash the files of RUN (or of a result) again and score a random sample again.

    Prints what moved and why, and exits with status 1 if anything did.
    """
    from stance.errors import harmless
    from stance.verification import verify as check

    found = check(folder, sample=sample, seed=seed)
    for moved in found.moved:
        click.echo(harmless(f"{moved.place}: {moved.what} ({moved.why})"))
    click.echo(
        f"{found.n_files} files and {found.n_scores} sentences checked; {len(found.moved)} moved"
    )
    if found.moved:
        sys.exit(1)
