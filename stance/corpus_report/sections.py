"""The sections of a corpus report that compare groups, as plain values for the template."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from stance.corpus import Quoted, TypicalSentence
from stance.corpus_report import charts
from stance.corpus_report.findings import Findings
from stance.corpus_report.wording import has_interval, interval, percent
from stance.groups import GroupShare
from stance.records import Article
from stance.typesetting import shortened

MOST_MATRIX = 30
"""Groups up to which the page shows every distance; all are in the table of distances."""
MOST_TYPICAL = 400
"""Characters that are shown of a typical sentence; the table has all of it."""
MOST_SHALLOW = 78
"""Depth of a cell, in percent, up to which the ink for light ground has the higher contrast."""


def by_group(found: Findings) -> Iterator[tuple[str, list[GroupShare]]]:
    """Yield the shares of all articles, then of every group, all frames of one together."""
    n = len(found.corpus.frames)
    for start in range(0, len(found.shares), n):
        part = list(found.shares[start : start + n])
        yield part[0].group, part


def heat(found: Findings) -> dict[str, Any] | None:
    """Return the rows of the heat map in the order of the tree, those left out last."""
    if found.distances is None:
        return None
    rows = dict(islice(by_group(found), 1, None))
    most = max((s.share for own in rows.values() for s in own if s.n_scored), default=0.0) or 1.0
    ordered = [found.distances.groups[k] for k in found.distances.order]
    names = [*ordered, *found.distances.left_out]
    return {
        "path": charts.tree_path(found.distances),
        "leaves": len(ordered),
        "height": charts.ROW * len(ordered),
        "width": charts.TREE,
        "rows": [
            {"name": name, "cells": [_heat_cell(s, most) for s in rows[name]]} for name in names
        ],
    }


def _heat_cell(share: GroupShare, most: float) -> dict[str, Any]:
    known = has_interval(share)
    told = f"{percent(share.share)} ({interval(share)})" if known else "one article, no interval"
    depth = 0 if math.isnan(share.share) else round(100 * share.share / most)
    return {
        "told": percent(share.share),
        "depth": depth,
        "title": told if share.n_scored else "nothing scored",
    }


def matrix(found: Findings) -> dict[str, Any] | None:
    """Return the distances in the order of the tree, and the largest ones."""
    distances = found.distances
    if distances is None or len(distances.groups) < 2:
        return None
    order = list(distances.order)
    rows = [
        {
            "name": distances.groups[a],
            "cells": [
                {
                    "told": "" if a == b else f"{distances.distance[a, b]:.2f}".lstrip("0"),
                    "chance": f"{distances.chance[a, b]:.2f}".lstrip("0"),
                    "beyond": bool(distances.distance[a, b] > distances.chance[a, b]),
                    "depth": round(100 * float(distances.distance[a, b])),
                    "same": a == b,
                }
                for b in order
            ],
        }
        for a in order
    ]
    farthest = sorted(distances.rows(), key=lambda row: (-row["distance"], row["group"]))
    return {
        "rows": rows if len(rows) <= MOST_MATRIX else [],
        "farthest": farthest[:5],
        "beyond": sum(row["beyond_chance"] for row in farthest),
        "pairs": len(farthest),
    }


def typical(found: Findings) -> list[list[list[dict[str, Any]]]]:
    """Return the sentences by set, then by frame."""
    return [
        [
            [_typical_row(s, found.corpus.articles) for s in part if s.frame == frame]
            for frame in found.corpus.frames
        ]
        for part in found.typical
    ]


def _typical_row(sentence: TypicalSentence, articles: Sequence[Article]) -> dict[str, Any]:
    return {
        "text": shortened(sentence.text, MOST_TYPICAL),
        "href": f"#a{sentence.article}s{sentence.sentence_id}",
        "probability": percent(sentence.probability),
        "title": shortened(articles[sentence.article].title or sentence.article_id),
    }


def words(found: Findings) -> list[list[dict[str, Any]]]:
    """Return the words of every frame with the width of their bars."""
    most = max((word.z for word in found.words), default=1.0)
    return [
        [
            {"word": w.word, "z": f"{w.z:.1f}", "width": round(100 * w.z / most, 1), "own": w}
            for w in found.words
            if w.frame == frame
        ]
        for frame in found.corpus.frames
    ]


def quoted(found: Findings) -> list[list[dict[str, Any]]]:
    """Return the speakers by set."""
    return [[_quoted_row(own, found.corpus.frames) for own in part] for part in found.quoted]


def _quoted_row(speaker: Quoted, frames: Sequence[str]) -> dict[str, Any]:
    counted = sorted(zip(speaker.n_tagged, frames, strict=True), key=lambda pair: -pair[0])
    named = (f"{frame.replace('_', ' ')} {n}" for n, frame in counted[:3] if n)
    return {
        "own": speaker,
        "told": percent(speaker.share),
        "interval": interval(speaker),
        "frames": ", ".join(named),
    }
