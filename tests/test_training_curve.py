"""The tables and the figure of the grid and of the learning curve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stance.training import curve
from stance.training.__main__ import main


def row(cell: str, pairs: int, snli: float) -> dict[str, Any]:
    return {"cell": cell, "pairs": pairs, "mean": snli - 0.1} | {
        key: snli if key == "snli_heldout" else 0.5 for key in curve.SHOWN
    }


ROWS = [
    row("as is", 1_000, 0.6),
    row("dropout 0", 1_010, 0.58),
    row("3 layers", 1_000, 0.55),
    row("all data, 3 times the pairs", 4_000, 0.8),
]


def test_settings_are_set_against_the_recipe_as_it_is() -> None:
    lines = list(curve.settings_table(ROWS))
    assert lines[2:] == [
        "| as is | 1,000 | 0.600 | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | – |",
        "| dropout 0 | 1,010 | 0.580 | 0.500 | 0.500 | 0.500 | 0.500 | 0.480 | -0.020 |",
    ]
    assert [line.split(" | ")[0] for line in curve.curve_table(ROWS)][2:] == [
        "| as is",
        "| 3 layers",
        "| all data, 3 times the pairs",
    ]


def test_cells_of_one_depth_and_share_are_one_curve() -> None:
    found = {each.name: each.of("snli_heldout") for each in curve.curves_of(ROWS)}
    assert found == {
        "6 layers, 100% of the data": [(1_000, 0.6), (4_000, 0.8)],
        "3 layers, 100% of the data": [(1_000, 0.55)],
    }


def test_a_power_law_through_the_errors_says_what_a_gate_takes() -> None:
    points = [(1_000, 0.6), (4_000, 0.8)]
    assert curve.pairs_wanted(points, 0.9) == pytest.approx(16_000)
    assert curve.pairs_wanted([(1_000, 0.6), (4_000, 0.6)], 0.9) is None
    assert curve.pairs_wanted([(1_000, 0.6), (4_000, 0.5)], 0.9) is None


def test_checkpoints_count_the_pairs_of_the_runs_before(tmp_path: Path) -> None:
    run = tmp_path / "final"
    run.mkdir()
    (run / "before.json").write_text(json.dumps([{"best_pairs": 500}, {"best_pairs": 20}]))
    logged = [{"step": 50, "pairs": 90, "loss": 1.0}, row("", 100, 0.8), row("", 200, 0.9)]
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in logged))
    found = curve.read_curve(run)
    assert (found.name, found.of("snli_heldout")) == ("final", [(620, 0.8), (720, 0.9)])
    lines = list(curve.wanted_table([found]))
    assert lines[2] == "| SNLI | 0.86 | 0.900 | 720 | reached |"
    assert lines[3] == "| ConjNLI | 0.70 | 0.500 | 620 | it does not fall |"


def test_the_command_prints_three_tables_and_draws(tmp_path: Path) -> None:
    (tmp_path / "grid.json").write_text(json.dumps(ROWS), encoding="utf-8")
    figure = tmp_path / "curve.png"
    done = CliRunner().invoke(main, ["curve", "--grid", str(tmp_path), "--figure", str(figure)])
    assert done.exit_code == 0, done.output
    assert done.output.count("\n\n") == 2
    assert "| SNLI | 0.86 | 0.800 | 4,000 | 8.2e+03 pairs |" in done.output
    assert figure.read_bytes().startswith(b"\x89PNG")
