"""Stance labels: what is asked about a target, who holds the stance, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64, Int64

from stance.calibration import StanceLogistic
from stance.codebooks import StanceWordings
from stance.records import OUTLET, Label, Mention, Polarity, Sentence, Voice
from stance.targets import is_demonym, visible

ORDER = (Polarity.FAVOR, Polarity.AGAINST, Polarity.NEUTRAL)
"""The order of the three probabilities of a stance."""


@final
@dataclass(frozen=True, slots=True)
class StanceQuestion:
    """What is asked of one sentence about one target: ``hypotheses`` are its filled wordings."""

    mention: Mention
    hypotheses: tuple[str, ...]


def stance_questions(
    sentence: Sentence, mentions: Sequence[Mention], wordings: StanceWordings
) -> tuple[StanceQuestion, ...]:
    """Return what is asked of a sentence: one question a target, about its first plain mention.

    The wordings name the target as the sentence does, but for a demonym by the target's own name.
    "Blinken" in "…, Blinken said" names who speaks and is no mention of a target.
    """
    chosen: dict[str, Mention] = {}
    about = [mention for mention in mentions if not _names_speaker(sentence, mention)]
    for mention in sorted(about, key=lambda m: (m.linked, m.span.start)):
        chosen.setdefault(mention.target, mention)
    return tuple(
        StanceQuestion(mention, fill(wordings.wordings, _asked_as(sentence, mention)))
        for mention in chosen.values()
    )


def _names_speaker(sentence: Sentence, mention: Mention) -> bool:
    own = sentence.speaker_span
    return own is not None and mention.span.start < own.end and own.start < mention.span.end


def fill(wordings: Sequence[str], target: str) -> tuple[str, ...]:
    """Return wordings with a target's name in place of ``{target}``."""
    return tuple(wording.replace("{target}", target) for wording in wordings)


def _asked_as(sentence: Sentence, mention: Mention) -> str:
    start, end = mention.span.start - sentence.start, mention.span.end - sentence.start
    surface = sentence.text[start:end]
    return mention.target if is_demonym(surface) else visible(surface)


def mean_stance_odds(
    odds: Float64[np.ndarray, " hypothesis"], wordings: StanceWordings
) -> Float64[np.ndarray, " side"]:
    """Return the mean log-odds over the wordings in favour, against, and of relevance.

    Relevance is NaN where no wording asks for it.
    """
    favor, against, relevance = np.split(
        odds, [len(wordings.favor), len(wordings.favor) + len(wordings.against)]
    )
    about = float(relevance.mean()) if len(relevance) else float("nan")
    return np.array([favor.mean(), against.mean(), about])


def decide(
    question: StanceQuestion,
    sides: Float64[np.ndarray, " side"],
    logistic: StanceLogistic,
    holder: str | None,
) -> Label:
    """Return the label of one target: the most probable stance, NA below the relevance gate."""
    p_favor, p_against, _ = logistic.probabilities(sides[None, :2])[0].tolist()
    best = choose(logistic.probabilities(sides[None, :2]))[0]
    off_topic = logistic.gate is not None and float(sides[2]) < logistic.gate
    polarity = Polarity.NA if off_topic else ORDER[best]
    mention = question.mention
    return Label(mention.target, polarity, p_favor, p_against, holder, mention)


def choose(probabilities: Float64[np.ndarray, "n 3"]) -> Int64[np.ndarray, " n"]:
    """Return the place in `ORDER` of the most probable stance; favor as against is neutral."""
    tie = probabilities[:, 0] == probabilities[:, 1]
    best: np.ndarray = np.where(tie, 2, probabilities.argmax(axis=1))
    return best


def holder_of(sentence: Sentence) -> str | None:
    """Return who holds what a sentence says: `OUTLET` in narration, the speaker in speech.

    None where the speaker was not found or is a pronoun that may mean several people, or where
    nobody asked whose words these are.
    """
    if sentence.voice is Voice.NARRATION:
        return OUTLET
    return sentence.speaker if sentence.speaker_resolved else None
