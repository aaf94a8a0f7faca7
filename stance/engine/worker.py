"""The program of a worker process: questions on standard input, answers on standard output."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from typing import BinaryIO

from stance.engine.failures import Failure
from stance.engine.shards import ShardWorker
from stance.errors import StanceError


def main() -> None:
    """Open the model that the first question names, then tag shards until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        _serve(sys.stdin.buffer, answers)
    except (EOFError, BrokenPipeError):
        os._exit(0)


def _serve(questions: BinaryIO, answers: BinaryIO) -> None:
    setup = pickle.load(questions)  # noqa: S301 - from the process that started this one
    try:
        worker = ShardWorker(setup)
    except StanceError as error:
        _send(Failure.of(error), answers)
        return
    _send(worker.facts, answers)
    while True:
        job, shard = pickle.load(questions)  # noqa: S301
        try:
            answer: object = worker.tag(job, shard)
        except StanceError as error:
            answer = Failure.of(error)
        _send(answer, answers)


def _send(answer: object, answers: BinaryIO) -> None:
    pickle.dump(answer, answers)
    answers.flush()
