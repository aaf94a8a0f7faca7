"""One contract over every backend."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import THREE, write_tiny

from stance.codebooks import load_codebook
from stance.errors import ConfigError, ScorerError
from stance.model_exports import export_model
from stance.model_exports.examples import of_sentences
from stance.records import Question
from stance.scorers import Scorer, backends, load_scorer
from stance.scorers.bundled import MODELS
from stance.scorers.models import open_model

HYPOTHESES = load_codebook("diplomacy").hypotheses
PREMISES = (
    "Trucks with flour waited at the closed crossing.",
    "The envoy warned that an attack would be answered.",
    "",
    "Both capitals were urged to hold their fire and to go back to the table before winter.",
    "word " * 2_000,
)
CHANGED: dict[str, dict[str, Any]] = {
    "bundled": {"most_premise": 64},
    "bundled_torch": {"most_premise": 64},
    "embedding": {"scale": 10.0},
    "fusion": {"weight": 0.5},
    "lexical": {"step": 1.0},
    "onnx": {"labels": THREE[::-1]},
    "transformers": {"labels": ("neutral", "entailment", "contradiction")},
}


@pytest.fixture(scope="module", params=backends())
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def options(backend: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The options without which a backend cannot be loaded."""
    root = tmp_path_factory.mktemp("models")
    if backend == "transformers":
        return {"model": str(write_tiny(root / "tiny")), "device": "cpu"}
    if backend == "onnx":
        export_model(write_tiny(root / "tiny"), root / "onnx", examples=of_sentences(["A town."]))
        return {"model": root / "onnx"}
    if backend == "fusion":
        return {"models": ("lexical", "embedding:mini")}
    return {"device": "cpu"} if backend == "bundled_torch" else {}


@pytest.fixture(scope="module")
def scorer(backend: str, options: dict[str, Any]) -> Scorer:
    return load_scorer(backend, **options)


def questions() -> list[Question]:
    return [Question(premise, HYPOTHESES) for premise in PREMISES]


def test_shape_type_and_sums(scorer: Scorer) -> None:
    for answer in scorer.score(questions()):
        assert answer.shape == (len(HYPOTHESES), 3)
        assert answer.dtype == np.float32
        np.testing.assert_allclose(np.exp(answer).sum(axis=1), 1, atol=1e-5)


def test_one_pass_equals_single_passes(scorer: Scorer) -> None:
    for question, answer in zip(questions(), scorer.score(questions()), strict=True):
        alone = [scorer.score([Question(question.premise, (h,))])[0][0] for h in HYPOTHESES]
        np.testing.assert_allclose(answer, np.stack(alone), atol=1e-4)


def test_answers_do_not_depend_on_order_or_neighbours(scorer: Scorer) -> None:
    forth = scorer.score(questions())
    back = scorer.score(questions()[::-1])[::-1]
    for left, right in zip(forth, back, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)


def test_nothing_asked_nothing_answered(scorer: Scorer) -> None:
    assert scorer.score([]) == []
    assert scorer.score([Question("A premise.", ())])[0].shape == (0, 3)


def test_an_option_that_can_change_answers_changes_the_fingerprint(
    backend: str, options: dict[str, object], scorer: Scorer
) -> None:
    assert load_scorer(backend, **options).fingerprint == scorer.fingerprint
    changed = load_scorer(backend, **options, **CHANGED[backend])
    assert changed.fingerprint != scorer.fingerprint


def test_a_long_premise_is_cut_at_its_end_and_counted() -> None:
    scorer = load_scorer("bundled")
    assert scorer.truncated(PREMISES) == 1
    long = "The town was calm. " * 600
    one, other = scorer.score([Question(long + end, HYPOTHESES) for end in ("War.", "Peace.")])
    np.testing.assert_array_equal(one, other)


def test_the_batch_size_changes_nothing() -> None:
    small, large = (load_scorer("bundled", tokens=tokens) for tokens in (300, 20_000))
    for left, right in zip(small.score(questions()), large.score(questions()), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)


@pytest.mark.parametrize("name", ["model.onnx", "model.safetensors", "tokenizer.json", "card.md"])
def test_a_wrong_byte_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mini"
    shutil.copytree(MODELS / "mini", folder)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ScorerError, match=rf"{name}: SHA-256 is .* not .* as listed"):
        load_scorer("bundled", model=folder)


def test_the_shipped_files_are_small() -> None:
    assert sum(p.stat().st_size for p in (MODELS / "mini").iterdir()) <= 75e6


def fast() -> Scorer:
    pytest.importorskip("openvino")
    try:
        return load_scorer("bundled", precision="fast", threads=1)
    except ScorerError as error:
        pytest.skip(str(error))


def test_fast_is_near_and_has_another_fingerprint_under_the_same_calibration() -> None:
    quick, exact = fast(), load_scorer("bundled", threads=1)
    assert quick.fingerprint == f"{exact.fingerprint}:bfloat16"
    for left, right in zip(quick.score(questions()), exact.score(questions()), strict=True):
        np.testing.assert_allclose(np.exp(left), np.exp(right), atol=0.05)


def test_fast_depends_on_no_other_sentence_and_hardly_on_another_hypothesis() -> None:
    scorer = fast()
    together = scorer.score(questions())
    for question, rows in zip(questions(), together, strict=True):
        np.testing.assert_array_equal(rows, scorer.score([question])[0])
        alone = [scorer.score([Question(question.premise, (h,))])[0] for h in HYPOTHESES]
        np.testing.assert_allclose(np.exp(rows), np.exp(np.concatenate(alone)), atol=1e-3)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ScorerError, match="precision is 'quick'; it must be exact or fast"):
        load_scorer("bundled", precision="quick")
    with pytest.raises(
        ConfigError, match="--precision fast: the model lexical has no choice of precision"
    ):
        open_model("lexical", load_codebook("diplomacy"), precision="fast")


def test_unknown_backend_and_option() -> None:
    with pytest.raises(ConfigError, match=r"unknown scorer 'lexcal' \(did you mean lexical\?\)"):
        load_scorer("lexcal")
    with pytest.raises(ConfigError, match="the lexical scorer has no option 'thread'"):
        load_scorer("lexical", thread=1)
    with pytest.raises(ConfigError, match="the transformers scorer needs the option 'model'"):
        load_scorer("transformers")
