"""Sentences are found where they are, whole and in linear time."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.errors import DataError
from stance.records import Article, Omission, Section, Span
from stance.sentences import split, split_paragraph

GOLDEN = yaml.safe_load(
    (Path(__file__).parent / "golden" / "sentences.yaml").read_text(encoding="utf-8")
)


def sentences(paragraph):
    return [paragraph[start:end] for start, end in split_paragraph(paragraph)]


def texts(text, **fields):
    return [sentence.text for sentence in split(Article("a", text, **fields))]


def span_of(text, part):
    return Span(text.index(part), text.index(part) + len(part))


def omit(text, *parts):
    return tuple(Omission(span_of(text, part), "caption") for part in parts)


# ---------------------------------------------------------------------------- golden sentences


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["case"])
def test_golden(case):
    paragraph = case.get("text", " ".join(case["sentences"]))
    assert sentences(paragraph) == case["sentences"]


def test_golden_is_large_and_distinct():
    found = [sentence for case in GOLDEN for sentence in case["sentences"]]
    assert len(found) >= 170
    assert len({case["case"] for case in GOLDEN}) == len(GOLDEN)


# ---------------------------------------------------------------------- against annotated text


def gum_documents(path):
    """Genre → documents; a document is a list of paragraphs, a paragraph a list of sentences.

    The text is rebuilt from the tokens: no blank behind SpaceAfter=No, and a multiword token
    stands for its parts.
    """
    genres, document, hidden = {}, [], 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in map(str.rstrip, lines):
            key, _, value = line.partition(" = ")
            if key == "# newdoc id":
                document = [[]]
            elif key == "# meta::genre":
                genres.setdefault(value, []).append(document)
            elif line == "# newpar":
                document.append([])
            elif key == "# sent_id":
                document[-1].append("")
                hidden = 0
            elif line[:1].isdigit():
                hidden = add_token(document[-1], line.split("\t"), hidden)
    return genres


def add_token(paragraph, columns, hidden):
    """Append a token to the last sentence; return the last number its parts have."""
    number, _, last = columns[0].partition("-")
    if "." not in number and int(number) > hidden:
        glued = "SpaceAfter=No" in columns[9].split("|")
        paragraph[-1] += columns[1] + ("" if glued else " ")
        return int(last or 0)
    return hidden


def boundaries(paragraphs):
    """(paragraph, letters before the boundary) of every sentence's end; blanks do not count."""
    for number, paragraph in enumerate(paragraphs):
        letters = 0
        for sentence in paragraph:
            letters += len("".join(sentence.split()))
            yield number, letters


def gum_f1(documents, *, inner):
    """F1 of the sentence boundaries of documents split as articles, all documents together.

    A boundary is the end of a sentence inside its document: the end of the document is not
    counted. With ``inner`` the ends of paragraphs, known to the splitter, are not counted either.
    """
    hits = expected = found = 0
    for document in documents:
        gold = [paragraph for paragraph in document if paragraph]
        blocks = ["".join(paragraph).strip() for paragraph in gold]
        article = Article("gum", "\n\n".join(blocks))
        given_ends = set(boundaries(gold))
        last = dict(sorted(given_ends))
        split_ends = set(boundaries(by_block(split(article), blocks)))
        free = set(last.items()) if inner else {(len(gold) - 1, last[len(gold) - 1])}
        hits += len((given_ends & split_ends) - free)
        expected += len(given_ends - free)
        found += len(split_ends - free)
    return 2 * hits / (expected + found)


def by_block(found, blocks):
    """The texts of the sentences, block by block."""
    groups, start = [], 0
    for block in blocks:
        end = start + len(block)
        groups.append([each.text for each in found if start <= each.start < end])
        start = end + 2
    return groups


@pytest.mark.data
@pytest.mark.parametrize(
    ("genre", "all_ends", "inner_ends"),
    [("news", 0.99, 0.99), ("interview", 0.97, 0.95), ("speech", 0.99, 0.98)],
)
def test_gum(record_property, data, genre, all_ends, inner_ends):
    documents = gum_documents(data / "sentences" / "en_gum-ud-dev.conllu.gz")[genre]
    f1, inner = gum_f1(documents, inner=False), gum_f1(documents, inner=True)
    record_property("f1", round(f1, 4))
    record_property("f1 inside paragraphs", round(inner, 4))
    assert f1 >= all_ends, f"{genre}: F1 {f1:.4f}"
    assert inner >= inner_ends, f"{genre}: F1 inside paragraphs {inner:.4f}"


