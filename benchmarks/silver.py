"""The default codebook against its silver labels, with intervals and baselines.

    python benchmarks/silver.py DATA [--write docs/results.md]

DATA holds frames/diplomacy_silver.parquet. Every sentence of the dev split is an article of its
own, so that the intervals are over sentences. Beside the baselines of `stance evaluate` stands the
same TF-IDF with logistic regression trained on the train split.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow.parquet as pq

from stance.applied import applied_calibration
from stance.baselines import Rival, fitted_elsewhere
from stance.codebooks import DEFAULT, load_codebook
from stance.evaluation import EVERY, MACRO, Evaluation, Scores, evaluate
from stance.gold.rows import gold_of_rows
from stance.metrics import NAMES, shown
from stance.records import Sentence
from stance.results import Result
from stance.scorers import load_scorer
from stance.tables import sentence_table
from stance.tagging import tag_sentences

SILVER = "frames/diplomacy_silver.parquet"
TRAINED = "TF-IDF + logistic regression, train split"
NAMES_OF_SYSTEMS = {
    "model": "`mini`",
    TRAINED: "TF-IDF + logistic regression, trained on the train split",
    "TF-IDF + logistic regression": "TF-IDF + logistic regression, cross-fitted on the dev split",
    "embedding": "embedding of `mini`'s lower layers, cross-fitted on the dev split",
    "lexical": "lexical (terms of the codebook)",
    "majority": "majority",
}
Rows = Sequence[dict[str, Any]]

HEAD = """# Results

## Frames of the default codebook, silver labels

Made by

<!-- not run: needs the labelled data -->
```sh
python benchmarks/silver.py DATA --write docs/results.md
```

where `DATA/{silver}` has {train} sentences to train on and
{dev} to measure on, from US government texts, news and news posts, labelled by one pass of a large
language model with the codebook *diplomacy*. **Silver is not gold**: the figures say how far each
system reproduces those labels, and nobody has checked them by hand.

The calibration of `mini` was fitted on the train split; every system tags from a probability of
{threshold} on. That is far from the best threshold of TF-IDF for rare frames, so compare the
average precision, which needs none. `mini` was chosen among its checkpoints by figures on this dev
split (average precision among others): its row is slightly optimistic.

Brackets hold 95 % percentile intervals of 2,000 resamples of the sentences, bias-corrected but for
the calibration error; a dash is an undefined figure, and a figure without brackets is one that all
resamples agree on. Model:
`{fingerprint}`.
"""


def answered(rows: Rows) -> Result:
    """Return the sentences tagged by the shipped model, as a result that was never saved."""
    book = load_codebook(DEFAULT)
    scorer = load_scorer("bundled")
    sentences = [
        Sentence(f"s{k:04d}", 0, 0, len(row["sentence"]), row["sentence"])
        for k, row in enumerate(rows)
    ]
    calibration = applied_calibration("mini", scorer, book, None)
    tagged = tag_sentences(sentences, book, scorer, calibration=calibration)
    table = sentence_table(tagged, tuple(book.frames))
    manifest = {"model": {"name": "mini", "fingerprint": scorer.fingerprint}}
    return Result(Path("silver"), book, manifest, tuple(table.to_pylist()), {})


def trained(train: Rows, dev: Rows, frames: Sequence[str]) -> Rival:
    """Return the probabilities of the baseline trained on the train split."""
    texts, others = ([row["sentence"] for row in part] for part in (dev, train))
    found = {}
    for frame in frames:
        gold = np.array([row[frame] for row in train], dtype=bool)
        answers = fitted_elsewhere(texts, others, gold)
        found[frame] = {(f"s{k:04d}", 0): float(p) for k, p in enumerate(answers.probability)}
    return found


def measure(data: Path) -> tuple[Result, Evaluation, int]:
    """Return the result on the dev split, its evaluation and the size of the train split."""
    rows = pq.read_table(data / SILVER).to_pylist()
    train, dev = ([row for row in rows if row["split"] == split] for split in ("train", "dev"))
    result = answered(dev)
    wide = [
        {"article_id": f"s{k:04d}", "sentence_id": 0, **{f: row[f] for f in result.frames}}
        for k, row in enumerate(dev)
    ]
    gold = gold_of_rows(wide, place=SILVER, frames=result.frames)
    rival = trained(train, dev, result.frames)
    alike = load_scorer("embedding")
    found = evaluate(result, gold, rivals={TRAINED: rival}, embedding=alike)
    return result, found, len(train)


def markdown(scores: Sequence[Scores]) -> str:
    """Return the rows of one frame as a table."""
    columns = ["system", *(name.replace("_", " ") for name in NAMES), "tagged"]
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    for one in scores:
        figures = [shown(one.figures[name]) for name in NAMES]
        lines.append(" | ".join([NAMES_OF_SYSTEMS[one.system], *figures, str(one.n_tagged)]))
    return "\n".join(f"| {line} |" for line in lines)


def document(result: Result, found: Evaluation, n_train: int) -> str:
    """Return the page of results."""
    head = HEAD.format(
        silver=SILVER,
        train=f"{n_train:,}",
        dev=len(result.rows),
        threshold=result.codebook.threshold,
        fingerprint=result.fingerprint,
    )
    blocks = []
    for frame in (MACRO, *result.frames):
        scores = [s for s in found.scores if (s.frame, s.by) == (frame, EVERY)]
        title = "Mean of the four frames" if frame == MACRO else frame.capitalize()
        blocks.append(f"### {title}: {scores[0].n_positive} positives in {scores[0].n} sentences\n")
        blocks.append(markdown(scores) + "\n")
    return head + "\n" + "\n".join(blocks)


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), help="Page to write.")
def main(data: Path, write: Path | None) -> None:
    """Measure the shipped model on the silver dev split in DATA."""
    page = document(*measure(data))
    if write is None:
        click.echo(page)
    else:
        write.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
