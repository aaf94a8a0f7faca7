"""The work on one shard: its articles are tagged and profiled, and its part is written whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, final

from stance import tables
from stance.applied import applied_calibration
from stance.codebooks import Codebook
from stance.engine.parts import PartWriter, Tables, read_summary
from stance.engine.spool import Spool
from stance.heads import use_head
from stance.positions import position_rows
from stance.profile import profile_article, profile_rows
from stance.provenance import counts_entry, model_entry
from stance.records import Article, Mention, TaggedSentence, TargetName
from stance.runs.files import digest_of
from stance.scorers.cached import OFF, cached
from stance.scorers.models import open_model
from stance.scorers.placement import placement_of
from stance.sentences import split
from stance.tagging import tag_sentences
from stance.targets import find_mentions
from stance.voices import Voices, find_voices

_AT_ONCE = 256
_HALVED = '["halved_batches"]'


@final
@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker opens its model from: plain values, which can be sent to any machine.

    ``codebook`` is JSON, ``calibration`` and ``head`` are paths, ``place`` is the folder that the
    path of a model is relative to.
    """

    model: str
    codebook: str
    calibration: str | None = None
    head: str | None = None
    threads: int = 0
    cache: str = OFF
    precision: str = "exact"
    device: str = "auto"
    dtype: str = "auto"
    labels: tuple[str, ...] = ()
    place: str = "."


@final
@dataclass(frozen=True, slots=True)
class Facts:
    """What a worker found out when it opened the model.

    ``calibration`` is JSON, ``model`` the entry of the manifest.
    """

    fingerprint: str
    calibration: str
    model: dict[str, Any]


@final
@dataclass(frozen=True, slots=True)
class Job:
    """What is done to every shard of a spool; ``key`` holds all that a part depends on."""

    folder: str
    spool: Spool
    targets: tuple[TargetName, ...]
    seed: int
    key: str


@final
@dataclass(frozen=True, slots=True)
class Done:
    """A finished shard: what was counted in it, and what a user should know."""

    shard: int
    summary: dict[str, Any]
    reused: bool
    notes: tuple[str, ...] = ()


@final
class ShardWorker:
    """Tags shards with a model that is opened once.

    Raises:
        StanceError: The model, the calibration or the head cannot be used.
    """

    def __init__(self, setup: Setup) -> None:
        self._notes: list[str] = []
        self._book = Codebook.model_validate_json(setup.codebook)
        model = open_model(
            setup.model,
            self._book,
            threads=setup.threads,
            precision=setup.precision,
            device=setup.device,
            dtype=setup.dtype,
            labels=setup.labels,
        )
        self._scorer = cached(model, setup.cache, on_note=self._notes.append)
        self._entry = model_entry(setup.model, self._scorer, setup.labels)
        self._calibration = applied_calibration(
            setup.model, self._scorer, self._book, setup.calibration
        )
        self._head = setup.head
        use_head(setup.head, [], self._book, self._scorer.fingerprint)

    @property
    def facts(self) -> Facts:
        """What the scores depend on."""
        calibration = self._calibration.model_dump_json()
        return Facts(self._scorer.fingerprint, calibration, self._entry)

    def tag(self, job: Job, shard: int) -> Done:
        """Write the part of a shard, unless it is there already.

        Raises:
            RunError: It cannot be written.
            StanceError: The scorer broke its contract.
        """
        folder = Path(job.folder)
        key = digest_of(job.key, job.spool.digest(shard))
        found = read_summary(folder, shard, key)
        if found is not None:
            return Done(shard, found, reused=True)
        counts: Counter[str] = Counter()
        halved = self._halved
        with PartWriter(folder, shard, key, tuple(self._book.frames)) as part:
            for articles in _batches(job.spool.shard(shard), self._at_once):
                part.write(self._tables(articles, job, counts))
            counts[_HALVED] = self._halved - halved
            part.finish(_nested(counts))
        notes, self._notes[:] = tuple(self._notes), []
        return Done(shard, _nested(counts), reused=False, notes=notes)

    @property
    def _halved(self) -> int:
        placement = placement_of(self._scorer)
        return 0 if placement is None else placement.halved

    @property
    def _at_once(self) -> int:
        placement = placement_of(self._scorer)
        return _AT_ONCE if placement is None or placement.device == "cpu" else 32 * _AT_ONCE

    def _tables(self, read: list[tuple[Article, Voices]], job: Job, counts: Counter[str]) -> Tables:
        sentences = [s for _, voices in read for s in voices.sentences]
        mentions = find_mentions(sentences, job.targets)
        tagged = tag_sentences(
            sentences, self._book, self._scorer, calibration=self._calibration, mentions=mentions
        )
        tagged, _ = use_head(self._head, tagged, self._book, self._scorer.fingerprint)
        articles = [article for article, _ in read]
        unbalanced = sum(voices.unbalanced for _, voices in read)
        counted = counts_entry(articles, tagged, self._scorer, {}, unbalanced)
        counts.update(_flat({**counted, **_mentioned(mentions)}))
        return _tables(articles, tagged, tuple(self._book.frames), job.seed)


def _batches(articles: Iterable[Article], at_once: int) -> Iterator[list[tuple[Article, Voices]]]:
    """Yield articles with who speaks in them, some ``at_once`` sentences together."""
    batch: list[tuple[Article, Voices]] = []
    n = 0
    for article in articles:
        voices = find_voices(article, split(article))
        batch.append((article, voices))
        n += len(voices.sentences)
        if n >= at_once:
            yield batch
            batch, n = [], 0
    if batch:
        yield batch


def _tables(
    articles: list[Article], tagged: list[TaggedSentence], frames: tuple[str, ...], seed: int
) -> Tables:
    groups = groupby(tagged, key=lambda each: each.sentence.article_id)
    by_article = {article_id: list(group) for article_id, group in groups}
    profiles = [
        profile_article(article, by_article.get(article.id, []), frames, seed=seed)
        for article in articles
    ]
    shares = [profile_rows(profile) for profile in profiles]
    stances = [position_rows(profile) for profile in profiles]
    return Tables(
        tables.sentence_table(tagged, frames),
        tables.profile_table([row for own in shares for row in own]),
        tables.stance_table([row for own in stances for row in own]),
        tables.article_table(articles),
        tuple(
            (len(profile.sentences), len(share), len(stance))
            for profile, share, stance in zip(profiles, shares, stances, strict=True)
        ),
    )


def _mentioned(mentions: Iterable[Iterable[Mention]]) -> dict[str, Any]:
    found = [mention for own in mentions for mention in own]
    return {
        "mentions": Counter(mention.target for mention in found),
        "linked": Counter(mention.target for mention in found if mention.linked),
    }


def _flat(entry: Mapping[str, Any]) -> dict[str, int]:
    """Return counts with the names of nested ones in one, which no name can be taken for."""
    flat: dict[str, int] = {}
    for name, value in entry.items():
        if isinstance(value, Mapping):
            flat |= {json.dumps([name, inner]): count for inner, count in value.items()}
        else:
            flat[json.dumps([name])] = value
    return flat


def _nested(flat: Mapping[str, int]) -> dict[str, Any]:
    entry: dict[str, Any] = {"omitted": {}, "mentions": {}, "linked": {}}
    for name, count in flat.items():
        outer, *inner = json.loads(name)
        if inner:
            entry.setdefault(outer, {})[inner[0]] = count
        else:
            entry[outer] = count
    return entry


def add_up(summaries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the counts of several shards together."""
    counts: Counter[str] = Counter()
    for summary in summaries:
        counts.update(_flat(summary))
    return _nested(counts)
