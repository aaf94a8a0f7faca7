"""Counts of trials, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .lab import Outcome

_HEAD = "| fault | command | tried | met it at work | skipped | violations |"


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a Markdown table: one row a fault and command, and one for all."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.fault, outcome.case), []).append(outcome)
    rows = [_row(*key, own) for key, own in sorted(groups.items())]
    lines = [_HEAD, "|---|---|---|---|---|---|", *rows, _row("all", "", outcomes)]
    return "\n".join(lines) + "\n"


def _row(fault: str, case: str, outcomes: Sequence[Outcome]) -> str:
    tried = sum(not outcome.skipped for outcome in outcomes)
    struck = sum(outcome.struck for outcome in outcomes)
    wrong = sum(bool(outcome.violations) for outcome in outcomes)
    told = f"`{case}`" if case else ""
    return f"| {fault} | {told} | {tried} | {struck} | {len(outcomes) - tried} | {wrong} |"


def write(outcomes: Sequence[Outcome], seed: int, folder: Path) -> None:
    """Write ``faults.md`` and ``faults.json``, the latter with every trial."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "faults.md").write_text(f"Seed {seed}.\n\n{table(outcomes)}", encoding="utf-8")
    content = {"seed": seed, "trials": [asdict(outcome) for outcome in outcomes]}
    (folder / "faults.json").write_text(json.dumps(content, indent=2), encoding="utf-8")
