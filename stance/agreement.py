"""Agreement between coders, and between a model and the adjudicated label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Int64

from stance.errors import DataError
from stance.gold import Gold, SentenceKey, adjudicate
from stance.metrics import NOTHING, Estimate, interval
from stance.nominal import agreeing, alpha, alphas, kappa, kappas
from stance.notebook import Rows, html_of_record
from stance.records import Polarity
from stance.resampling import article_weights
from stance.results import Result, Row, stance_in

LEAST = 30
"""Fewest sentences from which agreement is called an estimate."""

RESAMPLES = 1_000
ALL = "all coders"
MODEL = "model × adjudicated"
STANCE = "stance"
"""All targets together; one of them is called ``stance:NAME``, as its column in a gold file."""
ABOUT = "stance without NA"
"""All targets together, where each of the coders gave favor, against or neutral."""

_Counts: TypeAlias = Int64[np.ndarray, "unit category"]
_Unit: TypeAlias = tuple[str, int, str]
"""Article, sentence, and the target or nothing."""
_Codes: TypeAlias = Mapping[_Unit, Mapping[str, int | str]]


@final
@dataclass(frozen=True, slots=True)
class Agreement:
    """How far coders agree on a frame: alpha of Krippendorff, percent agreement, Cohen's kappa.

    ``frame`` is a frame, ``stance:NAME``, `STANCE` or `ABOUT`. ``coders`` is a pair, all coders, or
    the model and the adjudicated label. ``n`` counts what at least two of them labelled: sentences,
    for stance pairs of sentence and target; ``n_positive`` those that at least one gave the frame,
    or favor or against. Below 30 there is no interval and ``note`` says so; ``kappa`` is for pairs
    of coders only.
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
    """A sentence on whose frame coders differ; ``votes`` maps coder → 0 or 1, or a polarity."""

    article_id: str
    sentence_id: int
    frame: str
    votes: Mapping[str, int | str]
    text: str


