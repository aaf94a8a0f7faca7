"""An article's text without the signs that nobody sees, and the way back to its offsets."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from stance.records import Sentence, Span

_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LINE = re.compile(r"[^\n]+")
_UNWRAPPED = 120


@final
@dataclass(frozen=True, slots=True)
class Reading:
    """The text as it is read; ``places`` maps it to the article's text, None where they agree."""

    text: str
    places: Sequence[int] | None = None

    def back(self, span: Span) -> Span:
        """Return the span in the article's text."""
        if self.places is None or span.start >= span.end:
            return span
        return Span(self.places[span.start], self.places[span.end - 1] + 1)

    def forth(self, span: Span) -> Span:
        """Return where a span of the article's text is read."""
        if self.places is None:
            return span
        return Span(bisect_left(self.places, span.start), bisect_left(self.places, span.end))


def read(text: str) -> Reading:
    """Read a text past zero-width signs and marks of direction, which may stand inside names."""
    if _UNSEEN.search(text) is None:
        return Reading(text)
    places = [place for place, sign in enumerate(text) if not _UNSEEN.match(sign)]
    return Reading("".join(text[place] for place in places), places)


def gather(reading: Reading, sentences: Sequence[Sentence]) -> list[list[Span]]:
    """Return the sentences as they are read, paragraph by paragraph.

    A blank line between two sentences parts them, and so does any line end, inside a sentence too,
    in a text whose lines nobody wrapped.
    """
    longest = max(
        (found.end() - found.start() for found in _LINE.finditer(reading.text)), default=0
    )
    paragraphs: list[list[Span]] = []
    last = -1
    for sentence in sentences:
        span = reading.forth(Span(sentence.start, sentence.end))
        for part in _lines(reading.text, span) if longest > _UNWRAPPED else [span]:
            gap = reading.text.count("\n", last, part.start) if last >= 0 else 2
            if gap > 1 or (gap and longest > _UNWRAPPED):
                paragraphs.append([])
            paragraphs[-1].append(part)
            last = part.end
    return paragraphs


def _lines(text: str, span: Span) -> Iterator[Span]:
    """The lines of a sentence, or the whole where it is empty."""
    found = list(_LINE.finditer(text, span.start, span.end))
    yield from (Span(*line.span()) for line in found)
    if not found:
        yield span
