"""Places of what is drawn: trend panels and the tree of groups, as numbers for the template."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from stance.corpus import Distances, TrendPoint
from stance.corpus.trends import follows

WIDTH, HEIGHT = 320, 132
LEFT, RIGHT, TOP, BOTTOM = 34, 10, 8, 20
ROW = 30
"""Height of a row of the heat map in pixels; the tree is as high as its rows."""
TREE = 110
_MOST_MARKED = 60


def ceiling(values: Iterable[float]) -> int:
    """Return the end of an axis in percent: the next of 5, 10, 20, 40, 60, 80, 100."""
    most = max((100 * value for value in values if not math.isnan(value)), default=0.0)
    return next(end for end in (5, 10, 20, 40, 60, 80, 100) if most <= end or end == 100)


def trend_panel(
    points: Sequence[TrendPoint], behind: Sequence[TrendPoint], top: int, span: tuple[int, int]
) -> dict[str, Any]:
    """Return the paths of one frame over time.

    A line breaks where a period has no point. The band is the interval; a point without one is
    hollow. Points tell their values where all articles are drawn; in groups, which are many, they
    are dots of two paths, so that the page stays small.

    Args:
        points: The points of a frame, in order.
        behind: Those of all articles, drawn in grey; may be empty.
        top: The end of the axis, in percent.
        span: First and last day of the axis, as ordinals.
    """
    runs = list(_runs(points))
    banded = [part for run in runs for part in _banded(run)]
    return {
        "band": " ".join(_band(part, top, span) for part in banded),
        "line": " ".join(_line(run, top, span) for run in runs),
        "behind": " ".join(_line(run, top, span) for run in _runs(behind)),
        "points": [] if behind else [_mark(point, top, span) for point in points],
        "dots": _dots([p for p in points if behind], top, span),
        "hollow": _dots([p for p in points if behind and math.isnan(p.share_low)], top, span),
        "radius": 2.4 if len(points) <= _MOST_MARKED else 1.2,
    }


def _dots(points: Sequence[TrendPoint], top: int, span: tuple[int, int]) -> str:
    """Return a path of lines without length, whose round ends are dots."""
    return "".join(f"M{_x(p, span)} {_y(p.share, top)}h0" for p in points)


def _x(point: TrendPoint, span: tuple[int, int]) -> float:
    wide, reach = WIDTH - LEFT - RIGHT, span[1] - span[0]
    return round(LEFT + wide * ((point.start.toordinal() - span[0]) / reach if reach else 0.5), 1)


def _y(share: float, top: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(100 * share / top, 1.0), 1)


def _runs(points: Sequence[TrendPoint]) -> Iterator[list[TrendPoint]]:
    run: list[TrendPoint] = []
    for point in points:
        if run and not follows(run[-1].period, point.period):
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def _banded(run: Sequence[TrendPoint]) -> Iterator[list[TrendPoint]]:
    part: list[TrendPoint] = []
    for point in run:
        if math.isnan(point.share_low):
            if part:
                yield part
            part = []
        else:
            part.append(point)
    if part:
        yield part


def _line(run: Sequence[TrendPoint], top: int, span: tuple[int, int]) -> str:
    return "M" + "L".join(f"{_x(p, span)} {_y(p.share, top)}" for p in run)


def _band(part: Sequence[TrendPoint], top: int, span: tuple[int, int]) -> str:
    """Return the outline of a run of intervals; a lone one is a narrow box."""
    wide = 1.5 if len(part) == 1 else 0.0
    upper = [(_x(p, span), _y(p.share_high, top)) for p in part]
    lower = [(_x(p, span), _y(p.share_low, top)) for p in reversed(part)]
    if wide:
        (x, high), (_, low) = upper[0], lower[0]
        upper, lower = [(x - wide, high), (x + wide, high)], [(x + wide, low), (x - wide, low)]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (*upper, *lower)) + "Z"


def _mark(point: TrendPoint, top: int, span: tuple[int, int]) -> dict[str, Any]:
    known = not math.isnan(point.share_low)
    interval = f", {point.share_low:.0%} to {point.share_high:.0%}" if known else ""
    articles = "1 article, no interval" if point.n_articles == 1 else f"{point.n_articles} articles"
    told = f"{point.period}: {point.share:.0%}{interval}, {articles}"
    return {"x": _x(point, span), "y": _y(point.share, top), "known": known, "told": told}


def tree_path(found: Distances) -> str:
    """Return the path of the tree, its leaves at the middle of the rows, root to the left."""
    far = float(found.merges[:, 2].max(initial=0.0)) or 1.0
    n = len(found.groups)
    row = {group: place for place, group in enumerate(found.order)}
    at = {k: (float(TREE), ROW * (row[k] + 0.5)) for k in range(n)}
    lines = []
    for number, (first, second, height, _) in enumerate(found.merges.tolist()):
        (x1, y1), (x2, y2) = at[int(first)], at[int(second)]
        x = 4 + (TREE - 4) * (1 - height / far)
        lines.append(f"M{x1:.1f} {y1:.1f}H{x:.1f}V{y2:.1f}H{x2:.1f}")
        at[n + number] = (x, (y1 + y2) / 2)
    return "".join(lines)
