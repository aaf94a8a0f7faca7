"""Decide the voice of a sentence from what is reported in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TypeAlias, final

from stance.records import Span, Voice
from stance.voices.attributions import Attribution
from stance.voices.marks import Quotation

_WORDS = 4
"""The words that make a reported clause, or a quotation inside one, count beside the other."""

_SHARE = 0.5
"""The share of a sentence that must be reported for it to be indirect speech."""

Labelled: TypeAlias = tuple[Voice, int | None]
"""A voice, and which attribution its speaker is from."""


@final
@dataclass(slots=True)
class _Parts:
    """What is reported in one sentence: pairs of span and number of the attribution."""

    direct: list[tuple[Span, int]] = field(default_factory=list)
    indirect: list[tuple[Span, int]] = field(default_factory=list)
    frame: list[Span] = field(default_factory=list)
    quoted: list[Span] = field(default_factory=list)
    main: bool = False


def label(
    text: str,
    sentences: Sequence[Span],
    attributions: Sequence[Attribution],
    quotations: Sequence[Quotation],
) -> list[Labelled]:
    """Return the voice of every sentence, with the number of the attribution that decided it.

    A sentence is direct where a quotation of a speaker stands in it, indirect where at least half
    of it is reported speech or its own verb reports, mixed where both kinds have at least four
    words, else narration.
    """
    parts = _sort(sentences, attributions, quotations)
    return [_label(text, span, part) for span, part in zip(sentences, parts, strict=True)]


def _sort(
    sentences: Sequence[Span],
    attributions: Sequence[Attribution],
    quotations: Sequence[Quotation],
) -> list[_Parts]:
    """Cut what is reported at the sentences' ends."""
    parts = [_Parts() for _ in sentences]
    whole: set[Span] = set()
    for number, found in enumerate(attributions):
        if found.spoken:
            _add(parts, sentences, found, number)
            whole.update(found.content if found.kind is Voice.DIRECT else ())
    for quotation in quotations:
        if quotation.span not in whole:
            for place, piece in _cut(sentences, quotation.span):
                parts[place].quoted.append(piece)
    return parts


def _add(
    parts: Sequence[_Parts], sentences: Sequence[Span], found: Attribution, number: int
) -> None:
    for span in found.content:
        for place, piece in _cut(sentences, span):
            side = parts[place].direct if found.kind is Voice.DIRECT else parts[place].indirect
            side.append((piece, number))
    for frame in (found.cue, found.speaker_span):
        for place, piece in _cut(sentences, frame):
            parts[place].frame.append(piece)
            parts[place].main = parts[place].main or found.main


def _cut(sentences: Sequence[Span], span: Span | None) -> Iterable[tuple[int, Span]]:
    if span is None:
        return
    place = bisect_right(sentences, span.start, key=attrgetter("end"))
    while place < len(sentences) and sentences[place].start < span.end:
        sentence = sentences[place]
        yield place, Span(max(span.start, sentence.start), min(span.end, sentence.end))
        place += 1


def _label(text: str, sentence: Span, parts: _Parts) -> Labelled:
    indirect = _union(span for span, _ in parts.indirect)
    reported = _union([*indirect, *parts.frame, *(span for span, _ in parts.direct)])
    most = parts.main or sum(map(_length, reported)) >= _SHARE * _length(sentence)
    clauses = _words(text, indirect) >= _WORDS
    quoted = any(_words(text, [span]) >= _WORDS for span in _inside(parts.quoted, indirect))
    if parts.direct:
        return Voice.MIXED if clauses else Voice.DIRECT, _largest(parts.direct)
    if not (most and indirect):
        return Voice.NARRATION, None
    return Voice.MIXED if quoted else Voice.INDIRECT, _largest(parts.indirect)


def _union(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans, key=attrgetter("start")):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _largest(parts: Sequence[tuple[Span, int]]) -> int:
    return max(parts, key=lambda part: _length(part[0]))[1]


def _length(span: Span) -> int:
    return span.end - span.start


def _words(text: str, spans: Iterable[Span]) -> int:
    return sum(len(text[span.start : span.end].split()) for span in spans)


def _inside(spans: Sequence[Span], clauses: Sequence[Span]) -> Iterator[Span]:
    """The spans inside one of the clauses; both are in order and apart."""
    for span in spans:
        place = bisect_right(clauses, span.start, key=attrgetter("start")) - 1
        if place >= 0 and span.end <= clauses[place].end:
            yield span
