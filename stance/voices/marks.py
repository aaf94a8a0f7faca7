"""Find quotations by their marks: straight, curly, single, German and French, over paragraphs.

Every mark is looked at once, so that time is linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import final

from stance.records import Span

_MARK = re.compile(r"''|``|[\"“”„‟«»‹›‘’‚']")
_CLOSERS = {
    "“": '”"',
    "‟": '”"',
    "„": '“”"',
    "”": "”",
    "«": "»",
    "»": "«",
    "‹": "›",
    '"': '"”',
    "``": "''”\"",
    "''": "''",
}
_SINGLE = {"‘": "’'", "'": "'’", "‚": "‘’"}
_BEFORE = frozenset(" \t\r\n\u00a0\u202f([{—–-―:/…")
_STOPS = frozenset(",.!?…;")


@final
@dataclass(frozen=True, slots=True)
class Quotation:
    """A stretch between quotation marks, marks included.

    ``continues`` says that it goes on from the quotation before, over a paragraph's end;
    ``closed`` is False where the closing mark is missing and the end is a guess.
    """

    span: Span
    continues: bool = False
    closed: bool = True


@final
@dataclass(slots=True)
class _Scan:
    """What was found so far, and the mark that is open."""

    found: list[Quotation] = field(default_factory=list)
    unbalanced: int = 0
    mark: str = ""
    start: int = 0
    continues: bool = False

    def open(self, mark: str, start: int) -> None:
        self.mark, self.start = mark, start

    def close(self, end: int, *, closed: bool = True) -> None:
        if end > self.start:
            self.found.append(Quotation(Span(self.start, end), self.continues, closed))
        self.unbalanced += not closed
        self.mark, self.continues = "", False


def find_quotations(text: str, paragraphs: Sequence[Sequence[Span]]) -> tuple[list[Quotation], int]:
    """Find the quotations of paragraphs, each given as the spans of its sentences.

    Returns:
        The quotations in order, apart, and the number of marks that have no partner. Where the
        closing mark is missing, a quotation that opens its paragraph ends with it, any other with
        its sentence.
    """
    scan = _Scan()
    for number, sentences in enumerate(paragraphs):
        following = paragraphs[number + 1][0].start if number + 1 < len(paragraphs) else len(text)
        _scan_paragraph(text, sentences, scan)
        if scan.mark:
            _end_paragraph(text, sentences, following, scan)
    return scan.found, scan.unbalanced


def _end_paragraph(text: str, sentences: Sequence[Span], following: int, scan: _Scan) -> None:
    end = sentences[-1].end
    if text.startswith(scan.mark, following):
        scan.close(end)
        scan.continues = True
        return
    scan.close(_guess(sentences, scan.start, end), closed=False)


def _guess(sentences: Sequence[Span], start: int, limit: int) -> int:
    """Where a quotation without a closing mark ends."""
    if start == sentences[0].start:
        return limit
    place = bisect_left(sentences, start + 1, key=lambda span: span.end)
    return min(sentences[place].end, limit) if place < len(sentences) else limit


def _scan_paragraph(text: str, sentences: Sequence[Span], scan: _Scan) -> None:
    start, end = sentences[0].start, sentences[-1].end
    found = list(_MARK.finditer(text, start, end))
    singles = dict(_pair_singles(text, found, start, end))
    inside = -1
    for each in found:
        mark, place = each.group(), each.start()
        if place < inside:
            continue
        if mark in _SINGLE or mark == "’":
            if not scan.mark and place in singles:
                scan.open(mark, place)
                scan.close(singles[place])
                inside = singles[place]
        else:
            _take(text, sentences, mark, place, scan)


def _take(text: str, sentences: Sequence[Span], mark: str, place: int, scan: _Scan) -> None:
    """Open or close a quotation at a double mark."""
    start, end = sentences[0].start, sentences[-1].end
    opens = _opens(text, place, start, end, mark)
    if scan.mark:
        closes = mark in _CLOSERS[scan.mark] and not (opens and mark in "\"''")
        turned = mark == scan.mark and not opens
        if closes or turned:
            scan.close(place + len(mark))
        elif mark == scan.mark and opens:
            scan.close(min(_guess(sentences, scan.start, end), place), closed=False)
            scan.open(mark, place)
    elif opens or mark in "“„«``‟‹":
        scan.open(mark, place)
    else:
        scan.unbalanced += 1


def _opens(text: str, place: int, start: int, end: int, mark: str) -> bool:
    """Whether a mark stands where a quotation begins: after a blank, before something."""
    after = place + len(mark)
    before = text[place - 1] if place > start else " "
    behind = text[after] if after < end else " "
    return (before in _BEFORE or before in "“\"‘'") and not (
        (behind.isspace() and mark not in "«»") or behind in ".,;:!?)"
    )


def _pair_singles(
    text: str, found: Sequence[re.Match[str]], start: int, end: int
) -> Iterator[tuple[int, int]]:
    """Opening place → end of a single quotation; an apostrophe is none.

    The first closing mark behind a stop wins, because a plural's apostrophe looks like one.
    """
    opened, first = -1, 0
    for each in found:
        mark, place = each.group(), each.start()
        if mark in _SINGLE and _opens_single(text, place, start, end):
            if opened >= 0 and first:
                yield opened, first
            opened, first = place, 0
        elif opened >= 0 and mark in _SINGLE[text[opened]] and _closes_single(text, place, end):
            if text[place - 1] in _STOPS:
                yield opened, place + 1
                opened = -1
            first = first or place + 1
    if opened >= 0 and first:
        yield opened, first


def _opens_single(text: str, place: int, start: int, end: int) -> bool:
    before = text[place - 1] if place > start else " "
    behind = text[place + 1] if place + 1 < end else " "
    letter = behind.isalpha() or (text[place] != "'" and behind.isalnum())
    return (before in _BEFORE or before in '“"') and letter


def _closes_single(text: str, place: int, end: int) -> bool:
    behind = text[place + 1] if place + 1 < end else " "
    return not text[place - 1].isspace() and not behind.isalnum()
