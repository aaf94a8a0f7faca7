"""Shares of frames in groups of articles, such as outlets or months, with intervals by article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, TypeAlias, final
from zlib import crc32

import numpy as np
import pyarrow as pa
from jaxtyping import Float64, Int64

from stance.errors import ConfigError, DataError
from stance.intervals import ratio_interval
from stance.notebook import Rows, html_of_record
from stance.profile import EVERY, ArticleProfile, exact_at_the_edge
from stance.records import Article

Period: TypeAlias = Literal["year", "month", "week", "day"]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LENGTH = {"year": 4, "month": 7, "day": 10}
NO_DATE = "no date"


@final
@dataclass(frozen=True, slots=True)
class GroupShare:
    """How much of a group of articles invokes a frame.

    ``share`` is the fraction of all scored sentences of the group that are tagged, ``intensity``
    their mean calibrated probability, both with 95 % intervals; NaN where nothing was scored.
    ``resampled`` says what the bootstrap drew (see `stance.intervals.ratio_interval`); where every
    or no sentence is tagged, the bound of the share is the exact binomial one.
    """

    group: str
    frame: str
    share: float
    share_low: float
    share_high: float
    intensity: float
    intensity_low: float
    intensity_high: float
    n_articles: int
    n_scored: int
    n_tagged: int
    resampled: str

    _repr_html_ = html_of_record


@final
@dataclass(frozen=True, slots=True)
class Grouping:
    """What tells groups of articles apart: a column, the period of their date, or both."""

    by: str | None = None
    period: Period | None = None


def grouping_of(names: Sequence[str], *, period: Period | None = None) -> Grouping | None:
    """Return the grouping of ``date`` and at most one column; None without a name.

    Args:
        names: ``date``, ``outlet`` or another column.
        period: How dates are cut; by default to the month.

    Raises:
        ConfigError: There are two columns, or a period without ``date``.
    """
    columns = [name for name in dict.fromkeys(names) if name != "date"]
    if len(columns) > 1:
        raise ConfigError(
            f"groups can be told apart by one column and by date, not by {' and '.join(columns)}; "
            "name one of them with --group-by"
        )
    if "date" in names:
        return Grouping(columns[0] if columns else None, period or "month")
    if period is not None:
        raise ConfigError(f"--period {period} cuts dates; add --group-by date, or leave it out")
    return Grouping(columns[0]) if columns else None


def group_shares(
    profiles: Sequence[ArticleProfile],
    *,
    by: str | None = None,
    period: Period | None = None,
    seed: int = 0,
) -> tuple[GroupShare, ...]:
    """Return the shares of all articles together, then those of every group, sorted by its name.

    Intervals come from a bootstrap over articles, so that sentences of one article stay together.

    Args:
        profiles: The profiles of all articles.
        by: What tells groups apart: ``outlet``, or a column that `stance` does not know.
        period: Groups articles by date too; a week is that of ISO 8601, such as 2024-W22.
        seed: Seed of the bootstrap.

    Raises:
        DataError: No article has such a column, or a date, where groups are asked for by it.
    """
    groups = {EVERY: list(profiles)}
    if by or period:
        check_groups((profile.article for profile in profiles), by=by, period=period)
        named = sorted((label_of(p.article, by, period), k) for k, p in enumerate(profiles))
        for label, k in named:
            groups.setdefault(label, []).append(profiles[k])
    return Rows(
        share
        for label, own in groups.items()
        for share in shares_of(label, own[0].frames, *_values(own), n_articles=len(own), seed=seed)
    )


def check_groups(articles: Iterable[Article], *, by: str | None, period: str | None) -> None:
    """Check that at least one article has what groups are asked for by; stops at the first.

    Raises:
        DataError: None has; the message names the columns there are.
    """
    lacking, columns = {by, "date" if period else None} - {None}, set[str]()
    for article in articles:
        own = _columns(article)
        columns |= own.keys()
        lacking -= own.keys()
        if not lacking:
            return
    name = sorted(filter(None, lacking))[0] if lacking else ""
    if name == "date":
        raise DataError(
            "no article has a date such as 2024-05-31 to group by; if a column holds it, say "
            "--column date=NAME"
        )
    if name:
        raise DataError(
            f"no article has the column {name!r} to group by; there are "
            f"{', '.join(sorted(columns)) or 'none'}; name one of them, or say --column {name}=NAME"
        )


def _columns(article: Article) -> dict[str, str]:
    """Return what an article can be grouped by, with its values."""
    day = day_of(article.date)
    found = {**article.metadata, "outlet": article.outlet, "date": day and day.isoformat()}
    return {name: value for name, value in found.items() if value}


def day_of(text: str | None) -> date | None:
    """Return the day that a date begins with; None without one, or with one that never was."""
    found = _DATE.match(text or "")
    try:
        return date.fromisoformat(found.group()) if found else None
    except ValueError:
        return None


def label_of(article: Article, by: str | None, period: str | None) -> str:
    """Return the name of an article's group: its value of a column, its period, or both."""
    parts = [_columns(article).get(by, f"no {by}")] if by else []
    if period:
        parts.append(period_of(article, period))
    return " ".join(parts)


