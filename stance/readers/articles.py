"""One source to its articles: which reader a kind of file goes to."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from stance.parquet_rows import BYTE_LIMIT
from stance.readers.addresses import without_credentials
from stance.readers.decode import NotText, decode
from stance.readers.files import READ_ERRORS, Source, read_whole, reason_of
from stance.readers.markup import Page, html_page, markdown_page
from stance.readers.places import STDIN, Fault, Found
from stance.readers.plain import layout
from stance.readers.rows import jsonl_rows, rows_of_file
from stance.readers.tabular import Table, articles_of_rows
from stance.records import Article

_TABLES = ("jsonl", "csv", "tsv", "parquet")
_UTF8_MARK = b"\xef\xbb\xbf"


def articles_of(
    source: Source, columns: Mapping[str, str], stdin: BinaryIO
) -> Iterator[Found | Fault]:
    """Read the articles of a source; ``columns`` matters to tables only."""
    if source.path is None:
        return _of_stdin(source, columns, stdin)
    if source.kind in _TABLES:
        table = Table(str(source.path), str(source.path), source.name, columns)
        return articles_of_rows(rows_of_file(source, source.path), table)
    return _of_file(source, source.path)


def _of_file(source: Source, path: Path) -> Iterator[Found | Fault]:
    data = read_whole(source, path)
    yield data if isinstance(data, Fault) else _of_bytes(data, source)


def _of_stdin(
    source: Source, columns: Mapping[str, str], stdin: BinaryIO
) -> Iterator[Found | Fault]:
    """JSON lines if the first line that is not blank opens an object, else one plain text."""
    try:
        first = next((line for line in stdin if line.strip()), b"").removeprefix(_UTF8_MARK)
        if not first.lstrip().startswith(b"{"):
            data = first + stdin.read(BYTE_LIMIT)
            if len(data) > BYTE_LIMIT:
                raise OSError(errno.EFBIG, f"it holds more than {BYTE_LIMIT} bytes")
            yield _of_bytes(data, source)
            return
        lines = (
            line.decode("utf-8", "surrogateescape") for line in itertools.chain([first], stdin)
        )
        yield from articles_of_rows(
            jsonl_rows(lines, STDIN), Table(STDIN, None, source.name, columns)
        )
    except READ_ERRORS as error:
        yield Fault(source.place, reason_of(error))


def _of_bytes(data: bytes, source: Source) -> Found | Fault:
    page = _page(data, source.kind)
    if isinstance(page, NotText):
        return Fault(source.place, page.reason, page.mend)
    article = Article(
        id=source.name,
        text=page.text,
        headline=page.layout.headline,
        omissions=page.layout.omissions,
        date=page.fields.get("date"),
        outlet=page.fields.get("outlet"),
        url=without_credentials(page.fields.get("url")),
        path=None if source.path is None else str(source.path),
        metadata=page.metadata,
    )
    return Found(source.place, article)


def _page(data: bytes, kind: str) -> Page | NotText:
    if not data.strip():
        return NotText("the file is empty", "remove it")
    if kind == "html":
        return html_page(data)
    decoded = decode(data)
    if isinstance(decoded, NotText):
        return decoded
    if not decoded.text.strip():
        return NotText("the file is empty", "remove it")
    if kind == "markdown":
        page = markdown_page(decoded.text)
        return Page(page.text, page.layout, page.fields, {**decoded.metadata, **page.metadata})
    return Page(decoded.text, layout(decoded.text), {}, decoded.metadata)
