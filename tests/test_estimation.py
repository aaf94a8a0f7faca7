"""Corrected prevalence: as published code has it where that applies, and honest elsewhere."""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pyarrow as pa
import pytest
from conftest import ROOT

from stance.errors import DataError
from stance.estimation import (
    Corpus,
    Prevalence,
    corpus_of,
    floor_variance,
    labels_needed,
    measure,
)
from stance.estimation.strata import collapsed


def simple_sample() -> Corpus:
    """400 labelled of 2,400 sentences, every sentence an article of its own."""
    generator, n, rest = np.random.default_rng(20), 400, 2000
    truth = (generator.random(n + rest) < 0.3).astype(np.float64)
    score = np.clip(0.25 + 0.5 * truth + generator.normal(0, 0.2, n + rest), 0, 1).round(6)
    label = np.where(np.arange(n + rest) < n, truth, np.nan)
    chance = np.full(n + rest, n / (n + rest))
    return Corpus(np.arange(n + rest), score > 0.5, score, label, chance)


def clustered(seed: int = 0, articles: int = 30) -> Corpus:
    generator = np.random.default_rng(seed)
    article = np.repeat(np.arange(articles), generator.integers(5, 15, articles))
    n = len(article)
    share = 1 / (1 + np.exp(-generator.normal(-0.5, 1, articles)))[article]
    truth = (generator.random(n) < share).astype(np.float64)
    score = np.clip(0.3 + 0.4 * truth + generator.normal(0, 0.2, n), 0, 1)
    inclusion = np.where(score > 0.5, 0.8, 0.4)
    drawn = generator.random(n) < inclusion
    return Corpus(article, score > 0.5, score, np.where(drawn, truth, np.nan), inclusion)


def by_method(found: tuple[Prevalence, ...], group: str = "all") -> dict[str, Prevalence]:
    return {e.method: e for e in found if e.group == group and e.reference is None}


def test_without_clusters_it_is_what_ppi_python_gives() -> None:
    """Figures of ppi-python 0.2.3, ``ppi_mean_ci(Y, Yhat, Yhat_unlabeled, alpha=0.05, lam=…)``.

    Ours scores labelled sentences too, so its slope times N / (N + n) is the library's ``lam``, N
    being the unlabelled: the same estimator. Intervals differ by jackknife and log-odds.
    """
    powered = by_method(measure(simple_sample()))["prediction-powered"]
    assert powered.slope * 2000 / 2400 == pytest.approx(1.065981364278142, rel=1e-12)
    assert powered.estimate.value == pytest.approx(0.3510379012630753, abs=1e-12)
    low, high = 0.31766531072455045, 0.3844104918016002
    assert powered.error == pytest.approx((high - low) / 2 / 1.959964, rel=0.01)
    assert (powered.estimate.low, powered.estimate.high) == pytest.approx((low, high), abs=0.0011)


def test_the_labels_alone_are_the_classical_estimate() -> None:
    """The figures of ppi-python with ``lam=0``."""
    design = by_method(measure(simple_sample()))["design-based"]
    assert design.estimate.value == pytest.approx(0.345, abs=1e-12)
    assert design.error == pytest.approx((0.39158523524160727 - 0.345) / 1.959964, rel=0.01)
    assert design.estimate.n == 400


def test_the_error_is_that_of_deleting_each_article() -> None:
    corpus = clustered()
    found = by_method(measure(corpus))
    for method in ("raw", "design-based", "prediction-powered"):
        without = []
        for article in range(30):
            kept = corpus.article != article
            part = Corpus(
                corpus.article[kept],
                corpus.tagged[kept],
                corpus.score[kept],
                corpus.label[kept],
                corpus.inclusion[kept],
            )
            without.append(by_method(measure(part))[method].estimate.value)
        spread = np.square(np.array(without) - found[method].estimate.value).sum()
        assert found[method].error == pytest.approx(math.sqrt(29 / 30 * spread), rel=1e-9)


