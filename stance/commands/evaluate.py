"""``stance evaluate``: a result against gold labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands.columns import FORMS, aligned, as_csv, as_json

if TYPE_CHECKING:
    from stance.evaluation import Evaluation, Scores
    from stance.gold import Gold
    from stance.results import Result


@click.command()
@click.argument("result", type=click.Path(path_type=Path))
@click.argument("gold")
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Decide anew by a calibration made by stance calibrate.",
)
@click.option(
    "--embedding",
    default="mini",
    show_default=True,
    metavar="MODEL",
    help="Encoder of the embedding row: mini, a folder, ORG/NAME, or off.",
)
@click.option("--slices", is_flag=True, help="Print the parts by voice, section, outlet, length.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for table and figures.")
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
def evaluate(
    result: Path,
    gold: str,
    calibration: Path | None,
    embedding: str,
    slices: bool,
    out: Path | None,
    form: str,
    seed: int,
) -> None:
    """Compare the tags of RESULT (a folder) with the labels in GOLD, beside baselines.

    Every figure has a 95 % interval resampled by article.
    """
    from stance import evaluation, runs
    from stance.calibration import read_calibration
    from stance.gold.files import read_gold
    from stance.results import load_result, recalibrated
    from stance.scorers import load_scorer

    if out is not None:
        runs.check_target(out)
    measured = load_result(result)
    labels = read_gold(gold, frames=measured.frames)
    if calibration is not None:
        measured = recalibrated(measured, read_calibration(calibration))
    alike = None if embedding == "off" else load_scorer("embedding", model=embedding)
    found = evaluation.evaluate(measured, labels, embedding=alike, seed=seed)
    rows = found.table()
    texts = {"csv": as_csv(rows), "json": as_json(rows), "table": tables_of(found, slices=slices)}
    click.echo(texts[form], nl=False)
    if out is not None:
        runs.save_folder(out, lambda folder: _write(found, measured, labels, folder))
        click.echo(f"wrote {out}", err=form != "table")


def tables_of(found: Evaluation, *, slices: bool) -> str:
    """Return an evaluation as aligned text, a block a frame."""
    from stance.evaluation import EVERY

    frames = dict.fromkeys(scores.frame for scores in found.scores)
    blocks = []
    for frame in frames:
        of_frame = [scores for scores in found.scores if scores.frame == frame]
        blocks.append(_block(frame, [s for s in of_frame if s.by == EVERY], "system"))
        parts = [scores for scores in of_frame if scores.by != EVERY]
        if slices and parts:
            blocks.append(_block(frame, parts, "part"))
    return "\n\n".join(blocks) + "\n"


def _block(frame: str, scores: Sequence[Scores], first: str) -> str:
    from stance.metrics import NAMES, shown

    head = [first, *(name.replace("_", " ") for name in NAMES), "tagged", ""]
    rows = []
    for one in scores:
        name = one.system if first == "system" else f"{one.by}: {one.part}"
        figures = [shown(one.figures[figure]) for figure in NAMES]
        rows.append([name, *figures, str(one.n_tagged), one.note])
    n = scores[0]
    title = f"{frame}: {n.n} labelled sentences of {n.n_articles} articles, {n.n_positive} gold"
    return f"{title if first == 'system' else frame}\n{aligned([head, *rows])}"


def _write(found: Evaluation, result: Result, gold: Gold, folder: Path) -> None:
    from stance import runs
    from stance.evaluation_plots import FIGURES
    from stance.plots import render

    rows = found.table()
    (folder / "evaluation.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
    (folder / "evaluation.json").write_text(as_json(rows), encoding="utf-8")
    for name, draw in FIGURES.items():
        figure = draw(found)
        for kind in ("svg", "png"):
            (folder / f"{name}.{kind}").write_bytes(render(figure, kind))
    manifest = {
        "kind": "evaluation",
        "status": "success",
        "result": {"folder": str(result.folder), "model": result.manifest["model"]},
        "gold": {"file": gold.place, "sha256": gold.sha256, "sentences": len(gold.keys)},
        "calibrated_on": [labels.model_dump(exclude={"ids"}) for labels in result.fitted_on],
        "versions": runs.versions(),
    }
    runs.write_manifest(folder, manifest)
