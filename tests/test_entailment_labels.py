"""Which column of a classifier means entailment."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.special import log_softmax

from stance.errors import ScorerError
from stance.scorers.entailment_labels import EntailmentColumns, entailment_columns

THREE = ("entailment", "neutral", "contradiction")


@pytest.mark.parametrize("order", list(permutations(THREE)))
def test_three_classes_in_any_order_and_capitals(order: tuple[str, ...]) -> None:
    found = entailment_columns({str(k): n.upper() for k, n in enumerate(order)}, place="m")
    assert found == EntailmentColumns(*(order.index(name) for name in THREE))
    logits = np.array([[2.0, 0.5, -1.0], [0.0, 1.0, 900.0]])
    expected = log_softmax(logits, axis=1)[:, [order.index(name) for name in THREE]]
    np.testing.assert_allclose(found.log_probs(logits), expected, rtol=1e-6)


@pytest.mark.parametrize("other", ["not_entailment", "Not-Entailment", "NON ENTAILMENT"])
def test_two_classes_share_the_rest(other: str) -> None:
    found = entailment_columns({0: other, 1: "Entailment"}, place="m")
    assert found == EntailmentColumns(1, rest=0)
    assert not found.has_contradiction
    answer = np.exp(found.log_probs(np.array([[0.0, np.log(3.0)]])))
    np.testing.assert_allclose(answer, [[0.75, 0.125, 0.125]], rtol=1e-6)


def test_labels_override_names_that_say_nothing() -> None:
    found = entailment_columns({0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}, THREE[::-1], place="m")
    assert found == EntailmentColumns(2, 1, 0)


@pytest.mark.parametrize(
    ("id2label", "labels", "message"),
    [
        ({0: "LABEL_0"}, None, "^m: has one output, a regression head"),
        (
            {0: "LABEL_0", 1: "LABEL_1"},
            None,
            "^m: its labels are LABEL_0, LABEL_1, which is not .* set labels to",
        ),
        ({0: "entailment", 1: "Entailment"}, None, "its labels are entailment, Entailment"),
        ({0: "entailment", 1: "neutral"}, None, "its labels are entailment, neutral"),
        ({0: "entailment", 2: "neutral"}, None, "id2label must map 0, 1, … to the names"),
        ({0: "a", 1: "b"}, ("entailment",), r"labels names 1 columns \(entailment\), but .* 2 \(a"),
        ({0: "a", 1: "b"}, ("yes", "no"), "labels says yes, no, which is not"),
    ],
)
def test_what_cannot_be_matched_is_refused(
    id2label: dict[int, str], labels: tuple[str, ...] | None, message: str
) -> None:
    with pytest.raises(ScorerError, match=message):
        entailment_columns(id2label, labels, place="m")
