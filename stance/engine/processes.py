"""Shards on several processes of this machine, each with a model of its own.

A worker is a fresh interpreter that is asked over its standard input and answers over its standard
output, so that scripts and notebooks need no guard. If one dies its shard is given to a new one.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TypeAlias, final

from stance.engine.failures import ATTEMPTS, Failure, lost, raise_failure
from stance.engine.shards import Done, Facts, Job, Setup
from stance.errors import RunError
from stance.scorers.sessions import cores

_START = "import sys; sys.path[:] = {path!r}; from stance.engine.worker import main; main()"
_Asked: TypeAlias = Setup | tuple[Job, int]


@final
class ProcessEngine:
    """Gives shards to ``jobs`` processes; 0 is one a core, and the threads are shared out."""

    def __init__(self, setup: Setup, jobs: int = 0) -> None:
        self.jobs = jobs or cores()
        self._setup = replace(setup, threads=setup.threads or max(1, cores() // self.jobs))
        self._workers: list[_Worker] = []
        self._closed = False

    def __enter__(self) -> ProcessEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closed = True
        for worker in self._workers:
            worker.kill()

    def describe(self) -> Facts:
        """Open the model in the first worker, and return what it found out.

        Raises:
            StanceError: The model cannot be used.
        """
        answer = self._started().facts
        if isinstance(answer, Failure):
            raise_failure(answer)
        return answer

    def tag(self, job: Job, shards: Sequence[int]) -> Iterator[Done]:
        """Yield the shards as they are finished.

        Raises:
            RunError: A part cannot be written, or a shard has killed `ATTEMPTS` workers.
            StanceError: The scorer broke its contract.
        """
        waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        for shard in shards:
            waiting.put(shard)
        answers: queue.SimpleQueue[Done | Failure] = queue.SimpleQueue()
        idle = list(self._workers)
        for _ in range(min(self.jobs, len(shards))):
            own = idle.pop() if idle else None
            arguments = (job, waiting, answers, own)
            threading.Thread(target=self._serve, args=arguments, daemon=True).start()
        for _ in shards:
            answer = answers.get()
            if isinstance(answer, Failure):
                raise_failure(answer)
            yield answer

    def _serve(
        self,
        job: Job,
        waiting: queue.SimpleQueue[int],
        answers: queue.SimpleQueue[Done | Failure],
        worker: _Worker | None,
    ) -> None:
        """Give one worker a shard after the other; what it died of is tried with a new one."""
        deaths = 0
        shard = _next(waiting)
        while shard is not None and not self._closed:
            try:
                worker = worker or self._started()
                answer = worker.ask((job, shard))
            except OSError as error:
                answer = Failure.of(RunError(f"no worker can be started ({error})"))
            if answer is None:
                worker, deaths = None, deaths + 1
                answer = lost(job.folder, shard) if deaths == ATTEMPTS else None
            if answer is not None:
                answers.put(answer)
                shard, deaths = _next(waiting), 0

    def _started(self) -> _Worker:
        worker = _Worker(self._setup)
        self._workers.append(worker)
        if self._closed:
            worker.kill()
        return worker


def _next(waiting: queue.SimpleQueue[int]) -> int | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None


@final
class _Worker:
    """A process with the model open; ``facts`` is its first answer."""

    def __init__(self, setup: Setup) -> None:
        threads = str(setup.threads)
        environment = {"OMP_NUM_THREADS": threads, **os.environ}
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _START.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        found = self._exchange(setup)
        lost = RunError("a worker ended while it opened the model; try the engine local to see why")
        self.facts: Facts | Failure = (
            found if isinstance(found, Facts | Failure) else Failure.of(lost)
        )

    def ask(self, asked: tuple[Job, int]) -> Done | Failure | None:
        """Return the answer; None if the process has died."""
        if isinstance(self.facts, Failure):
            return self.facts
        answer = self._exchange(asked)
        return answer if isinstance(answer, Done | Failure) else None

    def kill(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def _exchange(self, asked: _Asked) -> object:
        if self.process.stdin is None or self.process.stdout is None:
            return None
        try:
            pickle.dump(asked, self.process.stdin)
            self.process.stdin.flush()
            return pickle.load(self.process.stdout)  # noqa: S301 - our own process
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            return None
