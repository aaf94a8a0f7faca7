"""``stance plot``: a figure of a result, for a paper or a screen, with the table behind it."""

from __future__ import annotations

from pathlib import Path

import click

from stance.commands import options

_KINDS = ("profile", "strip", "stance", "groups", "trend", "heatmap", "distance", "words")
_BESIDE = "beside"


@click.command()
@click.argument("kind", type=click.Choice(_KINDS))
@options.result
@click.option(
    "--out",
    required=True,
    type=options.PATH,
    metavar="FILE.pdf|svg|png",
    help="File to write.",
)
@click.option(
    "--data",
    is_flag=False,
    flag_value=_BESIDE,
    metavar="[FILE.csv]",
    help="Write the table behind the figure too, beside it if no file is named.",
)
@click.option(
    "--style",
    type=click.Choice(["paper", "screen"]),
    default="paper",
    show_default=True,
    help="Size of figure and type.",
)
@click.option("--width", help="Such as 3.4in or 86mm.  [default: 3.4in on paper, 7.2in on screen]")
@click.option("--by", metavar="COLUMN", help="What groups articles.  [default: outlet]")
@options.period("Group by date.")
@click.option("--article", metavar="ID", help="Draw one article of several.")
@options.frames("Show this frame; may be repeated.")
def plot(
    kind: str,
    result: Path,
    out: Path,
    data: str | None,
    style: str,
    width: str | None,
    by: str | None,
    period: str | None,
    article: str | None,
    frames: tuple[str, ...],
) -> None:
    """Draw KIND of RESULT (a folder of stance analyze, or a cell of a run).

    \b
    profile  share of every frame     groups   shares by outlet, column or period
    strip    one article by sentence  trend    shares over time, with bands
    stance   by target                heatmap  groups x frames
    words    distinctive of frames    distance tree of groups
    """
    from stance.commands.columns import as_csv
    from stance.figures import Asked, make_figure
    from stance.plots import check_kind, look_of, render
    from stance.results import load_result
    from stance.runs.directory import result_folder
    from stance.runs.files import write_whole

    suffix = check_kind(out)
    look = look_of(style, width)
    asked = Asked(load_result(result_folder(result)), by, period, article, frames, look)  # type: ignore[arg-type]
    made = make_figure(kind, asked)
    files = {out: render(made.figure, suffix, look=look)}
    if data is not None:
        table = out.with_suffix(".csv") if data == _BESIDE else Path(data)
        files[table] = as_csv(made.rows).encode()
    for path, content in files.items():
        write_whole(path, content)
        click.echo(f"wrote {path}")