def test_labels_are_weighted_by_their_chance() -> None:
    corpus = clustered()
    known = corpus.labelled
    weight = 1 / corpus.inclusion[known]
    expected = float((weight * corpus.label[known]).sum() / weight.sum())
    assert by_method(measure(corpus))["design-based"].estimate.value == pytest.approx(expected)
    assert expected != pytest.approx(float(corpus.label[known].mean()), abs=0.01)


def stratified(seed: int = 0, articles: int = 60) -> Corpus:
    """Return a corpus with a fixed number of labels from each of three strata of the score."""
    corpus = clustered(seed, articles)
    generator = np.random.default_rng([seed, 1])
    stratum = np.searchsorted([0.35, 0.6], corpus.score)
    truth = (generator.random(len(stratum)) < np.array([0.1, 0.4, 0.9])[stratum]) * 1.0
    drawn = np.zeros(len(stratum), dtype=bool)
    for k in range(3):
        drawn[generator.choice(np.flatnonzero(stratum == k), 30, replace=False)] = True
    inclusion = 30 / np.bincount(stratum)[stratum]
    label = np.where(drawn, truth, np.nan)
    return replace(corpus, label=label, inclusion=inclusion, stratum=stratum)


def test_known_strata_are_credited() -> None:
    """The value is that of Horvitz and Thompson; its error that of Σ N_h mean_h, remade."""
    corpus = stratified()
    design = by_method(measure(corpus))["design-based"]
    strata = corpus.stratum
    assert strata is not None

    def value(kept: np.ndarray) -> float:
        parts = [corpus.label[kept & corpus.labelled & (strata == k)].mean() for k in range(3)]
        return float(np.bincount(strata[kept]) @ np.array(parts) / kept.sum())

    every = np.ones(len(strata), dtype=bool)
    known = corpus.labelled
    weighted = (corpus.label[known] / corpus.inclusion[known]).sum() / len(strata)
    assert design.estimate.value == pytest.approx(value(every), rel=1e-12)
    assert design.estimate.value == pytest.approx(weighted, rel=1e-12)
    without = np.array([value(corpus.article != k) for k in range(60)])
    spread = float(np.square(without - value(every)).sum())
    assert design.error == pytest.approx(math.sqrt(59 / 60 * spread), rel=1e-9)
    unknown = by_method(measure(replace(corpus, stratum=None)))["design-based"]
    assert unknown.estimate.value == pytest.approx(design.estimate.value, rel=1e-12)
    assert unknown.error > 1.2 * design.error


def test_strata_of_few_articles_join_the_most_alike_of_their_group() -> None:
    corpus = stratified()
    assert corpus.stratum is not None
    group = (corpus.article % 2).astype(np.int64)
    assert len(np.unique(collapsed(corpus, group))) == 6
    thin = corpus.label.copy()
    inside = np.flatnonzero((corpus.stratum == 2) & (group == 0) & corpus.labelled)
    thin[inside[corpus.article[inside] != corpus.article[inside[0]]]] = np.nan
    found = collapsed(replace(corpus, label=thin), group)
    assert len(np.unique(found)) == 5
    assert set(np.unique(found[group == 0])) & set(np.unique(found[group == 1])) == set()


def test_clusters_widen_the_interval() -> None:
    corpus = clustered(articles=200)
    alone = replace(corpus, article=np.arange(len(corpus.article)))
    for method in ("raw", "design-based", "prediction-powered"):
        assert by_method(measure(corpus))[method].error > by_method(measure(alone))[method].error


def test_a_difference_of_groups_is_of_their_estimates() -> None:
    corpus = clustered()
    groups = ["b" if k % 2 else "a" for k in corpus.article]
    found = measure(corpus, groups)
    for method in ("raw", "design-based", "prediction-powered"):
        (apart,) = (e for e in found if e.reference == "a" and e.method == method)
        first, second = by_method(found, "a")[method], by_method(found, "b")[method]
        assert apart.group == "b"
        gap = second.estimate.value - first.estimate.value
        assert apart.estimate.value == pytest.approx(gap, abs=1e-12)
        assert apart.articles == first.articles + second.articles
        assert apart.estimate.low < gap < apart.estimate.high


