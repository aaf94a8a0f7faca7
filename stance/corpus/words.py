"""Words that a frame's sentences use more than the others: log-odds with an informative prior."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float64

from stance.corpus.columns import Corpus
from stance.corpus.tokens import WordCounts

PRIOR = 500.0
"""Words that the prior is worth."""


@final
@dataclass(frozen=True, slots=True)
class DistinctiveWord:
    """A word of a frame: ``log_odds`` over the other sentences, and ``z``, that by its error.

    ``n`` counts it in sentences that carry the frame, ``n_other`` in the others, ``n_articles`` the
    articles with such a sentence. ``z`` takes words as independent, which they are not: it ranks
    words and tests nothing.
    """

    frame: str
    word: str
    log_odds: float
    z: float
    n: int
    n_other: int
    n_articles: int


def log_odds(
    counts: Float64[np.ndarray, " word"],
    others: Float64[np.ndarray, " word"],
    prior: Float64[np.ndarray, " word"],
) -> tuple[Float64[np.ndarray, " word"], Float64[np.ndarray, " word"]]:
    """Return the difference of log-odds of every word between two texts, and its z.

    Monroe, Colaresi & Quinn 2008, "Fightin' Words", eq. 16 (difference), 20 (variance), 22 (z).

    Args:
        counts: Counts in the one text.
        others: Counts in the other.
        prior: Pseudo-counts added to both, positive.
    """
    own, other = counts + prior, others + prior
    difference = np.log(own / (own.sum() - own)) - np.log(other / (other.sum() - other))
    return difference, difference / np.sqrt(1 / own + 1 / other)


def distinctive_words(
    corpus: Corpus,
    words: WordCounts,
    *,
    most: int = 20,
    least_articles: int = 2,
    least_z: float = 1.96,
    prior: float = PRIOR,
) -> tuple[DistinctiveWord, ...]:
    """Return the words of every frame, most distinctive first.

    The prior is the whole corpus scaled to ``prior`` words, so that no list of stop words is
    needed. A word of fewer than ``least_articles`` articles is about an article, not about a frame,
    and left out, unless the corpus has fewer articles.

    Args:
        corpus: The corpus.
        words: Its words, counted.
        most: Words a frame.
        least_articles: Articles that must hold the word in a sentence of the frame.
        least_z: Words of a smaller z are left out.
        prior: Words that the prior is worth.
    """
    total = np.asarray(words.counts.sum(axis=0), dtype=np.float64).ravel()
    if len(total) < 2:
        return ()
    least = min(least_articles, len(np.unique(corpus.article)))
    return tuple(
        word
        for k in range(len(corpus.frames))
        for word in _of_frame(corpus, words, k, total, prior, _Cut(most, least, least_z))
    )


@final
@dataclass(frozen=True, slots=True)
class _Cut:
    most: int
    articles: int
    z: float


def _of_frame(
    corpus: Corpus,
    words: WordCounts,
    frame: int,
    total: Float64[np.ndarray, " word"],
    prior: float,
    cut: _Cut,
) -> Iterator[DistinctiveWord]:
    inside = np.flatnonzero(corpus.present[:, frame])
    held = words.counts[inside]
    counts = np.asarray(held.sum(axis=0), dtype=np.float64).ravel()
    difference, z = log_odds(counts, total - counts, prior * total / total.sum())
    articles = _articles_with(held, corpus.article[inside], len(total))
    chosen = np.flatnonzero((articles >= cut.articles) & (z >= cut.z))
    for w in chosen[np.argsort(-z[chosen], kind="stable")][: cut.most]:
        n, rest = int(counts[w]), int(total[w] - counts[w])
        yield DistinctiveWord(
            corpus.frames[frame],
            words.words[w],
            float(difference[w]),
            float(z[w]),
            n,
            rest,
            int(articles[w]),
        )


def _articles_with(
    held: Any, article: np.ndarray[Any, np.dtype[np.int64]], n_words: int
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return in how many articles every word stands."""
    rows = np.repeat(article, np.diff(held.indptr))
    pairs = np.unique(rows.astype(np.int64) * n_words + held.indices)
    found: np.ndarray = np.bincount(pairs % n_words, minlength=n_words)
    return found
