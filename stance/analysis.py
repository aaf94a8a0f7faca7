"""The result of an analysis: its profiles, its tables, and the folder it is saved to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from stance import plots, runs, tables
from stance.codebooks import Codebook
from stance.corpus_report import write_corpus_report
from stance.errors import ConfigError
from stance.exports import dataset_of
from stance.groups import Grouping, Period, check_groups, grouping_of
from stance.notebook import Rows, short_repr
from stance.positions import Position, corpus_positions, position_rows
from stance.profile import ArticleProfile, profile_rows
from stance.records import Article, TaggedSentence
from stance.report import IN_FULL, render_report
from stance.views import ArticleView

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from datasets import Dataset


@final
@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The result of `analyze`: profiles with their tagged sentences, and how they were made."""

    codebook: Codebook
    profiles: tuple[ArticleProfile, ...]
    manifest: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "profiles", Rows(self.profiles))

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles, in the order they were read."""
        return Rows(profile.article for profile in self.profiles)

    @property
    def sentences(self) -> tuple[TaggedSentence, ...]:
        """The tagged sentences of all articles, in order."""
        return Rows(sentence for profile in self.profiles for sentence in profile.sentences)

    @property
    def stances(self) -> tuple[Position, ...]:
        """Who says what about whom, in all articles together (see `stance.positions`)."""
        return corpus_positions(self.profiles)

    def article(self, which: int | str) -> ArticleView:
        """Return an article to look at: the figure of its profile, and its text with shaded frames.

        Args:
            which: The place of the article, from 0, or its id.

        Raises:
            ConfigError: There is no such article.
        """
        if isinstance(which, int):
            if not -len(self.profiles) <= which < len(self.profiles):
                raise ConfigError(
                    f"there is no article {which}; there are {len(self.profiles)}, from 0"
                )
            return ArticleView(self.profiles[which])
        for profile in self.profiles:
            if profile.article.id == which:
                return ArticleView(profile)
        known = get_close_matches(which, [article.id for article in self.articles], n=1)
        near = f" (did you mean {known[0]!r}?)" if known else ""
        raise ConfigError(f"there is no article {which!r}{near}")

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
        frame: pd.DataFrame = self._table(table).to_pandas()
        return frame

    def to_dataset(
        self, table: Literal["sentences", "profiles", "stances", "articles"] = "sentences"
    ) -> Dataset:
        """Return one of the tables as a `datasets.Dataset`.

        Raises:
            ConfigError: There is no table of that name.
            MissingExtraError: The library `datasets` is not installed.
        """
        return dataset_of(self._table(table))

    def _table(self, name: str) -> pa.Table:
        made = self._tables
        if name not in made:
            raise ConfigError(f"there is no table {name!r}; name {', '.join(made)}")
        return made[name]()

    def save(
        self,
        folder: str | Path,
        *,
        report: bool = True,
        group_by: Sequence[str] = (),
        period: Period | None = None,
    ) -> Path:
        """Write tables, figures, report and manifest to a folder, all or nothing; return it.

        Args:
            folder: Where to.
            report: Without it no figures are drawn and no report is written.
            group_by: Writes ``corpus.html`` too, by ``outlet``, another column, ``date`` or both.
            period: How dates are cut; by default to the month.

        Raises:
            ConfigError: Groups are asked for by two columns, or a period without ``date``.
            DataError: The folder is not one of ours or cannot be written, or no article has what
                groups are asked for by.
        """
        grouping = grouping_of(group_by, period=period)
        if grouping is not None:
            check_groups(self.articles, by=grouping.by, period=grouping.period)
        runs.save_folder(Path(folder), partial(self._write, report=report, grouping=grouping))
        return Path(folder)

    def _write(self, folder: Path, *, report: bool, grouping: Grouping | None) -> None:
        for name, make in self._tables.items():
            table = make()
            tables.write_parquet(table, folder / f"{name}.parquet")
            (folder / f"{name}.csv").write_bytes(tables.csv_bytes(table))
        if report:
            self.write_report(folder)
        if grouping is not None:
            write_corpus_report(
                folder,
                self.profiles,
                self.codebook,
                self.manifest,
                grouping=grouping,
                seed=int(self.manifest.get("seed", 0)),
                report="report.html" if report else None,
            )
        runs.write_manifest(folder, self.manifest)

    def write_report(self, folder: Path, *, articles: int | None = None) -> None:
        """Write figures and report to a folder.

        Args:
            folder: Where to.
            articles: The number of articles of the corpus, where these are only the first ones.
        """
        (folder / "figures").mkdir()
        figures = [plots.draw_article(profile) for profile in self.profiles[:IN_FULL]]
        for number, (profile, drawn) in enumerate(zip(self.profiles, figures, strict=False)):
            _write_figures(profile.article.id, drawn, folder / "figures", number)
        report = render_report(
            self.profiles, self.codebook, self.manifest, figures, articles=articles
        )
        (folder / "report.html").write_text(report, encoding="utf-8")

    __repr__ = short_repr

    def _repr_html_(self) -> str:
        return Rows(self.profiles)._repr_html_()


def _write_figures(
    article_id: str, drawn: Sequence[plots.Drawn], folder: Path, number: int
) -> None:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in article_id)
    stem = f"{number + 1:03d}-{kept.strip('-')[:60]}"
    for figure in drawn:
        for kind, content in figure.files.items():
            (folder / f"{stem}-{figure.name}.{kind}").write_bytes(content)
