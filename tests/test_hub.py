"""The transformers scorer on tiny checkpoints, against the zero-shot pipeline number by number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import KINDS, THREE, tiny_config, write_tiny
from transformers import DebertaV2ForSequenceClassification, pipeline
from transformers.utils import logging

from stance.records import Question
from stance.scorers import Scorer, load_scorer
from stance.scorers.deberta import packed_deberta

ORDERS: dict[str, tuple[str, ...]] = {
    "named": ("entailment", "neutral", "contradiction"),
    "turned": ("CONTRADICTION", "Entailment", "NEUTRAL"),
    "two": ("Not_Entailment", "ENTAILMENT"),
    "two-turned": ("entailment", "not_entailment"),
}
HYPOTHESES = ("The text raises peace.", "This is about the use of force.", "It is a threat.")
PREMISES = (
    "Trucks with flour were at the closed crossing.",
    "The minister said that any attack on the town was a threat to peace, and asked both to stop.",
    "",
    "Peace?",
)
LONG = "the envoy asked the minister and the people of the town to hold their fire . " * 24
QUESTIONS = [Question(premise, HYPOTHESES) for premise in (*PREMISES, LONG)]


@pytest.fixture(scope="module", params=KINDS)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    for name, labels in ORDERS.items():
        write_tiny(folder / name, request.param, labels)
    return folder


def probabilities(scorer: Scorer, questions: list[Question]) -> np.ndarray:
    return np.exp(np.stack(scorer.score(questions)).astype(np.float64))


def piped(folder: Path, questions: list[Question]) -> np.ndarray:
    logging.set_verbosity_error()
    ask: Any = pipeline("zero-shot-classification", model=str(folder), device="cpu")
    found = []
    for question in questions:
        said = ask(
            question.premise or " ",
            list(question.hypotheses),
            hypothesis_template="{}",
            multi_label=True,
        )
        scores = dict(zip(said["labels"], said["scores"], strict=True))
        found.append([scores[hypothesis] for hypothesis in question.hypotheses])
    return np.array(found)


@pytest.mark.parametrize("order", ORDERS)
def test_equals_the_pipeline_number_by_number(family: Path, order: str) -> None:
    scorer = load_scorer("transformers", model=str(family / order), device="cpu")
    p = probabilities(scorer, QUESTIONS)
    labels = [label.lower() for label in ORDERS[order]]
    rival = labels[-1 if labels[0] == "entailment" else 0]
    other = 2 * p[..., 1] if rival == "not_entailment" else p[..., THREE.index(rival)]
    np.testing.assert_allclose(
        p[..., 0] / (p[..., 0] + other), piped(family / order, QUESTIONS), rtol=0, atol=1e-5
    )
    assert p[..., 0].std() > 0.01


def test_the_columns_follow_the_names_where_the_pipeline_takes_the_first(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "turned", "bert", ("neutral", "entailment", "contradiction"))
    p = probabilities(load_scorer("transformers", model=str(folder)), QUESTIONS)
    against_neutral = p[..., 0] / (p[..., 0] + p[..., 1])
    against_contradiction = p[..., 0] / (p[..., 0] + p[..., 2])
    found = piped(folder, QUESTIONS)
    np.testing.assert_allclose(found, against_neutral, rtol=0, atol=1e-5)
    assert np.abs(found - against_contradiction).max() > 0.1


def test_unnamed_columns_are_told_where_the_pipeline_takes_the_last(tmp_path: Path) -> None:
    write_tiny(tmp_path / "named", "bert", THREE)
    write_tiny(tmp_path / "unnamed", "bert", ("LABEL_0", "LABEL_1", "LABEL_2"))
    named = load_scorer("transformers", model=str(tmp_path / "named"))
    told = load_scorer("transformers", model=str(tmp_path / "unnamed"), labels=THREE)
    right = probabilities(named, QUESTIONS)
    np.testing.assert_array_equal(probabilities(told, QUESTIONS), right)
    guessed = piped(tmp_path / "unnamed", QUESTIONS)
    np.testing.assert_allclose(
        guessed, right[..., 2] / (right[..., 0] + right[..., 2]), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("order", ["two", "two-turned"])
def test_two_classes_share_the_rest(family: Path, order: str) -> None:
    scorer = load_scorer("transformers", model=str(family / order))
    assert not scorer.has_contradiction
    p = probabilities(scorer, QUESTIONS)
    np.testing.assert_array_equal(p[..., 1], p[..., 2])
    np.testing.assert_allclose(p.sum(-1), 1, atol=1e-6)


def test_neighbours_and_batches_change_nothing(family: Path) -> None:
    scorer = load_scorer("transformers", model=str(family / "turned"))
    together = probabilities(scorer, QUESTIONS)
    alone = [
        [probabilities(scorer, [Question(q.premise, (h,))])[0, 0] for h in q.hypotheses]
        for q in QUESTIONS
    ]
    np.testing.assert_allclose(together, np.array(alone), rtol=0, atol=2e-6)
    back = probabilities(scorer, QUESTIONS[::-1])[::-1]
    np.testing.assert_allclose(together, back, rtol=0, atol=2e-6)
    for tokens in (1, 100, 100_000):
        other = load_scorer("transformers", model=str(family / "turned"), tokens=tokens)
        np.testing.assert_allclose(together, probabilities(other, QUESTIONS), rtol=0, atol=2e-6)


def test_only_the_premise_is_cut_and_counted(family: Path) -> None:
    scorer = load_scorer("transformers", model=str(family / "named"))
    assert scorer.truncated([]) == 0
    one, other = (Question(LONG + end, HYPOTHESES) for end in ("War.", "Peace."))
    np.testing.assert_allclose(*scorer.score([one, other]), rtol=0, atol=2e-6)
    assert scorer.truncated([*PREMISES, LONG]) == 1


def test_dtype_and_columns_are_in_the_fingerprint_and_the_device_where_it_counts(
    tmp_path: Path,
) -> None:
    folder = str(write_tiny(tmp_path / "m", "bert", THREE))
    same = load_scorer("transformers", model=folder, device="cpu", dtype="float32")
    assert same.fingerprint == load_scorer("transformers", model=folder).fingerprint
    half = load_scorer("transformers", model=folder, device="cpu", dtype="bfloat16")
    assert half.fingerprint == same.fingerprint + ":bfloat16:cpu"
    turned = load_scorer("transformers", model=folder, labels=THREE[::-1])
    assert turned.fingerprint == same.fingerprint.replace("columns=012", "columns=210")
    gap = probabilities(half, QUESTIONS) - probabilities(same, QUESTIONS)
    assert 0 < np.abs(gap).max() < 0.1
    other = write_tiny(tmp_path / "n", "bert", THREE, seed=1)
    assert load_scorer("transformers", model=str(other)).fingerprint != same.fingerprint


def test_when_memory_ends_the_batch_is_halved_and_the_run_goes_on(tmp_path: Path) -> None:
    folder = str(write_tiny(tmp_path / "m", "bert", THREE))
    right = probabilities(load_scorer("transformers", model=folder), QUESTIONS)
    scorer = load_scorer("transformers", model=folder, tokens=100_000)
    network: Any = scorer._network  # type: ignore[attr-defined]

    def small(*_: Any, **inputs: Any) -> None:
        if inputs["input_ids"].numel() > 800:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    hook = network.register_forward_pre_hook(lambda *a: small(**a[2]), with_kwargs=True)
    np.testing.assert_allclose(probabilities(scorer, QUESTIONS), right, rtol=0, atol=2e-6)
    assert scorer.placement.halved == 2  # type: ignore[attr-defined]
    hook.remove()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"share_att_key": False},
        {"num_hidden_layers": 1},
        {"position_buckets": -1, "max_relative_positions": 20},
        {"embedding_size": 24},
    ],
)
def test_the_packed_form_of_deberta_gives_the_logits_of_the_network(change: dict[str, Any]) -> None:
    config: Any = tiny_config("deberta-v2", THREE)
    config.update(change)
    torch.manual_seed(1)
    network = DebertaV2ForSequenceClassification(config).eval()
    packed = packed_deberta(network)
    assert packed is not None
    rows = [[2, *range(5, 5 + n), 3] for n in (30, 30, 17, 1)]
    padded = torch.tensor([row + [0] * (32 - len(row)) for row in rows])
    with torch.inference_mode():
        right = network(padded, attention_mask=(padded > 0).long()).logits
        found = packed.logits(rows, torch.device("cpu"))
        even = packed.logits(rows[:2], torch.device("cpu"))
    torch.testing.assert_close(found, right, rtol=0, atol=1e-4)
    torch.testing.assert_close(even, right[:2], rtol=0, atol=1e-4)


def test_unusual_makes_of_deberta_go_through_transformers() -> None:
    for change in ({"pos_att_type": ["c2p"]}, {"type_vocab_size": 2}, {"conv_kernel_size": 3}):
        config: Any = tiny_config("deberta-v2", THREE)
        config.update(change)
        assert packed_deberta(DebertaV2ForSequenceClassification(config)) is None
