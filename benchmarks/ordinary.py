"""The weights of the shipped model as an ordinary sequence classifier of `transformers`."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import load_file
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from stance.scorers.bundled import MODELS
from stance.training.network import bert_name

MINI = MODELS / "mini"


def write_ordinary(folder: Path) -> None:
    """Write the model to a folder that ``transformers.pipeline`` loads; float32, full attention.

    The answers differ from those of `stance`, which reads a premise once; the work of one forward
    pass over a pair is the same.
    """
    shape = json.loads((MINI / "shape.json").read_text(encoding="utf-8"))
    labels = {0: "entailment", 1: "neutral", 2: "contradiction"}
    config = BertConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["width"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["inner"],
        max_position_embeddings=shape["positions"],
        id2label=labels,
        label2id={label: index for index, label in labels.items()},
    )
    model = BertForSequenceClassification(config)
    weights = load_file(MINI / "model.safetensors")
    missing, unexpected = model.load_state_dict(
        {_ordinary(name): value.float() for name, value in weights.items()}, strict=False
    )
    assert not unexpected, unexpected
    assert set(missing) <= {"bert.embeddings.position_ids"}, missing
    model.save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(MINI / "tokenizer.json"),
        cls_token="[CLS]",  # noqa: S106
        sep_token="[SEP]",  # noqa: S106
        pad_token="[PAD]",  # noqa: S106
        unk_token="[UNK]",  # noqa: S106
        mask_token="[MASK]",  # noqa: S106
        model_max_length=shape["positions"],
    )
    tokenizer.save_pretrained(folder)


def _ordinary(name: str) -> str:
    if name.startswith("classifier."):
        return name
    if name.startswith("pooler."):
        return f"bert.pooler.dense.{name.removeprefix('pooler.')}"
    return f"bert.{bert_name(name)}"
