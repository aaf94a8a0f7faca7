"""``stance sample``: a blind random sample of sentences to be coded."""

from __future__ import annotations

from pathlib import Path

import click

from stance.commands import options


@click.command()
@options.result
@click.option(
    "--n", type=click.IntRange(min=1), default=200, show_default=True, help="Sentences to draw."
)
@click.option(
    "--by",
    type=click.Choice(["score", "outlet", "target", "nothing"]),
    multiple=True,
    default=("score", "outlet"),
    help="What to stratify by; may be given again.  [default: score, outlet]",
)
@click.option("--frame", help="Frame whose score is meant; the highest of all if not given.")
@click.option("--coder", "coders", multiple=True, default=("coder",), help="Name of a coder.")
@click.option(
    "--overlap",
    type=click.FloatRange(0, 1),
    default=0.25,
    show_default=True,
    help="Share of the sentences that every coder gets.",
)
@click.option("--out", type=options.PATH, default="gold.csv", show_default=True, help="Sheet.")
@click.option("--stance", is_flag=True, help="Ask for the stance toward the targets as well.")
@click.option("--label-studio", is_flag=True, help="Write tasks for Label Studio as well.")
@options.seed("Of the draw.")
def sample(
    result: Path,
    n: int,
    by: tuple[str, ...],
    frame: str | None,
    coders: tuple[str, ...],
    overlap: float,
    out: Path,
    stance: bool,
    label_studio: bool,
    seed: int,
) -> None:
    """Draw sentences of RESULT (a folder written by stance analyze) for people to code.

    The sheet is blind. How every sentence was drawn stands in a second file, .design.csv.
    """
    from stance.results import load_result
    from stance.sheets import draw_sheet

    strata = tuple(name for name in by if name != "nothing")
    sheet = draw_sheet(
        load_result(result),
        n,
        by=strata,
        frame=frame,
        coders=coders,
        overlap=overlap,
        stance=stance,
        seed=seed,
    )
    files = sheet.save(out, label_studio=label_studio)
    rows, strata_drawn = len(sheet.coders), len({drawn.stratum for drawn in sheet.drawn})
    click.echo(
        f"{n} of {len(sheet.population)} scored sentences, {strata_drawn} strata, {rows} rows"
    )
    for path in files:
        click.echo(f"wrote {path}")
