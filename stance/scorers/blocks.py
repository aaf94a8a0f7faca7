"""Packed sequences → the inputs of the graph that never scores one hypothesis against another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from stance.scorers.packing import Inputs, Packed


def arrange(batch: Sequence[Packed], *, answers: int = 1) -> Inputs:
    """Return the tokens of a batch in one row each, and where the graph finds them.

    ``premises`` (sequence, n) and ``hypotheses`` (sequence, answer, slot) hold the rows of the
    tokens, -1 where there is none; ``read_out`` (sequence, answer) those at which an answer is
    read. ``places`` holds, for every row, its place among the contexts of all premise places
    followed by those of all hypothesis places. There is room for ``answers`` at least.
    """
    lengths = [np.diff(sequence.block.ends, prepend=-1) for sequence in batch]
    sizes = len(batch), max(answers, *map(len, lengths)), max(int(own.max()) for own in lengths)
    premises = np.full((len(batch), max(len(s.premise) for s in batch)), -1, dtype=np.int64)
    hypotheses = np.full(sizes, -1, dtype=np.int64)
    read_out = np.zeros(sizes[:2], dtype=np.int64)
    row = 0
    for index, sequence in enumerate(batch):
        block, start = sequence.block, row + len(sequence.premise)
        premises[index, : len(sequence.premise)] = np.arange(row, start)
        row = start + len(block.ids)
        hypotheses[index, block.segments - 1, block.positions] = np.arange(start, row)
        read_out[index, : len(block.ends)] = start + block.ends
    return {
        **_tokens(batch),
        "premises": premises,
        "hypotheses": hypotheses,
        "places": _places(np.concatenate([premises.ravel(), hypotheses.ravel()]), row),
        "read_out": read_out,
    }


def _tokens(batch: Sequence[Packed]) -> dict[str, Int64[np.ndarray, " token"]]:
    parts = (
        [(s.premise, np.zeros_like(s.premise), np.arange(len(s.premise))) for s in batch],
        [
            (s.block.ids, np.ones_like(s.block.ids), s.block.positions + len(s.premise))
            for s in batch
        ],
    )
    names = ("input_ids", "type_ids", "position_ids")
    in_order = [part for pair in zip(*parts, strict=True) for part in pair]
    return {
        name: np.concatenate(arrays)
        for name, arrays in zip(names, zip(*in_order, strict=True), strict=True)
    }


def _places(rows: Int64[np.ndarray, " place"], tokens: int) -> Int64[np.ndarray, " token"]:
    present = np.flatnonzero(rows >= 0)
    places = np.empty(tokens, dtype=np.int64)
    places[rows[present]] = present
    return places
