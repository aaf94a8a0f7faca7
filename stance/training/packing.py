"""Premises and hypotheses → padded token batches for the one-pass network."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import torch
from tokenizers import Tokenizer
from torch import Tensor

MOST_PREMISE, MOST_HYPOTHESIS = 384, 126
"""Most tokens kept of a premise and of a hypothesis, markers included; together below the 512 positions of BERT."""


@final
@dataclass(frozen=True, slots=True)
class Packed:
    """One sequence: a premise and its hypotheses as token ids, markers included."""

    premise: tuple[int, ...]
    hypotheses: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.premise) + sum(map(len, self.hypotheses))


@final
@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors that the network takes; ``rows`` says which of the given sequences it holds, in order."""

    input_ids: Tensor
    segment_ids: Tensor
    position_ids: Tensor
    read_out: Tensor
    rows: tuple[int, ...]


class Packer:
    """Encodes texts with the markers of BERT; every distinct text is encoded once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._start, self._end = (tokenizer.token_to_id(t) for t in ("[CLS]", "[SEP]"))
        self._known: dict[str, list[int]] = {}

    def pack(self, premises: Sequence[str], hypotheses: Sequence[Sequence[str]]) -> list[Packed]:
        """Return one sequence a premise; texts beyond the limits lose their end."""
        texts = {*premises, *(h for hs in hypotheses for h in hs)} - self._known.keys()
        encodings = self._tokenizer.encode_batch(sorted(texts), add_special_tokens=False)
        self._known.update((text, e.ids) for text, e in zip(sorted(texts), encodings, strict=True))
        return [
            Packed(
                (self._start, *self._known[premise][: MOST_PREMISE - 2], self._end),
                tuple((*self._known[h][: MOST_HYPOTHESIS - 1], self._end) for h in hs),
            )
            for premise, hs in zip(premises, hypotheses, strict=True)
        ]


def collate(sequences: Sequence[Packed], rows: Sequence[int]) -> Batch:
    """Pad the named sequences to the longest of them."""
    length = max(len(sequences[row]) for row in rows)
    shape = (len(rows), length)
    ids, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    segments = torch.full(shape, -1, dtype=torch.long)
    read_out: list[int] = []
    for place, row in enumerate(rows):
        start, packed = 0, sequences[row]
        for segment, part in enumerate((packed.premise, *packed.hypotheses)):
            stop = start + len(part)
            first = 0 if segment == 0 else len(packed.premise)
            ids[place, start:stop] = torch.tensor(part)
            positions[place, start:stop] = torch.arange(first, first + len(part))
            segments[place, start:stop] = segment
            if segment:
                read_out.append(place * length + stop - 1)
            start = stop
    return Batch(ids, segments, positions, torch.tensor(read_out), tuple(rows))


def bucket(
    sequences: Sequence[Packed], *, tokens: int, shuffle: random.Random | None = None
) -> Iterator[tuple[int, ...]]:
    """Yield rows of similar length, at most ``tokens`` padded tokens together, longest first or in random order."""
    noise = shuffle.random if shuffle else lambda: 0.0
    order = sorted(range(len(sequences)), key=lambda row: -len(sequences[row]) * (1 + 0.1 * noise()))
    batches: list[tuple[int, ...]] = []
    current: list[int] = []
    longest = 0
    for row in order:
        longest = max(longest, len(sequences[row]))
        if current and longest * (len(current) + 1) > tokens:
            batches.append(tuple(current))
            current, longest = [], len(sequences[row])
        current.append(row)
    if current:
        batches.append(tuple(current))
    if shuffle:
        shuffle.shuffle(batches)
    yield from batches
