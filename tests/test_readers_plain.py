"""Headlines, credits, captions, bylines, datelines and notices are told from sentences."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.readers import read_articles
from stance.readers.plain import layout


def seen(text):
    """The headline, and every omission as (reason, text)."""
    found = layout(text)
    headline = found.headline and text[found.headline.start : found.headline.end]
    return headline, [(o.reason, text[o.span.start : o.span.end]) for o in found.omissions]


def omitted(paragraph, before="A headline\n\n", after="\n\nThe body goes on and on.\n"):
    return seen(before + paragraph + after)[1]


def test_the_seed_article(seeds):
    (article,) = read_articles(seeds)
    found = [(o.reason, article.text[o.span.start : o.span.end]) for o in article.omissions]
    assert article.title == "Blinken Heads to Israel to Show US Solidarity, Seek Deterrence"
    assert [reason for reason, _ in found] == ["credit", "caption", "dateline"]
    assert found[0][1] == "REUTERS/Elizabeth Frantz/File Photo"
    assert found[1][1].startswith("U.S. Secretary of State Antony Blinken looks on")
    assert found[1][1].endswith("in Washington, U.S. October 7, 2023.")
    assert found[2][1] == "WASHINGTON (Reuters) – "
    assert article.text[article.omissions[2].span.end :].startswith("U.S. Secretary of State")


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("Talks Collapse\n\nHe came.", "Talks Collapse"),
        ("\n\n  Talks collapse: what now?  \n \nHe came.", "Talks collapse: what now?"),
        ("By the book\n\nHe came.", "By the book"),
        ("Blinken Heads to the U.S.\n\nHe came.", "Blinken Heads to the U.S."),
        ("Talks collapse\nBy Jane Doe\n\nHe came.", "Talks collapse"),
        ("The talks collapsed on Monday.\n\nHe came.", None),
        ("He came and\nhe went.\n\nThen he left.", None),
        ("REUTERS/Jane Doe\n\nHe came.", None),
        ("PARIS (AFP) – The talks\n\nHe came.", None),
        ("word " * 41 + "\n\nHe came.", None),
        ("***\n\nHe came.", None),
    ],
)
def test_headlines(text, headline):
    assert seen(text)[0] == headline


@pytest.mark.parametrize(
    "line",
    [
        "REUTERS/Elizabeth Frantz/File Photo",
        "REUTERS/Stringer",
        "(AP Photo/Evan Vucci, File)",
        "AP Photo/Evan Vucci",
        "Getty Images",
        "AFP/Getty Images",
        "Brendan Smialowski/AFP/Getty Images",
        "Evelyn Hockstein / The Washington Post via Getty Images",
        "(Photo by Stefani Reynolds/Getty Images)",
        "Photo: Jane Doe",
        "Credit: Jane Doe for The Wire",
        "File photo",
    ],
)
def test_credits(line):
    assert omitted(line) == [("credit", line)]


@pytest.mark.parametrize(
    "line",
    [
        "By Jane Doe",
        "BY JANE DOE",
        "By Jane Doe and John Roe, Reuters",
        "By Jane Q. Doe, John van der Roe and Ann O’Neil",
        "By Jane Doe in Jerusalem",
        "By Jane Doe, BBC News, New York",
        "By Agence France-Presse",
        "Jane Doe, Associated Press",
    ],
)
def test_bylines(line):
    assert omitted(line) == [("byline", line)]


@pytest.mark.parametrize(
    "dateline",
    [
        "WASHINGTON (Reuters) – ",
        "WASHINGTON (AP) — ",
        "GAZA CITY, Gaza Strip (AP) — ",
        "PARIS, Oct 7 (AFP) - ",
        "JERUSALEM, Oct. 7, 2023 (Reuters) - ",
        "LANCASTER, Pa./WASHINGTON (Reuters) - ",
        "LOS ANGELES/CHARLESTON, S.C. (Reuters) - ",
        "Oct 7 (Reuters) - ",
        "(Reuters) - ",
        "Jerusalem (CNN) ",
        "WASHINGTON -- ",
        "DES MOINES, Iowa — ",
        "NEW DELHI — ",
        "Kyiv — ",
        "Tel Aviv, Israel – ",
    ],
)
def test_datelines(dateline):
    assert omitted(f"{dateline}The army left.") == [("dateline", dateline)]


@pytest.mark.parametrize(
    "line",
    [
        "(Reporting by Jane Doe in Paris; Editing by John Roe)",
        "Reporting by Jane Doe; editing by John Roe",
        "Our Standards: The Thomson Reuters Trust Principles.",
        "© 2023 The Wire. All rights reserved.",
        "All rights reserved",
        "Read more: What the talks were about",
        "Associated Press writer Jane Doe contributed to this report.",
        "###",
    ],
)
def test_notices(line):
    assert omitted(line) == [("notice", line)]


def test_a_notice_may_close_a_paragraph():
    assert omitted("PARIS (AFP) - He left. (Reporting by Jane Doe)") == [
        ("dateline", "PARIS (AFP) - "),
        ("notice", "(Reporting by Jane Doe)"),
    ]


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        (
            "REUTERS/Jane Doe\nThe envoy looks on.",
            [("credit", "REUTERS/Jane Doe"), ("caption", "The envoy looks on.")],
        ),
        (
            "The envoy looks on\nin Paris.\n(AP Photo/Jane Doe)",
            [("caption", "The envoy looks on\nin Paris."), ("credit", "(AP Photo/Jane Doe)")],
        ),
        (
            "The envoy looks on. REUTERS/Jane Doe",
            [("caption", "The envoy looks on."), ("credit", "REUTERS/Jane Doe")],
        ),
        (
            "The envoy, Oct. 7, 2023. (AP Photo/Jane Doe, File)",
            [("caption", "The envoy, Oct. 7, 2023."), ("credit", "(AP Photo/Jane Doe, File)")],
        ),
        (
            "REUTERS/Jane Doe\nPARIS (Reuters) – The envoy left.",
            [("credit", "REUTERS/Jane Doe"), ("dateline", "PARIS (Reuters) – ")],
        ),
        (
            "REUTERS/Jane Doe\n" + "The envoy left. " * 50,
            [("credit", "REUTERS/Jane Doe")],
        ),
    ],
)
def test_captions_stand_beside_a_credit(paragraph, expected):
    assert omitted(paragraph) == expected


def test_what_follows_a_credit_to_the_end_of_the_text_is_the_body():
    text = "A headline\n\nREUTERS/Jane Doe\nThe envoy left.\nHe flew."
    assert seen(text)[1] == [("credit", "REUTERS/Jane Doe")]


@pytest.mark.parametrize(
    "sentence",
    [
        "By Monday the army had left.",
        "By Monday",
        "By Friday Night",
        "By the book",
        "PARIS is burning.",
        "NATO – The alliance – is strong.",
        "Israel — Hamas’s enemy — said no.",
        "Meanwhile — The army left.",
        "Paris — which is in France.",
        "WASHINGTON-based groups protested.",
        "A Reuters/Ipsos poll found that Americans hold Trump responsible.",
        "That is what they told REUTERS/Ipsos",
        "He told the agency so. (AP)",
        "Reporting by The Times found that the army left.",
        "Reports of it came in.",
        "Photographs by the army show it.",
        "(c) the term “person” means an individual or entity.",
        "Photo opportunities were few.",
        "Jane Doe, who leads the party, agreed",
        "The New York Times, Reuters and others left.",
        "The company reserved all rights.",
        "“By Jane Doe,” it said.",
    ],
)
def test_a_sentence_is_left_alone(sentence):
    assert omitted(sentence, before="A headline\n\nThe first sentence.\n\n") == []
    if not sentence.startswith("NATO"):
        assert omitted(sentence) == []


def test_a_wrapped_line_is_part_of_its_sentence():
    paragraph = "The figures of the ministry were first seen and reported by the\nAssociated Press"
    assert omitted(paragraph) == []
    paragraph = (
        "The ministry printed its own figures once more and with no doubt\nAll rights reserved"
    )
    assert omitted(paragraph) == []


def test_a_mixed_dateline_counts_in_the_first_paragraph_only_and_one_is_enough():
    assert omitted("The army left.\n\nKyiv — The army came.") == []
    assert omitted("PARIS — He left.\n\nROME — He came.") == [("dateline", "PARIS — ")]


# What a terminal shows as text: no control characters but white space, no half pairs.
TEXTS = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=("Cs", "Cc"))),
        st.sampled_from(
            [
                "\n",
                "\r\n",
                "\r",
                "\n\n",
                "\t",
                "By Jane Doe",
                "REUTERS/Jane Doe",
                "PARIS (AFP) - ",
                "(AP Photo/Jane Doe)",
                "(Reporting by A B)",
                "# Title",
                "---\n",
                "title: x\n",
                "He left. ",
            ]
        ),
    )
).map("".join)


def check(article, text):
    spans = sorted(
        [(o.span.start, o.span.end) for o in article.omissions]
        + ([(article.headline.start, article.headline.end)] if article.headline else [])
    )
    edges = [edge for span in spans for edge in span]
    assert article.text == text
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    for start, end in spans:
        assert text[start] == text[start].lstrip() or not text[start].isspace()
        assert text[start:end].strip()


@pytest.mark.parametrize("suffix", ["txt", "md"])
@given(text=TEXTS)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_is_unchanged_and_spans_are_inside_and_apart(tmp_path, suffix, text):
    file = tmp_path / f"a.{suffix}"
    file.write_bytes(text.encode())
    expected = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if expected.strip():
        (article,) = read_articles(file)
        check(article, expected)


@given(title=TEXTS, body=TEXTS)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_row_keeps_its_title_and_its_body(tmp_path, title, body):
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({"title": title, "text": body}) + "\n", encoding="utf-8")
    clean = [text.replace("\r\n", "\n").replace("\r", "\n") for text in (title, body)]
    if clean[1].strip():
        (article,) = read_articles(file)
        check(article, article.text)
        assert article.text.endswith(clean[1])
        assert (article.title or "") == clean[0].strip()


@pytest.mark.data
def test_a_government_corpus_is_read_whole(data):
    file = data / "corpus" / "us_gov_ukraine.jsonl.gz"
    articles = list(read_articles(file))
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        assert len(articles) == sum(1 for _ in lines)
    datelines = [
        article.text[o.span.start : o.span.end]
        for article in articles
        for o in article.omissions
        if o.reason == "dateline"
    ]
    assert len(datelines) > 40
    assert {dateline.strip(" -–—") for dateline in datelines} == {"WASHINGTON"}
