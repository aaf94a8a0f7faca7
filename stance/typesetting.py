"""An article as it is set on the page: its paragraphs, sentence by sentence, and its strip."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from stance.panels import in_percent, marks, shown, told
from stance.profile import SPEECH, ArticleProfile, voice_kind
from stance.records import Article, Section, TaggedSentence
from stance.sentences import find_paragraphs

_Piece = tuple[int, int, Mapping[str, Any]]
_BESIDE = 2
"""Speakers named in the margin of one paragraph, at most."""


def shortened(text: str, most: int = 240) -> str:
    """Return a text of one line and at most so many characters, cut with an ellipsis."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 1].rstrip()}…"


def paragraphs(profile: ArticleProfile) -> list[dict[str, Any]]:
    """Return the paragraphs of an article in order, with all its text but the blanks between.

    A paragraph's ``kind`` is headline, lead, text, or aside where all of it was kept out. Its
    ``pieces`` are sentences, omitted stretches (``why`` tells the reason), and what is between.
    """
    starts = _starts(profile.article)
    pieces = sorted(_cut(profile, starts), key=lambda piece: piece[:2])
    grouped = groupby(pieces, key=lambda piece: bisect_right(starts, piece[0]))
    text = profile.article.text
    found = [[{**p, "text": text[start:end]} for start, end, p in group] for _, group in grouped]
    return [_paragraph(group) for group in found if any(p["text"].strip() for p in group)]


def _starts(article: Article) -> list[int]:
    """Return where a paragraph starts; the headline is one."""
    title = article.headline
    if title is None:
        spans = find_paragraphs(article.text)
    else:
        before = find_paragraphs(article.text, 0, title.start)
        spans = [*before, title, *find_paragraphs(article.text, title.end)]
    return [span.start for span in spans]


def _cut(profile: ArticleProfile, starts: Sequence[int]) -> Iterator[_Piece]:
    """Yield every stretch of the text once; what is no sentence is cut where paragraphs start."""
    known: list[_Piece] = [
        (t.sentence.start, t.sentence.end, {**sentence, "marks": places})
        for t, sentence, places in zip(
            profile.sentences, map(_sentence, profile.sentences), marks(profile), strict=True
        )
    ]
    known += [
        (o.span.start, o.span.end, {"kind": "omitted", "why": o.reason})
        for o in profile.article.omissions
    ]
    last, between = 0, {"kind": "between"}
    for start, end, piece in sorted(known, key=lambda entry: entry[:2]):
        yield from _split(last, start, between, starts)
        start = max(start, last)
        if piece["kind"] == "omitted":
            yield from _split(start, end, piece, starts)
        else:
            yield start, end, piece
        last = max(last, end)
    yield from _split(last, len(profile.article.text), between, starts)


def _split(
    start: int, end: int, piece: Mapping[str, Any], starts: Sequence[int]
) -> Iterator[_Piece]:
    inside = starts[bisect_right(starts, start) : bisect_right(starts, end - 1)]
    bounds = [start, *inside, end]
    yield from ((a, b, piece) for a, b in pairwise(bounds) if a < b)


def _paragraph(pieces: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sections = {piece["section"] for piece in pieces if piece["kind"] == "sentence"}
    said = dict.fromkeys(p["speaker"] for p in pieces if p.get("speaker"))
    kind = next((s.value for s in (Section.HEADLINE, Section.LEAD) if s in sections), "text")
    if not sections and any(piece["kind"] == "omitted" for piece in pieces):
        kind = "aside"
    return {"kind": kind, "speakers": [*said][:_BESIDE], "pieces": list(pieces)}


def _sentence(tagged: TaggedSentence) -> dict[str, Any]:
    sentence = tagged.sentence
    spoken = voice_kind(sentence) == SPEECH
    return {
        "kind": "sentence",
        "id": sentence.id,
        "section": sentence.section,
        "speaker": shortened(sentence.speaker, 40) if spoken and sentence.speaker else None,
        "scored": tagged.scored,
        "style": style(tagged),
        "told": told(tagged),
        "rows": [
            {
                "frame": k,
                "name": shown(tag.frame),
                "width": round(100 * tag.probability),
                "present": tag.present,
            }
            for k, tag in enumerate(tagged.tags)
        ],
    }


def style(tagged: TaggedSentence) -> str:
    """Return how a sentence is shaded: ``--p`` its strength, ``--c`` its clearest frame's colour.

    ``--u`` is its line, in turns of every frame's colour. Empty where there is no frame.
    """
    own = [(tag.probability, k) for k, tag in enumerate(tagged.tags) if tag.present]
    if not own:
        return ""
    strength, clearest = max(own, key=lambda entry: (entry[0], -entry[1]))
    line = f"var(--g{clearest})"
    if len(own) > 1:
        stops = ", ".join(
            f"var(--f{k}) {place * 0.6:.1f}em {place * 0.6 + 0.6:.1f}em"
            for place, (_, k) in enumerate(own)
        )
        line = f"repeating-linear-gradient(90deg, {stops})"
    return f"--p: {strength:.2f}; --c: var(--f{clearest}); --u: {line}"


def strip(profile: ArticleProfile) -> list[dict[str, Any]]:
    """Return one cell a sentence: its style, its marks, and what it is in a few words."""
    return [
        {
            "id": t.sentence.id,
            "section": t.sentence.section.value,
            "scored": t.scored,
            "style": style(t),
            "marks": places,
            "label": f"{t.sentence.id + 1}: {_in_words(t)} – {shortened(t.sentence.text, 70)}",
        }
        for t, places in zip(profile.sentences, marks(profile), strict=True)
    ]


def _in_words(tagged: TaggedSentence) -> str:
    if not tagged.scored:
        return "not scored"
    own = [
        f"{shown(tag.frame)} {in_percent(tag.probability)}" for tag in tagged.tags if tag.present
    ]
    return ", ".join(own) or "no frame"
