"""What an estimate is made from, and what it says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stance.errors import DataError
from stance.metrics import Estimate
from stance.notebook import html_of_record

if TYPE_CHECKING:
    import pyarrow as pa

SentenceKey: TypeAlias = tuple[str, int]
"""The id of an article and the number of a sentence in it."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """The scored sentences of a corpus, for one frame; some are labelled by people.

    ``article`` numbers the articles from 0; ``tagged`` is the model's decision and ``score`` its
    probability; ``label`` is 0 to 1 (the mean over coders), NaN where nobody coded; ``inclusion``
    is the probability with which a labelled sentence came into the sample, in (0, 1]. ``stratum``
    numbers the strata that a fixed number of sentences was drawn from, from 0; None where they are
    not known for every sentence.
    """

    article: Int64[np.ndarray, " sentence"]
    tagged: Bool[np.ndarray, " sentence"]
    score: Float64[np.ndarray, " sentence"]
    label: Float64[np.ndarray, " sentence"]
    inclusion: Float64[np.ndarray, " sentence"]
    stratum: Int64[np.ndarray, " sentence"] | None = None

    @property
    def labelled(self) -> Bool[np.ndarray, " sentence"]:
        """Which sentences have a label."""
        found: np.ndarray = ~np.isnan(self.label)
        return found


@final
@dataclass(frozen=True, slots=True)
class Prevalence:
    """The prevalence of a frame in a group of sentences, or a difference between two groups.

    ``reference`` names the group that was subtracted, None for a prevalence. ``estimate.n`` counts
    sentences for the raw method, labels for the others; ``articles`` those that carry them.
    ``gain`` is the variance of the design-based estimate over this one's: the labels are worth
    ``gain`` times as many without a model (NaN for the raw method, whose variance leaves out what
    matters). ``slope`` is the one of labels on scores. All is NaN where there is too little.
    """

    group: str
    reference: str | None
    method: str
    estimate: Estimate
    error: float
    articles: int
    gain: float = math.nan
    slope: float = math.nan

    _repr_html_ = html_of_record


def corpus_of(
    sentences: pa.Table,
    frame: str,
    labels: Mapping[SentenceKey, float],
    inclusion: Mapping[SentenceKey, float] | None = None,
    strata: Mapping[SentenceKey, str] | None = None,
) -> Corpus:
    """Return the scored sentences of a ``sentences`` table with the labels of a frame.

    Labels of sentences that were not scored are left out: their prevalence is not estimated.

    Args:
        sentences: The table.
        frame: The frame.
        labels: The label of every coded sentence, 0 to 1; leave out what is NA.
        inclusion: The inclusion probability of every coded sentence; without, the labels are taken
            for a simple random sample.
        strata: The stratum of every sentence, coded or not; used if it names all that were scored.

    Raises:
        DataError: The table does not have the frame, a label is of a sentence that is not in it,
            or an inclusion probability is missing or not in (0, 1].
    """
    if f"p_{frame}" not in sentences.column_names:
        raise DataError(f"the sentences table has no column p_{frame}; the frame was not asked")
    every = _keys(sentences)
    unknown = [key for key in labels if key not in set(every)]
    if unknown:
        raise DataError(
            f"{len(unknown)} labels are of sentences that are not in the result, the first is "
            f"article {unknown[0][0]!r}, sentence {unknown[0][1]}; code this result's own"
        )
    scored = sentences.filter(sentences["scored"])
    keys = _keys(scored)
    _, article = np.unique([key[0] for key in keys], return_inverse=True)
    return Corpus(
        article,
        np.array(scored[f"tag_{frame}"].to_pylist(), dtype=bool),
        np.array(scored[f"p_{frame}"].to_pylist(), dtype=np.float64),
        np.array([labels.get(key, math.nan) for key in keys], dtype=np.float64),
        _chances(keys, labels, inclusion),
        _strata(keys, strata or {}),
    )


def _keys(sentences: pa.Table) -> list[SentenceKey]:
    columns = (sentences[name].to_pylist() for name in ("article_id", "sentence_id"))
    return list(zip(*columns, strict=True))


def _strata(
    keys: list[SentenceKey], strata: Mapping[SentenceKey, str]
) -> Int64[np.ndarray, " sentence"] | None:
    if not all(key in strata for key in keys):
        return None
    _, found = np.unique([strata[key] for key in keys], return_inverse=True)
    return found.astype(np.int64)


def _chances(
    keys: list[SentenceKey],
    labels: Mapping[SentenceKey, float],
    inclusion: Mapping[SentenceKey, float] | None,
) -> Float64[np.ndarray, " sentence"]:
    if not inclusion:
        return np.full(len(keys), len(labels) / max(len(keys), 1))
    for key in labels:
        if not 0 < inclusion.get(key, 0.0) <= 1:
            raise DataError(
                f"article {key[0]!r}, sentence {key[1]}: its inclusion probability is "
                f"{inclusion.get(key, 'missing')}; it must be above 0 and at most 1"
            )
    return np.array([inclusion.get(key, math.nan) for key in keys], dtype=np.float64)