def period_of(article: Article, period: str) -> str:
    """Return the year, month, ISO week or day of an article, or ``no date``."""
    day = day_of(article.date)
    return NO_DATE if day is None else cut(day, period)


def cut(day: date, period: str) -> str:
    """Return the year, month, ISO week or day that a day is of."""
    if period == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return day.isoformat()[: _LENGTH[period]]


def shares_of(
    label: str,
    frames: Sequence[str],
    values: Float64[np.ndarray, "sentence column"],
    cluster: Int64[np.ndarray, " sentence"],
    *,
    n_articles: int,
    seed: int = 0,
) -> list[GroupShare]:
    """Return the shares of one group from its scored sentences.

    Args:
        label: Name of the group; the random numbers depend on it and on ``seed``.
        frames: Names of the frames.
        values: Tags, then probabilities, of every frame, one row a sentence.
        cluster: The number of every row's article, from 0 without a gap.
        n_articles: Articles of the group, also those without a scored sentence.
        seed: Seed of the bootstrap.
    """
    n = len(values)
    if n == 0:
        nothing = (float("nan"),) * 6
        return [GroupShare(label, frame, *nothing, n_articles, 0, 0, "–") for frame in frames]
    low, high, unit = ratio_interval(values, cluster, seed=seed + crc32(label.encode()))
    found = []
    for k, frame in enumerate(frames):
        tagged, shift = int(values[:, k].sum()), k + len(frames)
        bounds = exact_at_the_edge(tagged, n) or (float(low[k]), float(high[k]))
        intensity = (float(values[:, shift].mean()), float(low[shift]), float(high[shift]))
        share = (tagged / n, *bounds)
        found.append(GroupShare(label, frame, *share, *intensity, n_articles, n, tagged, unit))
    return found


def _values(
    profiles: Sequence[ArticleProfile],
) -> tuple[Float64[np.ndarray, "sentence column"], Int64[np.ndarray, " sentence"]]:
    """Return tags, then probabilities, of every scored sentence, and the number of its article."""
    scored = [[s for s in profile.sentences if s.scored] for profile in profiles]
    held = [own for own in scored if own]
    rows = [
        (*(tag.present for tag in s.tags), *(tag.probability for tag in s.tags))
        for own in held
        for s in own
    ]
    values = np.array(rows, dtype=np.float64).reshape(-1, 2 * len(profiles[0].frames))
    return values, np.repeat(np.arange(len(held)), [len(own) for own in held])


GROUP_SCHEMA = (
    ("group", pa.string()),
    ("frame", pa.string()),
    ("share", pa.float64()),
    ("share_low", pa.float64()),
    ("share_high", pa.float64()),
    ("intensity", pa.float64()),
    ("intensity_low", pa.float64()),
    ("intensity_high", pa.float64()),
    ("n_articles", pa.int64()),
    ("n_scored", pa.int64()),
    ("n_tagged", pa.int64()),
    ("resampled", pa.string()),
)
"""The columns of `GroupShare`; one row a group × frame."""


def group_rows(shares: Sequence[GroupShare]) -> list[dict[str, Any]]:
    """Return one row a group × frame."""
    return [asdict(share) for share in shares]
