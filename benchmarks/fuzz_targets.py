"""What is fuzzed: bytes in, and nothing but a `StanceError` may come out."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from stance.calibration import read_calibration
from stance.codebooks import load_codebook, parse_codebook
from stance.config import parse_config
from stance.errors import StanceError
from stance.gold.files import read_gold
from stance.heads import load_head
from stance.readers import read_articles
from stance.readers.addresses import without_credentials
from stance.records import Article, Span
from stance.scorers.models import parse_model
from stance.sentences import split
from stance.strict_yaml import parse_yaml
from stance.targets import find_mentions, parse_targets
from stance.voices import find_voices

Target = Callable[[bytes], None]

_FOLDER = tempfile.TemporaryDirectory(prefix="stance-fuzz-")
_NAMES = parse_targets("Israel=Israeli,IDF; Hamas; Łódź")


def check_article(article: Article) -> None:
    """Check that every offset of an article's sentences, voices and mentions is right."""
    whole = range(len(article.text) + 1)
    article.text.encode()
    spans = [article.headline] if article.headline else []
    for span in (*spans, *(omission.span for omission in article.omissions)):
        assert _within(span, whole), span
    sentences = split(article)
    found = find_voices(article, sentences).sentences
    assert [(s.start, s.end) for s in found] == [(s.start, s.end) for s in sentences]
    before = 0
    for number, sentence in enumerate(found):
        assert sentence.id == number
        assert article.text[sentence.start : sentence.end] == sentence.text != ""
        assert sentence.text == sentence.text.strip()
        if sentence.section.value != "headline":
            assert sentence.start >= before
            before = sentence.end
        if sentence.speaker_span is not None:
            assert _within(sentence.speaker_span, whole)
    for own in find_mentions(found, _NAMES):
        for mention in own:
            assert _within(mention.span, whole)


def _within(span: Span, whole: range) -> bool:
    return span.start in whole and span.end in whole and span.start < span.end


def _read(data: bytes, name: str) -> None:
    path = Path(_FOLDER.name) / name
    path.write_bytes(data)
    for article in read_articles(path, skip_bad=True):
        check_article(article)


