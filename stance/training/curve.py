"""The grid and the learning curve as tables and a figure: what each setting did, what more buys."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from stance.training.grid import CURVE, SETTINGS

SHOWN = {
    "snli_heldout": ("SNLI", 0.86),
    "conjnli_dev": ("ConjNLI", 0.70),
    "perspectrum_test": ("Perspectrum", 0.80),
    "news_hypotheses": ("news hypotheses", 0.80),
    "map": ("frames, mean AP", None),
}
"""The columns: a figure's name in a log, what it is called, and its gate."""

LEAST_FALL = 0.01
"""The exponent below which an error is said not to fall with more pairs."""

Row = Mapping[str, Any]


def grid_table(rows: Sequence[Row], names: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a table of some cells of the grid, in the order of their names."""
    reached = {row["cell"]: row for row in rows}
    base = reached.get("as is")
    yield _line(
        "setting", "pairs", *(title for title, _ in SHOWN.values()), "mean", "against as is"
    )
    yield _line("---", *["---:"] * (len(SHOWN) + 3))
    for name in names:
        if name in reached:
            row = reached[name]
            change = f"{row['mean'] - base['mean']:+.3f}" if base and row is not base else "–"
            figures = [f"{row[key]:.3f}" for key in (*SHOWN, "mean")]
            yield _line(name, f"{row['pairs']:,}", *figures, change)


def settings_table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the table of settings."""
    return grid_table(rows, [cell.name for cell in SETTINGS])


def curve_table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the table over data, epochs and size."""
    return grid_table(rows, ["as is", *(cell.name for cell in CURVE)])


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """Figures of checkpoints, each after so many pairs since the base."""

    name: str
    points: tuple[tuple[int, Row], ...]

    def of(self, key: str) -> list[tuple[int, float]]:
        """Return the pairs seen and one figure."""
        return [(pairs, float(row[key])) for pairs, row in self.points]


def read_curve(run: Path) -> Curve:
    """Read the checkpoints of a run; pairs of the runs that it went on from are added.

    Of those the pairs up to the checkpoint that was taken count.
    """
    before = run / "before.json"
    earlier = json.loads(before.read_text(encoding="utf-8")) if before.exists() else []
    seen = sum(entry["best_pairs"] for entry in earlier)
    lines = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if "mean" in row]
    return Curve(run.name, tuple((seen + row["pairs"], row) for row in rows))


def curves_of(rows: Sequence[Row]) -> list[Curve]:
    """Return the cells of the learning curve, one curve for each depth and share of the data."""
    reached = {row["cell"]: row for row in rows}
    lines: defaultdict[str, list[tuple[int, Row]]] = defaultdict(list)
    for cell in sorted((SETTINGS[0], *CURVE), key=lambda cell: cell.times):
        if cell.name in reached:
            name = f"{cell.layers} layers, {cell.mixture.get('share', 1.0):.0%} of the data"
            lines[name].append((reached[cell.name]["pairs"], reached[cell.name]))
    return [Curve(name, tuple(points)) for name, points in lines.items()]


def pairs_wanted(points: Sequence[tuple[int, float]], gate: float) -> float | None:
    """Return the pairs at which a power law through the errors would reach a gate.

    The error is taken to fall as ``a * pairs ** -b`` (Hestness et al. 2017); a and b are the least
    squares on logarithms. None where the error hardly falls. This is an extrapolation: it holds
    for more data of the same kind, and says nothing of the same data seen again.
    """
    pairs, values = np.array(points, dtype=np.float64).T
    slope, start = np.polyfit(np.log(pairs), np.log(1 - values), 1)
    return None if slope > -LEAST_FALL else float(np.exp((np.log(1 - gate) - start) / slope))


def wanted_table(curves: Sequence[Curve]) -> Iterator[str]:
    """Yield the lines of the table of what each gate would take, by all checkpoints of curves."""
    yield _line("figure", "gate", "best seen", "after pairs", "the power law reaches it at")
    yield _line("---", "---:", "---:", "---:", "---:")
    for key, (title, gate) in SHOWN.items():
        points = sorted(point for curve in curves for point in curve.of(key))
        if gate is None or len(points) < 2:
            continue
        best = max(points, key=lambda point: point[1])
        wanted = pairs_wanted(points, gate)
        reach = "reached" if best[1] >= gate else "it does not fall" if wanted is None else ""
        reach = reach or f"{wanted:.1e} pairs"
        yield _line(title, f"{gate:.2f}", f"{best[1]:.3f}", f"{best[0]:,}", reach)


def draw_curves(curves: Sequence[Curve], path: Path) -> None:
    """Draw the figures of every curve over the pairs seen, with the gates; write a PNG."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    figure = Figure(figsize=(10, 5.2), layout="constrained")
    for axes, (key, (title, gate)) in zip(figure.subplots(2, 3).flat, SHOWN.items(), strict=False):
        for curve in curves:
            pairs, values = zip(*curve.of(key), strict=True)
            axes.plot(pairs, values, marker="o", markersize=3.5, linewidth=1.2, label=curve.name)
        if gate is not None:
            axes.axhline(gate, color="0.4", linewidth=0.8, linestyle="--")
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[-1].set_axis_off()
    figure.axes[-1].legend(
        *figure.axes[0].get_legend_handles_labels(), loc="center left", frameon=False, fontsize=9
    )
    figure.supxlabel("pairs seen since the base", fontsize=9)
    figure.savefig(path, dpi=110)
