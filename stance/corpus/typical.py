"""The sentences that show best how a group speaks when it takes a frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float64, Int64

from stance.corpus.columns import Corpus, Groups
from stance.corpus.tokens import WordCounts

_LENGTHS = (6, 45)


@final
@dataclass(frozen=True, slots=True)
class TypicalSentence:
    """A sentence of a group that carries a frame.

    ``article`` is the place of its article in the corpus; ``typicality``, from 0 to 1, is its
    probability times the likeness of its words to those of all such sentences of the group.
    """

    group: str
    frame: str
    article: int
    article_id: str
    sentence_id: int
    text: str
    probability: float
    typicality: float


def typical_sentences(
    corpus: Corpus, groups: Groups, words: WordCounts, *, most: int = 3
) -> tuple[TypicalSentence, ...]:
    """Return the most typical sentences of every group and frame, at most one an article.

    The likeness is the cosine between the tf-idf weights of a sentence (log counts, smoothed
    inverse sentence frequency, Salton & Buckley 1988) and the mean of those that carry the frame in
    the group, each by its probability. Sentences of 6 to 45 words come first; equal text is shown
    once.
    """
    weights = _tf_idf(words.counts)
    length = np.asarray(words.counts.sum(axis=1)).ravel()
    fitting = (length >= _LENGTHS[0]) & (length <= _LENGTHS[1])
    of_group = groups.member[corpus.article]
    found: list[TypicalSentence] = []
    for g, name in enumerate(groups.names):
        inside = np.flatnonzero(of_group == g)
        for f, frame in enumerate(corpus.frames):
            rows = inside[corpus.present[inside, f]]
            likeness = _likeness(weights, rows, corpus.probability[rows, f])
            order = np.lexsort((rows, -likeness, ~fitting[rows]))
            for k in _chosen(corpus, rows[order], most):
                at = int(np.searchsorted(rows, k))
                found.append(_sentence(corpus, name, frame, f, k, float(likeness[at])))
    return tuple(found)


def _tf_idf(counts: Any) -> Any:
    """Return the rows of tf-idf weights, each of length 1."""
    weights = counts.astype(np.float64)
    weights.data = 1 + np.log(weights.data)
    held = np.bincount(weights.indices, minlength=weights.shape[1])
    idf = np.log((1 + weights.shape[0]) / (1 + held)) + 1
    weights.data *= idf[weights.indices]
    norm = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    weights.data /= np.repeat(np.where(norm > 0, norm, 1.0), np.diff(weights.indptr))
    return weights


def _likeness(
    weights: Any, rows: Int64[np.ndarray, " row"], probability: Float64[np.ndarray, " row"]
) -> Float64[np.ndarray, " row"]:
    if not len(rows):
        return np.empty(0)
    own = weights[rows]
    centre = own.T @ probability
    norm = float(np.sqrt(centre @ centre)) or 1.0
    found: np.ndarray = probability * (own @ centre) / norm
    return found.round(12)


def _chosen(corpus: Corpus, ordered: Int64[np.ndarray, " row"], most: int) -> Iterator[int]:
    """Yield the first sentences of different articles and texts."""
    articles, texts = set[int](), set[str]()
    for row in ordered.tolist():
        article, text = int(corpus.article[row]), corpus.texts[row]
        if article in articles or text in texts:
            continue
        articles.add(article)
        texts.add(text)
        yield row
        if len(articles) == most:
            return


def _sentence(
    corpus: Corpus, group: str, frame: str, f: int, row: int, typicality: float
) -> TypicalSentence:
    article = int(corpus.article[row])
    return TypicalSentence(
        group,
        frame,
        article,
        corpus.articles[article].id,
        int(corpus.sentence_id[row]),
        corpus.texts[row],
        float(corpus.probability[row, f]),
        typicality,
    )
