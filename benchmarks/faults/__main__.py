"""Try faults, print what broke, and write the counts."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from . import broken_cache, clock, disk, kills, twice, unreadable
from .counts import table, write
from .lab import Lab, Outcome

_Trials = Callable[[Lab, random.Random, int], Iterator[Outcome]]
FAULTS: dict[str, _Trials] = {
    "kills": kills.trials,
    "steps": kills.sweep,
    "disk": disk.trials,
    "unreadable": unreadable.trials,
    "cache": broken_cache.trials,
    "clock": clock.trials,
    "twice": twice.trials,
}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(FAULTS)), help="By default all.")
@click.option("--command", "commands", multiple=True, help="By default all; such as run.")
@click.option("--kills", "n_kills", default=120, show_default=True, help="Of kill -9.")
@click.option("--rounds", default=3, show_default=True, help="Of every other fault.")
@click.option("--seed", default=1, show_default=True, help="Of moments, sizes and bytes.")
@click.option("--out", type=click.Path(path_type=Path), default="faults", show_default=True)
@click.option("--scratch", type=click.Path(path_type=Path), help="Where trials are made.")
def main(
    only: tuple[str, ...],
    commands: tuple[str, ...],
    n_kills: int,
    rounds: int,
    seed: int,
    out: Path,
    scratch: Path | None,
) -> None:
    """Try faults; the counts go to OUT/faults.md and OUT/faults.json."""
    click.echo(f"seed {seed}")
    outcomes: list[Outcome] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="f", dir=scratch, ignore_cleanup_errors=True) as folder:
        lab = Lab(Path(folder).resolve(), commands)
        for name in only or FAULTS:
            draw = random.Random(f"{seed} {name}")
            for outcome in FAULTS[name](lab, draw, n_kills if name == "kills" else rounds):
                outcomes.append(outcome)
                _tell(outcome, len(outcomes), time.monotonic() - began)
                write(outcomes, seed, out)
        outcomes += lab.in_peace()
        write(outcomes, seed, out)
    click.echo(table(outcomes))
    sys.exit(any(outcome.violations for outcome in outcomes))


def _tell(outcome: Outcome, number: int, seconds: float) -> None:
    verdict = "skipped" if outcome.skipped else "VIOLATION" if outcome.violations else "well"
    met = "" if outcome.struck else " (not met)"
    where = f"{outcome.fault}, {outcome.case}{met}, {outcome.detail}"
    click.echo(f"{number:>4} {seconds:>6.0f} s  {verdict:<9} {where}")
    for violation in outcome.violations:
        click.echo(f"                 {violation}")


if __name__ == "__main__":
    main()
