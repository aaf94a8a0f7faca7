"""Articles laid down in one file as they are read, so that every worker can find its own again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, final

import numpy as np

from stance.records import Article, Omission, Sentence, Span
from stance.sentences import split

BLOCK = 16_384
"""Articles that are merged together: in a block every shard is open at once."""
MOST_SHARDS = 64
"""Shards of a block; the parts of a full one hold 256 articles on average."""

_FEWEST = 16
_PLACE = np.dtype([("offset", "<i8"), ("hash", "<u4")])


@final
@dataclass(frozen=True, slots=True)
class Spool:
    """The articles of a corpus in a folder, in the order they were read.

    An article belongs to a shard by the hash of its id, whatever else is in the corpus; only in a
    corpus of more than `BLOCK` articles its block counts too. ``width`` is the number of shards of
    a block.
    """

    folder: Path
    articles: int
    width: int

    @property
    def shards(self) -> int:
        """The number of shards of all blocks."""
        return self.width * -(-self.articles // BLOCK)

    def __iter__(self) -> Iterator[Article]:
        with (self.folder / "articles.jsonl").open("rb") as file:
            for line in file:
                yield _article(json.loads(line))

    @property
    def sentences(self) -> Sentences:
        """The sentences of all articles, which may be gone through again and again."""
        return Sentences(self)

    def order(self) -> Iterator[int]:
        """Yield the shard of every article in the order they were read."""
        places = self._places()
        for start in range(0, len(places), BLOCK):
            yield from self._shards_of(places, start).tolist()

    def lines(self, shard: int) -> Iterator[bytes]:
        """Yield the articles of a shard, in the order they were read, as they lie in the file."""
        places, start = self._places(), shard // self.width * BLOCK
        own = self._shards_of(places, start) == shard
        with (self.folder / "articles.jsonl").open("rb") as file:
            for offset in places["offset"][start : start + BLOCK][own].tolist():
                file.seek(offset)
                yield file.readline()

    def shard(self, shard: int) -> Iterator[Article]:
        """Yield the articles of a shard, in the order they were read."""
        for line in self.lines(shard):
            yield _article(json.loads(line))

    def digest(self, shard: int) -> str:
        """Return the SHA-256 of the articles of a shard."""
        digest = sha256()
        for line in self.lines(shard):
            digest.update(line)
        return digest.hexdigest()

    def _places(self) -> np.ndarray:
        return np.memmap(self.folder / "places.bin", _PLACE, "r", shape=(self.articles,))

    def _shards_of(self, places: np.ndarray, start: int) -> np.ndarray:
        own: np.ndarray = places["hash"][start : start + BLOCK] % self.width
        return own + start // BLOCK * self.width


@final
@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of a spool, cut anew each time they are gone through."""

    spool: Spool

    def __iter__(self) -> Iterator[Sentence]:
        for article in self.spool:
            yield from split(article)


def write_spool(articles: Iterable[Article], folder: Path, *, shards: int | None = None) -> Spool:
    """Lay articles down in a folder, one at a time.

    Args:
        articles: The articles.
        folder: Where to.
        shards: Shards of a block; by default as many as give each 16 articles, at most 64.
    """
    folder.mkdir(parents=True, exist_ok=True)
    n = offset = 0
    with (folder / "articles.jsonl").open("wb") as file, (folder / "places.bin").open("wb") as at:
        for article in articles:
            line = json.dumps(asdict(article)).encode() + b"\n"
            at.write(np.array([(offset, _hash(article.id))], dtype=_PLACE).tobytes())
            file.write(line)
            offset += len(line)
            n += 1
    return Spool(
        folder, n, shards or min(MOST_SHARDS, 1 << (max(n - 1, 0) // _FEWEST).bit_length())
    )


def _hash(article_id: str) -> int:
    digest = blake2b(article_id.encode("utf-8", "surrogatepass"), digest_size=4)
    return int.from_bytes(digest.digest(), "little")


def _article(row: dict[str, Any]) -> Article:
    headline = row.pop("headline")
    omissions = row.pop("omissions")
    return Article(
        headline=None if headline is None else Span(**headline),
        omissions=tuple(Omission(Span(**o["span"]), o["reason"]) for o in omissions),
        **row,
    )
