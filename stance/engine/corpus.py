"""Before and after the shards: the corpus is read, and its result is put together."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby, islice
from pathlib import Path
from typing import Any, BinaryIO, final

import pyarrow.parquet as pq

from stance import runs
from stance.analysis import Analysis
from stance.applied import calibration_entry
from stance.calibration import Calibration
from stance.codebooks import Codebook
from stance.engine.merging import merge_parts
from stance.engine.shards import Facts, Job, Setup
from stance.engine.spool import Spool, write_spool
from stance.errors import RunError
from stance.heads import use_head
from stance.profile import profile_article
from stance.provenance import codebook_entry
from stance.readers import Skipped, read_articles
from stance.records import Article, TaggedSentence, TargetName
from stance.report import IN_FULL
from stance.runner.parts import tagged_sentence
from stance.sentences import split
from stance.toward import mention_counts_entry
from stance.voices import find_voices


@final
@dataclass(frozen=True, slots=True)
class CorpusResult:
    """A result in a folder: ``first`` holds the first articles, as many as a report shows."""

    folder: Path
    manifest: Mapping[str, Any]
    first: Analysis

    @property
    def articles(self) -> int:
        """The number of all articles."""
        return int(self.manifest["counts"]["articles"])


@final
@dataclass(slots=True)
class Reading:
    """The articles to read, and what was seen on the way."""

    inputs: str | Path | Sequence[str | Path]
    columns: Mapping[str, str]
    skip_bad: bool
    limit: int | None
    stdin: BinaryIO | None
    on_skip: Callable[[Skipped], None] | None
    skipped: Counter[str] = field(default_factory=Counter)
    paths: dict[str, None] = field(default_factory=dict)
    without_path: list[dict[str, str]] = field(default_factory=list)

    def lay_down(self, folder: Path, shards: int | None) -> Spool:
        """Read all articles into a folder.

        Raises:
            DataError: One cannot be read.
            RunError: The folder cannot be written.
        """
        found = read_articles(
            self.inputs,
            columns=self.columns,
            skip_bad=self.skip_bad,
            limit=self.limit,
            stdin=self.stdin,
            on_skip=self._skip,
        )
        try:
            return write_spool(self._noted(found), folder, shards=shards)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise RunError(
                f"{folder}: cannot be written ({reason}); make room or name another --out"
            ) from error

    def inputs_entry(self) -> list[dict[str, str]]:
        """Return the SHA-256 of every file, or of the text of an article without one."""
        files = [{"path": path, "sha256": runs.file_hash(Path(path))} for path in self.paths]
        return files + self.without_path

    def _noted(self, articles: Iterator[Article]) -> Iterator[Article]:
        for article in articles:
            if article.path:
                self.paths[article.path] = None
            else:
                digest = sha256(article.text.encode()).hexdigest()
                self.without_path.append({"article_id": article.id, "sha256": digest})
            yield article

    def _skip(self, skip: Skipped) -> None:
        self.skipped[skip.reason] += 1
        if self.on_skip is not None:
            self.on_skip(skip)


def corpus_manifest(
    setup: Setup,
    facts: Facts,
    book: Codebook,
    targets: Sequence[TargetName],
    counts: Mapping[str, Any],
    reading: Reading,
    seed: int,
) -> dict[str, Any]:
    """Return the manifest of a result, with the entries that `stance.analyze` gives."""
    calibrated = Calibration.model_validate_json(facts.calibration)
    apart = {"mentions", "linked", "halved_batches"}
    told = {name: value for name, value in counts.items() if name not in apart}
    _, head = use_head(setup.head, [], book, facts.fingerprint)
    return {
        "kind": "analysis",
        "status": "success",
        "seed": seed,
        "model": {**facts.model, "halved_batches": counts["halved_batches"]},
        "codebook": codebook_entry(book, calibrated),
        "calibration": calibration_entry(setup.calibration, calibrated),
        "head": head,
        "targets": mention_counts_entry(
            book, calibrated, targets, Counter(counts["mentions"]), Counter(counts["linked"])
        ),
        "counts": told,
        "inputs": reading.inputs_entry(),
        "versions": runs.versions(),
    }


def finish(
    out: Path, folder: Path, job: Job, book: Codebook, manifest: Mapping[str, Any], *, report: bool
) -> CorpusResult:
    """Put the result together from the parts, all or nothing, and remove these.

    Raises:
        DataError: The folder of the result cannot be written; the parts stay.
    """
    first: list[Analysis] = []

    def write(target: Path) -> None:
        merge_parts(folder, job.spool, tuple(book.frames), target)
        shown = _first(target / "sentences.parquet", job, book, manifest)
        first.append(shown)
        if report:
            shown.write_report(target, articles=job.spool.articles)
        runs.write_manifest(target, manifest)

    runs.save_folder(out, write)
    shutil.rmtree(folder / "tags", ignore_errors=True)
    return CorpusResult(out, manifest, first[0])


def _first(path: Path, job: Job, book: Codebook, manifest: Mapping[str, Any]) -> Analysis:
    """Return the first articles with their profiles, from the merged sentences."""
    frames = tuple(book.frames)
    articles = list(islice(job.spool, IN_FULL))
    voices = [find_voices(article, split(article)) for article in articles]
    sentences = [sentence for found in voices for sentence in found.sentences]
    rows = islice(_rows(path), len(sentences))
    tagged = [tagged_sentence(s, row, frames) for s, row in zip(sentences, rows, strict=True)]
    grouped: dict[str, list[TaggedSentence]] = {
        article_id: list(group)
        for article_id, group in groupby(tagged, key=lambda each: each.sentence.article_id)
    }
    profiles = (
        profile_article(article, grouped.get(article.id, []), frames, seed=job.seed)
        for article in articles
    )
    return Analysis(book, tuple(profiles), manifest)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=1_024):
            yield from batch.to_pylist()
