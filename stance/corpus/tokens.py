"""The words of a corpus, counted once for everything that needs them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np

from stance.corpus.columns import Corpus

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

Counts: TypeAlias = Any
"""A scipy CSR matrix (sentence, word) of int64."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class WordCounts:
    """How often every word stands in every sentence; words are lower case and sorted."""

    words: tuple[str, ...]
    counts: Counts


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case: letters, with apostrophes and hyphens inside."""
    return _WORD.findall(text.lower().replace("’", "'"))


def count_words(corpus: Corpus) -> WordCounts:
    """Count the words of every sentence."""
    from scipy.sparse import csr_matrix

    place: dict[str, int] = {}
    columns: list[int] = []
    ends = [0]
    for text in corpus.texts:
        columns += [place.setdefault(word, len(place)) for word in words_of(text)]
        ends.append(len(columns))
    words = sorted(place)
    rank = np.empty(len(words), dtype=np.int64)
    rank[[place[word] for word in words]] = np.arange(len(words))
    shape = (len(corpus.texts), len(words))
    held = rank[columns] if columns else np.empty(0, dtype=np.int64)
    counts = csr_matrix((np.ones(len(held), dtype=np.int64), held, ends), shape=shape)
    counts.sum_duplicates()
    return WordCounts(tuple(words), counts)