def test_gum_measure_counts_misses_and_false_ends():
    one = [["It ended. ", "He left. "], ["Nobody saw it"]]
    assert gum_f1([one], inner=False) == 1.0
    merged = [["It ended. He left. "], ["Nobody saw it"]]
    assert gum_f1([merged], inner=False) == pytest.approx(2 / 3)
    assert gum_f1([merged], inner=True) == 0.0


# ------------------------------------------------------------------------------------- articles


def test_the_seed_article(seeds):
    (path,) = seeds.glob("*.txt")
    text = path.read_text(encoding="utf-8")
    headline = Span(0, text.index("\n"))
    caption = Span(text.index("REUTERS"), text.index("\n\nWASHINGTON"))
    dateline = span_of(text, "WASHINGTON (Reuters) – ")
    omissions = (Omission(caption, "caption"), Omission(dateline, "dateline"))
    found = split(Article("seed", text, headline, omissions))
    assert len(found) == 28
    assert found[0].section is Section.HEADLINE
    assert found[0].text.endswith("Seek Deterrence")
    assert [each.id for each in found if each.section is Section.LEAD] == [1]
    assert found[1].text.startswith("U.S. Secretary of State Antony Blinken headed")
    assert found[3].text.startswith("“I’m going with a very simple and clear message … that")
    assert found[21].text.endswith("“I have one word: Don’t.”")
    assert found[-1].text.startswith("It was unclear whether Blinken")


def test_sections_and_numbers():
    text = "Talks Fail\n\nTalks failed. Nobody spoke.\n\nRain fell."
    found = split(Article("x", text, Span(0, 10)))
    assert [(each.id, each.section, each.text) for each in found] == [
        (0, Section.HEADLINE, "Talks Fail"),
        (1, Section.LEAD, "Talks failed."),
        (2, Section.LEAD, "Nobody spoke."),
        (3, Section.BODY, "Rain fell."),
    ]
    assert {each.article_id for each in found} == {"x"}
    assert {each.voice for each in found} == {None}


def test_a_headline_is_never_split():
    text = "War Over? Not Yet. Talks Go On\nTalks went on."
    headline = Span(0, text.index("\n"))
    assert texts(text, headline=headline) == ["War Over? Not Yet. Talks Go On", "Talks went on."]


def test_a_headline_between_paragraphs_keeps_its_place():
    text = "Politics today.\n\nTalks Fail\n\nThey failed."
    found = split(Article("x", text, span_of(text, "Talks Fail")))
    assert [each.section.value for each in found] == ["lead", "headline", "body"]


def test_the_lead_is_the_first_paragraph_with_a_sentence():
    text = "* * *\n\nPhoto by Lee.\n\nIt rained.\n\nIt stopped."
    found = split(Article("x", text, omissions=omit(text, "Photo by Lee.")))
    assert [(each.section, each.text) for each in found] == [
        (Section.LEAD, "It rained."),
        (Section.BODY, "It stopped."),
    ]


def test_an_omission_is_in_no_sentence():
    text = "PARIS (AP) — It rained. He left (see map) early. Bye."
    omissions = omit(text, "(see map)", "PARIS (AP) —", "AP) — ")
    assert texts(text, omissions=omissions) == ["It rained.", "He left", "early.", "Bye."]


def test_an_omitted_headline_is_left_out():
    text = "Talks Fail\n\nThey failed."
    headline = Span(0, 10)
    assert texts(text, headline=headline, omissions=omit(text, "Fail")) == ["They failed."]


def test_fragments_without_letters_or_digits_are_no_sentences():
    assert texts("***\n\nIt rained. —\n\n• • •\n\n2024\n\n“”") == ["It rained. —", "2024"]


def test_nothing_to_split():
    assert texts("") == []
    assert texts(" \n\t\n ") == []
    assert texts("", headline=Span(0, 0)) == []


