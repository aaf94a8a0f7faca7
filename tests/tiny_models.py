"""Tiny checkpoints of the families that people bring, made from a seed: nothing is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Any

THREE = ("entailment", "neutral", "contradiction")
TWO = ("entailment", "not_entailment")
KINDS = ("bert", "deberta-v2", "modernbert", "xlm-roberta")
MOST = 256
_MARKERS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_WORDS = (
    "about agreed aid and any asked at attack be border both by closed crossing envoy fire flour "
    "force for good hold is it minister of on peace people raises report said stop text that the "
    "their this threat to town trucks use war was were winter"
)
_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.3,
    "max_position_embeddings": MOST + 2,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
}
_DEBERTA = {
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_buckets": 8,
    "share_att_key": True,
    "norm_rel_ebd": "layer_norm",
    "type_vocab_size": 0,
    "position_biased_input": False,
}
_OF_KIND: dict[str, dict[str, Any]] = {
    "bert": {},
    "deberta-v2": _DEBERTA,
    "modernbert": {"local_attention": 8, "cls_token_id": 2, "sep_token_id": 3},
    "xlm-roberta": {"type_vocab_size": 1},
}


def write_tiny(
    folder: Path, kind: str = "bert", labels: Sequence[str] = THREE, *, seed: int = 0
) -> Path:
    """Write a sequence classifier with random weights and its tokenizer; return the folder.

    Args:
        folder: Where to.
        kind: One of `KINDS`.
        labels: Names of the columns of its logits, in order.
        seed: Of the weights.
    """
    from transformers import AutoModelForSequenceClassification

    return _write(folder, kind, AutoModelForSequenceClassification, tiny_config(kind, labels), seed)


def write_tiny_encoder(folder: Path, kind: str = "bert", *, seed: int = 0) -> Path:
    """Write an encoder without a head, with random weights, and its tokenizer."""
    from transformers import AutoModel

    return _write(folder, kind, AutoModel, tiny_config(kind), seed)


def tiny_config(kind: str, labels: Sequence[str] = THREE) -> Any:
    """Return the configuration of a tiny classifier."""
    from transformers import AutoConfig

    return AutoConfig.for_model(
        kind,
        **{**_SIZES, **_OF_KIND[kind]},
        vocab_size=len(_vocabulary()),
        id2label=dict(enumerate(labels)),
        label2id={label: k for k, label in enumerate(labels)},
    )


def tiny_tokenizer(kind: str = "bert") -> Any:
    """Return a fast tokenizer of a few words, letters and digits, with the pairs of the kind."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordPiece(_vocabulary(), unk_token=_MARKERS[1]))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    between = "[SEP] [SEP]" if kind == "xlm-roberta" else "[SEP]"
    second = 1 if kind in ("bert", "deberta-v2") else 0
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair=f"[CLS] $A {between} $B:{second} [SEP]:{second}",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    typed = ["input_ids", "token_type_ids", "attention_mask"]
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=MOST,
        model_input_names=typed if second else ["input_ids", "attention_mask"],
        **{f"{name.strip('[]').lower()}_token": name for name in _MARKERS},
    )


def _vocabulary() -> dict[str, int]:
    letters = [*ascii_lowercase, *"0123456789.,?!'-"]
    pieces = [*letters, *(f"##{letter}" for letter in letters)]
    words = _WORDS.split()
    return {word: k for k, word in enumerate([*_MARKERS, *words, *pieces])}


def _write(folder: Path, kind: str, head: Any, config: Any, seed: int) -> Path:
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(seed)
    model = head.from_config(config)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder)
    tiny_tokenizer(kind).save_pretrained(folder)
    return folder
