"""One function a figure: a result in, a matplotlib `Figure` out; same input, same bytes.

``article`` draws one article, ``groups`` and ``corpus`` many; ``style`` makes pictures of figures.
"""

from __future__ import annotations

from stance.plots.article import (
    FIGURES,
    Drawn,
    draw_article,
    plot_bars,
    plot_cooccurrence,
    plot_positions,
    plot_profile,
    plot_stances,
    plot_strip,
    plot_voices,
    shown_targets,
)
from stance.plots.corpus import plot_distances, plot_words
from stance.plots.groups import plot_heatmap, plot_shares, plot_trend
from stance.plots.style import (
    LOOKS,
    PAPER,
    SCREEN,
    WIDTH,
    Look,
    check_kind,
    frame_colours,
    look_of,
    render,
    save_figure,
    style,
)

__all__ = [
    "FIGURES",
    "LOOKS",
    "PAPER",
    "SCREEN",
    "WIDTH",
    "Drawn",
    "Look",
    "check_kind",
    "draw_article",
    "frame_colours",
    "look_of",
    "plot_bars",
    "plot_cooccurrence",
    "plot_distances",
    "plot_heatmap",
    "plot_positions",
    "plot_profile",
    "plot_shares",
    "plot_stances",
    "plot_strip",
    "plot_trend",
    "plot_voices",
    "plot_words",
    "render",
    "save_figure",
    "shown_targets",
    "style",
]
