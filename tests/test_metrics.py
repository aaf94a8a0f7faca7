"""Figures of merit: scikit-learn's on the sample, the same on every resample, NaN if undefined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from stance.metrics import NAMES, UNCORRECTED, Estimate, bin_of, calibration_error, interval, points
from stance.resampling import article_weights, resampled_figures

NAN = float("nan")


def made(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    probability = np.round(draw.random(n), 1)
    gold = draw.random(n) < probability
    return gold, probability >= 0.5, probability


def by_hand(gold: np.ndarray, present: np.ndarray, p: np.ndarray, w: np.ndarray) -> list[float]:
    inside = w > 0
    gold, present, p, w = gold[inside], present[inside], p[inside], w[inside]
    bins = [np.abs((w * (gold - p))[bin_of(p) == k].sum()) for k in range(10)]
    return [
        float(reference.precision_score(gold, present, sample_weight=w)),
        float(reference.recall_score(gold, present, sample_weight=w)),
        float(reference.f1_score(gold, present, sample_weight=w)),
        float(reference.matthews_corrcoef(gold, present, sample_weight=w)),
        float(reference.average_precision_score(gold, p, sample_weight=w)),
        float(reference.brier_score_loss(gold, p, sample_weight=w)),
        float(np.sum(bins) / w.sum()),
    ]


def test_resampled_figures_are_those_of_scikit_learn_with_weights() -> None:
    gold, present, probability = made(60)
    weights = article_weights([f"a{k % 12}" for k in range(60)], resamples=25, seed=3)
    found = resampled_figures(gold, present, probability, weights)
    assert tuple(found) == NAMES
    for k, row in enumerate(weights):
        expected = by_hand(gold, present, probability, row)
        assert [float(found[name][k]) for name in NAMES] == pytest.approx(expected, abs=1e-12)


def test_points_are_the_resample_in_which_all_are_drawn_once() -> None:
    gold, present, probability = made(80, seed=1)
    once = resampled_figures(gold, present, probability, np.ones((1, 80)))
    expected = {name: pytest.approx(value[0], abs=1e-12) for name, value in once.items()}
    assert points(gold, present, probability) == expected


def test_without_a_gold_sentence_there_is_no_recall() -> None:
    none, tags, p = np.zeros(4, bool), np.array([True, False, False, False]), np.full(4, 0.25)
    found = points(none, tags, p)
    assert {name for name, value in found.items() if math.isnan(value)} == {
        *("recall", "f1", "mcc", "average_precision")
    }
    assert (found["precision"], found["brier"]) == (0.0, 0.0625)
    assert math.isnan(points(~none, ~(~none), p)["precision"])
    resampled = resampled_figures(none, tags, p, np.ones((3, 4)))
    assert {name for name, values in resampled.items() if np.isnan(values).all()} == {
        *("recall", "f1", "mcc", "average_precision")
    }


def test_nothing_measured_is_not_a_number() -> None:
    empty = np.zeros(0, bool)
    assert all(math.isnan(value) for value in points(empty, empty, np.zeros(0)).values())


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    gold = np.array([True, False, True, True])
    assert calibration_error(gold, np.array([0.35, 0.35, 0.9, 1.0])) == pytest.approx(
        (0.5 - 0.35) * 0.5 + (1 - 0.95) * 0.5
    )


def test_whole_articles_are_drawn() -> None:
    weights = article_weights(["a", "b", "a", "c"], resamples=200)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert article_weights(["a"] * 4, resamples=5).sum(axis=1).tolist() == [4.0] * 5
    assert article_weights([], resamples=5).shape == (5, 0)


def test_equal_resamples_give_no_interval() -> None:
    assert interval(0.5, [0.4, 0.5, 0.6, NAN], 9).low == pytest.approx(0.405)
    shifted = interval(0.4, np.linspace(0.3, 0.7, 4_001), 9)
    plain = interval(0.4, np.linspace(0.3, 0.7, 4_001), 9, corrected=False)
    assert (plain.low, plain.high) == pytest.approx((0.31, 0.69))
    assert shifted.low < 0.3 + 0.4 * 0.001
    assert shifted.high == pytest.approx(0.3 + 0.4 * 0.7295, abs=0.001)
    found = interval(1.0, [1.0, 1.0, NAN], 9)
    assert (found.value, found.n, math.isnan(found.low), math.isnan(found.high)) == (
        1,
        9,
        True,
        True,
    )
    assert isinstance(found, Estimate)


def clustered(n_articles: int, draw: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return gold, tags, probability and article of five sentences an article that err alike."""
    article = np.repeat(np.arange(n_articles), 5)
    gold = draw.random(n_articles * 5) < 0.4
    shift = draw.normal(0, 2, n_articles)[article]
    odds = np.where(gold, 1.0, -1.0) + shift + draw.normal(0, 0.5, gold.size)
    return gold, odds > 0, 1 / (1 + np.exp(-odds)), article


def test_the_interval_covers_as_often_as_it_says_though_articles_err_alike() -> None:
    draw = np.random.default_rng(4)
    truth = points(*clustered(20_000, draw)[:3])
    covered: dict[str, list[bool]] = {name: [] for name in NAMES}
    by_sentence: list[bool] = []
    for seed in range(150):
        gold, tags, p, article = clustered(60, draw)
        found = points(gold, tags, p)
        drawn = [
            resampled_figures(gold, tags, p, article_weights(names, resamples=200, seed=seed))
            for names in (article.astype(str).tolist(), [str(k) for k in range(gold.size)])
        ]
        for name in NAMES:
            plain = name in UNCORRECTED
            one = interval(found[name], drawn[0][name], gold.size, corrected=not plain)
            covered[name].append(one.low <= truth[name] <= one.high)
        alone = interval(found["brier"], drawn[1]["brier"], gold.size)
        by_sentence.append(alone.low <= truth["brier"] <= alone.high)
    shares = {name: round(float(np.mean(hits)), 3) for name, hits in covered.items()}
    assert shares.pop("calibration_error") > 0.7
    assert min(shares.values()) > 0.87, shares
    assert np.mean(by_sentence) < shares["brier"] - 0.05
