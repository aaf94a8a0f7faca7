"""Questions → padded token arrays for a cross-encoder, which reads every pair by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from jaxtyping import Int64
from tokenizers import Tokenizer

from stance.errors import ScorerError
from stance.records import Question

PairInputs: TypeAlias = dict[str, Int64[np.ndarray, "pair token"]]

MOST = 512
"""Most tokens that are read of a pair, markers included."""


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

    A quarter of what the model reads is kept for the hypothesis, the rest for the premise, so that
    where a text is cut never depends on the other text.
    """

    def __init__(self, tokenizer: Tokenizer, *, most: int = MOST, pad: int = 0) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer, self._pad = tokenizer, pad
        self.most_hypothesis = most // 4
        markers = tokenizer.num_special_tokens_to_add(is_pair=True)
        self.most_premise = most - markers - self.most_hypothesis

    def pairs(self, questions: Sequence[Question]) -> list[Pair]:
        """Return the pairs of all questions, in order."""
        hypotheses = dict.fromkeys(h for question in questions for h in question.hypotheses)
        asked = dict(
            zip(hypotheses, self._encode([*hypotheses], self.most_hypothesis), strict=True)
        )
        premises = self._encode([question.premise for question in questions], self.most_premise)
        found = []
        for k, (question, premise) in enumerate(zip(questions, premises, strict=True)):
            for row, hypothesis in enumerate(question.hypotheses):
                both = self._tokenizer.post_process(premise, asked[hypothesis])
                found.append(Pair(both.ids, both.type_ids, k, row))
        return found

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many premises are longer than what is read of them."""
        encodings = self._tokenizer.encode_batch(list(premises), add_special_tokens=False)
        return sum(len(encoding.ids) > self.most_premise for encoding in encodings)

    def _encode(self, texts: list[str], most: int) -> list[Any]:
        encodings = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        for encoding in encodings:
            encoding.truncate(most)
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


def most_tokens(config: dict[str, Any], place: object) -> int:
    """Return how many tokens a model reads, from its ``config.json``; at most `MOST`.

    Models of the RoBERTa family count positions from the padding token's number plus one.

    Raises:
        ScorerError: It reads too few for a pair.
    """
    positions = config.get("max_position_embeddings", MOST)
    if config.get("model_type") in {"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl"}:
        positions -= config.get("pad_token_id", 1) + 1
    if positions < 16:
        raise ScorerError(f"{place}: max_position_embeddings is too small for a pair of texts")
    return int(min(positions, MOST))
