"""``stance agree``: how far coders agree, and a model with them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands import options
from stance.commands.columns import aligned, as_csv, as_json

if TYPE_CHECKING:
    from stance.agreement import Agreement, Disagreement


@click.command()
@click.argument("gold")
@click.option("--result", type=options.PATH, help="Compare its model as well.")
@click.option("--codebook", metavar="NAME|FILE", help="Where the frames are from, if no result.")
@click.option(
    "--disagreements",
    type=options.PATH,
    metavar="FILE.csv",
    help="Write all disagreements.",
)
@options.form()
@options.seed("Of the resampling.")
def agree(
    gold: str,
    result: Path | None,
    codebook: str | None,
    disagreements: Path | None,
    form: str,
    seed: int,
) -> None:
    """Measure how far the coders of GOLD (csv, jsonl, parquet, Label Studio) agree."""
    from stance import agreement
    from stance.codebooks import load_codebook
    from stance.gold import check_sentences
    from stance.gold.files import read_gold
    from stance.results import load_result

    measured = None if result is None else load_result(result)
    known = None if codebook is None else tuple(load_codebook(codebook).frames)
    labels = read_gold(
        gold,
        frames=known if measured is None else measured.frames,
        targets=None if measured is None else measured.targets,
    )
    if measured is not None:
        check_sentences(labels, measured.texts, str(measured.folder))
    found = agreement.agree(labels, result=measured, seed=seed)
    differing = agreement.disagreements(labels, result=measured)
    rows = agreement.agreement_rows(found)
    texts = {"csv": as_csv(rows), "json": as_json(rows), "table": _table(found) + "\n"}
    click.echo(texts[form], nl=False)
    if form == "table":
        click.echo(f"\n{_listed(differing)}")
    if disagreements is not None:
        _write(differing, disagreements)


def _table(found: Sequence[Agreement]) -> str:
    from stance.metrics import shown

    head = ["frame", "coders", "alpha", "agreement", "kappa", "n", "positive", ""]
    rows = []
    for a in found:
        figures = [shown(estimate) for estimate in (a.alpha, a.percent, a.kappa)]
        rows.append([a.frame, a.coders, *figures, str(a.n), str(a.n_positive), a.note])
    return aligned([head, *rows])


def _listed(differing: Sequence[Disagreement], most: int = 10) -> str:
    rows = [
        [f"{d.article_id} {d.sentence_id}", d.frame, _votes(d), d.text[:70]]
        for d in differing[:most]
    ]
    head = f"{len(differing)} disagreements"
    more = f"\n… and {len(differing) - most} more" if len(differing) > most else ""
    return head + (f"\n{aligned(rows)}{more}" if rows else "")


def _votes(differing: Disagreement) -> str:
    return ", ".join(f"{coder} {value}" for coder, value in differing.votes.items())


def _write(differing: Sequence[Disagreement], path: Path) -> None:
    from stance.errors import DataError

    rows = [
        {
            "article_id": d.article_id,
            "sentence_id": d.sentence_id,
            "frame": d.frame,
            "votes": json.dumps(dict(d.votes), ensure_ascii=False),
            "text": d.text,
        }
        for d in differing
    ]
    try:
        path.write_text(as_csv(rows), encoding="utf-8", newline="")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); name another") from error
