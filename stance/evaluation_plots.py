"""Figures of an evaluation: precision-recall curves and the reliability diagram."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stance.evaluation import MODEL, Evaluation, Judged
from stance.metrics import BINS, bin_of
from stance.plots import frame_colours, style

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
