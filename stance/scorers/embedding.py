"""Sentence and hypothesis encoded apart: their cosine as log-odds. A baseline, and for fusion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeAlias, final

import numpy as np
from jaxtyping import Float64

from stance.errors import ScorerError
from stance.records import LogProbs, Question
from stance.scorers.placement import ON_CPU

SCALE, CENTRE = 20.0, 0.5
"""``log-odds = SCALE * (cosine - CENTRE)``.

20 is the inverse temperature at which sentence-transformers trains with in-batch negatives (Reimers
& Gurevych 2019); 0.5 is a convention. Both are fixed: a calibration fits slope and intercept."""

_MOST_KNOWN = 4_096
"""Hypotheses whose embeddings are kept for the next question."""

Encode: TypeAlias = Callable[[Sequence[str]], Float64[np.ndarray, "text width"]]
"""Texts → embeddings of length 1."""


@final
class Encoder:
    """Encodes texts; ``name`` changes whenever a text could get another embedding."""

    def __init__(
        self, encode: Encode, truncated: Callable[[Sequence[str]], int], name: str
    ) -> None:
        self.encode, self.truncated, self.name = encode, truncated, name


def load_embedding(
    *, model: str | Path = "mini", threads: int = 0, scale: float = SCALE, centre: float = CENTRE
) -> EmbeddingScorer:
    """Load a scorer that compares embeddings, mean-pooled and of length 1.

    ``mini``, or a folder in its format, is encoded by numpy alone; any other folder or
    ``ORG/NAME[@REVISION]`` by transformers (extra hf).

    Args:
        model: The encoder.
        threads: Threads of torch for the time of a call; numpy minds those of its own library.
        scale: What a difference of 1 in cosine is in natural-log odds.
        centre: The cosine at which the log-odds are 0.

    Raises:
        ScorerError: The encoder cannot be loaded, or an option is out of range.
        MissingExtraError: It needs transformers, which is not installed.
    """
    if not scale > 0:
        raise ScorerError(f"scale is {scale}; it must be above 0")
    return EmbeddingScorer(open_encoder(model, threads=threads), scale, centre)


def open_encoder(model: str | Path = "mini", *, threads: int = 0) -> Encoder:
    """Open an encoder of texts; its embeddings are mean-pooled and of length 1.

    Args:
        model: As in `load_embedding`.
        threads: Threads of torch for the time of a call.

    Raises:
        ScorerError: The encoder cannot be loaded.
        MissingExtraError: It needs transformers, which is not installed.
    """
    if str(model) == "mini" or (Path(model) / "shape.json").is_file():
        from stance.scorers.embedding_shipped import open_shipped

        return open_shipped(model)
    other = import_module("stance.scorers.embedding_transformers")
    found: Encoder = other.open_encoder(str(model), threads=threads)
    return found


@final
class EmbeddingScorer:
    """Log-odds of entailment grow with the cosine of premise and hypothesis."""

    has_contradiction = False
    placement = ON_CPU

    def __init__(self, encoder: Encoder, scale: float, centre: float) -> None:
        self._encoder, self._scale, self._centre = encoder, scale, centre
        self._known: dict[str, np.ndarray] = {}
        self.fingerprint = f"embedding:{encoder.name}:scale={scale}:centre={centre}"

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return natural-log probabilities, float32 (hypothesis, 3), one array a question."""
        premises = self._encoder.encode([question.premise for question in questions])
        return [
            self._answer(premise, question.hypotheses)
            for premise, question in zip(premises, questions, strict=True)
        ]

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many premises are longer than what the encoder reads."""
        return self._encoder.truncated(premises)

    def _answer(self, premise: np.ndarray, hypotheses: tuple[str, ...]) -> LogProbs:
        if not hypotheses:
            return np.empty((0, 3), dtype=np.float32)
        odds = self._scale * (self._embedded(hypotheses) @ premise - self._centre)
        rest = -np.logaddexp(0, odds) - np.log(2)
        return np.stack([-np.logaddexp(0, -odds), rest, rest], axis=1).astype(np.float32)

    def _embedded(self, hypotheses: tuple[str, ...]) -> np.ndarray:
        if len(self._known) > _MOST_KNOWN:
            self._known = {}
        new = [text for text in dict.fromkeys(hypotheses) if text not in self._known]
        self._known.update(zip(new, self._encoder.encode(new) if new else (), strict=True))
        return np.stack([self._known[text] for text in hypotheses])


def unit(rows: Float64[np.ndarray, "text width"]) -> Float64[np.ndarray, "text width"]:
    """Return the rows scaled to length 1."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: np.ndarray = rows / np.maximum(lengths, 1e-12)
    return scaled
