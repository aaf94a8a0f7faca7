"""Ways to run the shipped model: how fast, how far from float32, and whether neighbours matter.

Every way runs the shipped graph, with its linear layers rewritten where the way asks for it. The
peer is the zero-shot pipeline of transformers on the same weights, at its best batch size.
"""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import numpy as np
import onnxruntime
import pyarrow.parquet as pq
from fast_ways import Feed, Way, ways
from ordinary import write_ordinary
from peaks import operations, peaks
from tokenizers import Tokenizer

from stance.calibration import load_calibration
from stance.codebooks import DEFAULT, Codebook, load_codebook
from stance.records import Question
from stance.scorers.blocks import arrange
from stance.scorers.bundled import MODELS, load_bundled
from stance.scorers.one_pass import OnePassScorer
from stance.scorers.packing import Limits, Packer

MINI = MODELS / "mini"
BATCHES = (1, 8, 16, 32)
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


@dataclass(frozen=True)
class Task:
    """What every way is asked, and how its seconds are counted."""

    questions: list[Question]
    book: Codebook
    clock: Callable[[], float]

    @property
    def pairs(self) -> int:
        """Return how many pairs of premise and hypothesis are asked."""
        return sum(len(question.hypotheses) for question in self.questions)

    def seconds(self, work: Callable[[], object]) -> float:
        """Return the seconds of a call."""
        started = self.clock()
        work()
        return self.clock() - started


def scorer_of(run: Feed, tokens: int) -> OnePassScorer:
    """Return a scorer that runs a way on batches of at most so many tokens."""
    return OnePassScorer(run, packer(), "benchmark", tokens=tokens, arrange=arrange)


@cache
def packer() -> Packer:
    """Return the packer of the shipped model."""
    return Packer(Tokenizer.from_file(str(MINI / "tokenizer.json")), Limits())


def probabilities(scorer: OnePassScorer, questions: list[Question]) -> np.ndarray:
    """Return the probabilities of entailment, (sentence, hypothesis)."""
    return np.exp(np.stack([rows[:, 0] for rows in scorer.score(questions)]).astype(np.float64))


def frame_probabilities(p: np.ndarray, book: Codebook) -> np.ndarray:
    """Return the calibrated probabilities of the frames, (sentence, frame)."""
    calibration = load_calibration(MINI / "calibration.json", load_bundled().fingerprint)
    odds, columns, first = np.log(p) - np.log1p(-p), [], 0
    for name, frame in book.frames.items():
        last = first + len(frame.hypotheses)
        own = odds[:, first:last].mean(axis=1)
        columns.append(calibration.of(book.name, name, frame.hypotheses).probability(own))
        first = last
    return np.stack(columns, axis=1)


def accuracy(way: Way, exact: np.ndarray, task: Task) -> Iterator[str]:
    """Yield largest and mean change, that of frames, tags changed, dependence on neighbours."""
    own = probabilities(scorer_of(way.run, way.tokens), task.questions)
    change = np.abs(own - exact)
    left, right = (frame_probabilities(p, task.book) for p in (own, exact))
    threshold = task.book.threshold
    yield f"{change.max():.4f}"
    yield f"{change.mean():.5f}"
    yield f"{np.abs(left - right).max():.4f}"
    yield f"{np.mean((left >= threshold) != (right >= threshold)):.2%}"
    yield f"{neighbours(way, own, task):.0e}"


