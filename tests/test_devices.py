"""The shipped model on torch, devices and dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from stance.codebooks import load_codebook
from stance.errors import ConfigError, ScorerError
from stance.records import Question
from stance.scorers import Scorer, load_scorer
from stance.scorers.devices import choose_device, choose_dtype
from stance.scorers.models import open_model
from stance.scorers.placement import Budget, Placement, placement_of

BOOK = load_codebook("diplomacy")
PREMISES = (
    "Trucks with flour waited at the closed crossing.",
    "The envoy warned that an attack would be answered.",
    "",
    "Both capitals were urged to hold their fire and to go back to the table before winter. " * 3,
)
QUESTIONS = [
    *(Question(premise, BOOK.hypotheses) for premise in PREMISES),
    Question("Aid.", BOOK.hypotheses[:1]),
]
no_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")


def probabilities(scorer: Scorer) -> np.ndarray:
    return np.exp(np.concatenate(scorer.score(QUESTIONS)).astype(np.float64))


def test_mini_on_torch_gives_what_mini_on_onnxruntime_gives() -> None:
    onnx, packed = load_scorer("bundled"), load_scorer("bundled_torch", device="cpu")
    np.testing.assert_allclose(probabilities(packed), probabilities(onnx), rtol=0, atol=1e-5)
    assert packed.fingerprint == onnx.fingerprint
    assert (placement_of(onnx), placement_of(packed)) == (Placement("cpu", "float32"),) * 2


def test_mini_in_bfloat16_is_near_and_has_a_fingerprint_of_its_own() -> None:
    half = open_model("mini", BOOK, device="cpu", dtype="bfloat16")
    full = load_scorer("bundled")
    assert placement_of(half) == Placement("cpu", "bfloat16")
    assert half.fingerprint == full.fingerprint + ":bfloat16:cpu"
    assert 0 < np.abs(probabilities(half) - probabilities(full)).max() < 0.1


@no_cuda
def test_mini_on_a_cpu_stays_on_onnxruntime() -> None:
    for device in ("auto", "cpu"):
        scorer: Any = open_model("mini", BOOK, device=device, dtype="float32")
        assert scorer._run.__module__ == "stance.scorers.bundled"
    fallen_back: Any = load_scorer("bundled_torch", device="auto")
    if not torch.backends.mps.is_available():
        assert fallen_back._run.__module__ == "stance.scorers.bundled"


@no_cuda
@pytest.mark.parametrize("model", ["mini", "no/such"])
def test_cuda_asked_for_and_absent(model: str) -> None:
    with pytest.raises(ConfigError, match=r"--device cuda: torch .* finds no such device on this"):
        open_model(model, BOOK, device="cuda")


def test_unknown_device_and_dtype_and_a_model_without_a_choice() -> None:
    with pytest.raises(ConfigError, match="--device gpu: name one of auto, cpu, cuda, mps"):
        choose_device("gpu")
    with pytest.raises(ConfigError, match="--dtype half: name one of auto, float32, bfloat16"):
        choose_dtype("half")
    with pytest.raises(ConfigError, match="--device cuda: the model lexical has no choice of dev"):
        open_model("lexical", BOOK, device="cuda")
    with pytest.raises(ConfigError, match="--labels a,b: the model mini has no choice of labels"):
        open_model("mini", BOOK, labels=("a", "b"))
    assert open_model("lexical", BOOK, device="cpu", dtype="float32", threads=1)


def test_a_batch_is_halved_until_it_fits_and_later_ones_are_as_small() -> None:
    sizes = []

    def compute(batch: Any) -> int:
        if sum(map(len, batch)) > 12:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        sizes.append(len(batch))
        return sum(map(len, batch))

    budget = Budget(100, (torch.OutOfMemoryError,))
    done = list(budget.run(["aaaa"] * 9 + ["bb"] * 5, len, compute))
    assert [item for batch, _ in done for item in batch] == ["aaaa"] * 9 + ["bb"] * 5
    assert (budget.halved, budget.tokens, sizes) == (2, 12, [3, 3, 3, 5])
    with pytest.raises(ScorerError, match="there is no memory for one sequence of 13 tokens"):
        list(budget.run(["a" * 13], len, compute))


def test_the_halved_batches_of_mini_give_the_same_and_are_told() -> None:
    scorer: Any = load_scorer("bundled_torch", device="cpu", tokens=100_000)
    right, run = probabilities(scorer), scorer._run

    def small(inputs: Any) -> Any:
        if inputs["input_ids"].size > 400:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return run(inputs)

    scorer._run = small
    np.testing.assert_allclose(probabilities(scorer), right, rtol=0, atol=1e-5)
    assert scorer.placement.halved > 0
