"""What readers hand on: an article, or a fault that may be skipped, with the place of either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from stance.records import Article

STDIN = "standard input"


@final
@dataclass(frozen=True, slots=True)
class Place:
    """A file, or one line or row of it counted from 1; ``unit`` is file, line or row."""

    path: str
    unit: str = "file"
    number: int | None = None

    def __str__(self) -> str:
        return self.path if self.number is None else f"{self.path}: {self.unit} {self.number}"


@final
@dataclass(frozen=True, slots=True)
class Fault:
    """An article that cannot be read; ``mend`` overrides the usual advice."""

    place: Place
    reason: str
    mend: str | None = None

    @property
    def message(self) -> str:
        """The whole message: place, reason and mend."""
        mend = self.mend or f"mend the {self.place.unit}"
        return f"{self.place}: {self.reason}; {mend} or pass --skip-bad"


@final
@dataclass(frozen=True, slots=True)
class Found:
    """An article with the place it was read from."""

    place: Place
    article: Article
