"""Tiny checkpoints of real architectures, made from a seed: nothing is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Any

THREE = ("entailment", "neutral", "contradiction")
TWO = ("entailment", "not_entailment")
KINDS = ("bert", "deberta-v2", "xlm-roberta", "modernbert")
_MARKERS = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "initializer_range": 0.3,
}
_DEBERTA = {
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_buckets": 16,
    "share_att_key": True,
    "norm_rel_ebd": "layer_norm",
    "type_vocab_size": 0,
    "position_biased_input": False,
}
_OF_KIND: dict[str, dict[str, Any]] = {
    "bert": {},
    "deberta-v2": _DEBERTA,
    "xlm-roberta": {"type_vocab_size": 1},
    "modernbert": {"local_attention": 8, "cls_token_id": 2, "sep_token_id": 3},
}


def write_tiny(
    folder: Path, kind: str = "bert", labels: Sequence[str] = THREE, *, seed: int = 0, **more: Any
) -> Path:
    """Write a sequence classifier with random weights and its tokenizer; return the folder.

    Args:
        folder: Where to.
        kind: One of `KINDS`.
        labels: Names of the columns of its logits, in order.
        seed: Of the weights.
        **more: Further entries of the configuration.
    """
    from transformers import AutoModelForSequenceClassification

    more["id2label"] = dict(enumerate(labels))
    more["label2id"] = {label: k for k, label in enumerate(labels)}
    return _write(folder, kind, AutoModelForSequenceClassification, seed, more)


def write_tiny_encoder(folder: Path, kind: str = "bert", *, seed: int = 0, **more: Any) -> Path:
    """Write an encoder without a head, with random weights, and its tokenizer."""
    from transformers import AutoModel

    return _write(folder, kind, AutoModel, seed, more)


def _write(folder: Path, kind: str, head: Any, seed: int, more: dict[str, Any]) -> Path:
    import torch
    from transformers import AutoConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = tiny_tokenizer()
    config = AutoConfig.for_model(
        kind,
        **{**_SIZES, **_OF_KIND[kind]},
        vocab_size=len(tokenizer),
        max_position_embeddings=258,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        **more,
    )
    torch.manual_seed(seed)
    head.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_tokenizer() -> Any:
    """Return a fast tokenizer of letters, digits and a few signs."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = [*ascii_lowercase, *"0123456789.,?!'-"]
    words = [*_MARKERS.values(), "the", "is", "about", "this", *letters]
    vocabulary = {
        word: k for k, word in enumerate([*words, *(f"##{letter}" for letter in letters)])
    }
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=_MARKERS["unk_token"]))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=256, **_MARKERS)
