"""Agreement between coders, and between a model and the adjudicated label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Float64, Int64

from stance.errors import DataError, MissingExtraError
from stance.gold import Gold, SentenceKey, adjudicate
from stance.metrics import NOTHING, Estimate, interval
from stance.notebook import Rows, html_of_record
from stance.resampling import article_weights
from stance.results import Result

LEAST = 30
"""Fewest sentences from which agreement is called an estimate."""

RESAMPLES = 1_000
ALL = "all coders"
MODEL = "model × adjudicated"

_Counts: TypeAlias = Int64[np.ndarray, "sentence 2"]
_Codes: TypeAlias = Mapping[SentenceKey, Mapping[str, int]]


@final
@dataclass(frozen=True, slots=True)
class Agreement:
    """How far coders agree on a frame: alpha of Krippendorff, percent agreement, Cohen's kappa.

    ``coders`` is a pair, all coders, or the model and the adjudicated label. ``n`` counts sentences
    that at least two of them labelled, ``n_positive`` those that at least one gave the frame. Below
    30 sentences there is no interval and ``note`` says so; ``kappa`` is for pairs only.
    """

    frame: str
    coders: str
    alpha: Estimate
    percent: Estimate
    kappa: Estimate
    n: int
    n_articles: int
    n_positive: int
    note: str

    _repr_html_ = html_of_record


@final
@dataclass(frozen=True, slots=True)
class Disagreement:
    """A sentence on whose frame coders differ; ``votes`` maps coder → 0 or 1."""

    article_id: str
    sentence_id: int
    frame: str
    votes: Mapping[str, int]
    text: str


def agree(
    gold: Gold,
    *,
    result: Result | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Agreement, ...]:
    """Return the agreement of every pair of coders, of all, and of the model, frame by frame.

    Alpha (Krippendorff 2004, nominal) is that of the library krippendorff, kappa (Cohen 1960) that
    of scikit-learn. Intervals are percentile intervals of a bootstrap over articles.

    Args:
        gold: Labels of several coders; of one if a result is given.
        result: Compares the tags of its model with the adjudicated label.
        resamples: Number of bootstrap resamples.
        seed: Seed of the bootstrap.

    Raises:
        DataError: There is one coder only and no result, or no sentence has two labels.
        MissingExtraError: The library krippendorff is not installed.
    """
    if len(gold.coders) < 2 and result is None:
        raise DataError(
            f"{gold.place}: has one coder, {gold.coders[0]!r}, and agreement needs two; add the "
            "rows of another, or name a result with --result"
        )
    found = [
        _agreement(frame, name, codes, resamples, seed)
        for frame in gold.frames
        for name, codes in _comparisons(gold, frame, result)
    ]
    if not any(row.n for row in found):
        raise DataError(
            f"{gold.place}: no sentence has labels of two coders; let them code some of the same"
        )
    return Rows(found)


def _comparisons(gold: Gold, frame: str, result: Result | None) -> list[tuple[str, _Codes]]:
    codes = gold.of_frame(frame)
    pairs = list(combinations(gold.coders, 2))
    found: list[tuple[str, _Codes]] = [
        (f"{a} × {b}", {key: _only(votes, (a, b)) for key, votes in codes.items()})
        for a, b in pairs
    ]
    if len(pairs) > 1:
        found.append((ALL, codes))
    if result is not None:
        found.append((MODEL, _with_model(codes, frame, result)))
    return found


def _only(votes: Mapping[str, int], coders: Sequence[str]) -> dict[str, int]:
    return {coder: votes[coder] for coder in coders if coder in votes}


def _with_model(codes: _Codes, frame: str, result: Result) -> _Codes:
    tags = {(r["article_id"], r["sentence_id"]): int(r[f"tag_{frame}"]) for r in result.scored}
    decided = {key: adjudicate(votes) for key, votes in codes.items() if key in tags}
    return {
        key: {"model": tags[key], "adjudicated": value}
        for key, value in decided.items()
        if value is not None
    }


def _agreement(frame: str, coders: str, codes: _Codes, resamples: int, seed: int) -> Agreement:
    paired = {key: votes for key, votes in codes.items() if len(votes) > 1}
    articles = [article for article, _ in paired]
    n, counts = len(paired), _counts(paired)
    positive = int((counts[:, 1] > 0).sum())
    if not n:
        return Agreement(frame, coders, NOTHING, NOTHING, NOTHING, 0, 0, 0, "no common sentence")
    weights = article_weights(articles, resamples=resamples if n >= LEAST else 0, seed=seed)
    pairs = None if coders == ALL else _pairs(paired)
    return Agreement(
        frame,
        coders,
        interval(
            _alpha(counts), [_alpha(np.repeat(counts, w, axis=0)) for w in _whole(weights)], n
        ),
        interval(float(_agreeing(counts).mean()), weights @ _agreeing(counts) / n_of(weights), n),
        NOTHING if pairs is None else interval(_kappa(pairs), _kappas(pairs, weights), n),
        n,
        len(set(articles)),
        positive,
        _note(n, positive),
    )


def _note(n: int, positive: int) -> str:
    few = f"n = {n} < {LEAST}: a description, not an estimate" if n < LEAST else ""
    return "; ".join(part for part in ("" if positive else "nobody found it", few) if part)


def _counts(codes: _Codes) -> _Counts:
    rows = [[len(votes) - sum(votes.values()), sum(votes.values())] for votes in codes.values()]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def _pairs(codes: _Codes) -> Int64[np.ndarray, "sentence 2"]:
    names = sorted({coder for votes in codes.values() for coder in votes})
    return np.array([[votes[name] for name in names] for votes in codes.values()], dtype=np.int64)


def _whole(weights: Float64[np.ndarray, "resample n"]) -> Int64[np.ndarray, "resample n"]:
    return weights.astype(np.int64)


def n_of(weights: Float64[np.ndarray, "resample n"]) -> Float64[np.ndarray, " resample"]:
    """Return how many sentences every resample holds."""
    sums: np.ndarray = weights.sum(axis=1)
    return sums


def _alpha(counts: _Counts) -> float:
    """Return Krippendorff's alpha; NaN where every label is the same."""
    try:
        import krippendorff
    except ModuleNotFoundError as error:
        raise MissingExtraError("Krippendorff's alpha", "agreement") from error

    if (counts.sum(axis=0) == 0).any():
        return float("nan")
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def _agreeing(counts: _Counts) -> Float64[np.ndarray, " sentence"]:
    """Return the share of pairs of coders that agree on every sentence."""
    n = counts.sum(axis=1)
    shares: np.ndarray = (counts * (counts - 1)).sum(axis=1) / (n * (n - 1))
    return shares


