"""What labels buy for a codebook of one's own: learning curves from the default calibration.

The frames of a shipped codebook are calibrated on labels; a new codebook gets the default
calibration of the model. This prints, for a result and its gold labels, the learning curve of every
frame as if its wordings were new.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from stance.calibration import Logistic, load_calibration
from stance.commands import inputs
from stance.heads import Coded, coded_of, learning_curve
from stance.scorers.bundled import MODELS


def as_new(coded: Coded, default: Logistic) -> Coded:
    """Return the labels with the zero-shot of wordings that nobody calibrated."""
    own = coded.weights != 0
    weights = np.where(own, default.slope / own.sum(), 0.0)
    return replace(coded, intercept=default.intercept, weights=weights)


@click.command()
@click.argument("result", type=click.Path(path_type=Path))
@click.argument("gold", type=click.Path(path_type=Path))
def main(result: Path, gold: Path) -> None:
    """Print the learning curves of RESULT's frames on the labels of GOLD, in Markdown."""
    found = inputs.read_result(result)
    labels = inputs.read_labels(gold, tuple(found.codebook.frames), found)
    scorer = found.manifest["model"]["fingerprint"]
    default = load_calibration(MODELS / "mini" / "calibration.json", scorer).default
    click.echo("| frame | trained on | F1 | 95 % interval | average precision | Brier |")
    click.echo("|---|---|---|---|---|---|")
    for frame in labels.frames:
        coded = coded_of(found.sentences, found.codebook, frame, labels.values[frame])
        for point in learning_curve(as_new(coded, default)):
            trained = f"{point.labels} labels" if point.labels else "zero-shot"
            reach = f"{point.f1.low:.3f} to {point.f1.high:.3f}"
            figures = f"{point.average_precision:.3f} | {point.brier.value:.4f}"
            click.echo(f"| {frame} | {trained} | {point.f1.value:.3f} | {reach} | {figures} |")


if __name__ == "__main__":
    main()
