"""The command line: parse, call, print. A `StanceError` is one line and exit status 1."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from stance import __version__
from stance.commands.agree import agree
from stance.commands.analyze import analyze
from stance.commands.bench import bench
from stance.commands.cache import cache
from stance.commands.calibrate import calibrate
from stance.commands.compare import compare
from stance.commands.doctor import doctor
from stance.commands.estimate import estimate
from stance.commands.evaluate import evaluate
from stance.commands.explain import explain
from stance.commands.export import export
from stance.commands.fit import fit
from stance.commands.models import models
from stance.commands.plot import plot
from stance.commands.run import run, verify
from stance.commands.sample import sample
from stance.commands.sensitivity import sensitivity
from stance.errors import StanceError, harmless

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stance")
def commands() -> None:
    """Measure how news is framed: tagged sentences, framing profiles, intervals."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 done, 1 an error told in one line, 2 wrong usage, 130 Ctrl-C."""
    try:
        commands.main(arguments, prog_name="stance", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stance: interrupted; nothing half-written was left", err=True)
        sys.exit(INTERRUPTED)
    except StanceError as error:
        click.echo(f"stance: {harmless(str(error))}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(0)


@commands.command()
@click.argument("name", required=False)
def codebooks(name: str | None) -> None:
    """List the shipped codebooks, or show NAME (one of them, or a file) in full."""
    from stance.codebooks import load_codebook, shipped_names

    if name is None:
        for shipped in shipped_names():
            book = load_codebook(shipped)
            click.echo(f"{shipped:<12}{', '.join(book.frames)}")
        return
    book = load_codebook(name)
    click.echo(f"{book.name}, version {book.version}; threshold {book.threshold}")
    for frame, entry in book.frames.items():
        click.echo(f"\n{frame}: {entry.definition}")
        for wording in entry.hypotheses:
            click.echo(f"  - {wording}")
    if book.stance is not None:
        names = ", ".join(target.name for target in book.stance.names)
        click.echo(f"\nstance toward {names or 'the most-named of the articles'}:")
        for side in ("favor", "against", "relevance"):
            for wording in getattr(book.stance, side):
                click.echo(f"  - {side}: {wording}")


for command in (
    agree,
    analyze,
    cache,
    bench,
    calibrate,
    compare,
    doctor,
    estimate,
    evaluate,
    explain,
    export,
    fit,
    models,
    plot,
    run,
    sample,
    sensitivity,
    verify,
):
    commands.add_command(command)
