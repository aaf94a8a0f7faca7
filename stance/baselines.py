"""What a model must beat: the majority, terms, embeddings, TF-IDF with logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float64

from stance.codebooks import Codebook
from stance.errors import DataError
from stance.gold import SentenceKey
from stance.records import Question, Sentence
from stance.scorers import Scorer, load_scorer
from stance.tagging import ask_all, log_odds, tag_sentences

FOLDS = 5
HALF = 0.5

Odds: TypeAlias = Mapping[str, Mapping[str, float]]
"""Frame → text → mean natural-log odds over the frame's wordings."""

Rival: TypeAlias = Mapping[str, Mapping[SentenceKey, float]]
"""The probabilities of another system: frame → sentence → probability."""

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


def of_rival(rival: Rival, name: str, frame: str, keys: Sequence[SentenceKey]) -> Answers:
    """Return the answers of another system on a frame, for the sentences of the keys.

    Raises:
        DataError: It has no probability for one of them.
    """
    own = rival.get(frame, {})
    absent = [key for key in keys if key not in own]
    if absent:
        raise DataError(
            f"{name}: has no probability of {frame} for sentence {absent[0][1]} of article "
            f"{absent[0][0]!r}; give one for every labelled sentence"
        )
    return _answers(np.array([own[key] for key in keys], dtype=np.float64))


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
    folds = _folds(gold, articles)
    if isinstance(folds, str):
        return _cannot(folds)
    return _answers(_predicted(tfidf(), list(texts), gold, folds))


def _folds(gold: _Gold, articles: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray]] | str:
    """Return the folds by article, or why there are none."""
    from sklearn.model_selection import GroupKFold

    groups = len(set(articles))
    if groups < 2:
        return "needs two articles to be cross-fitted"
    folds = list(GroupKFold(min(FOLDS, groups)).split(gold, groups=list(articles)))
    if any(gold[train].all() or not gold[train].any() for train, _ in folds):
        return "too few articles with and without the frame to be cross-fitted"
    return folds


def _predicted(model: Any, given: Any, gold: _Gold, folds: Any) -> Float64[np.ndarray, " n"]:
    from sklearn.model_selection import cross_val_predict

    found: np.ndarray = cross_val_predict(model, given, gold, cv=folds, method="predict_proba")
    return found[:, 1]


def similarity(texts: Sequence[str], codebook: Codebook, scorer: Scorer) -> Odds:
    """Return the mean log-odds of every frame's wordings, text by text; each is asked once."""
    answers = ask_all([Question(text, codebook.hypotheses) for text in texts], scorer)
    lengths = [len(frame.hypotheses) for frame in codebook.frames.values()]
    stops = np.cumsum(lengths)[:-1]
    rows = [[float(part.mean()) for part in np.split(log_odds(a), stops)] for a in answers]
    return {
        frame: {text: row[k] for text, row in zip(texts, rows, strict=True)}
        for k, frame in enumerate(codebook.frames)
    }


def cross_fitted_odds(
    odds: Float64[np.ndarray, " n"], gold: _Gold, articles: Sequence[str]
) -> Answers:
    """Return log-odds as probabilities by a logistic that is cross-fitted by article.

    Where that cannot be, they are taken as they are, which the note says.
    """
    from sklearn.linear_model import LogisticRegression

    folds = _folds(gold, articles)
    if isinstance(folds, str):
        p = np.exp(-np.logaddexp(0, -odds))
        return Answers(p >= HALF, p, f"not calibrated: {folds}")
    model = LogisticRegression(C=1e6, max_iter=1_000)
    return _answers(_predicted(model, odds[:, None], gold, folds))


def _answers(probability: Float64[np.ndarray, " n"]) -> Answers:
    return Answers(probability >= HALF, probability)
