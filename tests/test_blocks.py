"""Where the graph of the shipped model finds the tokens of a batch."""

from __future__ import annotations

import numpy as np
import pytest

from stance.records import Question
from stance.scorers.blocks import arrange
from stance.scorers.bundled import MODELS, load_bundled
from stance.scorers.packing import Block, Packed


def packed(premise: list[int], *hypotheses: list[int]) -> Packed:
    lengths = [len(tokens) for tokens in hypotheses]
    block = Block(
        np.array([token for tokens in hypotheses for token in tokens]),
        np.repeat(np.arange(1, len(lengths) + 1), lengths),
        np.concatenate([np.arange(length) for length in lengths]),
        np.cumsum(lengths) - 1,
    )
    return Packed(np.array(premise), block, 0, 0)


def test_tokens_lie_in_one_row_each_and_are_found_there() -> None:
    arrays = arrange([packed([101, 5, 102], [7, 102], [8]), packed([101, 102], [9, 9, 102])])
    listed = {name: array.tolist() for name, array in arrays.items()}
    assert listed == {
        "input_ids": [101, 5, 102, 7, 102, 8, 101, 102, 9, 9, 102],
        "type_ids": [0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1],
        "position_ids": [0, 1, 2, 3, 4, 3, 0, 1, 2, 3, 4],
        "premises": [[0, 1, 2], [6, 7, -1]],
        "hypotheses": [[[3, 4, -1], [5, -1, -1]], [[8, 9, 10], [-1, -1, -1]]],
        "places": [0, 1, 2, 6, 7, 9, 3, 4, 12, 13, 14],
        "read_out": [[4, 5], [10, 0]],
    }


@pytest.mark.parametrize("tokens", [1, 10_000])
def test_unequal_neighbours_change_nothing(tokens: int) -> None:
    scorer = load_bundled(threads=1, tokens=tokens)
    long = "The text says that the envoy was seen at the old bridge before the talks began again."
    questions = [
        Question("Guns fell silent.", ("A truce holds.",)),
        Question("The envoy warned that an attack on the port would be answered.", (long, "War.")),
        Question("Flour came.", ("It is about aid.", long, "It is about a ship.", "Sun.")),
    ]
    for question, rows in zip(questions, scorer.score(questions), strict=True):
        alone = [scorer.score([Question(question.premise, (h,))])[0] for h in question.hypotheses]
        np.testing.assert_allclose(rows, np.concatenate(alone), atol=2e-5)


def test_no_graph_is_large_enough_to_hide_weights() -> None:
    assert (MODELS / "mini" / "model.onnx").stat().st_size < 100_000
