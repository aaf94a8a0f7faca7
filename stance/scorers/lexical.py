"""A scorer without a model: counts the terms of a codebook. A baseline and a test double."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import final

import numpy as np

from stance.codebooks import DEFAULT, Codebook, load_codebook
from stance.records import LogProbs, Question

_WORD = re.compile(r"[^\W_]+")
_COMMON = frozenset(
    _WORD.findall(
        "a about an and are as at be by does for from has have he in is it its mentions of on or "
        "people portrayed raises said she so someone something text that the their them they this "
        "to toward towards was way which who with"
    )
)


def load_lexical(
    *, codebook: Codebook | str = DEFAULT, base: float = -2.0, step: float = 2.0
) -> LexicalScorer:
    """Return a scorer over the terms of a codebook.

    Args:
        codebook: A codebook, or the name or path of one; a hypothesis of one of its frames is
            answered with that frame's terms, a stance wording with the terms of its side, any other
            with its own content words.
        base: Natural-log odds of entailment of a premise without a term.
        step: What every further distinct term adds to them.
    """
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    terms = {
        wording: frame.terms or tuple(_content_words(frame.definition))
        for frame in book.frames.values()
        for wording in frame.hypotheses
    }
    return LexicalScorer(terms, base, step, _stance_terms(book))


def _stance_terms(book: Codebook) -> dict[str, Sequence[str]]:
    """Return the terms of every stance wording that is not about relevance, by its pattern."""
    if book.stance is None:
        return {}
    stance = book.stance
    sides = [(stance.favor, stance.favor_terms), (stance.against, stance.against_terms)]
    return {
        re.escape(wording).replace(r"\{target\}", "(.+)"): terms
        for wordings, terms in sides
        for wording in wordings
    }


def _words(text: str) -> str:
    return " " + " ".join(_WORD.findall(text.lower())) + " "


def _content_words(text: str) -> list[str]:
    return [word for word in dict.fromkeys(_words(text).split()) if word not in _COMMON]


@final
class LexicalScorer:
    """Log-odds of entailment grow with the number of distinct terms found in the premise."""

    has_contradiction = False

    def __init__(
        self,
        terms: Mapping[str, Sequence[str]],
        base: float,
        step: float,
        stance_terms: Mapping[str, Sequence[str]],
    ) -> None:
        self._terms = {wording: _normal(own) for wording, own in terms.items()}
        self._stance = [(re.compile(p), _normal(own)) for p, own in stance_terms.items()]
        self._base, self._step = base, step
        stances = sorted((pattern.pattern, own) for pattern, own in self._stance)
        seen = repr((sorted(self._terms.items()), stances, base, step))
        self.fingerprint = f"lexical:{sha256(seen.encode()).hexdigest()[:32]}"

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return natural-log probabilities, float32 (hypothesis, 3), one array a question."""
        return [self._answer(_words(q.premise), q.hypotheses) for q in questions]

    def truncated(self, premises: Sequence[str]) -> int:  # noqa: ARG002
        """Return 0: a premise is read whole."""
        return 0

    def _answer(self, premise: str, hypotheses: Sequence[str]) -> LogProbs:
        asked = [self._terms_of(wording) for wording in hypotheses]
        found = {terms: sum(term in premise for term in terms) for terms in dict.fromkeys(asked)}
        hits = np.array([found[terms] for terms in asked], dtype=np.float64)
        odds = self._base + self._step * hits
        entailed, rest = -np.logaddexp(0, -odds), -np.logaddexp(0, odds) - np.log(2)
        return np.stack([entailed, rest, rest], axis=1).astype(np.float32)

    def _terms_of(self, hypothesis: str) -> tuple[str, ...]:
        if hypothesis in self._terms:
            return self._terms[hypothesis]
        sides = (terms for pattern, terms in self._stance if pattern.fullmatch(hypothesis))
        return next(sides, None) or _normal(_content_words(hypothesis))


def _normal(terms: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_words(term) for term in terms))