def test_groups_inside_articles_are_not_independent() -> None:
    corpus = clustered()
    groups = ["lead" if k % 2 else "body" for k in range(len(corpus.article))]
    found = measure(corpus, groups, reference="lead")
    (apart,) = (e for e in found if e.reference == "lead" and e.method == "raw")
    assert (apart.group, apart.articles) == ("body", 30)


def test_a_group_of_one_article_has_no_interval() -> None:
    corpus = clustered()
    groups = ["alone" if k == 0 else "many" for k in corpus.article]
    found = measure(corpus, groups)
    alone = by_method(found, "alone")
    inside = corpus.article == 0
    assert alone["raw"].estimate.value == pytest.approx(corpus.tagged[inside].mean())
    assert math.isnan(alone["raw"].estimate.low)
    assert math.isnan(alone["design-based"].estimate.value)
    assert alone["design-based"].articles == 1
    apart = [e for e in found if e.reference == "alone"]
    assert [math.isnan(e.estimate.value) for e in apart] == [True] * 3
    assert not math.isnan(by_method(found, "many")["prediction-powered"].error)


def test_too_few_labels_are_refused() -> None:
    corpus = clustered()
    first = np.flatnonzero(corpus.labelled)[:29]
    label = np.full(len(corpus.label), np.nan)
    label[first] = 1.0
    with pytest.raises(
        DataError, match=r"29 labels in \d+ articles: an estimate needs at least 30"
    ):
        measure(replace(corpus, label=label))


def test_labels_of_few_articles_are_refused() -> None:
    corpus = clustered(articles=40)
    article = np.minimum(corpus.article, 3)
    with pytest.raises(DataError, match=r"labels in 4 articles: .* in 5 articles"):
        measure(replace(corpus, article=article))


def test_an_unknown_reference_is_refused() -> None:
    corpus = clustered()
    groups = ["a"] * len(corpus.article)
    with pytest.raises(DataError, match="no sentence is in the group 'c'; the groups are a"):
        measure(corpus, groups, reference="c")


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_labels_all_alike_get_the_exact_bound_of_articles(value: float) -> None:
    corpus = clustered()
    label = np.where(corpus.labelled, value, np.nan)
    found = by_method(measure(replace(corpus, label=label)))
    articles = len(np.unique(corpus.article[corpus.labelled]))
    far = 1 - 0.025 ** (1 / articles)
    low, high = (0.0, far) if value == 0 else (1 - far, 1.0)
    for method in ("design-based", "prediction-powered"):
        estimate = found[method].estimate
        assert estimate.value == pytest.approx(value, abs=1e-12)
        assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-12)


def test_a_difference_to_a_group_without_positive_labels_is_not_certain() -> None:
    corpus = clustered()
    odd = corpus.article % 2 == 1
    label = np.where(corpus.labelled & odd, 0.0, corpus.label)
    found = measure(replace(corpus, label=label), ["b" if k else "a" for k in odd])
    (apart,) = (e for e in found if e.reference == "a" and e.method == "design-based")
    assert apart.error > by_method(found, "a")["design-based"].error


def test_scores_that_say_nothing_gain_nothing() -> None:
    corpus = clustered()
    powered = by_method(measure(replace(corpus, score=np.full(len(corpus.score), 0.4))))
    assert powered["prediction-powered"].slope == 0.0
    assert powered["prediction-powered"].gain == pytest.approx(1.0)


