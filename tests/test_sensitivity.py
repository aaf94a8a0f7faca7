"""Sensitivity to wordings: every choice of them, agreement, and what hangs on the words."""

from __future__ import annotations

import math
from pathlib import Path

import krippendorff
import numpy as np
import pyarrow as pa
import pytest

import stance
from stance.calibration import Logistic
from stance.errors import DataError
from stance.evaluation_plots import plot_specifications
from stance.plots import render
from stance.sensitivity import WordedFrame, alpha, assess, specifications_of, worded_frames


def worded(n: int = 200, wordings: int = 4, seed: int = 0) -> WordedFrame:
    generator = np.random.default_rng(seed)
    odds = generator.normal(-0.5, 1, (n, 1)) + generator.normal(0, 1, (n, wordings))
    names = tuple(f"Wording {k}." for k in range(wordings))
    return WordedFrame("calm", names, odds, np.arange(n) // 10, Logistic(slope=1.2), 0.5)


def test_every_choice_of_wordings_is_asked_once() -> None:
    assert specifications_of(3) == [
        ("all", (0, 1, 2)),
        ("without", (1, 2)),
        ("without", (0, 2)),
        ("without", (0, 1)),
        ("only", (0,)),
        ("only", (1,)),
        ("only", (2,)),
    ]
    assert specifications_of(2) == [("all", (0, 1)), ("only", (0,)), ("only", (1,))]
    assert specifications_of(1) == [("all", (0,))]


def test_a_share_is_that_of_the_mean_of_the_wordings_kept() -> None:
    evidence = worded()
    for one in assess(evidence).specifications:
        mean = evidence.odds[:, list(one.kept)].mean(axis=1)
        expected = (1 / (1 + np.exp(-1.2 * mean)) >= 0.5).mean()
        assert one.share.value == pytest.approx(expected)
        assert one.share.low < one.share.value < one.share.high
        assert one.share.n == 200


@pytest.mark.parametrize("wordings", [2, 3, 7])
def test_alpha_is_that_of_krippendorff(wordings: int) -> None:
    votes = worded(60, wordings).odds > 0
    expected = krippendorff.alpha(votes.T.astype(int), level_of_measurement="nominal")
    assert alpha(votes) == pytest.approx(expected, abs=1e-12)


def test_alpha_without_variation_or_company_is_undefined() -> None:
    assert math.isnan(alpha(np.zeros((5, 3), dtype=bool)))
    assert math.isnan(alpha(np.eye(3, dtype=bool)[:, :1]))


def test_alpha_has_an_interval_by_article() -> None:
    evidence = worded()
    found = assess(evidence)
    assert found.alpha.low < found.alpha.value < found.alpha.high
    assert found.alpha.n == 200
    votes = np.stack([evidence.tags((k,)) for k in range(4)], axis=1)
    assert found.alpha.value == pytest.approx(alpha(votes))
    assert found.specifications[1].alpha == pytest.approx(alpha(votes[:, 1:]))


def test_resamples_draw_whole_articles() -> None:
    """Ten copies of a sentence in an article are one draw: the interval is as wide as without."""
    one = worded(40)
    ten = WordedFrame(
        one.frame,
        one.wordings,
        np.repeat(one.odds, 10, axis=0),
        np.repeat(np.arange(40), 10),
        one.logistic,
        one.threshold,
    )
    apart = WordedFrame(
        one.frame, one.wordings, one.odds, np.arange(40), one.logistic, one.threshold
    )
    wide, narrow = assess(ten).specifications[0].share, assess(apart).specifications[0].share
    assert (wide.low, wide.high) == pytest.approx((narrow.low, narrow.high))


def test_the_most_contested_sentences_come_first() -> None:
    odds = np.array([[3.0, 3, 3, 3], [2, 2, -2, -2], [1, 1, -1, -1], [2, -2, -2, -2]])
    evidence = WordedFrame("calm", tuple("abcd"), odds, np.arange(4), Logistic(), 0.5)
    found = assess(evidence)
    assert [(one.row, one.votes) for one in found.unstable] == [(1, 2), (2, 2), (3, 1)]
    assert found.contested.value == 0.75
    p = 1 / (1 + math.exp(2))
    assert (found.unstable[0].low, found.unstable[0].high) == pytest.approx((p, 1 - p))
    assert [one.row for one in assess(evidence, most=1).unstable] == [1]


def test_one_wording_has_nothing_to_agree_with() -> None:
    found = assess(worded(wordings=1))
    assert math.isnan(found.alpha.value)
    assert found.alpha.n == 0
    assert found.unstable == ()
    assert [one.kind for one in found.specifications] == ["all"]


def test_no_sentence_is_refused() -> None:
    nothing = WordedFrame("calm", ("a",), np.empty((0, 1)), np.empty(0, int), Logistic(), 0.5)
    with pytest.raises(DataError, match="calm: no sentence was scored"):
        assess(nothing)


TEXT = (
    "Talks\n\nBoth sides agreed on a ceasefire and aid.\n\n***\n\nIt rained. Aid came to refugees."
)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> stance.Analysis:
    path: Path = tmp_path_factory.mktemp("sensitivity") / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    return stance.analyze(path)


def test_the_calibration_is_read_off_the_table(result: stance.Analysis) -> None:
    frames = worded_frames(result.sentence_table(), result.codebook)
    assert [one.frame for one in frames] == list(result.codebook.frames)
    for number, one in enumerate(frames):
        scored = [s for s in result.sentences if s.scored]
        p = one.logistic.probability(one.odds.mean(axis=1))
        np.testing.assert_allclose(p, [s.tags[number].probability for s in scored], atol=1e-9)
        every = tuple(range(len(one.wordings)))
        assert one.tags(every).tolist() == [s.tags[number].present for s in scored]


def test_probabilities_that_a_head_made_are_refused(result: stance.Analysis) -> None:
    table = result.sentence_table()
    place = table.column_names.index("p_restraint")
    p = [
        None if x is None else x * 0.99 + 0.001 * k
        for k, x in enumerate(table["p_restraint"].to_pylist())
    ]
    with pytest.raises(DataError, match="restraint: its probabilities and tags are not a log"):
        worded_frames(table.set_column(place, "p_restraint", pa.array(p)), result.codebook)


def test_the_threshold_of_a_calibration_is_read_off_the_table(result: stance.Analysis) -> None:
    table = result.sentence_table()
    p = [x for x in table["p_humanitarian"].to_pylist() if x is not None]
    cut = sorted(p)[-1]
    tagged = [None if x is None else x >= cut for x in table["p_humanitarian"].to_pylist()]
    place = table.column_names.index("tag_humanitarian")
    frames = worded_frames(
        table.set_column(place, "tag_humanitarian", pa.array(tagged)), result.codebook
    )
    assert frames[3].tags((0, 1, 2, 3)).sum() == p.count(cut)
    assert frames[2].threshold == result.codebook.threshold_of("restraint")


def test_a_table_of_another_codebook_is_refused(result: stance.Analysis) -> None:
    with pytest.raises(DataError, match="no column odds_care; tag the articles again"):
        worded_frames(result.sentence_table(), stance.load_codebook("moral"))


def test_the_curve_shows_every_choice_in_order() -> None:
    found = assess(worded())
    above, below = plot_specifications(found).axes
    shares = [float(line.get_ydata()[0]) for line in above.lines if line.get_marker() == "o"]
    expected = sorted(100 * one.share.value for one in found.specifications)
    assert shares == pytest.approx(expected)
    dots = sum(len(line.get_ydata()) for line in below.lines)
    assert dots == sum(len(one.kept) for one in found.specifications)
    assert [label.get_text() for label in below.get_yticklabels()] == list(found.wordings)
    assert render(plot_specifications(found), "svg") == render(plot_specifications(found), "svg")
