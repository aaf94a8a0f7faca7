"""Statistics of a corpus against values worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import stance
from stance.corpus import (
    Corpus,
    Groups,
    corpus_of_profiles,
    corpus_of_rows,
    count_words,
    distinctive_words,
    group_distances,
    groups_of,
    log_odds,
    quoted,
    trends,
    typical_sentences,
)
from stance.corpus.columns import corpus_shares
from stance.corpus.distances import jensen_shannon
from stance.corpus.trends import follows, start_of
from stance.errors import DataError
from stance.groups import group_shares
from stance.intervals import ratio_interval, resampled_ratios, share_interval
from stance.records import Article

PATH = Path(__file__).parent.parent / "notebooks" / "data" / "made_up_outlets.jsonl"


@pytest.fixture(scope="module")
def result() -> stance.Analysis:
    return stance.analyze(PATH, model="lexical", targets="none")


@pytest.fixture(scope="module")
def corpus(result: stance.Analysis) -> Corpus:
    return corpus_of_profiles(result.profiles)


def made(sentences: list[tuple[int, str, tuple[float, float]]]) -> Corpus:
    """A corpus of two frames: article, text, probabilities; from .5 on a frame is present."""
    n = 1 + max(article for article, _, _ in sentences)
    probability = np.array([p for _, _, p in sentences])
    nobody = (None,) * len(sentences)
    return Corpus(
        ("care", "force"),
        tuple(Article(f"a{k}", "", outlet="xy"[k % 2]) for k in range(n)),
        np.array([article for article, _, _ in sentences]),
        np.arange(len(sentences)),
        probability >= 0.5,
        probability,
        tuple(text for _, text, _ in sentences),
        nobody,
        nobody,
    )


def test_shares_are_those_of_the_groups(result: stance.Analysis, corpus: Corpus) -> None:
    groups = groups_of(corpus, by="outlet")
    expected = group_shares(result.profiles, by="outlet")
    assert corpus_shares(corpus, groups) == expected
    tables = result.sentence_table().to_pylist(), result.article_table().to_pylist()
    read = corpus_of_rows(*tables, corpus.frames)
    assert corpus_shares(read, groups) == expected
    assert (read.texts, read.voices, read.speakers) == (
        corpus.texts,
        corpus.voices,
        corpus.speakers,
    )
    assert [a.title for a in read.articles] == [a.title for a in corpus.articles]


def test_jensen_shannon_by_hand() -> None:
    found = jensen_shannon(np.array([[2.0, 0.0], [3.0, 3.0], [0.0, 1.0], [0.0, 0.0]]))
    middle = -0.75 * math.log2(0.75) - 0.25 * math.log2(0.25)
    assert found[0, 1] == pytest.approx(math.sqrt(middle - 0.5))
    assert found[0, 2] == 1.0
    assert np.isnan(found[3]).all()
    assert (np.diag(found)[:3] == 0).all()
    assert (found[:3, :3] == found[:3, :3].T).all()


def test_distance_is_told_against_chance() -> None:
    care, force = (1.0, 0.0), (0.0, 1.0)
    apart = made([(k, "x", (care, force)[k % 2]) for k in range(40)])
    (row,) = group_distances(apart, groups_of(apart, by="outlet")).rows()
    assert (row["group"], row["other"], row["distance"]) == ("x", "y", 1.0)
    assert row["beyond_chance"]
    alike = made([(k, "x", (care, force)[k // 2 % 2]) for k in range(40)])
    (row,) = group_distances(alike, groups_of(alike, by="outlet")).rows()
    assert row["distance"] == 0.0
    assert 0.1 < row["chance"] < 0.5
    assert not row["beyond_chance"]


def test_tree_joins_the_nearest_and_leaves_out_who_has_no_tag() -> None:
    mixes = {"a": (9, 1), "b": (1, 9), "c": (8, 2), "d": (0, 0)}
    rows = [
        (k, "x", p)
        for k, counts in enumerate(mixes.values())
        for p, n in zip(((1.0, 0.0), (0.0, 1.0)), counts, strict=True)
        for _ in range(n)
    ]
    corpus = made([*rows, (3, "x", (0.0, 0.0))])
    found = group_distances(corpus, Groups(tuple(mixes), np.arange(4)), permutations=9)
    assert (found.groups, found.left_out) == (("a", "b", "c"), ("d",))
    assert found.merges[0, :2].tolist() == [0.0, 2.0]
    assert found.order == (1, 0, 2)
    assert found.mix.tolist() == [[0.9, 0.1], [0.1, 0.9], [0.8, 0.2]]


def test_the_largest_groups_keep_their_order() -> None:
    groups = Groups(("a", "b", "c"), np.array([0, 1, 1, 2, 2, 2]))
    assert groups.largest(2).names == ("b", "c")
    assert groups.largest(2).member.tolist() == [-1, 0, 0, 1, 1, 1]
    assert groups.largest(2).sizes.tolist() == [2, 3]


def test_log_odds_by_hand() -> None:
    difference, z = log_odds(np.array([3.0, 1.0]), np.array([1.0, 3.0]), np.ones(2))
    assert difference == pytest.approx([2 * math.log(2), -2 * math.log(2)])
    assert z == pytest.approx([2 * math.log(2) / math.sqrt(3 / 4), -2 * math.log(2) / 0.75**0.5])


def test_words_of_one_article_are_not_those_of_a_frame() -> None:
    nurse = [(k, "the nurse came", (1.0, 0.0)) for k in range(9)]
    once = [(0, "the zebra zebra zebra zebra zebra zebra zebra came", (1.0, 0.0))]
    tank = [(k, "The tank's crew, 3 men, came.", (0.0, 1.0)) for k in range(9)]
    corpus = made([*nurse, *once, *tank])
    words = count_words(corpus)
    assert words.words == ("came", "crew", "men", "nurse", "tank's", "the", "zebra")
    found = distinctive_words(corpus, words, prior=10)
    assert [(w.frame, w.word, w.n, w.n_other, w.n_articles) for w in found] == [
        ("care", "nurse", 9, 0, 9),
        ("force", "crew", 9, 0, 9),
        ("force", "men", 9, 0, 9),
        ("force", "tank's", 9, 0, 9),
    ]
    counts = np.array([10.0, 0.0, 0.0, 9.0, 0.0, 10.0, 7.0])
    total = np.array([19.0, 9.0, 9.0, 9.0, 9.0, 19.0, 7.0])
    _, z = log_odds(counts, total - counts, 10 * total / total.sum())
    assert found[0].z == z[3]
    every = distinctive_words(corpus, words, least_articles=1, prior=10)
    assert "zebra" in {word.word for word in every}


def test_typical_sentences_are_likely_alike_and_of_different_articles() -> None:
    corpus = made(
        [
            (0, "nurses and doctors help the sick children", (0.9, 0.0)),
            (0, "nurses and doctors help the sick people", (0.9, 0.0)),
            (2, "nurses and doctors help the old people", (0.8, 0.0)),
            (2, "quite another thing was told to them there", (0.8, 0.0)),
            (4, "nurses and doctors help the sick children", (0.9, 0.0)),
            (1, "tanks roll", (0.0, 0.9)),
        ]
    )
    groups = groups_of(corpus, by="outlet")
    found = typical_sentences(corpus, groups, count_words(corpus))
    assert [(s.group, s.frame, s.article_id, s.sentence_id) for s in found] == [
        ("x", "care", "a0", 0),
        ("x", "care", "a2", 2),
        ("y", "force", "a1", 5),
    ]
    assert found[2].typicality == pytest.approx(0.9)
    assert found[0].typicality < 0.9


def test_speakers_are_counted_by_article() -> None:
    base = made([(k // 2, "x", (1.0, 0.0)) for k in range(6)])
    corpus = replace(
        base,
        voices=("speech", "speech", "speech", "narration", None, "speech"),
        speakers=("Ann", "Ann", "Bo", None, None, "Bo"),
    )
    first, second = quoted(corpus)
    assert (first.speaker, first.n_sentences, first.n_articles, first.n_speech) == ("Bo", 2, 2, 4)
    assert (second.speaker, second.n_tagged, second.share) == ("Ann", (2, 0), 0.5)
    assert 0 <= first.share_low < 0.5 < first.share_high <= 1
    alone = quoted(corpus, Groups(("g",), np.array([0, -1, -1])))[-1]
    assert (alone.group, alone.speaker, alone.share) == ("g", "Ann", 1.0)
    assert math.isnan(alone.share_low)


def test_trends_hold_only_periods_there_are(corpus: Corpus) -> None:
    groups = groups_of(corpus, by="outlet")
    points = trends(corpus, "month", groups.largest(1))
    assert {p.group for p in points} == {"all", "Harbour Courier"}
    own = [p for p in points if p.group == "all" and p.frame == "restraint"]
    assert [p.period for p in own] == ["2031-01", "2031-02", "2031-03"]
    assert all(p.share_low < p.share == p.n_tagged / p.n_scored < p.share_high for p in own)
    weeks = [p for p in trends(corpus, "week") if p.n_articles > 1 and p.n_tagged == 0]
    assert len(weeks) > 5
    assert {p.share_low for p in weeks} == {0.0}
    assert [p.share_high for p in weeks] == pytest.approx(
        [1 - 0.025 ** (1 / p.n_scored) for p in weeks]
    )
    assert own[0].row()["start"] == "2031-01-01"
    assert (own[0].n_articles, sum(p.n_articles for p in own)) == (6, 18)
    (alone,) = {p.n_articles for p in trends(corpus, "day")}
    assert alone == 1
    assert all(math.isnan(p.share_low) for p in trends(corpus, "day"))
    undated = tuple(replace(article, date=None) for article in corpus.articles)
    with pytest.raises(DataError, match="no article has a date such as 2024-05-31 to group by"):
        trends(replace(corpus, articles=undated), "week")
    some = (corpus.articles[0], *undated[1:])
    assert len(trends(replace(corpus, articles=some), "week")) == len(corpus.frames)


@pytest.mark.parametrize(
    ("earlier", "later", "start", "next_one"),
    [
        ("2024", "2025", date(2024, 1, 1), True),
        ("2024-12", "2025-01", date(2024, 12, 1), True),
        ("2024-05", "2024-07", date(2024, 5, 1), False),
        ("2020-W53", "2021-W01", date(2020, 12, 28), True),
        ("2024-02-28", "2024-03-01", date(2024, 2, 28), False),
    ],
)
def test_periods_in_order(earlier: str, later: str, start: date, next_one: bool) -> None:
    assert start_of(earlier) == start
    assert follows(earlier, later) is next_one


def test_a_date_that_never_was_is_no_date(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Talks opened.", "date": "2024-13-45"}\n')
    profiles = stance.analyze(tmp_path / "a.jsonl", model="lexical").profiles
    with pytest.raises(DataError, match=r"no article has a date such as 2024-05-31 to group by"):
        group_shares(profiles, period="week")


def test_intervals_from_counts_are_those_from_sentences() -> None:
    draw = np.random.default_rng(1)
    for n_articles in (4, 40):
        article = np.repeat(np.arange(n_articles), 9)
        tags = (draw.random(len(article)) < draw.random(n_articles)[article])[:, None] * 1.0
        sums = np.bincount(article, weights=tags[:, 0])[:, None]
        low, high, _ = ratio_interval(tags, article, seed=3)
        counted = share_interval(sums, np.full(n_articles, 9), seed=3)
        assert np.allclose(counted, (low, high), atol=0.03)
    assert np.isnan(share_interval(np.ones((1, 1)), np.array([9]))).all()


def test_many_articles_have_the_interval_of_their_bootstrap() -> None:
    draw = np.random.default_rng(2)
    sizes = draw.integers(1, 30, 3_500)
    sums = draw.binomial(sizes, draw.beta(1, 5, 3_500))[:, None].astype(np.float64)
    low, high = share_interval(sums, sizes)
    drawn = resampled_ratios(sums, sizes, resamples=2_000)[:, 0]
    assert np.allclose((low[0], high[0]), np.quantile(drawn, [0.025, 0.975]), atol=0.0007)