def test_offsets_are_code_points():
    text = "😀 It 𝒜 rained. É 🇫🇷 left.\n\n👩‍👩‍👧 “Why?” Nobody knew."
    found = split(Article("x", text))
    assert [(each.start, each.end) for each in found] == [(0, 14), (15, 25), (27, 39), (40, 52)]
    assert all(each.text == text[each.start : each.end] for each in found)


# ----------------------------------------------------------------------------------- paragraphs

LONG = "The minister said that " + "the water was still rising and " * 4 + "nobody slept"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He came\nlate. She\nleft.", ["He came\nlate.", "She\nleft."]),
        ("He came\r\nlate.\r\n\r\nShe left", ["He came\r\nlate.", "She left"]),
        ("Markets\n \t\nStocks fell.", ["Markets", "Stocks fell."]),
        ("Bring:\n- apples\n- pears\n- figs", ["Bring:", "- apples", "- pears", "- figs"]),
        ("Bring\n• apples\n• pears", ["Bring", "• apples", "• pears"]),
        ("Steps\n1. Mix flour\nand salt\n2. Bake", ["Steps", "1. Mix flour\nand salt", "2. Bake"]),
        ("He was born on May\n12. Then he left.", ["He was born on May\n12.", "Then he left."]),
        ("The deal\n- all of it - was signed.", ["The deal\n- all of it - was signed."]),
        (f"Markets\n{LONG}\nWeather", ["Markets", LONG, "Weather"]),
        (f"{LONG}\nand swam.\n\nRain fell.", [f"{LONG}\nand swam.", "Rain fell."]),
    ],
)
def test_line_ends(text, expected):
    assert texts(text) == expected


def sections(text, **fields):
    return [each.section.value for each in split(Article("a", text, **fields))]


def test_lines_are_paragraphs_where_nobody_wrapped_them():
    assert sections(f"{LONG}.\n{LONG}.") == ["lead", "body"]
    assert sections(f"Rain\n\n{LONG}.\n{LONG}.", headline=Span(0, 4)) == [
        "headline",
        "lead",
        "body",
    ]


def test_a_wrapped_text_without_blank_lines_ends_a_paragraph_with_a_short_line():
    text = "The river rose for two days and then\nit fell.\nThe mayor was out of town.\nHe slept."
    assert sections(text) == ["lead", "body", "body"]
    assert sections("The river rose for two days.\nIt fell then, but too late.") == ["lead", "lead"]


# ------------------------------------------------------------------------------- other splitters


def test_any_callable_may_split():
    def halves(paragraph):
        yield 0, 4
        yield 4, len(paragraph)

    article = Article("x", "  Rain fell all day.  \n\nSnow fell.")
    assert [each.text for each in split(article, splitter=halves)] == [
        "Rain",
        "fell all day.",
        "Snow",
        "fell.",
    ]


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 99)],
        [(-1, 4)],
        [(0, 5), (4, 9)],
        [(5, 9), (0, 4)],
        [(4, 2)],
    ],
    ids=["behind the end", "before the start", "overlap", "order", "turned round"],
)
def test_a_splitter_that_is_wrong_is_named(spans):
    article = Article("x", "Head\n\nRain fell.", Span(0, 4))
    message = r"^x: the splitter gave the span \(.*\) of the paragraph at 6, .* its 10 characters$"
    with pytest.raises(DataError, match=message):
        split(article, splitter=lambda paragraph: spans)


def test_spans_outside_the_article_are_refused():
    with pytest.raises(DataError, match=r"^x: the headline \(0, 9\) is no span .* 5 characters"):
        split(Article("x", "Rain.", Span(0, 9)))
    with pytest.raises(DataError, match=r"^x: the omission \(3, 2\) is no span"):
        split(Article("x", "Rain.", omissions=(Omission(Span(3, 2), "notice"),)))


# ----------------------------------------------------------------------------------- properties

