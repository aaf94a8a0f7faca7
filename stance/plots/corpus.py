"""Figures of a corpus: how far its groups are apart, and the words of its frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stance.corpus import Distances, DistinctiveWord
from stance.errors import ConfigError
from stance.plots.style import (
    FAINT,
    INK,
    SCREEN,
    Look,
    frame_colours,
    new_axes,
    new_panels,
    printable,
    style,
)


def plot_distances(found: Distances, *, look: Look = SCREEN) -> Figure:
    """Draw the tree of groups, joined by the average Jensen-Shannon distance of their frames.

    A join that is no farther than chance is dashed: it says nothing.

    Raises:
        ConfigError: There are fewer than two groups with a tagged sentence.
    """
    if len(found.groups) < 2:
        raise ConfigError("a distance needs two groups with a tagged sentence; there are fewer")
    names = [look.name_of(printable(found.groups[k])) for k in found.order]
    lines = max(name.count("\n") + 1 for name in names)
    with style(look):
        figure, axes = new_axes(1.0 + (0.14 + 0.16 * lines) * len(names), look)
        _draw_tree(axes, found)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(
            look.wrapped("Jensen–Shannon distance, 0 to 1|(dashed: no farther than chance)")
        )
    return figure


def _draw_tree(axes: Axes, found: Distances) -> None:
    n = len(found.groups)
    members = [[k] for k in range(n)]
    places = [float(found.order.index(k)) for k in range(n)]
    depths = [0.0] * n
    for first, second, depth, _ in found.merges:
        a, b = int(first), int(second)
        pairs = np.ix_(members[a], members[b])
        near = found.distance[pairs].mean() <= found.chance[pairs].mean()
        axes.plot(
            [depths[a], depth, depth, depths[b]],
            [places[a], places[a], places[b], places[b]],
            color=FAINT if near else INK,
            linestyle="--" if near else "-",
            clip_on=False,
        )
        members.append(members[a] + members[b])
        places.append((places[a] + places[b]) / 2)
        depths.append(float(depth))


def plot_words(
    words: Sequence[DistinctiveWord], frames: Sequence[str], *, look: Look = SCREEN
) -> Figure:
    """Draw the most distinctive words of every frame by their z, one panel a frame.

    Raises:
        ConfigError: There is no word.
    """
    if not words:
        raise ConfigError("no word is distinctive of a frame; more articles are needed")
    own = {frame: [word for word in words if word.frame == frame] for frame in frames}
    most = max(map(len, own.values()))
    colours = frame_colours(frames)
    with style(look):
        figure, panels = new_panels(frames, 0.7 + 0.19 * most, look, same_rows=False)
        for axes, (frame, found) in zip(panels, own.items(), strict=True):
            for place, word in enumerate(found):
                axes.plot([0, word.z], [place, place], color=colours[frame])
                axes.plot(word.z, place, "o", color=colours[frame], markersize=3.5 * look.scale)
            axes.set_yticks(range(len(found)), [printable(word.word, 16) for word in found])
            axes.tick_params(axis="y", length=0)
            axes.set_ylim(most - 0.5, -0.5)
            if not found:
                axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", color=FAINT)
        panels[0].set_xlim(0, 1.06 * max(word.z for word in words))
        told = "z of the log-odds of a word|in sentences of the frame"
        figure.supxlabel(look.wrapped(told), fontsize=look.font)
    return figure
