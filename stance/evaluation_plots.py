"""Figures of an evaluation: precision-recall, reliability, and the specification curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stance.evaluation import MODEL, Evaluation, Judged
from stance.metrics import BINS, bin_of
from stance.plots import WIDTH, frame_colours, style
from stance.sensitivity import Sensitivity

_ACROSS = 3


def plot_precision_recall(evaluation: Evaluation) -> Figure:
    """Draw precision against recall of the model, a panel a frame.

    A dot marks the threshold in use, the dashed line the share of gold sentences.
    """
    from sklearn.metrics import precision_recall_curve

    with style():
        figure, panels = _panels(evaluation.judged)
        for one, (axes, colour) in zip(evaluation.judged, panels, strict=True):
            axes.set_xlabel("recall")
            axes.set_ylabel("precision")
            if not one.gold.any():
                _say(axes, "no gold sentence")
                continue
            precision, recall, _ = precision_recall_curve(one.gold, one.answers.probability)
            axes.step(recall, precision, where="post", color=colour)
            axes.axhline(one.gold.mean(), color="#666666", linestyle="--", linewidth=0.9)
            figures = evaluation.of(MODEL, one.frame).figures
            axes.plot(figures["recall"].value, figures["precision"].value, "o", color="#222222")
    return figure


def plot_reliability(evaluation: Evaluation) -> Figure:
    """Draw the share of gold sentences against the mean probability, a panel a frame.

    One dot a tenth of the probabilities, its area by the number of sentences; on the diagonal the
    probabilities are true.
    """
    with style():
        figure, panels = _panels(evaluation.judged)
        for one, (axes, colour) in zip(evaluation.judged, panels, strict=True):
            axes.set_xlabel("mean probability")
            axes.set_ylabel("share of gold")
            axes.plot([0, 1], [0, 1], color="#666666", linestyle="--", linewidth=0.9)
            if not one.gold.size:
                _say(axes, "no label")
                continue
            points = reliability(one)
            sizes = [8 + 160 * n / one.gold.size for n in points["n"]]
            axes.scatter(points["probability"], points["share"], s=sizes, color=colour)
    return figure


def reliability(one: Judged) -> Mapping[str, list[float]]:
    """Return the points of the diagram: ``probability``, ``share`` and ``n`` of every tenth."""
    bins = bin_of(one.answers.probability)
    n = np.bincount(bins, minlength=BINS)
    used = n > 0
    probability = np.bincount(bins, one.answers.probability, minlength=BINS)[used] / n[used]
    share = np.bincount(bins, one.gold.astype(np.float64), minlength=BINS)[used] / n[used]
    return {"probability": probability.tolist(), "share": share.tolist(), "n": n[used].tolist()}


def _panels(judged: Sequence[Judged]) -> tuple[Figure, list[tuple[Axes, str]]]:
    across = min(len(judged), _ACROSS)
    down = math.ceil(len(judged) / across)
    figure = Figure(figsize=(2.6 * across, 2.6 * down), layout="constrained")
    colours = frame_colours([one.frame for one in judged])
    panels = []
    for k, one in enumerate(judged, start=1):
        axes = figure.add_subplot(down, across, k)
        axes.set_title(f"{one.frame.replace('_', ' ')} (n = {len(one.gold)})", fontsize=9)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.spines[["top", "right"]].set_visible(False)
        panels.append((axes, colours[one.frame]))
    return figure, panels


def _say(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, ha="center", va="center", color="#666666")


FIGURES = {"precision-recall": plot_precision_recall, "reliability": plot_reliability}
"""The figures of an evaluation: name, and the function that draws it."""


def plot_specifications(found: Sensitivity) -> Figure:
    """Draw the specification curve of a frame (Simonsohn, Simmons & Nelson 2020).

    Above, the share of sentences tagged with its 95 % interval, by choice of wordings and in order
    of the share; below, which wordings each choice asks. The choice of all wordings is marked.
    """
    curve = sorted(found.specifications, key=lambda s: s.share.value)
    n = len(found.wordings)
    colours = frame_colours(("other", "all"))
    with style():
        figure = Figure(figsize=(WIDTH, 2.6 + 0.24 * n), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2.0, 0.24 * n + 0.1])
        for place, one in enumerate(curve):
            colour = colours["all" if one.kind == "all" else "other"]
            share, low, high = (100 * x for x in (one.share.value, one.share.low, one.share.high))
            above.plot(place, share, "o", color=colour)
            above.plot([place, place], [low, high], color=colour)
            below.plot([place] * len(one.kept), one.kept, "o", color=colour, markersize=4)
        above.set_ylim(bottom=0)
        above.set_ylabel("share tagged, %")
        shown = found.frame.replace("_", " ")
        title = f"{shown}: every choice of wordings (all of them in orange)"
        figure.suptitle(title, fontsize=9)
        below.set_yticks(range(n), [_shortened(wording) for wording in found.wordings])
        below.set_ylim(n - 0.5, -0.5)
        below.set_xticks([])
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
    return figure


def _shortened(text: str, most: int = 48) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