def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage", ROOT / "benchmarks" / "coverage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("place", [0, 1])
def test_intervals_cover_as_often_as_they_say(place: int) -> None:
    coverage = benchmark()
    scenario = coverage.SCENARIOS[place]
    assert scenario.stratified == bool(place)
    truth = coverage.prevalence(scenario.level[0])
    hits = {"raw": 0, "design-based": 0, "prediction-powered": 0}
    for number in range(200):
        corpus, _ = coverage.draw(scenario, np.random.default_rng([7, number]))
        for found in measure(corpus):
            hits[found.method] += found.estimate.low <= truth <= found.estimate.high
    assert hits["raw"] == 0
    assert 181 <= hits["design-based"] <= 198
    assert 181 <= hits["prediction-powered"] <= 198


def test_a_plan_of_labels_comes_true() -> None:
    coverage = benchmark()
    few = coverage.SCENARIOS[0]
    plans, wanted = [], 0.04
    for number in range(20):
        corpus, _ = coverage.draw(few, np.random.default_rng([8, number]))
        found = by_method(measure(corpus))["prediction-powered"]
        plans.append(labels_needed(found, floor_variance(corpus), wanted))
    many = replace(few, labels=int(np.median(plans)))
    halves = []
    for number in range(20):
        corpus, _ = coverage.draw(many, np.random.default_rng([9, number]))
        estimate = by_method(measure(corpus))["prediction-powered"].estimate
        halves.append((estimate.high - estimate.low) / 2)
    assert 400 < np.median(plans) < 800
    assert float(np.mean(halves)) == pytest.approx(wanted, rel=0.1)


def test_no_number_of_labels_makes_up_for_few_articles() -> None:
    corpus = clustered()
    found = by_method(measure(corpus))["prediction-powered"]
    assert labels_needed(found, floor_variance(corpus), 0.0001) == math.inf


TABLE = pa.table(
    {
        "article_id": ["x", "x", "y"],
        "sentence_id": [0, 1, 0],
        "scored": [True, False, True],
        "p_calm": [0.9, None, 0.2],
        "tag_calm": [True, None, False],
    }
)


def test_a_corpus_is_the_scored_sentences_with_their_labels() -> None:
    corpus = corpus_of(
        TABLE, "calm", {("y", 0): 1.0, ("x", 1): 0.0}, {("y", 0): 0.5, ("x", 1): 0.5}
    )
    assert corpus.article.tolist() == [0, 1]
    assert corpus.tagged.tolist() == [True, False]
    assert corpus.score.tolist() == [0.9, 0.2]
    np.testing.assert_equal(corpus.label, [np.nan, 1.0])
    np.testing.assert_equal(corpus.inclusion, [np.nan, 0.5])


def test_strata_are_used_where_they_name_every_scored_sentence() -> None:
    labels, chances = {("y", 0): 1.0}, {("y", 0): 0.5}
    strata = {("x", 0): "low", ("y", 0): "high", ("z", 3): "other"}
    assert corpus_of(TABLE, "calm", labels, chances, strata).stratum.tolist() == [1, 0]
    assert corpus_of(TABLE, "calm", labels, chances, {("y", 0): "high"}).stratum is None


def test_a_label_of_an_unknown_sentence_is_refused() -> None:
    with pytest.raises(DataError, match=r"1 labels .* first is article 'z', sentence 4"):
        corpus_of(TABLE, "calm", {("z", 4): 1.0})


def test_an_unknown_frame_is_refused() -> None:
    with pytest.raises(DataError, match="no column p_war; the frame was not asked"):
        corpus_of(TABLE, "war", {})


@pytest.mark.parametrize(("chances", "shown"), [({}, "missing"), ({("y", 0): 0.0}, "0.0")])
def test_an_impossible_chance_is_refused(chances: dict[tuple[str, int], float], shown: str) -> None:
    with pytest.raises(DataError, match=f"'y', sentence 0: its inclusion probability is {shown}"):
        corpus_of(TABLE, "calm", {("y", 0): 1.0}, {("x", 0): 0.5} | chances)
