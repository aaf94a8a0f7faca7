"""``kill -9`` at random moments and before chosen changes of the disk."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from .cases import Case
from .children import PATIENCE, Child
from .lab import Lab, Outcome, ended_well

Victim = Literal["all", "parent", "worker"]
WEIGHTS = {
    "run": 16,
    "engine local": 16,
    "analyze": 4,
    "analyze --engine local": 2,
    "export": 4,
    "sample": 2,
    "engine processes": 3,
    "mini --cache": 1,
    "engine ray": 1,
}
"""How often each command is tried beside the others: most often those that are soon done."""
SWEPT = ("engine local", "run", "export")
_VICTIMS: tuple[Victim, ...] = ("all", "parent", "worker")


def trials(lab: Lab, draw: random.Random, kills: int) -> Iterator[Outcome]:
    """Kill that often, a third of the time before a step, else at a moment."""
    names = lab.among(WEIGHTS)
    weights = [WEIGHTS[name] for name in names]
    for _ in range(kills if names else 0):
        case = lab.cases[draw.choices(names, weights)[0]]
        if draw.random() < 1 / 3:
            steps = len(lab.undisturbed(case).steps)
            yield at_step(lab, case, draw.randint(1, steps), earlier=draw.random() < 0.5)
        else:
            yield at_moment(lab, case, draw, draw.choice(_VICTIMS[: 3 if case.workers else 2]))


def sweep(lab: Lab, _: random.Random, rounds: int) -> Iterator[Outcome]:
    """Kill the quick commands before their first step, their last, and some evenly between.

    The steps were counted over another result, which the last of them removes.
    """
    for name in lab.among(SWEPT):
        case = lab.cases[name]
        last = len(lab.undisturbed(case).steps) - 1
        for number in range(rounds + 1):
            yield at_step(lab, case, 1 + last * number // rounds, earlier=number % 2 == rounds % 2)


def at_moment(lab: Lab, case: Case, draw: random.Random, victim: Victim) -> Outcome:
    """Kill once the command has run for a random part of its time."""
    moment = draw.random() * lab.undisturbed(case).seconds
    earlier = draw.random() < 0.3
    with lab.place() as place:
        before = lab.prepare(case, place, earlier=earlier)
        child = lab.start(case.command, place)
        struck = child.sleep(moment) and _strike(child, draw, victim)
        wrong = ended_well(child.wait()) if victim == "worker" or not struck else _gone(child)
        wrong += lab.aftermath(case, place, before)
        wrong += [f"{name} was left running" for name in child.left_running()]
    detail = f"after {moment:.3f} s{', over another result' if before else ''}"
    return Outcome(f"kill -9 {victim}", case.name, struck, tuple(wrong), detail)


def _strike(child: Child, draw: random.Random, victim: Victim) -> bool:
    if victim == "worker":
        return child.kill_worker(draw)
    if victim == "parent":
        child.kill_parent()
    else:
        child.kill_all()
    return True


def _gone(child: Child) -> list[str]:
    return [] if child.wait(PATIENCE).status is not None else ["could not be killed"]


def at_step(lab: Lab, case: Case, step: int, *, earlier: bool) -> Outcome:
    """Kill right before the ``step``-th change of the disk."""
    name = lab.undisturbed(case).steps[step - 1]
    with lab.place() as place:
        before = lab.prepare(case, place, earlier=earlier)
        child = lab.start(case.command, place, {"FAULTS_STEP": str(step)})
        ended = child.wait()
        struck = ended.status == -9
        wrong = [] if struck else ended_well(ended)
        wrong += lab.aftermath(case, place, before)
        wrong += [f"{left} was left running" for left in child.left_running()]
    detail = f"before step {step}, {name[-80:]}{', over another result' if before else ''}"
    return Outcome("kill -9 at a step", case.name, struck, tuple(wrong), detail)
