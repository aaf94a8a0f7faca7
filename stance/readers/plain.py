"""Tell the headline and the furniture of a news text from its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import final

from stance.readers.wire import (
    credit_start,
    dateline_end,
    ends_sentence,
    is_byline,
    is_credit,
    notice_start,
)
from stance.records import Omission, Span

HEADLINE_LIMIT = 200
"""The longest first line, in code points, that may be a headline."""

_CAPTION_LIMIT = 700
_BYLINE_LINES = 15
_DATELINE_LINES = 10
_LINE = re.compile(r"[^\n]+")


@final
@dataclass(frozen=True, slots=True)
class Layout:
    """The headline of a text, and what to omit from its sentences, in order without overlap."""

    headline: Span | None
    omissions: tuple[Omission, ...]


@final
@dataclass(frozen=True, slots=True)
class Line:
    """A stripped line; ``block`` counts the paragraphs, ``number`` the lines that are not blank."""

    start: int
    text: str
    number: int
    block: int

    def omission(self, reason: str, start: int = 0, end: int | None = None) -> Omission:
        """Omit the line, or its part from ``start`` to ``end``."""
        stop = len(self.text) if end is None else end
        return Omission(Span(self.start + start, self.start + stop), reason)


def compose(title: str | None, body: str) -> tuple[str, Span | None]:
    """Put title, blank line and body together; a body that opens with its title stays as it is."""
    title = (title or "").strip()
    if not title:
        return body, None
    start = len(body) - len(body.lstrip())
    if body.startswith(title, start) and body[start + len(title) : start + len(title) + 1] in (
        "\n",
        "",
    ):
        return body, Span(start, start + len(title))
    return f"{title}\n\n{body}", Span(0, len(title))


def find_headline(text: str, start: int = 0) -> Span | None:
    """The first line, when it is short, stands apart, and does not end as a sentence does."""
    opening = _lines(text[start : start + 5 * HEADLINE_LIMIT])
    first, second = next(opening, None), next(opening, None)
    if first is None or not _is_headline(first.text):
        return None
    apart = second is None or second.block != first.block or _is_furniture(second.text)
    return Span(start + first.start, start + first.start + len(first.text)) if apart else None


def find_omissions(text: str, start: int = 0) -> tuple[Omission, ...]:
    """Credits, captions, bylines, datelines and notices from ``start`` on."""
    blocks = [list(block) for _, block in groupby(_lines(text, start), key=lambda line: line.block)]
    found: list[Omission] = []
    placed, body = False, 0
    for block in blocks:
        caption = _caption(block, last=block is blocks[-1])
        found += [caption] if caption else []
        for line, before in zip(block, [None, *block[:-1]], strict=True):
            if caption and caption.span.start <= line.start < caption.span.end:
                continue
            omissions = _of_line(line, before, first=body == 0, placed=placed)
            placed = placed or any(omission.reason == "dateline" for omission in omissions)
            body += not omissions
            found += omissions
    return tuple(sorted(found, key=lambda omission: omission.span.start))


def layout(text: str, start: int = 0) -> Layout:
    """Find headline and omissions of a text that says nothing about itself, from ``start`` on."""
    headline = find_headline(text, start)
    return Layout(headline, find_omissions(text, headline.end if headline else start))


def _lines(text: str, start: int = 0) -> Iterator[Line]:
    block, number, last = 0, 0, start
    for match in _LINE.finditer(text, start):
        line = match.group().strip()
        if not line:
            continue
        block += text.count("\n", last, match.start()) > 1
        number, last = number + 1, match.end()
        yield Line(match.start() + match.group().index(line), line, number, block)


def _is_headline(line: str) -> bool:
    if len(line) > HEADLINE_LIMIT or not any(letter.isalnum() for letter in line):
        return False
    if _is_furniture(line) or dateline_end(line, first=False) is not None:
        return False
    bare = line.rstrip("\"'”’)")
    return not bare.endswith((",", ";")) and (not bare.endswith(".") or _is_title_case(line))


def _is_title_case(line: str) -> bool:
    """Whether nearly all words but the small ones are capitalised."""
    words = [word for word in line.split() if len(word) > 3 and word[0].isalpha()]
    return len(words) > 1 and sum(word[0].isupper() for word in words) >= 0.8 * len(words)


def _is_furniture(line: str) -> bool:
    return (
        is_credit(line)
        or (line.startswith(("By ", "BY ")) and is_byline(line))
        or notice_start(line) == 0
    )


def _caption(block: Sequence[Line], *, last: bool) -> Omission | None:
    """The lines beside a credit in its block, when short and more of the article follows."""
    found = [place for place, line in enumerate(block) if is_credit(line.text)]
    if not found or last or len(found) == len(block):
        return None
    if found[0] == 0:
        beside = block[len(found) :] if found[-1] == len(found) - 1 else []
    else:
        strong = is_credit(block[-1].text, strong=True)
        beside = block[: found[0]] if strong and found == [len(block) - 1] else []
    return _joined(beside) if _is_caption(beside) else None


def _is_caption(lines: Sequence[Line]) -> bool:
    return 0 < sum(len(line.text) for line in lines) <= _CAPTION_LIMIT and not any(
        dateline_end(line.text, first=False) is not None or is_byline(line.text) for line in lines
    )


def _joined(lines: Sequence[Line]) -> Omission:
    return Omission(Span(lines[0].start, lines[-1].start + len(lines[-1].text)), "caption")


def _of_line(line: Line, before: Line | None, *, first: bool, placed: bool) -> list[Omission]:
    runs_on = before is not None and len(before.text) > 40 and not ends_sentence(before.text)
    if is_credit(line.text, strong=runs_on):
        return [line.omission("credit")]
    if line.number < _BYLINE_LINES and is_byline(line.text):
        return [line.omission("byline")]
    notice = None if runs_on else notice_start(line.text)
    if notice == 0:
        return [line.omission("notice")]
    looks = not placed and line.number < _DATELINE_LINES
    proper = dateline_end(line.text, first=first) if looks else None
    credit = credit_start(line.text) if proper is None and not runs_on else None
    if credit is not None:
        caption = len(line.text[:credit].rstrip())
        return [line.omission("caption", 0, caption), line.omission("credit", credit)]
    dateline = [] if proper is None else [line.omission("dateline", 0, proper)]
    return dateline if notice is None else [*dateline, line.omission("notice", notice)]
