"""Find the stops of a paragraph and cut it where the rules say that a sentence ends.

A rule reads the text from the start of its sentence to the next stop and nothing else, so that a
sentence split again stays whole; every look back is bounded and no pattern can backtrack far, so
that the time is linear in the length of the text.

Brackets inside a sentence are not split; a bracket that opens a sentence is. A missing space ends
a sentence where a word in small letters meets a capital: ``It ended.The rest …``
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import TypeAlias

from stance.sentences.rules import Stop, begins_sentence, ends_sentence, is_abbreviation, next_word
from stance.sentences.words import SUFFIXES

_LOOK_BACK = 40
"""How far back the words before a stop are looked for, in code points."""

_STOP = re.compile(
    r"(?P<mark>[.!?…](?:\s?[.!?…])*)"
    r"(?P<closing>(?:[\"'”’»)\]}*_†‡¹²³⁰⁴-⁹]|[“‘«](?!\w)|[^\S\n]»(?!\w)|[^\S\n]?\[\d{1,3}\])*)"
)
_AHEAD = re.compile(r"(?P<gap>\s*)(?P<dash>(?:[—–-]+\s+)?)(?P<signs>[\"'“‘«„‚»(\[{¿¡*_—–-]*)")
_BRACKET = re.compile(r"\([^()]{1,400}\)|\[[^\[\]]{1,400}\]")
_FOOTNOTE = re.compile(r"\d{1,3}(?=\s+[\"“‘(]?[^\W\d_a-z])")
_JOINED = re.compile(r"(?:\w[^\W\d_A-Z]|\w[’']|[AI](?=\s))[^\s.!?…]*")
_OPENERS = re.compile(r"[\"“”‘«»„(\[{/—–-]")

_Match: TypeAlias = re.Match[str]


def split_paragraph(paragraph: str) -> list[tuple[int, int]]:
    """Split a paragraph into sentences by rules for English news.

    Args:
        paragraph: Any text; a line end counts as a blank.

    Returns:
        Start and end (exclusive), in code points, of every sentence without the blanks around it.
    """
    start, spans = len(paragraph) - len(paragraph.lstrip()), []
    for end, resume in _cuts(paragraph, start):
        spans.append((start, end))
        start = resume
    end = len(paragraph.rstrip())
    return [*spans, (start, end)] if start < end else spans


def _cuts(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Where a sentence ends and where the next one starts."""
    brackets = [found.span() for found in _BRACKET.finditer(text)]
    openings = [opening for opening, _ in brackets]
    for found in _STOP.finditer(text, start):
        place = bisect_right(openings, found.start()) - 1
        closing = brackets[place][1] if place >= 0 and openings[place] > start else 0
        if closing > found.end():
            continue
        cut = _cut(text, start, found, aside=closing > found.start())
        if cut:
            yield cut
            start = cut[1]


def _cut(text: str, start: int, found: _Match, *, aside: bool) -> tuple[int, int] | None:
    after = _AHEAD.match(text, found.end())
    if after is None or after.end() == len(text):
        return None
    ahead = text[after.end() : after.end() + 4]
    if ahead[0].islower() and ahead.islower() and not after["signs"]:
        return None
    if not after["gap"]:
        joined = ahead[0].isupper() or ahead[0].isdigit()
        return _cut_joined(text, start, found, after) if joined else None
    stop = _stop(text, start, found, after, aside=aside)
    return (found.end(), after.end("gap")) if ends_sentence(stop) else None


def _cut_joined(text: str, start: int, found: _Match, after: _Match) -> tuple[int, int] | None:
    """Cut where the space after a stop is missing, or a footnote's number took its place."""
    stop = _stop(text, start, found, after, aside=False)
    small = stop.word.isalpha() and stop.word[-2:].islower() and len(stop.word) > 1
    if not (stop.is_quoted or small) or is_abbreviation(stop.word):
        return None
    number = None if stop.opening else _FOOTNOTE.match(text, found.end())
    if number and small:
        after = _AHEAD.match(text, number.end()) or after
        return number.end(), after.end("gap")
    return (found.end(), found.end()) if _is_joined(stop, found) else None


def _is_joined(stop: Stop, found: _Match) -> bool:
    word = _JOINED.match(stop.text, stop.ahead)
    if word is None or not stop.sign.isupper() or stop.opening.strip("\"'“‘«„"):
        return False
    around = stop.text[max(0, found.start() - _LOOK_BACK) : found.start()].split()[-1:]
    address = any(sign in piece for sign in "@/\\" for piece in (*around, word.group()))
    if address or stop.next in SUFFIXES:
        return False
    return not stop.is_ellipsis or begins_sentence(stop)


def _stop(text: str, start: int, found: _Match, after: _Match, *, aside: bool) -> Stop:
    behind = text[max(start, found.start() - _LOOK_BACK) : found.start()]
    tokens = behind.split()
    attached = bool(tokens) and not behind[-1].isspace()
    word = tokens[-1] if attached else ""
    bracketed = word.endswith(("(", "[")) and found["closing"].startswith((")", "]"))
    return Stop(
        text=text,
        ahead=after.end(),
        next=next_word(text, after.end()),
        mark="…" if bracketed else found["mark"],
        closing=found["closing"],
        opening=after["dash"] + after["signs"],
        word=_OPENERS.split(word)[-1].lstrip("'’*_"),
        before=tokens[-2] if attached and len(tokens) > 1 else "",
        first=attached and found.start() - len(word) == start,
        aside=aside,
    )
