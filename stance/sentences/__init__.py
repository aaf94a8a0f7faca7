"""Sentences: an article → its sentences with offsets; a `Splitter` is any callable."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TypeAlias

from stance.errors import DataError
from stance.records import Article, Section, Sentence, Span
from stance.sentences.boundaries import split_paragraph
from stance.sentences.paragraphs import find_paragraphs

__all__ = ["Splitter", "find_paragraphs", "split", "split_paragraph"]

Splitter: TypeAlias = Callable[[str], Iterable[tuple[int, int]]]
"""Takes one paragraph; yields start and end (exclusive), in code points, of its sentences."""


def split(article: Article, *, splitter: Splitter = split_paragraph) -> tuple[Sentence, ...]:
    """Split an article into sentences, in the order of its text.

    The headline is one sentence. What the article omits is in no sentence and always ends one; a
    headline that is omitted too is left out. A fragment without a letter or a digit is none.

    Args:
        article: What to split.
        splitter: What finds the sentences of a paragraph; blanks around its spans are cut off.

    Raises:
        DataError: A span of the article lies outside its text, or the splitter's spans are out of
            range, overlap or are out of order.
    """
    headline = _inside(article, article.headline or Span(0, 0), "headline")
    omitted = _merged(_inside(article, each.span, "omission") for each in article.omissions)
    found = [*_title(article, headline, omitted), *_body(article, headline, omitted, splitter)]
    found.sort(key=lambda pair: pair[0].start)
    return tuple(
        _sentence(article, number, span, section) for number, (span, section) in enumerate(found)
    )


def _sentence(article: Article, number: int, span: Span, section: Section) -> Sentence:
    text = article.text[span.start : span.end]
    return Sentence(article.id, number, span.start, span.end, text, section)


def _title(
    article: Article, headline: Span, omitted: Sequence[Span]
) -> Iterator[tuple[Span, Section]]:
    span = _trim(article.text, headline)
    if span and list(_outside(headline, omitted)) == [headline]:
        yield span, Section.HEADLINE


def _body(
    article: Article, headline: Span, omitted: Sequence[Span], splitter: Splitter
) -> Iterator[tuple[Span, Section]]:
    section = Section.LEAD
    before = find_paragraphs(article.text, 0, headline.start)
    for paragraph in (*before, *find_paragraphs(article.text, headline.end)):
        tagged = False
        for part in _outside(paragraph, omitted):
            for span in _sentences(article, part, splitter):
                tagged = True
                yield span, section
        section = Section.BODY if tagged else section


def _sentences(article: Article, part: Span, splitter: Splitter) -> Iterator[Span]:
    """The sentences of a part of a paragraph, as spans of the article."""
    last, limit = part.start, part.end
    for start, end in splitter(article.text[part.start : part.end]):
        span = Span(part.start + start, part.start + end)
        if not last <= span.start <= span.end <= limit:
            raise DataError(
                f"{article.id}: the splitter gave the span ({start}, {end}) of the paragraph at "
                f"{part.start}, which is out of range or not behind the span before it; make the "
                f"splitter yield ordered, separate spans inside its {limit - part.start} characters"
            )
        last = span.end
        sentence = _trim(article.text, span)
        if sentence:
            yield sentence


def _trim(text: str, span: Span) -> Span | None:
    """The span without the blanks around it, or None where it has no letter and no digit."""
    piece = text[span.start : span.end]
    if not any(map(str.isalnum, piece)):
        return None
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, start + len(piece.strip()))


def _inside(article: Article, span: Span, what: str) -> Span:
    if not 0 <= span.start <= span.end <= len(article.text):
        raise DataError(
            f"{article.id}: the {what} ({span.start}, {span.end}) is no span of the article's "
            f"{len(article.text)} characters; correct the span or read the article again"
        )
    return span


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches in order, joined where they touch, without empty ones."""
    merged: list[Span] = []
    for span in sorted(spans, key=attrgetter("start")):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        elif span.start < span.end:
            merged.append(span)
    return merged


def _outside(span: Span, omitted: Sequence[Span]) -> Iterator[Span]:
    """The parts of a span that are not omitted; ``omitted`` is in order and does not touch."""
    start = span.start
    for place in range(bisect_right(omitted, start, key=attrgetter("end")), len(omitted)):
        if omitted[place].start >= span.end:
            break
        if start < omitted[place].start:
            yield Span(start, omitted[place].start)
        start = omitted[place].end
    if start < span.end:
        yield Span(start, span.end)
