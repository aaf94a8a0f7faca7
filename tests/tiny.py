"""Tiny checkpoints with random weights, of the families that people bring."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaV2Config,
    ModernBertConfig,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
)
from transformers.utils import logging

_TEXT = (
    "a about agreed aid and any asked at attack be border both by closed crossing envoy fire flour "
    "force for good hold is it minister of on peace people raises report said stop text that the "
    "their this threat to town trucks use war was were winter . , ' ?"
)
WORDS = tuple(_TEXT.split())
_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "initializer_range": 0.4,
}
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def tiny_tokenizer(family: str, *, most: int = 64) -> PreTrainedTokenizerFast:
    """Return a tokenizer of known words with the pair template of the family."""
    vocabulary = {word: k for k, word in enumerate((*_SPECIAL, *WORDS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=_SPECIAL[1]))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    between = "[SEP] [SEP]" if family == "xlm-roberta" else "[SEP]"
    second = 1 if family in ("bert", "deberta-v2") else 0
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair=f"[CLS] $A {between} $B:{second} [SEP]:{second}",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    typed = ["input_ids", "token_type_ids", "attention_mask"]
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=most,
        model_input_names=typed if second else ["input_ids", "attention_mask"],
        **{f"{name.strip('[]').lower()}_token": name for name in _SPECIAL},
    )


def tiny_config(family: str, labels: Sequence[str]) -> object:
    """Return the config of a tiny classifier of a family."""
    named = {
        **_SIZES,
        "vocab_size": len(WORDS) + len(_SPECIAL),
        "pad_token_id": 0,
        "id2label": dict(enumerate(labels)),
        "label2id": {label: k for k, label in enumerate(labels)},
    }
    if family == "bert":
        return BertConfig(**named, max_position_embeddings=64)
    if family == "xlm-roberta":
        return XLMRobertaConfig(**named, max_position_embeddings=65, type_vocab_size=1)
    if family == "modernbert":
        marks = {"cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
        return ModernBertConfig(**named, **marks, max_position_embeddings=64, local_attention=8)
    return DebertaV2Config(
        **named,
        max_position_embeddings=64,
        relative_attention=True,
        position_buckets=8,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        pos_att_type=["p2c", "c2p"],
        position_biased_input=False,
        type_vocab_size=0,
    )


def write_checkpoint(folder: Path, family: str, labels: Sequence[str], *, seed: int = 0) -> Path:
    """Write a checkpoint of a family with random weights, whose columns are called ``labels``."""
    torch.manual_seed(seed)
    logging.disable_progress_bar()
    model = AutoModelForSequenceClassification.from_config(tiny_config(family, labels))
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder)
    tiny_tokenizer(family).save_pretrained(folder)
    return folder
