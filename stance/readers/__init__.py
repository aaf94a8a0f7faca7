"""Files, folders and standard input to articles, one at a time.

`read_articles` reads plain text, Markdown, HTML, JSON lines, CSV, TSV and Parquet; all but the last
may be compressed with gzip. Offsets of an article refer to its text after decoding, without a byte
order mark and with every newline as ``\\n``.

An article from a file of its own is called after the path of the file inside the folder that was
given, without its suffix (``2023/october/visit``), or after the stem of a file that was given
itself. A row is called by its ``id`` column, or after its file and its number from 1
(``visits:7``). Two articles with one id are refused: a number could not be traced to one of them.

A table has a headline where it has a column for it. In plain text and Markdown the headline is
recognised; credits, captions, bylines, datelines and notices are recognised everywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, final

from stance.errors import ConfigError, DataError
from stance.readers.articles import articles_of
from stance.readers.files import locate
from stance.readers.places import Fault, Found, Place
from stance.readers.tabular import check_columns
from stance.records import Article

__all__ = ["Skipped", "find_files", "read_articles"]


@final
@dataclass(frozen=True, slots=True)
class Skipped:
    """What ``skip_bad`` left out: the file and row, and why."""

    place: str
    reason: str


def find_files(inputs: Sequence[str | Path] | str | Path) -> list[Path]:
    """List the files that `read_articles` would read, each once; standard input is not among them.

    A folder is searched to its end, without hidden files, for known suffixes, sorted by path.

    Raises:
        DataError: A path does not exist, or a folder holds no articles.
    """
    return [source.path for source in locate(inputs) if source.path is not None]


def read_articles(
    inputs: Sequence[str | Path] | str | Path,
    *,
    columns: Mapping[str, str] = MappingProxyType({}),
    skip_bad: bool = False,
    limit: int | None = None,
    stdin: BinaryIO | None = None,
    on_skip: Callable[[Skipped], None] | None = None,
) -> Iterator[Article]:
    """Read articles lazily, in the order of ``inputs``; options and paths are checked at once.

    Args:
        inputs: Files and folders; ``-`` is standard input, one plain text or JSON lines.
        columns: The column of a table for ``id``, ``title``, ``text``, ``date``, ``outlet`` or
            ``url``, where its name does not tell. All others become `Article.metadata`.
        skip_bad: Leave out an article that cannot be read, instead of stopping at it.
        limit: The most articles to read.
        stdin: Stands in for standard input.
        on_skip: Told of everything that ``skip_bad`` left out.

    Raises:
        ConfigError: ``columns`` names what is not there to be named, or ``limit`` is negative.
        DataError: A path, a file or a row cannot be read, or two articles have one id.
        MissingExtraError: HTML is to be read without the extra ``html``.
    """
    check_columns(columns)
    if limit is not None and limit < 0:
        raise ConfigError(f"limit: {limit} is negative; ask for 0 articles or more")
    stream = sys.stdin.buffer if stdin is None else stdin
    sources = locate(inputs)
    found = (each for source in sources for each in articles_of(source, columns, stream))
    return _kept(_unique(found), skip_bad, limit, on_skip or (lambda _: None))


def _kept(
    found: Iterator[Article | Fault],
    skip_bad: bool,
    limit: int | None,
    on_skip: Callable[[Skipped], None],
) -> Iterator[Article]:
    """Pass articles on up to the limit, and stop at a fault unless it may be skipped."""
    left = sys.maxsize if limit is None else limit
    while left > 0:
        each = next(found, None)
        if each is None:
            return
        if isinstance(each, Article):
            left -= 1
            yield each
        elif skip_bad:
            on_skip(Skipped(str(each.place), each.reason))
        else:
            raise DataError(each.message)


def _unique(found: Iterable[Found | Fault]) -> Iterator[Article | Fault]:
    """Pass articles on; one whose id was read before is a fault that names both places."""
    places: dict[str, Place] = {}
    for each in found:
        if isinstance(each, Fault):
            yield each
        elif (first := places.setdefault(each.article.id, each.place)) is each.place:
            yield each.article
        else:
            reason = f"the id {each.article.id!r} is already taken by {first}"
            yield Fault(each.place, reason, "give each article its own")
