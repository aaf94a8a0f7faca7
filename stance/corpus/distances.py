"""How far groups are apart in what they talk of: Jensen-Shannon distance, chance, and a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float64, Int64

from stance.corpus.columns import Corpus, Groups
from stance.percentiles import CONFIDENCE

PERMUTATIONS = 999


@final
@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """Distances between the frame mixes of groups, from 0 (the same) to 1 (no frame in common).

    ``mix`` is each group's distribution of tags over frames. ``chance`` is what 95 % of the
    distances stay within when articles are dealt to groups of these sizes at random: below it a
    distance says nothing. ``merges`` is a tree of `scipy.cluster.hierarchy.linkage` and ``order``
    its leaves from top to bottom; groups without a tag are in ``left_out`` instead.
    """

    groups: tuple[str, ...]
    mix: Float64[np.ndarray, "group frame"]
    distance: Float64[np.ndarray, "group group"]
    chance: Float64[np.ndarray, "group group"]
    merges: Float64[np.ndarray, "merge 4"]
    order: tuple[int, ...]
    left_out: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a pair of groups."""
        return [
            {
                "group": self.groups[a],
                "other": self.groups[b],
                "distance": float(self.distance[a, b]),
                "chance": float(self.chance[a, b]),
                "beyond_chance": bool(self.distance[a, b] > self.chance[a, b]),
            }
            for a in range(len(self.groups))
            for b in range(a + 1, len(self.groups))
        ]


def group_distances(
    corpus: Corpus, groups: Groups, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Distances:
    """Return the distances between groups.

    The square root of the Jensen-Shannon divergence in bits (Lin 1991; a metric by Endres &
    Schindelin 2003) between the groups' distributions of tags over frames: which frames are taken,
    not how often any is. A distance is never below 0, so that small groups are apart by chance
    alone, and resampling pushes them further; hence no interval, but the level of chance, found by
    permuting articles among groups. The tree joins by average distance.

    Args:
        corpus: The corpus.
        groups: The groups of its articles.
        permutations: How often articles are dealt at random.
        seed: Seed of the permutations.
    """
    inside = groups.member >= 0
    tags, member = corpus.tags_by_article()[inside], groups.member[inside]
    sums = _sums(tags, member, len(groups.names))
    held = np.flatnonzero(sums.sum(axis=1) > 0)
    distance = jensen_shannon(sums[held])
    chance = _permuted(tags, member, held, permutations, seed)
    names = tuple(groups.names[k] for k in held)
    merges, order = _tree(distance)
    return Distances(
        names,
        sums[held] / sums[held].sum(axis=1, keepdims=True),
        distance,
        chance,
        merges,
        order,
        tuple(name for k, name in enumerate(groups.names) if k not in held),
    )


def jensen_shannon(
    counts: Float64[np.ndarray, "*batch group frame"],
) -> Float64[np.ndarray, "*batch group group"]:
    """Return the Jensen-Shannon distance of every two rows, base 2; NaN for a row of zeros."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p = counts / counts.sum(axis=-1, keepdims=True)
    first, second = p[..., :, None, :], p[..., None, :, :]
    middle = (first + second) / 2
    divergence = _entropy(middle) - (_entropy(first) + _entropy(second)) / 2
    found: np.ndarray = np.sqrt(np.maximum(divergence, 0.0))
    diagonal = np.arange(counts.shape[-2])
    found[..., diagonal, diagonal] = np.where(np.isnan(p).any(axis=-1), np.nan, 0.0)
    return found


def _entropy(p: Float64[np.ndarray, "*batch frame"]) -> Float64[np.ndarray, "*batch"]:
    logs = np.log2(p, out=np.zeros_like(p), where=p > 0)
    bits: np.ndarray = -(p * logs).sum(axis=-1)
    return bits


def _sums(
    tags: Float64[np.ndarray, "article frame"], member: Int64[np.ndarray, " article"], n: int
) -> Float64[np.ndarray, "group frame"]:
    sums = [np.bincount(member, weights=column, minlength=n) for column in tags.T]
    return np.stack(sums, axis=1)


def _permuted(
    tags: Float64[np.ndarray, "article frame"],
    member: Int64[np.ndarray, " article"],
    held: Int64[np.ndarray, " group"],
    permutations: int,
    seed: int,
) -> Float64[np.ndarray, "group group"]:
    """Return the 95 % quantile of the distances between groups of articles dealt at random."""
    generator = np.random.default_rng(seed)
    drawn = np.empty((permutations, len(held), len(held)))
    for k in range(permutations):
        sums = _sums(tags, generator.permutation(member), int(member.max(initial=-1)) + 1)
        drawn[k] = jensen_shannon(sums[held])
    # A group that is dealt no tag at all has no distance; it counts as far, never as near.
    chance: np.ndarray = np.quantile(np.nan_to_num(drawn, nan=1.0), CONFIDENCE, axis=0)
    np.fill_diagonal(chance, 0.0)
    return chance


def _tree(
    distance: Float64[np.ndarray, "group group"],
) -> tuple[Float64[np.ndarray, "merge 4"], tuple[int, ...]]:
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(distance) < 2:
        return np.empty((0, 4)), tuple(range(len(distance)))
    merges: np.ndarray = linkage(squareform(distance, checks=False), "average")
    return merges, tuple(int(k) for k in leaves_list(merges))
