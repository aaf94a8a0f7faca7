"""Markdown and HTML: where the headline is, and what the page says about itself."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import final

from stance.errors import MissingExtraError
from stance.readers.decode import Decoded, NotText, decode, looks_binary, with_newlines
from stance.readers.plain import Layout, compose, find_headline, find_omissions
from stance.readers.tabular import ROLES
from stance.records import Omission, Span

_FRONT = re.compile(r"---[ \t]*\n")
_FENCE = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_FIELD = re.compile(r"^([A-Za-z_][\w-]*):[ \t]*(\S.*)$", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#(?!#)[ \t]+(\S.*)$", re.MULTILINE)
_CHARSET = re.compile(
    rb"charset\s{0,3}=\s{0,3}[\"']?((?:iso|windows|cp|koi8|mac|gb|big5|euc|shift|tis)[\w.:-]{0,20})",
    re.IGNORECASE,
)
_FIELDS = ("title", "date", "outlet", "url")


@final
@dataclass(frozen=True, slots=True)
class Page:
    """A text with its layout and what was said about it."""

    text: str
    layout: Layout
    fields: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


@final
@dataclass(frozen=True, slots=True)
class _Front:
    """The front matter of a text: where it ends, its values with their spans, by lower-case key."""

    end: int
    values: Mapping[str, Span]


def markdown_page(text: str) -> Page:
    """Lay out Markdown: the first ``# Title`` is the headline, and front matter is omitted.

    Without a heading, the title of the front matter is the headline; the omission is parted
    around it.
    """
    front = _front_matter(text)
    values = {key: text[span.start : span.end] for key, span in front.values.items()}
    known = {role: key for role in _FIELDS for key in reversed(ROLES[role]) if key in values}
    headline = _heading(text, front.end)
    if headline is None:
        title = front.values.get(known.get("title", ""))
        headline = title or find_headline(text, front.end)
    fields = {role: values.pop(key) for role, key in known.items()}
    title_text = fields.pop("title", None)
    if title_text and (headline is None or text[headline.start : headline.end] != title_text):
        values["title"] = title_text
    omissions = [*_around(headline, text[: front.end]), *_after(text, front.end, headline)]
    return Page(text, Layout(headline, tuple(omissions)), fields, values)


def html_page(data: bytes) -> Page | NotText:
    """Extract the article of a web page with title, date, site and address; nothing is fetched."""
    decoded = _decode_html(data)
    if isinstance(decoded, NotText):
        return decoded
    found = _extracted(decoded.text)
    if found is None:
        return NotText("no article could be extracted from the page")
    title, body, fields = found
    text, headline = compose(title, body)
    start = headline.end if headline else 0
    layout = Layout(headline, find_omissions(text, start))
    return Page(text, layout, fields, decoded.metadata)


def _front_matter(text: str) -> _Front:
    opening = _FRONT.match(text)
    closing = _FENCE.search(text, opening.end()) if opening else None
    if not closing:
        return _Front(0, {})
    values = {
        match[1].lower(): _unquoted(text, match.start(2), match.end(2))
        for match in _FIELD.finditer(text, 4, closing.start())
    }
    return _Front(
        closing.end(), {key: span for key, span in values.items() if span.end > span.start}
    )


def _unquoted(text: str, start: int, end: int) -> Span:
    value = text[start:end].rstrip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return Span(start + 1, start + len(value) - 1)
    return Span(start, start + len(value))


def _heading(text: str, start: int) -> Span | None:
    match = _HEADING.search(text, start)
    if not match:
        return None
    title = match[1].rstrip().rstrip("#").rstrip()
    return Span(match.start(1), match.start(1) + len(title)) if title else None


def _around(headline: Span | None, front: str) -> Iterator[Omission]:
    """The front matter as one omission, or as the two that leave the headline out."""
    end = len(front.rstrip())
    if headline is None or headline.start >= end:
        parts = [(0, end)]
    else:
        parts = [(0, len(front[: headline.start].rstrip())), (headline.end, end)]
    for start, stop in parts:
        lead = len(front[start:stop]) - len(front[start:stop].lstrip())
        if stop > start + lead:
            yield Omission(Span(start + lead, stop), "front matter")


def _after(text: str, start: int, headline: Span | None) -> tuple[Omission, ...]:
    """Omissions of the body: what stands before a heading, and what follows it."""
    if headline is None or headline.end <= start:
        return find_omissions(text, start)
    before = find_omissions(text[: text.rfind("\n", 0, headline.start) + 1], start)
    return before + find_omissions(text, headline.end)


def _decode_html(data: bytes) -> Decoded | NotText:
    """A page in an older encoding usually says which; a page in UTF-8 needs not say so."""
    declared = _CHARSET.search(data[:4096])
    decoded = decode(data)
    if isinstance(decoded, Decoded) and decoded.encoding != "windows-1252":
        return decoded
    try:
        name = codecs.lookup(declared[1].decode("ascii") if declared else "").name
        text = data.decode(name)
    except (LookupError, ValueError):
        return decoded
    return decoded if looks_binary(text) else Decoded(with_newlines(text), name)


def _extracted(text: str) -> tuple[str | None, str, dict[str, str]] | None:
    try:
        from trafilatura import bare_extraction
    except ImportError as error:
        raise MissingExtraError("reading HTML", "html") from error
    dates = {"original_date": True, "extensive_search": False}
    try:
        document = bare_extraction(
            text, include_comments=False, with_metadata=True, date_extraction_params=dates
        )
    except Exception:  # its parts raise anything at a page that is broken badly enough
        return None
    if document is None or isinstance(document, dict):
        return None
    lines = (document.text or "").split("\n")
    body = "\n\n".join(line for line in lines if line.strip())
    if not body:
        return None
    said = {"date": document.date, "outlet": document.sitename, "url": document.url}
    return document.title, body, {role: value for role, value in said.items() if value}
