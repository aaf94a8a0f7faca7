"""Labelled sentences with the log-odds of all wordings, and the fit of one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stance.calibration import read_logistic
from stance.codebooks import Codebook
from stance.errors import DataError
from stance.scorers.embedding import Encoder

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_LABELS = 50
LEAST_ALIKE = 5
LEAST_ARTICLES = 5
PENALTY = 0.1
"""Inverse strength of the L2 penalty on standardised log-odds (``C`` of scikit-learn)."""
FREEDOM = 10.0**0.5
"""Times that much the intercept, which a new corpus moves most, is freer than a weight."""
_EXACT = 1e-6


@final
@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """The labelled sentences of one frame.

    ``odds`` are the natural-log odds of all wordings of the codebook. Zero-shot is linear in them:
    ``intercept`` and ``weights`` give its log-odds. After the wordings there may be columns of an
    embedding, whose zero-shot weights are 0. ``article`` numbers the articles from 0; ``threshold``
    is the probability from which the codebook tags the frame.
    """

    frame: str
    odds: Float64[np.ndarray, "sentence wording"]
    intercept: float
    weights: Float64[np.ndarray, " wording"]
    gold: Bool[np.ndarray, " sentence"]
    article: Int64[np.ndarray, " sentence"]
    threshold: float = 0.5

    @property
    def zero_shot(self) -> Float64[np.ndarray, " sentence"]:
        """The probability that the frame has without labels."""
        return probability_of(self.odds, self.intercept, self.weights)


def probability_of(
    odds: Float64[np.ndarray, "sentence wording"],
    intercept: float,
    weights: Float64[np.ndarray, " wording"],
) -> Float64[np.ndarray, " sentence"]:
    """Return the logistic of an intercept and weighted log-odds."""
    p: np.ndarray = np.exp(-np.logaddexp(0, -(intercept + odds @ weights)))
    return p


def coded_of(
    sentences: pa.Table,
    codebook: Codebook,
    frame: str,
    labels: Mapping[tuple[str, int], float],
    *,
    encoder: Encoder | None = None,
) -> Coded:
    """Return the labelled and scored sentences of a ``sentences`` table.

    Args:
        sentences: The table.
        codebook: The codebook it was made with.
        frame: The frame.
        labels: The label of every coded sentence, 0 or 1.
        encoder: Also gives the embedding of every coded sentence as columns.

    Raises:
        DataError: A label is of a sentence that is not in the table, or the probabilities of the
            table are not a logistic of the mean log-odds of the frame's wordings.
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
    scored = sentences.filter(sentences["scored"])
    ids = [key for key, s in zip(keys, sentences["scored"].to_pylist(), strict=True) if s]
    odds = np.hstack([_odds(scored, name, codebook) for name in codebook.frames])
    intercept, weights = _zero_shot(scored, frame, codebook, odds)
    kept = np.array([key in labels for key in ids], dtype=bool)
    chosen = [key for key in ids if key in labels]
    _, article = np.unique([key[0] for key in chosen], return_inverse=True)
    gold = np.array([labels[key] >= 0.5 for key in chosen], dtype=bool)
    threshold, columns = codebook.threshold_of(frame), odds[kept]
    if encoder is not None:
        texts = [text for text, k in zip(scored["text"].to_pylist(), kept, strict=True) if k]
        embedded = embeddings(texts, encoder)
        columns = np.hstack([columns, embedded])
        weights = np.concatenate([weights, np.zeros(embedded.shape[1])])
    return Coded(frame, columns, intercept, weights, gold, article.astype(np.int64), threshold)


def embeddings(texts: Sequence[str], encoder: Encoder) -> Float64[np.ndarray, "text width"]:
    """Return the embeddings of sentences, read as a scorer reads them."""
    return encoder.encode([" ".join(text.split()) for text in texts])


def _odds(
    scored: pa.Table, frame: str, codebook: Codebook
) -> Float64[np.ndarray, "sentence wording"]:
    rows = np.array(scored[f"odds_{frame}"].to_pylist(), dtype=np.float64)
    return rows.reshape(-1, len(codebook.frames[frame].hypotheses))


def _zero_shot(
    scored: pa.Table,
    frame: str,
    codebook: Codebook,
    odds: Float64[np.ndarray, "sentence wording"],
) -> tuple[float, Float64[np.ndarray, " wording"]]:
    owners = [name for name, own in codebook.frames.items() for _ in own.hypotheses]
    own = np.array([name == frame for name in owners])
    p = np.array(scored[f"p_{frame}"].to_pylist(), dtype=np.float64)
    logistic = read_logistic(odds[:, own].mean(axis=1), p)
    weights = np.where(own, logistic.slope / own.sum(), 0.0)
    if np.abs(probability_of(odds, logistic.intercept, weights) - p).max(initial=0) > _EXACT:
        raise DataError(
            f"{frame}: its probabilities are not a logistic of the mean log-odds of its wordings; "
            "analyze again with such a calibration, or with none"
        )
    return logistic.intercept, weights


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
    coded: Coded, train: Int64[np.ndarray, " n"]
) -> tuple[float, Float64[np.ndarray, " wording"]]:
    """Return intercept and weights from some of the labels.

    They are those of zero-shot and a correction of it: a logistic regression on standardised
    log-odds with zero-shot as offset and an L2 penalty, so that few labels change little.
    """
    odds = coded.odds[train]
    mean, scale = odds.mean(axis=0), odds.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    design = np.column_stack([np.full(len(odds), FREEDOM), (odds - mean) / scale])
    offset = coded.intercept + odds @ coded.weights
    first, *rest = _corrected(design, offset, coded.gold[train])
    weights = np.array(rest) / scale
    return coded.intercept + FREEDOM * first - float(weights @ mean), coded.weights + weights


def _corrected(
    design: Float64[np.ndarray, "n column"],
    offset: Float64[np.ndarray, " n"],
    gold: Bool[np.ndarray, " n"],
) -> list[float]:
    """Return the coefficients of the penalised logistic regression with an offset."""
    from scipy.optimize import minimize

    def loss(b: Float64[np.ndarray, " column"]) -> tuple[float, Float64[np.ndarray, " column"]]:
        odds = offset + design @ b
        p = np.exp(-np.logaddexp(0, -odds))
        value = np.logaddexp(0, np.where(gold, -odds, odds)).sum() + b @ b / (2 * PENALTY)
        return float(value), design.T @ (p - gold) + b / PENALTY

    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", tol=1e-9)
    return [float(x) for x in found.x]
