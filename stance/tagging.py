"""Sentences + codebook + scorer → tagged sentences; order restored, contract checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias

import numpy as np
from jaxtyping import Float64

from stance.calibration import IDENTITY, Calibration
from stance.codebooks import Codebook
from stance.labelling import (
    StanceQuestion,
    decide,
    holder_of,
    mean_stance_odds,
    stance_questions,
)
from stance.records import Label, LogProbs, Mention, Question, Sentence, Tag, TaggedSentence
from stance.scorers import Scorer
from stance.scorers.contract import check_answers
from stance.scorers.placement import placement_of

OnProgress: TypeAlias = Callable[[int, int], None]
"""Called with the number of premises scored so far and the number of all."""

_AT_ONCE = 128


class Tagger(Protocol):
    """Whatever tags sentences, in order, as `tag_sentences` does."""

    def __call__(
        self,
        sentences: Sequence[Sentence],
        codebook: Codebook,
        scorer: Scorer,
        *,
        calibration: Calibration = IDENTITY,
        mentions: Sequence[Sequence[Mention]] = (),
        on_progress: OnProgress | None = None,
    ) -> list[TaggedSentence]:
        """Return the sentences with their tags and stances."""


def tag_sentences(
    sentences: Sequence[Sentence],
    codebook: Codebook,
    scorer: Scorer,
    *,
    calibration: Calibration = IDENTITY,
    mentions: Sequence[Sequence[Mention]] = (),
    on_progress: OnProgress | None = None,
) -> list[TaggedSentence]:
    """Tag every sentence with every frame of a codebook, and with its stance toward the mentioned.

    The wordings of a frame are combined by the mean of their natural-log odds of entailment, which
    the calibration turns into a probability; from the codebook's threshold on the frame is present.
    A sentence without a letter is not scored. Frames and stances of a sentence are one question.

    Args:
        sentences: The sentences, of one article or many.
        codebook: What is asked.
        scorer: Who answers.
        calibration: From log-odds to probabilities; the identity by default.
        mentions: The targets mentioned, one entry a sentence; the codebook's stance wordings are
            asked about them.
        on_progress: Called after every group of premises.

    Raises:
        ScorerError: The scorer broke its contract.
    """
    toward = _toward(sentences, mentions, codebook)
    readable = [any(map(str.isalpha, sentence.text)) for sentence in sentences]
    questions = [
        Question(
            premise_of(sentence), (*codebook.hypotheses, *(h for s in own for h in s.hypotheses))
        )
        for sentence, own, ask in zip(sentences, toward, readable, strict=True)
        if ask
    ]
    answers = iter(ask_all(questions, scorer, on_progress=on_progress))
    return [
        _tagged(sentence, own, next(answers), codebook, calibration)
        if ask
        else TaggedSentence(sentence, (), scored=False)
        for sentence, own, ask in zip(sentences, toward, readable, strict=True)
    ]


def retag_sentences(
    tagged: Sequence[TaggedSentence],
    codebook: Codebook,
    *,
    wordings: Sequence[int] | None = None,
    calibration: Calibration = IDENTITY,
) -> list[TaggedSentence]:
    """Decide on frames again from the log-odds of tagged sentences; nothing is scored.

    Stances stay as they are.

    Args:
        tagged: Sentences tagged by a codebook of the same frames.
        codebook: What decides: its wordings are those kept, its thresholds count.
        wordings: Which wordings of every frame are kept, from 0; None keeps all.
        calibration: From log-odds to probabilities.
    """
    return [
        replace(each, tags=_tags(_kept(each.tags, wordings), codebook, calibration))
        if each.scored
        else each
        for each in tagged
    ]


def _kept(
    tags: Sequence[Tag], wordings: Sequence[int] | None
) -> Float64[np.ndarray, " hypothesis"]:
    kept = [
        tag.entailment if wordings is None else [tag.entailment[k] for k in wordings]
        for tag in tags
    ]
    return np.array([odds for own in kept for odds in own], dtype=np.float64)


def _toward(
    sentences: Sequence[Sentence], mentions: Sequence[Sequence[Mention]], codebook: Codebook
) -> list[tuple[StanceQuestion, ...]]:
    if not mentions or codebook.stance is None:
        return [()] * len(sentences)
    wordings = codebook.stance
    pairs = zip(sentences, mentions, strict=True)
    return [stance_questions(sentence, found, wordings) for sentence, found in pairs]


def _tagged(
    sentence: Sentence,
    toward: Sequence[StanceQuestion],
    answer: LogProbs,
    codebook: Codebook,
    calibration: Calibration,
) -> TaggedSentence:
    n = len(codebook.hypotheses)
    labels = _labels(sentence, toward, answer[n:], codebook, calibration)
    return TaggedSentence(sentence, _tags(log_odds(answer[:n]), codebook, calibration), labels)


def _labels(
    sentence: Sentence,
    toward: Sequence[StanceQuestion],
    answer: LogProbs,
    codebook: Codebook,
    calibration: Calibration,
) -> tuple[Label, ...]:
    if not toward or codebook.stance is None:
        return ()
    wordings, holder = codebook.stance, holder_of(sentence)
    logistic = calibration.of_stance(wordings.wordings)
    parts = np.split(log_odds(answer), len(toward))
    return tuple(
        decide(question, mean_stance_odds(odds, wordings), logistic, holder)
        for question, odds in zip(toward, parts, strict=True)
    )


def premise_of(sentence: Sentence) -> str:
    """Return what a scorer reads of a sentence: its text with every run of blanks as one space."""
    return " ".join(sentence.text.split())


def ask_all(
    questions: Sequence[Question], scorer: Scorer, *, on_progress: OnProgress | None = None
) -> list[LogProbs]:
    """Return the answers in order; an identical (premise, hypothesis) pair is scored once.

    Raises:
        ScorerError: The scorer broke its contract.
    """
    asked: dict[str, dict[str, None]] = {}
    for question in questions:
        asked.setdefault(question.premise, {}).update(dict.fromkeys(question.hypotheses))
    distinct = [Question(premise, tuple(wordings)) for premise, wordings in asked.items()]
    known: dict[str, dict[str, LogProbs]] = {}
    for group in _groups(distinct, _at_once(scorer)):
        answers = scorer.score(group)
        check_answers(group, answers, scorer.fingerprint)
        for question, answer in zip(group, answers, strict=True):
            known[question.premise] = dict(zip(question.hypotheses, answer, strict=True))
        if on_progress is not None:
            on_progress(len(known), len(distinct))
    return [_answer(question, known[question.premise]) for question in questions]


def _at_once(scorer: Scorer) -> int:
    """Return how many questions a scorer gets: a GPU needs many to be busy."""
    placement = placement_of(scorer)
    return _AT_ONCE if placement is None or placement.device == "cpu" else 32 * _AT_ONCE


def _groups(questions: Sequence[Question], n: int) -> Iterator[Sequence[Question]]:
    for start in range(0, len(questions), n):
        yield questions[start : start + n]


def _answer(question: Question, known: dict[str, LogProbs]) -> LogProbs:
    rows = [known[wording] for wording in question.hypotheses]
    return np.stack(rows) if rows else np.empty((0, 3), dtype=np.float32)


def log_odds(log_probs: LogProbs) -> Float64[np.ndarray, " hypothesis"]:
    """Return the natural-log odds of entailment of every hypothesis."""
    wide = log_probs.astype(np.float64)
    odds: np.ndarray = wide[:, 0] - np.logaddexp(wide[:, 1], wide[:, 2])
    return odds


def _tags(
    odds: Float64[np.ndarray, " hypothesis"], codebook: Codebook, calibration: Calibration
) -> tuple[Tag, ...]:
    start, tags = 0, []
    for name, frame in codebook.frames.items():
        own = odds[start : start + len(frame.hypotheses)]
        start += len(own)
        fitted = calibration.fitted(codebook.name, name, frame.hypotheses)
        mean = np.add.reduce(own, keepdims=True) / len(own)
        probability = float((fitted or calibration.default).probability(mean)[0])
        own_threshold = None if fitted is None else fitted.threshold
        least = codebook.threshold_of(name) if own_threshold is None else own_threshold
        tags.append(Tag(name, probability, probability >= least, tuple(own.tolist())))
    return tuple(tags)
