"""What is read of a premise beside a hypothesis, which a cross-encoder never cuts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import final

from stance.errors import ScorerError


@final
class Room:
    """The tokens of a pair, markers left out; knows the hypotheses that were asked so far."""

    def __init__(self, tokens: int, length: Callable[[str], int]) -> None:
        self._tokens, self._length = tokens, length
        self._lengths: dict[str, int] = {}

    @property
    def least(self) -> int:
        """The tokens left to a premise beside the longest hypothesis so far."""
        return self._tokens - max(self._lengths.values(), default=0)

    def beside(self, hypotheses: Iterable[str]) -> None:
        """Check that a premise finds room beside every hypothesis.

        Raises:
            ScorerError: One leaves none.
        """
        for text in sorted(set(hypotheses) - self._lengths.keys()):
            n = self._length(text)
            if n >= self._tokens:
                raise ScorerError(
                    f"the hypothesis {text[:60]!r} has {n} tokens and leaves none of "
                    f"{self._tokens} to the premise; shorten it"
                )
            self._lengths[text] = n

    def forget(self) -> None:
        """Forget the hypotheses: they were asked to try the model."""
        self._lengths.clear()


def make_room(scorer: object, hypotheses: Iterable[str]) -> None:
    """Tell a scorer that has a method ``beside`` what is asked, where another one answers for it.

    Raises:
        ScorerError: A hypothesis leaves no room to a premise.
    """
    beside: Callable[[Iterable[str]], None] | None = getattr(scorer, "beside", None)
    if beside is not None:
        beside(hypotheses)
