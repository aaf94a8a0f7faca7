"""What the page of a corpus report says, as plain values for its template."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stance.codebooks import Codebook
from stance.corpus import TrendPoint
from stance.corpus_report import charts, sections
from stance.corpus_report.findings import MOST_GROUPS, Findings
from stance.corpus_report.sections import by_group
from stance.corpus_report.wording import has_interval, interval, percent
from stance.groups import GroupShare
from stance.panels import made_rows
from stance.plots import frame_colours

SETTLED = 30
"""Scored sentences from which an interval may stretch an axis."""
_TEMPLATES = Path(__file__).parent.parent / "assets" / "templates"


def render(
    found: Findings,
    codebook: Codebook,
    manifest: Mapping[str, Any],
    *,
    starts: Sequence[int],
    lists: int,
    report: str | None = None,
) -> str:
    """Return the page without any outside address.

    Args:
        found: The statistics.
        codebook: The codebook.
        manifest: How the result was made; ``seconds`` is left out.
        starts: The first article of every page of texts.
        lists: How many pages the list of articles has.
        report: The file of the article report, if it lies beside the page.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    script = (_TEMPLATES / "corpus.js").read_text(encoding="utf-8")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    frames = _frames(codebook)
    return environment.get_template("corpus.html").render(
        script=Markup(script),  # noqa: S704 - a file of ours, not text of an article
        digest=digest,
        styles=Markup((_TEMPLATES / "corpus.css").read_text(encoding="utf-8")),  # noqa: S704
        codebook=codebook,
        frames=frames,
        found=found,
        report=report,
        sets=_sets(found),
        overview=list(_overview(found)),
        top=charts.ceiling(_bounds(found.shares)),
        trends=_trends(found),
        heat=sections.heat(found),
        matrix=sections.matrix(found),
        typical=sections.typical(found),
        words=sections.words(found),
        quoted=sections.quoted(found),
        data=_data(found, frames, starts, lists),
        made=list(made_rows(manifest)),
        most=MOST_GROUPS,
        most_shallow=sections.MOST_SHALLOW,
    )


def _frames(codebook: Codebook) -> list[dict[str, str]]:
    colours = frame_colours(tuple(codebook.frames))
    return [
        {
            "name": name.replace("_", " "),
            "colour": colours[name],
            "definition": frame.definition,
        }
        for name, frame in codebook.frames.items()
    ]


def _sets(found: Findings) -> list[dict[str, Any]]:
    """Return what can be chosen: all articles, then every group with figures."""
    named = {name: k for k, name in enumerate(found.groups.names)}
    every = {"name": "all articles", "group": -1, "n": len(found.corpus.articles)}
    sizes = found.shown.sizes.tolist()
    return [
        every,
        *(
            {"name": name, "group": named[name], "n": n}
            for name, n in zip(found.shown.names, sizes, strict=True)
        ),
    ]


def _bounds(shares: Iterable[GroupShare]) -> Iterator[float]:
    """Yield what an axis must hold; bounds of few sentences do not stretch it."""
    for share in shares:
        yield share.share
        if has_interval(share) and share.n_scored >= SETTLED:
            yield share.share_high


def _overview(found: Findings) -> Iterator[dict[str, Any]]:
    shown = {name: k + 1 for k, name in enumerate(found.shown.names)}
    for place, (name, shares) in enumerate(by_group(found)):
        yield {
            "name": "all articles" if place == 0 else name,
            "set": 0 if place == 0 else shown.get(name),
            "n_articles": shares[0].n_articles,
            "n_scored": shares[0].n_scored,
            "alone": not has_interval(shares[0]),
            "cells": [_cell(share) for share in shares],
        }


def _cell(share: GroupShare) -> dict[str, Any]:
    known = has_interval(share)
    low, high = (round(100 * x, 1) if known else None for x in (share.share_low, share.share_high))
    return {
        "value": None if math.isnan(share.share) else round(100 * share.share, 1),
        "told": percent(share.share),
        "low": low,
        "high": high,
        "interval": interval(share) if known else "",
        "n": share.n_tagged,
    }


def _trends(found: Findings) -> dict[str, Any] | None:
    if not found.trends:
        return None
    frames, sets = found.corpus.frames, found.trends
    every = sets[0]
    days = [point.start.toordinal() for point in every]
    span = (min(days), max(days))
    drawn = [
        _panels(points, every if number else (), frames, span) for number, points in enumerate(sets)
    ]
    periods = [point.period for point in every]
    return {
        "first": periods[0],
        "last": periods[-1],
        "sets": drawn,
        "rows": list(_trend_rows(every, len(frames))),
        "chart": charts,
    }


def _panels(
    points: Sequence[TrendPoint],
    behind: Sequence[TrendPoint],
    frames: Sequence[str],
    span: tuple[int, int],
) -> dict[str, Any]:
    """Return the panels of a set, one a frame, and the end of the axis they share."""
    settled = [point for point in points if point.n_scored >= SETTLED] or points
    top = charts.ceiling(x for point in settled for x in (point.share, point.share_high))
    drawn = []
    for frame in frames:
        own, other = ([p for p in part if p.frame == frame] for part in (points, behind))
        drawn.append(charts.trend_panel(own, other, top, span))
    return {"top": top, "panels": drawn}


def _trend_rows(points: Sequence[Any], n_frames: int) -> Iterator[dict[str, Any]]:
    for start in range(0, len(points), n_frames):
        part = points[start : start + n_frames]
        yield {
            "period": part[0].period,
            "n_articles": part[0].n_articles,
            "cells": [(percent(p.share), interval(p)) for p in part],
        }


def _data(
    found: Findings, frames: Sequence[Mapping[str, str]], starts: Sequence[int], lists: int
) -> Markup:
    """Return what the script needs, as JSON that is inert in HTML."""
    value = {
        "frames": [frame["name"] for frame in frames],
        "groups": found.groups.names,
        "sets": [entry["group"] for entry in _sets(found)],
        "starts": starts,
        "lists": lists,
        "articles": len(found.corpus.articles),
    }
    return Markup(json.dumps(value).replace("<", "\\u003c"))  # noqa: S704 - no < is left
