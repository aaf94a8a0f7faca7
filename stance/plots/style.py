"""How figures look, and how they become bytes; the same figure always gives the same bytes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from stance.errors import ConfigError

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#bfa55a", "#5c2e14", "#2f2fa2", "#b030e0")
FAVOR, AGAINST = _COLOURS[0], _COLOURS[1]
INK, FAINT = "#222222", "#666666"
_FIXED: dict[str, Any] = {
    "svg.hashsalt": "stance",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.family": "DejaVu Sans",
    "text.parse_math": False,
}
_UNITS = {"in": 1.0, "": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72}
_WIDTH = re.compile(r"(\d+(?:\.\d+)?)\s*(in|cm|mm|pt|)")
_NARROWEST, _WIDEST = 2.0, 30.0


@final
@dataclass(frozen=True, slots=True)
class Look:
    """How a figure is drawn: ``width`` in inches, ``font`` and ``line`` in points."""

    name: str
    width: float
    font: float
    line: float
    dpi: int

    @property
    def scale(self) -> float:
        """How large things are beside those on the screen."""
        return self.font / SCREEN.font

    @property
    def across(self) -> float:
        """About how many letters fit into the width."""
        return self.width * 72 / (0.52 * self.font)

    def wrapped(self, text: str) -> str:
        """Return the label of an axis in lines that fit under it; ``|`` is where it may break."""
        most = int(0.64 * self.across)
        if len(text) <= most:
            return text.replace("|", " ")
        return "\n".join(textwrap.fill(part, most) for part in text.split("|"))

    def name_of(self, text: str) -> str:
        """Return the name of a group in lines that fit beside an axis."""
        return textwrap.fill(text, max(int(0.26 * self.across), 12))

    def frame_name(self, frame: str) -> str:
        """Return the name of a frame in lines that fit beside an axis."""
        return self.name_of(frame.replace("_", " "))


SCREEN = Look("screen", width=7.2, font=9.0, line=1.2, dpi=150)
PAPER = Look("paper", width=3.4, font=7.0, line=0.9, dpi=300)
LOOKS = {look.name: look for look in (PAPER, SCREEN)}
WIDTH = SCREEN.width
"""Width of every figure in inches, where no other is asked for."""


def look_of(name: str, width: str | None = None) -> Look:
    """Return a look by its name, in a width such as ``3.4in``, ``86mm`` or ``8.6cm``.

    Raises:
        ConfigError: There is no such look, or the width is none from 2 to 30 inches.
    """
    if name not in LOOKS:
        raise ConfigError(f"there is no style {name!r}; name {' or '.join(LOOKS)}")
    look = LOOKS[name]
    return look if width is None else replace(look, width=_inches(width))


def _inches(text: str) -> float:
    found = _WIDTH.fullmatch(text.strip())
    inches = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not _NARROWEST <= inches <= _WIDEST:
        raise ConfigError(
            f"--width {text}: write a width from 2in to 30in, such as 3.4in, 86mm or 8.6cm"
        )
    return inches


def style(look: Look = SCREEN) -> AbstractContextManager[None]:
    """Return the context in which every figure is drawn, so that its bytes stay the same."""
    fixed: dict[Any, Any] = {
        **_FIXED,
        "font.size": look.font,
        "axes.titlesize": look.font,
        "axes.linewidth": 0.7 * look.scale,
        "hatch.linewidth": 0.8 * look.scale,
        "lines.linewidth": look.line,
    }
    return mpl.rc_context(fixed)


def frame_colours(frames: Sequence[str]) -> dict[str, str]:
    """Return a colour a frame; from the ninth on they come again, and the names tell.

    The first four are of Okabe & Ito 2008. Any two of the eight are more than 16 apart in CIELAB,
    also as protanopes, deuteranopes and tritanopes see them (Machado et al. 2009).
    """
    return {frame: _COLOURS[k % len(_COLOURS)] for k, frame in enumerate(frames)}


def new_axes(height: float, look: Look) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes; ``height`` is in inches on the screen."""
    figure = Figure(figsize=(look.width, height * look.scale), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def new_panels(
    names: Sequence[str], height: float, look: Look, *, same_rows: bool = True
) -> tuple[Figure, list[Axes]]:
    """Return a figure with one panel a name, in as many rows as the width asks for.

    Args:
        names: The titles of the panels.
        height: That of a row of panels, in inches on the screen.
        look: How it is drawn.
        same_rows: Whether all have the same vertical axis, which is labelled once.
    """
    across = max(1, min(len(names), int(look.width / (1.7 * look.scale))))
    down = -(-len(names) // across)
    figure = Figure(figsize=(look.width, height * look.scale * down), layout="constrained")
    panels: list[Axes] = []
    for k, name in enumerate(names):
        first = panels[0] if panels else None
        below = {"sharey": first} if same_rows else {}
        axes = figure.add_subplot(down, across, k + 1, sharex=first, **below)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(
            labelleft=k % across == 0 or not same_rows, labelbottom=k + across >= len(names)
        )
        axes.set_title(textwrap.fill(name.replace("_", " "), int(0.8 * look.across / across)))
        panels.append(axes)
    return figure, panels


def with_n(name: str, n: int) -> str:
    """Return a name with the number of sentences, which stays in one line."""
    return f"{name} (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{n})"


def printable(name: str, most: int = 40) -> str:
    """Return a name that a figure can hold: short, and of one line."""
    text = "".join(c if c.isprintable() else " " for c in name)
    return text if len(text) <= most else f"{text[: most - 1]}…"


_SVG_DPI = 72
_BARE: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as svg, png or pdf, by the suffix; the same figure gives the same bytes."""
    path.write_bytes(render(figure, path.suffix.removeprefix(".")))


def check_kind(path: Path) -> str:
    """Return what a figure is written as by the suffix of its file.

    Raises:
        ConfigError: A figure cannot be written so.
    """
    kind = path.suffix.removeprefix(".").lower()
    if kind not in _BARE:
        raise ConfigError(f"{path}: a figure is written as {', '.join(_BARE)}; end the name so")
    return kind


def render(figure: Figure, kind: str, *, look: Look = SCREEN) -> bytes:
    """Return a figure as ``svg``, ``png`` or ``pdf``; the same figure gives the same bytes.

    Raises:
        ConfigError: There is no such kind.
    """
    if kind not in _BARE:
        raise ConfigError(f"a figure cannot be written as {kind!r}; name {', '.join(_BARE)}")
    sink = BytesIO()
    with style(look):
        figure.savefig(sink, format=kind, dpi=look.dpi, metadata=_BARE[kind])
    return sink.getvalue()


def render_both(figure: Figure, *, look: Look = SCREEN) -> dict[str, bytes]:
    """Return a figure as ``svg`` and as ``png``, the bytes that `render` gives in that order.

    Its places are found once and it is drawn once a kind, where `savefig` draws it twice.
    """
    svg, png = BytesIO(), BytesIO()
    with style(look):
        canvas = FigureCanvasSVG(figure)
        figure.set_dpi(_SVG_DPI)
        engine = figure.get_layout_engine()
        if engine is not None:
            engine.execute(figure)
        figure.set_layout_engine("none")
        figure.set_dpi(look.dpi)
        canvas.print_svg(svg, metadata=_BARE["svg"])  # type: ignore[no-untyped-call]
        figure.set_dpi(look.dpi)
        agg = FigureCanvasAgg(figure)
        agg.print_png(png, metadata=_BARE["png"])  # type: ignore[no-untyped-call]
    return {"svg": svg.getvalue(), "png": png.getvalue()}
