"""From inputs to a result: the only module that knows every stage."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, final

from stance import runs
from stance.analysis import Analysis
from stance.applied import applied_calibration, calibration_entry
from stance.cache import OnNote
from stance.codebooks import DEFAULT, Codebook, load_codebook
from stance.errors import DataError
from stance.heads import use_head
from stance.profile import ArticleProfile, profile_article
from stance.provenance import codebook_entry, counts_entry, inputs_entry, model_entry
from stance.readers import Skipped, read_articles
from stance.records import Article, TaggedSentence
from stance.scorers.cached import OFF, cached
from stance.scorers.models import open_model
from stance.sentences import split
from stance.tagging import OnProgress, Tagger, tag_sentences
from stance.targets import find_mentions
from stance.toward import Targets, choose_targets, targets_entry, with_targets
from stance.voices import find_voices


def analyze(
    inputs: str | Path | Sequence[str | Path],
    *,
    codebook: str | Path | Codebook = DEFAULT,
    targets: Targets | None = None,
    model: str = "mini",
    calibration: str | Path | None = None,
    threads: int = 0,
    precision: str = "exact",
    device: str = "auto",
    dtype: str = "auto",
    labels: Sequence[str] = (),
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    seed: int = 0,
    head: str | Path | None = None,
    cache: str | Path = OFF,
    stdin: BinaryIO | None = None,
    on_progress: OnProgress | None = None,
    on_skip: Callable[[Skipped], None] | None = None,
    on_note: OnNote | None = None,
    tagger: Tagger = tag_sentences,
) -> Analysis:
    """Tag every sentence of the articles and summarise every article as a framing profile.

    Args:
        inputs: Files, folders, or ``-`` for standard input.
        codebook: Name of a shipped codebook, path of a YAML file, or a codebook.
        targets: Toward whom or what stance is asked, instead of the codebook's: declared ones,
            ``auto`` for the most-named of the articles, ``none`` for no stance at all.
        model: ``mini`` (shipped), ``lexical`` (counts the terms of the codebook), a folder, or
            ``ORG/NAME`` of a hub (see `stance.scorers.models.parse_model`).
        calibration: A file made by `stance calibrate`; its frames take the place of the model's.
        threads: Threads of the model; 0 takes one a core.
        precision: ``exact``, or ``fast`` for ``mini`` in bfloat16 (docs/speed.md).
        device: Where the model computes: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        dtype: What it computes in: ``auto``, ``float32``, ``bfloat16`` or ``float16``.
        labels: What the columns of a checkpoint are, where its own names do not say.
        limit: Most articles to read.
        columns: For tables, which column is what, as in ``{"text": "body"}``.
        skip_bad: Leave out rows that cannot be read, and count them, instead of stopping.
        seed: Seed of the bootstrap.
        head: File that `stance fit` wrote: its probabilities take the place of zero-shot ones.
        cache: Folder in which scores are kept and looked up; ``on`` is the user's cache folder.
        stdin: Where ``-`` is read from.
        on_progress: Called with the numbers of premises scored and of all.
        on_skip: Called for every row left out.
        on_note: Called with what a user should know and need not stop for.
        tagger: What tags the sentences; a run gives one that keeps parts on the disk.

    Raises:
        StanceError: An input, the codebook or the model cannot be used.
    """
    started = time.monotonic()
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    book = with_targets(book, targets)
    scorer = open_model(
        model, book, threads=threads, precision=precision, device=device, dtype=dtype, labels=labels
    )
    scorer = cached(scorer, cache, on_note=on_note)
    calibrated = applied_calibration(model, scorer, book, calibration)
    skipped = _Skips(on_skip)
    articles = list(
        read_articles(
            inputs,
            columns=columns or {},
            skip_bad=skip_bad,
            limit=limit,
            stdin=stdin,
            on_skip=skipped.count,
        )
    )
    if not articles:
        raise DataError("no article could be read from the input; check the files or --skip-bad")
    voices = [find_voices(article, split(article)) for article in articles]
    sentences = [sentence for found in voices for sentence in found.sentences]
    toward = choose_targets(book, sentences)
    mentions = find_mentions(sentences, toward)
    tagged = tagger(
        sentences, book, scorer, calibration=calibrated, mentions=mentions, on_progress=on_progress
    )
    tagged, head_entry = use_head(head, tagged, book, scorer.fingerprint)
    unbalanced = sum(found.unbalanced for found in voices)
    manifest = {
        "kind": "analysis",
        "status": "success",
        "seconds": round(time.monotonic() - started, 3),
        "seed": seed,
        "model": model_entry(model, scorer, labels),
        "codebook": codebook_entry(book, calibrated),
        "calibration": calibration_entry(calibration, calibrated),
        "head": head_entry,
        "targets": targets_entry(book, calibrated, toward, mentions),
        "counts": counts_entry(articles, tagged, scorer, skipped.counts, unbalanced),
        "inputs": inputs_entry(articles),
        "versions": runs.versions(),
    }
    return Analysis(book, _profiles(articles, tagged, tuple(book.frames), seed), manifest)


@final
class _Skips:
    """Counts what was left out by its reason, and passes it on."""

    def __init__(self, on_skip: Callable[[Skipped], None] | None) -> None:
        self.counts: Counter[str] = Counter()
        self._on_skip = on_skip

    def count(self, skip: Skipped) -> None:
        self.counts[skip.reason] += 1
        if self._on_skip is not None:
            self._on_skip(skip)


def _profiles(
    articles: Sequence[Article],
    tagged: Iterable[TaggedSentence],
    frames: tuple[str, ...],
    seed: int,
) -> tuple[ArticleProfile, ...]:
    by_article = {
        article_id: list(group)
        for article_id, group in groupby(tagged, key=lambda t: t.sentence.article_id)
    }
    return tuple(
        profile_article(article, by_article.get(article.id, []), frames, seed=seed)
        for article in articles
    )
