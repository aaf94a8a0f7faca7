"""``stance models``: models in other forms."""

from __future__ import annotations

from pathlib import Path

import click

PRECISIONS = ("float32", "float16", "int8", "int8-dynamic")


@click.group()
def models() -> None:
    """Export models."""


@models.command()
@click.argument("model")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="float32",
    show_default=True,
    help="How weights are kept; only int8-dynamic computes in less than float32.",
)
@click.option(
    "--gold",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Labelled data: premise, hypothesis, label, or gold labels with a text; macro-F1 on it "
    "may not move by more than 0.01.",
)
@click.option(
    "--sentences",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sentences to compare on, one a line, instead of labelled data.",
)
@click.option("--codebook", help="Whose wordings are asked of them.  [default: the shipped one]")
@click.option(
    "--labels",
    metavar="NAMES",
    help="What the model's columns mean, where its own names do not say: for instance "
    "'entailment,neutral,contradiction'.",
)
def export(
    model: str,
    folder: Path,
    precision: str,
    gold: Path | None,
    sentences: Path | None,
    codebook: str | None,
    labels: str | None,
) -> None:
    """Write MODEL, a folder or ORG/NAME of a hub, to FOLDER for onnxruntime.

    The file is checked against torch in float32; one whose scores depend on the batch, or that
    moves macro-F1 on labelled data, is refused and nothing is written.
    """
    from stance.codebooks import load_codebook
    from stance.errors import ConfigError
    from stance.model_exports import export_model
    from stance.model_exports.examples import read_labelled, read_sentences

    if gold is not None and sentences is not None:
        raise ConfigError("--gold and --sentences exclude each other; labelled data is enough")
    book = load_codebook(codebook) if codebook else None
    examples = None
    if gold is not None:
        examples = read_labelled(gold, book)
    elif sentences is not None:
        examples = read_sentences(sentences, book)
    named = tuple(name.strip() for name in labels.split(",")) if labels else ()
    parity = export_model(model, folder, precision=precision, examples=examples, labels=named)
    click.echo("\n".join(parity.lines()))
    click.echo(f"wrote {folder}")
