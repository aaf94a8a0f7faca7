"""One function a figure: a profile in, a matplotlib `Figure` out; same input, same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stance.errors import ConfigError
from stance.positions import Estimate, positions
from stance.profile import EVERY, NARRATION, SPEECH, ArticleProfile, FrameShare
from stance.records import Polarity, Section

WIDTH = 7.2
"""Width of every figure in inches."""
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#5b2a86", "#666666")
_FIXED: dict[Any, Any] = {
    "svg.hashsalt": "stance",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
}


def style() -> AbstractContextManager[None]:
    """Return the context in which every figure is drawn, so that its bytes stay the same."""
    return mpl.rc_context(_FIXED)


def frame_colours(frames: Sequence[str]) -> dict[str, str]:
    """Return a colour a frame (after Okabe & Ito 2008, darkened to be read as text marks)."""
    return {frame: _COLOURS[k % len(_COLOURS)] for k, frame in enumerate(frames)}


def _shown(frame: str) -> str:
    return frame.replace("_", " ")


def _axes(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def plot_profile(profile: ArticleProfile) -> Figure:
    """Draw the share of every frame as a bar with its 95 % interval."""
    shares = profile.overall
    with mpl.rc_context(_FIXED):
        figure, axes = _axes(1.0 + 0.34 * len(shares))
        colours = frame_colours(profile.frames)
        for place, share in enumerate(shares):
            if share.n_scored == 0:
                continue
            width = 100 * share.share
            reach = [[width - 100 * share.share_low], [100 * share.share_high - width]]
            axes.barh(place, width, height=0.62, color=colours[share.frame])
            axes.errorbar(width, place, xerr=reach, color="#222222", capsize=3, linewidth=1.2)
        axes.set_yticks(range(len(shares)), [_shown(share.frame) for share in shares])
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel(
            f"share of {shares[0].n_scored} scored sentences, % (bar), with 95 % interval (line)"
        )
    return figure


def plot_strip(profile: ArticleProfile) -> Figure:
    """Draw the article sentence by sentence: frames × position, darker is more probable.

    A dot marks a tagged sentence, hatching one that was not scored; lines end headline and lead.
    """
    n = len(profile.sentences)
    with mpl.rc_context(_FIXED):
        figure, axes = _axes(1.3 + 0.3 * len(profile.frames))
        grid = np.full((len(profile.frames), max(n, 1)), np.nan)
        for place, tagged in enumerate(profile.sentences):
            for row, tag in enumerate(tagged.tags):
                grid[row, place] = tag.probability
                if tag.present and n <= 200:
                    dot = "white" if tag.probability > 0.55 else "black"
                    axes.plot(place, row, marker="o", markersize=2.6, color=dot)
            if not tagged.scored:
                axes.axvspan(
                    place - 0.5, place + 0.5, facecolor="none", hatch="////", edgecolor="#999999"
                )
        image = axes.imshow(grid, aspect="auto", cmap="Greys", vmin=0, vmax=1, interpolation="none")
        _end_sections(axes, profile)
        axes.set_yticks(range(len(profile.frames)), [_shown(f) for f in profile.frames])
        axes.set_xlabel("sentence, in order (dot: tagged; dashed: end of headline, of lead)")
        figure.colorbar(image, ax=axes, label="probability", shrink=0.9)
    return figure


def plot_stances(profile: ArticleProfile) -> Figure:
    """Draw the shares against (left) and in favour (right) of every target, with intervals and n.

    Targets are as in `stance.positions.positions`, over all holders; one without a stance is left
    out. What is missing to 100 % is neutral.
    """
    found = [p for p in positions(profile) if p.holder_kind == EVERY and p.n]
    with mpl.rc_context(_FIXED):
        figure, axes = _axes(1.1 + 0.34 * max(len(found), 1))
        for place, position in enumerate(found):
            sides = ((position.against, -1, _COLOURS[1]), (position.favor, 1, _COLOURS[0]))
            for share, sign, colour in sides:
                _diverging_bar(axes, place, share, sign, colour)
        names = [f"{_printable(p.target)}  (n = {p.n})" for p in found]
        axes.set_yticks(range(len(found)), names)
        axes.axvline(0, color="#222222", linewidth=0.8)
        axes.invert_yaxis()
        axes.set_xlim(-100, 100)
        axes.set_xticks([-100, -50, 0, 50, 100], ["100", "50", "0", "50", "100"])
        axes.set_xlabel("against  ←  share of n sentences, %  →  in favour  (line: 95 % interval)")
    return figure


def _diverging_bar(axes: Axes, place: int, share: Estimate, sign: int, colour: str) -> None:
    width, low, high = (100 * value for value in (share.value, share.low, share.high))
    reach = [[width - low], [high - width]][::sign]
    axes.barh(place, sign * width, height=0.62, color=colour)
    axes.errorbar(sign * width, place, xerr=reach, color="#222222", capsize=3, linewidth=1.2)


def _printable(name: str) -> str:
    """Return a name that a figure can hold: short, of one line, and no mathematics."""
    text = "".join(c if c.isprintable() else " " for c in name).replace("$", r"\$")
    return text if len(text) <= 40 else f"{text[:39]}…"


def plot_voices(profile: ArticleProfile) -> Figure:
    """Draw the share of every frame in narration and in speech, with intervals."""
    with mpl.rc_context(_FIXED):
        figure, axes = _axes(1.1 + 0.5 * len(profile.frames))
        for shift, voice, hatch in ((-0.2, NARRATION, ""), (0.2, SPEECH, "////")):
            shares = profile.by_voice(voice)
            n = shares[0].n_scored if shares else 0
            for place, share in enumerate(shares if n else ()):
                _voice_bar(axes, place + shift, share, frame_colours(profile.frames), hatch)
            label = f"{voice} (n = {n})"
            axes.barh(0, 0, color="#dddddd", edgecolor="#222222", hatch=hatch, label=label)
        axes.set_yticks(range(len(profile.frames)), [_shown(f) for f in profile.frames])
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel("share of n scored sentences, % (bar), with 95 % interval (line)")
        axes.legend(frameon=False, loc="lower right")
    return figure


def _voice_bar(
    axes: Axes, place: float, share: FrameShare, colours: Mapping[str, str], hatch: str
) -> None:
    width, low, high = (100 * x for x in (share.share, share.share_low, share.share_high))
    colour = colours[share.frame]
    axes.barh(place, width, height=0.36, color=colour, hatch=hatch, edgecolor="#ffffff")
    reach = [[width - low], [high - width]]
    axes.errorbar(width, place, xerr=reach, color="#222222", capsize=2, linewidth=1.0)


def _end_sections(axes: Axes, profile: ArticleProfile) -> None:
    for section in (Section.HEADLINE, Section.LEAD):
        inside = [k for k, t in enumerate(profile.sentences) if t.sentence.section is section]
        if inside:
            axes.axvline(inside[-1] + 0.5, color="#555555", linestyle="--", linewidth=0.9)


def plot_cooccurrence(profile: ArticleProfile) -> Figure:
    """Draw how many sentences carry both of two frames; the diagonal counts each frame."""
    counts, n = profile.cooccurrence, len(profile.frames)
    names = [_shown(frame) for frame in profile.frames]
    with mpl.rc_context(_FIXED):
        figure, axes = _axes(1.6 + 0.36 * n)
        most = max(int(counts.max(initial=0)), 1)
        axes.imshow(counts, cmap="Greys", vmin=0, vmax=most * 1.25, aspect="auto")
        for row, column in np.ndindex(n, n):
            ink = "white" if counts[row, column] > 0.7 * most else "black"
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=ink)
        axes.set_xticks(range(n), names, rotation=35, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(n), names)
        axes.set_title("sentences that carry both frames (diagonal: the frame)", fontsize=9)
    return figure


def plot_shares(rows: Sequence[Mapping[str, Any]], *, by: str = "group") -> Figure:
    """Draw shares with their 95 % intervals, one panel a frame, one line a group or cell.

    Args:
        rows: Rows of the table of cells or of `stance.groups.group_rows`.
        by: The column that names a line; its values keep their order.

    Raises:
        ConfigError: The rows have no such column, or there are none.
    """
    if not rows or by not in rows[0]:
        raise ConfigError(f"there is nothing to draw by {by!r}; name a column of the rows")
    names = list(dict.fromkeys(str(row[by]) for row in rows))
    frames = list(dict.fromkeys(str(row["frame"]) for row in rows))
    colours = frame_colours(frames)
    with mpl.rc_context(_FIXED):
        figure = Figure(figsize=(WIDTH, 0.9 + 0.22 * len(names)), layout="constrained")
        panels = figure.subplots(1, len(frames), sharex=True, sharey=True, squeeze=False)[0]
        for axes, frame in zip(panels, frames, strict=True):
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_title(_shown(frame), fontsize=9)
            axes.set_xlabel("share, %")
            for row in rows:
                if row["frame"] == frame and row["n_scored"]:
                    _draw_share(axes, names.index(str(row[by])), row, colours[frame])
        panels[0].set_yticks(range(len(names)), names)
        panels[0].invert_yaxis()
    return figure


def _draw_share(axes: Axes, place: int, row: Mapping[str, Any], colour: str) -> None:
    share, low, high = (100 * row[name] for name in ("share", "share_low", "share_high"))
    axes.plot([low, high], [place, place], color=colour, linewidth=1.2)
    axes.plot(share, place, marker="o", markersize=4, color=colour)


_BARE: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as svg, png or pdf, by the suffix; the same figure gives the same bytes."""
    path.write_bytes(render(figure, path.suffix.removeprefix(".")))


def render(figure: Figure, kind: str) -> bytes:
    """Return a figure as ``svg``, ``png`` or ``pdf``; the same figure gives the same bytes.

    Raises:
        ConfigError: There is no such kind.
    """
    if kind not in _BARE:
        raise ConfigError(f"a figure cannot be written as {kind!r}; name {', '.join(_BARE)}")
    sink = BytesIO()
    with mpl.rc_context(_FIXED):
        figure.savefig(sink, format=kind, dpi=150, metadata=_BARE[kind])
    return sink.getvalue()


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
        Drawn(name, caption, _files(draw(profile))) for name, (caption, draw) in figures.items()
    )


def _files(figure: Figure) -> dict[str, bytes]:
    svg = render(figure, "svg")
    figure.set_layout_engine("none")  # the places are found; finding them again takes half the time
    return {"svg": svg, "png": render(figure, "png")}


FIGURES = {
    "profile": ("Share of every frame with its 95 % interval", plot_profile),
    "strip": ("The article sentence by sentence, darker is more probable", plot_strip),
    "cooccurrence": ("Sentences that carry both frames", plot_cooccurrence),
}
"""The figures of an article: name, caption, and the function that draws it."""
