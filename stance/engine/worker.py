"""The program of a worker process: questions on standard input, answers on standard output."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, BinaryIO

from stance.engine.failures import Failure
from stance.engine.shards import ShardWorker
from stance.errors import StanceError


def main() -> None:
    """Open the model that the first question names, then tag shards until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    questions: SimpleQueue[Any] = SimpleQueue()
    stream = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    threading.Thread(target=_listen, args=(stream, questions), daemon=True).start()
    with suppress(BrokenPipeError):
        _serve(questions, answers)
    os._exit(0)


def _listen(stream: BinaryIO, questions: SimpleQueue[Any]) -> None:
    """Hand on the questions, and end the process where it stands when the asking one is gone.

    What another command begins in the same folder must not meet a worker of the one before.
    """
    try:
        while True:
            questions.put(pickle.load(stream))  # noqa: S301 - from the process that started this
    except (EOFError, pickle.UnpicklingError):
        os._exit(0)


def _serve(questions: SimpleQueue[Any], answers: BinaryIO) -> None:
    setup = questions.get()
    try:
        worker = ShardWorker(setup)
    except StanceError as error:
        _send(Failure.of(error), answers)
        return
    _send(worker.facts, answers)
    while True:
        job, shard = questions.get()
        try:
            answer: object = worker.tag(job, shard)
        except StanceError as error:
            answer = Failure.of(error)
        _send(answer, answers)


def _send(answer: object, answers: BinaryIO) -> None:
    pickle.dump(answer, answers)
    answers.flush()
