"""Training groups → shuffled batches of tensors for the one-pass network."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import final

import torch
from torch import Tensor

from stance.scorers.packing import Packed, collate


@final
@dataclass(frozen=True, slots=True)
class Batch:
    """What the network takes; ``answered`` (sequence, answer) is false where only padded."""

    input_ids: Tensor
    segment_ids: Tensor
    position_ids: Tensor
    read_out: Tensor
    answered: Tensor

    def to(self, device: str) -> Batch:
        """Return the same on a device."""
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


def to_batch(sequences: Sequence[Packed]) -> Batch:
    """Pad sequences to the longest of them."""
    arrays = {name: torch.from_numpy(array) for name, array in collate(sequences).items()}
    counts = torch.tensor([len(sequence.block.ends) for sequence in sequences])
    answered = torch.arange(arrays["read_out"].shape[1]) < counts[:, None]
    return Batch(**arrays, answered=answered)


def in_order(sequences: Sequence[Packed], *, tokens: int) -> list[list[Packed]]:
    """Return batches of at most ``tokens`` padded tokens each, the shortest sequences first."""
    return _batches(sorted(sequences, key=len), tokens)


def shuffled(sequences: Sequence[Packed], *, tokens: int, seed: int) -> list[list[Packed]]:
    """Return batches of similar length, at most ``tokens`` padded tokens each, in random order."""
    draw = random.Random(seed)
    noisy = sorted(sequences, key=lambda s: len(s) * (1 + 0.1 * draw.random()))
    found = _batches(noisy, tokens)
    draw.shuffle(found)
    return found


def _batches(sequences: Sequence[Packed], tokens: int) -> list[list[Packed]]:
    found: list[list[Packed]] = []
    current: list[Packed] = []
    longest = 0
    for sequence in sequences:
        longest = max(longest, len(sequence))
        if current and longest * (len(current) + 1) > tokens:
            found.append(current)
            current, longest = [], len(sequence)
        current.append(sequence)
    if current:
        found.append(current)
    return found
