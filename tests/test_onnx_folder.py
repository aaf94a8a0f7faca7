"""An exported folder on onnxruntime: scores, labels, limits, what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_models import MOST, THREE, TWO, write_tiny

from stance.codebooks import load_codebook
from stance.errors import ScorerError
from stance.model_exports import export_model
from stance.model_exports.examples import of_sentences
from stance.model_exports.precision import convert
from stance.records import Question
from stance.scorers import Scorer, load_scorer
from stance.scorers.cached import cached
from stance.scorers.models import parse_model

HYPOTHESES = load_codebook("diplomacy").hypotheses[:5]
PREMISES = ("Trucks with flour waited at the closed crossing.", "", "no", "word " * 200)
QUESTIONS = [Question(premise, HYPOTHESES) for premise in PREMISES]

FEW = of_sentences(["Flour arrived.", "The envoy warned that an attack would be answered."])
MIXED = ("contradiction", "ENTAILMENT", "Neutral")
CASES = [
    ("bert", MIXED),
    ("deberta-v2", TWO[::-1]),
    ("xlm-roberta", TWO[::-1]),
    ("modernbert", MIXED),
    ("bert", TWO),
]

Exported = Callable[..., Path]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Return the folder of an exported tiny checkpoint; each is exported once."""
    root = tmp_path_factory.mktemp("exported")

    def folder(kind: str = "bert", labels: tuple[str, ...] = MIXED) -> Path:
        name = f"{kind}-{'-'.join(labels)}"
        if not (root / name).is_dir():
            checkpoint = write_tiny(root / f"{name}.hf", kind, labels)
            export_model(checkpoint, root / name, examples=FEW)
        return root / name

    return folder


