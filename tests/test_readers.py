"""Files, folders and standard input become articles; what is bad is refused in one sentence."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stance.errors import ConfigError, DataError
from stance.readers import Skipped, find_files, read_articles
from stance.readers.files import open_bytes
from stance.records import Article, Span


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def one(path: Path) -> Article:
    (article,) = read_articles(path)
    return article


def refusal(inputs: object, **options: object) -> str:
    with pytest.raises(DataError, match=r".") as caught:
        list(read_articles(inputs, **options))
    return str(caught.value)


# where articles come from


def test_a_folder_is_read_to_its_end_sorted_without_hidden_or_unknown_files(tmp_path):
    for name in ("b.txt", "a/z.md", "a/b/c.text", ".hidden.txt", ".git/d.txt", "image.png"):
        write(tmp_path / name, "Words of it.")
    found = [path.relative_to(tmp_path).as_posix() for path in find_files(tmp_path)]
    assert found == ["a/b/c.text", "a/z.md", "b.txt"]
    assert [article.id for article in read_articles(tmp_path)] == ["a/b/c", "a/z", "b"]


def test_a_loop_of_links_ends_and_each_file_counts_once(tmp_path):
    file = write(tmp_path / "a" / "one.txt", "One.")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "twin.txt").symlink_to(file)
    assert find_files([tmp_path, file, str(file)]) == [file]


def test_a_file_given_itself_is_called_after_its_stem_and_keeps_its_path(tmp_path):
    file = write(tmp_path / "deep" / "visit.2023.txt", "He came.\n")
    article = one(file)
    assert (article.id, article.text, article.path) == ("visit.2023", "He came.\n", str(file))


def test_an_unknown_suffix_is_read_as_text_when_named_but_not_in_a_folder(tmp_path):
    file = write(tmp_path / "notes.wire", "He came.")
    assert one(file).id == "notes"
    assert "the folder holds no articles" in refusal(tmp_path)


def test_standard_input_is_one_text_or_json_lines():
    (text,) = read_articles("-", stdin=io.BytesIO(b"\n\nHe came.\r\nHe went.\r\n"))
    assert (text.id, text.text, text.path) == ("stdin", "He came.\nHe went.\n", None)
    lines = io.BytesIO(b'\n\xef\xbb\xbf{"text": "One."}\n{"id": "x", "text": "Two."}\n')
    assert [article.id for article in read_articles("-", stdin=lines)] == ["stdin:1", "x"]


def test_standard_input_names_itself_in_a_fault():
    assert refusal("-", stdin=io.BytesIO(b"  \n")) == (
        "standard input: the file is empty; remove it or pass --skip-bad"
    )
    assert refusal("-", stdin=io.BytesIO(b'{"text": "One."}\n{')).startswith(
        "standard input: line 2: the line is not valid JSON"
    )


def test_reading_is_lazy_and_stops_at_the_limit(tmp_path):
    file = write(tmp_path / "a.jsonl", '{"text": "One."}\n{"text": "Two."}\nbroken\n')
    assert [article.text for article in read_articles(file, limit=2)] == ["One.", "Two."]
    assert list(read_articles(file, limit=0)) == []
    with pytest.raises(ConfigError, match=r"^limit: -1 is negative; ask for 0 articles or more$"):
        read_articles(file, limit=-1)


def test_inputs_are_checked_before_the_first_article_is_asked_for(tmp_path):
    with pytest.raises(
        DataError, match=r"no-such: there is no such file or folder; check the path$"
    ):
        read_articles([write(tmp_path / "a.txt", "A."), tmp_path / "no-such"])
    with pytest.raises(DataError, match=r"^there is nothing to read"):
        read_articles([])


def test_an_empty_folder_says_what_it_should_hold(tmp_path):
    assert refusal(tmp_path) == (
        f"{tmp_path}: the folder holds no articles; add files ending in "
        ".txt, .text, .md, .markdown, .html, .htm, .jsonl, .ndjson, .csv, .tsv, .parquet"
    )


# bytes to text


@pytest.mark.parametrize(
    ("encoding", "mark", "recorded"),
    [
        ("utf-8", b"", None),
        ("utf-8-sig", b"", None),
        ("utf-16", b"", "utf-16"),
        ("utf-16-le", b"", "utf-16"),
        ("utf-16-be", b"", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
        ("utf-32", b"", "utf-32"),
        ("utf-32-be", b"\x00\x00\xfe\xff", "utf-32"),
        ("cp1252", b"", "windows-1252"),
    ],
)
def test_encodings_are_told_apart_and_recorded(tmp_path, encoding, mark, recorded):
    text = "“Café” in Genève\n\nThe minister said – twice – that he won’t.\n"
    article = one(write(tmp_path / "a.txt", mark + text.encode(encoding)))
    assert article.text == text
    assert article.metadata.get("encoding") == recorded


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7 and so on", "the file is not text but looks like a PDF document"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "the file is not text but looks like a PNG image"),
        (
            b"PK\x03\x04\x14",
            "the file is not text but looks like a ZIP archive or an office document",
        ),
        (b"words\x00\x01\x02\x03 words", "the file is not text but looks like binary data"),
        (bytes(range(1, 32)) * 20, "the file is not text but looks like binary data"),
        ("Он сказал нет".encode("cp1251"), "the file is not text in UTF-8, UTF-16 or Windows-1252"),
        ("ééé".encode() + b"\xff", "the file is UTF-8 with a damaged byte at 6"),
        (b"\xff\xfea", "the file is not valid utf-16 at byte 2"),
    ],
)
def test_what_is_not_text_is_refused_by_name(tmp_path, content, reason):
    file = write(tmp_path / "a.txt", content)
    assert refusal(file) == f"{file}: {reason}; mend the file or pass --skip-bad"


def test_an_empty_file_is_refused_or_skipped(tmp_path):
    file = write(tmp_path / "a.txt", "\ufeff \n")
    write(tmp_path / "b.txt", "Words.")
    skipped: list[Skipped] = []
    kept = list(read_articles(tmp_path, skip_bad=True, on_skip=skipped.append))
    assert refusal(file) == f"{file}: the file is empty; remove it or pass --skip-bad"
    assert [article.id for article in kept] == ["b"]
    assert skipped == [Skipped(str(file), "the file is empty")]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(tmp_path):
    file = write(tmp_path / "a.txt", "Words.")
    file.chmod(0)
    expected = "the file cannot be read (Permission denied); mend the file or pass --skip-bad"
    assert refusal(file) == f"{file}: {expected}"


def test_a_link_to_nothing_in_a_folder_is_a_fault_and_not_passed_over(tmp_path):
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone")
    assert refusal(tmp_path) == (
        f"{tmp_path / 'a.txt'}: the file cannot be read (No such file or directory); "
        "mend the file or pass --skip-bad"
    )


def test_gzip_is_read_and_named_without_its_suffixes(tmp_path):
    write(tmp_path / "a.txt.gz", gzip.compress(b"He came."))
    write(tmp_path / "b.jsonl.gz", gzip.compress(b'{"text": "Two."}\n'))
    write(tmp_path / "c.csv.gz", gzip.compress(b"text\nThree.\n"))
    assert [article.id for article in read_articles(tmp_path)] == ["a", "b:1", "c:1"]


def test_damaged_gzip_is_refused(tmp_path):
    packed = gzip.compress(os.urandom(4000))
    text = write(tmp_path / "a.txt.gz", packed[:2000])
    table = write(tmp_path / "b.csv.gz", b"no gzip")
    damage = "the file cannot be read (its gzip compression is damaged)"
    assert refusal(text) == f"{text}: {damage}; mend the file or pass --skip-bad"
    assert refusal(table) == f"{table}: {damage}"


def test_no_more_is_decompressed_than_the_limit(tmp_path):
    file = write(tmp_path / "a.txt.gz", gzip.compress(b"x" * 1000))
    with open_bytes(file, limit=1000) as stream:
        assert len(stream.read()) == 1000
    with (
        open_bytes(file, limit=999) as stream,
        pytest.raises(OSError, match=r"it holds more than 999 bytes"),
    ):
        stream.read()


# ids


def test_one_id_twice_names_both_places(tmp_path):
    first = write(tmp_path / "a.md", "Words.")
    second = write(tmp_path / "a.txt", "Words.")
    assert refusal(tmp_path) == (
        f"{second}: the id 'a' is already taken by {first}; "
        "give each article its own or pass --skip-bad"
    )
    table = write(tmp_path / "t.csv", "id,text\n7,One.\n8,Two.\n7,Three.\n")
    assert refusal(table) == (
        f"{table}: row 3: the id '7' is already taken by {table}: row 1; "
        "give each article its own or pass --skip-bad"
    )


# sizes


def test_a_headline_alone_is_an_article(tmp_path):
    article = one(write(tmp_path / "a.txt", "Talks Collapse in Vienna\n"))
    assert (article.title, article.omissions) == ("Talks Collapse in Vienna", ())


@pytest.mark.parametrize(
    "text",
    [
        "He came. " * 600_000,
        "A headline\n\n" + "word " * 40_000,
        "x" * 200_000,
        "( " * 100_000,
        "By A" * 50_000,
        "REUTERS/ " * 25_000,
        "\n(" * 100_000,
        "AP Photo\n" * 25_000,
        "— " * 100_000,
        " \n" * 100_000 + "end",
        "# " * 100_000,
        "---\n" + "a: b\n" * 40_000,
        "\r" * 100_000 + "end",
        "Reporting by ; by " * 12_000,
    ],
)
@pytest.mark.parametrize("suffix", ["txt", "md"])
def test_long_and_hostile_texts_are_read_whole(tmp_path, text, suffix):
    file = write(tmp_path / f"a.{suffix}", text)
    article = one(file)
    assert article.text == text.replace("\r", "\n")


# tables


def test_columns_are_found_by_name_and_the_others_become_metadata(tmp_path):
    row = {
        "ID": 7,
        "Headline": " Talks \n",
        "Body": "One.\r\n\r\nTwo.",
        "published": "2023-10-07",
        "SOURCE": "Wire",
        "link": "https://a.example/7",
        "n": 3,
        "tags": ["a", "é"],
        "none": None,
        "flag": True,
    }
    article = one(write(tmp_path / "a.jsonl", json.dumps(row) + "\n\n"))
    assert article == Article(
        id="7",
        text="Talks\n\nOne.\n\nTwo.",
        headline=Span(0, 5),
        date="2023-10-07",
        outlet="Wire",
        url="https://a.example/7",
        path=str(tmp_path / "a.jsonl"),
        metadata={"n": "3", "tags": '["a", "é"]', "flag": "true"},
    )


def test_a_body_that_opens_with_its_title_keeps_its_offsets(tmp_path):
    article = one(write(tmp_path / "a.csv", 'title,text\nTalks,"\nTalks\n\nOne."\n'))
    assert (article.text, article.headline) == ("\nTalks\n\nOne.", Span(1, 6))


def test_a_row_has_furniture_but_no_headline_of_its_own(tmp_path):
    article = one(write(tmp_path / "a.csv", 'text\n"Losing support\n\nPARIS (AFP) - It fell."\n'))
    assert article.headline is None
    assert [(omission.reason, omission.span) for omission in article.omissions] == [
        ("dateline", Span(16, 30))
    ]


def test_columns_can_be_named(tmp_path):
    file = write(tmp_path / "a.csv", "text,story,when\nshort,The story.,2023\n")
    (article,) = read_articles(file, columns={"text": "Story", "date": "when"})
    assert (article.text, article.date, article.metadata) == (
        "The story.",
        "2023",
        {"text": "short"},
    )


def test_a_column_named_for_one_role_plays_no_other(tmp_path):
    file = write(tmp_path / "a.csv", "title,url\nThe story.,x\n")
    (article,) = read_articles(file, columns={"text": "title"})
    assert (article.text, article.headline) == ("The story.", None)


def test_a_column_that_is_not_there_lists_those_that_are(tmp_path):
    file = write(tmp_path / "a.csv", "name,story\nx,The story.\n")
    assert refusal(file) == (
        f"{file}: there is no column of text; the columns are name, story; "
        "name the one with the text: --column text=NAME"
    )
    assert refusal(file, columns={"text": "stroy"}) == (
        f"{file}: there is no column 'stroy'; the columns are name, story"
    )


@pytest.mark.parametrize(
    ("role", "hint"),
    [
        ("txet", "did you mean text?"),
        ("Headline", "did you mean title?"),
        ("zzz", "choose from id, title, text, date, outlet, url"),
    ],
)
def test_a_role_that_does_not_exist_offers_the_nearest(role, hint):
    with pytest.raises(ConfigError, match=re.escape(f"columns: there is no role {role!r}; {hint}")):
        read_articles("-", columns={role: "x"})


JSON_FAULTS = [
    ('{"text": ', "the line is not valid JSON (Expecting value at column 9)"),
    ("[1]", "the line is not a JSON object"),
    ("[" * 100_000, "the line is not valid JSON (nested too deeply)"),
    ('{"text": " "}', "the text is empty"),
    ('{"text": null}', "the text is empty"),
    ('{"body2": "x"}', "the text is empty"),
    ('{"text": ["a"]}', "the text is a list and not text"),
    ('{"text": "a", "id": ""}', "the id is empty"),
    ('{"text": "\\ud800"}', "the row holds half of a surrogate pair, which is not text"),
]


@pytest.mark.parametrize(("line", "reason"), JSON_FAULTS)
def test_a_bad_line_is_named_or_skipped(tmp_path, line, reason):
    file = write(tmp_path / "a.jsonl", f'{{"text": "One."}}\n\n{line}\n{{"text": "Three."}}\n')
    skipped: list[Skipped] = []
    kept = list(read_articles(file, skip_bad=True, on_skip=skipped.append))
    assert refusal(file) == f"{file}: line 3: {reason}; mend the line or pass --skip-bad"
    assert [article.id for article in kept] == ["a:1", "a:3"]
    assert skipped == [Skipped(f"{file}: line 3", reason)]


def test_a_line_in_another_encoding_spoils_only_itself(tmp_path):
    content = b'{"text": "One."}\n{"text": "caf\xe9"}\n{"text": "caf\xc3\xa9 \xc3\xa9\xc3\xa9"}\n'
    file = write(tmp_path / "a.jsonl", content)
    assert "not valid UTF-8" in refusal("-", stdin=io.BytesIO(content))
    assert "UTF-8 with a damaged byte at 30" in refusal(file)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("x", "the row has 1 fields where the header has 2"),
        ("x,y,z", "the row has 3 fields where the header has 2"),
        ('"x"y,z', "the row is not valid CSV (',' expected after '\"')"),
        ("x,", "the text is empty"),
    ],
)
def test_a_bad_record_is_named_or_skipped(tmp_path, record, reason):
    file = write(tmp_path / "a.csv", f"n,text\n1,One.\n{record}\n3,Three.\n")
    kept = list(read_articles(file, skip_bad=True))
    assert refusal(file) == f"{file}: row 2: {reason}; mend the row or pass --skip-bad"
    assert [article.id for article in kept] == ["a:1", "a:3"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "id;text\n1;One, two.\n"),
        ("a.csv", '"id","text"\n1,"One, two."\n'),
        ("a.csv", '\ufeffid,text\r\n1,"One, two."\r\n'),
        ("a.tsv", "id\ttext\n1\tOne, two.\n"),
    ],
)
def test_delimiters_and_marks(tmp_path, name, content):
    article = one(write(tmp_path / name, content))
    assert (article.id, article.text) == ("1", "One, two.")


def test_a_table_from_a_spreadsheet_keeps_its_accents(tmp_path):
    article = one(write(tmp_path / "a.csv", "id,text\n1,Le café coûte 3 €.\n".encode("cp1252")))
    assert (article.text, article.metadata) == (
        "Le café coûte 3 €.",
        {"encoding": "windows-1252"},
    )
    wide = one(write(tmp_path / "b.tsv", "id\ttext\n1\tLe café.\n".encode("utf-16")))
    assert (wide.text, wide.metadata) == ("Le café.", {"encoding": "utf-16"})


def test_a_field_may_be_longer_than_the_limit_of_the_csv_module(tmp_path):
    text = "word " * 40_000
    assert one(write(tmp_path / "a.csv", f"id,text\n1,{text}\n")).text == text


def test_a_table_without_rows_or_with_one_column_twice_is_refused(tmp_path):
    empty = write(tmp_path / "a.csv", "id,text\n")
    assert refusal(empty) == f"{empty}: the table holds no rows; remove the file or fill it"
    twice = write(tmp_path / "b.csv", "text,text\na,b\n")
    assert refusal(twice) == f"{twice}: two columns are called 'text'; rename one of them"


def test_parquet_is_read_in_batches(tmp_path):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "a.parquet"
    texts = [f"Text {number}." for number in range(700)]
    texts[5] = None
    table = pa.table({"content": texts, "n": [float("nan")] * 700})
    parquet.write_table(table, file)
    ids = [article.id for article in read_articles(file, skip_bad=True)]
    assert (len(ids), ids[0], ids[-1]) == (699, "a:1", "a:700")
    assert refusal(file) == f"{file}: row 6: the text is empty; mend the row or pass --skip-bad"


def test_a_parquet_file_that_is_none(tmp_path):
    file = write(tmp_path / "a.parquet", "no table at all")
    assert refusal(file) == f"{file}: the file is not a readable Parquet file; write it again"


def test_reading_tables_of_text_loads_no_heavy_library(tmp_path):
    file = write(tmp_path / "a.csv", "text\nOne.\n")
    code = (
        "import sys; from stance.readers import read_articles; list(read_articles(sys.argv[1]))\n"
        "print(sorted({'pyarrow', 'pandas', 'trafilatura', 'yaml'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, file], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


# markup


def test_markdown_takes_its_heading_and_its_front_matter(tmp_path):
    text = (
        '---\ntitle: "Other"\npublished: 2023-10-07\nsource: Wire\nlang: en\n---\n\n'
        "# Talks *collapse* #\n\nBy Jane Doe\n\nHe **came**.\n"
    )
    article = one(write(tmp_path / "a.md", text))
    shown = [(o.reason, text[o.span.start : o.span.end]) for o in article.omissions]
    assert (article.text, article.title) == (text, "Talks *collapse*")
    assert (article.date, article.outlet) == ("2023-10-07", "Wire")
    assert article.metadata == {"lang": "en", "title": "Other"}
    assert shown == [("front matter", text[: text.index("\n\n#")]), ("byline", "By Jane Doe")]


def test_the_title_of_front_matter_is_the_headline_where_no_heading_is(tmp_path):
    text = "---\ntitle: 'Talks collapse'\nlang: en\n---\nHe came.\n"
    article = one(write(tmp_path / "a.md", text))
    shown = [text[o.span.start : o.span.end] for o in article.omissions]
    assert article.title == "Talks collapse"
    assert shown == ["---\ntitle: '", "'\nlang: en\n---"]


def test_a_rule_is_not_front_matter(tmp_path):
    article = one(write(tmp_path / "a.md", "---\nHe came and stayed.\n"))
    assert (article.omissions, article.headline) == ((), None)


PAGE = """<html><head><title>Talks Collapse in Vienna</title>
<meta property="og:title" content="Talks Collapse in Vienna">
<meta property="og:site_name" content="The Wire">
<meta property="article:published_time" content="2023-10-07T10:00:00Z">
<link rel="canonical" href="https://wire.example/talks"></head>
<body><nav>Home | World</nav><article><h1>Talks Collapse in Vienna</h1>
<p>{one}</p><p>{two}</p></article><footer>Contact</footer></body></html>"""
ONE = (
    "The talks on the future of the café collapsed on Saturday after eleven hours, officials said."
)
TWO = "Both delegations left the palace by a side door and declined to speak to those who waited."


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_html_gives_the_article_and_what_the_page_says_of_itself(tmp_path, encoding):
    pytest.importorskip("trafilatura", exc_type=ImportError)
    article = one(write(tmp_path / "a.html", PAGE.format(one=ONE, two=TWO).encode(encoding)))
    assert article.text == f"Talks Collapse in Vienna\n\n{ONE}\n\n{TWO}"
    assert article.title == "Talks Collapse in Vienna"
    assert (article.date, article.outlet) == ("2023-10-07", "The Wire")
    assert article.url == "https://wire.example/talks"


def test_html_says_its_own_encoding(tmp_path):
    pytest.importorskip("trafilatura", exc_type=ImportError)
    page = PAGE.format(
        one="Переговоры в Вене провалились в субботу, сообщили чиновники. " * 3, two=""
    )
    page = page.replace("<head>", '<head><meta charset="windows-1251">')
    article = one(write(tmp_path / "a.html", page.encode("cp1251")))
    assert "Переговоры в Вене" in article.text
    assert article.metadata == {"encoding": "cp1251"}


def test_html_without_its_extra_says_how_to_install_it(tmp_path):
    file = write(tmp_path / "a.html", PAGE.format(one=ONE, two=TWO))
    code = (
        "import sys; sys.modules['trafilatura'] = None\n"
        "from stance.readers import read_articles\n"
        "try: list(read_articles(sys.argv[1]))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, file], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        "MissingExtraError reading HTML needs an optional library: pip install 'stance[html]'\n"
    )


def test_a_page_without_an_article_is_refused(tmp_path):
    pytest.importorskip("trafilatura", exc_type=ImportError)
    file = write(tmp_path / "a.html", "<html><body></body></html>")
    assert refusal(file) == (
        f"{file}: no article could be extracted from the page; mend the file or pass --skip-bad"
    )
