"""Questions → padded token arrays for a cross-encoder, which reads every pair by itself."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Int64
from tokenizers import Tokenizer

from stance.errors import ScorerError
from stance.records import Question
from stance.scorers.room import Room

PairInputs: TypeAlias = dict[str, Int64[np.ndarray, "pair token"]]

MOST = 512
"""Tokens that are read of a pair, markers included, where a model does not say."""
NO_LIMIT = 100_000
"""More than that is how tokenizers say that they have no limit."""
_LEAST = 16
_ROBERTAS = {"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl"}


@final
@dataclass(frozen=True, slots=True)
class Pair:
    """The tokens of a premise with one hypothesis; ``question`` and ``row`` say whose answer."""

    ids: list[int]
    types: list[int]
    question: int
    row: int

    def __len__(self) -> int:
        return len(self.ids)


@final
class PairEncoder:
    """Encodes pairs as the tokenizer's own post-processor does; every text is encoded once.

    Of a pair that is too long the premise loses its end; a hypothesis is never cut.
    """

    def __init__(self, tokenizer: Tokenizer, *, most: int, pad: int = 0) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(most, strategy="only_first")
        self._tokenizer, self._pad = tokenizer, pad
        markers = tokenizer.num_special_tokens_to_add(is_pair=True)
        self.room = Room(most - markers, lambda text: len(self._encode([text])[0].ids))

    def pairs(self, questions: Sequence[Question]) -> list[Pair]:
        """Return the pairs of all questions, in order.

        Raises:
            ScorerError: A hypothesis leaves no room for a premise.
        """
        hypotheses = dict.fromkeys(h for question in questions for h in question.hypotheses)
        self.room.beside(hypotheses)
        asked = dict(zip(hypotheses, self._encode([*hypotheses]), strict=True))
        premises = self._encode([question.premise for question in questions])
        found = []
        for k, (question, premise) in enumerate(zip(questions, premises, strict=True)):
            for row, hypothesis in enumerate(question.hypotheses):
                both = self._tokenizer.post_process(premise, asked[hypothesis])
                found.append(Pair(both.ids, both.type_ids, k, row))
        return found

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many premises lose their end beside the longest hypothesis asked so far."""
        return sum(len(encoding.ids) > self.room.least for encoding in self._encode([*premises]))

    def _encode(self, texts: list[str]) -> list[Any]:
        encodings: list[Any] = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return encodings

    def collate(self, batch: Sequence[Pair]) -> PairInputs:
        """Return ids, mask and token types of a batch, padded at the end and masked."""
        longest = max(map(len, batch))
        ids = np.full((len(batch), longest), self._pad, dtype=np.int64)
        mask, types = (np.zeros((len(batch), longest), dtype=np.int64) for _ in range(2))
        for row, pair in enumerate(batch):
            n = len(pair)
            ids[row, :n], mask[row, :n], types[row, :n] = pair.ids, 1, pair.types
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


def pair_batches(pairs: Sequence[Pair], tokens: int) -> Iterator[list[Pair]]:
    """Yield batches of similar length, longest first, of at most ``tokens`` padded tokens."""
    current: list[Pair] = []
    for pair in sorted(pairs, key=len, reverse=True):
        if current and len(current[0]) * (len(current) + 1) > tokens:
            yield current
            current = []
        current.append(pair)
    if current:
        yield current


def most_tokens(folder: Path, config: dict[str, Any]) -> int:
    """Return how many tokens a model in a folder reads of a pair, markers included.

    That is what its tokenizer says, or its positions if those are fewer, or `MOST` if neither
    says. Models of the RoBERTa family count positions from the padding token's number plus one.

    Args:
        folder: Where its tokenizer is.
        config: Its ``config.json``.

    Raises:
        ScorerError: It reads too few for a pair, or a file cannot be read.
    """
    limits = [_most_of_tokenizer(folder / "tokenizer_config.json")]
    if config.get("max_position_embeddings"):
        roberta = config.get("model_type") in _ROBERTAS
        first = config.get("pad_token_id", 1) + 1 if roberta else 0
        limits.append(config["max_position_embeddings"] - first)
    least = min(limits)
    if least < _LEAST:
        raise ScorerError(
            f"{folder}: reads {least} tokens (max_position_embeddings, model_max_length), too few "
            "for a pair of texts"
        )
    return MOST if least > NO_LIMIT else int(least)


def _most_of_tokenizer(path: Path) -> float:
    if not path.is_file():
        return math.inf
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return float(said.get("model_max_length") or math.inf)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ScorerError(f"{path}: cannot be read ({error}); save the tokenizer again") from error
