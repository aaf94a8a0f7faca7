"""What an entailment model has to beat: word counts with labels, sentence embeddings without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float64
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tokenizers import Tokenizer
from torch.nn import functional as F

from stance.scorers.torch_network import OnePassNetwork
from stance.training.network import load_base


def tfidf(
    train: Sequence[str], gold: Bool[np.ndarray, "sentence label"], texts: Sequence[str]
) -> Float64[np.ndarray, "text label"]:
    """Return decisions (log-odds) of TF-IDF + logistic regression trained on labelled sentences."""
    columns = []
    for labels in gold.T:
        model: Any = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            LogisticRegression(C=10.0, class_weight="balanced", max_iter=1_000),
        )
        model.fit(train, labels)
        columns.append(model.decision_function(texts))
    return np.stack(columns, axis=1)


def cosine(
    base: Path, texts: Sequence[str], wordings: Mapping[str, Sequence[str]]
) -> Float64[np.ndarray, "text label"]:
    """Return the mean cosine of every text with the wordings of every label.

    The encoder is all-MiniLM-L6-v2, whose folder is ``base``: mean of the last layer, as
    sentence-transformers (Reimers & Gurevych 2019) pools it.
    """
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    network = load_base(base / "model.safetensors", dropout=0.0)
    asked = np.stack([_embed(network, tokenizer, w).mean(axis=0) for w in wordings.values()])
    found: np.ndarray = _embed(network, tokenizer, texts) @ asked.T
    return found


@torch.inference_mode()
def _embed(
    network: OnePassNetwork, tokenizer: Tokenizer, texts: Sequence[str]
) -> Float64[np.ndarray, "text width"]:
    network.eval()
    rows = []
    for text in texts:
        ids = torch.tensor([tokenizer.encode(text).ids])
        hidden = network.encode(ids, torch.zeros_like(ids), torch.arange(ids.shape[1])[None])
        rows.append(F.normalize(hidden.mean(dim=1), dim=-1)[0].numpy())
    return np.stack(rows).astype(np.float64)
