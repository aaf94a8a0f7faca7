"""The scored sentences of a corpus as columns, and its groups."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stance.groups import GroupShare, check_groups, label_of, shares_of
from stance.profile import EVERY, NARRATION, SPEECH, ArticleProfile, voice_kind
from stance.records import Article, Span


@final
@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """The scored sentences of several articles, one entry a sentence, in order.

    ``article`` is the place of a sentence's article in ``articles``, which holds those without a
    scored sentence too. ``voices`` is narration, speech or None where nobody asked; ``speakers`` is
    None in narration and where it is not clear who speaks.
    """

    frames: tuple[str, ...]
    articles: tuple[Article, ...]
    article: Int64[np.ndarray, " sentence"]
    sentence_id: Int64[np.ndarray, " sentence"]
    present: Bool[np.ndarray, "sentence frame"]
    probability: Float64[np.ndarray, "sentence frame"]
    texts: tuple[str, ...]
    voices: tuple[str | None, ...]
    speakers: tuple[str | None, ...]

    def tags_by_article(self) -> Float64[np.ndarray, "article frame"]:
        """Return how many sentences of every article carry every frame."""
        sums = np.zeros((len(self.articles), len(self.frames)))
        np.add.at(sums, self.article, self.present)
        return sums


@final
@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Which group every article is of: ``names[member[k]]`` is that of article k, -1 none."""

    names: tuple[str, ...]
    member: Int64[np.ndarray, " article"]

    @property
    def sizes(self) -> Int64[np.ndarray, " group"]:
        """The number of articles of every group."""
        inside = self.member[self.member >= 0]
        sizes: np.ndarray = np.bincount(inside, minlength=len(self.names))
        return sizes

    def largest(self, most: int) -> Groups:
        """Return the groups of most articles alone, in their order; the first ones of equals."""
        kept = np.sort(np.argsort(-self.sizes, kind="stable")[:most])
        place = np.full(len(self.names) + 1, -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        return Groups(tuple(self.names[k] for k in kept), place[self.member])


def groups_of(corpus: Corpus, *, by: str | None = None, period: str | None = None) -> Groups:
    """Return the groups of the articles by a column, a period or both, sorted by name.

    Raises:
        DataError: No article has such a column, or a date.
    """
    check_groups(corpus.articles, by=by, period=period)
    labels = [label_of(article, by, period) for article in corpus.articles]
    names = sorted(set(labels))
    place = {name: k for k, name in enumerate(names)}
    return Groups(tuple(names), np.array([place[label] for label in labels], dtype=np.int64))


def corpus_shares(
    corpus: Corpus, groups: Groups | None = None, *, seed: int = 0
) -> tuple[GroupShare, ...]:
    """Return the shares of all articles together, then of every group.

    The same figures as `stance.groups.group_shares`.
    """
    everything = np.ones(len(corpus.articles), dtype=bool)
    found = part_shares(corpus, EVERY, everything, seed=seed)
    if groups is not None:
        for k, name in enumerate(groups.names):
            found += part_shares(corpus, name, groups.member == k, seed=seed)
    return tuple(found)


def part_shares(
    corpus: Corpus, label: str, chosen: Bool[np.ndarray, " article"], *, seed: int = 0
) -> list[GroupShare]:
    """Return the shares of some of the articles under a name."""
    inside = chosen[corpus.article]
    values = np.hstack([corpus.present[inside], corpus.probability[inside]]).astype(np.float64)
    cluster = np.unique(corpus.article[inside], return_inverse=True)[1].astype(np.int64)
    n = int(chosen.sum())
    return shares_of(label, corpus.frames, values, cluster, n_articles=n, seed=seed)


def corpus_of_profiles(profiles: Sequence[ArticleProfile]) -> Corpus:
    """Return the scored sentences of profiles; there must be one profile at least."""
    scored = [(k, s) for k, p in enumerate(profiles) for s in p.sentences if s.scored]
    sentences = [tagged.sentence for _, tagged in scored]
    frames = profiles[0].frames
    shape = (len(scored), len(frames))
    present = [tag.present for _, tagged in scored for tag in tagged.tags]
    probability = [tag.probability for _, tagged in scored for tag in tagged.tags]
    return Corpus(
        frames,
        tuple(profile.article for profile in profiles),
        np.array([k for k, _ in scored], dtype=np.int64),
        np.array([sentence.id for sentence in sentences], dtype=np.int64),
        np.array(present, dtype=bool).reshape(shape),
        np.array(probability, dtype=np.float64).reshape(shape),
        tuple(sentence.text for sentence in sentences),
        tuple(voice_kind(sentence) for sentence in sentences),
        tuple(s.speaker if s.speaker_resolved else None for s in sentences),
    )


def corpus_of_rows(
    rows: Iterable[Mapping[str, Any]], articles: Iterable[Mapping[str, Any]], frames: Sequence[str]
) -> Corpus:
    """Return the scored sentences of the ``sentences`` and ``articles`` tables of a result.

    The articles have no text but their title.
    """
    known = tuple(_article(row) for row in articles)
    place = {article.id: k for k, article in enumerate(known)}
    scored = [row for row in rows if row["scored"]]
    shape = (len(scored), len(frames))
    present = [row[f"tag_{frame}"] for row in scored for frame in frames]
    probability = [row[f"p_{frame}"] for row in scored for frame in frames]
    return Corpus(
        tuple(frames),
        known,
        np.array([place[row["article_id"]] for row in scored], dtype=np.int64),
        np.array([row["sentence_id"] for row in scored], dtype=np.int64),
        np.array(present, dtype=bool).reshape(shape),
        np.array(probability, dtype=np.float64).reshape(shape),
        tuple(row["text"] for row in scored),
        tuple(_kind(row["voice"]) for row in scored),
        tuple(row["speaker"] if row["speaker_resolved"] else None for row in scored),
    )


def _article(row: Mapping[str, Any]) -> Article:
    title = row["title"]
    return Article(
        row["article_id"],
        title or "",
        Span(0, len(title)) if title else None,
        date=row["date"],
        outlet=row["outlet"],
        url=row["url"],
        path=row["path"],
        metadata=json.loads(row["metadata"] or "{}"),
    )


def _kind(voice: str | None) -> str | None:
    if voice is None:
        return None
    return NARRATION if voice == NARRATION else SPEECH
