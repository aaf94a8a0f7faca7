"""A result against gold labels: figures with intervals, baselines beside the model, slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float64

from stance.baselines import (
    Answers,
    Odds,
    Rival,
    cross_fitted,
    cross_fitted_odds,
    lexical,
    majority,
    of_rival,
    similarity,
)
from stance.calibration import Labels
from stance.errors import DataError
from stance.gold import Gold, adjudicated, check_sentences, require_labels
from stance.metrics import (
    NAMES,
    NOTHING,
    UNCORRECTED,
    Estimate,
    interval,
    points,
)
from stance.notebook import Bar, html_of_rows, short_repr
from stance.resampling import RESAMPLES, Weights, article_weights, resampled_figures
from stance.results import Result, Row, part_of
from stance.scorers import Scorer

MODEL = "model"
EMBEDDING = "embedding"
TFIDF = "TF-IDF + logistic regression"
EVERY = "all"
MACRO = "macro"
SLICES = ("voice", "section", "outlet", "length")

_Resampled: TypeAlias = Mapping[str, Float64[np.ndarray, " resample"]]


@final
@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one system on one frame, over all labelled sentences or a part of them.

    ``figures`` maps the names of `stance.metrics.NAMES` to estimates. ``by`` is what the part is a
    part by (voice, section, outlet, length), or all. The frame ``macro`` is the mean over those
    frames that have a gold sentence.
    """

    system: str
    frame: str
    by: str
    part: str
    figures: Mapping[str, Estimate]
    n: int
    n_articles: int
    n_positive: int
    n_tagged: int
    note: str = ""

    def notebook_cells(self) -> dict[str, Any]:
        """Return what one row of a table shows."""
        f1 = self.figures["f1"]
        bar = {"": Bar(f1.value, f1.low, f1.high)}
        return {"frame": self.frame, "system": self.system, **bar, **self.figures, "n": self.n}


