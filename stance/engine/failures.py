"""Errors on their way from a worker: the class and the sentence arrive as they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, final

from stance.errors import RunError, StanceError

ATTEMPTS = 3
"""How often a shard is begun before its workers' deaths are told."""


@final
@dataclass(frozen=True, slots=True)
class Failure:
    """An error that ended the work of a worker; ``kind`` is its class."""

    kind: type[StanceError]
    message: str

    @classmethod
    def of(cls, error: StanceError) -> Failure:
        """Return what is sent of an error."""
        return cls(type(error), str(error))


def lost(folder: str, shard: int) -> Failure:
    """Return the failure of a shard that has ended its workers."""
    return Failure(
        RunError,
        f"{folder}: shard {shard} has ended {ATTEMPTS} workers, perhaps for want of memory; "
        "give fewer --jobs and the same command again: finished shards are kept",
    )


def raise_failure(failure: Failure) -> NoReturn:
    """Raise the error that a worker met.

    Raises:
        StanceError: Always, of its own class.
    """
    error = failure.kind.__new__(failure.kind)
    error.args = (failure.message,)
    raise error
