"""Targets: where they are named, what is linked, what is proposed, and what is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.errors import ConfigError
from stance.records import Section, Sentence, TargetName
from stance.targets import (
    check_targets,
    find_mentions,
    is_demonym,
    parse_targets,
    propose_targets,
    visible,
)

ISRAEL = TargetName("Israel", ("IDF",))
BLINKEN = TargetName("Antony Blinken", ("Blinken",))


def sentences(*texts: str) -> list[Sentence]:
    found, place = [], 0
    for k, text in enumerate(texts):
        found.append(Sentence("a", k, place, place + len(text), text))
        place += len(text) + 1
    return found


def found(text: str, *targets: TargetName) -> list[tuple[str, str]]:
    (mentions,) = find_mentions(sentences(text), targets)
    return [(m.target, text[m.span.start : m.span.end]) for m in mentions]


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("Israel’s army and the IDF left.", ["Israel", "IDF"]),
        ("Israeli and Israelis, ISRAEL and ISRAELI.", ["Israeli", "Israelis", "ISRAEL", "ISRAELI"]),
        ("An Israeli-occupied, pro-Israel town.", ["Israeli", "Israel"]),
        ("An idf and an israel among Capitals.", []),
        ("israel has no capitals here, nor idf.", ["israel"]),
        ("Israelites and Disrael.", []),
        (
            "Isr\u200bael and \u200fIsrael\u200f and I\u00adsrael.",
            ["Isr\u200bael", "Israel", "I\u00adsrael"],
        ),
    ],
)
def test_a_country_is_found_in_every_form(text: str, surfaces: list[str]) -> None:
    assert found(text, ISRAEL) == [("Israel", surface) for surface in surfaces]


def test_the_longest_name_wins() -> None:
    authority = TargetName("Palestinian Authority")
    text = "The Palestinian Authority met Palestinian leaders."
    assert found(text, TargetName("Palestine"), authority) == [
        ("Palestinian Authority", "Palestinian Authority"),
        ("Palestine", "Palestinian"),
    ]


@pytest.mark.parametrize(
    "text", ["Latin America waits.", "New Mexico voted.", "South Sudanese troops left."]
)
def test_a_longer_name_of_something_else_is_no_mention(text: str) -> None:
    targets = [TargetName("United States"), TargetName("Mexico"), TargetName("Sudan")]
    assert found(text, *targets) == []


def test_names_across_blanks_accents_and_plurals() -> None:
    erdogan = TargetName("Recep Tayyip Erdoğan", ("Erdogan",))
    assert found("Recep  Tayyip\nErdogan met Erdoğan.", erdogan) == [
        (erdogan.name, "Recep  Tayyip\nErdogan"),
        (erdogan.name, "Erdoğan"),
    ]
    assert found("Both Democrats and a democrat.", TargetName("Democrat")) == [
        ("Democrat", "Democrats")
    ]
    assert found("Two Grand Juries.", TargetName("Grand Jury")) == [("Grand Jury", "Grand Juries")]


def test_an_accent_written_apart_belongs_to_the_mention() -> None:
    text = "Said Bordaberre\u0301 today."
    assert found(text, TargetName("Bordaberré")) == [("Bordaberré", "Bordaberre\u0301")]


def test_a_demonym_of_two_targets_is_of_neither() -> None:
    north, south = TargetName("North Korea"), TargetName("South Korea")
    assert found("Korean and South Korean ships.", north, south) == [
        ("South Korea", "South Korean")
    ]
    declared = TargetName("South Korea", ("Korean",))
    assert found("A Korean ship.", north, declared) == [("South Korea", "Korean")]


def linked(*texts: str) -> list[tuple[int, str]]:
    targets = [ISRAEL, BLINKEN, TargetName("Hamas")]
    mentions = find_mentions(sentences(*texts), targets)
    return [(k, m.target) for k, own in enumerate(mentions) for m in own if m.linked]


def test_a_pronoun_is_linked_to_the_only_person_before() -> None:
    assert linked("Blinken flew to Israel.", "He spoke.") == [(1, "Antony Blinken")]
    assert linked("Blinken flew out.", "“She said nothing.") == [(1, "Antony Blinken")]


@pytest.mark.parametrize(
    "texts",
    [
        ("Blinken met Netanyahu.", "He spoke."),
        ("Blinken flew out.", "Then Haddad said he agreed."),
        ("Blinken flew out.", "It rained.", "He spoke."),
        ("Hamas gunmen came.", "He spoke."),
        ("Blinken flew out.", "Blinken said he left."),
        ("Israel and Jordan talked.", "The country agreed."),
    ],
)
def test_what_is_ambiguous_is_not_linked(texts: tuple[str, ...]) -> None:
    assert linked(*texts) == []


def test_the_country_is_linked_and_its_place_recorded() -> None:
    texts = ("Israel closed its border.", "Now the country is sealed.")
    (_, (mention,)) = find_mentions(sentences(*texts), [ISRAEL])
    whole = "\n".join(texts)
    assert (mention.target, mention.linked) == ("Israel", True)
    assert whole[mention.span.start : mention.span.end] == "the country"


def test_nothing_is_linked_across_articles_or_from_a_headline() -> None:
    first, second = sentences("Blinken flew out.", "He spoke.")
    other = Sentence("b", 1, 0, 9, "He spoke.")
    head = Sentence("a", 0, 0, 17, "Blinken flew out.", Section.HEADLINE)
    for pair in ([first, other], [head, second]):
        assert [m for own in find_mentions(pair, [BLINKEN]) for m in own if m.linked] == []


NEWS = (
    "U.S. Secretary of State Antony Blinken met Israeli Prime Minister Benjamin Netanyahu.",
    "Israel thanked Blinken, and Hamas blamed the United States.",
    "The Internal Revenue Service said Hamas paid nothing; the IRS would ask Washington.",
    "Netanyahu said Americans were in Gaza.",
)


def test_the_most_named_are_proposed_with_their_surfaces_merged() -> None:
    proposed = {t.name: t.aliases for t in propose_targets(sentences(*NEWS, *["So it is."] * 8))}
    assert proposed == {
        "United States": (),
        "Antony Blinken": ("Blinken",),
        "Israel": (),
        "Benjamin Netanyahu": ("Netanyahu",),
        "Hamas": (),
        "Internal Revenue Service": ("IRS",),
    }


def test_what_is_proposed_can_be_found_and_is_at_most_eight() -> None:
    texts = [
        f"Then {name} spoke."
        for name in (*("Ames", "Bell", "Cole", "Dunn", "Egan", "Ford", "Gale", "Hale", "Ives"),)
    ]
    proposed = propose_targets(sentences(*texts))
    assert len(proposed) == 8
    check_targets(proposed)


def test_a_surname_of_two_people_stays_alone() -> None:
    texts = ["Then Joe Biden met Jill Biden.", "So Biden spoke."]
    assert {t.name for t in propose_targets(sentences(*texts))} == {
        "Joe Biden",
        "Jill Biden",
        "Biden",
    }


@pytest.mark.parametrize(
    "text",
    [
        "it rained all day.",
        "It rained. Nobody came on Monday.",
        "HE WON IT ALL",
        "ذهب الوفد",
        "",
        "7",
    ],
)
def test_text_without_a_name_proposes_nothing(text: str) -> None:
    assert propose_targets(sentences(text)) == ()


def test_headlines_propose_nothing_where_there_is_a_body() -> None:
    head = Sentence("a", 0, 0, 20, "Shock Result in Town", Section.HEADLINE)
    assert propose_targets([head, *sentences("it rained.")]) == ()


def test_targets_are_parsed() -> None:
    assert parse_targets("Israel=Israeli, IDF ; Hamas;") == (
        TargetName("Israel", ("Israeli", "IDF")),
        TargetName("Hamas"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no target is named in ''"),
        (" ; ", "no target is named"),
        ("=IDF", "target 1 has an empty name"),
        ("\u200b\u200f=IDF", "target 1 has an empty name"),
        ("Israel=", "'Israel' has an = and no alias"),
        ("Israel=IDF,,X", r"target 1 \('Israel'\) has an empty alias"),
        ("Israel=IDF; Army=idf", "'Israel' and 'Army' share the name 'idf'"),
        ("Hamas; HAMAS", "'HAMAS' is there twice|'Hamas' is there twice"),
        ("x" * 200, "has a name of 200 characters; at most 100"),
        ("Hamas; ---", "the name '---' without a letter"),
    ],
)
def test_bad_targets_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_targets(text)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ConfigError, match=r"empty name.*; .*200 characters"):
        check_targets([TargetName(" "), TargetName("y" * 200)])


def test_no_target_finds_nothing() -> None:
    assert find_mentions(sentences("Israel."), []) == [()]


def test_what_is_visible_and_what_a_demonym_is() -> None:
    assert visible("An\u200btony\n Blinken\u200f") == "Antony Blinken"
    assert [is_demonym(w) for w in ("Israelis", "AMERICAN", "Israel", "Hamas")] == [
        True,
        True,
        False,
        False,
    ]


NOISE = st.text(st.sampled_from("IsraelBnk i's-.“” \u200b\u200f\u00ad\u0301éÉß\n"), max_size=60)
NAMES = st.sampled_from(
    ["Israel", "Israeli", "Blinken", "Antony Blinken", "IDF", "He", "the country"]
)


@given(st.lists(st.lists(st.one_of(NOISE, NAMES), max_size=6), min_size=1, max_size=4))
def test_offsets_point_at_the_names(parts: list[list[str]]) -> None:
    texts = [" ".join(part) for part in parts]
    whole = "\n".join(texts)
    mentions = find_mentions(sentences(*texts), [ISRAEL, BLINKEN])
    known = {"israel", "israeli", "israelis", "israels", "idf", "blinken", "blinkens"}
    for sentence, own in zip(sentences(*texts), mentions, strict=True):
        assert [m.span.start for m in own] == sorted(m.span.start for m in own)
        for before, after in pairwise(own):
            assert before.span.end <= after.span.start
        for mention in own:
            assert sentence.start <= mention.span.start < mention.span.end <= sentence.end
            surface = visible(whole[mention.span.start : mention.span.end]).lower()
            plain = surface.replace("\u0301", "").replace("é", "e")
            assert mention.linked or plain.split()[-1] in known


@given(st.text(max_size=200))
def test_any_text_can_be_searched_and_proposed_from(text: str) -> None:
    check_targets(propose_targets(sentences(text, text)))
    for mention in find_mentions(sentences(text), [ISRAEL, BLINKEN])[0]:
        assert text[mention.span.start : mention.span.end].strip()
