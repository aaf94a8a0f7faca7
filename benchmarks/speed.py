"""Scoring speed with the default codebook against the zero-shot pipeline of transformers."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import torch
from ordinary import write_ordinary
from transformers import pipeline

from stance.codebooks import DEFAULT, load_codebook
from stance.readers import read_articles
from stance.records import Question
from stance.scorers import load_scorer
from stance.sentences import split
from stance.tagging import ask_all

BATCHES = (1, 8, 16, 32)


def sample(path: Path, n: int, column: str) -> list[str]:
    """Return ``n`` body sentences of a file, drawn with a fixed seed."""
    articles = read_articles(path, columns={"text": column}, skip_bad=True)
    texts = sorted({s.text for a in articles for s in split(a) if s.section == "body"})
    return random.Random(0).sample(texts, n)


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--column", default="article", show_default=True, help="Column of the text.")
@click.option("--sentences", default=300, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--repeat", default=3, show_default=True, help="Runs of ours; the median counts.")
def main(path: Path, column: str, sentences: int, threads: int, repeat: int) -> None:
    """Print pairs a second of both and their ratio."""
    torch.set_num_threads(threads)
    texts = sample(path, sentences, column)
    hypotheses = load_codebook(DEFAULT).hypotheses
    pairs = len(texts) * len(hypotheses)
    click.echo(f"{len(texts)} sentences × {len(hypotheses)} hypotheses, {threads} threads")
    scorer = load_scorer(threads=threads)
    questions = [Question(text, hypotheses) for text in texts]
    ask_all(questions[:20], scorer)
    ours = sorted(seconds(lambda: ask_all(questions, scorer)) for _ in range(repeat))[repeat // 2]
    click.echo(f"stance: {pairs / ours:,.0f} pairs/s")
    with tempfile.TemporaryDirectory() as folder:
        write_ordinary(Path(folder))
        peer = pipeline("zero-shot-classification", model=folder, device="cpu")
    found = {}
    for batch in BATCHES:

        def ask(inputs: list[str], size: int = batch) -> object:
            return peer(
                inputs,
                candidate_labels=list(hypotheses),
                hypothesis_template="{}",
                multi_label=True,
                batch_size=size,
            )

        ask(texts[:5])
        found[batch] = seconds(lambda: ask(texts))
        click.echo(f"zero-shot pipeline, batch {batch}: {pairs / found[batch]:,.0f} pairs/s")
    again = sorted(seconds(lambda: ask_all(questions, scorer)) for _ in range(repeat))[repeat // 2]
    click.echo(f"stance, measured again afterwards: {pairs / again:,.0f} pairs/s")
    best = min(found, key=lambda size: found[size])
    ratio = found[best] / ((ours + again) / 2)
    click.echo(f"ratio to the pipeline at its best batch size ({best}): {ratio:.2f}")


if __name__ == "__main__":
    main()
