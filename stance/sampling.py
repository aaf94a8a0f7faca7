"""Random samples of sentences to be coded, stratified, with known inclusion probabilities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from stance.errors import ConfigError

EDGES = (0.1, 0.5, 0.9)
"""Where the strata of a score end: no, unlikely, likely, yes."""


@final
@dataclass(frozen=True, slots=True)
class Drawn:
    """A sentence that was drawn: its place in the population, stratum and inclusion probability."""

    place: int
    stratum: str
    inclusion: float


def score_stratum(probability: float) -> str:
    """Return the name of the stratum of a probability, as in ``score 0.5-0.9``."""
    edges = (0.0, *EDGES, 1.0)
    k = int(np.searchsorted(EDGES, probability, side="right"))
    return f"score {edges[k]:g}-{edges[k + 1]:g}"


def allocate(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """Return how many to draw of every stratum: equally many, or all of those that are smaller.

    Equal allocation draws rare strata (high scores) more densely than common ones (Cochran 1977,
    ch. 5); the inclusion probabilities undo that.

    Raises:
        ConfigError: There are fewer units than ``n``, or more strata.
    """
    if n > sum(sizes.values()):
        raise ConfigError(f"{n} sentences were asked for, but there are {sum(sizes.values())}")
    if n < len(sizes):
        raise ConfigError(
            f"{n} sentences cannot cover {len(sizes)} strata, and every stratum needs one; ask for "
            f"{len(sizes)} or more with --n, or stratify by less"
        )
    taken: dict[str, int] = {}
    for left, name in enumerate(sorted(sizes, key=lambda s: (sizes[s], s))):
        rest = n - sum(taken.values())
        taken[name] = min(sizes[name], rest // (len(sizes) - left))
    return {name: taken[name] for name in sizes}


def draw_sample(strata: Sequence[str], n: int, *, seed: int = 0) -> list[Drawn]:
    """Draw ``n`` units, at random without replacement inside every stratum, in random order.

    Args:
        strata: The stratum of every unit of the population.
        n: How many to draw.
        seed: Seed of the draw; the same seed and population give the same sample.

    Raises:
        ConfigError: As in `allocate`.
    """
    sizes = dict(sorted(Counter(strata).items()))
    taken = allocate(sizes, n)
    members: dict[str, list[int]] = defaultdict(list)
    for place, stratum in enumerate(strata):
        members[stratum].append(place)
    generator = np.random.default_rng(seed)
    drawn = [
        Drawn(int(place), stratum, taken[stratum] / sizes[stratum])
        for stratum in sizes
        for place in generator.choice(members[stratum], taken[stratum], replace=False)
    ]
    return [drawn[k] for k in generator.permutation(len(drawn))]


def assign(
    n: int, coders: Sequence[str], *, overlap: float = 0.25, seed: int = 0
) -> list[tuple[int, str]]:
    """Return which unit goes to which coder: a random share to all of them, the rest to one each.

    Args:
        n: Number of units.
        coders: Names of the coders.
        overlap: Share of the units that every coder gets.
        seed: Seed of the assignment.

    Raises:
        ConfigError: A coder is named twice, or the share is none.
    """
    if len(set(coders)) < len(coders):
        raise ConfigError(f"a coder is named twice: {', '.join(coders)}; name each once")
    if not 0 <= overlap <= 1:
        raise ConfigError(f"the overlap {overlap} is no share; give a number from 0 to 1")
    order = np.random.default_rng([seed, 1]).permutation(n)
    shared = order[: round(overlap * n)] if len(coders) > 1 else order[:0]
    alone = order[len(shared) :]
    pairs = [(int(unit), coder) for coder in coders for unit in shared]
    pairs += [(int(unit), coders[k % len(coders)]) for k, unit in enumerate(alone)]
    return sorted(pairs, key=lambda pair: (coders.index(pair[1]), pair[0]))
