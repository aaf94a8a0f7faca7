"""How the figures of a corpus report are written."""

from __future__ import annotations

import math

from stance.corpus import Quoted, TrendPoint
from stance.groups import GroupShare


def number(value: float) -> str:
    """Return a share in percent without the sign, below ten with one decimal."""
    shown = 100 * value
    return f"{shown:.1f}" if 0 < shown < 9.95 else f"{shown:.0f}"


def percent(value: float) -> str:
    """Return a share in percent, – where there is none."""
    return "–" if math.isnan(value) else f"{number(value)} %"


def has_interval(share: GroupShare) -> bool:
    """Return whether a share has an interval by article: one article alone has none."""
    return share.n_scored > 0 and share.resampled != "sentence"


def interval(share: GroupShare | TrendPoint | Quoted) -> str:
    """Return the bounds of a share in percent, nothing where there are none."""
    if math.isnan(share.share_low):
        return ""
    return f"{number(share.share_low)} to {number(share.share_high)}"
