"""Shards on the machines of a Ray cluster, by a pool of actors of Ray Data."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, final

from stance.engine.failures import ATTEMPTS, Failure, lost, raise_failure
from stance.engine.shards import Done, Facts, Job, Setup, ShardWorker
from stance.errors import ConfigError, MissingExtraError, RunError, StanceError
from stance.scorers.sessions import cores

PATIENCE = 20.0
"""Seconds after which an address that does not answer is given up."""

_OBJECT_STORE = 128 * 2**20
_PROBE = "import ray, sys; ray.init(address=sys.argv[1], log_to_driver=False)"


@final
class RayEngine:
    """Gives shards to ``jobs`` actors; 0 is one a core of the cluster.

    Without an address Ray is started on this machine, and stopped at the end. Through Ray go the
    numbers of shards and what was counted; articles and parts are read and written in the folder,
    which all machines must see.
    """

    def __init__(self, setup: Setup, jobs: int = 0, *, address: str | None = None) -> None:
        self.jobs, self._address = jobs, address
        self._setup = replace(setup, threads=setup.threads or 1)

    def __enter__(self) -> RayEngine:
        self._ray = _imported()
        if self._address is not None:
            check_address(self._address)
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if self._address is None:
            self.jobs = self.jobs or cores()
            quiet |= {
                "num_cpus": self.jobs * self._setup.threads,
                "include_dashboard": False,
                "object_store_memory": _OBJECT_STORE,
            }
        try:
            with _silent():
                self._ray.init(self._address, **quiet)
        except (OSError, RuntimeError, ValueError) as error:
            raise RunError(f"Ray cannot be started: {' '.join(str(error).split())}") from error
        if not self.jobs:
            per_actor = self._setup.threads
            self.jobs = max(1, int(self._ray.cluster_resources().get("CPU", 1) // per_actor))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ray.shutdown()

    def describe(self) -> Facts:
        """Open the model on a machine of the cluster, and return what it found out.

        Raises:
            StanceError: The model cannot be used.
        """
        if self._address is None:
            return ShardWorker(self._setup).facts
        task = self._ray.remote(_facts).options(**self._resources)
        answer: Facts | Failure = self._ray.get(task.remote(self._setup))
        if isinstance(answer, Failure):
            raise_failure(answer)
        return answer

    def tag(self, job: Job, shards: Sequence[int]) -> Iterator[Done]:
        """Yield the shards as they are finished; Ray begins the shard of a lost actor anew.

        Raises:
            RunError: A part cannot be written, or a machine does not see the folder.
            StanceError: The scorer broke its contract.
        """
        shutil.rmtree(Path(job.folder) / "attempts", ignore_errors=True)
        data: Any = import_module("ray.data")
        context = data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        rows = data.from_items(
            [{"shard": shard} for shard in shards], override_num_blocks=len(shards)
        ).map(
            _Actor,
            fn_constructor_args=(self._setup, job),
            compute=data.ActorPoolStrategy(size=min(self.jobs, len(shards))),
            **self._resources,
        )
        try:
            for row in rows.iter_rows():
                answer = row["answer"]
                if isinstance(answer, Failure):
                    raise_failure(answer)
                yield answer
        except self._ray.exceptions.RayError as error:
            told = " ".join(str(error).split())[:200]
            raise RunError(
                f"{job.folder}: Ray gave up ({told}); give the same command again to go on"
            ) from error

    @property
    def _resources(self) -> dict[str, float]:
        return {"num_cpus": self._setup.threads, "num_gpus": int(self._setup.device == "cuda")}


@final
class _Actor:
    """The model on one machine, which answers a row with a shard."""

    def __init__(self, setup: Setup, job: Job) -> None:
        self._job = job
        try:
            self._worker: ShardWorker | Failure = _opened(setup)
        except StanceError as error:
            self._worker = Failure.of(error)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the row with the answer."""
        return {"answer": self._answer(row["shard"])}

    def _answer(self, shard: int) -> Done | Failure:
        if isinstance(self._worker, Failure):
            return self._worker
        try:
            attempts = _attempts(Path(self._job.folder), shard)
            if attempts > ATTEMPTS:
                return lost(self._job.folder, shard)
            return self._worker.tag(self._job, int(shard))
        except FileNotFoundError:
            folder, name = self._job.folder, socket.gethostname()
            return Failure(
                RunError,
                f"{folder}: the machine {name} does not see this folder; give an --out that lies "
                "on a disk shared by all machines",
            )
        except StanceError as error:
            return Failure.of(error)


def _attempts(folder: Path, shard: int) -> int:
    """Count the beginnings of a shard where they outlive an actor; Ray would retry for ever."""
    path = folder / "attempts" / str(shard)
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        file.write(b".")
        return file.tell()


def _opened(setup: Setup) -> ShardWorker:
    with suppress(OSError):
        os.chdir(setup.place)
    return ShardWorker(setup)


def _facts(setup: Setup) -> Facts | Failure:
    try:
        return _opened(setup).facts
    except StanceError as error:
        return Failure.of(error)


def _imported() -> Any:
    # Ray reads these when it is imported: nothing is sent anywhere, and its log stays in its files.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("the engine ray", "ray") from error
    return ray


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what Ray writes straight to the error stream while it starts off the screen."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def check_address(address: str, *, patience: float = PATIENCE) -> None:
    """Check that a Ray cluster answers at an address, ``HOST:PORT`` or ``auto``.

    ``ray.init`` waits for minutes and cannot be interrupted, so that it is tried in a process of
    its own.

    Raises:
        ConfigError: The address is written in another way.
        RunError: Nothing answers there in ``patience`` seconds, or what answers is not Ray.
    """
    until = time.monotonic() + patience
    absent = RunError(
        f"{address}: no Ray cluster answers there within {patience:.0f} seconds; start one with "
        "ray start --head and give its HOST:PORT"
    )
    if address != "auto":
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or "/" in host:
            raise ConfigError(f"--address {address}: write it as HOST:PORT, or auto")
        try:
            socket.create_connection((host, int(port)), timeout=patience).close()
        except (OSError, OverflowError) as error:
            raise absent from error
    try:
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", _PROBE, address],
            timeout=max(1.0, until - time.monotonic()),
            capture_output=True,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise absent from error
