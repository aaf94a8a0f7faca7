"""Who speaks is found where it is clear, and nobody is named where it is not."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import stance
from stance.readers import read_articles
from stance.records import Article, Omission, Span, Voice
from stance.sentences import split
from stance.voices import attach_voices, find_attributions, find_voices

GOLDEN = yaml.safe_load(
    (Path(__file__).parent / "golden" / "voices.yaml").read_text(encoding="utf-8")
)


def article(text, *omitted):
    spans = [Span(text.index(part), text.index(part) + len(part)) for part in omitted]
    return Article("x", text, omissions=tuple(Omission(span, "caption") for span in spans))


def voices(text):
    """Voice and speaker of every sentence."""
    found = attach_voices(article(text), split(article(text)))
    return [(each.voice.value, each.speaker) for each in found]


def attributions(text):
    """Kind, speaker and reported words of every attribution that was spoken."""
    found = find_attributions(article(text), split(article(text)))
    return [
        (each.kind.value, each.speaker, [text[s.start : s.end] for s in each.content])
        for each in found
        if each.spoken
    ]


def unbalanced(text):
    return find_voices(article(text), split(article(text))).unbalanced


# ----------------------------------------------------------------------------- the seed article


def test_the_seed_article(seeds):
    (seed,) = read_articles(seeds)
    found = attach_voices(seed, split(seed))
    assert len(found) == len(GOLDEN) == 28
    for sentence, (start, voice, speaker) in zip(found, GOLDEN, strict=True):
        assert sentence.text.startswith(start)
        assert (start, sentence.voice.value, sentence.speaker) == (start, voice, speaker)
    assert not any("looks on, as" in sentence.text for sentence in found)


def test_the_quotations_of_the_seed_article(seeds):
    (seed,) = read_articles(seeds)
    found = find_voices(seed, split(seed))
    said = [
        (each.speaker, seed.text[each.content[0].start : each.content[0].end][:22])
        for each in found.attributions
        if each.kind is Voice.DIRECT
    ]
    assert said == [
        ("Blinken", "“I’m going with a very"),
        ("Blinken", "“That number could sti"),
        ("Blinken", "“We know that Israel w"),
        ("Alex Vatanka", "“The attack by Hamas i"),
        ("Biden", "“I have one word: Don’"),
    ]
    assert found.unbalanced == 0


def test_analyze_fills_the_columns(seeds):
    analysis = stance.analyze(seeds, model="lexical")
    table = analysis.sentence_table().to_pylist()
    assert [(row["voice"], row["speaker"]) for row in table] == [
        (voice, speaker) for _, voice, speaker in GOLDEN
    ]
    assert analysis.manifest["counts"]["unbalanced_quotation_marks"] == 0


# -------------------------------------------------------------------------------------- marks

MARKS = [
    '"We will not leave," Haddad said.',
    "“We will not leave,” Haddad said.",
    "‘We will not leave,’ Haddad said.",
    "'We will not leave,' Haddad said.",
    "''We will not leave,'' Haddad said.",
    "``We will not leave,'' Haddad said.",
    "„We will not leave“, Haddad said.",
    "„We will not leave”, Haddad said.",
    "«We will not leave», Haddad said.",
    "« We will not leave », Haddad said.",
    "»We will not leave«, Haddad said.",
    "‹We will not leave›, Haddad said.",
]


@pytest.mark.parametrize("text", MARKS)
def test_marks(text):
    ((kind, speaker, (content,)),) = attributions(text)
    assert (kind, speaker) == ("direct", "Haddad")
    assert "We will not leave" in content
    assert "Haddad" not in content
    assert voices(text) == [("direct", "Haddad")]
    assert unbalanced(text) == 0


def test_an_apostrophe_closes_no_quotation():
    text = "‘We value the workers’ rights and don’t deny it,’ the minister said."
    assert attributions(text) == [
        ("direct", "the minister", ["‘We value the workers’ rights and don’t deny it,’"])
    ]
    assert attributions("The workers' rights and the Joneses' house weren't lost.") == []


def test_quotations_inside_quotations():
    text = "“He told me ‘leave now’ and I left,” Haddad said."
    assert attributions(text) == [("direct", "Haddad", ["“He told me ‘leave now’ and I left,”"])]


@pytest.mark.parametrize(
    ("text", "speaker", "content"),
    [
        ("Haddad said: “It is over.”", "Haddad", ["“It is over.”"]),
        ("Haddad told reporters in Cairo, “It is over.”", "Haddad", ["“It is over.”"]),
        ("“It is over,” said the minister.", "the minister", ["“It is over,”"]),
        ("“It is,” Haddad said, “over.”", "Haddad", ["“It is,”", "“over.”"]),
        ("“It is over,” she said. “We won.”", "she", ["“It is over,”", "“We won.”"]),
        ("“Is it over?” Sen. J. Haddad asked.", "J. Haddad", ["“Is it over?”"]),
        ("The minister was blunt: “It is over.”", "the minister", ["“It is over.”"]),
        ("The minister was blunt:\n\n“It is over.”", "the minister", ["“It is over.”"]),
        (
            "“It is over and we have won.” — Jo Haddad",
            "Jo Haddad",
            ["“It is over and we have won.”"],
        ),
        (
            "“It is over,” Jo Haddad, a lawyer in Cairo, said.",
            "Jo Haddad",
            ["“It is over,”"],
        ),
        (
            "Jo Haddad, 57, a driver and member from Columbus, Ohio, said: “It is over.”",
            "Jo Haddad",
            ["“It is over.”"],
        ),
        ("“It is over,” Jo Haddad, head of the group said.", "Jo Haddad", ["“It is over,”"]),
    ],
)
def test_where_the_speaker_stands(text, speaker, content):
    assert attributions(text) == [("direct", speaker, content)]


def test_a_quotation_runs_over_paragraphs():
    text = (
        "“It was a long night,” Haddad said. “Nobody slept. The water rose.\n\n"
        "“By dawn it stood in the street. We left.\n\n"
        "“Then the bridge fell.”\n\nNobody was hurt."
    )
    ((kind, speaker, content),) = attributions(text)
    assert (kind, speaker, len(content)) == ("direct", "Haddad", 4)
    assert [voice for voice, _ in voices(text)] == ["direct"] * 6 + ["narration"]
    assert {who for _, who in voices(text)} == {"Haddad", None}
    assert unbalanced(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "The so-called “peace camp” met on Monday in a hotel.",
        "He sang “American Skin” to a full house.",
        "The ‘new normal’ has reached the suburbs.",
    ],
)
def test_scare_quotes_and_titles_are_no_speech(text):
    assert voices(text) == [("narration", None)]


def test_nobody_is_named_where_nobody_is():
    text = "Rain fell on the city all day.\n\n“We have lost everything that we ever had.”"
    assert voices(text) == [("narration", None), ("direct", None)]
    (found,) = find_attributions(article(text), split(article(text)))
    assert (found.speaker_span, found.cue, found.resolved) == (None, None, False)
    assert attach_voices(article(text), split(article(text)))[1].speaker_resolved is False


# ------------------------------------------------------------------------------ indirect speech


@pytest.mark.parametrize(
    ("text", "speaker", "content"),
    [
        ("Haddad said that the deal was dead.", "Haddad", ["that the deal was dead"]),
        ("The ministry said it was over.", "the ministry", ["it was over"]),
        ("The deal is dead, Haddad said.", "Haddad", ["The deal is dead"]),
        ("The deal, he said on Monday, is dead.", "he", ["The deal", "is dead"]),
        ("The deal is dead, according to two officials.", "two officials", ["The deal is dead"]),
        ("According to the army, the deal is dead.", "the army", ["the deal is dead"]),
        ("Police in Cairo say the deal is dead.", "police in Cairo", ["the deal is dead"]),
        ("Haddad told the council that it was over.", "Haddad", ["that it was over"]),
        ("He went on to say that it was over.", "he", ["that it was over"]),
        ("In a letter on Monday, Haddad warned that it was over.", "Haddad", ["that it was over"]),
        ("Haddad believes the deal is dead.", "Haddad", ["the deal is dead"]),
    ],
)
def test_indirect_speech(text, speaker, content):
    found = [(kind, who.lower(), said) for kind, who, said in attributions(text)]
    assert found == [("indirect", speaker.lower(), content)]
    ((voice, who),) = voices(text)
    assert (voice, who.lower()) == ("indirect", speaker.lower())


@pytest.mark.parametrize(
    "text",
    [
        "Biden has stopped short of an overt plea to Israel to show restraint.",
        "Haddad wants to leave the city before the winter.",
        "The ministry did not immediately respond to a request for comment.",
        "He condemned the attack and left for Cairo.",
        "The army took the town that Haddad says is his.",
        "The army’s plans and claims filled a report of forty pages.",
    ],
)
def test_what_the_outlet_says_itself(text):
    assert voices(text) == [("narration", None)]


def test_mixed():
    text = "“It is over,” Haddad said, adding that the army would leave the town by Monday."
    assert voices(text) == [("mixed", "Haddad")]
    assert [kind for kind, _, _ in attributions(text)] == ["direct", "indirect"]
    assert voices("Haddad said the deal was “dead and buried for good” by now.") == [
        ("mixed", "Haddad")
    ]


# ------------------------------------------------------------------------------------- speakers


def speakers(text):
    found = attach_voices(article(text), split(article(text)))
    return [(each.speaker, each.speaker_resolved) for each in found]


def test_names_are_as_short_as_in_the_article():
    text = (
        "U.S. Secretary of State Antony Blinken said it was over. Blinken said he was tired. "
        "German Chancellor Angela Merkel said it was late."
    )
    assert [who for who, _ in speakers(text)] == ["Blinken", "Blinken", "Angela Merkel"]


def test_two_people_of_one_name_stay_apart():
    text = "Bill Clinton said it was over. Hillary Clinton said it was late. Clinton won."
    assert [who for who, _ in speakers(text)] == ["Bill Clinton", "Hillary Clinton", None]


def test_what_is_no_name_stays_as_said():
    text = "The top U.S. diplomat said it was over."
    assert speakers(text) == [("the top U.S. diplomat", True)]


def test_a_pronoun_is_resolved_where_it_is_safe():
    text = "Antony Blinken told reporters it was over. He said the army would leave."
    assert speakers(text) == [("Antony Blinken", True)] * 2


@pytest.mark.parametrize(
    ("text", "pronoun"),
    [
        ("Antony Blinken met Joe Biden in Paris. He said it was over.", "he"),
        ("Mr. Blinken said it was late. She said it was over.", "she"),
        ("The ministry said it was late. They said it was over.", "they"),
        ("It rained. It rained. He said it was over.", "he"),
    ],
)
def test_a_pronoun_is_kept_where_it_is_not(text, pronoun):
    assert speakers(text)[-1] == (pronoun, False)


def test_the_speakers_span_is_where_he_is_named():
    text = "“It is over,” Haddad said. “We won.”"
    found = attach_voices(article(text), split(article(text)))
    assert [text[each.speaker_span.start : each.speaker_span.end] for each in found] == [
        "Haddad",
        "Haddad",
    ]


# ------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("“It is over, Haddad said. He left.\n\n“We won,” she said.", 0),
        ("He said “it is over. Then he left.\n\nRain fell.", 1),
        ("It is over,” Haddad said.", 1),
        ("“It is over. “We won,” Haddad said.", 1),
        ("“““", 0),
    ],
)
def test_marks_without_a_partner_are_counted(text, number):
    assert unbalanced(text) == number


def test_a_missing_mark_does_no_harm_behind_its_paragraph():
    text = "He said “it is over. Then he left the town.\n\nRain fell.\n\n“We won,” Jo Haddad said."
    assert voices(text) == [
        ("direct", "he"),
        ("narration", None),
        ("narration", None),
        ("direct", "Jo Haddad"),
    ]


def test_unseen_signs_inside_names():
    text = "\u200f“It is over,” Had\u200bdad\u200e sa\u2060id.\u202c He left."
    found = attach_voices(article(text), split(article(text)))
    assert (found[0].voice, found[0].speaker) == (Voice.DIRECT, "Haddad")
    span = found[0].speaker_span
    assert text[span.start : span.end] == "Had\u200bdad"


def test_what_is_omitted_is_not_read():
    text = "Haddad said “no\n\n“It is over,” Lee said."
    omitted = article(text, "Haddad said “no")
    found = find_voices(omitted, split(omitted))
    assert [each.speaker for each in found.sentences] == ["Lee"]
    assert found.unbalanced == 0


def test_an_empty_article():
    found = find_voices(article(""), ())
    assert (found.sentences, found.attributions, found.unbalanced) == ((), (), 0)


# ----------------------------------------------------------------------------------- properties

SEPARATOR = "|"
PIECES = (
    "“|”|\"|'|‘|’|«|»|„|''|``|, |. |: |; |! |? |\n|\n\n|— |― |(|) |\u200b|\u200f|😀|said |says |"
    "told |saying |adding |wants to |called for |according to |claim that |that |who |and |he |"
    "She |they |his |the minister |Haddad |Antony Blinken |Mr. Smith |Monday |in a statement |"
    "it is over |to |had |was |"
).split(SEPARATOR)
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_spans_lie_in_the_text_and_every_sentence_has_a_voice(text):
    given_ = split(article(text))
    found = find_voices(article(text), given_)
    assert len(found.sentences) == len(given_)
    for attribution in found.attributions:
        spans = [*attribution.content, attribution.cue, attribution.speaker_span]
        assert attribution.content
        assert all(0 <= s.start < s.end <= len(text) for s in spans if s is not None)
        assert list(attribution.content) == sorted(attribution.content, key=lambda s: s.start)
        assert attribution.resolved <= (attribution.speaker is not None)
    for sentence in found.sentences:
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.voice is not None
        if sentence.voice is Voice.NARRATION:
            assert (sentence.speaker, sentence.speaker_span) == (None, None)
    assert find_voices(article(text), given_) == found


# ----------------------------------------------------------------------------------------- time

HOSTILE = {
    "opening marks": "“a " * 330_000,
    "single marks": "‘a " * 330_000,
    "straight marks": '"a ' * 330_000,
    "one word quotations": "“a” " * 250_000,
    "open paragraphs": "“a\n\n" * 250_000,
    "he said": "he said " * 125_000,
    "tags": "“No,” he said, " * 65_000,
    "names": "Aa " * 330_000,
    "appositions": "a, " * 330_000,
    "according to": "according to him, " * 55_000,
    "claims": "his claim that " * 65_000,
    "signed": "“Well done to all” ― Jo Doe\n" * 36_000,
    "unseen signs": "a\u200b" * 500_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_megabyte_of_anything_is_read(text):
    found = find_voices(article(text), split(article(text)))
    assert all(sentence.voice is not None for sentence in found.sentences)


# ---------------------------------------------------------------------- against annotated text


@pytest.fixture
def bench(monkeypatch):
    """The benchmark that makes the figures of docs/voices.md."""
    monkeypatch.syspath_prepend(Path(__file__).parent.parent / "benchmarks")
    return importlib.import_module("voices")


@pytest.mark.data
@pytest.mark.parametrize("half", ["seen", "unseen"])
def test_polnear(record_property, data, bench, half):
    documents = [each for each in bench.load(data) if each.half == half]
    total = bench.add(each for group in bench.measure(documents, bench.find) for each in group)
    direct, indirect = bench.figures(total, "direct"), bench.figures(total, "indirect")
    record_property("direct content F1", round(direct["content F1"], 3))
    record_property("indirect content F1", round(indirect["content F1"], 3))
    assert direct["content F1"] >= 0.94
    assert direct["speaker"] >= 0.88
    assert indirect["content F1"] >= 0.69
    assert indirect["speaker"] >= 0.82


def test_the_measure_counts_characters_and_pairs(bench):
    match = importlib.import_module("agreement").match
    gold = [bench.Said(frozenset(range(10)), ((20, 25),), "direct")]
    found = [bench.Said(frozenset(range(6)), ((20, 25),), "direct")]
    assert match(gold, found) == [(0, 0)]
    assert match(gold, [bench.Said(frozenset(range(4)), (), "direct")]) == []
    document = bench.Document("d", "a", "x" * 30, tuple(gold))
    figures = bench.figures(bench.count(document, found), "direct")
    assert (figures["P"], figures["R"], figures["speaker"]) == (1.0, 0.6, 1.0)
