"""Measured stances against gold labels: target by target and all together, beside baselines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stance.codebooks import Codebook
from stance.errors import DataError
from stance.gold import Gold, SentenceKey, check_sentences, decided
from stance.metrics import NOTHING, Estimate, interval
from stance.records import Mention, Polarity, Span
from stance.resampling import RESAMPLES, Weights, article_weights
from stance.results import Result, Row, sentence_of, stance_in
from stance.scorers import load_scorer
from stance.tagging import tag_sentences

LABELS = (Polarity.FAVOR, Polarity.AGAINST, Polarity.NEUTRAL)
"""The labels that are a stance; NA is none."""
OF_LABEL = ("precision", "recall", "f1")
ALL_TARGETS = "all targets"
_ORDER = (*LABELS, Polarity.NA)
_NA = len(LABELS)

_Codes: TypeAlias = Int64[np.ndarray, " pair"]
"""Places in favor, against, neutral, NA."""


@final
@dataclass(frozen=True, slots=True)
class StanceScores:
    """The figures of one system on the stance toward one target, or toward all.

    ``accuracy`` is over the ``n`` pairs of sentence and target with a gold stance. Precision,
    recall and F1 of ``labels`` are over these and the ``n_na`` pairs that people call NA, so that a
    stance where there is none costs precision and an NA where there is one costs recall.
    ``macro_f1`` is the mean F1 of the labels that gold has. ``counts`` says how many pairs gold
    gives every label.
    """

    system: str
    target: str
    accuracy: Estimate
    macro_f1: Estimate
    labels: Mapping[str, Mapping[str, Estimate]]
    counts: Mapping[str, int]
    n: int
    n_na: int
    n_articles: int
    note: str = ""


@final
@dataclass(frozen=True, slots=True)
class _Pairs:
    """Coded pairs of sentence and target, with the label of every system."""

    rows: tuple[Row, ...]
    targets: tuple[str, ...]
    gold: _Codes
    systems: Mapping[str, _Codes]


def evaluate_stances(
    result: Result, gold: Gold, *, resamples: int = RESAMPLES, seed: int = 0
) -> list[StanceScores]:
    """Compare the stances of a result with gold labels, beside two baselines.

    Coders are adjudicated first, ties are left out. The lexical row counts words that speak well or
    ill of somebody, in the sentences where the result finds the target; the majority gives every
    pair the most frequent gold stance. Intervals are those of a bootstrap over articles.

    Args:
        result: What `stance analyze` wrote.
        gold: Stances toward some of its targets.
        resamples: Number of bootstrap resamples.
        seed: Seed of the bootstrap.

    Raises:
        DataError: A sentence or target of the gold is not in the result, or no stance was coded.
    """
    check_sentences(gold, result.texts, str(result.folder))
    absent = [target for target in gold.targets if target not in result.targets]
    if absent:
        raise DataError(f"{gold.place}: the result has no target {absent[0]!r}; analyze with it")
    pairs = _pairs(result, gold)
    if not pairs.gold.size:
        raise DataError(
            f"{gold.place}: no stance is coded; write favor, against, neutral or NA for at least "
            "one sentence"
        )
    weights = article_weights(
        [row["article_id"] for row in pairs.rows], resamples=resamples, seed=seed
    )
    every = np.ones(len(pairs.gold), dtype=bool)
    parts = {t: np.array([own == t for own in pairs.targets]) for t in gold.targets}
    shown = {**parts, ALL_TARGETS: every} if len(parts) > 1 else parts
    return [
        _scores(system, target, pairs, inside, weights)
        for target, inside in shown.items()
        for system in pairs.systems
    ]


def _pairs(result: Result, gold: Gold) -> _Pairs:
    scored: dict[SentenceKey, Row] = {(r["article_id"], r["sentence_id"]): r for r in result.scored}
    coded = [
        (scored[key], target, polarity)
        for target in gold.targets
        for key, polarity in decided(gold.of_target(target)).items()
        if key in scored
    ]
    rows, targets = tuple(row for row, _, _ in coded), tuple(target for _, target, _ in coded)
    truth = _codes([polarity for _, _, polarity in coded])
    systems = {
        "model": _codes(
            [stance_in(row, target) for row, target in zip(rows, targets, strict=True)]
        ),
        "lexical": _lexical(rows, targets, result.codebook),
        "majority": _majority(truth),
    }
    return _Pairs(rows, targets, truth, systems)


def _codes(polarities: Sequence[Polarity]) -> _Codes:
    return np.array([_ORDER.index(polarity) for polarity in polarities], dtype=np.int64)


def _majority(gold: _Codes) -> _Codes:
    counts = Counter(gold[gold != _NA].tolist())
    most = min(counts, key=lambda code: (-counts[code], code)) if counts else _NA
    return np.full(len(gold), most, dtype=np.int64)


def _lexical(rows: Sequence[Row], targets: Sequence[str], codebook: Codebook) -> _Codes:
    sentences = [sentence_of(row) for row in rows]
    mentions = [
        tuple(
            Mention(target, Span(entry["start"], entry["end"]), entry["linked"])
            for entry in row["stance"] or ()
            if entry["target"] == target
        )
        for row, target in zip(rows, targets, strict=True)
    ]
    scorer = load_scorer("lexical", codebook=codebook)
    tagged = tag_sentences(sentences, codebook, scorer, mentions=mentions)
    pairs = zip(tagged, targets, strict=True)
    return _codes([sentence.stance_toward(target) for sentence, target in pairs])


def _scores(
    system: str, target: str, pairs: _Pairs, inside: Bool[np.ndarray, " pair"], weights: Weights
) -> StanceScores:
    gold, found, drawn = pairs.gold[inside], pairs.systems[system][inside], weights[:, inside]
    articles = [row["article_id"] for row, own in zip(pairs.rows, inside, strict=True) if own]
    counts = {label.value: int((gold == k).sum()) for k, label in enumerate(LABELS)}
    n = sum(counts.values())
    once = np.ones((1, len(gold)))
    values, resampled = (_figures(gold, found, own, counts) for own in (once, drawn))
    estimates = {
        name: interval(float(value[0]), resampled[name], n) if n else NOTHING
        for name, value in values.items()
    }
    absent = [label for label, count in counts.items() if not count]
    return StanceScores(
        system,
        target,
        estimates["accuracy"],
        estimates["macro_f1"],
        {
            label.value: {name: estimates[f"{label.value} {name}"] for name in OF_LABEL}
            for label in LABELS
        },
        counts,
        n,
        len(gold) - n,
        len(set(articles)),
        _note(absent),
    )


def _note(absent: Sequence[str]) -> str:
    if len(absent) == len(LABELS):
        return "no gold stance"
    return f"no gold {' or '.join(absent)}" if absent else ""


def _figures(
    gold: _Codes, found: _Codes, weights: Weights, counts: Mapping[str, int]
) -> dict[str, Float64[np.ndarray, " resample"]]:
    """Return every figure in every resample; NaN where it is undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        about = gold != _NA
        figures = {"accuracy": weights @ (about & (gold == found)) / (weights @ about)}
        for k, label in enumerate(LABELS):
            right, given = weights @ ((gold == k) & (found == k)), weights @ (found == k)
            true = weights @ (gold == k)
            figures[f"{label.value} precision"] = right / given
            figures[f"{label.value} recall"] = right / true
            figures[f"{label.value} f1"] = np.where(true > 0, 2 * right / (given + true), np.nan)
    known = [figures[f"{label} f1"] for label, count in counts.items() if count]
    figures["macro_f1"] = np.mean(known, axis=0) if known else np.full(len(weights), np.nan)
    return figures


