"""Gold labels: what people say of a sentence, read from files and checked as a whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, final

from stance.errors import DataError
from stance.records import Polarity

SentenceKey: TypeAlias = tuple[str, int]
"""The id of an article and the number of a sentence in it."""

Code = TypeVar("Code", int, Polarity)
"""What a coder may say: 0 or 1 of a frame, a polarity of a target."""

ADJUDICATED = ("adjudicated", "gold")
"""Coders whose label decides where others disagree."""


@final
@dataclass(frozen=True, slots=True)
class GoldLabel:
    """What a coder says of a frame in a sentence: 1, 0, or None for NA (not codable, not coded)."""

    article_id: str
    sentence_id: int
    coder: str
    frame: str
    value: int | None


@final
@dataclass(frozen=True, slots=True)
class GoldStance:
    """How a coder says a sentence speaks of a target; None where that was not coded.

    The polarity NA is a label: the sentence is not about the target.
    """

    article_id: str
    sentence_id: int
    coder: str
    target: str
    polarity: Polarity | None


@final
@dataclass(frozen=True, slots=True)
class Gold:
    """The labels of one source, with what its rows say about their sentences.

    ``place`` names the source in messages, ``sha256`` is that of the file (of the rows where there
    is no file) and ``rows`` the number of a sentence's first row, counted from 1. ``inclusion`` and
    ``strata`` say how sentences were drawn, also of those that were not if the source knows.
    """

    place: str
    sha256: str
    frames: tuple[str, ...]
    labels: tuple[GoldLabel, ...]
    rows: Mapping[SentenceKey, int] = field(default_factory=dict)
    texts: Mapping[SentenceKey, str] = field(default_factory=dict)
    outlets: Mapping[SentenceKey, str] = field(default_factory=dict)
    inclusion: Mapping[SentenceKey, float] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    stances: tuple[GoldStance, ...] = ()
    strata: Mapping[SentenceKey, str] = field(default_factory=dict)

    @property
    def coders(self) -> tuple[str, ...]:
        """The coders in order of appearance."""
        named = [label.coder for label in self.labels] + [one.coder for one in self.stances]
        return tuple(dict.fromkeys(named))

    @property
    def keys(self) -> tuple[SentenceKey, ...]:
        """The sentences that have a row, in order of appearance."""
        return tuple(self.rows)

    def of_frame(self, frame: str) -> dict[SentenceKey, dict[str, int]]:
        """Return the labels of a frame that are not NA: sentence → coder → 0 or 1."""
        found: dict[SentenceKey, dict[str, int]] = defaultdict(dict)
        for label in self.labels:
            if label.frame == frame and label.value is not None:
                found[label.article_id, label.sentence_id][label.coder] = label.value
        return dict(found)

    def of_target(self, target: str) -> dict[SentenceKey, dict[str, Polarity]]:
        """Return the stances toward a target that were coded: sentence → coder → polarity."""
        found: dict[SentenceKey, dict[str, Polarity]] = defaultdict(dict)
        for label in self.stances:
            if label.target == target and label.polarity is not None:
                found[label.article_id, label.sentence_id][label.coder] = label.polarity
        return dict(found)


def adjudicate(votes: Mapping[str, Code]) -> Code | None:
    """Return the label of the coder ``adjudicated`` or ``gold``, else the majority, None in a tie.

    Args:
        votes: Coder → label, as in `Gold.of_frame` and `Gold.of_target`.
    """
    for coder in ADJUDICATED:
        if coder in votes:
            return votes[coder]
    (first, most), *rest = Counter(votes.values()).most_common(2)
    return None if rest and rest[0][1] == most else first


def adjudicated(gold: Gold, frame: str) -> dict[SentenceKey, int]:
    """Return one label a sentence: that of `adjudicate`; ties are left out."""
    return decided(gold.of_frame(frame))


def decided(codes: Mapping[SentenceKey, Mapping[str, Code]]) -> dict[SentenceKey, Code]:
    """Return one label a sentence: that of `adjudicate`; ties are left out."""
    found = {key: adjudicate(votes) for key, votes in codes.items()}
    return {key: value for key, value in found.items() if value is not None}


def check_sentences(gold: Gold, texts: Mapping[SentenceKey, str], place: str) -> None:
    """Check that every sentence of the gold is in a result, with the same text.

    Args:
        gold: The labels.
        texts: The sentences of the result.
        place: What names the result in messages.

    Raises:
        DataError: A sentence is not there, or its text is another.
    """
    articles = {article for article, _ in texts}
    for key, row in gold.rows.items():
        if key not in texts:
            raise DataError(f"{gold.place}: row {row}: {_absent(key, articles, place)}")
        own = gold.texts.get(key)
        if own is not None and own.split() != texts[key].split():
            raise DataError(
                f"{gold.place}: row {row}: the text differs from that of sentence {key[1]} of "
                f"article {key[0]!r} in {place}; give the result that the sample was drawn from"
            )


def _absent(key: SentenceKey, articles: Collection[str], place: str) -> str:
    what = f"sentence {key[1]} of article {key[0]!r}" if key[0] in articles else repr(key[0])
    kind = "" if key[0] in articles else "article "
    return f"{kind}{what} is not in {place}; mend the id or name the result it was drawn from"


def require_labels(gold: Gold, frames: Sequence[str]) -> None:
    """Check that at least one label of the frames is 0 or 1.

    Raises:
        DataError: All are NA or absent.
    """
    if not frames:
        raise DataError(f"{gold.place}: has no column of a frame; add one with 1, 0 or NA")
    if not any(gold.of_frame(frame) for frame in frames):
        raise DataError(f"{gold.place}: every label is NA; write 1 or 0 for at least one sentence")
