"""How fast a model scores on this machine, beside the zero-shot pipeline of `transformers`."""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol, cast, final, runtime_checkable

import numpy as np

from stance.codebooks import load_codebook
from stance.errors import ConfigError
from stance.records import Question
from stance.scorers.models import open_model, parse_model
from stance.tagging import ask_all

_TEXTS = Path(__file__).parent / "assets" / "speed" / "sentences.txt"
_WARM_UP = 4


@final
@dataclass(frozen=True, slots=True)
class Workload:
    """What is scored: ``sentences`` of the shipped ones, in turn, with every frame's wordings.

    ``threads`` is 0 for one a core; ``repeat`` passes are timed and the median counts.
    """

    model: str = "mini"
    codebook: str = "diplomacy"
    threads: int = 0
    precision: str = "exact"
    sentences: int = 48
    repeat: int = 3

    def questions(self) -> list[Question]:
        """Return one question a sentence."""
        hypotheses = load_codebook(self.codebook).hypotheses
        texts = _TEXTS.read_text(encoding="utf-8").splitlines()
        return [Question(text, hypotheses) for text in islice(cycle(texts), self.sentences)]


@final
@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured of one way of scoring.

    ``load_seconds`` includes the imports. ``p50_ms`` and ``p95_ms`` are milliseconds of a sentence
    asked alone, with all its hypotheses; the rates are of all sentences asked together.
    ``tokens_per_second`` counts what the model reads, NaN where the scorer does not say;
    ``peak_mb`` is the most memory that the process held at once, in 10⁶ bytes, NaN where the
    system does not say.
    """

    way: str
    load_seconds: float
    sentences_per_second: float
    pairs_per_second: float
    tokens_per_second: float
    p50_ms: float
    p95_ms: float
    peak_mb: float


@runtime_checkable
class CountsTokens(Protocol):
    """A scorer that can say how many tokens it reads."""

    def count_tokens(self, questions: Sequence[Question]) -> int:
        """Return how many tokens are read to answer the questions."""


def measure_speed(work: Workload) -> Speed:
    """Measure a model in a fresh process, so that memory and loading are its own.

    Raises:
        ConfigError: There is no such model or codebook, or nothing to score.
        ScorerError: The model cannot be loaded.
    """
    _check(work)
    return _in_process(_measure_model, work)


def peer_fault(model: str) -> str | None:
    """Return why the pipeline of `transformers` cannot be measured on a model, None if it can."""
    backend = parse_model(model).backend
    if backend not in ("bundled", "transformers"):
        return f"the zero-shot pipeline of transformers cannot load {model}"
    missing = [name for name in ("torch", "transformers") if find_spec(name) is None]
    if missing:
        return f"{' and '.join(missing)} not installed (pip install 'stance[hf]')"
    return None


def measure_peer(work: Workload) -> Speed:
    """Measure the zero-shot pipeline at its best batch size, on the same weights, in a process.

    Raises:
        ConfigError: There is no such model or codebook, or nothing to score, or the pipeline cannot
            load the model (see `peer_fault`).
    """
    _check(work)
    if fault := peer_fault(work.model):
        raise ConfigError(fault)
    return _in_process(_measure_pipeline, work)


def _check(work: Workload) -> None:
    parse_model(work.model)
    if not load_codebook(work.codebook).hypotheses:
        raise ConfigError(f"the codebook {work.codebook!r} has no wording to score")
    if work.sentences < 1 or work.repeat < 1:
        raise ConfigError("a speed is measured on at least one sentence and one pass")


def _in_process(job: Callable[[Workload], Speed], work: Workload) -> Speed:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(job, work).result()


def _measure_model(work: Workload) -> Speed:
    started = time.perf_counter()
    book = load_codebook(work.codebook)
    scorer = open_model(work.model, book, threads=work.threads, precision=work.precision)
    loaded = time.perf_counter() - started
    questions = work.questions()
    tokens = scorer.count_tokens(questions) if isinstance(scorer, CountsTokens) else math.nan
    return _timed(
        f"stance, {work.precision}", loaded, work, tokens, lambda asked: ask_all(asked, scorer)
    )


def _measure_pipeline(work: Workload) -> Speed:
    started = time.perf_counter()
    pipeline = cast("Any", import_module("stance.zero_shot_pipeline"))
    peer = pipeline.open_pipeline(parse_model(work.model), threads=work.threads)
    loaded = time.perf_counter() - started
    questions = work.questions()
    peer.choose_batch(questions[:8])
    way = f"transformers pipeline, batch {peer.batch}"
    return _timed(way, loaded, work, peer.count_tokens(questions), peer.ask)


def _timed(
    way: str,
    loaded: float,
    work: Workload,
    tokens: float,
    ask: Callable[[list[Question]], object],
) -> Speed:
    questions = work.questions()
    ask(questions[:_WARM_UP])
    alone = [_seconds(ask, [question]) for question in questions]
    whole = statistics.median(_seconds(ask, questions) for _ in range(work.repeat))
    p50, p95 = np.percentile(alone, [50, 95]) * 1_000
    return Speed(
        way=way,
        load_seconds=loaded,
        sentences_per_second=len(questions) / whole,
        pairs_per_second=sum(len(question.hypotheses) for question in questions) / whole,
        tokens_per_second=tokens / whole,
        p50_ms=float(p50),
        p95_ms=float(p95),
        peak_mb=peak_megabytes(),
    )


def _seconds(ask: Callable[[list[Question]], object], questions: list[Question]) -> float:
    started = time.perf_counter()
    ask(questions)
    return time.perf_counter() - started


def peak_megabytes() -> float:
    """Return the most memory that this process held at once, in 10⁶ bytes; NaN if unknown."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return int(lines["VmHWM"].split()[0]) * 1_024 / 1e6 if "VmHWM" in lines else math.nan
    if find_spec("resource") is None:
        return math.nan
    resource = cast("Any", import_module("resource"))
    most = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return most / 1e6 if sys.platform == "darwin" else most * 1_024 / 1e6
