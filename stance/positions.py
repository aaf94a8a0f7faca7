"""Who says what about whom: stances by target and holder, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final
from zlib import crc32

import numpy as np
from jaxtyping import Float64, Int64

from stance.notebook import Rows, html_of_record
from stance.percentiles import interval_of
from stance.profile import (
    EVERY,
    SPEECH,
    ArticleProfile,
    exact_at_the_edge,
    voice_kind,
)
from stance.records import OUTLET, Label, Polarity, TaggedSentence

RESAMPLES = 10_000
SPEAKER, UNKNOWN = "speaker", "unknown"


@final
@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval; all NaN where nothing was measured."""

    value: float
    low: float
    high: float


@final
@dataclass(frozen=True, slots=True)
class Position:
    """How a holder speaks of a target in the sentences that mention it.

    ``favor`` and ``against`` are shares of the ``n`` sentences with a stance (favor, against or
    neutral), ``net`` their difference; ``n_na`` sentences mention the target without being about
    it. Intervals are bootstrap intervals over sentences, exact binomial ones where all resamples
    agree.
    """

    target: str
    holder_kind: str
    holder: str | None
    favor: Estimate
    against: Estimate
    net: Estimate
    n_favor: int
    n_against: int
    n_neutral: int
    n_na: int

    _repr_html_ = html_of_record

    @property
    def n(self) -> int:
        """The number of sentences with a stance toward the target."""
        return self.n_favor + self.n_against + self.n_neutral

    @property
    def who(self) -> str:
        """The holder in words."""
        return self.holder or {EVERY: "all", UNKNOWN: "not known"}.get(
            self.holder_kind, self.holder_kind
        )


def positions(profile: ArticleProfile, *, resamples: int = RESAMPLES) -> tuple[Position, ...]:
    """Return the stances of one article by target and holder.

    For every target mentioned: all holders, then the outlet, all speech, every speaker, and the
    sentences whose holder is unknown, as far as there are any. The seed is that of the profile.
    """
    seed = profile.seed ^ crc32(profile.article.id.encode())
    return positions_of(profile.sentences, resamples=resamples, seed=seed)


