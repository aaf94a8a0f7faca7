"""The zero-shot pipeline of `transformers`, to be compared with; needs the extra ``hf``."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import torch
from safetensors.torch import load_file
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    pipeline,
)
from transformers.utils import logging

from stance.records import Question
from stance.scorers.bundled import MODELS
from stance.scorers.models import ModelName
from stance.scorers.sessions import cores

BATCHES = (1, 8, 16, 32)
_LABELS = ("entailment", "neutral", "contradiction")
_NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention_output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
    "output_norm": "output.LayerNorm",
}


@final
class ZeroShotPipeline:
    """Asks the pipeline every hypothesis of a question on its own, on the CPU in float32."""

    def __init__(self, classify: Any) -> None:
        self._classify = classify
        self.batch = BATCHES[0]

    def choose_batch(self, questions: Sequence[Question]) -> None:
        """Keep the batch size that is fastest on some questions."""
        self.ask(questions[:1])
        seconds = {}
        for self.batch in BATCHES:
            started = time.perf_counter()
            self.ask(questions)
            seconds[self.batch] = time.perf_counter() - started
        self.batch = min(seconds, key=lambda size: seconds[size])

    def ask(self, questions: Sequence[Question]) -> object:
        """Return what the pipeline answers; all questions have the same hypotheses."""
        return self._classify(
            [question.premise for question in questions],
            candidate_labels=list(questions[0].hypotheses),
            hypothesis_template="{}",
            multi_label=True,
            batch_size=self.batch,
        )

    def count_tokens(self, questions: Sequence[Question]) -> int:
        """Return how many tokens all pairs have, without padding."""
        pairs = [(q.premise, hypothesis) for q in questions for hypothesis in q.hypotheses]
        encoded = self._classify.tokenizer(*map(list, zip(*pairs, strict=True)), truncation=True)
        return sum(map(len, encoded["input_ids"]))


def open_pipeline(name: ModelName, *, threads: int) -> ZeroShotPipeline:
    """Load the pipeline over a model of a hub or folder, or over the weights of a shipped one."""
    torch.set_num_threads(threads or cores())
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if name.backend == "bundled":
        own = Path(str(name.options.get("model", MODELS / "mini")))
        with tempfile.TemporaryDirectory() as folder:
            write_classifier(own, Path(folder))
            return ZeroShotPipeline(pipeline("zero-shot-classification", folder, device="cpu"))
    model, _, revision = str(name.options["model"]).partition("@")
    found = pipeline("zero-shot-classification", model, revision=revision or None, device="cpu")
    return ZeroShotPipeline(found)


def write_classifier(model: Path, folder: Path) -> None:
    """Write a one-pass model as an ordinary float32 BERT classifier that `transformers` loads.

    The answers differ from those of `stance`, which reads a premise once; the work of one forward
    pass over a pair is the same.
    """
    shape = json.loads((model / "shape.json").read_text(encoding="utf-8"))
    config = BertConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["width"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["inner"],
        max_position_embeddings=shape["positions"],
        id2label=dict(enumerate(_LABELS)),
        label2id={label: index for index, label in enumerate(_LABELS)},
    )
    network = BertForSequenceClassification(config)
    weights = load_file(model / "model.safetensors")
    network.load_state_dict({_name(name): value.float() for name, value in weights.items()})
    network.save_pretrained(folder)
    markers = {f"{n}_token": f"[{n.upper()}]" for n in ("cls", "sep", "pad", "unk", "mask")}
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(model / "tokenizer.json"), model_max_length=shape["positions"], **markers
    )
    tokenizer.save_pretrained(folder)


def _name(name: str) -> str:
    """The name that an ordinary BERT classifier gives to a parameter of ours."""
    kind, _, rest = name.partition(".")
    if kind == "classifier":
        return name
    if kind != "layers":
        return f"bert.pooler.dense.{rest}" if kind == "pooler" else f"bert.{name}"
    index, module, part = rest.split(".")
    return f"bert.encoder.layer.{index}.{_NAMES[module]}.{part}"
