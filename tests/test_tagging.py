"""Tagging, calibration and profiles on a scorer small enough to reckon by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from stance.calibration import IDENTITY, Calibration, FrameLogistic, fit_logistic, wordings_hash
from stance.codebooks import parse_codebook
from stance.errors import ConfigError, ScorerError
from stance.percentiles import resampled_means
from stance.profile import _resampled, profile_article
from stance.records import Article, LogProbs, Question, Section, Sentence
from stance.tagging import ask_all, tag_sentences

BOOK = parse_codebook(
    "name: two\nframes:\n  a: {definition: A., hypotheses: [one, two]}\n"
    "  b: {definition: B., hypotheses: [three]}\n",
    "two.yaml",
)


class Fixed:
    """Gives every hypothesis the same entailment probability; counts what it is asked."""

    fingerprint = "fixed"
    has_contradiction = True

    def __init__(self, probability: dict[str, float], width: int = 3) -> None:
        self.probability, self.width, self.asked = probability, width, 0

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        self.asked += sum(len(question.hypotheses) for question in questions)
        return [np.stack([self._row(h) for h in q.hypotheses]) for q in questions]

    def truncated(self, premises: Sequence[str]) -> int:
        return 0

    def _row(self, hypothesis: str) -> np.ndarray:
        p = self.probability[hypothesis]
        return np.log([p, (1 - p) / 2, (1 - p) / 2][: self.width]).astype(np.float32)


ODDS = {"one": 0.9, "two": 0.5, "three": 0.2}


def sentences(*texts: str) -> list[Sentence]:
    return [
        Sentence("x", k, 0, len(t), t, Section.HEADLINE if k == 0 else Section.BODY)
        for k, t in enumerate(texts)
    ]


def test_wordings_are_combined_by_mean_log_odds() -> None:
    (tagged,) = tag_sentences(sentences("Some words."), BOOK, Fixed(ODDS))
    a, b = tagged.tags
    assert a.probability == pytest.approx(0.75, abs=1e-6)  # mean of log 9 and log 1 is log 3
    assert b.probability == pytest.approx(0.2, abs=1e-6)
    assert tagged.frames == ("a",)
    assert a.entailment == pytest.approx((math.log(9), 0.0), abs=1e-5)


def test_a_sentence_without_a_letter_is_not_scored() -> None:
    first, second = tag_sentences(sentences("12.", "Twelve."), BOOK, Fixed(ODDS))
    assert (first.scored, first.tags, second.scored) == (False, (), True)


def test_the_same_pair_is_scored_once_and_order_is_kept() -> None:
    scorer = Fixed(ODDS)
    asked = [Question("p", ("one", "two")), Question("q", ("three",)), Question("p", ("two",))]
    answers = ask_all(asked, scorer)
    assert scorer.asked == 3
    assert [answer.shape for answer in answers] == [(2, 3), (1, 3), (1, 3)]
    np.testing.assert_array_equal(answers[0][1], answers[2][0])


def test_a_scorer_that_breaks_its_contract_is_named() -> None:
    with pytest.raises(ScorerError, match=r"fixed: gave float32 \(3, 2\) where float32 \(3, 3\)"):
        tag_sentences(sentences("Words."), BOOK, Fixed(ODDS, width=2))


def test_a_calibration_holds_for_its_wordings_only() -> None:
    own = FrameLogistic(
        slope=2.0, intercept=1.0, wordings_sha256=wordings_hash(["three"]), n=9, n_positive=3
    )
    calibration = Calibration(frames={"two.b": own})
    assert calibration.of("two", "b", ["three"]) is own
    assert calibration.of("two", "b", ["thirty"]) is calibration.default
    (tagged,) = tag_sentences(sentences("Words."), BOOK, Fixed(ODDS), calibration=calibration)
    expected = 1 / (1 + math.exp(-(1 + 2 * math.log(0.25))))
    assert tagged.tags[1].probability == pytest.approx(expected, abs=1e-6)


def test_fit_logistic_finds_what_made_the_labels() -> None:
    draw = np.random.default_rng(1)
    odds = draw.normal(size=20_000)
    gold = draw.random(20_000) < IDENTITY.default.probability(1.5 * odds - 1)
    slope, intercept = fit_logistic(odds, gold)
    assert slope == pytest.approx(1.5, abs=0.08)
    assert intercept == pytest.approx(-1, abs=0.08)
    with pytest.raises(ConfigError, match="needs positive and negative labels"):
        fit_logistic(odds, np.ones(20_000, dtype=bool))


def test_a_profile_reckoned_by_hand() -> None:
    texts = sentences("Head.", "Some.", "More.", "7")
    tagged = tag_sentences(texts, BOOK, Fixed(ODDS))
    profile = profile_article(Article("x", "…"), tagged, tuple(BOOK.frames), resamples=500)
    a, b = profile.overall
    assert (a.share, a.n, a.n_scored, a.n_tagged) == (1.0, 4, 3, 3)
    assert (a.share_low, a.share_high) == pytest.approx((0.025 ** (1 / 3), 1.0))
    assert (b.share, b.share_low, b.share_high) == pytest.approx((0, 0, 1 - 0.025 ** (1 / 3)))
    assert b.intensity == pytest.approx(0.2, abs=1e-6)
    assert (profile.leading, profile.dominant, profile.support) == ("a", "a", 1.0)
    assert profile.cooccurrence.tolist() == [[3, 0], [0, 0]]
    lead = next(s for s in profile.shares if s.section == "lead")
    assert math.isnan(lead.share)
    assert lead.n == 0


def test_a_long_article_gets_the_intervals_that_theory_gives() -> None:
    generator = np.random.default_rng(5)
    probability = generator.random((4_000, 2))
    means = _resampled(probability > 0.7, probability, 4_000, generator).repeated()
    share = (probability > 0.7).mean(axis=0)
    exact = np.hstack([share, probability.mean(axis=0)])
    spread = np.hstack([np.sqrt(share * (1 - share)), probability.std(axis=0)]) / 4_000**0.5
    np.testing.assert_allclose(means.mean(axis=0), exact, atol=5e-4)
    np.testing.assert_allclose(means.std(axis=0), spread, rtol=0.06)


def test_equal_sentences_are_drawn_together_without_changing_the_law() -> None:
    values = np.array([[1.0, 0.2]] * 3 + [[0.0, 0.9]])
    means = resampled_means(values, 20_000, np.random.default_rng(1)).repeated()
    np.testing.assert_allclose(means.mean(axis=0), values.mean(axis=0), atol=0.005)
    np.testing.assert_allclose(means.std(axis=0), values.std(axis=0) / 2, rtol=0.03)
    assert set(means[:, 0]) == {0.0, 0.25, 0.5, 0.75, 1.0}
