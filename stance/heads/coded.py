"""Labelled sentences with the log-odds of all wordings, and the fit of one frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stance.codebooks import Codebook
from stance.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_LABELS = 50
LEAST_ALIKE = 5
LEAST_ARTICLES = 5
PENALTY = 0.1
"""Inverse strength of the L2 penalty on standardised log-odds (``C`` of scikit-learn)."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """The labelled sentences of one frame.

    ``odds`` are the natural-log odds of all wordings of the codebook, ``zero_shot`` the probability
    that the result gives, ``article`` numbers the articles from 0; ``threshold`` is the probability
    from which the codebook tags the frame.
    """

    frame: str
    odds: Float64[np.ndarray, "sentence wording"]
    zero_shot: Float64[np.ndarray, " sentence"]
    gold: Bool[np.ndarray, " sentence"]
    article: Int64[np.ndarray, " sentence"]
    threshold: float = 0.5


def coded_of(
    sentences: pa.Table, codebook: Codebook, frame: str, labels: Mapping[tuple[str, int], float]
) -> Coded:
    """Return the labelled and scored sentences of a ``sentences`` table.

    Args:
        sentences: The table.
        codebook: The codebook it was made with.
        frame: The frame.
        labels: The label of every coded sentence, 0 or 1.

    Raises:
        DataError: A label is of a sentence that is not in the table.
    """
    keys = list(
        zip(sentences["article_id"].to_pylist(), sentences["sentence_id"].to_pylist(), strict=True)
    )
    unknown = [key for key in labels if key not in set(keys)]
    if unknown:
        raise DataError(
            f"{len(unknown)} labels are of sentences that are not in the result, the first is "
            f"article {unknown[0][0]!r}, sentence {unknown[0][1]}; code this result's own"
        )
    scored = sentences["scored"].to_pylist()
    kept = [s and key in labels for key, s in zip(keys, scored, strict=True)]
    rows = sentences.filter(kept)
    chosen = [key for key, keep in zip(keys, kept, strict=True) if keep]
    odds = [np.array(rows[f"odds_{f}"].to_pylist(), dtype=np.float64) for f in codebook.frames]
    _, article = np.unique([key[0] for key in chosen], return_inverse=True)
    return Coded(
        frame,
        np.hstack(odds) if chosen else np.empty((0, len(codebook.hypotheses))),
        np.array(rows[f"p_{frame}"].to_pylist(), dtype=np.float64),
        np.array([labels[key] >= 0.5 for key in chosen], dtype=bool),
        article.astype(np.int64),
        codebook.threshold_of(frame),
    )


def check_labels(coded: Coded) -> None:
    """Check that there are labels enough for a head.

    Raises:
        DataError: There are fewer than `LEAST_LABELS` labels, fewer than `LEAST_ALIKE` of one kind,
            or they lie in fewer than `LEAST_ARTICLES` articles.
    """
    n, positive = len(coded.gold), int(coded.gold.sum())
    articles = len(np.unique(coded.article))
    if n < LEAST_LABELS:
        raise DataError(f"{coded.frame}: {n} labels; a head needs at least {LEAST_LABELS}")
    if min(positive, n - positive) < LEAST_ALIKE:
        raise DataError(
            f"{coded.frame}: {positive} of {n} labels are positive; a head needs at least "
            f"{LEAST_ALIKE} of each kind"
        )
    if articles < LEAST_ARTICLES:
        raise DataError(
            f"{coded.frame}: the labels lie in {articles} articles; a head needs at least "
            f"{LEAST_ARTICLES} to be tested on others than it was trained on"
        )


def fit_weights(
    odds: Float64[np.ndarray, "sentence wording"], gold: Bool[np.ndarray, " sentence"]
) -> tuple[float, Float64[np.ndarray, " wording"]]:
    """Return intercept and weights by penalised maximum likelihood; alike labels are refused."""
    from sklearn.linear_model import LogisticRegression

    mean, scale = odds.mean(axis=0), odds.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    model: Any = LogisticRegression(C=PENALTY, max_iter=1_000).fit((odds - mean) / scale, gold)
    weights: np.ndarray = model.coef_[0] / scale
    return float(model.intercept_[0] - weights @ mean), weights