def stance_rows(found: Sequence[StanceScores]) -> list[dict[str, Any]]:
    """Return flat rows with the column names of those of frames: one a system, one a label more.

    ``frame`` is ``stance:NAME``, or ``stance`` for all targets. The row of a system holds the
    accuracy and, as ``f1``, the mean F1; rows of labels have ``by`` label.
    """
    return [row for scores in found for row in _flat(scores)]


def _flat(scores: StanceScores) -> list[dict[str, Any]]:
    frame = "stance" if scores.target == ALL_TARGETS else f"stance:{scores.target}"
    about = {"frame": frame, "system": scores.system}
    counts = {"n": scores.n, "n_articles": scores.n_articles}
    rest = {"n_na": scores.n_na, "note": scores.note}
    figures = {**dict.fromkeys(OF_LABEL, NOTHING), "f1": scores.macro_f1}
    whole = {**about, "by": "all", "part": "all", **_ends(figures), **counts}
    whole |= {"n_positive": scores.n, **_ends({"accuracy": scores.accuracy}), **rest}
    of_labels = [
        {**about, "by": "label", "part": label, **_ends(own), **counts}
        | {"n_positive": scores.counts[label], **_ends({"accuracy": NOTHING}), **rest}
        for label, own in scores.labels.items()
    ]
    return [whole, *of_labels]


def _ends(figures: Mapping[str, Estimate]) -> dict[str, float]:
    return {
        f"{name}{end}": value
        for name, estimate in figures.items()
        for end, value in (("", estimate.value), ("_low", estimate.low), ("_high", estimate.high))
    }
