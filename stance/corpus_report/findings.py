"""Everything the report of a corpus shows, found once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, final

import numpy as np

from stance.corpus import (
    Corpus,
    Distances,
    DistinctiveWord,
    Groups,
    Quoted,
    TrendPoint,
    TypicalSentence,
    WordCounts,
    corpus_of_profiles,
    count_words,
    distinctive_words,
    group_distances,
    groups_of,
    quoted,
    trends,
    typical_sentences,
)
from stance.corpus.columns import corpus_shares
from stance.groups import Grouping, GroupShare
from stance.profile import EVERY, ArticleProfile

MOST_GROUPS = 40
"""Groups that have figures; the ones with most articles. The table holds them all."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """The statistics of a corpus and its groups.

    ``shown`` are the groups with figures, ``groups`` all of them; ``shares`` begin with those of
    all articles. ``trends``, ``typical`` and ``quoted`` hold one entry a set: all articles, then
    every group shown. ``trends`` are empty without a period, and of one set where the periods are
    the groups; ``distances`` is None below two groups.
    """

    grouping: Grouping
    corpus: Corpus
    groups: Groups
    shown: Groups
    shares: tuple[GroupShare, ...]
    trends: tuple[tuple[TrendPoint, ...], ...]
    distances: Distances | None
    words: tuple[DistinctiveWord, ...]
    typical: tuple[tuple[TypicalSentence, ...], ...]
    quoted: tuple[tuple[Quoted, ...], ...]


def find(profiles: Sequence[ArticleProfile], grouping: Grouping, *, seed: int = 0) -> Findings:
    """Return the statistics of articles and their groups.

    With a column and a period the column makes the groups and the period the points in time; with
    a period alone it makes both.

    Args:
        profiles: The profiles of all articles.
        grouping: What tells groups apart.
        seed: Seed of intervals and permutations.

    Raises:
        DataError: No article has the column, or a date.
    """
    corpus = corpus_of_profiles(profiles)
    by, period = grouping.by, grouping.period
    groups = groups_of(corpus, by=by, period=None if by else period)
    shown = groups.largest(MOST_GROUPS)
    words = count_words(corpus)
    speakers, sentences = quoted(corpus, shown, seed=seed), _typical(corpus, shown, words)
    return Findings(
        grouping,
        corpus,
        groups,
        shown,
        corpus_shares(corpus, groups, seed=seed),
        _trends(corpus, grouping, shown, seed),
        group_distances(corpus, shown, seed=seed) if len(shown.names) > 1 else None,
        distinctive_words(corpus, words),
        sentences,
        _by_set(quoted(corpus, seed=seed), speakers, shown),
    )


_Row = TypeVar("_Row", bound="TrendPoint | TypicalSentence | Quoted")


def _by_set(
    every: Sequence[_Row], rows: Sequence[_Row], groups: Groups
) -> tuple[tuple[_Row, ...], ...]:
    """Return the rows of all articles, then of every group; ``rows`` begin with ``every``."""
    found: dict[str, list[_Row]] = {name: [] for name in groups.names}
    for row in rows[len(every) :]:
        found[row.group].append(row)
    sets: list[tuple[_Row, ...]] = [tuple(every)]
    sets += [tuple(own) for own in found.values()]
    return tuple(sets)


def _trends(
    corpus: Corpus, grouping: Grouping, shown: Groups, seed: int
) -> tuple[tuple[TrendPoint, ...], ...]:
    if grouping.period is None:
        return ()
    every = trends(corpus, grouping.period, seed=seed)
    if grouping.by is None:
        return (every,)
    return _by_set(every, trends(corpus, grouping.period, shown, seed=seed), shown)


def _typical(
    corpus: Corpus, shown: Groups, words: WordCounts
) -> tuple[tuple[TypicalSentence, ...], ...]:
    together = Groups((EVERY,), np.zeros(len(corpus.articles), dtype=np.int64))
    every = typical_sentences(corpus, together, words)
    return _by_set(every, (*every, *typical_sentences(corpus, shown, words)), shown)
