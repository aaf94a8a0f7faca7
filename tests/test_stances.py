"""Stance: what is asked, how it is decided, who holds it, and how it is added up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commands import failed, run
from hypothesis import given
from hypothesis import strategies as st

import stance
from stance.calibration import Calibration, StanceLogistic, fit_stance, wordings_hash
from stance.codebooks import (
    AGAINST,
    FAVOR,
    RELEVANCE,
    StanceWordings,
    load_codebook,
    parse_codebook,
    shipped_names,
)
from stance.errors import CodebookError, ConfigError
from stance.labelling import choose, holder_of, stance_questions
from stance.panels import marks, panel, told
from stance.plots import draw_article, plot_stances, plot_voices
from stance.positions import (
    corpus_positions,
    position_rows,
    positions,
    positions_of,
    shown_positions,
)
from stance.profile import ArticleProfile, profile_article, profile_rows
from stance.records import (
    OUTLET,
    Article,
    Label,
    LogProbs,
    Mention,
    Polarity,
    Question,
    Sentence,
    Span,
    TaggedSentence,
    TargetName,
    Voice,
)
from stance.report import render_report
from stance.scorers import load_scorer
from stance.tagging import tag_sentences
from stance.targets import find_mentions

BOOK = parse_codebook(
    "name: one\nframes:\n  a: {definition: A., hypotheses: [It is a.]}\n"
    "stance:\n  favor: ['Good: {target}.']\n  against: ['Bad: {target}.']\n"
    "  relevance: ['About {target}.']\n",
    "one.yaml",
)
BLINKEN, ISRAEL = TargetName("Antony Blinken", ("Blinken",)), TargetName("Israel")


class Answers:
    """Gives hypotheses the entailment probability of the first key they begin with."""

    fingerprint = "answers"
    has_contradiction = True

    def __init__(self, **probability: float) -> None:
        self.probability = probability
        self.asked: list[Question] = []

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        self.asked += questions
        return [np.stack([self._row(h) for h in q.hypotheses]) for q in questions]

    def truncated(self, premises: Sequence[str]) -> int:
        return 0

    def _row(self, hypothesis: str) -> np.ndarray:
        p = self.probability.get(hypothesis.split()[0].strip(":"), 0.5)
        return np.log([p, (1 - p) / 2, (1 - p) / 2]).astype(np.float32)


def sentence(text: str, voice: Voice | None = None, speaker: str | None = None) -> Sentence:
    return Sentence("x", 0, 0, len(text), text, voice=voice, speaker=speaker)


def tagged(
    one: Sentence, scorer: Answers, calibration: Calibration | None = None
) -> TaggedSentence:
    mentions = find_mentions([one], [BLINKEN, ISRAEL])
    options = {} if calibration is None else {"calibration": calibration}
    (found,) = tag_sentences([one], BOOK, scorer, mentions=mentions, **options)
    return found


def test_frames_and_stances_of_a_sentence_are_one_question() -> None:
    scorer = Answers()
    tagged(sentence("Blinken met Israeli leaders; Blin\u200bken left Israel."), scorer)
    (question,) = scorer.asked
    assert question.hypotheses == (
        *("It is a.", "Good: Blinken.", "Bad: Blinken.", "About Blinken."),
        *("Good: Israel.", "Bad: Israel.", "About Israel."),
    )


@pytest.mark.parametrize(
    ("good", "bad", "polarity"),
    [
        (0.9, 0.1, Polarity.FAVOR),
        (0.1, 0.9, Polarity.AGAINST),
        (0.2, 0.1, Polarity.NEUTRAL),
        (0.9, 0.9, Polarity.NEUTRAL),
    ],
)
def test_the_most_probable_stance_is_taken(good: float, bad: float, polarity: Polarity) -> None:
    found = tagged(sentence("Blinken left."), Answers(Good=good, Bad=bad))
    (label,) = found.stances
    odds_good, odds_bad = good / (1 - good), bad / (1 - bad)
    assert label.polarity is polarity
    assert label.p_favor == pytest.approx(odds_good / (odds_good + odds_bad + 1), abs=1e-6)
    assert label.mention == Mention("Antony Blinken", Span(0, 7))
    assert found.stance_toward("Antony Blinken") is polarity
    assert found.stance_toward("Israel") is Polarity.NA


def test_the_relevance_gate_gives_na_not_neutral() -> None:
    wordings = BOOK.stance.wordings if BOOK.stance else ()
    logistic = StanceLogistic(gate=0.0, wordings_sha256=wordings_hash(wordings), n=9)
    calibration = Calibration(stance=logistic)
    for about, polarity in ((0.4, Polarity.NA), (0.6, Polarity.FAVOR)):
        scorer = Answers(Good=0.9, Bad=0.1, About=about)
        (label,) = tagged(sentence("Blinken left."), scorer, calibration).stances
        assert label.polarity is polarity
        assert label.p_favor > 0.8


def test_a_stance_calibration_holds_for_its_wordings_only() -> None:
    own = StanceLogistic(same=2.0, wordings_sha256=wordings_hash(["x"]), n=3)
    calibration = Calibration(stance=own)
    assert calibration.of_stance(["x"]) is own
    assert calibration.of_stance(["y"]) == StanceLogistic()
    assert Calibration.model_validate_json('{"scorer": "old"}').stance == StanceLogistic()


@pytest.mark.parametrize(
    ("voice", "speaker", "holder"),
    [
        (Voice.NARRATION, None, OUTLET),
        (Voice.DIRECT, "Haddad", "Haddad"),
        (Voice.INDIRECT, None, None),
        (None, None, None),
    ],
)
def test_the_holder_is_the_outlet_or_the_speaker(
    voice: Voice | None, speaker: str | None, holder: str | None
) -> None:
    (label,) = tagged(sentence("Blinken left.", voice, speaker), Answers()).stances
    assert label.holder == holder


def test_the_name_of_the_speaker_is_no_mention_of_a_target() -> None:
    sentence = Sentence("x", 0, 0, 32, "“Israel is strong,” Blinken said.")
    (mentions,) = find_mentions([sentence], (BLINKEN, ISRAEL))
    assert [m.target for m in mentions] == ["Israel", "Antony Blinken"]
    spoken = replace(sentence, voice=Voice.DIRECT, speaker="Blinken", speaker_span=Span(20, 27))
    asked = stance_questions(spoken, mentions, StanceWordings())
    assert [question.mention.target for question in asked] == ["Israel"]


def test_a_sentence_without_a_letter_has_no_stance() -> None:
    (found,) = tag_sentences(
        [sentence("12")], BOOK, Answers(), mentions=[(Mention("Israel", Span(0, 2)),)]
    )
    assert (found.scored, found.stances) == (False, ())


def test_fit_stance_finds_the_law_that_made_the_labels() -> None:
    draw = np.random.default_rng(0)
    odds = draw.normal(0, 2, (20_000, 2))
    law = StanceLogistic(same=1.2, other=-0.4, bias=0.7)
    p = law.probabilities(odds)
    gold = (draw.random((20_000, 1)) > p.cumsum(axis=1)).sum(axis=1)
    assert fit_stance(odds, gold) == pytest.approx((1.2, -0.4, 0.7), abs=0.05)
    with pytest.raises(ConfigError, match="needs favor, against and neutral labels"):
        fit_stance(odds, np.zeros(20_000, dtype=np.int64))


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_favor_and_against_are_treated_alike(f: float, a: float) -> None:
    logistic = StanceLogistic(same=1.3, other=0.3, bias=-0.2)
    here, there = logistic.probabilities(np.array([[f, a], [a, f]]))
    assert here.sum() == pytest.approx(1)
    assert here.tolist() == pytest.approx([there[1], there[0], there[2]])
    swapped = {0: 1, 1: 0, 2: 2}
    first, second = choose(np.stack([here, here[[1, 0, 2]]]))
    assert swapped[int(first)] == int(second)


def labelled(
    *kinds: tuple[str, Voice | None, str | None], target: str = "Israel"
) -> list[TaggedSentence]:
    found = []
    for k, (polarity, voice, speaker) in enumerate(kinds):
        one = Sentence("x", k, 0, 1, "y", voice=voice, speaker=speaker)
        holder = OUTLET if voice is Voice.NARRATION else speaker
        label = Label(target, Polarity(polarity), 0.5, 0.3, holder)
        found.append(TaggedSentence(one, (), (label,)))
    return found


MIXED = labelled(
    ("favor", Voice.NARRATION, None),
    ("against", Voice.NARRATION, None),
    ("NA", Voice.NARRATION, None),
    ("against", Voice.DIRECT, "Haddad"),
    ("against", Voice.INDIRECT, "Haddad"),
    ("neutral", Voice.INDIRECT, None),
    ("favor", None, None),
)


def test_positions_reckoned_by_hand() -> None:
    found = {(p.holder_kind, p.holder): p for p in positions_of(MIXED)}
    assert list(found) == [
        ("all", None),
        ("outlet", None),
        ("speech", None),
        ("speaker", "Haddad"),
        ("unknown", None),
    ]
    every, outlet, haddad = (
        found["all", None],
        found["outlet", None],
        found["speaker", "Haddad"],
    )
    assert (every.n, every.n_favor, every.n_against, every.n_neutral, every.n_na) == (6, 2, 3, 1, 1)
    assert (every.favor.value, every.against.value) == pytest.approx((1 / 3, 1 / 2))
    assert every.net.value == pytest.approx(-1 / 6)
    assert every.net.low < every.net.value < every.net.high
    assert (outlet.n, outlet.n_na, outlet.net.value) == (2, 1, 0.0)
    edge = 0.025**0.5
    assert (haddad.against.low, haddad.against.high) == pytest.approx((edge, 1))
    assert (haddad.favor.low, haddad.favor.high) == pytest.approx((0, 1 - edge))
    assert (haddad.net.low, haddad.net.high) == pytest.approx((-1, 1 - 2 * edge))


def test_a_target_that_is_only_na_has_no_share() -> None:
    (every, _) = positions_of(labelled(("NA", None, None)))
    assert (every.n, every.n_na) == (0, 1)
    assert math.isnan(every.favor.value)
    assert math.isnan(every.net.low)
    assert shown_positions([every]) == []


def test_intervals_over_articles_come_from_articles() -> None:
    def one(name: str, *polarities: str) -> ArticleProfile:
        found = labelled(*((polarity, None, None) for polarity in polarities))
        return profile_article(Article(name, "y"), found, (), resamples=10)

    alike = [one(str(k), "favor", "against", "neutral") for k in range(4)]
    (every, _) = corpus_positions(alike)
    assert (every.n, every.favor.value, every.net.value) == (12, pytest.approx(1 / 3), 0.0)
    sentences = [s for profile in alike for s in profile.sentences]
    assert every == positions_of(sentences, resamples=2_000)[0]
    apart = [one(str(k), *[kind] * 3) for k, kind in enumerate(["favor", "against"] * 2)]
    (every, _) = corpus_positions(apart)
    assert (every.favor.low, every.favor.value, every.favor.high) == (0.0, 0.5, 1.0)
    assert (every.net.low, every.net.high) == (-1.0, 1.0)


def test_positions_do_not_depend_on_other_targets() -> None:
    others = labelled(("favor", None, None), target="Hamas")
    alone = positions_of(MIXED)
    assert [p for p in positions_of([*others, *MIXED]) if p.target == "Israel"] == list(alone)


def voiced() -> ArticleProfile:
    texts = [
        ("Israel was praised.", Voice.NARRATION, None),
        ("“Israel failed,” Haddad said.", Voice.DIRECT, "Haddad <b>"),
        ("“It won,” she said.", Voice.DIRECT, "Haddad <b>"),
    ]
    sentences, place = [], 0
    for k, (text, voice, speaker) in enumerate(texts):
        sentences.append(
            Sentence("x", k, place, place + len(text), text, voice=voice, speaker=speaker)
        )
        place += len(text) + 1
    mentions = find_mentions(sentences, [ISRAEL])
    book = load_codebook("diplomacy")
    scorer = load_scorer("lexical", codebook=book)
    found = tag_sentences(sentences, book, scorer, mentions=mentions)
    article = Article("x", " ".join(text for text, _, _ in texts))
    return profile_article(article, found, tuple(book.frames), resamples=200)


def test_a_profile_is_split_by_voice_and_speaker() -> None:
    profile = voiced()
    assert [s.n for s in profile.by_voice("narration")] == [1, 1, 1, 1]
    assert {name: shares[0].n for name, shares in profile.by_speaker().items()} == {"Haddad <b>": 2}
    assert all(s.voice == "all" and s.speaker is None for s in profile.overall)
    kinds = {(row["section"], row["voice"], row["speaker"]) for row in profile_rows(profile)}
    assert kinds == {
        *((section, "all", None) for section in ("all", "headline", "lead", "body")),
        ("all", "narration", None),
        ("all", "speech", None),
        ("all", "speech", "Haddad <b>"),
    }


def test_a_pronoun_that_may_mean_several_people_is_no_speaker() -> None:
    profile = voiced()
    unsure = [
        replace(t, sentence=replace(t.sentence, speaker_resolved=False)) for t in profile.sentences
    ]
    split = profile_article(profile.article, unsure, profile.frames, resamples=200)
    assert split.by_speaker() == {}
    assert [s.n for s in split.by_voice("speech")] == [2, 2, 2, 2]
    spoken = next(t.sentence for t in unsure if t.sentence.speaker)
    assert holder_of(spoken) is None
    assert holder_of(replace(spoken, speaker_resolved=True)) == "Haddad <b>"


def test_the_seed_reaches_the_intervals_of_stances() -> None:
    article = Article("x", "y")
    nets = {
        seed: positions(profile_article(article, MIXED, (), seed=seed), resamples=7)[0].net
        for seed in range(20)
    }
    again = positions(profile_article(article, MIXED, (), seed=3), resamples=7)[0].net
    assert again == nets[3]
    assert len({(net.low, net.high) for net in nets.values()}) > 1


def test_the_lexical_scorer_knows_both_sides() -> None:
    profile = voiced()
    assert [[label.polarity.value for label in s.stances] for s in profile.sentences] == [
        ["favor"],
        ["against"],
        [],
    ]
    assert [(r["holder_kind"], r["holder"], r["net"]) for r in position_rows(profile)] == [
        ("all", None, 0.0),
        ("outlet", None, 1.0),
        ("speech", None, -1.0),
        ("speaker", "Haddad <b>", -1.0),
    ]


def test_marks_hold_places_never_names() -> None:
    profile = voiced()
    assert marks(profile) == ["narration t0", "speech p0 t0", "speech p0"]
    assert panel(profile)["filters"] == {
        "v": [("narration", "narration"), ("speech", "speech")],
        "p": [("p0", "Haddad <b>")],
        "t": [("t0", "Israel")],
        "f": [(f"f{k}", frame) for k, frame in enumerate(profile.frames)],
    }
    assert told(profile.sentences[1])["voice"] == "direct: Haddad <b>"
    assert told(profile.sentences[0])["voice"] == "narration: the outlet"


def test_the_report_shows_voices_stances_and_filters() -> None:
    profile = voiced()
    page = render_report([profile], load_codebook("diplomacy"), {}, [draw_article(profile)])
    assert "Haddad &lt;b&gt;" in page
    assert "Haddad <b>" not in page
    assert '<option class="p0">Haddad &lt;b&gt;</option>' in page
    assert ".article:has(option.p0:checked) :is(.s, .cell):not(.p0)" in page
    assert 'class="s speech p0 t0"' in page
    assert page.count("<script") == 1


def test_figures_of_stances_and_voices() -> None:
    profile = voiced()
    (axes,) = plot_stances(profile).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Israel (n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}2)"
    ]
    assert sorted(bar.get_width() for bar in axes.patches) == [-50, 50]
    (axes,) = plot_voices(profile).axes
    assert [t.get_text() for t in axes.get_legend().get_texts()] == [
        "narration (n = 1)",
        "speech (n = 2)",
    ]
    assert [d.name for d in draw_article(profile)] == [
        *("profile", "strip", "cooccurrence", "stances", "voices")
    ]


def test_a_name_with_mathematics_can_be_drawn() -> None:
    profile = voiced()
    odd = [
        replace(s, stances=tuple(replace(label, target="A$\\frac{$B\n$") for label in s.stances))
        for s in profile.sentences
    ]
    drawn = draw_article(replace(profile, sentences=tuple(odd)))
    assert drawn[3].name == "stances"


TEXT = "Talks\n\nIsrael praised Hamas. Israeli leaders met. The country agreed. It rained.\n"


@pytest.fixture
def article(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "a.txt"


def test_targets_are_declared_proposed_or_left_out(article: Path) -> None:
    declared = stance.analyze(article, model="lexical", targets=[ISRAEL])
    assert declared.manifest["targets"] == {
        "chosen": "declared",
        "calibrated": False,
        "mentions": 3,
        "linked": 1,
        "names": [{"name": "Israel", "aliases": "", "mentions": 3, "linked": 1}],
    }
    auto = stance.analyze(article, model="lexical", targets="auto")
    assert {row["target"] for row in auto.stance_table().to_pylist()} == {"Israel", "Hamas"}
    none = stance.analyze(article, model="lexical", targets="none")
    assert none.stance_table().num_rows == 0
    assert none.manifest["targets"] == {"chosen": "none"}


def test_the_sentences_table_holds_where_and_whose(article: Path) -> None:
    result = stance.analyze(article, model="lexical", targets=[ISRAEL])
    rows = [row["stance"] for row in result.sentence_table().to_pylist()]
    assert [[(s["target"], s["holder"], s["linked"]) for s in row] for row in rows] == [
        [],
        [("Israel", "outlet", False)],
        [("Israel", "outlet", False)],
        [("Israel", "outlet", True)],
        [],
    ]
    (linked,) = rows[3]
    assert result.articles[0].text[linked["start"] : linked["end"]] == "The country"
    assert len(result.to_pandas("stances")) == 2


def test_targets_at_the_command_line(article: Path) -> None:
    options = ("--model", "lexical", "--format", "csv", "--quiet")
    done = run("analyze", article, "--targets", "Israel=IDF; Hamas", *options, cwd=article.parent)
    assert done.returncode == 0, done.stderr
    assert b'""target"": ""Hamas""' in done.stdout
    done = run("analyze", article, "--targets", "none", *options, cwd=article.parent)
    assert b"Hamas" in done.stdout
    assert b'""target""' not in done.stdout


def test_bad_targets_at_the_command_line(article: Path, tmp_path: Path) -> None:
    assert failed("a.txt", "--targets", "A=x; B=X", cwd=tmp_path) == (
        "the targets 'A' and 'B' share the name 'X'; give it to one of them"
    )


def test_an_article_without_a_name_has_no_targets(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("It rained\n\nIt rained all day.\n", encoding="utf-8")
    done = run("analyze", "a.txt", "--model", "lexical", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"about whom" not in done.stdout


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ("[{name: ''}]", "stance: target 1 has an empty name"),
        ("[{name: A}, {name: B, aliases: [a]}]", "'A' and 'B' share the name 'a'"),
        ("[{name: " + "x" * 200 + "}]", "a name of 200 characters; at most 100"),
        ("[{nam: A}]", r"did you mean name\?"),
    ],
)
def test_bad_targets_in_a_codebook(targets: str, message: str) -> None:
    text = "name: one\nframes:\n  a: {definition: A., hypotheses: [x]}\nstance: {targets: %s}\n"
    with pytest.raises(CodebookError, match=message):
        parse_codebook(text % targets, "one.yaml")


def test_every_shipped_codebook_asks_the_calibrated_wordings() -> None:
    for name in shipped_names():
        book = load_codebook(name)
        assert book.stance == StanceWordings(favor=FAVOR, against=AGAINST, relevance=RELEVANCE)
