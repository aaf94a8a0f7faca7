"""`stance sensitivity`: how much a result depends on the wordings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.commands import inputs, options, printing

if TYPE_CHECKING:
    from stance.sensitivity import Sensitivity, Specification, Unstable


@click.command()
@options.result
@options.frames("Only this frame.")
@click.option("--out", type=options.PATH, help="Folder for a curve a frame.")
@click.option(
    "--kind",
    type=click.Choice(["svg", "png", "pdf"]),
    default="svg",
    show_default=True,
    help="Format of the curves.",
)
@click.option(
    "--most",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    metavar="N",
    help="Unstable sentences to list for each frame.",
)
@options.seed("Of the resampling.")
@options.form()
def sensitivity(
    result: Path,
    frames: tuple[str, ...],
    out: Path | None,
    kind: str,
    most: int,
    seed: int,
    form: str,
) -> None:
    """Show how the shares in RESULT change with the wordings of its codebook.

    Every wording alone, all but one, and all; agreement between wordings; the sentences whose tag
    hangs on the wording. Nothing is scored again.
    """
    from stance.sensitivity import assess, worded_frames

    found = inputs.read_result(result)
    asked = inputs.asked_frames(frames, found)
    worded = [w for w in worded_frames(found.sentences, found.codebook) if w.frame in asked]
    assessed = [assess(one, most=most, seed=seed) for one in worded]
    scored = found.sentences.filter(found.sentences["scored"]).to_pylist()
    if out is not None:
        _draw(assessed, out, kind)
    if form == "table":
        for one in assessed:
            _print(one, scored)
    elif form == "csv":
        printing.print_rows([row for one in assessed for row in _rows(one)], form)
    else:
        printing.print_json([_whole(one, scored) for one in assessed])


def _draw(assessed: Sequence[Sensitivity], out: Path, kind: str) -> None:
    from stance.errors import DataError
    from stance.evaluation_plots import plot_specifications
    from stance.plots import save_figure

    try:
        out.mkdir(parents=True, exist_ok=True)
        for one in assessed:
            save_figure(plot_specifications(one), out / f"wordings-{one.frame}.{kind}")
    except OSError as error:
        raise DataError(
            f"{out}: cannot be written ({error.strerror}); name another --out"
        ) from error
    click.echo(f"curves in {out}", err=True)


def _rows(one: Sensitivity) -> Iterator[dict[str, Any]]:
    for choice in one.specifications:
        yield {
            "frame": one.frame,
            "kind": choice.kind,
            "wordings": " ".join(str(k + 1) for k in choice.kept),
            "share": choice.share.value,
            "low": choice.share.low,
            "high": choice.share.high,
            "n": choice.share.n,
            "alpha": choice.alpha,
        }


def _whole(one: Sensitivity, scored: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "frame": one.frame,
        "wordings": one.wordings,
        "alpha": asdict(one.alpha),
        "contested": asdict(one.contested),
        "specifications": list(_rows(one)),
        "unstable": [
            {
                "article_id": scored[s.row]["article_id"],
                "sentence_id": scored[s.row]["sentence_id"],
                "text": scored[s.row]["text"],
                "votes": s.votes,
                "p_low": s.low,
                "p_high": s.high,
            }
            for s in one.unstable
        ],
    }


def _agreement(one: Sensitivity) -> str:
    if math.isnan(one.alpha.value):
        return "undefined"
    known = not math.isnan(one.alpha.low)
    reach = f" ({one.alpha.low:.2f} to {one.alpha.high:.2f})" if known else ""
    return f"{one.alpha.value:.2f}{reach}"


def _print(one: Sensitivity, scored: Sequence[Mapping[str, Any]]) -> None:
    n = len(one.wordings)
    contested = f"{printing.percent(one.contested.value)} %"
    printing.print_table(
        ["asked", "share, %", "95 % interval", "alpha", "wording"],
        [_cells(choice, one) for choice in one.specifications],
        title=f"{one.frame}: alpha between {n} wordings {_agreement(one)}; contested {contested} "
        f"of {one.contested.n} sentences",
    )
    if one.unstable:
        rows = [_sentence(s, n, scored[s.row]) for s in one.unstable]
        printing.print_table(["tagged by", "probability", "sentence"], rows)
    click.echo()


def _cells(choice: Specification, one: Sensitivity) -> list[str]:
    share, n = choice.share, len(one.wordings)
    place = {"only": choice.kept[0], "without": next(iter(set(range(n)) - set(choice.kept)), 0)}
    agreement = "–" if math.isnan(choice.alpha) else f"{choice.alpha:.2f}"
    name = choice.kind if choice.kind == "all" else f"{choice.kind} {place[choice.kind] + 1}"
    wording = "" if choice.kind == "all" else one.wordings[place[choice.kind]]
    shown = [printing.percent(share.value), printing.interval(share.low, share.high)]
    return [name, *shown, agreement, wording]


def _sentence(one: Unstable, n: int, row: Mapping[str, Any]) -> list[str]:
    return [f"{one.votes} of {n}", f"{one.low:.2f} to {one.high:.2f}", row["text"]]
