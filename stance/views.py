"""One article to look at in a notebook: the figure of its profile, and its text in colours."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import final

from stance.plots import frame_colours, plot_profile, render
from stance.profile import ArticleProfile
from stance.records import TaggedSentence

MOST_SENTENCES = 400
"""Sentences of an article that are shown; a report shows all."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class ArticleView:
    """An article to look at; everything that is known of it is in ``profile``."""

    profile: ArticleProfile

    def __repr__(self) -> str:
        article = self.profile.article
        return (
            f"ArticleView({article.title or article.id!r}, {len(self.profile.sentences)} sentences)"
        )

    def _repr_html_(self) -> str:
        article = self.profile.article
        known = " · ".join(part for part in (article.outlet, article.date, article.id) if part)
        return (
            f"<h3>{escape(article.title or article.id)}</h3><p>{escape(known)}</p>"
            f"{_figure(self.profile)}{_legend(self.profile)}"
            f'<div style="white-space: pre-wrap; max-width: 50em">{_text(self.profile)}</div>'
        )


def _figure(profile: ArticleProfile) -> str:
    svg = base64.b64encode(render(plot_profile(profile), "svg")).decode()
    told = ", ".join(f"{s.frame} {s.share:.0%}" for s in profile.overall if s.n_scored)
    return (
        f'<img alt="{escape(told)}" style="background: white; max-width: 100%" '
        f'src="data:image/svg+xml;base64,{svg}">'
    )


def _legend(profile: ArticleProfile) -> str:
    marks = "".join(
        f'<span style="background: {_tint(colour, 0.9)}">&nbsp;&nbsp;</span> '
        f"{escape(frame.replace('_', ' '))}&emsp;"
        for frame, colour in frame_colours(profile.frames).items()
    )
    return f"<p>{marks}</p>"


def _text(profile: ArticleProfile) -> str:
    """Return the text in order with what lies between sentences; the end of a long one is cut."""
    colours = frame_colours(profile.frames)
    shown = profile.sentences[:MOST_SENTENCES]
    more = len(profile.sentences) - len(shown)
    tail = f"<p>… and {more:,} more sentences</p>" if more else ""
    return "".join(_pieces(profile.article.text, shown, colours, whole=not more)) + tail


def _pieces(
    text: str, sentences: tuple[TaggedSentence, ...], colours: Mapping[str, str], *, whole: bool
) -> Iterator[str]:
    place = 0
    for tagged in sentences:
        sentence = tagged.sentence
        yield escape(text[place : sentence.start])
        yield _sentence(tagged, colours)
        place = sentence.end
    if whole:
        yield escape(text[place:])


def _sentence(tagged: TaggedSentence, colours: Mapping[str, str]) -> str:
    found = [tag for tag in tagged.tags if tag.present]
    told = ", ".join(f"{tag.frame} {tag.probability:.0%}" for tag in found)
    text = escape(tagged.sentence.text)
    if not found:
        return text
    tints = [_tint(colours[tag.frame], tag.probability) for tag in found]
    part = 100 / len(tints)
    stops = ", ".join(
        f"{tint} {k * part:.4g}% {(k + 1) * part:.4g}%" for k, tint in enumerate(tints)
    )
    return (
        f'<span style="background: linear-gradient({stops})" '
        f'title="{tagged.sentence.id}: {escape(told)}">{text}</span>'
    )


def _tint(colour: str, probability: float) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {0.1 + 0.4 * probability:.2f})"
