"""Looking scores up in the cache against scoring, with the default codebook."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import click
from speed import sample

from stance.cache import ScoreCache
from stance.codebooks import DEFAULT, load_codebook
from stance.records import Question
from stance.scorers import Scorer, load_scorer
from stance.scorers.cached import CachedScorer
from stance.tagging import ask_all


def seconds(questions: list[Question], scorer: Scorer) -> float:
    """Return how long all questions take."""
    started = time.perf_counter()
    ask_all(questions, scorer)
    return time.perf_counter() - started


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--column", default="article", show_default=True, help="Column of the text.")
@click.option("--sentences", default=200, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--repeat", default=3, show_default=True)
def main(path: Path, column: str, sentences: int, threads: int, repeat: int) -> None:
    """Print the ratio of the first run to the second, and what filling the cache costs."""
    hypotheses = load_codebook(DEFAULT).hypotheses
    questions = [Question(text, hypotheses) for text in sample(path, sentences, column)]
    inner = load_scorer(threads=threads)
    ask_all(questions[:20], inner)
    ratios, costs = [], []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            plain = seconds(questions, inner)
            first = seconds(questions, CachedScorer(inner, ScoreCache(folder)))
            second = seconds(questions, CachedScorer(inner, ScoreCache(folder)))
            size = ScoreCache(folder).info().size / (len(questions) * len(hypotheses))
        ratios.append(first / second)
        costs.append(first / plain)
        click.echo(f"without {plain:.2f} s, first {first:.2f} s, second {second * 1000:.1f} ms")
    pairs = f"{len(questions)} sentences × {len(hypotheses)} hypotheses, {size:.0f} bytes a pair"
    click.echo(pairs)
    spread = f"({min(ratios):.0f} to {max(ratios):.0f})"
    click.echo(f"first / second: {statistics.median(ratios):.0f} {spread}")
    click.echo(f"first / without: {statistics.median(costs):.3f}")


if __name__ == "__main__":
    main()
