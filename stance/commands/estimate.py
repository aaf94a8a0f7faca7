"""`stance estimate`: prevalence corrected by labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.commands import inputs, options, printing

if TYPE_CHECKING:
    from stance.estimation import Corpus, Prevalence

FEW_ARTICLES = 20


@click.command()
@options.result
@click.argument("gold", type=options.PATH)
@options.frames("Only this frame.")
@click.option("--group", metavar="COLUMN", help="Compare groups: outlet, date, voice, section.")
@options.period("Cut dates of --group.")
@click.option("--reference", metavar="NAME", help="The group that others are compared with.")
@click.option(
    "--articles",
    type=options.PATH,
    help="File with article_id and the column of --group.",
)
@click.option(
    "--power",
    type=click.FloatRange(0, 0.5, min_open=True),
    metavar="HALF_WIDTH",
    help="Say how many labels an interval of ± HALF_WIDTH (a share) takes.",
)
@options.form()
def estimate(
    result: Path,
    gold: Path,
    frames: tuple[str, ...],
    group: str | None,
    period: str | None,
    reference: str | None,
    articles: Path | None,
    power: float | None,
    form: str,
) -> None:
    """Estimate how frequent the frames of RESULT are, corrected by the labels of GOLD.

    Prints the model's own count beside estimates whose intervals know its errors. GOLD must be a
    random sample of the sentences; its column inclusion_probability says with what chances.
    """
    found = inputs.read_result(result)
    labels = inputs.read_labels(gold, inputs.asked_frames(frames, found), found)
    _check_apart(found, labels)
    groups = None
    if group is not None:
        groups = inputs.read_groups(found, group, articles=articles, period=period)
    rows: list[dict[str, Any]] = []
    for frame in labels.frames:
        corpus = _corpus(found, labels, frame)
        prevalences = _measured(corpus, groups, reference, f"{gold}: {frame}")
        rows += [_row(frame, corpus, one, power) for one in prevalences]
    if form == "table":
        _print(rows, power)
    else:
        printing.print_rows(rows, form)
    _notes(rows, labels, corpus)


def _check_apart(found: inputs.Result, labels: inputs.Labels) -> None:
    """Refuse the labels that the result's head was trained on."""
    from stance.errors import DataError

    head = found.manifest.get("head") or {}
    if head.get("labels", {}).get("sha256") == labels.sha256:
        raise DataError(
            f"{labels.place}: the head of {found.folder} was trained on these labels, which makes "
            "its errors look small; label another random sample"
        )


def _corpus(found: inputs.Result, labels: inputs.Labels, frame: str) -> Corpus:
    from stance.errors import DataError
    from stance.estimation import corpus_of

    try:
        return corpus_of(
            found.sentences, frame, labels.values[frame], labels.inclusion, labels.strata
        )
    except DataError as error:
        raise DataError(f"{labels.place}: {frame}: {error}") from error


def _measured(
    corpus: Corpus, groups: Sequence[str] | None, reference: str | None, place: str
) -> tuple[Prevalence, ...]:
    from stance.errors import DataError
    from stance.estimation import measure

    try:
        return measure(corpus, groups, reference=reference)
    except DataError as error:
        raise DataError(f"{place}: {error}") from error


def _row(frame: str, corpus: Corpus, one: Prevalence, power: float | None) -> dict[str, Any]:
    row = {
        "frame": frame,
        "group": one.group,
        "minus": one.reference,
        "method": one.method,
        "estimate": one.estimate.value,
        "low": one.estimate.low,
        "high": one.estimate.high,
        "n": one.estimate.n,
        "articles": one.articles,
        "gain": one.gain,
        "slope": one.slope,
    }
    return row if power is None else {**row, "labels_needed": _needed(corpus, one, power)}


def _needed(corpus: Corpus, one: Prevalence, power: float) -> float:
    from stance.estimation import EVERY, floor_variance, labels_needed

    if one.reference is not None or one.group != EVERY or math.isnan(one.gain):
        return math.nan
    return labels_needed(one, floor_variance(corpus), power)


def _print(rows: Sequence[dict[str, Any]], power: float | None) -> None:
    head = ["frame", "group", "method", "share, %", "95 % interval", "n", "articles", "gain"]
    cells = [_cells(row, power) for row in rows]
    if power is not None:
        head.append(f"labels for ± {100 * power:g}")
    printing.print_table(head, cells)


def _cells(row: dict[str, Any], power: float | None) -> list[str]:
    group = row["group"] if row["minus"] is None else f"{row['group']} − {row['minus']}"
    gain = "–" if math.isnan(row["gain"]) else f"{row['gain']:.2f}"
    cells = [row["frame"], group, row["method"], printing.percent(row["estimate"])]
    cells += [printing.interval(row["low"], row["high"]), str(row["n"]), str(row["articles"]), gain]
    return cells if power is None else [*cells, _labels(row["labels_needed"])]


def _labels(needed: float) -> str:
    if math.isnan(needed):
        return "–"
    return "more articles" if math.isinf(needed) else f"{needed:.0f}"


def _notes(rows: Sequence[dict[str, Any]], labels: inputs.Labels, corpus: Corpus) -> None:
    scored = len(corpus.article)
    corrected = [row for row in rows if row["method"] != "raw"]
    if not labels.inclusion:
        printing.note(
            f"{labels.place} has no inclusion_probability; the labels are taken for a simple "
            "random sample of the sentences, which only you can know"
        )
    if len(set(labels.inclusion.values())) > 1 and corpus.stratum is None:
        printing.note(
            f"{labels.place} does not say in which stratum the sentences lie that were not drawn; "
            "design-based intervals are wider than they need be"
        )
    if any(math.isnan(row["estimate"]) for row in rows):
        printing.note("– stands where a group has too few articles or labels to be estimated")
    fewest = min((row["articles"] for row in corrected), default=0)
    if 0 < fewest < FEW_ARTICLES:
        printing.note(f"{fewest} articles carry the labels of a row; its interval is rough")
    for frame, values in labels.values.items():
        used = next(r["n"] for r in corrected if r["frame"] == frame and r["group"] == "all")
        if used < len(values):
            lost = len(values) - used
            printing.note(f"{frame}: {lost} labels lie on sentences that were not scored")
    if any(row.get("labels_needed", 0) > scored for row in rows):
        printing.note(f"the corpus has only {scored} scored sentences to label")
