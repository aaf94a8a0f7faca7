"""``stance evaluate``: a result against gold labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.commands import options
from stance.commands.columns import aligned, as_csv, as_json

if TYPE_CHECKING:
    from stance.evaluation import Evaluation, Scores
    from stance.gold import Gold
    from stance.results import Result
    from stance.stance_evaluation import StanceScores


@click.command()
@options.result
@click.argument("gold")
@click.option(
    "--calibration",
    type=options.PATH,
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
@click.option("--out", type=options.PATH, help="Folder for table and figures.")
@options.form()
@options.seed("Of the resampling.")
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
    """Compare the tags and stances of RESULT (a folder) with the labels in GOLD, beside baselines.

    Every figure has a 95 % interval resampled by article.
    """
    from stance import evaluation, runs, stance_evaluation
    from stance.calibration import read_calibration
    from stance.gold.files import read_gold
    from stance.results import load_result, recalibrated
    from stance.scorers import load_scorer

    if out is not None:
        runs.check_target(out)
    measured = load_result(result)
    labels = read_gold(gold, frames=measured.frames, targets=measured.targets)
    if calibration is not None:
        measured = recalibrated(measured, read_calibration(calibration))
    frames, targets = _asked(labels)
    alike = None
    if frames and embedding != "off":
        alike = load_scorer("embedding", model=embedding)
    found = evaluation.evaluate(measured, labels, embedding=alike, seed=seed) if frames else None
    stances = stance_evaluation.evaluate_stances(measured, labels, seed=seed) if targets else []
    rows = _united(found.table() if found else [], stance_evaluation.stance_rows(stances))
    blocks = [tables_of(found, slices=slices)] if found else []
    blocks += [stance_tables_of(stances)] if stances else []
    texts = {"csv": as_csv(rows), "json": as_json(rows), "table": "\n".join(blocks)}
    click.echo(texts[form], nl=False)
    if out is not None:
        runs.save_folder(out, lambda folder: _write(rows, found, measured, labels, folder))
        click.echo(f"wrote {out}", err=form != "table")


def _asked(gold: Gold) -> tuple[bool, bool]:
    """Return whether frames and stances are to be evaluated: what is coded of them."""
    stances = any(label.polarity is not None for label in gold.stances)
    coded = any(label.value is not None for label in gold.labels)
    return bool(gold.frames) and (coded or not stances), bool(gold.targets) and (
        stances or not gold.frames
    )


def _united(*parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of several kinds with the columns of all."""
    names = dict.fromkeys(name for rows in parts for row in rows[:1] for name in row)
    return [{name: row.get(name) for name in names} for rows in parts for row in rows]


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


def stance_tables_of(found: Sequence[StanceScores]) -> str:
    """Return figures of stance as aligned text, a block a target."""
    targets = dict.fromkeys(scores.target for scores in found)
    blocks = [_stance_block([s for s in found if s.target == target]) for target in targets]
    return "\n\n".join(blocks) + "\n"


def _stance_block(found: Sequence[StanceScores]) -> str:
    from stance.metrics import shown
    from stance.stance_evaluation import OF_LABEL

    labels = list(found[0].labels)
    head = [
        "system",
        "accuracy",
        "macro-F1",
        *(f"{label} {n}" for label in labels for n in OF_LABEL),
    ]
    rows = []
    for one in found:
        own = [one.labels[label][name] for label in labels for name in OF_LABEL]
        rows.append([one.system, *map(shown, (one.accuracy, one.macro_f1, *own)), one.note])
    first = found[0]
    counts = ", ".join(f"{count} {label}" for label, count in first.counts.items())
    title = (
        f"stance, {first.target}: {first.n} labels of {first.n_articles} articles ({counts}), "
        f"{first.n_na} NA"
    )
    return f"{title}\n{aligned([[*head, ''], *rows])}"


def _write(
    rows: Sequence[dict[str, Any]],
    found: Evaluation | None,
    result: Result,
    gold: Gold,
    folder: Path,
) -> None:
    from stance import runs
    from stance.evaluation_plots import FIGURES
    from stance.plots import render

    (folder / "evaluation.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
    (folder / "evaluation.json").write_text(as_json(rows), encoding="utf-8")
    figures = {} if found is None else {name: draw(found) for name, draw in FIGURES.items()}
    for name, figure in figures.items():
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
