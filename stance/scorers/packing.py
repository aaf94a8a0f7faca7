"""Questions → padded token arrays for a one-pass model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias, final

import numpy as np
from jaxtyping import Int64
from tokenizers import Tokenizer

from stance.errors import ScorerError

Ids: TypeAlias = Int64[np.ndarray, " token"]
Inputs: TypeAlias = dict[str, Int64[np.ndarray, "..."]]

MOST_BLOCK = 512
"""Hypothesis tokens in one sequence: more of them are asked in several sequences."""


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """Most tokens that are read of a premise and of a hypothesis, markers included.

    They are fixed, so that where a text is cut never depends on the other text.
    """

    premise: int = 384
    hypothesis: int = 126


@final
@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Hypotheses asked in one sequence: tokens, segments from 1, positions from 0, last tokens."""

    ids: Ids
    segments: Ids
    positions: Ids
    ends: Ids


@final
@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A premise with one block; ``question`` and ``first`` say whose answers these are."""

    premise: Ids
    block: Block
    question: int
    first: int

    def __len__(self) -> int:
        return len(self.premise) + len(self.block.ids)


@final
class Packer:
    """Encodes texts with the markers of BERT; the hypotheses of a codebook are encoded once."""

    def __init__(self, tokenizer: Tokenizer, limits: Limits) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer, self._limits = tokenizer, limits
        self._start, self._end = (_marker(tokenizer, name) for name in ("[CLS]", "[SEP]"))
        self._blocks: dict[tuple[str, ...], tuple[Block, ...]] = {}

    def sequences(
        self, premises: Sequence[str], hypotheses: Sequence[tuple[str, ...]]
    ) -> list[Packed]:
        """Return the sequences that ask all hypotheses of every premise."""
        found: list[Packed] = []
        parts = self._parts(hypotheses)
        for question, ids in enumerate(self.encode(premises)):
            kept = ids[: self._limits.premise - 2]
            premise = np.array([self._start, *kept, self._end], dtype=np.int64)
            first = 0
            for block in self._blocks_of(hypotheses[question], parts):
                found.append(Packed(premise, block, question, first))
                first += len(block.ends)
        return found

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of every text, without markers, uncut."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many premises are longer than what is read of them."""
        return sum(len(ids) > self._limits.premise - 2 for ids in self.encode(premises))

    def _parts(self, hypotheses: Sequence[tuple[str, ...]]) -> dict[str, list[int]]:
        """Return the tokens of every hypothesis with its end, each encoded once."""
        asked = dict.fromkeys(hypotheses)
        if asked.keys() <= self._blocks.keys():
            return {}
        texts = list(dict.fromkeys(chain.from_iterable(asked)))
        most = self._limits.hypothesis - 1
        encoded = zip(texts, self.encode(texts), strict=True)
        return {text: [*ids[:most], self._end] for text, ids in encoded}

    def _blocks_of(
        self, hypotheses: tuple[str, ...], parts: dict[str, list[int]]
    ) -> tuple[Block, ...]:
        if hypotheses not in self._blocks:
            blocks = _built([parts[text] for text in hypotheses])
            self._blocks = {hypotheses: tuple(blocks)}
        return self._blocks[hypotheses]


def _built(parts: Iterable[list[int]]) -> Iterator[Block]:
    pending: list[list[int]] = []
    for part in parts:
        if pending and sum(map(len, pending)) + len(part) > MOST_BLOCK:
            yield _block(pending)
            pending = []
        pending.append(part)
    if pending:
        yield _block(pending)


def _marker(tokenizer: Tokenizer, name: str) -> int:
    marker: int | None = tokenizer.token_to_id(name)
    if marker is None:
        raise ScorerError(f"the tokenizer has no {name} token; a one-pass model needs one")
    return marker


def _block(parts: Sequence[Sequence[int]]) -> Block:
    lengths = [len(part) for part in parts]
    return Block(
        np.concatenate([np.array(part, dtype=np.int64) for part in parts]),
        np.repeat(np.arange(1, len(parts) + 1), lengths),
        np.concatenate([np.arange(length) for length in lengths]),
        np.cumsum(lengths) - 1,
    )


def collate(batch: Sequence[Packed]) -> Inputs:
    """Return the inputs of the graph: ids, segments (-1 is padding), positions, places to read."""
    longest = max(map(len, batch))
    answers = max(len(sequence.block.ends) for sequence in batch)
    ids, positions = (np.zeros((len(batch), longest), dtype=np.int64) for _ in range(2))
    segments = np.full((len(batch), longest), -1, dtype=np.int64)
    read_out = np.zeros((len(batch), answers), dtype=np.int64)
    for row, sequence in enumerate(batch):
        block, start, stop = sequence.block, len(sequence.premise), len(sequence)
        ids[row, :start], ids[row, start:stop] = sequence.premise, block.ids
        segments[row, :start], segments[row, start:stop] = 0, block.segments
        positions[row, :start], positions[row, start:stop] = (
            np.arange(start),
            block.positions + start,
        )
        read_out[row, : len(block.ends)] = block.ends + start
    return {
        "input_ids": ids,
        "segment_ids": segments,
        "position_ids": positions,
        "read_out": read_out,
    }
