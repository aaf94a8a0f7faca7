"""A number with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval and what it was made of; NaN with n = 0 without evidence."""

    value: float
    low: float
    high: float
    n: int
