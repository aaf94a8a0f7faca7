"""What a model must beat: the majority, counting terms, and TF-IDF with logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float64

from stance.codebooks import Codebook
from stance.records import Sentence
from stance.scorers import load_scorer
from stance.tagging import tag_sentences

FOLDS = 5
HALF = 0.5

_Gold: TypeAlias = Bool[np.ndarray, " n"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a system says of a frame, one place a sentence: tags and probabilities.

    Where it could not be asked both are empty and ``note`` says why.
    """

    present: Bool[np.ndarray, " n"]
    probability: Float64[np.ndarray, " n"]
    note: str = ""


def _cannot(note: str) -> Answers:
    return Answers(np.zeros(0, bool), np.zeros(0), note)


def majority(gold: _Gold) -> Answers:
    """Return the answers of whoever knows the prevalence and nothing else."""
    share = gold.mean() if gold.size else 0.0
    return Answers(np.full(len(gold), share >= HALF), np.full(len(gold), float(share)))


def lexical(texts: Sequence[str], codebook: Codebook) -> dict[str, Answers]:
    """Return, frame by frame, the answers of the scorer that counts the codebook's terms."""
    scorer = load_scorer("lexical", codebook=codebook)
    sentences = [Sentence("", k, 0, len(text), text) for k, text in enumerate(texts)]
    tagged = tag_sentences(sentences, codebook, scorer)
    found = {}
    for k, frame in enumerate(codebook.frames):
        tags = [sentence.tags[k] if sentence.scored else None for sentence in tagged]
        found[frame] = Answers(
            np.array([tag is not None and tag.present for tag in tags], dtype=bool),
            np.array([0.0 if tag is None else tag.probability for tag in tags], dtype=np.float64),
        )
    return found


def tfidf() -> Any:
    """Return an unfitted TF-IDF of one and two words with a logistic regression (scikit-learn)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(C=10.0, max_iter=1_000),
    )


def fitted_elsewhere(
    texts: Sequence[str], other_texts: Sequence[str], other_gold: _Gold
) -> Answers:
    """Return the answers of TF-IDF with logistic regression trained on other sentences."""
    model = tfidf().fit(list(other_texts), other_gold)
    return _answers(model.predict_proba(list(texts))[:, 1])


def cross_fitted(texts: Sequence[str], gold: _Gold, articles: Sequence[str]) -> Answers:
    """Return the answers of TF-IDF with logistic regression, cross-fitted by article.

    Every sentence is answered by a model that was trained on other articles only (at most five
    folds). Without two articles, or with a fold whose training part is all alike, there are none.
    """
    from sklearn.model_selection import GroupKFold, cross_val_predict

    groups = len(set(articles))
    if groups < 2:
        return _cannot("needs two articles to be cross-fitted")
    folds = list(GroupKFold(min(FOLDS, groups)).split(gold, groups=list(articles)))
    if any(gold[train].all() or not gold[train].any() for train, _ in folds):
        return _cannot("too few articles with and without the frame to be cross-fitted")
    found = cross_val_predict(tfidf(), list(texts), gold, cv=folds, method="predict_proba")
    return _answers(found[:, 1])


def _answers(probability: Float64[np.ndarray, " n"]) -> Answers:
    return Answers(probability >= HALF, probability)
