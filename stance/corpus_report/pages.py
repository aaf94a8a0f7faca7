"""The data pages of a corpus report: the list of articles and their texts, loaded on demand."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stance.corpus_report.findings import Findings
from stance.profile import ArticleProfile, voice_kind
from stance.records import TaggedSentence

TEXT_BYTES = 200_000
"""Text after which a data page ends."""
LISTED = 2_000
"""Articles on a page of the list."""


def write_pages(
    folder: Path, profiles: Sequence[ArticleProfile], found: Findings
) -> tuple[list[int], int]:
    """Write the data pages; return the first article of every text page, and how many lists.

    Texts are deflated, which halves them after base64; a browser inflates them in milliseconds.
    """
    starts = []
    for number, (first, articles) in enumerate(_text_pages(profiles)):
        packed = b64encode(zlib.compress(f"[{','.join(articles)}]".encode(), 9)).decode()
        _write(folder / f"text-{number}.js", f'stanceText({number},"{packed}")')
        starts.append(first)
    rows = list(_rows(profiles, found))
    pages = range(0, len(rows), LISTED)
    for number, first in enumerate(pages):
        listed = _script_json(rows[first : first + LISTED])
        _write(folder / f"articles-{number}.js", f"stanceArticles({number},{listed})")
    return starts, len(pages)


def _write(path: Path, script: str) -> None:
    path.write_text(f"{script}\n", encoding="ascii")


def _script_json(value: Any) -> str:
    """Return JSON of ASCII alone that is inert in a script."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _text_pages(profiles: Sequence[ArticleProfile]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first article and the JSON of the articles of every page."""
    first, size, articles = 0, 0, list[str]()
    for number, profile in enumerate(profiles):
        articles.append(json.dumps(_article(profile), separators=(",", ":")))
        size += len(articles[-1])
        if size >= TEXT_BYTES:
            yield first, articles
            first, size, articles = number + 1, 0, []
    if articles:
        yield first, articles


def _rows(profiles: Sequence[ArticleProfile], found: Findings) -> Iterator[list[Any]]:
    """Yield title, group, date, scored sentences and tagged ones by frame of every article."""
    for profile, group in zip(profiles, found.groups.member.tolist(), strict=True):
        article, shares = profile.article, profile.overall
        name, date = article.title or article.id, article.date or ""
        yield [name, group, date, shares[0].n_scored, *(s.n_tagged for s in shares)]


def _article(profile: ArticleProfile) -> dict[str, Any]:
    article = profile.article
    known = (article.outlet, article.date, article.id, article.url)
    return {
        "name": article.title or article.id,
        "place": " · ".join(part for part in known if part),
        "shares": [_share(share) for share in profile.overall],
        "n": profile.overall[0].n_scored,
        "pieces": list(_pieces(profile)),
    }


def _share(share: Any) -> list[float] | None:
    if not share.n_scored:
        return None
    return [round(100 * x, 1) for x in (share.share, share.share_low, share.share_high)]


def _pieces(profile: ArticleProfile) -> Iterator[Any]:
    """Yield the whole text in order: sentences as lists, omissions as pairs, the rest as text."""
    text = profile.article.text
    spans: list[tuple[int, int, list[Any]]] = [
        (t.sentence.start, t.sentence.end, _sentence(t)) for t in profile.sentences
    ]
    spans += [(o.span.start, o.span.end, [o.reason]) for o in profile.article.omissions]
    place = 0
    for start, end, told in sorted(spans, key=lambda span: span[:2]):
        if start > place:
            yield text[place:start]
        yield [text[start:end], *told]
        place = end
    if text[place:]:
        yield text[place:]


def _sentence(tagged: TaggedSentence) -> list[Any]:
    """Return id, probabilities in percent, frames by place, whether speech, and what is told."""
    sentence, kind = tagged.sentence, voice_kind(tagged.sentence)
    told = [f"{label.target}: {label.polarity.value}" for label in tagged.stances]
    if sentence.speaker:
        told.insert(0, f"speaker: {sentence.speaker}")
    return [
        sentence.id,
        [round(100 * tag.probability) for tag in tagged.tags],
        [k for k, tag in enumerate(tagged.tags) if tag.present],
        int(kind == "speech"),
        told,
    ]
