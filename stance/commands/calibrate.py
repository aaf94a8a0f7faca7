"""``stance calibrate``: probabilities and thresholds fitted on a dev split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands import options
from stance.commands.columns import aligned

if TYPE_CHECKING:
    from stance.recalibration import Fitted, Method


@click.command()
@options.result
@click.argument("gold")
@click.option(
    "--method",
    type=click.Choice(["platt", "isotonic", "beta", "temperature"]),
    default="platt",
    show_default=True,
    help="Shape of the map from log-odds to probabilities.",
)
@click.option(
    "--goal",
    default="f1",
    show_default=True,
    help="What the threshold is for: f1, 'recall>=0.8' or 'precision>=0.9'.",
)
@click.option(
    "--out",
    type=options.PATH,
    default="calibration.json",
    show_default=True,
    help="File to write.",
)
def calibrate(result: Path, gold: str, method: Method, goal: str, out: Path) -> None:
    """Fit probabilities and thresholds of RESULT (a folder) on the dev labels in GOLD.

    Apply them with stance analyze --calibration; stance evaluate refuses the same labels.
    """
    from stance.errors import DataError
    from stance.gold.files import read_gold
    from stance.recalibration import calibrate, parse_goal
    from stance.results import load_result

    wanted = parse_goal(goal)
    measured = load_result(result)
    labels = read_gold(gold, frames=measured.frames)
    fitted = calibrate(measured, labels, method=method, goal=wanted)
    text = fitted.calibration.model_dump_json(indent=2) + "\n"
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror}); name another") from error
    click.echo(_table(fitted))
    click.echo(f"wrote {out}")


def _table(fitted: Fitted) -> str:
    rows = [["frame", "labels", "positive", "threshold", ""]]
    for name, own in fitted.calibration.frames.items():
        frame = name.partition(".")[2]
        rows.append([frame, str(own.n), str(own.n_positive), f"{own.threshold:.3f}", ""])
    rows += [[frame, "", "", "", f"left as it was: {why}"] for frame, why in fitted.left.items()]
    return aligned(rows)
