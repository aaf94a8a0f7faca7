"""Who is quoted in which group, how much, and in which frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Int64

from stance.corpus.columns import Corpus, Groups
from stance.intervals import ratio_interval
from stance.profile import EVERY, SPEECH


@final
@dataclass(frozen=True, slots=True)
class Quoted:
    """A speaker in a group of articles.

    ``share`` is the fraction of the group's ``n_speech`` sentences of speech that are theirs, with
    a 95 % interval as of `stance.intervals.ratio_interval`, NaN where one article alone has speech;
    ``n_tagged`` counts their sentences by frame. Names are as the articles give them: somebody with
    two names is there twice.
    """

    group: str
    speaker: str
    share: float
    share_low: float
    share_high: float
    n_sentences: int
    n_articles: int
    n_speech: int
    n_tagged: tuple[int, ...]


def quoted(
    corpus: Corpus, groups: Groups | None = None, *, most: int = 10, seed: int = 0
) -> tuple[Quoted, ...]:
    """Return who speaks most in all articles together, then in every group.

    Those come first whom most articles quote.
    """
    speech = np.array([voice == SPEECH for voice in corpus.voices], dtype=bool)
    found = _of_part(corpus, EVERY, speech, most, seed)
    if groups is not None:
        of_group = groups.member[corpus.article]
        for k, name in enumerate(groups.names):
            found += _of_part(corpus, name, speech & (of_group == k), most, seed)
    return tuple(found)


def _of_part(
    corpus: Corpus, group: str, inside: Bool[np.ndarray, " sentence"], most: int, seed: int
) -> list[Quoted]:
    rows = np.flatnonzero(inside)
    said = Counter(corpus.speakers[k] for k in rows.tolist())
    pairs = {(corpus.speakers[k], int(corpus.article[k])) for k in rows.tolist()}
    articles = Counter(speaker for speaker, _ in pairs)
    named = sorted((-articles[s], -said[s], s) for s in said if s is not None)
    names = [name for _, _, name in named[:most]]
    if not names:
        return []
    low, high = _intervals(corpus, rows, names, seed)
    return [
        Quoted(
            group,
            name,
            said[name] / len(rows),
            low[k],
            high[k],
            said[name],
            articles[name],
            len(rows),
            tuple(_tagged(corpus, rows, name)),
        )
        for k, name in enumerate(names)
    ]


def _intervals(
    corpus: Corpus, rows: Int64[np.ndarray, " row"], names: list[str], seed: int
) -> tuple[list[float], list[float]]:
    article = np.unique(corpus.article[rows], return_inverse=True)[1].astype(np.int64)
    if article.max() == 0:
        nothing = [float("nan")] * len(names)
        return nothing, nothing
    place = {name: k for k, name in enumerate(names)}
    values = np.zeros((len(rows), len(names)))
    for row, k in enumerate(rows.tolist()):
        speaker = corpus.speakers[k]
        if speaker in place:
            values[row, place[speaker]] = 1.0
    low, high, _ = ratio_interval(values, article, seed=seed)
    return low.tolist(), high.tolist()


def _tagged(corpus: Corpus, rows: Int64[np.ndarray, " row"], name: str) -> list[int]:
    own = [k for k in rows.tolist() if corpus.speakers[k] == name]
    counts: list[int] = corpus.present[own].sum(axis=0).tolist()
    return counts
