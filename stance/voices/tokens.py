"""Cut a sentence into words, signs, asides and quotations."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from stance.records import Span
from stance.voices.marks import Quotation

_TOKEN = re.compile(
    r"(?P<aside>\([^()]{1,120}\))"
    r"|(?P<word>(?:[^\W\d_]\.){2,5}"
    r"|(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Lt|Col|Sgt|Capt|Adm|Rev|Prof|Sens|Reps|St|Jr|Sr|No)\."
    r"|[A-Z]\.(?=\s[A-Z])"
    r"|[’'](?:s|ve|d|ll|re|m)\b"
    r"|[$€£]?\w+(?:(?:[-‑&]|[.,](?=\d)|[’'](?!(?:s|ve|d|ll|re|m)\b))\w+)*%?)"
    r"|(?P<sign>--+|[^\w\s])"
)


_STOPS = frozenset(",.!?…—")


@final
@dataclass(frozen=True, slots=True)
class Token:
    """A word, sign, aside (in brackets) or quotation; ``quote`` is the number of the
    quotation, whose ``text`` are its last signs only."""

    kind: str
    text: str
    low: str
    start: int
    end: int
    quote: int = -1

    @property
    def is_word(self) -> bool:
        """Whether it is a word."""
        return self.kind == "word"

    @property
    def is_quote(self) -> bool:
        """Whether it is a quotation, or the part of one that stands in the sentence."""
        return self.kind == "quote"

    @property
    def is_complete(self) -> bool:
        """Whether it is a quotation that ends as a sentence or before its tag does."""
        return self.is_quote and not _STOPS.isdisjoint(self.text[:-1])

    @property
    def is_name(self) -> bool:
        """Whether it is a word with a capital."""
        return self.kind == "word" and self.text[0].isupper()


def tokenize(
    text: str, sentence: Span, quotations: Sequence[Quotation], ends: Sequence[int]
) -> list[Token]:
    """Cut a sentence into tokens; ``ends`` holds the ends of all quotations."""
    tokens: list[Token] = []
    place, number = sentence.start, bisect_right(ends, sentence.start)
    while number < len(quotations) and quotations[number].span.start < sentence.end:
        span = quotations[number].span
        start, end = max(span.start, sentence.start), min(span.end, sentence.end)
        tokens.extend(_plain(text, place, start))
        tokens.append(Token("quote", text[max(start, end - 3) : end], "", start, end, number))
        place, number = end, number + 1
    tokens.extend(_plain(text, place, sentence.end))
    return tokens


def _plain(text: str, start: int, end: int) -> Iterator[Token]:
    for found in _TOKEN.finditer(text, start, end):
        word = found.group()
        low = word.lower().replace("’", "'") if found.lastgroup == "word" else word
        yield Token(found.lastgroup or "sign", word, low, *found.span())