def agree(
    gold: Gold,
    *,
    result: Result | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Agreement, ...]:
    """Return the agreement of every pair of coders, of all, and of the model, frame by frame.

    The same follows for the stance toward every target and toward all of them, with the labels
    favor, against, neutral and NA (not about it); a target that the result does not list is NA.

    Alpha (Krippendorff 2004, nominal) is that of the library krippendorff, kappa (Cohen 1960) that
    of scikit-learn. Intervals are percentile intervals of a bootstrap over articles.

    Args:
        gold: Labels of several coders; of one if a result is given.
        result: Compares the tags and stances of its model with the adjudicated label.
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
    pairs = list(combinations(gold.coders, 2))
    found = [
        _agreement(name, coders, compared, resamples, seed)
        for name, codes in _questions(gold, result)
        for coders, compared in _comparisons(pairs, codes, model=result is not None)
    ]
    if not any(row.n for row in found):
        raise DataError(
            f"{gold.place}: no sentence has labels of two coders; let them code some of the same"
        )
    return Rows(found)


def _questions(gold: Gold, result: Result | None) -> Iterator[tuple[str, _Codes]]:
    """Yield what was coded, with the votes ``model`` and ``adjudicated`` where there is a result.

    Votes of people are keyed by the coder, those of the comparison with the model apart from them.
    """
    for frame in gold.frames:
        yield frame, _of_frame(gold, frame, result)
    every: dict[_Unit, Mapping[str, int | str]] = {}
    for target in gold.targets:
        codes = _of_target(gold, target, result)
        every |= codes
        yield f"{STANCE}:{target}", codes
    if len(gold.targets) > 1:
        yield STANCE, every
    if gold.targets:
        about = {
            unit: {coder: vote for coder, vote in votes.items() if vote != Polarity.NA.value}
            for unit, votes in every.items()
        }
        yield ABOUT, about


_MODEL, _DECIDED = "\0model", "\0adjudicated"
"""Votes that no coder can be called by."""


def _of_frame(gold: Gold, frame: str, result: Result | None) -> _Codes:
    tags = {} if result is None else {_key(row): int(row[f"tag_{frame}"]) for row in result.scored}
    return {
        (*key, ""): {**votes, **_beside(tags.get(key), adjudicate(votes))}
        for key, votes in gold.of_frame(frame).items()
    }


def _of_target(gold: Gold, target: str, result: Result | None) -> _Codes:
    scored = () if result is None else result.scored
    stances = {_key(row): stance_in(row, target).value for row in scored}
    found: dict[_Unit, Mapping[str, int | str]] = {}
    for key, votes in gold.of_target(target).items():
        decided = adjudicate(votes)
        label = None if decided is None else decided.value
        own = {coder: polarity.value for coder, polarity in votes.items()}
        found[(*key, target)] = {**own, **_beside(stances.get(key), label)}
    return found


def _key(row: Row) -> SentenceKey:
    return row["article_id"], row["sentence_id"]


def _beside(model: int | str | None, decided: int | str | None) -> dict[str, int | str]:
    return {} if model is None or decided is None else {_MODEL: model, _DECIDED: decided}


def _comparisons(
    pairs: Sequence[tuple[str, str]], codes: _Codes, *, model: bool
) -> Iterator[tuple[str, _Codes]]:
    for pair in pairs:
        yield " × ".join(pair), _only(codes, pair)
    if len(pairs) > 1:
        yield ALL, _only(codes, tuple(dict.fromkeys(coder for pair in pairs for coder in pair)))
    if model:
        yield MODEL, _only(codes, (_MODEL, _DECIDED))


def _only(codes: _Codes, coders: Sequence[str]) -> _Codes:
    return {
        unit: {coder: votes[coder] for coder in coders if coder in votes}
        for unit, votes in codes.items()
    }


def _agreement(frame: str, coders: str, codes: _Codes, resamples: int, seed: int) -> Agreement:
    paired = {unit: votes for unit, votes in codes.items() if len(votes) > 1}
    articles = [article for article, _, _ in paired]
    n = len(paired)
    if not n:
        return Agreement(frame, coders, NOTHING, NOTHING, NOTHING, 0, 0, 0, "no common sentence")
    categories = sorted({vote for votes in paired.values() for vote in votes.values()}, key=str)
    counts = _counts(paired, categories)
    found = [k for k, category in enumerate(categories) if category in _FOUND]
    positive = int((counts[:, found].sum(axis=1) > 0).sum())
    weights = article_weights(articles, resamples=resamples if n >= LEAST else 0, seed=seed)
    pairs = None if coders == ALL else _pairs(paired, categories)
    return Agreement(
        frame,
        coders,
        interval(alpha(counts), alphas(counts, weights), n),
        interval(float(agreeing(counts).mean()), weights @ agreeing(counts) / weights.sum(1), n),
        NOTHING if pairs is None else interval(kappa(pairs), kappas(pairs, weights), n),
        n,
        len(set(articles)),
        positive,
        _note(n, positive, categories),
    )


_FOUND = (1, Polarity.FAVOR.value, Polarity.AGAINST.value)


def _note(n: int, positive: int, categories: Sequence[int | str]) -> str:
    alike = f"every label is {categories[0]}" if len(categories) == 1 and positive else ""
    nobody = "" if positive else "nobody found it"
    few = f"n = {n} < {LEAST}: a description, not an estimate" if n < LEAST else ""
    return "; ".join(part for part in (alike, nobody, few) if part)


def _counts(codes: _Codes, categories: Sequence[int | str]) -> _Counts:
    rows = [[list(votes.values()).count(c) for c in categories] for votes in codes.values()]
    return np.array(rows, dtype=np.int64)


def _pairs(codes: _Codes, categories: Sequence[int | str]) -> Int64[np.ndarray, "unit 2"]:
    names = sorted({coder for votes in codes.values() for coder in votes})
    place = {category: k for k, category in enumerate(categories)}
    return np.array(
        [[place[votes[name]] for name in names] for votes in codes.values()], dtype=np.int64
    )


def disagreements(gold: Gold, *, result: Result | None = None) -> tuple[Disagreement, ...]:
    """Return every sentence and frame on which coders differ, in the order of the gold.

    Args:
        gold: The labels.
        result: Adds the vote ``model``, and the text where the gold has none.
    """
    texts = {**(result.texts if result else {}), **gold.texts}
    found = []
    for name, codes in _questions(gold, result):
        if name in {STANCE, ABOUT}:
            continue
        for (article, sentence, _), votes in codes.items():
            own = {coder: vote for coder, vote in votes.items() if coder != _DECIDED}
            every = {coder.removeprefix("\0"): vote for coder, vote in own.items()}
            if len(set(every.values())) > 1:
                text = texts.get((article, sentence), "")
                found.append(Disagreement(article, sentence, name, every, text))
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
