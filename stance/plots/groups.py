"""Figures of groups of articles: dots and intervals, trends with bands, and a heat map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stance.corpus.trends import follows, start_of
from stance.errors import ConfigError
from stance.plots.style import (
    SCREEN,
    Look,
    frame_colours,
    new_axes,
    new_panels,
    printable,
    style,
    with_n,
)

_Row = Mapping[str, Any]
_MARKS = "os^Dv<>p"
_MOST_TICKS = 5
_MOST_MARKS = 40


def plot_shares(rows: Sequence[_Row], *, by: str = "group", look: Look = SCREEN) -> Figure:
    """Draw shares with their 95 % intervals, one panel a frame, one line a group or cell.

    Args:
        rows: Rows of the table of cells or of `stance.groups.group_rows`.
        by: The column that names a line; its values keep their order.
        look: How it is drawn.

    Raises:
        ConfigError: The rows have no such column, or there are none.
    """
    _check(rows, by)
    names = list(dict.fromkeys(str(row[by]) for row in rows))
    frames = list(dict.fromkeys(str(row["frame"]) for row in rows))
    colours = frame_colours(frames)
    with style(look):
        shown = [look.name_of(printable(name)) for name in names]
        figure, panels = new_panels(frames, 0.9 + _row_height(shown) * len(names), look)
        for axes, frame in zip(panels, frames, strict=True):
            for row in rows:
                if row["frame"] == frame and row["n_scored"]:
                    _draw_share(axes, names.index(str(row[by])), row, colours[frame], look)
        panels[0].set_yticks(range(len(names)), shown)
        panels[0].set_ylim(len(names) - 0.5, -0.5)
        panels[0].set_xlim(left=0)
        figure.supxlabel(look.wrapped("share of scored sentences, %"), fontsize=look.font)
    return figure


def _row_height(names: Sequence[str]) -> float:
    """Return the inches on the screen that a row needs for names of one or two lines."""
    return 0.12 + 0.16 * max(name.count("\n") + 1 for name in names)


def _check(rows: Sequence[_Row], by: str) -> None:
    if not rows or by not in rows[0]:
        raise ConfigError(f"there is nothing to draw by {by!r}; name a column of the rows")


def _draw_share(axes: Axes, place: int, row: _Row, colour: str, look: Look) -> None:
    share, low, high = (100 * row[name] for name in ("share", "share_low", "share_high"))
    axes.plot([low, high], [place, place], color=colour, clip_on=False)
    axes.plot(share, place, marker="o", markersize=4 * look.scale, color=colour, clip_on=False)


def plot_trend(rows: Sequence[_Row], *, look: Look = SCREEN) -> Figure:
    """Draw shares by period with bands of 95 % intervals, one panel a frame, one line a group.

    A period without a scored sentence breaks the line.

    Args:
        rows: Rows of `stance.corpus.TrendPoint`.
        look: How it is drawn.

    Raises:
        ConfigError: There are no rows.
    """
    _check(rows, "period")
    frames = list(dict.fromkeys(str(row["frame"]) for row in rows))
    groups = list(dict.fromkeys(str(row["group"]) for row in rows))
    colours = frame_colours(frames if len(groups) == 1 else groups)
    with style(look):
        figure, panels = new_panels(frames, 2.1, look)
        for axes, frame in zip(panels, frames, strict=True):
            for k, group in enumerate(groups):
                own = [row for row in rows if (row["frame"], row["group"]) == (frame, group)]
                colour = colours[frame if len(groups) == 1 else group]
                _draw_trend(axes, own, colour, _MARKS[k % len(_MARKS)], look)
        _name_periods(panels[0], sorted({str(row["period"]) for row in rows}), look)
        panels[0].set_ylim(bottom=0)
        figure.supylabel("share of sentences, %", fontsize=look.font)
        if len(groups) > 1:
            _name_lines(figure, panels[0], groups, look)
    return figure


def _draw_trend(axes: Axes, rows: Sequence[_Row], colour: str, mark: str, look: Look) -> None:
    label = str(rows[0]["group"]) if rows else None
    for part in _unbroken(rows):
        x = [start_of(row["period"]).toordinal() for row in part]
        share, low, high = (
            [100 * row[name] for row in part] for name in ("share", "share_low", "share_high")
        )
        axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        if len(part) == 1:
            axes.plot([x[0], x[0]], [low[0], high[0]], color=colour, alpha=0.4)
        size = (3.2 if len(rows) <= _MOST_MARKS else 0) * look.scale
        axes.plot(x, share, color=colour, marker=mark, markersize=size, label=label)


def _unbroken(rows: Sequence[_Row]) -> list[list[_Row]]:
    parts: list[list[_Row]] = []
    for row in sorted(rows, key=lambda row: start_of(row["period"])):
        if not parts or not follows(parts[-1][-1]["period"], row["period"]):
            parts.append([])
        parts[-1].append(row)
    return parts


def _name_periods(axes: Axes, periods: Sequence[str], look: Look) -> None:
    most = max(2, min(_MOST_TICKS, int(look.width / look.scale)))
    step = -(-len(periods) // most)
    shown = periods[::step]
    axes.set_xticks([start_of(period).toordinal() for period in shown], shown)
    for other in axes.figure.axes:
        other.tick_params(axis="x", labelrotation=35)
        for label in other.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")


def _name_lines(figure: Figure, axes: Axes, groups: Sequence[str], look: Look) -> None:
    handles, labels = axes.get_legend_handles_labels()
    first = {label: handle for handle, label in reversed(list(zip(handles, labels, strict=True)))}
    names = [group for group in groups if group in first]
    figure.legend(
        [first[name] for name in names],
        [printable(name, 24) for name in names],
        loc="outside upper center",
        ncols=max(1, int(look.across / 32)),
        frameon=False,
    )


def plot_heatmap(rows: Sequence[_Row], *, by: str = "group", look: Look = SCREEN) -> Figure:
    """Draw the shares of groups (down) × frames (across), darker is more, with the number in it.

    Raises:
        ConfigError: The rows have no such column, or there are none.
    """
    _check(rows, by)
    names = list(dict.fromkeys(str(row[by]) for row in rows))
    frames = list(dict.fromkeys(str(row["frame"]) for row in rows))
    found = {(str(row[by]), row["frame"]): row for row in rows}
    grid = np.full((len(names), len(frames)), np.nan)
    for (name, frame), row in found.items():
        if row["n_scored"]:
            grid[names.index(name), frames.index(frame)] = 100 * row["share"]
    shown = [_with_n(name, rows, by, look) for name in names]
    with style(look):
        figure, axes = new_axes(1.3 + (0.08 + _row_height(shown)) * len(names), look)
        most = max(float(np.nanmax(grid, initial=0.0)), 1.0)
        image = axes.imshow(grid, aspect="auto", cmap="Greys", vmin=0, vmax=most)
        cell = 0.55 * 72 * look.width / len(frames)
        _write_cells(axes, grid, most, min(look.font, 0.6 * cell))
        axes.set_yticks(range(len(names)), shown)
        slant = 35 if cell > 3 * look.font else 90
        _name_columns(axes, frames, slant)
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        figure.colorbar(image, ax=axes, label="share, %", shrink=0.9)
    return figure


def _write_cells(
    axes: Axes, grid: Float64[np.ndarray, "group frame"], most: float, size: float
) -> None:
    for (down, across), value in np.ndenumerate(grid):
        ink = "white" if value > 0.55 * most else "black"
        text = "–" if math.isnan(value) else f"{value:.0f}"
        axes.text(across, down, text, ha="center", va="center", color=ink, fontsize=size)


def _name_columns(axes: Axes, frames: Sequence[str], slant: int) -> None:
    names = [frame.replace("_", " ") for frame in frames]
    axes.set_xticks(range(len(frames)), names, rotation=slant, ha="right")
    for label in axes.get_xticklabels():
        label.set(rotation_mode="anchor", va="center" if slant == 90 else "top")


def _with_n(name: str, rows: Sequence[_Row], by: str, look: Look) -> str:
    n = next(row["n_scored"] for row in rows if str(row[by]) == name)
    return look.name_of(with_n(printable(name), n))
