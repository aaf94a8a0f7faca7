"""Heads: learned from a few labels, tested on other articles, applied to what they fit only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import stance
from stance.calibration import Labels
from stance.errors import ConfigError, DataError
from stance.heads import (
    Coded,
    FrameHead,
    Head,
    apply_head,
    coded_of,
    fit_frame,
    learning_curve,
    load_head,
    new_head,
    use_head,
)

LABELS = Labels(file="gold.csv", sha256="0" * 64, split="all", n=60)


def coded(n: int = 240, seed: int = 0) -> Coded:
    """Gold follows the first wording; zero-shot follows the mean of both, and is biased."""
    generator = np.random.default_rng(seed)
    odds = generator.normal(0, 2, (n, 2))
    gold = generator.random(n) < 1 / (1 + np.exp(-2 * odds[:, 0]))
    return Coded("calm", odds, 1.0, np.array([0.5, 0.5]), gold, np.arange(n) // 6)


def head_with(frame: FrameHead) -> Head:
    frames = {"calm": frame}
    return Head(codebook="x", wordings_sha256="", scorer="", labels=LABELS, frames=frames)


def test_without_zero_shot_it_is_the_penalised_logistic_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    data = replace(coded(), intercept=0.0, weights=np.zeros(2))
    standard = (data.odds - data.odds.mean(axis=0)) / data.odds.std(axis=0)
    design = np.column_stack([np.full(240, 10**0.5), standard])
    own = LogisticRegression(C=0.1, fit_intercept=False, tol=1e-8).fit(design, data.gold)
    frame = fit_frame(data)
    found = head_with(frame).probability("calm", data.odds)
    np.testing.assert_allclose(found, own.predict_proba(design)[:, 1], atol=1e-4)
    assert (frame.n, frame.n_positive) == (240, int(data.gold.sum()))


def test_labels_that_zero_shot_explains_leave_it_as_it_is() -> None:
    data = replace(coded(), intercept=0.0, weights=np.array([2.0, 0.0]))
    found = head_with(fit_frame(data)).probability("calm", data.odds)
    assert np.abs(found - data.zero_shot).mean() < 0.03


def test_more_labels_make_a_better_head_than_zero_shot() -> None:
    curve = learning_curve(coded(), resamples=200)
    assert [point.labels for point in curve] == [0, 25, 50, 100, 192]
    zero, *_, full = curve
    assert full.brier.value < curve[1].brier.value < zero.brier.value
    assert full.brier.high < zero.brier.low
    assert full.f1.value > zero.f1.value
    assert full.average_precision > zero.average_precision
    assert full.f1.low < full.f1.value < full.f1.high
    assert {point.f1.n for point in curve} == {240}


def test_a_head_is_never_tested_on_an_article_that_it_saw() -> None:
    """Gold is constant in articles and odds name the article: only cheating could predict it."""
    generator = np.random.default_rng(1)
    article = np.arange(300) // 10
    value = generator.permutation(np.arange(30) < 15)
    odds = np.eye(30)[article] * 9
    data = Coded("calm", odds, 0.0, np.zeros(30), value[article], article)
    full = learning_curve(data, resamples=50)[-1]
    assert full.average_precision < 0.6
    assert full.brier.value > 0.24


def test_zero_shot_is_judged_at_the_threshold_of_the_codebook() -> None:
    low = learning_curve(replace(coded(), threshold=0.05), resamples=50)[0]
    assert low.f1.value != learning_curve(coded(), resamples=50)[0].f1.value


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(DataError, match="calm: 49 labels; a head needs at least 50"):
        fit_frame(coded(49))


def test_labels_of_one_kind_are_refused() -> None:
    data = coded()
    with pytest.raises(DataError, match=r"calm: 4 of 240 labels are positive; .* 5 of each kind"):
        learning_curve(replace(data, gold=np.arange(240) < 4))


def test_labels_of_few_articles_are_refused() -> None:
    data = coded()
    with pytest.raises(DataError, match="calm: the labels lie in 4 articles; a head needs at leas"):
        fit_frame(replace(data, article=np.arange(240) // 60))


TEXT = "Talks\n\nBoth sides agreed on a ceasefire.\n\n***\n\nIt rained."


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> stance.Analysis:
    path: Path = tmp_path_factory.mktemp("heads") / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    return stance.analyze(path, model="lexical")


def head_of(result: stance.Analysis) -> Head:
    n = len(result.codebook.hypotheses)
    weights = tuple(0.5 if k == 8 else 0.0 for k in range(n))
    own = FrameHead(intercept=-1.0, weights=weights, n=60, n_positive=20)
    scorer = str(result.manifest["model"]["fingerprint"])
    return new_head(result.codebook, scorer, LABELS, {"restraint": own})


def test_a_head_moves_its_frame_and_leaves_the_rest(result: stance.Analysis) -> None:
    headed = apply_head(result.sentences, head_of(result), result.codebook)
    for before, after in zip(result.sentences, headed, strict=True):
        assert after.sentence == before.sentence
        if not before.scored:
            assert after == before
            continue
        assert after.tags[:2] + after.tags[3:] == before.tags[:2] + before.tags[3:]
        assert after.tags[2].entailment == before.tags[2].entailment
        p = 1 / (1 + np.exp(1.0 - 0.5 * before.tags[2].entailment[0]))
        assert after.tags[2].probability == pytest.approx(p)
        assert after.tags[2].present == (p >= 0.5)


def test_a_head_comes_back_from_its_file(result: stance.Analysis, tmp_path: Path) -> None:
    head = head_of(result)
    (tmp_path / "h.json").write_text(head.model_dump_json())
    scorer = str(result.manifest["model"]["fingerprint"])
    assert load_head(tmp_path / "h.json", result.codebook, scorer) == head


def test_a_head_of_other_wordings_is_refused(result: stance.Analysis, tmp_path: Path) -> None:
    (tmp_path / "h.json").write_text(head_of(result).model_dump_json())
    with pytest.raises(
        ConfigError, match=r"h\.json: was trained with other wordings than those of"
    ):
        load_head(tmp_path / "h.json", stance.load_codebook("moral"), "any")


def test_a_head_of_another_scorer_is_refused(result: stance.Analysis, tmp_path: Path) -> None:
    (tmp_path / "h.json").write_text(head_of(result).model_dump_json())
    with pytest.raises(
        ConfigError, match=r"was trained on scores of lexical:.*, not of other; fit"
    ):
        load_head(tmp_path / "h.json", result.codebook, "other")


def test_a_file_that_is_no_head_is_refused(result: stance.Analysis, tmp_path: Path) -> None:
    (tmp_path / "h.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"h\.json: is not a head of stance fit"):
        load_head(tmp_path / "h.json", result.codebook, "any")


def test_labels_meet_the_odds_of_all_wordings(result: stance.Analysis) -> None:
    table = result.sentence_table()
    key = (result.articles[0].id, 1)
    data = coded_of(table, result.codebook, "restraint", {key: 1.0})
    (sentence,) = (s for s in result.sentences if s.sentence.id == 1)
    assert data.odds.tolist() == [[x for tag in sentence.tags for x in tag.entailment]]
    assert data.zero_shot.tolist() == pytest.approx([sentence.tags[2].probability])
    assert data.gold.tolist() == [True]


def test_a_label_of_an_unknown_sentence_is_refused(result: stance.Analysis) -> None:
    with pytest.raises(DataError, match=r"1 labels .* the first is article 'z', sentence 4"):
        coded_of(result.sentence_table(), result.codebook, "restraint", {("z", 4): 1.0})


class Letters:
    """Embeds a text as the shares of two letters."""

    name = "letters"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[t.count("e") / len(t), t.count("a") / len(t)] for t in texts])

    def truncated(self, premises: Sequence[str]) -> int:
        return 0


def test_an_embedding_stands_beside_the_odds(result: stance.Analysis) -> None:
    codebook, frame = result.codebook, next(iter(result.codebook.frames))
    n = len(codebook.hypotheses)
    keys = [(s.sentence.article_id, s.sentence.id) for s in result.sentences if s.scored]
    texts = [s.sentence.text for s in result.sentences if s.scored]
    found = coded_of(
        result.sentence_table(), codebook, frame, dict.fromkeys(keys, 1.0), encoder=Letters()
    )
    assert found.odds.shape == (len(keys), n + 2)
    assert found.weights[n:].tolist() == [0.0, 0.0]
    expected = Letters().encode([" ".join(text.split()) for text in texts])
    np.testing.assert_array_equal(found.odds[:, n:], expected)
    weights = (*[0.0] * n, 100.0, 0.0)
    own = {frame: FrameHead(intercept=-5.0, weights=weights, n=60, n_positive=30)}
    head = new_head(codebook, "x", LABELS, own, embedding=("letters", Letters()))
    assert (head.embedding, head.encoder, head.width) == ("letters", "letters", 2)
    moved = [s for s in apply_head(result.sentences, head, codebook, encoder=Letters()) if s.scored]
    p = 1 / (1 + np.exp(5 - 100 * expected[:, 0]))
    np.testing.assert_allclose([s.tags[0].probability for s in moved], p, atol=1e-9)


def test_a_head_of_another_encoder_is_refused(result: stance.Analysis, tmp_path: Path) -> None:
    codebook, frame = result.codebook, next(iter(result.codebook.frames))
    n = len(codebook.hypotheses)
    own = {frame: FrameHead(intercept=0.0, weights=(0.0,) * (n + 2), n=60, n_positive=30)}
    head = new_head(codebook, "x", LABELS, own, embedding=("mini", Letters()))
    path = tmp_path / "a.head.json"
    path.write_text(head.model_dump_json(), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"was trained on embeddings of letters, not of .*fit it"):
        use_head(path, list(result.sentences), codebook, "x")
