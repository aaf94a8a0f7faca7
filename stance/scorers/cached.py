"""A scorer that remembers: wraps any other, and asks it only what it was never asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np

from stance.cache import OnNote, ScoreCache, cache_folder, key_of
from stance.records import LogProbs, Question
from stance.scorers import Scorer
from stance.scorers.contract import check_answers
from stance.scorers.placement import Placement, placement_of
from stance.scorers.room import make_room

OFF, ON = "off", "on"


def cached(scorer: Scorer, place: str | Path, *, on_note: OnNote | None = None) -> Scorer:
    """Return a scorer with the cache in a folder.

    Args:
        scorer: Who answers what is not known; counting terms is faster than looking up, so that a
            lexical scorer is returned as it is.
        place: A folder; ``on`` is the user's cache folder, ``off`` none.
        on_note: Told of a cache that was damaged, or that can no longer be used.

    Raises:
        CacheError: The folder cannot be written, or holds a cache of another form.
    """
    if str(place) == OFF or scorer.fingerprint.startswith("lexical:"):
        return scorer
    folder = cache_folder() if str(place) == ON else Path(place)
    return CachedScorer(scorer, ScoreCache(folder, on_note=on_note))


@final
class CachedScorer:
    """Answers from a cache what it knows, and asks another scorer the rest.

    An answer from the cache is the one that was computed, bit for bit. Of a question with some
    known hypotheses only the others are asked.
    """

    def __init__(self, inner: Scorer, cache: ScoreCache) -> None:
        self._inner, self._cache = inner, cache
        self.fingerprint = inner.fingerprint
        self.has_contradiction = inner.has_contradiction

    @property
    def placement(self) -> Placement | None:
        """Where the other scorer computes, if it tells."""
        return placement_of(self._inner)

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return natural-log probabilities, float32 (hypothesis, 3), one array a question.

        Raises:
            ScorerError: The other scorer broke its contract; nothing of it is kept.
        """
        keys = [
            [key_of(self.fingerprint, question.premise, h) for h in question.hypotheses]
            for question in questions
        ]
        known = self._cache.find({key for own in keys for key in own})
        missing = [_missing(q, own, known) for q, own in zip(questions, keys, strict=True)]
        make_room(self._inner, (h for question in questions for h in question.hypotheses))
        asked = [question for question in missing if question is not None]
        answers = iter(self._ask(asked))
        fresh: dict[bytes, bytes] = {}
        for question, own in zip(missing, keys, strict=True):
            if question is not None:
                unknown = [key for key in own if key not in known]
                fresh.update(_values(unknown, next(answers)))
        self._cache.keep(self.fingerprint, fresh)
        known.update(fresh)
        return [_answer(own, known) for own in keys]

    def _ask(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return checked answers: what breaks the contract must not be kept."""
        answers = self._inner.score(questions) if questions else []
        check_answers(questions, answers, self.fingerprint)
        return answers

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many of the premises are longer than what the scorer reads."""
        return self._inner.truncated(premises)


def _missing(
    question: Question, keys: Sequence[bytes], known: dict[bytes, bytes]
) -> Question | None:
    pairs = zip(question.hypotheses, keys, strict=True)
    rest = tuple(hypothesis for hypothesis, key in pairs if key not in known)
    return Question(question.premise, rest) if rest else None


def _values(keys: Sequence[bytes], answer: LogProbs) -> dict[bytes, bytes]:
    rows = answer.astype("<f4", copy=False)
    return {key: row.tobytes() for key, row in zip(keys, rows, strict=True)}


def _answer(keys: Sequence[bytes], known: dict[bytes, bytes]) -> LogProbs:
    values = np.frombuffer(b"".join(known[key] for key in keys), dtype="<f4")
    return values.reshape(len(keys), 3).astype(np.float32)
