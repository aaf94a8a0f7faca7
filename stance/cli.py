"""The command line: parse, call, print. A `StanceError` is one line and exit status 1."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from stance import __version__
from stance.commands.agree import agree
from stance.commands.calibrate import calibrate
from stance.commands.compare import compare
from stance.commands.estimate import estimate
from stance.commands.evaluate import evaluate
from stance.commands.fit import fit
from stance.commands.run import run, verify
from stance.commands.sample import sample
from stance.commands.sensitivity import sensitivity
from stance.errors import ConfigError, StanceError, harmless

if TYPE_CHECKING:
    from stance.analysis import Analysis
    from stance.toward import Targets

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


def _columns(pairs: Sequence[str]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    for pair, (known, _, own) in zip(pairs, split, strict=True):
        if not known or not own:
            raise ConfigError(f"--column {pair}: write it as --column text=NAME")
    return {known: own for known, _, own in split}


def _targets(text: str | None) -> Targets | None:
    from stance.targets import parse_targets

    if text is None:
        return None
    word = text.strip()
    if word == "auto":
        return "auto"
    return "none" if word == "none" else parse_targets(text)


@commands.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@click.option("--codebook", default="diplomacy", show_default=True, metavar="NAME|FILE")
@click.option(
    "--model",
    type=click.Choice(["mini", "lexical"]),
    default="mini",
    show_default=True,
    help="The shipped model, or counting the terms of the codebook.",
)
@click.option(
    "--targets",
    metavar="NAMES|auto|none",
    help='Toward whom stance is asked: "Israel=Israeli,IDF; Hamas"; by default the codebook says.',
)
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A calibration made by stance calibrate.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="stance-out",
    show_default=True,
    help="Folder of the result.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "jsonl"]),
    default="table",
    show_default=True,
    help="What is printed on standard output.",
)
@click.option("--column", "pairs", multiple=True, metavar="text=NAME", help="Name a column.")
@click.option("--skip-bad", is_flag=True, help="Leave out rows that cannot be read; count them.")
@click.option("--head", type=click.Path(path_type=Path), help="Head that stance fit wrote.")
@click.option("--threads", type=click.IntRange(min=0), default=0, help="0 is one a core.")
@click.option("--limit", type=click.IntRange(min=1), help="Most articles to read.")
@click.option("--quiet", is_flag=True, help="Print no table, progress or message; errors remain.")
def analyze(
    inputs: tuple[str, ...],
    codebook: str,
    targets: str | None,
    model: str,
    calibration: Path | None,
    out: Path,
    form: str,
    pairs: tuple[str, ...],
    skip_bad: bool,
    head: Path | None,
    threads: int,
    limit: int | None,
    quiet: bool,
) -> None:
    """Tag, profile and plot the articles in INPUT… (files, folders, or - for standard input).

    Reads txt, md, html, jsonl, csv, tsv and parquet; writes tables, figures, a manifest and
    report.html to --out.
    """
    from stance import experiment, runs, terminal

    columns, toward = _columns(pairs), _targets(targets)
    runs.check_target(out)
    with terminal.progress(quiet=quiet) as on_progress:
        result = experiment.analyze(
            inputs,
            codebook=codebook,
            targets=toward,
            model=model,
            calibration=calibration,
            threads=threads,
            limit=limit,
            columns=columns,
            skip_bad=skip_bad,
            head=head,
            stdin=sys.stdin.buffer,
            on_progress=on_progress,
            on_skip=None if quiet else terminal.report_skip,
        )
    result.save(out)
    _print(result, form, out, quiet=quiet)


def _print(result: Analysis, form: str, out: Path, *, quiet: bool) -> None:
    from stance import terminal

    if form != "table":
        sys.stdout.buffer.write(terminal.machine_readable(result, form))
        sys.stdout.buffer.flush()
    elif not quiet:
        terminal.print_profiles(result)
    if not quiet:
        terminal.print_files(out, to_stderr=form != "table")


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
    calibrate,
    compare,
    estimate,
    evaluate,
    fit,
    run,
    sample,
    sensitivity,
    verify,
):
    commands.add_command(command)
