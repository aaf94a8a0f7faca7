"""``stance bench``: how fast this machine scores."""

from __future__ import annotations

from dataclasses import asdict
from math import isnan
from typing import TYPE_CHECKING

import click

from stance.commands import options

if TYPE_CHECKING:
    from stance.speed import Speed, Workload

_ROWS = (
    ("sentences/s", "sentences_per_second", 1),
    ("pairs/s", "pairs_per_second", 0),
    ("tokens/s", "tokens_per_second", 0),
    ("one sentence, p50, ms", "p50_ms", 1),
    ("one sentence, p95, ms", "p95_ms", 1),
    ("peak memory, MB", "peak_mb", 0),
    ("loading, s", "load_seconds", 2),
)


@click.command()
@click.option("--model", default="mini", show_default=True, help="As for stance analyze.")
@options.codebook
@options.threads
@options.precision
@click.option(
    "--sentences",
    type=click.IntRange(min=1),
    default=48,
    show_default=True,
    help="How many are scored.",
)
@click.option(
    "--repeat",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Passes over the sentences; the median counts.",
)
@click.option("--no-peer", is_flag=True, help="Leave out the zero-shot pipeline of transformers.")
@options.form("table", "json")
def bench(
    model: str,
    codebook: str,
    threads: int,
    precision: str,
    sentences: int,
    repeat: int,
    no_peer: bool,
    form: str,
) -> None:
    """Measure how fast a model scores a codebook here, beside the pipeline of transformers.

    The sentences ship with stance. Speed, latency, memory and loading are of this machine as busy
    as it is now; run it while nothing else runs.
    """
    from stance import speed
    from stance.commands.printing import note, print_json

    work = speed.Workload(model, codebook, threads, precision, sentences, repeat)
    found = [speed.measure_speed(work)]
    fault = "left out by --no-peer" if no_peer else speed.peer_fault(model)
    if fault is None:
        found.append(speed.measure_peer(work))
    elif not no_peer:
        note(f"no peer: {fault}")
    if form == "json":
        print_json({**asdict(work), "ways": [asdict(way) for way in found]})
    else:
        _print(work, found)


def _print(work: Workload, found: list[Speed]) -> None:
    from stance.commands.printing import print_table

    title = f"{work.model}, codebook {work.codebook}, {work.sentences} sentences"
    rows = [
        (name, *(_shown(getattr(way, field), digits) for way in found))
        for name, field, digits in _ROWS
    ]
    print_table(["", *(way.way for way in found)], rows, title=title)


def _shown(value: float, digits: int) -> str:
    return "–" if isnan(value) else f"{value:,.{digits}f}"
