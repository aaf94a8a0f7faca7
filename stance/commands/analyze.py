"""``stance analyze``: tag, profile and plot articles."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.commands import options
from stance.commands.engine import analyze_at_large, engine_of
from stance.errors import ConfigError

if TYPE_CHECKING:
    from stance.analysis import Analysis
    from stance.groups import Grouping, Period
    from stance.toward import Targets


def _columns(_: click.Context, __: click.Parameter, pairs: Sequence[str]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    for pair, (known, _equals, own) in zip(pairs, split, strict=True):
        if not known or not own:
            raise ConfigError(f"--column {pair}: write it as --column text=NAME")
    return {known: own for known, _equals, own in split}


def _labels(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _targets(_: click.Context, __: click.Parameter, text: str | None) -> Targets | None:
    if text is None:
        return None
    from stance.targets import parse_targets

    word = text.strip()
    if word == "auto":
        return "auto"
    return "none" if word == "none" else parse_targets(text)


def _check_groups(
    inputs: Sequence[str],
    grouping: Grouping,
    *,
    columns: Mapping[str, str],
    skip_bad: bool,
    limit: int | None,
    **_: Any,
) -> None:
    """Check before anything is tagged that articles can be grouped; reads up to the first."""
    from stance.groups import check_groups
    from stance.readers import read_articles

    articles = read_articles(inputs, columns=columns, skip_bad=skip_bad, limit=limit)
    check_groups(articles, by=grouping.by, period=grouping.period)


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@options.codebook
@click.option(
    "--model",
    default="mini",
    show_default=True,
    metavar="mini|lexical|FOLDER|ORG/NAME[@REVISION]",
    help="The shipped model, counting terms, a folder, or a model of a hub (extra hf).",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    default="auto",
    show_default=True,
    help="Where the model computes.",
)
@click.option(
    "--dtype",
    type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
    default="auto",
    show_default=True,
    help="What it computes in.",
)
@click.option(
    "--labels",
    callback=_labels,
    metavar="NAME,NAME,…",
    help="What the columns of a checkpoint are, if it does not say: entailment,neutral,…",
)
@click.option(
    "--targets",
    callback=_targets,
    metavar="NAMES|auto|none",
    help='Toward whom stance is asked: "Israel=Israeli,IDF; Hamas"; by default the codebook says.',
)
@click.option(
    "--calibration",
    type=options.PATH,
    metavar="FILE",
    help="A calibration made by stance calibrate.",
)
@click.option(
    "--out",
    type=options.PATH,
    default="stance-out",
    show_default=True,
    help="Folder of the result.",
)
@options.form("table", "json", "csv", "jsonl")
@click.option(
    "--column",
    "columns",
    multiple=True,
    callback=_columns,
    metavar="text=NAME",
    help="Name a column.",
)
@click.option("--skip-bad", is_flag=True, help="Leave out rows that cannot be read; count them.")
@click.option("--head", type=options.PATH, help="Head that stance fit wrote.")
@options.threads
@options.precision
@click.option(
    "--cache",
    default="off",
    show_default=True,
    metavar="on|off|DIR",
    help="Keep scores and look them up, in the user's cache folder or in DIR.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Most articles to read.")
@click.option(
    "--group-by",
    "names",
    multiple=True,
    metavar="outlet|date|COLUMN",
    help="Write corpus.html, a report of groups of articles; may be given twice, once with date.",
)
@options.period("How --group-by date cuts dates; by default to the month.")
@click.option(
    "--engine",
    type=click.Choice(["local", "processes", "ray"]),
    help="For large corpora: steady memory, resumes; by default all is held in memory.",
)
@click.option(
    "--jobs", type=click.IntRange(min=0), default=0, help="Models at work; 0 is one a core."
)
@click.option("--address", metavar="HOST:PORT|auto", help="Ray cluster of --engine ray.")
@options.quiet
def analyze(
    inputs: tuple[str, ...],
    out: Path,
    form: str,
    names: tuple[str, ...],
    period: Period | None,
    engine: str | None,
    jobs: int,
    address: str | None,
    quiet: bool,
    **asked: Any,
) -> None:
    """Tag, profile and plot the articles in INPUT… (files, folders, or - for standard input).

    Reads txt, md, html, jsonl, csv, tsv and parquet; writes tables, figures, a manifest and
    report.html to --out; with --group-by also corpus.html.
    """
    from stance import experiment, runs, terminal
    from stance.commands.printing import note
    from stance.groups import grouping_of

    grouping = grouping_of(names, period=period)
    runs.check_target(out)
    told: dict[str, Any] = {
        "stdin": sys.stdin.buffer,
        "on_skip": None if quiet else terminal.report_skip,
        "on_note": None if quiet else note,
    }
    shared = engine_of(engine, jobs, address, grouped=grouping is not None)
    if shared is not None:
        where = {"engine": shared, "jobs": jobs, "address": address}
        analyze_at_large(inputs, out, form=form, quiet=quiet, **asked, **told, **where)
        return
    if grouping is not None and "-" not in inputs:
        _check_groups(inputs, grouping, **asked)
    with terminal.progress(quiet=quiet) as on_progress:
        result = experiment.analyze(inputs, on_progress=on_progress, **asked, **told)
    result.save(out, group_by=names, period=period)
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
