"""How values look in a notebook: tables with escaped text, and never more than a screenful."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from html import escape
from typing import Any, SupportsIndex, TypeVar, final, overload

SHOWN = 20
"""Rows of a table that are shown; the others are counted."""
_LONGEST = 160
_BLUE, _GREY = "#0072b2", "#888888"
_LEFT = 'style="text-align: left"'

T = TypeVar("T")


@final
@dataclass(frozen=True, slots=True)
class Bar:
    """A share with its interval, shown as a bar: all are NaN where nothing was measured."""

    value: float
    low: float
    high: float


@final
class Rows(tuple[T, ...]):
    """A tuple of records that a notebook shows as a table of its first rows."""

    __slots__ = ()

    @overload
    def __getitem__(self, key: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, key: slice) -> Rows[T]: ...
    def __getitem__(self, key: SupportsIndex | slice) -> T | Rows[T]:
        if isinstance(key, slice):
            return Rows(tuple(self)[key])
        return tuple(self)[key]

    def __repr__(self) -> str:
        kind = type(self[0]).__name__ if self else "rows"
        return f"<{len(self):,} {kind}>"

    def _repr_html_(self) -> str:
        return html_of_rows([cells_of(row) for row in self[:SHOWN]], of=len(self))


def cells_of(record: Any) -> Mapping[str, Any]:
    """Return what a table shows of a record: its own ``notebook_cells()``, or its fields."""
    own = getattr(record, "notebook_cells", None)
    if own is not None:
        found: Mapping[str, Any] = own()
        return found
    return {field.name: getattr(record, field.name) for field in fields(record)}


def html_of_rows(rows: Sequence[Mapping[str, Any]], *, of: int | None = None) -> str:
    """Return rows as an HTML table, with a line about those that are not shown.

    Args:
        rows: What is shown; the columns are those of the first row.
        of: How many rows there are.
    """
    if not rows:
        return "<p>nothing</p>"
    head = "".join(f"<th {_LEFT}>{escape(str(name))}</th>" for name in rows[0])
    body = "".join(
        f"<tr>{''.join(f'<td {_LEFT}>{html_of(value)}</td>' for value in row.values())}</tr>"
        for row in rows
    )
    more = (of or len(rows)) - len(rows)
    foot = f"<p>… and {more:,} more of {of:,}</p>" if more else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{foot}"


def html_of_record(record: Any) -> str:
    """Return one record as an HTML table of one row; a class takes it as its ``_repr_html_``."""
    return html_of_rows([cells_of(record)])


def html_of(value: Any) -> str:
    """Return one cell as HTML: a bar, an estimate with its interval, a number, or escaped text."""
    if isinstance(value, Bar):
        return _html_of_bar(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}"
    if hasattr(value, "low") and hasattr(value, "high"):
        return _html_of_estimate(value)
    return escape(_clipped(_text(value)))


def _html_of_estimate(estimate: Any) -> str:
    if math.isnan(estimate.value):
        return "–"
    reach = f" [{estimate.low:.2f}, {estimate.high:.2f}]" if not math.isnan(estimate.low) else ""
    return f"{estimate.value:.2f}{reach}"


def _text(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        counted = any(is_dataclass(item) for item in value)
        return f"{len(value):,}" if counted else ", ".join(map(_text, value))
    return str(value)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _html_of_bar(bar: Bar) -> str:
    """Return a bar from 0 to 100 % with a line for its interval, and the numbers under it."""
    if math.isnan(bar.value):
        return "–"
    known = not math.isnan(bar.low)
    width, low, high = (100 * min(max(x, 0.0), 1.0) for x in (bar.value, bar.low, bar.high))
    line = (
        f'<span style="position: absolute; left: {low:.1f}%; width: {high - low:.1f}%; '
        f'top: 45%; height: 2px; background: {_GREY}"></span>'
    )
    return (
        '<span style="position: relative; display: block; width: 8em; height: 0.8em; '
        'background: rgba(128, 128, 128, 0.15)" aria-hidden="true">'
        f'<span style="display: block; width: {width:.1f}%; height: 100%; background: {_BLUE}">'
        f"</span>{line if known else ''}</span>{width:.0f}%"
        + (f" [{low:.0f}, {high:.0f}]" if known else "")
    )


def short_repr(record: Any) -> str:
    """Return a record in one short line; a class with long fields takes it as its ``__repr__``."""
    shown = (f"{field.name}={_short(getattr(record, field.name))}" for field in fields(record))
    return f"{type(record).__name__}({', '.join(shown)})"


def _short(value: Any) -> str:
    plain = isinstance(value, str | int | float) or not isinstance(value, Sized)
    few = isinstance(value, tuple) and all(isinstance(item, str | int | float) for item in value)
    if plain or few:
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:59]}…"
    return f"<{len(value):,} items>"