def by_transformers(folder: Path, question: Question) -> np.ndarray:
    """Return the probabilities in the checkpoint's own order, pair by pair."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    rows = []
    with torch.inference_mode():
        for hypothesis in question.hypotheses:
            given = tokenizer(question.premise, hypothesis, return_tensors="pt")
            if model.config.model_type in {"modernbert", "xlm-roberta"}:
                given.pop("token_type_ids", None)
            rows.append(torch.softmax(model(**given).logits[0].double(), dim=-1).numpy())
    return np.stack(rows)


@pytest.mark.parametrize(("kind", "labels"), CASES)
def test_scores_are_those_of_torch(exported: Exported, kind: str, labels: tuple[str, ...]) -> None:
    folder = exported(kind, labels)
    scorer = load_scorer("onnx", model=folder, threads=1)
    assert scorer.has_contradiction is (len(labels) == 3)
    for question in QUESTIONS[:3]:
        expected = by_transformers(folder.with_name(f"{folder.name}.hf"), question)
        found = np.exp(scorer.score([question])[0])
        np.testing.assert_allclose(found, in_order(expected, labels), atol=1e-5)


def in_order(found: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
    names = [label.lower() for label in labels]
    if len(names) == 3:
        return found[:, [names.index(name) for name in THREE]]
    rest = found[:, names.index("not_entailment")] / 2
    return np.stack([found[:, names.index("entailment")], rest, rest], axis=1)


@pytest.mark.parametrize(("kind", "labels"), CASES[:4])
def test_neither_batch_nor_order_changes_a_score(
    exported: Exported, kind: str, labels: tuple[str, ...]
) -> None:
    folder = exported(kind, labels)
    forth = load_scorer("onnx", model=folder, tokens=64).score(QUESTIONS)
    back = load_scorer("onnx", model=folder, tokens=9_000).score(QUESTIONS[::-1])[::-1]
    for left, right in zip(forth, back, strict=True):
        np.testing.assert_allclose(np.exp(left), np.exp(right), atol=1e-5)


@pytest.mark.parametrize(("kind", "labels"), CASES[:4])
def test_only_the_premise_is_cut_and_counted_as_by_transformers(
    exported: Exported, kind: str, labels: tuple[str, ...], tmp_path: Path
) -> None:
    folder = exported(kind, labels)
    scorer = load_scorer("onnx", model=folder)
    other = load_scorer("transformers", model=str(folder.with_name(f"{folder.name}.hf")))
    assert (scorer.truncated([]), scorer.truncated(PREMISES)) == (0, 1)
    near, long = "a " * (MOST - 80), "It is about " + "the war " * 40 + "of"
    asked = [
        Question(premise + end, (*HYPOTHESES, f"{long} {last}."))
        for premise in (near, "a " * 2 * MOST)
        for end in ("war", "tea")
        for last in ("aid", "fire")
    ]
    found = scorer.score(asked)
    for left, right in zip(found, other.score(asked), strict=True):
        np.testing.assert_allclose(np.exp(left), np.exp(right), atol=1e-5)
    np.testing.assert_array_equal(found[4], found[6])  # the end of the premise is not read
    assert np.abs(found[4][-1] - found[5][-1]).max() > 1e-4  # that of the hypothesis is
    premises = [*PREMISES, near]
    assert (scorer.truncated(premises), other.truncated(premises)) == (2, 2)
    warm = cached(load_scorer("onnx", model=folder), tmp_path)
    warm.score(asked)
    again = cached(load_scorer("onnx", model=folder), tmp_path)
    again.score(asked)
    assert again.truncated(premises) == 2


def test_a_hypothesis_that_leaves_no_room(exported: Exported) -> None:
    scorer = load_scorer("onnx", model=exported())
    with pytest.raises(ScorerError, match="has 256 tokens and leaves none of 253 to the premise"):
        scorer.score([Question("Peace.", ("war " * 300,))])


def test_the_tokenizer_says_how_much_is_read(exported: Exported, tmp_path: Path) -> None:
    folder = copied(exported(), tmp_path)
    said = folder / "tokenizer_config.json"
    config = json.loads(said.read_text(encoding="utf-8"))
    whole = load_scorer("onnx", model=folder).fingerprint
    assert whole.endswith(f":tokens={MOST}")
    said.write_text(json.dumps({**config, "model_max_length": 40}), encoding="utf-8")
    short = load_scorer("onnx", model=folder)
    assert short.fingerprint == whole.replace(f"={MOST}", "=40")
    assert short.truncated(["a " * 37, "a " * 38]) == 1
    said.write_text("[]", encoding="utf-8")
    with pytest.raises(ScorerError, match=r"tokenizer_config.json: cannot be read .*; save"):
        load_scorer("onnx", model=folder)
    said.unlink()
    assert load_scorer("onnx", model=folder).fingerprint == whole.replace(f"={MOST}", "=258")


def test_a_folder_is_known_by_its_files(exported: Exported, tmp_path: Path) -> None:
    name = parse_model(str(exported()))
    assert (name.backend, name.options) == ("onnx", {"model": str(exported())})
    nested = copied(exported(), tmp_path)
    (nested / "onnx").mkdir()
    (nested / "model.onnx").rename(nested / "onnx" / "model.onnx")
    assert parse_model(str(nested)).backend == "onnx"
    both: list[Scorer] = [load_scorer("onnx", model=f) for f in (exported(), nested)]
    assert both[0].fingerprint == both[1].fingerprint


def test_whatever_changes_scores_changes_the_fingerprint(
    exported: Exported, tmp_path: Path
) -> None:
    folder = copied(exported(), tmp_path)
    before = load_scorer("onnx", model=folder).fingerprint
    assert load_scorer("onnx", model=folder, labels=THREE[::-1]).fingerprint != before
    assert load_scorer("onnx", model=folder, labels=MIXED, tokens=64).fingerprint == before
    rewrite(folder, id2label=dict(enumerate(THREE[::-1])))
    assert load_scorer("onnx", model=folder).fingerprint != before


def copied(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / "copy"))


def rewrite(folder: Path, **entries: object) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | entries), encoding="utf-8")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"id2label": {"0": "a", "1": "b", "2": "c"}}, r"config.json: its labels are a, b, c, whi"),
        ({"id2label": {"0": "LABEL_0"}}, r"config.json: has one output, a regression head"),
        ({"problem_type": "regression"}, r"config.json: problem_type is regression"),
        ({"max_position_embeddings": 4}, r"copy: reads 4 tokens \(max_pos"),
    ],
)
def test_a_config_that_cannot_be_used(
    exported: Exported, tmp_path: Path, entries: dict[str, object], message: str
) -> None:
    folder = copied(exported(), tmp_path)
    rewrite(folder, **entries)
    with pytest.raises(ScorerError, match=message):
        load_scorer("onnx", model=folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", None, r"config.json: cannot be read .* has its config.json beside it"),
        ("config.json", "[]", r"config.json: is not an object of JSON"),
        ("tokenizer.json", None, r"tokenizer.json: is missing; save the model with its fast"),
        ("tokenizer.json", "{}", r"tokenizer.json: cannot be read as a tokenizer"),
        ("model.onnx", None, r"copy: has neither model.onnx nor onnx/model.onnx; write one with"),
        ("model.onnx", "none", r"model.onnx: the model cannot be loaded"),
    ],
)
def test_a_file_that_cannot_be_used(
    exported: Exported, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    folder = copied(exported(), tmp_path)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(ScorerError, match=message):
        load_scorer("onnx", model=folder)


def test_labels_that_say_nothing_can_be_named(exported: Exported, tmp_path: Path) -> None:
    folder = copied(exported("bert", TWO), tmp_path)
    expected = load_scorer("onnx", model=folder).score(QUESTIONS[:1])[0]
    rewrite(folder, id2label={"0": "LABEL_0", "1": "LABEL_1"})
    found = load_scorer("onnx", model=folder, labels=TWO).score(QUESTIONS[:1])[0]
    np.testing.assert_array_equal(found, expected)


def test_a_file_whose_scores_depend_on_the_batch_is_refused(
    exported: Exported, tmp_path: Path
) -> None:
    folder = copied(exported(), tmp_path)
    convert(folder / "model.onnx", "int8-dynamic")
    with pytest.raises(ScorerError, match=r"copy: its scores depend on the batch \(by up to 0\.\d"):
        load_scorer("onnx", model=folder)
