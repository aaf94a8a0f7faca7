"""Voices: who speaks in every sentence — the outlet, a quotation, a report — or nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from stance.records import Article, Sentence, Span
from stance.voices.attributions import Attribution, attribute
from stance.voices.labels import label
from stance.voices.marks import find_quotations
from stance.voices.reading import Reading, gather, read

__all__ = ["Attribution", "Voices", "attach_voices", "find_attributions", "find_voices"]


@final
@dataclass(frozen=True, slots=True)
class Voices:
    """The sentences of an article with voice and speaker, and what they were decided from.

    ``unbalanced`` counts the quotation marks without a partner.
    """

    sentences: tuple[Sentence, ...]
    attributions: tuple[Attribution, ...]
    unbalanced: int


def find_voices(article: Article, sentences: Sequence[Sentence]) -> Voices:
    """Find who speaks in the sentences of an article.

    Args:
        article: The article.
        sentences: Its sentences in order; what is in none of them is not looked at.
    """
    reading = read(article.text)
    paragraphs = gather(reading, sentences)
    quotations, unbalanced = find_quotations(reading.text, paragraphs)
    found = attribute(reading, paragraphs, quotations)
    spans = [reading.forth(Span(sentence.start, sentence.end)) for sentence in sentences]
    labels = label(reading.text, spans, found, quotations)
    attributions = tuple(_back(reading, each) for each in found)
    labelled = tuple(
        replace(
            sentence,
            voice=voice,
            speaker=None if place is None else found[place].speaker,
            speaker_span=None if place is None else attributions[place].speaker_span,
            speaker_resolved=place is None or found[place].resolved,
        )
        for sentence, (voice, place) in zip(sentences, labels, strict=True)
    )
    return Voices(labelled, attributions, unbalanced)


def find_attributions(article: Article, sentences: Sequence[Sentence]) -> tuple[Attribution, ...]:
    """Return the attributions of an article; spans point into its text."""
    return find_voices(article, sentences).attributions


def attach_voices(article: Article, sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Return the sentences with voice and speaker."""
    return find_voices(article, sentences).sentences


def _back(reading: Reading, found: Attribution) -> Attribution:
    return replace(
        found,
        content=tuple(reading.back(span) for span in found.content),
        cue=_maybe(reading, found.cue),
        speaker_span=_maybe(reading, found.speaker_span),
    )


def _maybe(reading: Reading, span: Span | None) -> Span | None:
    return None if span is None else reading.back(span)
