"""Figures of one article: its profile, sentence by sentence, by voice, and toward its targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stance.groups import GroupShare
from stance.plots.style import (
    AGAINST,
    FAVOR,
    INK,
    SCREEN,
    Look,
    frame_colours,
    new_axes,
    printable,
    render_both,
    style,
    with_n,
)
from stance.positions import Estimate, Position, positions
from stance.profile import EVERY, NARRATION, SPEECH, ArticleProfile, FrameShare
from stance.records import Polarity, Section

_MOST_DOTS = 200


def plot_profile(profile: ArticleProfile, *, look: Look = SCREEN) -> Figure:
    """Draw the share of every frame as a bar with its 95 % interval."""
    return plot_bars(profile.overall, look=look)


def plot_bars(shares: Sequence[FrameShare | GroupShare], *, look: Look = SCREEN) -> Figure:
    """Draw one share a frame, of an article or of a group of them, as a bar with its interval."""
    with style(look):
        figure, axes = new_axes(1.0 + 0.34 * len(shares), look)
        colours = frame_colours([share.frame for share in shares])
        for place, share in enumerate(shares):
            if share.n_scored == 0:
                continue
            width = 100 * share.share
            reach = [[width - 100 * share.share_low], [100 * share.share_high - width]]
            axes.barh(place, width, height=0.62, color=colours[share.frame])
            _interval(axes, width, place, reach, look)
        axes.set_yticks(range(len(shares)), [look.frame_name(share.frame) for share in shares])
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        n = shares[0].n_scored
        told = f"share of {n} scored sentences, % (bar),|with 95 % interval (line)"
        axes.set_xlabel(look.wrapped(told))
    return figure


def _interval(axes: Axes, x: float, y: float, reach: Sequence[Sequence[float]], look: Look) -> None:
    """Draw an interval; its ends are no farther from the value than rounding allows."""
    safe = [[max(0.0, value) for value in side] for side in reach]
    axes.errorbar(x, y, xerr=safe, color=INK, capsize=3 * look.scale, linewidth=look.line)


def plot_strip(profile: ArticleProfile, *, look: Look = SCREEN) -> Figure:
    """Draw the article sentence by sentence: frames × position, darker is more probable.

    A dot marks a tagged sentence, hatching one that was not scored; lines end headline and lead.
    """
    n = len(profile.sentences)
    with style(look):
        figure, axes = new_axes(1.3 + 0.3 * len(profile.frames), look)
        grid = np.full((len(profile.frames), max(n, 1)), np.nan)
        size = min(2.6, 0.3 * look.width * 72 / max(n, 1))
        for place, tagged in enumerate(profile.sentences):
            for row, tag in enumerate(tagged.tags):
                grid[row, place] = tag.probability
                if tag.present and n <= _MOST_DOTS:
                    dot = "white" if tag.probability > 0.55 else "black"
                    axes.plot(place, row, marker="o", markersize=size, color=dot)
            if not tagged.scored:
                axes.axvspan(
                    place - 0.5, place + 0.5, facecolor="none", hatch="////", edgecolor="#999999"
                )
        image = axes.imshow(grid, aspect="auto", cmap="Greys", vmin=0, vmax=1, interpolation="none")
        _end_sections(axes, profile)
        axes.set_yticks(range(len(profile.frames)), [look.frame_name(f) for f in profile.frames])
        told = "sentence, in order (dot: tagged;|dashed: end of headline, of lead)"
        axes.set_xlabel(look.wrapped(told))
        figure.colorbar(image, ax=axes, label="probability", shrink=0.9)
    return figure


def plot_stances(profile: ArticleProfile, *, look: Look = SCREEN) -> Figure:
    """Draw the shares against (left) and in favour (right) of every target, with intervals and n.

    Targets are as in `stance.positions.positions`, over all holders; one without a stance is left
    out. What is missing to 100 % is neutral.
    """
    return plot_positions(positions(profile), look=look)


def plot_positions(found: Sequence[Position], *, look: Look = SCREEN) -> Figure:
    """Draw the shares against and in favour of every target, over all holders."""
    shown = shown_targets(found)
    with style(look):
        figure, axes = new_axes(1.1 + 0.4 * max(len(shown), 1), look)
        for place, position in enumerate(shown):
            sides = ((position.against, -1, AGAINST), (position.favor, 1, FAVOR))
            for share, sign, colour in sides:
                _diverging_bar(axes, place, share, sign, colour, look)
        most = int(0.3 * look.across)
        names = [with_n(printable(p.target, most), p.n) for p in shown]
        axes.set_yticks(range(len(shown)), [look.name_of(name) for name in names])
        axes.axvline(0, color=INK, linewidth=0.8 * look.scale)
        axes.invert_yaxis()
        axes.set_xlim(-100, 100)
        axes.set_xticks([-100, -50, 0, 50, 100], ["100", "50", "0", "50", "100"])
        told = "against ← share of n, % → in favour|(line: 95 % interval)"
        axes.set_xlabel(look.wrapped(told))
    return figure


def shown_targets(found: Sequence[Position]) -> list[Position]:
    """Return the positions that a figure shows: over all holders, with a stance."""
    return [p for p in found if p.holder_kind == EVERY and p.n]


def _diverging_bar(
    axes: Axes, place: int, share: Estimate, sign: int, colour: str, look: Look
) -> None:
    width, low, high = (100 * value for value in (share.value, share.low, share.high))
    reach = [[width - low], [high - width]][::sign]
    axes.barh(place, sign * width, height=0.62, color=colour)
    _interval(axes, sign * width, place, reach, look)


def plot_voices(profile: ArticleProfile, *, look: Look = SCREEN) -> Figure:
    """Draw the share of every frame in narration and in speech, with intervals."""
    with style(look):
        figure, axes = new_axes(1.1 + 0.5 * len(profile.frames), look)
        for shift, voice, hatch in ((-0.2, NARRATION, ""), (0.2, SPEECH, "////")):
            shares = profile.by_voice(voice)
            n = shares[0].n_scored if shares else 0
            colours = frame_colours(profile.frames)
            for place, share in enumerate(shares if n else ()):
                _voice_bar(axes, place + shift, share, colours, hatch, look)
            label = f"{voice} (n = {n})"
            axes.barh(0, 0, color="#dddddd", edgecolor=INK, hatch=hatch, label=label)
        axes.set_yticks(range(len(profile.frames)), [look.frame_name(f) for f in profile.frames])
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel(
            look.wrapped("share of n scored sentences, % (bar),|with 95 % interval (line)")
        )
        axes.legend(frameon=False, loc="lower right")
    return figure


def _voice_bar(
    axes: Axes, place: float, share: FrameShare, colours: Mapping[str, str], hatch: str, look: Look
) -> None:
    width, low, high = (100 * x for x in (share.share, share.share_low, share.share_high))
    colour = colours[share.frame]
    axes.barh(place, width, height=0.36, color=colour, hatch=hatch, edgecolor="#ffffff")
    _interval(axes, width, place, [[width - low], [high - width]], look)


def _end_sections(axes: Axes, profile: ArticleProfile) -> None:
    for section in (Section.HEADLINE, Section.LEAD):
        inside = [k for k, t in enumerate(profile.sentences) if t.sentence.section is section]
        if inside:
            axes.axvline(inside[-1] + 0.5, color="#555555", linestyle="--", linewidth=0.9)


def plot_cooccurrence(profile: ArticleProfile, *, look: Look = SCREEN) -> Figure:
    """Draw how many sentences carry both of two frames; the diagonal counts each frame."""
    counts, n = profile.cooccurrence, len(profile.frames)
    names = [look.frame_name(frame) for frame in profile.frames]
    with style(look):
        figure, axes = new_axes(1.6 + 0.36 * n, look)
        most = max(int(counts.max(initial=0)), 1)
        axes.imshow(counts, cmap="Greys", vmin=0, vmax=most * 1.25, aspect="auto")
        for row, column in np.ndindex(n, n):
            ink = "white" if counts[row, column] > 0.7 * most else "black"
            axes.text(
                column,
                row,
                str(counts[row, column]),
                ha="center",
                va="center",
                color=ink,
                in_layout=False,
            )
        axes.set_xticks(range(n), names, rotation=35, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(n), names)
        axes.set_title(look.wrapped("sentences that carry both frames (diagonal: the frame)"))
    return figure


@final
@dataclass(frozen=True, slots=True)
class Drawn:
    """One figure of an article, drawn: ``files`` holds its bytes by kind (svg, png)."""

    name: str
    caption: str
    files: Mapping[str, bytes]


def draw_article(profile: ArticleProfile) -> tuple[Drawn, ...]:
    """Draw the figures of an article: three, and those of stances and voices it has."""
    figures = dict(FIGURES)
    if any(label.polarity is not Polarity.NA for s in profile.sentences for label in s.stances):
        figures["stances"] = ("Stance toward every target, with 95 % intervals", plot_stances)
    if profile.by_voice(NARRATION) or profile.by_voice(SPEECH):
        figures["voices"] = ("Share of every frame in narration and in speech", plot_voices)
    return tuple(
        Drawn(name, caption, render_both(draw(profile)))
        for name, (caption, draw) in figures.items()
    )


FIGURES = {
    "profile": ("Share of every frame with its 95 % interval", plot_profile),
    "strip": ("The article sentence by sentence, darker is more probable", plot_strip),
    "cooccurrence": ("Sentences that carry both frames", plot_cooccurrence),
}
"""The figures of an article: name, caption, and the function that draws it."""
