"""`stance fit`: a head from a few labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.commands import inputs, options, printing

if TYPE_CHECKING:
    from stance.heads import Coded, FrameHead, Point
    from stance.scorers.embedding import Encoder


@click.command()
@options.result
@click.argument("gold", type=options.PATH)
@options.frames("Only this frame.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the head is written; CODEBOOK.head.json by default.",
)
@click.option(
    "--embedding",
    metavar="MODEL",
    help="Also weigh a sentence embedding: mini, a folder or ORG/NAME.",
)
@options.seed("Of folds and resampling.")
@options.form()
def fit(
    result: Path,
    gold: Path,
    frames: tuple[str, ...],
    out: Path | None,
    embedding: str | None,
    seed: int,
    form: str,
) -> None:
    """Train a logistic head on the scores of RESULT from at least 50 labels in GOLD.

    Prints figures of sentences from articles that were left out of training, for more and more
    labels, beside those of zero-shot; writes the head trained on all labels.
    """
    from stance.heads import fit_frame, learning_curve
    from stance.scorers.embedding import open_encoder

    found = inputs.read_result(result)
    _check_zero_shot(found)
    labels = inputs.read_labels(gold, inputs.asked_frames(frames, found), found)
    encoder = None if embedding is None else open_encoder(embedding)
    heads: dict[str, FrameHead] = {}
    rows: list[dict[str, Any]] = []
    for frame in labels.frames:
        coded = _coded(found, labels, frame, encoder)
        if coded is not None:
            heads[frame] = fit_frame(coded)
            rows += _rows(frame, learning_curve(coded, seed=seed))
    target = out or Path(f"{found.codebook.name}.head.json")
    beside = None if embedding is None or encoder is None else (embedding, encoder)
    _save(found, labels, heads, target, beside)
    if form == "table":
        _print(rows)
    else:
        printing.print_rows(rows, form)
    click.echo(f"head of {', '.join(heads)} in {target}", err=True)


def _check_zero_shot(found: inputs.Result) -> None:
    from stance.errors import DataError

    if found.manifest.get("head"):
        raise DataError(
            f"{found.folder}: was made with a head, so there is no zero-shot to compare with; "
            "fit on a result without one"
        )


def _coded(
    found: inputs.Result, labels: inputs.Labels, frame: str, encoder: Encoder | None
) -> Coded | None:
    """Return the labels of a frame, None where it cannot be fitted and others may be."""
    from stance.errors import DataError
    from stance.heads import check_labels, coded_of

    try:
        own = labels.values[frame]
        coded = coded_of(found.sentences, found.codebook, frame, own, encoder=encoder)
        check_labels(coded)
    except DataError as error:
        if len(labels.frames) == 1:
            raise DataError(f"{labels.place}: {error}") from error
        printing.note(f"left out: {error}")
        return None
    return coded


def _save(
    found: inputs.Result,
    labels: inputs.Labels,
    heads: dict[str, FrameHead],
    target: Path,
    embedding: tuple[str, Encoder] | None,
) -> None:
    from stance.calibration import Labels
    from stance.errors import DataError
    from stance.heads import new_head

    if not heads:
        raise DataError(
            f"{labels.place}: no head could be fitted; the notes above say why for every frame"
        )
    n = max(head.n for head in heads.values())
    of = Labels(file=Path(labels.place).name, sha256=labels.sha256, split="all", n=n)
    scorer = found.manifest["model"]["fingerprint"]
    head = new_head(found.codebook, scorer, of, heads, embedding=embedding)
    try:
        target.write_text(head.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{target}: cannot be written ({error.strerror}); name another") from error


def _rows(frame: str, curve: Sequence[Point]) -> Iterator[dict[str, Any]]:
    for point in curve:
        yield {
            "frame": frame,
            "labels": point.labels,
            "f1": point.f1.value,
            "f1_low": point.f1.low,
            "f1_high": point.f1.high,
            "average_precision": point.average_precision,
            "brier": point.brier.value,
            "brier_low": point.brier.low,
            "brier_high": point.brier.high,
            "n": point.brier.n,
        }


def _print(rows: Sequence[dict[str, Any]]) -> None:
    head = ["frame", "trained on", "F1", "95 % interval", "average precision", "Brier"]
    cells = [
        [
            row["frame"],
            f"{row['labels']} labels" if row["labels"] else "zero-shot",
            f"{row['f1']:.3f}",
            f"{row['f1_low']:.3f} to {row['f1_high']:.3f}",
            f"{row['average_precision']:.3f}",
            f"{row['brier']:.4f}",
            f"{row['brier_low']:.4f} to {row['brier_high']:.4f}",
            str(row["n"]),
        ]
        for row in rows
    ]
    printing.print_table([*head, "95 % interval", "n"], cells)
