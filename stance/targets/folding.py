"""Text as names are compared in it, with the way back to the places it came from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import final

_DROPPED = frozenset({"Mn", "Me", "Cf", "Cc"})
_SAME = {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "‐": "-", "‑": "-"}


@final
@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text: ``places`` holds, for every character, its index in the original."""

    text: str
    places: Sequence[int]
    original: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the folded text lies in the original, accents included."""
        last = self.places[end - 1] + 1
        while last < len(self.original) and unicodedata.category(self.original[last]) == "Mn":
            last += 1
        return self.places[start], last


def fold(text: str) -> Folded:
    """Return a text without accents and invisible characters, with plain apostrophes and blanks.

    Zero-width characters, direction marks and soft hyphens vanish, so that a name with one inside
    is still found; case is kept.
    """
    if text.isascii() and text.isprintable():
        return Folded(text, range(len(text)), text)
    pairs = [(part, place) for place, char in enumerate(text) for part in _fold_one(char)]
    return Folded("".join(part for part, _ in pairs), [place for _, place in pairs], text)


@lru_cache(maxsize=1 << 15)
def key(name: str) -> str:
    """Return a name as it is compared: folded, blanks as one, without regard to case."""
    return " ".join(fold(name).text.split()).casefold()


def visible(text: str) -> str:
    """Return a text without invisible characters, every run of blanks as one space."""
    return " ".join("".join(c for c in text if _shows(c)).split())


def _shows(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in {"Cf", "Cc"}


@lru_cache(maxsize=4_096)
def _fold_one(char: str) -> str:
    if char.isspace():
        return " "
    plain = unicodedata.normalize("NFKD", _SAME.get(char, char))
    return "".join(c for c in plain if unicodedata.category(c) not in _DROPPED)
