"""What each setting of the training does: short runs from the base that differ in one thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

import torch

from stance.scorers.packing import Packer
from stance.training.fit import Judge, Recipe, Run
from stance.training.mixture import Mixture
from stance.training.network import load_base

Load = Callable[[], Mixture]


@final
@dataclass(frozen=True, slots=True)
class Cell:
    """One run: what differs from the recipe, from the mixture and in depth (``layers`` kept)."""

    name: str
    recipe: dict[str, Any] = field(default_factory=dict)
    mixture: dict[str, Any] = field(default_factory=dict)
    layers: int = 6
    times: float = 1.0


SETTINGS = (
    Cell("as is"),
    Cell("as is, another seed", {"seed": 8}),
    Cell("rate 6e-5", {"rate": 6e-5}),
    Cell("rate 2.4e-4", {"rate": 2.4e-4}),
    Cell("dropout 0", {"dropout": 0.0}),
    Cell("label smoothing 0.1", {"smoothing": 0.1}),
    Cell("layer-wise decay 0.85", {"layer_decay": 0.85}),
    Cell("weights averaged, decay 0.99", {"average": 0.99}),
    Cell("written families weigh 3", {}, {"written": 3.0}),
)
"""The small grid over settings; the other seed shows what is chance."""

CURVE = (
    Cell("a quarter of the data", {}, {"share": 0.25}),
    Cell("3 layers", layers=3),
    Cell("12 layers, each of the 6 taken twice", layers=12),
    Cell("all data, 3 times the pairs", times=3.0),
    Cell("a quarter of the data, 3 times the pairs", {}, {"share": 0.25}, times=3.0),
)
"""The learning curve over data, epochs and size; "as is" of the settings belongs to it too."""


def run_cell(
    cell: Cell,
    base: Path,
    mixture: Mixture,
    packer: Packer,
    judge: Judge,
    folder: Path,
    recipe: Recipe,
) -> dict[str, Any]:
    """Train one cell, or read what it reached before; return its name and figures."""
    own = folder / cell.name.replace(" ", "-").replace(",", "")
    log = own / "log.jsonl"
    if not log.exists() or "mean" not in log.read_text(encoding="utf-8"):
        pairs = int(recipe.pairs * cell.times)
        recipe = replace(recipe, pairs=pairs, minutes_between=1e6, **cell.recipe)
        torch.manual_seed(recipe.seed)
        network = load_base(base, dropout=recipe.dropout, layers=cell.layers)
        Run(own, network, recipe).fit(replace(mixture, **cell.mixture), packer, judge)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    reached: dict[str, Any] = next(line for line in reversed(lines) if "mean" in line)
    return {"cell": cell.name, **reached}


def run_grid(cells: tuple[Cell, ...], run: Callable[[Cell], dict[str, Any]], folder: Path) -> None:
    """Train every cell by ``run``, a `run_cell` of one folder; write ``grid.json`` after each."""
    rows = []
    for cell in cells:
        rows.append(run(cell))
        text = json.dumps(rows, indent=1) + "\n"
        (folder / "grid.json").write_text(text, encoding="utf-8")
