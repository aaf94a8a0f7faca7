"""The same command twice at once: one place, one run directory, one cache, one file."""

from __future__ import annotations

import random
from collections.abc import Iterator

from .cases import Case
from .checks import half_written
from .lab import Lab, Outcome, ended_well

_CASES = (
    "analyze",
    "analyze --engine local",
    "run",
    "engine local",
    "engine processes",
    "export",
    "sample",
    "mini --cache",
)


def trials(lab: Lab, draw: random.Random, rounds: int) -> Iterator[Outcome]:
    """Start every command twice, that often."""
    for name in lab.among(_CASES):
        for number in range(rounds):
            yield both(lab, lab.cases[name], draw, kill=number % 3 == 2)


def both(lab: Lab, case: Case, draw: random.Random, *, kill: bool) -> Outcome:
    """Start a command, start it again while it runs, and kill the first one if asked."""
    undisturbed = lab.undisturbed(case)
    later = draw.random() * undisturbed.seconds * draw.choice((0.0, 0.1, 1.0))
    with lab.place() as place:
        first = lab.start(case.command, place)
        struck = first.sleep(later)
        second = lab.start(case.command, place)
        if kill and first.sleep(draw.random() * undisturbed.seconds):
            first.kill_all()
        ends = [first.wait(), second.wait()]
        wrong = [fault for end in ends if end.status != -9 for fault in ended_well(end)]
        if not kill and all(end.status != 0 for end in ends):
            wrong.append("neither came to its end")
        wrong += half_written(place, case, undisturbed.whole, {})
        wrong += lab.again(case, place)
    detail = f"the second {later:.3f} s later{', the first killed' if kill else ''}"
    return Outcome("two at once", case.name, struck, tuple(wrong), detail)
