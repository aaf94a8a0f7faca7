"""Shares over time: one point a period, with intervals by article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, final
from zlib import crc32

import numpy as np
from jaxtyping import Float64, Int64

from stance.corpus.columns import Corpus, Groups
from stance.groups import NO_DATE, Period, check_groups, period_of
from stance.intervals import share_interval
from stance.profile import EVERY, exact_at_the_edge

RESAMPLES = 2_000


@final
@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The share of a frame in the scored sentences of a group and period.

    ``start`` is the first day of the period. The 95 % interval is NaN where one article alone has
    scored sentences; ``n_articles`` counts the articles that have.
    """

    group: str
    period: str
    start: date
    frame: str
    share: float
    share_low: float
    share_high: float
    n_articles: int
    n_scored: int
    n_tagged: int

    def row(self) -> dict[str, Any]:
        """Return the point as a row of a table."""
        return {**asdict(self), "start": self.start.isoformat()}


def trends(
    corpus: Corpus,
    period: Period,
    groups: Groups | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[TrendPoint, ...]:
    """Return the shares of all articles by period, then those of every group.

    A period without a scored sentence has no point: missing is not zero. Articles without a date
    are left out. Intervals are those of `stance.intervals.share_interval`, by article; where every
    or no sentence is tagged, the bound is the exact binomial one.

    Args:
        corpus: The corpus.
        period: Year, month, ISO week or day.
        groups: Groups to follow apart.
        resamples: Number of bootstrap resamples.
        seed: Seed of the bootstrap.

    Raises:
        DataError: No article has a date.
    """
    check_groups(corpus.articles, by=None, period=period)
    sizes = np.bincount(corpus.article, minlength=len(corpus.articles))
    periods = [period_of(article, period) for article in corpus.articles]
    dated = [k for k, name in enumerate(periods) if name != NO_DATE and sizes[k]]
    cells: dict[tuple[str, str], list[int]] = {}
    for k in dated:
        cells.setdefault((EVERY, periods[k]), []).append(k)
    found = _points(corpus, cells, sizes, resamples, seed)
    if groups is None:
        return tuple(found)
    cells = {}
    for k in dated:
        name = groups.names[groups.member[k]] if groups.member[k] >= 0 else None
        if name is not None:
            cells.setdefault((name, periods[k]), []).append(k)
    return (*found, *_points(corpus, cells, sizes, resamples, seed))


def _points(
    corpus: Corpus,
    cells: Mapping[tuple[str, str], Sequence[int]],
    sizes: Int64[np.ndarray, " article"],
    resamples: int,
    seed: int,
) -> list[TrendPoint]:
    tags = corpus.tags_by_article()
    return [
        point
        for (group, period), own in sorted(cells.items())
        for point in _cell(corpus.frames, group, period, tags[own], sizes[own], resamples, seed)
    ]


def _cell(
    frames: Sequence[str],
    group: str,
    period: str,
    tags: Float64[np.ndarray, "article frame"],
    sizes: Int64[np.ndarray, " article"],
    resamples: int,
    seed: int,
) -> Iterator[TrendPoint]:
    own = seed + crc32(f"{group}\0{period}".encode())
    low, high = share_interval(tags, sizes, resamples=resamples, seed=own)
    n, start = int(sizes.sum()), start_of(period)
    for k, frame in enumerate(frames):
        tagged, bounds = int(tags[:, k].sum()), (float(low[k]), float(high[k]))
        if len(sizes) > 1:
            bounds = exact_at_the_edge(tagged, n) or bounds
        yield TrendPoint(group, period, start, frame, tagged / n, *bounds, len(sizes), n, tagged)


def start_of(label: str) -> date:
    """Return the first day of a period such as 2024, 2024-05, 2024-W22 or 2024-05-31."""
    if "W" in label:
        year, week = label.split("-W")
        return date.fromisocalendar(int(year), int(week), 1)
    return date.fromisoformat((label + "-01-01")[:10])


def follows(earlier: str, later: str) -> bool:
    """Return whether one period comes right after another of the same kind."""
    first, second = start_of(earlier), start_of(later)
    if "W" in earlier or len(earlier) == 10:
        return second - first == timedelta(days=7 if "W" in earlier else 1)
    months = 12 * (second.year - first.year) + second.month - first.month
    return months == (12 if len(earlier) == 4 else 1)
