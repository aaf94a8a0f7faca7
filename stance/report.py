"""One self-contained HTML file of a result; article text is hostile and always escaped."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stance.codebooks import Codebook
from stance.panels import corpus_rows, marks, most_options, panel, told
from stance.plots import Drawn, frame_colours
from stance.profile import ArticleProfile
from stance.records import TaggedSentence

IN_FULL = 50
"""Articles that are shown in full and get figures of their own."""
_TEMPLATES = Path(__file__).parent / "assets" / "templates"


def render_report(
    profiles: Sequence[ArticleProfile],
    codebook: Codebook,
    manifest: Mapping[str, Any],
    figures: Sequence[Sequence[Drawn]],
    *,
    articles: int | None = None,
) -> str:
    """Return the report as HTML without any outside address.

    The articles with figures are shown in full, all of them in the table at its top. Nothing in it
    depends on the time: a manifest's ``seconds`` is left out.

    Args:
        profiles: The profiles of all articles.
        codebook: The codebook they were tagged by.
        manifest: How the result was made.
        figures: The drawn figures of the first articles.
        articles: The number of all articles, where the profiles are only those of the first ones;
            then no figure is given for all of them together.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    colours = frame_colours(tuple(codebook.frames))
    whole = articles is None or articles == len(profiles)
    shown = {key: value for key, value in manifest.items() if key not in {"seconds", "status"}}
    shown_articles = [
        {**_article(index, profile, codebook, colours), "figures": [*map(_figure, drawn)]}
        for index, (profile, drawn) in enumerate(zip(profiles, figures, strict=False))
    ]
    return environment.get_template("report.html").render(
        profiles=profiles,
        codebook=codebook,
        colours=colours,
        articles=shown_articles,
        options=most_options([article["panel"] for article in shown_articles]),
        corpus=corpus_rows(profiles) if whole else [],
        beyond=0 if whole else (articles or 0) - len(profiles),
        made=list(_flat(shown)),
        percent=_percent,
    )


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, entry in value.items():
        if key == "content":
            continue
        if isinstance(entry, Mapping):
            yield from _flat(entry, f"{prefix}{key} ")
        elif isinstance(entry, list):
            numbered = {str(number + 1): item for number, item in enumerate(entry[:IN_FULL])}
            yield from _flat(numbered, f"{prefix}{key} ")
        else:
            yield f"{prefix}{key}", str(entry)


def _article(
    index: int, profile: ArticleProfile, codebook: Codebook, colours: Mapping[str, str]
) -> dict[str, Any]:
    article = profile.article
    known = (article.outlet, article.date, article.id)
    return {
        "index": index,
        "profile": profile,
        "name": article.title or article.id,
        "place": " · ".join(part for part in known if part),
        "pieces": list(_pieces(profile, colours)),
        "panel": panel(profile),
        "extremes": [_extremes(profile, frame, codebook) for frame in profile.frames],
    }


def _figure(drawn: Drawn) -> dict[str, str]:
    return {"caption": drawn.caption, "svg": base64.b64encode(drawn.files["svg"]).decode()}


def _pieces(profile: ArticleProfile, colours: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the whole text in order: sentences, omitted spans, and what is between."""
    text = profile.article.text
    marked: list[tuple[int, int, dict[str, Any]]] = [
        (t.sentence.start, t.sentence.end, {**_sentence(t, colours), "marks": classes})
        for t, classes in zip(profile.sentences, marks(profile), strict=True)
    ]
    marked += [
        (o.span.start, o.span.end, {"kind": "omitted", "told": o.reason})
        for o in profile.article.omissions
    ]
    place = 0
    for start, end, piece in sorted(marked, key=lambda entry: entry[:2]):
        yield {"kind": "between", "text": text[place:start]}
        yield {**piece, "text": text[start:end]}
        place = end
    yield {"kind": "between", "text": text[place:]}


def _sentence(tagged: TaggedSentence, colours: Mapping[str, str]) -> dict[str, Any]:
    own = [colours[frame] for frame in tagged.frames]
    lines = [f"{tag.frame}  {_percent(tag.probability)}" for tag in tagged.tags]
    return {
        "kind": "sentence",
        "id": tagged.sentence.id,
        "scored": tagged.scored,
        "colours": own,
        "stripes": _stripes(own),
        "told": "\n".join([*(lines if tagged.scored else ["not scored"]), *told(tagged)]),
    }


def _stripes(colours: Sequence[str]) -> str:
    """Return the stops of a gradient that gives every colour an equal part of the line."""
    part = 100 / max(len(colours), 1)
    return ", ".join(
        f"{colour} {place * part:.4g}% {(place + 1) * part:.4g}%"
        for place, colour in enumerate(colours)
    )


def _extremes(profile: ArticleProfile, frame: str, codebook: Codebook) -> dict[str, Any]:
    index, threshold = profile.frames.index(frame), codebook.threshold_of(frame)
    scored = [(t.tags[index].probability, t.sentence) for t in profile.sentences if t.scored]
    clearest = sorted(scored, key=lambda entry: -entry[0])[:3]
    nearest = sorted(scored, key=lambda entry: abs(entry[0] - threshold))[:3]
    rows = [
        {"kind": kind, "probability": p, "id": sentence.id, "text": sentence.text}
        for kind, chosen in (("clearest", clearest), ("borderline", nearest))
        for p, sentence in chosen
    ]
    return {"name": frame, "rows": rows}
