"""Where a scorer computes and in what, for the manifest; batches that shrink when memory ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, final

from stance.errors import ScorerError

Item = TypeVar("Item")
Result = TypeVar("Result")


@final
@dataclass(frozen=True, slots=True)
class Placement:
    """Device and dtype of a scorer; how often a batch was halved because memory ran out."""

    device: str
    dtype: str
    halved: int = 0


ON_CPU = Placement("cpu", "float32")


def placement_of(scorer: object) -> Placement | None:
    """Return the placement of a scorer that tells it by a property ``placement``."""
    found: Placement | None = getattr(scorer, "placement", None)
    return found


@final
class Budget:
    """Runs items in batches of at most ``tokens`` padded tokens, longest first.

    When one of ``exhausted`` is raised the batch is halved, and later ones are as small; ``halved``
    counts that.
    """

    def __init__(self, tokens: int, exhausted: tuple[type[Exception], ...] = ()) -> None:
        self.tokens, self.halved = tokens, 0
        self._exhausted = exhausted

    def run(
        self,
        items: Sequence[Item],
        length: Callable[[Item], int],
        compute: Callable[[Sequence[Item]], Result],
    ) -> Iterator[tuple[Sequence[Item], Result]]:
        """Yield every batch with what was computed of it.

        Raises:
            ScorerError: There is no memory for a single item.
        """
        ordered = sorted(items, key=length, reverse=True)
        start = 0
        while start < len(ordered):
            longest = max(1, length(ordered[start]))
            batch = ordered[start : start + max(1, self.tokens // longest)]
            try:
                result = compute(batch)
            except self._exhausted as error:
                self._halve(len(batch), longest, error)
                continue
            yield batch, result
            start += len(batch)

    def _halve(self, n: int, longest: int, error: Exception) -> None:
        if n == 1:
            raise ScorerError(
                f"there is no memory for one sequence of {longest} tokens; free some, or use "
                "--device cpu"
            ) from error
        self.halved += 1
        self.tokens = n // 2 * longest