def _split(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    check_article(Article("a", text))


def _gold(data: bytes, name: str) -> None:
    path = Path(_FOLDER.name) / name
    path.write_bytes(data)
    read_gold(path)


def _codebook(data: bytes) -> None:
    parse_codebook(data.decode("utf-8", "replace"), "a.yaml")


def _config(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    setting, _, rest = text.partition("\n")
    parse_config(rest, "a.yaml", [setting] if "=" in setting else [])


def _yaml(data: bytes) -> None:
    with suppress(ValueError):
        parse_yaml(data.decode("utf-8", "replace"))


def _fitted(data: bytes) -> None:
    path = Path(_FOLDER.name) / "fitted.json"
    path.write_bytes(data)
    for read in (read_calibration, partial(load_head, codebook=load_codebook("news"), scorer="x")):
        with suppress(StanceError):
            read(path)


def _names(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    bare = without_credentials(text)
    assert without_credentials(bare) == bare or "@" in text
    for read in (parse_model, parse_targets):
        with suppress(StanceError):
            read(text)


TARGETS: dict[str, Target] = {
    "text": partial(_read, name="a.txt"),
    "markdown": partial(_read, name="a.md"),
    "html": partial(_read, name="a.html"),
    "gzip": partial(_read, name="a.txt.gz"),
    "jsonl": partial(_read, name="a.jsonl"),
    "csv": partial(_read, name="a.csv"),
    "tsv": partial(_read, name="a.tsv"),
    "parquet": partial(_read, name="a.parquet"),
    "split": _split,
    "codebook": _codebook,
    "config": _config,
    "yaml": _yaml,
    "gold_csv": partial(_gold, name="gold.csv"),
    "gold_jsonl": partial(_gold, name="gold.jsonl"),
    "gold_json": partial(_gold, name="gold.json"),
    "gold_parquet": partial(_gold, name="gold.parquet"),
    "fitted": _fitted,
    "names": _names,
}

PIECES: dict[str, tuple[str, ...]] = {
    "text": (
        "“We will hold,” Mr. Lee said. ",
        "“", "”", "\"", "'", "’", "‘", "«", "»", "„", ". ", "! ", "?", "…", "\n", "\n\n", "\r\n", "\t",
        "said ", "according to ", "he ", "Haddad ", "Israel’s ", "Israelis", "IDF ", "U.S. ", "No. 5 ",
        "(Reuters) - ", "WASHINGTON, May 5 (AP) — ", "By Ann Lee\n", "©", "Photo: ", "http://a.b ",
        "---\n", "title: x\n", "# ", "- ", "> ", "\u2028", "\u00a0", "\u200b", "\ufeff", "🙂", "e\u0301",
        "\x00", "\x1b", "İ", "ß", "中文。", "1,000.5 ", "a.m. ", "e.g. ", "Łódź ",
    ),
    "html": (
        "<html>", "<head>", "<title>T</title>", "<meta charset='x'>", "<article>", "</article>", "<p>",
        "</p>", "<script>", "<!--", "-->", "<![CDATA[", "&amp;", "&#0;", "&#xd800;", "<a href='x'>", "<svg>",
        "<table><tr><td>", "A ceasefire held for many long days in the region, said Haddad. ", "\x00", "<",
    ),
    "jsonl": (
        '{"text": "He came."}\n', '{"id": "a", "title": "T", "text": "x"}\n', "{", "}", "[", "]", '"', ":",
        ",", '"text"', '"id"', '"date"', "1e999", "NaN", "-", "null", "true", '"\\ud800"', "\\u0000", "\n",
        '{"text": {"a": [1]}}\n', '"article_id": "a"', '"sentence_id": 0', '"war": 1', "Infinity", "99999999",
    ),
    "csv": (
        "id,text,date\n", "a,He came.,2024-01-01\n", "article_id,sentence_id,coder,war\n", "a,0,x,1\n", ",",
        '"', '""', "\n", "\r", ";", "\t", "text", "\x00", "NA", "-1", "1e5", "'=", "stance:Israel", "favor",
        "inclusion_probability", "0.5", "nan", "\ufeff",
    ),
    "yaml": (
        "name: a\n", "frames:\n", "  war:\n", "    definition: x\n", "    hypotheses: [x, y]\n", "stance:\n",
        "  targets: auto\n", "inputs: a\n", "grid:\n", "  thresholds: [0.5]\n", "wordings: each\n", "- ", ": ",
        "? ", "| ", ">\n", "&a ", "*a ", "!!int ", "!!float x", "!!bool x", "!!null x", "!!set {a}",
        "!!omap [a: 1]", "!!binary x", "!!timestamp x", "[", "]", "{", "}", "'", '"', "\\x", "0x1", "1_0", ".inf",
        "~", "true", "---\n", "...\n", "%YAML 1.1\n", "#", "\t", "<<: ", "=", "a.b=1\n", "version: 99999999999\n",
    ),
    "names": (
        "mini", "org/name", "@main", "..", "/", "embedding:", "fusion:", "+", "0.2*", "Israel=Israeli,IDF",
        ";", "=", ",", "https://u:p@h/", "?token=x", "&", "#", "\x00", "'", '"', "a", "(", ")", "\n",
    ),
    "json": ("{", "}", "[", "]", '"', ":", ",", '"data"', '"annotations"', '"result"', "null", "1", '"a"', "[{"),
}  # fmt: skip
"""What inputs are put together from, beside anything at all."""

_KIND = {
    "html": "html",
    "jsonl": "jsonl",
    "gold_jsonl": "jsonl",
    "gold_json": "json",
    "fitted": "json",
    "csv": "csv",
    "tsv": "csv",
    "gold_csv": "csv",
    "codebook": "yaml",
    "config": "yaml",
    "yaml": "yaml",
    "names": "names",
}


def pieces_of(target: str) -> tuple[str, ...]:
    """Return what inputs of a target are put together from."""
    return PIECES[_KIND.get(target, "text")]


def attempt(target: str, data: bytes) -> None:
    """Give bytes to a target; anything but a `StanceError` goes through."""
    with suppress(StanceError):
        TARGETS[target](data)


def seeds(target: str) -> list[bytes]:
    """Return valid inputs to begin with."""
    made = [piece.encode("utf-8", "replace") for piece in pieces_of(target)]
    if target.endswith("parquet"):
        import pyarrow as pa

        from stance.tables import parquet_bytes

        rows = {"id": ["a", "b"], "text": ["He came.", "x"], "n": [1, 2]}
        gold = {"article_id": ["a"], "sentence_id": [0], "war": [1]}
        made += [parquet_bytes(pa.table(rows)), parquet_bytes(pa.table(gold))]
    if target == "gzip":
        import gzip

        made.append(gzip.compress(b"He came. She went.", mtime=0))
    if target == "fitted":
        path = Path(__file__).parent.parent / "stance/assets/models/mini/calibration.json"
        made.append(path.read_bytes())
    if target in {"codebook", "yaml"}:
        made.append(load_codebook("news").model_dump_json().encode())
    if target in {"gold_json"}:
        task = {"data": {"article_id": "a", "sentence_id": 0}, "annotations": [{"result": []}]}
        made.append(json.dumps([task]).encode())
    return made
