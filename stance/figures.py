"""The figures of a result folder by kind, each with the tidy table behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, final

from matplotlib.figure import Figure

from stance import plots
from stance.corpus import (
    Corpus,
    Groups,
    corpus_of_rows,
    count_words,
    distinctive_words,
    group_distances,
    groups_of,
    trends,
)
from stance.corpus.columns import corpus_shares
from stance.errors import ConfigError
from stance.groups import GroupShare, Period, group_rows
from stance.plots import SCREEN, Look
from stance.positions import Position, corpus_positions, positions
from stance.profile import EVERY, ArticleProfile, FrameShare
from stance.restored import article_id, restored_profiles
from stance.results import Result

MOST_WORDS = 10
"""Words of a frame that are drawn."""


@final
@dataclass(frozen=True, slots=True)
class Asked:
    """What a figure is drawn of.

    ``by`` is a column that groups articles, ``period`` groups them by date, ``article`` is the id
    of one; ``frames`` are those that are shown, all if there are none.
    """

    result: Result
    by: str | None = None
    period: Period | None = None
    article: str | None = None
    frames: tuple[str, ...] = ()
    look: Look = SCREEN

    @property
    def seed(self) -> int:
        """The seed of the result, which every interval is drawn with."""
        return int(self.result.manifest.get("seed", 0))

    def shown(self, frame: str) -> bool:
        """Return whether a frame is shown."""
        return not self.frames or frame in self.frames


@final
@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A figure and the rows that it was drawn from, one row a mark."""

    figure: Figure
    rows: tuple[Mapping[str, Any], ...]


def make_figure(kind: str, asked: Asked) -> Made:
    """Draw one of `KINDS` from the tables of a result.

    Raises:
        ConfigError: There is no such kind or frame, or an article has to be named.
        DataError: There is no such article, column or date.
    """
    if kind not in KINDS:
        raise ConfigError(f"there is no figure {kind!r}; name {', '.join(KINDS)}")
    unknown = [frame for frame in asked.frames if frame not in asked.result.frames]
    if unknown:
        known = ", ".join(asked.result.frames)
        raise ConfigError(f"{asked.result.folder}: has no frame {unknown[0]!r}; name {known}")
    return KINDS[kind](asked)


def _one(asked: Asked) -> ArticleProfile:
    name = article_id(asked.result, asked.article)
    return restored_profiles(asked.result, articles=[name])[0]


def _several(asked: Asked) -> tuple[ArticleProfile, ...]:
    return restored_profiles(asked.result, resamples=1)


def _corpus(asked: Asked) -> Corpus:
    result = asked.result
    return corpus_of_rows(result.rows, result.articles.values(), result.frames)


def _profile(asked: Asked) -> Made:
    shares: Sequence[FrameShare | GroupShare]
    if asked.article or len(asked.result.articles) == 1:
        shares = _one(asked).overall
    else:
        shares = corpus_shares(_corpus(asked), seed=asked.seed)
    shown = [share for share in shares if asked.shown(share.frame)]
    return Made(plots.plot_bars(shown, look=asked.look), tuple(asdict(share) for share in shown))


def _strip(asked: Asked) -> Made:
    profile = _one(asked)
    kept = [k for k, frame in enumerate(profile.frames) if asked.shown(frame)]
    sentences = tuple(
        replace(s, tags=tuple(s.tags[k] for k in kept)) if s.scored else s
        for s in profile.sentences
    )
    names = tuple(profile.frames[k] for k in kept)
    shown = replace(profile, frames=names, sentences=sentences)
    return Made(plots.plot_strip(shown, look=asked.look), tuple(_strip_rows(shown)))


def _strip_rows(profile: ArticleProfile) -> list[dict[str, Any]]:
    return [
        {
            "article_id": profile.article.id,
            "sentence_id": tagged.sentence.id,
            "section": tagged.sentence.section.value,
            "scored": tagged.scored,
            "frame": frame,
            "probability": tagged.tags[k].probability if tagged.scored else None,
            "tagged": tagged.tags[k].present if tagged.scored else None,
        }
        for tagged in profile.sentences
        for k, frame in enumerate(profile.frames)
    ]


def _stance(asked: Asked) -> Made:
    alone = asked.article or len(asked.result.articles) == 1
    found = positions(_one(asked)) if alone else corpus_positions(_several(asked))
    shown = plots.shown_targets(found)
    if not shown:
        raise ConfigError(f"{asked.result.folder}: has no stance; analyze it with --targets")
    return Made(plots.plot_positions(shown, look=asked.look), tuple(map(_stance_row, shown)))


def _stance_row(position: Position) -> dict[str, Any]:
    sides = {"against": position.against, "favor": position.favor, "net": position.net}
    flat = {
        f"{name}{bound and '_'}{bound}": getattr(estimate, bound or "value")
        for name, estimate in sides.items()
        for bound in ("", "low", "high")
    }
    counts = ("n", "n_favor", "n_against", "n_neutral", "n_na")
    return {"target": position.target, **flat, **{c: getattr(position, c) for c in counts}}


def _shares(asked: Asked) -> list[dict[str, Any]]:
    corpus = _corpus(asked)
    rows = group_rows(corpus_shares(corpus, _groups_of(corpus, asked), seed=asked.seed))
    return [row for row in rows if row["group"] != EVERY and asked.shown(row["frame"])]


def _groups_of(corpus: Corpus, asked: Asked) -> Groups:
    by = asked.by or (None if asked.period else "outlet")
    return groups_of(corpus, by=by, period=asked.period)


def _groups(asked: Asked) -> Made:
    rows = _shares(asked)
    return Made(plots.plot_shares(rows, look=asked.look), tuple(rows))


def _heatmap(asked: Asked) -> Made:
    rows = _shares(asked)
    return Made(plots.plot_heatmap(rows, look=asked.look), tuple(rows))


def _trend(asked: Asked) -> Made:
    corpus = _corpus(asked)
    groups = groups_of(corpus, by=asked.by) if asked.by else None
    points = trends(corpus, asked.period or "month", groups, seed=asked.seed)
    rows = [
        point.row()
        for point in points
        if asked.shown(point.frame) and (point.group == EVERY) == (groups is None)
    ]
    return Made(plots.plot_trend(rows, look=asked.look), tuple(rows))


def _distance(asked: Asked) -> Made:
    corpus = _corpus(asked)
    found = group_distances(corpus, _groups_of(corpus, asked), seed=asked.seed)
    return Made(plots.plot_distances(found, look=asked.look), tuple(found.rows()))


def _words(asked: Asked) -> Made:
    corpus = _corpus(asked)
    found = distinctive_words(corpus, count_words(corpus), most=MOST_WORDS)
    frames = [frame for frame in corpus.frames if asked.shown(frame)]
    words = [word for word in found if word.frame in frames]
    figure = plots.plot_words(words, frames, look=asked.look)
    return Made(figure, tuple(asdict(word) for word in words))


KINDS: dict[str, Callable[[Asked], Made]] = {
    "profile": _profile,
    "strip": _strip,
    "stance": _stance,
    "groups": _groups,
    "trend": _trend,
    "heatmap": _heatmap,
    "distance": _distance,
    "words": _words,
}
"""The kinds of figures: share of every frame; one article by sentence; stance by target; shares by
group; shares over time; groups × frames; tree of groups; distinctive words of frames."""
