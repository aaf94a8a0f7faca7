"""Profiles of a result folder, made again from its tables; nothing is scored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import Any

from stance.errors import ConfigError, DataError
from stance.profile import RESAMPLES, ArticleProfile, profile_article
from stance.records import (
    Article,
    Label,
    Mention,
    Polarity,
    Span,
    Tag,
    TaggedSentence,
)
from stance.results import Result, Row, sentence_of, span_of


def restored_profiles(
    result: Result, *, articles: Sequence[str] | None = None, resamples: int = RESAMPLES
) -> tuple[ArticleProfile, ...]:
    """Return the profiles of a result's articles, as they were before they were saved.

    The text of an article is not in a result: here it is the title alone.

    Args:
        result: The result.
        articles: The ids of the articles that are wanted; all if not given.
        resamples: Resamples of every article's own intervals; 1 where only sentences matter.
    """
    wanted = result.articles if articles is None else articles
    rows = {name: list(own) for name, own in groupby(result.rows, key=lambda r: r["article_id"])}
    seed = int(result.manifest.get("seed", 0))
    return tuple(
        profile_article(
            restored_article(result.articles[name]),
            [restored_sentence(row, result.frames) for row in rows.get(name, [])],
            result.frames,
            resamples=resamples,
            seed=seed,
        )
        for name in wanted
    )


def article_id(result: Result, asked: str | None) -> str:
    """Return the id of the article that is asked for, of the only one if none is.

    Raises:
        ConfigError: None is asked for and the result has several, or none.
        DataError: The result has no such article.
    """
    known = list(result.articles)
    if asked is None:
        if len(known) == 1:
            return known[0]
        near = f", such as {known[0]!r}" if known else ""
        raise ConfigError(
            f"{result.folder}: has {len(known)} articles; name one with --article{near}"
        )
    if asked not in result.articles:
        near = " or ".join(map(repr, get_close_matches(asked, known, n=2) or known[:2]))
        raise DataError(f"{result.folder}: has no article {asked!r} (did you mean {near}?)")
    return asked


def restored_article(row: Row) -> Article:
    """Return an article from its row of the ``articles`` table; its text is its title."""
    title = row.get("title") or ""
    return Article(
        row["article_id"],
        title,
        headline=Span(0, len(title)) if title else None,
        date=row.get("date"),
        outlet=row.get("outlet"),
        url=row.get("url"),
        path=row.get("path"),
        metadata=json.loads(row.get("metadata") or "{}"),
    )


def restored_sentence(row: Row, frames: Sequence[str]) -> TaggedSentence:
    """Return a tagged sentence from its row of the ``sentences`` table."""
    sentence = sentence_of(row)
    if not row["scored"]:
        return TaggedSentence(sentence, (), scored=False)
    tags = (
        Tag(frame, row[f"p_{frame}"], row[f"tag_{frame}"], tuple(row[f"odds_{frame}"]))
        for frame in frames
    )
    return TaggedSentence(
        sentence, tuple(tags), tuple(map(restored_label, row.get("stance") or ()))
    )


def restored_label(entry: Mapping[str, Any]) -> Label:
    """Return the stance toward a target from its entry in a row of the ``sentences`` table."""
    span = span_of(entry["start"], entry["end"])
    mention = None if span is None else Mention(entry["target"], span, entry["linked"])
    return Label(
        entry["target"],
        Polarity(entry["label"]),
        entry["p_favor"],
        entry["p_against"],
        entry["holder"],
        mention,
    )