@final
@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The labelled sentences of a frame: rows of the result, gold, and the model's answers."""

    frame: str
    rows: tuple[Row, ...]
    gold: Bool[np.ndarray, " n"]
    answers: Answers

    @property
    def articles(self) -> list[str]:
        """The article of every sentence."""
        return [row["article_id"] for row in self.rows]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The outcome of `evaluate`: ``scores`` are its rows, ``judged`` what they were made of."""

    scores: tuple[Scores, ...]
    judged: tuple[Judged, ...]

    def of(self, system: str, frame: str) -> Scores:
        """Return the figures of a system on a frame over all labelled sentences."""
        return next(s for s in self.scores if (s.system, s.frame, s.by) == (system, frame, EVERY))

    def table(self) -> list[dict[str, Any]]:
        """Return flat rows: ``f1, f1_low, f1_high`` and so on, with the counts."""
        return [_flat(scores) for scores in self.scores]

    def _repr_html_(self) -> str:
        return html_of_rows([s.notebook_cells() for s in self.scores if s.by == EVERY])

    __repr__ = short_repr


def evaluate(
    result: Result,
    gold: Gold,
    *,
    rivals: Mapping[str, Rival] | None = None,
    embedding: Scorer | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Evaluation:
    """Compare a result with gold labels, frame by frame, with baselines beside the model.

    Coders are adjudicated first (see `stance.gold.adjudicate`); NA and ties are left out. Intervals
    are percentile intervals of a bootstrap over articles; all systems see the same resamples. The
    baselines are the majority, the lexical scorer, and TF-IDF with logistic regression cross-fitted
    by article on these very labels; with an ``embedding`` also its cosine with the wordings, turned
    into probabilities by a logistic that is cross-fitted in the same way.

    Args:
        result: What `stance analyze` wrote.
        gold: Labels of some of its sentences, not those that its calibration was fitted on.
        rivals: Other systems by name: frame → sentence → probability; 0.5 and more is a tag.
        embedding: A scorer that compares embeddings (``load_scorer("embedding")``).
        resamples: Number of bootstrap resamples.
        seed: Seed of the bootstrap.

    Raises:
        DataError: A sentence of the gold is not in the result or in a rival, every label is NA, or
            the result was calibrated on the same labels.
    """
    check_sentences(gold, result.texts, str(result.folder))
    check_apart(gold, result.fitted_on)
    require_labels(gold, gold.frames)
    judged = _judged(result, gold)
    known = list(dict.fromkeys(row["article_id"] for one in judged for row in one.rows))
    by_article = article_weights(known, resamples=resamples, seed=seed)
    alike = similarity(_texts(judged), result.codebook, embedding) if embedding else None
    scores: list[Scores] = []
    overall: dict[str, list[tuple[Scores, _Resampled]]] = {}
    for one in judged:
        weights = _weights(one, known, by_article, seed)
        for system, answers in _systems(one, result, rivals or {}, alike).items():
            entry = _scores(system, one, answers, weights)
            scores.append(entry[0])
            overall.setdefault(system, []).append(entry)
        scores += _slices(one, result, weights)
    macro = [_macro(system, entries) for system, entries in overall.items()] if judged[1:] else []
    return Evaluation((*scores, *macro), tuple(judged))


def check_apart(gold: Gold, fitted_on: Sequence[Labels]) -> None:
    """Check that no calibration was fitted on the gold.

    Raises:
        DataError: It was, on the same file or on some of the same sentences.
    """
    keys = set(gold.keys)
    for labels in fitted_on:
        shared = keys & set(labels.ids)
        if labels.sha256 == gold.sha256:
            what = "on this very file"
        elif shared:
            article, sentence = min(shared)
            what = (
                f"on {len(shared)} of its sentences (from {labels.file}), for instance sentence "
                f"{sentence} of article {article!r}"
            )
        else:
            continue
        raise DataError(
            f"{gold.place}: the calibration was fitted {what}; evaluate on other sentences"
        )


def _judged(result: Result, gold: Gold) -> list[Judged]:
    scored = {(row["article_id"], row["sentence_id"]): row for row in result.scored}
    found = []
    for frame in gold.frames:
        labels = {k: v for k, v in adjudicated(gold, frame).items() if k in scored}
        rows = tuple(scored[key] for key in labels)
        answers = Answers(
            np.array([row[f"tag_{frame}"] for row in rows], dtype=bool),
            np.array([row[f"p_{frame}"] for row in rows], dtype=np.float64),
        )
        values = np.array(list(labels.values()), dtype=bool)
        found.append(Judged(frame, rows, values, answers))
    return found


def _weights(one: Judged, known: list[str], by_article: Weights, seed: int) -> Weights:
    if len(known) == 1:
        return article_weights(one.articles, resamples=len(by_article), seed=seed)
    place = {article: k for k, article in enumerate(known)}
    weights: np.ndarray = by_article[:, [place[article] for article in one.articles]]
    return weights


def _texts(judged: Sequence[Judged]) -> list[str]:
    return list(dict.fromkeys(row["text"] for one in judged for row in one.rows))


def _systems(
    one: Judged, result: Result, rivals: Mapping[str, Rival], alike: Odds | None
) -> dict[str, Answers]:
    texts = [row["text"] for row in one.rows]
    keys = [(row["article_id"], row["sentence_id"]) for row in one.rows]
    found = {
        MODEL: one.answers,
        **{name: of_rival(rival, name, one.frame, keys) for name, rival in rivals.items()},
        TFIDF: cross_fitted(texts, one.gold, one.articles),
    }
    if alike is not None:
        odds = np.array([alike[one.frame][text] for text in texts], dtype=np.float64)
        found[EMBEDDING] = cross_fitted_odds(odds, one.gold, one.articles)
    found["lexical"] = lexical(texts, result.codebook)[one.frame]
    found["majority"] = majority(one.gold)
    return found


def _scores(
    system: str, one: Judged, answers: Answers, weights: Weights, by: str = EVERY, part: str = EVERY
) -> tuple[Scores, _Resampled]:
    n, positive, asked = len(one.gold), int(one.gold.sum()), len(answers.probability) > 0
    figures: dict[str, Estimate] = dict.fromkeys(NAMES, NOTHING)
    resampled: _Resampled = {}
    if asked:
        found = points(one.gold, answers.present, answers.probability)
        resampled = resampled_figures(one.gold, answers.present, answers.probability, weights)
        figures = {name: _interval(name, found[name], resampled[name], n) for name in NAMES}
    note = answers.note or ("" if positive else f"no gold sentence among {n}")
    counts = (n, len(set(one.articles)), positive, int(answers.present.sum()))
    return Scores(system, one.frame, by, part, figures, *counts, note), resampled


def _interval(
    name: str, value: float, resampled: Float64[np.ndarray, " resample"], n: int
) -> Estimate:
    return interval(value, resampled, n, corrected=name not in UNCORRECTED)


def _macro(system: str, entries: Sequence[tuple[Scores, _Resampled]]) -> Scores:
    used = [(s, r) for s, r in entries if s.n_positive]
    figures: dict[str, Estimate] = dict.fromkeys(NAMES, NOTHING)
    n = max((s.n for s, _ in used), default=0)
    if used and all(r for _, r in used):
        for name in NAMES:
            value = float(np.mean([s.figures[name].value for s, _ in used]))
            drawn = np.mean([r[name] for _, r in used], axis=0)
            figures[name] = _interval(name, value, drawn, n)
    tagged = sum(s.n_tagged for s, _ in used)
    articles = max((s.n_articles for s, _ in used), default=0)
    note = f"mean of {len(used)} frames"
    positive = sum(s.n_positive for s, _ in used)
    return Scores(system, MACRO, EVERY, EVERY, figures, n, articles, positive, tagged, note)


def _slices(one: Judged, result: Result, weights: Weights) -> Iterator[Scores]:
    for by in SLICES:
        parts = np.array([part_of(row, by, result) for row in one.rows], dtype=object)
        names = sorted({part for part in parts if part is not None})
        for name in names if len(names) > 1 or None in parts else ():
            inside = np.flatnonzero(parts == name)
            yield _scores(MODEL, *_cut(one, inside), weights[:, inside], by, name)[0]


def _cut(one: Judged, inside: np.ndarray) -> tuple[Judged, Answers]:
    answers = Answers(one.answers.present[inside], one.answers.probability[inside])
    rows = tuple(one.rows[k] for k in inside)
    return Judged(one.frame, rows, one.gold[inside], answers), answers


def _flat(scores: Scores) -> dict[str, Any]:
    row: dict[str, Any] = {
        "frame": scores.frame,
        "system": scores.system,
        "by": scores.by,
        "part": scores.part,
    }
    for name, estimate in scores.figures.items():
        row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    counts = ("n", "n_articles", "n_positive", "n_tagged", "note")
    return row | {name: getattr(scores, name) for name in counts}
