"""One self-contained HTML file of a result; article text is hostile and always escaped."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stance.codebooks import Codebook
from stance.panels import corpus_rows, in_percent, made_rows, most_options, panel, shown
from stance.plots import Drawn, frame_colours
from stance.profile import ArticleProfile
from stance.typesetting import paragraphs, shortened, strip

IN_FULL = 50
"""Articles that are shown in full and get figures of their own."""
IN_TABLE = 200
"""Articles in the table at the top; `stance.corpus_report` lists any number."""
_WITH_FIGURES = 3
"""Most articles of a page that holds their figures; a larger one leaves them to their folder."""
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

    The articles with figures are shown in full, up to 200 in the table at its top; an empty
    sequence shows an article in full without figures, and a page of more than three articles holds
    none. Nothing in it depends on the time or on whether the analysis was resumed: ``seconds`` and
    ``reused`` are left out. Its one script is ours; the page's policy lets no other run.

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
    script, few = _own("report.js"), len(profiles) <= _WITH_FIGURES
    whole = articles is None or articles == len(profiles)
    in_full = [
        {**_article(index, profile, codebook), "figures": [*map(_figure, drawn)] if few else []}
        for index, (profile, drawn) in enumerate(zip(profiles, figures, strict=False))
    ]
    return environment.get_template("report.html").render(
        profiles=profiles,
        codebook=codebook,
        colours=[*enumerate(frame_colours(tuple(codebook.frames)).values())],
        articles=in_full,
        options=most_options([article["panel"] for article in in_full]),
        overview=_overview(profiles, len(in_full)),
        corpus=corpus_rows(profiles) if whole else [],
        beyond=0 if whole else (articles or 0) - len(profiles),
        made=list(made_rows(manifest)),
        percent=in_percent,
        style=_own("report.css"),
        script=script,
        script_hash=f"sha256-{base64.b64encode(sha256(script.encode()).digest()).decode()}",
    )


def _own(name: str) -> Markup:
    """Return a file of ours as it is: nothing of an article is ever in it."""
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704


def _overview(profiles: Sequence[ArticleProfile], n_full: int) -> list[dict[str, Any]]:
    if len(profiles) < 2:
        return []
    return [
        {
            "index": index if index < n_full else None,
            "name": _name(profile),
            "shares": [
                {"value": in_percent(s.share), "heat": _heat(s.share)} for s in profile.overall
            ],
        }
        for index, profile in enumerate(profiles[:IN_TABLE])
    ]


def _heat(share: float) -> str:
    return "0" if math.isnan(share) else f"{share:.2f}"


def _name(profile: ArticleProfile) -> str:
    return shortened(profile.article.title or profile.article.id)


def _article(index: int, profile: ArticleProfile, codebook: Codebook) -> dict[str, Any]:
    article = profile.article
    known = (article.outlet, article.date, article.id)
    placed = paragraphs(profile)
    return {
        "index": index,
        "name": _name(profile),
        "has_headline": any(paragraph["kind"] == "headline" for paragraph in placed),
        "place": " · ".join(part for part in known if part),
        "paragraphs": placed,
        "strip": strip(profile),
        "dominant": profile.dominant and shown(profile.dominant),
        "leading": profile.leading and shown(profile.leading),
        "support": in_percent(profile.support),
        "panel": panel(profile),
        "together": _together(profile),
        "extremes": [_extremes(profile, k, codebook) for k in range(len(profile.frames))],
    }


def _figure(drawn: Drawn) -> dict[str, str]:
    return {"caption": drawn.caption, "svg": base64.b64encode(drawn.files["svg"]).decode()}


def _together(profile: ArticleProfile) -> list[dict[str, Any]]:
    counts = profile.cooccurrence
    found = [k for k in range(len(profile.frames)) if counts[k, k]]
    return [
        {
            "frame": k,
            "name": shown(profile.frames[k]),
            "cells": [
                {"count": int(counts[k, j]), "heat": f"{counts[k, j] / counts.max():.2f}"}
                for j in found
            ],
        }
        for k in found
    ]


def _extremes(profile: ArticleProfile, index: int, codebook: Codebook) -> dict[str, Any]:
    frame = profile.frames[index]
    threshold = codebook.threshold_of(frame)
    scored = [(t.tags[index].probability, t.sentence) for t in profile.sentences if t.scored]
    clearest = sorted(scored, key=lambda entry: -entry[0])[:3]
    nearest = sorted(scored, key=lambda entry: abs(entry[0] - threshold))[:3]
    rows = [
        {"kind": kind, "probability": p, "id": sentence.id, "text": shortened(sentence.text)}
        for kind, chosen in (("clearest", clearest), ("borderline", nearest))
        for p, sentence in chosen
    ]
    return {"name": shown(frame), "frame": index, "rows": rows}