PIECES = [
    *(
        ". ",
        " ",
        "  ",
        "\n",
        "\n\n",
        "...",
        "…",
        "?",
        "!",
        "?!",
        ".",
        ".”",
        "?” ",
        "!) ",
        "(?)",
        " . . ",
    ),
    *(
        "“",
        "”",
        '"',
        "'",
        "‘",
        "’",
        "«",
        "»",
        "„",
        "(",
        " (",
        ")",
        "[",
        "]",
        "—",
        "- ",
        "• ",
        "*",
        "@",
        "/",
    ),
    *(
        ", ",
        ": ",
        "1",
        "2. ",
        "[3] ",
        "¹",
        "😀",
        "ß",
        "Ä",
        "中",
        "U.S",
        "Inc",
        "Mr",
        "Sen",
        "p.m",
        "No",
    ),
    *(
        "Jan",
        "et al",
        "J",
        "I",
        "A ",
        "The ",
        "He ",
        "said ",
        "asked",
        "Smith ",
        "We ",
        "one ",
        "St",
        "Com",
    ),
    *(
        "iPhone ",
        "al-Qaida ",
        "Yahoo!",
        "Monday ",
        "time ",
        "Under Secretary ",
        "Officials ",
        "vitamin ",
    ),
]
NEWSLIKE = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
TEXTS = st.one_of(st.text(max_size=200), NEWSLIKE)


def letters(text):
    return "".join(text.split())


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_a_paragraph_is_cut_without_loss(text):
    spans = split_paragraph(text)
    places = [place for span in spans for place in span]
    assert places == sorted(places)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert "".join(letters(text[start:end]) for start, end in spans) == letters(text)
    assert split_paragraph(text) == spans


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
def test_a_sentence_split_again_stays_whole(text):
    for start, end in split_paragraph(text):
        assert split_paragraph(text[start:end]) == [(0, end - start)]


@st.composite
def articles(draw):
    text = draw(TEXTS)
    places = st.integers(0, len(text))
    spans = st.tuples(places, places).map(lambda pair: Span(min(pair), max(pair)))
    omissions = draw(st.lists(spans, max_size=4))
    headline = draw(st.none() | spans)
    return Article("x", text, headline, tuple(Omission(span, "notice") for span in omissions))


def omitted(article):
    return {
        place
        for omission in article.omissions
        for place in range(omission.span.start, omission.span.end)
    }


@settings(max_examples=500, deadline=None)
@given(articles())
def test_an_article_is_cut_without_loss(article):
    found = split(article)
    assert [each.id for each in found] == list(range(len(found)))
    assert all(each.text == article.text[each.start : each.end] for each in found)
    covered = [place for each in found for place in range(each.start, each.end)]
    assert covered == sorted(set(covered))
    left_out = omitted(article)
    assert left_out.isdisjoint(covered)
    if article.headline and not left_out.isdisjoint(
        range(article.headline.start, article.headline.end)
    ):
        left_out.update(range(article.headline.start, article.headline.end))
    kept = {place for place, sign in enumerate(article.text) if sign.isalnum()} - left_out
    assert kept <= set(covered)
    assert split(article) == found


# ----------------------------------------------------------------------------------------- time

NEWS = (
    "The U.S. senator said on Monday that “it is over. We won,” as he left (he smiled) with "
    "Mr. Smith at 5 p.m. Monday. Was it the end? “No!” Smith said.\n\n"
)
HOSTILE = {
    "stops": "." * 100_000,
    "quotation marks": "“" * 100_000,
    "straight marks": "\"'" * 100_000,
    "small letters": "a. " * 100_000,
    "initials": "A. " * 100_000,
    "acronyms": "U.S." * 100_000,
    "open brackets": "(" * 100_000,
    "brackets": "(.[" * 100_000,
    "stops and blanks": ". " * 100_000,
    "stop, blanks": "." + " " * 100_000 + "a",
    "stops and lines": ".\n" * 100_000,
    "blank lines": " \n" * 100_000,
    "items": "- a\n" * 100_000,
    "guillemets": ". »" * 100_000,
    "dashes": ". " + "—" * 100_000,
    "speakers": "?” Aa" * 100_000,
    "one speaker": "?” " + "Aa " * 100_000,
    "missing spaces": "ab.Ab" * 100_000,
    "footnotes": "ab.1 " * 100_000,
    "one word": "x" * 200_000,
    "one line": NEWS.replace("\n", " ") * 1_400,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_long_and_hostile_texts_are_split_whole(text):
    found = split(Article("x", text))
    kept = "".join(sentence.text for sentence in found)
    assert [*filter(str.isalnum, kept)] == [*filter(str.isalnum, text)]


def test_five_megabytes():
    text = NEWS * (5_000_000 // len(NEWS))
    found = split(Article("x", text))
    assert len(found) == 4 * text.count("\n\n")
