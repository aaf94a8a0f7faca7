"""Cut a text into paragraphs, whether its lines are wrapped or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from stance.records import Span

WRAP_LIMIT = 120
"""A text with a line longer than this, in code points, was not wrapped at a column."""

_LINE = re.compile(r"\S[^\n\r]*")
_BULLET = re.compile(r"[•◦▪▸‣●·∙■□➢✓]\s|\(?(?:1|\d{1,3}(?=\)))[.)]\s")
_MAYBE_BULLET = re.compile(r"(?P<dash>[-*–—])\s+|\d{1,3}\.\s")
_ENDED = re.compile(r"[.!?…:;][\"'”’»)\]]{0,3}\Z")


@final
@dataclass(frozen=True, slots=True)
class _Line:
    """A line without the blanks around it; ``breaks`` counts the line ends before it."""

    start: int
    text: str
    breaks: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def ended(self) -> bool:
        """Whether the line may be the last of a paragraph."""
        return _ENDED.search(self.text[-4:]) is not None


@final
@dataclass(frozen=True, slots=True)
class _Layout:
    """How a text uses its lines: the longest, and whether blank lines separate paragraphs."""

    longest: int
    has_blank: bool

    def parts_behind(self, line: _Line) -> bool:
        """Whether a single line end behind a line separates paragraphs."""
        if self.longest > WRAP_LIMIT:
            return line.ended or not self.has_blank
        return not self.has_blank and line.ended and len(line.text) < 0.75 * self.longest


def find_paragraphs(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Find the paragraphs of a text from ``start`` to ``end``.

    A blank line separates paragraphs, and a line that opens with the mark of an item (``•``,
    ``1.``, or ``- `` behind a line that ended) begins one. Any other line end is a blank inside a
    paragraph, with two exceptions:

    - A line longer than `WRAP_LIMIT` shows that nobody wrapped the text. Then every line end
      separates paragraphs; where the text has blank lines too, only those behind a stop or colon.
    - A wrapped text without blank lines ends a paragraph with a short line that ends in a stop.
    """
    lines = list(_lines(text, start, len(text) if end is None else end))
    longest = max((len(line.text) for line in lines), default=0)
    layout = _Layout(longest, any(line.breaks > 1 for line in lines[1:]))
    spans: list[Span] = []
    listed = False
    for before, line in zip([None, *lines], lines, strict=False):
        apart = before is None or line.breaks > 1
        item = _is_item(line, apart or listed or (before is not None and before.ended))
        listed = item or (listed and not apart)
        if before is None or apart or item or layout.parts_behind(before):
            spans.append(Span(line.start, line.end))
        else:
            spans[-1] = Span(spans[-1].start, line.end)
    return spans


def _lines(text: str, start: int, end: int) -> Iterator[_Line]:
    last = start
    for found in _LINE.finditer(text, start, end):
        breaks = text.count("\n", last, found.start()) or text.count("\r", last, found.start())
        yield _Line(found.start(), found.group().rstrip(), breaks)
        last = found.end()


def _is_item(line: _Line, after_end: bool) -> bool:
    """Whether a line is clearly an item, not the rest of a line: a dash may stand anywhere."""
    if _BULLET.match(line.text):
        return True
    found = _MAYBE_BULLET.match(line.text)
    if found is None:
        return False
    return after_end or (bool(found["dash"]) and line.text[found.end() : found.end() + 1].isupper())
