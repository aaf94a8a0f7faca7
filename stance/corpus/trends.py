"""Shares over time: one point a period, with intervals by article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, final

import numpy as np

from stance.corpus.columns import Corpus, Groups, part_shares
from stance.groups import NO_DATE, GroupShare, Period, check_groups, period_of
from stance.profile import EVERY


@final
@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The share of a frame in the articles of a group and period.

    ``start`` is the first day of the period. In ``share`` the group is named ``group period``, or
    ``period`` alone for all articles.
    """

    group: str
    period: str
    start: date
    share: GroupShare

    def row(self) -> dict[str, Any]:
        """Return the point as a row of a table."""
        own = self.share
        return {
            "group": self.group,
            "period": self.period,
            "start": self.start.isoformat(),
            "frame": own.frame,
            "share": own.share,
            "share_low": own.share_low,
            "share_high": own.share_high,
            "n_articles": own.n_articles,
            "n_scored": own.n_scored,
            "n_tagged": own.n_tagged,
            "resampled": own.resampled,
        }


def trends(
    corpus: Corpus,
    period: Period,
    groups: Groups | None = None,
    *,
    only: frozenset[str] | None = None,
    seed: int = 0,
) -> tuple[TrendPoint, ...]:
    """Return the shares of all articles by period, then those of every group.

    A period without an article has no point: missing is not zero. Articles without a date are left
    out. Intervals are those of `stance.groups.group_shares`.

    Args:
        corpus: The corpus.
        period: Year, month, ISO week or day.
        groups: Groups to follow apart.
        only: Names of the groups to follow; all of them by default.
        seed: Seed of the bootstrap.

    Raises:
        DataError: No article has a date.
    """
    check_groups(corpus.articles, by=None, period=period)
    labels = np.array([period_of(article, period) for article in corpus.articles], dtype=object)
    found = _points(corpus, EVERY, labels, np.ones(len(labels), dtype=bool), seed)
    for k, name in enumerate(() if groups is None else groups.names):
        if groups is not None and (only is None or name in only):
            found += _points(corpus, name, labels, groups.member == k, seed)
    return tuple(found)


def _points(
    corpus: Corpus,
    group: str,
    labels: np.ndarray[Any, np.dtype[np.object_]],
    chosen: np.ndarray[Any, np.dtype[np.bool_]],
    seed: int,
) -> list[TrendPoint]:
    found = []
    for label in sorted(set(labels[chosen]) - {NO_DATE}):
        name = label if group == EVERY else f"{group} {label}"
        shares = part_shares(corpus, name, chosen & (labels == label), seed=seed)
        found += [TrendPoint(group, label, start_of(label), share) for share in shares]
    return found


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