def positions_of(
    sentences: Iterable[TaggedSentence], *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[Position, ...]:
    """Return the stances of sentences by target and holder; targets as they are first mentioned."""
    groups: dict[str, dict[tuple[str, str | None], list[Label]]] = {}
    for tagged in sentences:
        for label in tagged.stances:
            for group in _groups(tagged, label):
                groups.setdefault(label.target, {}).setdefault(group, []).append(label)
    return Rows(
        _position(target, group, labels, resamples, seed)
        for target, by_holder in groups.items()
        for group, labels in sorted(by_holder.items(), key=_rank)
    )


_KINDS = (EVERY, OUTLET, SPEECH, SPEAKER, UNKNOWN)


def _rank(entry: tuple[tuple[str, str | None], list[Label]]) -> tuple[int, int, str]:
    (kind, holder), labels = entry
    return _KINDS.index(kind), -len(labels), holder or ""


def _groups(tagged: TaggedSentence, label: Label) -> Iterator[tuple[str, str | None]]:
    yield EVERY, None
    kind = voice_kind(tagged.sentence)
    if kind is None:
        yield UNKNOWN, None
    elif kind != SPEECH:
        yield OUTLET, None
    else:
        yield SPEECH, None
        if label.holder is not None:
            yield SPEAKER, label.holder


def _position(
    target: str,
    group: tuple[str, str | None],
    labels: Sequence[Label],
    resamples: int,
    seed: int,
) -> Position:
    counts = Counter(label.polarity for label in labels)
    favor, against, neutral = (
        counts[kind] for kind in (Polarity.FAVOR, Polarity.AGAINST, Polarity.NEUTRAL)
    )
    purpose = crc32(f"{target}\0{group[0]}\0{group[1] or ''}".encode())
    generator = np.random.default_rng([seed, purpose])
    estimates = _estimates((favor, against, neutral), resamples, generator)
    return Position(target, *group, *estimates, favor, against, neutral, counts[Polarity.NA])


def _estimates(
    counts: tuple[int, int, int], resamples: int, generator: np.random.Generator
) -> tuple[Estimate, Estimate, Estimate]:
    """Return the share in favor, the share against, and their difference."""
    n = sum(counts)
    if n == 0:
        nothing = Estimate(float("nan"), float("nan"), float("nan"))
        return nothing, nothing, nothing
    exact = [exact_at_the_edge(count, n) for count in counts[:2]]
    net = _net_at_the_edge(counts, n)
    if net is None:
        drawn = generator.multinomial(n, np.array(counts) / n, size=resamples)[:, :2].T / n
        exact = [bounds or _middle(own) for bounds, own in zip(exact, drawn, strict=True)]
        net = _middle(drawn[0] - drawn[1])
    favor, against = (Estimate(counts[k] / n, *(exact[k] or ())) for k in (0, 1))
    return favor, against, Estimate((counts[0] - counts[1]) / n, *net)


def _middle(drawn: Float64[np.ndarray, " resample"]) -> tuple[float, float]:
    low, high = interval_of(drawn[None])
    return float(low[0]), float(high[0])


def _net_at_the_edge(counts: tuple[int, int, int], n: int) -> tuple[float, float] | None:
    """Return the interval of the difference where all labels are alike, else None.

    What the exact interval leaves for other labels may all lie on the opposite side.
    """
    if max(counts) < n:
        return None
    rest = 1 - (exact_at_the_edge(n, n) or (0.0, 1.0))[0]
    if counts[2] == n:
        return -rest, rest
    return (1 - 2 * rest, 1.0) if counts[0] == n else (-1.0, 2 * rest - 1)


def corpus_positions(
    profiles: Sequence[ArticleProfile], *, resamples: int = 2_000
) -> tuple[Position, ...]:
    """Return the stances of several articles by target and holder.

    As `positions_of` all their sentences, but every bound is the wider one of resampling sentences
    and resampling whole articles: sentences of one article are not independent, and a target that
    few articles mention leaves few articles to draw from. The seed is that of the first profile.
    """
    seed = profiles[0].seed if profiles else 0
    every = (s for p in profiles for s in p.sentences)
    together = positions_of(every, resamples=resamples, seed=seed)
    parts = [positions_of(p.sentences, resamples=1, seed=seed) for p in profiles]
    found = [{(p.target, p.holder_kind, p.holder): p for p in part} for part in parts]
    drawn = np.random.default_rng(seed).multinomial(
        len(parts), np.full(len(parts), 1 / len(parts)), size=resamples
    )
    return Rows(_over_articles(position, found, drawn) for position in together)


def _over_articles(
    position: Position,
    found: Sequence[Mapping[tuple[str, str, str | None], Position]],
    drawn: Int64[np.ndarray, "resample article"],
) -> Position:
    """Return a position with its intervals widened to those of drawn articles."""
    if not 0 < max(position.n_favor, position.n_against, position.n_neutral) < position.n:
        return position
    name = (position.target, position.holder_kind, position.holder)
    own = [(k, part[name]) for k, part in enumerate(found) if name in part]
    counts = np.array([(p.n_favor, p.n_against, p.n_neutral) for _, p in own])
    sums = drawn[:, [k for k, _ in own]] @ counts
    sums = sums[sums.sum(axis=1) > 0]
    shares = sums / sums.sum(axis=1, keepdims=True)
    favor, against = (
        estimate if n == 0 else _widened(estimate, shares[:, k])
        for k, (estimate, n) in enumerate(
            ((position.favor, position.n_favor), (position.against, position.n_against))
        )
    )
    net = _widened(position.net, shares[:, 0] - shares[:, 1])
    return replace(position, favor=favor, against=against, net=net)


def _widened(estimate: Estimate, drawn: Float64[np.ndarray, " resample"]) -> Estimate:
    low, high = _middle(drawn)
    return Estimate(estimate.value, min(low, estimate.low), max(high, estimate.high))


def position_rows(profile: ArticleProfile) -> list[dict[str, Any]]:
    """Return the ``stances`` rows of one article (see `stance.tables.STANCE_SCHEMA`)."""
    return [_row(profile.article.id, position) for position in positions(profile)]


def _row(article_id: str, position: Position) -> dict[str, Any]:
    named = {
        "share_favor": position.favor,
        "share_against": position.against,
        "net": position.net,
    }
    return {
        "article_id": article_id,
        "target": position.target,
        "holder_kind": position.holder_kind,
        "holder": position.holder,
        **{name: estimate.value for name, estimate in named.items()},
        **{f"{name}_low": estimate.low for name, estimate in named.items()},
        **{f"{name}_high": estimate.high for name, estimate in named.items()},
        "n": position.n,
        "n_favor": position.n_favor,
        "n_against": position.n_against,
        "n_neutral": position.n_neutral,
        "n_na": position.n_na,
    }


def shown_positions(found: Sequence[Position], *, most: int = 12) -> list[Position]:
    """Return who says what about whom: single holders, most sentences first, at most ``most``.

    Where it is known of nobody whose words they are, the rows of all holders.
    """
    single = [p for p in found if p.holder_kind in {OUTLET, SPEAKER} and p.n]
    chosen = single or [p for p in found if p.holder_kind == EVERY and p.n]
    return sorted(chosen, key=lambda p: -p.n)[:most]
