"""The records that flow through `stance`, in order of appearance.

All are frozen; functions return new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias, final

import numpy as np
from jaxtyping import Float32

LogProbs: TypeAlias = Float32[np.ndarray, "hypothesis 3"]
"""Natural-log probabilities, one row a hypothesis; columns entailment, neutral, contradiction."""


class Section(str, Enum):
    """Where in an article a sentence stands; the lead is the first tagged paragraph of the body."""

    HEADLINE = "headline"
    LEAD = "lead"
    BODY = "body"


class Voice(str, Enum):
    """Whose words a sentence is made of."""

    NARRATION = "narration"
    DIRECT = "direct"
    INDIRECT = "indirect"
    MIXED = "mixed"


@final
@dataclass(frozen=True, slots=True)
class Span:
    """Code points ``start`` to ``end`` (exclusive) of `Article.text`."""

    start: int
    end: int


@final
@dataclass(frozen=True, slots=True)
class Omission:
    """A span kept out of the tagged sentences, with the reason.

    Reasons: caption, credit, byline, dateline, notice (of the agency or publisher), front matter.
    """

    span: Span
    reason: str


@final
@dataclass(frozen=True, slots=True)
class Article:
    """A news article as it was read; ``text`` never changes and every offset points into it.

    ``text`` holds the headline too when it has one: ``headline`` is its span. ``metadata`` carries
    the columns and fields that `stance` does not know, as text.
    """

    id: str
    text: str
    headline: Span | None = None
    omissions: tuple[Omission, ...] = ()
    date: str | None = None
    outlet: str | None = None
    url: str | None = None
    path: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str | None:
        """The text of the headline, or None."""
        return None if self.headline is None else self.text[self.headline.start : self.headline.end]

    def notebook_cells(self) -> dict[str, object]:
        """Return what one row of a table of articles shows."""
        known = {"id": self.id, "title": self.title, "outlet": self.outlet, "date": self.date}
        return {**known, "letters": len(self.text), **self.metadata}


@final
@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article: ``text == article.text[start:end]``; ``id`` counts from 0.

    ``voice`` is None where nobody asked who speaks, which is not the same as narration. ``speaker``
    is None for narration and where no speaker was found; ``speaker_resolved`` is False there unless
    it is narration, and for a pronoun that may mean several people. ``speaker_span`` is where the
    speaker is named, possibly outside the sentence.
    """

    article_id: str
    id: int
    start: int
    end: int
    text: str
    section: Section = Section.BODY
    voice: Voice | None = None
    speaker: str | None = None
    speaker_span: Span | None = None
    speaker_resolved: bool = True


@final
@dataclass(frozen=True, slots=True)
class TargetName:
    """Somebody or something that a stance is taken toward, by every name it goes by."""

    name: str
    aliases: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Mention:
    """Where a sentence names a target: ``span`` points into `Article.text`.

    ``linked`` is True for a pronoun or "the country" that the sentence before made unambiguous.
    """

    target: str
    span: Span
    linked: bool = False


@final
@dataclass(frozen=True, slots=True)
class Question:
    """One premise with all hypotheses asked of it, so that a scorer may read the premise once."""

    premise: str
    hypotheses: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class Tag:
    """A frame asked of a sentence: calibrated probability, decision, and the evidence behind them.

    ``entailment`` holds the natural-log odds of entailment of every wording, in codebook order.
    """

    frame: str
    probability: float
    present: bool
    entailment: tuple[float, ...]


OUTLET = "outlet"
"""The holder of what an article says in its own voice."""


class Polarity(str, Enum):
    """A stance; NA means that the sentence is not about the target: that is not neutral."""

    FAVOR = "favor"
    AGAINST = "against"
    NEUTRAL = "neutral"
    NA = "NA"


@final
@dataclass(frozen=True, slots=True)
class Label:
    """The stance of a sentence toward one target it mentions, and what it was decided from.

    ``holder`` is `OUTLET` in narration and the speaker in speech; None where the speaker was not
    found or nobody asked who speaks. ``p_favor`` and ``p_against`` stay what they are under NA, so
    that a decision of the relevance gate can be looked into; ``mention`` is the first one.
    """

    target: str
    polarity: Polarity
    p_favor: float
    p_against: float
    holder: str | None = None
    mention: Mention | None = None


@final
@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """A sentence with its tags in the order of the codebook.

    ``scored`` False means not measured, which is not "no frame": then there are no tags.
    """

    sentence: Sentence
    tags: tuple[Tag, ...]
    stances: tuple[Label, ...] = ()
    scored: bool = True

    @property
    def frames(self) -> tuple[str, ...]:
        """The frames found in the sentence."""
        return tuple(tag.frame for tag in self.tags if tag.present)

    def __str__(self) -> str:
        return self.sentence.text

    def notebook_cells(self) -> dict[str, object]:
        """Return what one row of a table of sentences shows."""
        found = {tag.frame: f"{tag.probability:.2f}" for tag in self.tags if tag.present}
        return {
            "article": self.sentence.article_id,
            "sentence": self.sentence.id,
            "text": self.sentence.text,
            "voice": self.sentence.speaker or self.sentence.voice,
            "frames": found if self.scored else "not scored",
            "stances": {label.target: label.polarity for label in self.stances},
        }

    def stance_toward(self, target: str) -> Polarity:
        """Return the stance toward a target; NA where the sentence does not mention it."""
        found = (label.polarity for label in self.stances if label.target == target)
        return next(found, Polarity.NA)