def _kappa(pairs: Int64[np.ndarray, "sentence 2"]) -> float:
    """Return Cohen's kappa; NaN where both coders give one and the same label throughout."""
    from sklearn.metrics import cohen_kappa_score

    alike = bool((pairs == pairs[0, 0]).all())
    return float("nan") if alike else float(cohen_kappa_score(pairs[:, 0], pairs[:, 1]))


def _kappas(
    pairs: Int64[np.ndarray, "sentence 2"], weights: Float64[np.ndarray, "resample n"]
) -> Float64[np.ndarray, " resample"]:
    n = n_of(weights)
    first, second = weights @ pairs[:, 0] / n, weights @ pairs[:, 1] / n
    observed = weights @ (pairs[:, 0] == pairs[:, 1]) / n
    expected = first * second + (1 - first) * (1 - second)
    with np.errstate(divide="ignore", invalid="ignore"):
        kappas: np.ndarray = (observed - expected) / (1 - expected)
    return kappas


def disagreements(gold: Gold, *, result: Result | None = None) -> tuple[Disagreement, ...]:
    """Return every sentence and frame on which coders differ, in the order of the gold.

    Args:
        gold: The labels.
        result: Adds the vote ``model``, and the text where the gold has none.
    """
    texts = {**(result.texts if result else {}), **gold.texts}
    found = []
    for frame in gold.frames:
        codes = gold.of_frame(frame)
        model = {} if result is None else _with_model(codes, frame, result)
        for key, votes in codes.items():
            every = {**votes, **_only(model.get(key, {}), ("model",))}
            if len(set(every.values())) > 1:
                found.append(Disagreement(*key, frame, every, texts.get(key, "")))
    place = {key: k for k, key in enumerate(gold.keys)}
    return Rows(sorted(found, key=lambda d: place[d.article_id, d.sentence_id]))


def agreement_rows(found: Sequence[Agreement]) -> list[dict[str, Any]]:
    """Return agreement as flat rows: ``alpha, alpha_low, alpha_high`` and so on."""
    rows = []
    for one in found:
        figures = {
            f"{name}{end}": value
            for name in ("alpha", "percent", "kappa")
            for end, value in _ends(getattr(one, name))
        }
        counts = {"n": one.n, "n_articles": one.n_articles, "n_positive": one.n_positive}
        rows.append({"frame": one.frame, "coders": one.coders, **figures, **counts})
        rows[-1]["note"] = one.note
    return rows


def _ends(estimate: Estimate) -> tuple[tuple[str, float], ...]:
    return (("", estimate.value), ("_low", estimate.low), ("_high", estimate.high))