def neighbours(way: Way, own: np.ndarray, task: Task) -> float:
    """Return the largest change where a sentence is asked alone, a third of the hypotheses at once.

    A quarter of the sentences is asked.
    """
    apart = []
    for question in task.questions[: len(own) // 4]:
        parts = [Question(question.premise, question.hypotheses[n::3]) for n in range(3)]
        rows = np.empty(len(question.hypotheses))
        for n, part in enumerate(parts):
            rows[n::3] = probabilities(scorer_of(way.run, 1), [part])[0]
        apart.append(rows)
    return float(np.abs(np.stack(apart) - own[: len(apart)]).max())


def peer(folder: Path, threads: int) -> Callable[[Task, int], object]:
    """Return a call that asks the pipeline with a batch size."""
    import torch
    from transformers import pipeline

    torch.set_num_threads(threads)
    write_ordinary(folder / "ordinary")
    classify = pipeline("zero-shot-classification", model=folder / "ordinary", device="cpu")

    def ask(task: Task, size: int) -> object:
        return classify(
            [question.premise for question in task.questions],
            candidate_labels=list(task.questions[0].hypotheses),
            hypothesis_template="{}",
            multi_label=True,
            batch_size=size,
        )

    return ask


def rounds(
    found: dict[str, Way], pipe: Callable[[Task, int], object], task: Task, repeat: int
) -> dict[str, list[float]]:
    """Return the pairs a second of every way, one a round, and of the pipeline under ''."""
    few = Task(task.questions[:6], task.book, task.clock)
    tried = {size: few.seconds(lambda: pipe(few, size)) for size in (BATCHES[0], *BATCHES)}  # noqa: B023
    size = min(tried, key=lambda size: tried[size])
    scorers = {name: scorer_of(way.run, way.tokens) for name, way in found.items()}
    rates: dict[str, list[float]] = {name: [] for name in ("", *found)}
    for _ in range(repeat):
        rates[""].append(task.pairs / task.seconds(lambda: pipe(task, size)))
        for name, scorer in scorers.items():
            scorer.score(task.questions[:2])
            seconds = task.seconds(lambda: scorer.score(task.questions))  # noqa: B023
            rates[name].append(task.pairs / seconds)
    return rates


def draw(path: Path, n: int) -> list[str]:
    """Return ``n`` sentences of a Parquet file, drawn with a fixed seed."""
    texts = pq.read_table(path, columns=["sentence"]).column(0).to_pylist()
    return random.Random(0).sample(sorted(set(texts)), n)


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--accurate", default=300, show_default=True, help="Sentences of the accuracy.")
@click.option("--timed", default=24, show_default=True, help="Sentences of a timed run.")
@click.option("--threads", default=1, show_default=True)
@click.option("--repeat", default=3, show_default=True, help="Interleaved rounds.")
@click.option("--clock", type=click.Choice(list(CLOCKS)), default="wall", show_default=True)
@click.option("--only", multiple=True, help="Names of ways; all by default.")
def main(
    path: Path, accurate: int, timed: int, threads: int, repeat: int, clock: str, only: tuple[str]
) -> None:
    """Print one row a way; PATH is a Parquet file with a column ``sentence``."""
    book = load_codebook(DEFAULT)
    asked = [Question(text, book.hypotheses) for text in draw(path, accurate)]
    whole = Task(asked, book, CLOCKS[clock])
    short = Task(asked[:timed], book, CLOCKS[clock])
    exact = probabilities(load_bundled(threads=threads), asked)
    best = peaks(threads, CLOCKS[clock])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(MINI / "model.safetensors", folder / "model.safetensors")
        pipe = peer(folder, threads)
        found = {k: w for k, w in ways(folder, threads, asked).items() if not only or k in only}
        rates = rounds(found, pipe, short, repeat)
    base = rates.pop("")
    click.echo(f"onnxruntime {onnxruntime.__version__}, {threads} threads, {clock} clock")
    for kind, peak in best.items():
        click.echo(f"matrix-multiply peak, {kind}: {peak / 1e9:,.0f} billion operations/s")
    click.echo(f"pipeline at its best batch size: {statistics.median(base):,.0f} pairs/s")
    click.echo(
        "| way | × pipeline | spread | max Δp | mean | frames | tags | neighbours | of peak |"
    )
    for name, way in found.items():
        ratios = sorted(rate / own for rate, own in zip(rates[name], base, strict=True))
        tasks = statistics.median(rates[name]) / short.pairs
        share = tasks * operations(short.questions) / best[way.kind]
        cells = [
            f"{statistics.median(ratios):.2f}",
            f"{ratios[0]:.2f}–{ratios[-1]:.2f}",
            *accuracy(way, exact, whole),
            f"{share:.0%}",
        ]
        click.echo(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
