"""From inputs to a result: the only module that knows every stage."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, final

from stance import plots, runs, tables
from stance.applied import applied_calibration, calibration_entry
from stance.calibration import Calibration
from stance.codebooks import DEFAULT, Codebook, load_codebook
from stance.errors import ConfigError, DataError
from stance.heads import use_head
from stance.positions import position_rows
from stance.profile import ArticleProfile, profile_article, profile_rows
from stance.readers import Skipped, read_articles
from stance.records import Article, Sentence, TaggedSentence
from stance.report import IN_FULL, render_report
from stance.scorers import MODELS, Scorer, load_scorer
from stance.sentences import split
from stance.tagging import OnProgress, Tagger, premise_of, tag_sentences
from stance.targets import find_mentions
from stance.toward import Targets, choose_targets, targets_entry, with_targets
from stance.voices import find_voices

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@final
@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The result of `analyze`: profiles with their tagged sentences, and how they were made."""

    codebook: Codebook
    profiles: tuple[ArticleProfile, ...]
    manifest: Mapping[str, Any]

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles, in the order they were read."""
        return tuple(profile.article for profile in self.profiles)

    @property
    def sentences(self) -> tuple[TaggedSentence, ...]:
        """The tagged sentences of all articles, in order."""
        return tuple(sentence for profile in self.profiles for sentence in profile.sentences)

    def sentence_table(self) -> pa.Table:
        """Return the ``sentences`` table (see `stance.tables.sentence_schema`)."""
        return tables.sentence_table(self.sentences, tuple(self.codebook.frames))

    def profile_table(self) -> pa.Table:
        """Return the ``profiles`` table (see `stance.tables.PROFILE_SCHEMA`)."""
        return tables.profile_table([row for p in self.profiles for row in profile_rows(p)])

    def stance_table(self) -> pa.Table:
        """Return the ``stances`` table (see `stance.tables.STANCE_SCHEMA`)."""
        return tables.stance_table([row for p in self.profiles for row in position_rows(p)])

    def article_table(self) -> pa.Table:
        """Return the ``articles`` table (see `stance.tables.ARTICLE_SCHEMA`)."""
        return tables.article_table(self.articles)

    @property
    def _tables(self) -> dict[str, Callable[[], pa.Table]]:
        return {
            "sentences": self.sentence_table,
            "profiles": self.profile_table,
            "stances": self.stance_table,
            "articles": self.article_table,
        }

    def to_pandas(
        self, table: Literal["sentences", "profiles", "stances", "articles"] = "sentences"
    ) -> pd.DataFrame:
        """Return one of the tables as a pandas data frame.

        Raises:
            ConfigError: There is no table of that name.
        """
        made = self._tables
        if table not in made:
            raise ConfigError(f"there is no table {table!r}; name {', '.join(made)}")
        frame: pd.DataFrame = made[table]().to_pandas()
        return frame

    def save(self, folder: str | Path, *, report: bool = True) -> Path:
        """Write tables, figures, report and manifest to a folder, all or nothing; return it.

        Args:
            folder: Where to.
            report: Without it no figures are drawn and no report is written.

        Raises:
            DataError: The folder is not one of ours or cannot be written.
        """
        runs.save_folder(Path(folder), partial(self._write, report=report))
        return Path(folder)

    def _write(self, folder: Path, *, report: bool) -> None:
        for name, make in self._tables.items():
            table = make()
            tables.write_parquet(table, folder / f"{name}.parquet")
            (folder / f"{name}.csv").write_bytes(tables.csv_bytes(table))
        if report:
            self._write_report(folder)
        runs.write_manifest(folder, self.manifest)

    def _write_report(self, folder: Path) -> None:
        (folder / "figures").mkdir()
        figures = [plots.draw_article(profile) for profile in self.profiles[:IN_FULL]]
        for number, (profile, drawn) in enumerate(zip(self.profiles, figures, strict=False)):
            _write_figures(profile.article.id, drawn, folder / "figures", number)
        report = render_report(self.profiles, self.codebook, self.manifest, figures)
        (folder / "report.html").write_text(report, encoding="utf-8")

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(frame)}</th>" for frame in self.codebook.frames)
        shown = self.profiles[:20]
        body = "".join(_html_row(profile) for profile in shown)
        more = len(self.profiles) - len(shown)
        foot = f"<p>… and {more} more articles</p>" if more else ""
        return f"<table><tr><th>article</th><th>n</th>{head}</tr>{body}</table>{foot}"


def _html_row(profile: ArticleProfile) -> str:
    name = escape(profile.article.title or profile.article.id)
    n = profile.overall[0].n_scored
    cells = "".join(
        f"<td>{s.share:.0%} [{s.share_low:.0%}, {s.share_high:.0%}]</td>" if n else "<td>–</td>"
        for s in profile.overall
    )
    return f"<tr><td>{name}</td><td>{n}</td>{cells}</tr>"


def _write_figures(
    article_id: str, drawn: Sequence[plots.Drawn], folder: Path, number: int
) -> None:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in article_id)
    stem = f"{number + 1:03d}-{kept.strip('-')[:60]}"
    for figure in drawn:
        for kind, content in figure.files.items():
            (folder / f"{stem}-{figure.name}.{kind}").write_bytes(content)


def analyze(
    inputs: str | Path | Sequence[str | Path],
    *,
    codebook: str | Path | Codebook = DEFAULT,
    targets: Targets | None = None,
    model: str = "mini",
    calibration: str | Path | None = None,
    threads: int = 0,
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    seed: int = 0,
    head: str | Path | None = None,
    stdin: BinaryIO | None = None,
    on_progress: OnProgress | None = None,
    on_skip: Callable[[Skipped], None] | None = None,
    tagger: Tagger = tag_sentences,
) -> Analysis:
    """Tag every sentence of the articles and summarise every article as a framing profile.

    Args:
        inputs: Files, folders, or ``-`` for standard input.
        codebook: Name of a shipped codebook, path of a YAML file, or a codebook.
        targets: Toward whom or what stance is asked, instead of the codebook's: declared ones,
            ``auto`` for the most-named of the articles, ``none`` for no stance at all.
        model: ``mini`` (shipped) or ``lexical`` (counts the terms of the codebook).
        calibration: A file made by `stance calibrate`; its frames take the place of the model's.
        threads: Threads of the model; 0 takes one a core.
        limit: Most articles to read.
        columns: For tables, which column is what, as in ``{"text": "body"}``.
        skip_bad: Leave out rows that cannot be read, and count them, instead of stopping.
        seed: Seed of the bootstrap.
        head: File that `stance fit` wrote: its probabilities take the place of zero-shot ones.
        stdin: Where ``-`` is read from.
        on_progress: Called with the numbers of premises scored and of all.
        on_skip: Called for every row left out.
        tagger: What tags the sentences; a run gives one that keeps parts on the disk.

    Raises:
        StanceError: An input, the codebook or the model cannot be used.
    """
    started = time.monotonic()
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    book = with_targets(book, targets)
    scorer = load_model(model, book, threads)
    calibrated = applied_calibration(model, scorer, book, calibration)
    skipped: Counter[str] = Counter()

    def count(skip: Skipped) -> None:
        skipped[skip.reason] += 1
        if on_skip is not None:
            on_skip(skip)

    articles = list(
        read_articles(
            inputs,
            columns=columns or {},
            skip_bad=skip_bad,
            limit=limit,
            stdin=stdin,
            on_skip=count,
        )
    )
    if not articles:
        raise DataError("no article could be read from the input; check the files or --skip-bad")
    voices = [find_voices(article, split(article)) for article in articles]
    sentences = [sentence for found in voices for sentence in found.sentences]
    toward = choose_targets(book, sentences)
    mentions = find_mentions(sentences, toward)
    tagged = tagger(
        sentences,
        book,
        scorer,
        calibration=calibrated,
        mentions=mentions,
        on_progress=on_progress,
    )
    tagged, head_entry = use_head(head, tagged, book, scorer.fingerprint)
    profiles = _profiles(articles, tagged, tuple(book.frames), seed)
    manifest = {
        "kind": "analysis",
        "status": "success",
        "seconds": round(time.monotonic() - started, 3),
        "seed": seed,
        "model": {"name": model, "fingerprint": scorer.fingerprint},
        "codebook": codebook_entry(book, calibrated),
        "calibration": calibration_entry(calibration, calibrated),
        "head": head_entry,
        "targets": targets_entry(book, calibrated, toward, mentions),
        "counts": {
            **_counts(articles, tagged, scorer, skipped),
            "unbalanced_quotation_marks": sum(found.unbalanced for found in voices),
        },
        "inputs": _inputs(articles),
        "versions": runs.versions(),
    }
    return Analysis(book, profiles, manifest)


def load_model(model: str, book: Codebook, threads: int) -> Scorer:
    """Load the scorer of a model's name.

    Raises:
        ConfigError: There is no such model.
        ScorerError: It cannot be loaded.
    """
    if model == "lexical":
        return load_scorer("lexical", codebook=book)
    if model == "mini":
        return load_scorer("bundled", threads=threads)
    raise ConfigError(f"unknown model {model!r}; name {' or '.join(MODELS)}")


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


def codebook_entry(book: Codebook, calibration: Calibration) -> dict[str, Any]:
    """Return what a manifest says of a codebook: all of it, and which frames are calibrated."""
    content = book.model_dump_json()
    return {
        "name": book.name,
        "version": book.version,
        "sha256": sha256(content.encode()).hexdigest(),
        "content": book.model_dump(mode="json"),
        "calibrated": {
            name: calibration.of(book.name, name, frame.hypotheses) is not calibration.default
            for name, frame in book.frames.items()
        },
    }


def _counts(
    articles: Sequence[Article],
    tagged: Sequence[TaggedSentence],
    scorer: Scorer,
    skipped: Mapping[str, int],
) -> dict[str, Any]:
    scored: list[Sentence] = [t.sentence for t in tagged if t.scored]
    return {
        "articles": len(articles),
        "sentences": len(tagged),
        "scored": len(scored),
        "truncated_premises": scorer.truncated([premise_of(sentence) for sentence in scored]),
        "omitted": dict(Counter(o.reason for article in articles for o in article.omissions)),
        "skipped": dict(skipped),
    }


def _inputs(articles: Sequence[Article]) -> list[dict[str, str]]:
    paths = dict.fromkeys(article.path for article in articles if article.path)
    from_files = [{"path": path, "sha256": runs.file_hash(Path(path))} for path in paths]
    others = [
        {"article_id": article.id, "sha256": sha256(article.text.encode()).hexdigest()}
        for article in articles
        if not article.path
    ]
    return from_files + others
