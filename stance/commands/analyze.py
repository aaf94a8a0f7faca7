"""``stance analyze``: tag, profile and plot articles."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.commands.engine import analyze_at_large, engine_of, engine_options
from stance.errors import ConfigError

if TYPE_CHECKING:
    from stance.analysis import Analysis
    from stance.groups import Grouping, Period
    from stance.toward import Targets


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


def _check_groups(
    inputs: Sequence[str],
    grouping: Grouping,
    columns: dict[str, str],
    *,
    skip_bad: bool,
    limit: int | None,
) -> None:
    """Check before anything is tagged that articles can be grouped; reads up to the first."""
    from stance.groups import check_groups
    from stance.readers import read_articles

    articles = read_articles(inputs, columns=columns, skip_bad=skip_bad, limit=limit)
    check_groups(articles, by=grouping.by, period=grouping.period)


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@click.option(
    "--codebook",
    default="diplomacy",
    show_default=True,
    metavar="NAME|FILE",
    help="A shipped codebook, or a YAML file.",
)
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
    metavar="NAME,NAME,…",
    help="What the columns of a checkpoint are, if it does not say: entailment,neutral,…",
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
@click.option(
    "--precision",
    type=click.Choice(["exact", "fast"]),
    default="exact",
    show_default=True,
    help="fast computes mini in bfloat16 (extra fast).",
)
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
@click.option(
    "--period",
    type=click.Choice(["week", "month", "year", "day"]),
    help="How --group-by date cuts dates; by default to the month.",
)
@engine_options
@click.option("--quiet", is_flag=True, help="Print no table, progress or message; errors remain.")
def analyze(
    inputs: tuple[str, ...],
    codebook: str,
    targets: str | None,
    model: str,
    device: str,
    dtype: str,
    labels: str | None,
    calibration: Path | None,
    out: Path,
    form: str,
    pairs: tuple[str, ...],
    skip_bad: bool,
    head: Path | None,
    threads: int,
    cache: str,
    precision: str,
    limit: int | None,
    names: tuple[str, ...],
    period: Period | None,
    engine: str | None,
    jobs: int,
    address: str | None,
    quiet: bool,
) -> None:
    """Tag, profile and plot the articles in INPUT… (files, folders, or - for standard input).

    Reads txt, md, html, jsonl, csv, tsv and parquet; writes tables, figures, a manifest and
    report.html to --out; with --group-by also corpus.html.
    """
    from stance import experiment, runs, terminal
    from stance.commands.printing import note
    from stance.groups import grouping_of

    columns, toward = _columns(pairs), _targets(targets)
    grouping = grouping_of(names, period=period)
    runs.check_target(out)
    options: dict[str, Any] = {
        "codebook": codebook,
        "targets": toward,
        "model": model,
        "calibration": calibration,
        "threads": threads,
        "precision": precision,
        "device": device,
        "dtype": dtype,
        "labels": tuple(labels.split(",")) if labels else (),
        "limit": limit,
        "columns": columns,
        "skip_bad": skip_bad,
        "head": head,
        "cache": cache,
        "stdin": sys.stdin.buffer,
        "on_skip": None if quiet else terminal.report_skip,
        "on_note": None if quiet else note,
    }
    shared = engine_of(engine, jobs, address, grouped=grouping is not None)
    if shared is not None:
        where = {"engine": shared, "jobs": jobs, "address": address}
        analyze_at_large(inputs, out, form=form, quiet=quiet, options={**options, **where})
        return
    if grouping is not None and "-" not in inputs:
        _check_groups(inputs, grouping, columns, skip_bad=skip_bad, limit=limit)
    with terminal.progress(quiet=quiet) as on_progress:
        result = experiment.analyze(inputs, on_progress=on_progress, **options)
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
