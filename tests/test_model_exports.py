"""Exporting a checkpoint: what is written, what is measured, what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import THREE, write_tiny

from stance.cli import main
from stance.commands import models
from stance.errors import ConfigError, DataError, ScorerError
from stance.model_exports import PRECISIONS, export_model
from stance.model_exports.examples import Examples, of_sentences, read_labelled, read_sentences
from stance.model_exports.parity import Parity, check_parity
from stance.records import Question
from stance.runs import file_hash
from stance.scorers import load_scorer

SENTENCES = (
    "Flour arrived.",
    "The envoy warned that an attack would be answered, and nobody doubted it for a moment.",
    "No.",
)
FEW = of_sentences(SENTENCES)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("exports") / "tiny", "bert", THREE)


def test_a_folder_holds_model_tokenizer_report_and_hashes(checkpoint: Path, tmp_path: Path) -> None:
    parity = export_model(checkpoint, tmp_path / "out", examples=FEW)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert {"config.json", "model.onnx", "parity.json", "tokenizer.json"} <= set(manifest["files"])
    for name, digest in manifest["files"].items():
        assert file_hash(tmp_path / "out" / name) == digest
    stored = json.loads((tmp_path / "out" / "parity.json").read_text(encoding="utf-8"))
    assert Parity(**stored) == parity
    assert (parity.pairs, parity.labelled, parity.f1_before) == (48, 0, None)
    assert parity.max_gap <= 1e-5
    assert parity.batch_gap <= 1e-5


@pytest.mark.parametrize(
    ("precision", "least", "most"), [("float16", 1e-7, 3e-3), ("int8", 1e-5, 0.1)]
)
def test_smaller_weights_are_near_and_do_not_depend_on_the_batch(
    checkpoint: Path, tmp_path: Path, precision: str, least: float, most: float
) -> None:
    parity = export_model(checkpoint, tmp_path / "out", precision=precision, examples=FEW)
    assert least < parity.max_gap < most
    assert parity.batch_gap <= 1e-5
    size = (tmp_path / "out" / "model.onnx").stat().st_size
    export_model(checkpoint, tmp_path / "whole", examples=FEW)
    assert size < (tmp_path / "whole" / "model.onnx").stat().st_size
    answers = load_scorer("onnx", model=tmp_path / "out").score(FEW.questions)
    assert np.isfinite(np.concatenate(answers)).all()


def test_dynamic_int8_is_refused_and_nothing_is_written(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    with pytest.raises(SystemExit, match="1"):
        main(["models", "export", str(checkpoint), str(target), "--precision", "int8-dynamic"])
    message = capsys.readouterr().err
    assert "refused in int8-dynamic: the same pair gets another score in another batch" in message
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_moves_macro_f1_is_refused_and_the_old_one_stays(
    checkpoint: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    export_model(checkpoint, target, examples=FEW)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    with pytest.raises(ScorerError, match=r"refused in int8: macro-F1 on made moves from .* to"):
        export_model(checkpoint, target, precision="int8", examples=on_the_edge(checkpoint))
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def on_the_edge(checkpoint: Path) -> Examples:
    """Return pairs with the labels that the model gives, those where it is least sure."""
    from stance.model_exports.checkpoint import open_checkpoint, torch_scorer

    opened = open_checkpoint(str(checkpoint))
    draw = np.random.default_rng(0)
    texts = ["".join(draw.choice(list("abcdefgh "), 12)) for _ in range(400)]
    questions = [Question(text, ("this is it",)) for text in texts]
    answers = np.concatenate(torch_scorer(opened, checkpoint).score(questions))
    ranked = np.sort(answers, axis=1)
    near = np.argsort(ranked[:, 2] - ranked[:, 1])[:20]
    classes = answers[near].argmax(axis=1)
    gold = {
        name: [(k, slice(0, 1), bool(found == c)) for k, found in enumerate(classes)]
        for c, name in enumerate(THREE)
    }
    return Examples(tuple(questions[k] for k in near), gold, "made", pairs=True)


def test_labelled_pairs_are_judged_before_and_after(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"premise": text, "hypothesis": "It is about flour.", "label": label}
        for text, label in zip(SENTENCES, THREE, strict=True)
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(SystemExit, match="0"):
        main(["models", "export", str(checkpoint), str(tmp_path / "out"), "--gold", str(path)])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"float32, 3 pairs of {path}"
    assert printed[3].startswith("macro-F1 0.")
    assert printed[3].endswith("(9 labelled decisions)")
    assert printed[-1] == f"wrote {tmp_path / 'out'}"


def answer(*odds: float) -> np.ndarray:
    p = 1 / (1 + np.exp(-np.array(odds)))
    return np.log(np.stack([p, (1 - p) * 0.7, (1 - p) * 0.3], axis=1)).astype(np.float32)


def test_macro_f1_of_pairs_and_of_frames(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(
        "premise,hypothesis,label\na,b,entailment\na,c,not_entailment\na,d,entailment\n",
        encoding="utf-8",
    )
    two = read_labelled(path)
    assert two.macro_f1([answer(1), answer(-1), answer(-1)]) == pytest.approx((2 / 3 + 2 / 3) / 2)
    gold = tmp_path / "gold.csv"
    gold.write_text(
        "article_id,sentence_id,text,solidarity,restraint\na,0,One.,1,0\na,1,Two.,0,NA\n",
        encoding="utf-8",
    )
    frames = read_labelled(gold)
    assert [question.premise for question in frames.questions] == ["One.", "Two."]
    assert {name: len(labels) for name, labels in frames.gold.items()} == {
        "solidarity": 2,
        "restraint": 1,
    }
    n = len(frames.questions[0].hypotheses)
    assert frames.macro_f1([answer(*[1.0] * n), answer(*[-1.0] * n)]) == 1.0
    assert math.isnan(FEW.macro_f1([]))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "premise,hypothesis,label\na,b,yes\n", r"a.csv: the label 'yes' stands beside"),
        ("b.csv", "article_id,sentence_id,restraint\na,0,1\n", r"b.csv: row 1: has no text"),
        ("c.csv", None, r"c.csv: there is no such file"),
    ],
)
def test_labelled_data_that_cannot_be_used(
    tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_labelled(tmp_path / name)


def test_sentences_are_read_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    path.write_text("One.\n\n Two. \n", encoding="utf-8")
    assert [question.premise for question in read_sentences(path).questions] == ["One.", "Two."]
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"some.txt: holds no sentence; write one a line"):
        read_sentences(path)
    with pytest.raises(DataError, match=r"none.txt: cannot be read as UTF-8 text"):
        read_sentences(tmp_path / "none.txt")


def test_a_graph_that_is_not_the_network_is_refused() -> None:
    parity = Parity("float32", "made", 3, 0.2, 0.1, 0.0, 0)
    with pytest.raises(ScorerError, match=r"m: refused: the exported graph does not give the scor"):
        check_parity(parity, "m")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("a", "b", "c"), r"its labels are a, b, c, which is not entailment"),
        (("LABEL_0",), r"has one output, a regression head"),
    ],
)
def test_a_checkpoint_that_is_no_classifier_of_entailment(
    tmp_path: Path, labels: tuple[str, ...], message: str
) -> None:
    write_tiny(tmp_path / "tiny", "bert", labels)
    with pytest.raises(ScorerError, match=message):
        export_model(tmp_path / "tiny", tmp_path / "out", examples=FEW)
    assert not (tmp_path / "out").exists()


def test_a_pickled_checkpoint_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    import torch

    for path in checkpoint.iterdir():
        if path.suffix == ".json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ScorerError, match=r"cannot be loaded as .* with safetensors weights"):
        export_model(tmp_path, tmp_path / "out", examples=FEW)


def test_somebody_elses_folder_and_other_options_are_refused(
    checkpoint: Path, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(DataError, match=r"holds 'thesis.txt', which stance did not write"):
        export_model(checkpoint, tmp_path, examples=FEW)
    with pytest.raises(ConfigError, match=r"unknown precision 'int4'; name float32, float16"):
        export_model(checkpoint, tmp_path / "out", precision="int4", examples=FEW)
    assert models.PRECISIONS == PRECISIONS


def test_gold_and_sentences_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    options: list[Any] = ["--gold", "a.csv", "--sentences", "b.txt"]
    with pytest.raises(SystemExit, match="1"):
        main(["models", "export", "m", "out", *options])
    assert "--gold and --sentences exclude each other" in capsys.readouterr().err
