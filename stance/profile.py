"""What an article says in which frame: shares, intensities, and the sentences they are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, final
from zlib import crc32

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stance.metrics import entropy
from stance.notebook import Bar, html_of_rows, short_repr
from stance.percentiles import CONFIDENCE, Resampled, resampled_means
from stance.records import Article, Section, Sentence, TaggedSentence, Voice

RESAMPLES = 10_000
EVERY = "all"
NARRATION, SPEECH = "narration", "speech"
TOP_SPEAKERS = 5
_MOST_EXACT = 3_000


@final
@dataclass(frozen=True, slots=True)
class FrameShare:
    """How much of a part of an article invokes a frame.

    ``share`` is the fraction of scored sentences tagged, ``intensity`` their mean calibrated
    probability, each with a 95 % interval; all are NaN where no sentence was scored. ``section`` is
    headline, lead, body or all; ``n`` counts sentences, ``n_scored`` those that were scored and
    ``n_tagged`` those that carry the frame. ``voice`` is all, narration or speech, ``speaker`` one
    speaker's name; both are given for all sections together only.
    """

    frame: str
    section: str
    share: float
    share_low: float
    share_high: float
    intensity: float
    intensity_low: float
    intensity_high: float
    n: int
    n_scored: int
    n_tagged: int
    voice: str = EVERY
    speaker: str | None = None

    @property
    def bar(self) -> Bar:
        """The share with its interval, as a notebook shows it."""
        return Bar(self.share, self.share_low, self.share_high)


@final
@dataclass(frozen=True, slots=True, eq=False)
class ArticleProfile:
    """The framing profile of one article, with the tagged sentences that it was made of.

    ``cooccurrence`` counts the sentences that carry both frames, in the order of ``frames``; its
    diagonal counts each frame. ``entropy`` is Shannon's, in bits, of the tags over the frames (NaN
    without a tag). ``leading`` is the frame of the largest share, None without a tag or in a tie,
    and ``support`` the fraction of resamples in which it leads alone.
    """

    article: Article
    sentences: tuple[TaggedSentence, ...]
    frames: tuple[str, ...]
    shares: tuple[FrameShare, ...]
    cooccurrence: Int64[np.ndarray, "frame frame"]
    entropy: float
    leading: str | None
    support: float
    seed: int = 0

    @property
    def dominant(self) -> str | None:
        """The leading frame if it leads alone in at least 95 % of the resamples, else None."""
        return self.leading if self.support >= CONFIDENCE else None

    @property
    def overall(self) -> tuple[FrameShare, ...]:
        """The shares over all sections, in the order of the codebook."""
        return tuple(s for s in self.shares if s.section == EVERY and s.voice == EVERY)

    def by_voice(self, voice: str) -> tuple[FrameShare, ...]:
        """Return the shares in narration or in speech; empty where nobody asked who speaks."""
        return tuple(s for s in self.shares if s.voice == voice and s.speaker is None)

    def by_speaker(self) -> dict[str, tuple[FrameShare, ...]]:
        """Return the shares of the top speakers, who has most sentences first."""
        names = dict.fromkeys(s.speaker for s in self.shares if s.speaker is not None)
        return {n: tuple(s for s in self.shares if s.speaker == n) for n in names}

    def clearest(self, frame: str) -> TaggedSentence | None:
        """Return the sentence that carries a frame with the highest probability, or None."""
        index = self.frames.index(frame)
        carrying = [s for s in self.sentences if s.scored and s.tags[index].present]
        return max(carrying, key=lambda s: s.tags[index].probability, default=None)

    __repr__ = short_repr

    def notebook_cells(self) -> dict[str, Any]:
        """Return what one row of a table of articles shows."""
        name, shares = self.article.title or self.article.id, self.overall
        bars = {share.frame: share.bar for share in shares}
        return {"article": name, "outlet": self.article.outlet, "n": shares[0].n_scored, **bars}

    def _repr_html_(self) -> str:
        rows = [
            {"frame": s.frame, "n": s.n_scored, "share": s.bar, "clearest": self.clearest(s.frame)}
            for s in self.overall
        ]
        return html_of_rows(rows)


def profile_article(
    article: Article,
    sentences: Sequence[TaggedSentence],
    frames: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> ArticleProfile:
    """Summarise the tagged sentences of one article.

    Intervals are percentile intervals of a bootstrap over sentences (Efron & Tibshirani 1993,
    ch. 13). Where every or no sentence carries a frame all resamples agree, so that bound is the
    exact binomial one (Clopper & Pearson 1934). The random numbers depend on ``seed``, on the
    article's id and on the section, never on the other articles.

    Args:
        article: The article.
        sentences: All its sentences, tagged.
        frames: Names of the frames in the order of every sentence's tags.
        resamples: Number of bootstrap resamples.
        seed: Seed of the bootstrap.
    """
    present, _ = _matrices([s for s in sentences if s.scored], len(frames))
    generator = partial(_generator, seed, article.id)
    leading, support = _leader(present, frames, resamples, generator("leader"))
    shares: list[FrameShare] = []
    for section in (EVERY, *Section):
        name = EVERY if section == EVERY else Section(section).value
        part = [s for s in sentences if section in (EVERY, s.sentence.section)]
        shares += _shares(part, frames, name, resamples, generator(name))
    for voice, speaker, part in _voices(sentences):
        purpose = f"{voice}\0{speaker or ''}"
        split = _shares(part, frames, EVERY, resamples, generator(purpose))
        shares += [replace(share, voice=voice, speaker=speaker) for share in split]
    return ArticleProfile(
        article,
        tuple(sentences),
        tuple(frames),
        tuple(shares),
        present.T.astype(np.int64) @ present.astype(np.int64),
        entropy(present.sum(axis=0)),
        leading,
        support,
        seed,
    )


def voice_kind(sentence: Sentence) -> str | None:
    """Return narration, speech (direct, indirect or mixed), or None where nobody asked."""
    if sentence.voice is None:
        return None
    return NARRATION if sentence.voice is Voice.NARRATION else SPEECH


def _voices(
    sentences: Sequence[TaggedSentence],
) -> Iterator[tuple[str, str | None, list[TaggedSentence]]]:
    """Yield narration, speech and the top speakers; a pronoun that may mean several is none."""
    for voice in (NARRATION, SPEECH):
        part = [s for s in sentences if voice_kind(s.sentence) == voice]
        if part:
            yield voice, None, part
    spoken = [
        s
        for s in sentences
        if voice_kind(s.sentence) == SPEECH and s.sentence.speaker and s.sentence.speaker_resolved
    ]
    counts = Counter(s.sentence.speaker for s in spoken)
    for speaker, _ in counts.most_common(TOP_SPEAKERS):
        yield SPEECH, speaker, [s for s in spoken if s.sentence.speaker == speaker]


def _generator(seed: int, article_id: str, purpose: str) -> np.random.Generator:
    return np.random.default_rng([seed, crc32(article_id.encode()), crc32(purpose.encode())])


def _matrices(
    scored: Sequence[TaggedSentence], n_frames: int
) -> tuple[Bool[np.ndarray, "sentence frame"], Float64[np.ndarray, "sentence frame"]]:
    shape = (len(scored), n_frames)
    present = np.array([[tag.present for tag in s.tags] for s in scored], dtype=bool)
    probability = np.array([[tag.probability for tag in s.tags] for s in scored], dtype=np.float64)
    return present.reshape(shape), probability.reshape(shape)


def _resampled(
    present: Bool[np.ndarray, "sentence frame"],
    probability: Float64[np.ndarray, "sentence frame"],
    resamples: int,
    generator: np.random.Generator,
) -> Resampled:
    """Return resampled shares, then resampled intensities, of every frame.

    Above `_MOST_EXACT` sentences every frame's probabilities are drawn apart and rounded to 1/1000,
    so that time does not grow with the article.
    """
    shares = present.astype(np.float64)
    if len(present) <= _MOST_EXACT:
        return resampled_means(np.hstack([shares, probability]), resamples, generator)
    rounded = probability.round(3)
    drawn = resampled_means(shares, resamples, generator).repeated()
    columns = [
        resampled_means(column[:, None], resamples, generator).repeated() + error
        for column, error in zip(rounded.T, (probability - rounded).mean(axis=0), strict=True)
    ]
    return Resampled(np.hstack([drawn, *columns]), np.ones(resamples, dtype=np.int64))


def _shares(
    part: Sequence[TaggedSentence],
    frames: Sequence[str],
    section: str,
    resamples: int,
    generator: np.random.Generator,
) -> list[FrameShare]:
    present, probability = _matrices([s for s in part if s.scored], len(frames))
    n, n_scored = len(part), len(present)
    if n_scored == 0:
        nothing = (float("nan"),) * 6
        return [FrameShare(frame, section, *nothing, n, 0, 0) for frame in frames]
    tagged = present.sum(axis=0)
    inside = np.append((tagged > 0) & (tagged < n_scored), np.ones(len(frames), dtype=bool))
    wanted = np.flatnonzero(inside)
    low, high = np.full((2, len(inside)), np.nan)
    drawn = _resampled(present, probability, resamples, generator)
    low[wanted], high[wanted] = drawn.interval(wanted)
    found: list[FrameShare] = []
    for k, frame in enumerate(frames):
        count, shift = int(tagged[k]), k + len(frames)
        bounds = exact_at_the_edge(count, n_scored) or (float(low[k]), float(high[k]))
        intensity = (float(probability[:, k].mean()), float(low[shift]), float(high[shift]))
        share = (count / n_scored, *bounds)
        found.append(FrameShare(frame, section, *share, *intensity, n, n_scored, count))
    return found


def exact_at_the_edge(tagged: int, n: int) -> tuple[float, float] | None:
    """Return the Clopper-Pearson interval of 0 of n or n of n; None in between."""
    far = float(((1 - CONFIDENCE) / 2) ** (1 / n))
    if tagged == 0:
        return 0.0, 1 - far
    return (far, 1.0) if tagged == n else None


def _leader(
    present: Bool[np.ndarray, "sentence frame"],
    frames: Sequence[str],
    resamples: int,
    generator: np.random.Generator,
) -> tuple[str | None, float]:
    totals = present.sum(axis=0)
    if not totals.any() or (totals == totals.max()).sum() > 1:
        return None, 0.0
    first = int(totals.argmax())
    if len(frames) == 1:
        return frames[0], 1.0
    drawn = resampled_means(present.astype(np.float64), resamples, generator)
    rivals = np.delete(drawn.means, first, axis=1).max(axis=1)
    leads = drawn.means[:, first] > rivals + 1e-9
    return frames[first], float(drawn.weights[leads].sum() / resamples)


def profile_rows(profile: ArticleProfile) -> list[dict[str, Any]]:
    """Return the ``profiles`` rows of one article: section × frame, then voice × frame."""
    names = [field.name for field in fields(FrameShare)]
    return [
        {"article_id": profile.article.id, **{name: getattr(share, name) for name in names}}
        for share in profile.shares
    ]
