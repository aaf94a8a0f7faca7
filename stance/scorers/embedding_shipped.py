"""Embeddings from the lower layers of the shipped model, in numpy: no torch, no other file.

The shipped graph gives answers only, so the first layers of the encoder are computed here from the
same weights. The upper layers are bent toward entailment; in their tokens similarity is lost
(docs/fusion.md has the figures of every layer).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float32, Float64
from scipy.special import erf
from tokenizers import Tokenizer

from stance.errors import ScorerError
from stance.scorers.bundled import MODELS, verify_model
from stance.scorers.embedding import Encoder, unit

LAYERS = 3
"""Layers that are computed; the third ranks best (docs/fusion.md)."""
MOST = 384
"""Most tokens that are read of a text, markers included."""
_TYPES = {"F16": np.float16, "F32": np.float32}

Hidden = Float32[np.ndarray, "token width"]


def open_shipped(model: str | Path, *, layers: int = LAYERS) -> Encoder:
    """Return the encoder of the shipped model, or of a folder in its format.

    Args:
        model: ``mini``, or the folder.
        layers: How many layers are computed, from below.

    Raises:
        ScorerError: A file is missing or is not the one that was shipped.
    """
    folder = Path(model) if Path(model).is_dir() else MODELS / str(model)
    hashes = verify_model(folder)
    read = sha256((hashes["model.safetensors"] + hashes["tokenizer.json"]).encode()).hexdigest()
    shape = json.loads((folder / "shape.json").read_text(encoding="utf-8"))
    network = _Layers(_weights(folder / "model.safetensors", layers), shape, layers)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def ids_of(texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]

    def encode(texts: Sequence[str]) -> Float64[np.ndarray, "text width"]:
        rows = [network.mean_of(_cut(ids)) for ids in ids_of(texts)]
        return unit(np.array(rows, dtype=np.float64).reshape(len(rows), network.width))

    def truncated(texts: Sequence[str]) -> int:
        return sum(len(ids) > MOST for ids in ids_of(texts))

    return Encoder(encode, truncated, f"bundled:{read[:32]}:layers={layers}")


def _cut(ids: list[int]) -> list[int]:
    return ids if len(ids) <= MOST else [*ids[: MOST - 1], ids[-1]]


def _weights(path: Path, layers: int) -> dict[str, np.ndarray]:
    """Return the tensors that are needed of a safetensors file, as float32."""
    content = path.read_bytes()
    try:
        (length,) = struct.unpack("<Q", content[:8])
        header: dict[str, Any] = json.loads(content[8 : 8 + length])
    except (ValueError, struct.error) as error:
        raise ScorerError(f"{path}: cannot be read as safetensors: {error}") from error
    kept = ("embeddings.", *(f"layers.{k}." for k in range(layers)))
    found = {}
    for name, entry in header.items():
        if name.startswith(kept):
            start, stop = (8 + length + offset for offset in entry["data_offsets"])
            flat = np.frombuffer(content[start:stop], dtype=_TYPES[entry["dtype"]])
            found[name] = flat.reshape(entry["shape"]).astype(np.float32)
    return found


@final
class _Layers:
    """The embeddings and first layers of BERT (Devlin et al. 2019), one text at a time."""

    def __init__(self, weights: dict[str, np.ndarray], shape: dict[str, Any], layers: int) -> None:
        self._weights, self._heads, self._epsilon = weights, shape["heads"], shape["epsilon"]
        self.width: int = shape["width"]
        self._layers = layers

    def mean_of(self, ids: Sequence[int]) -> Float32[np.ndarray, " width"]:
        """Return the mean over tokens, markers included, of the last layer that is computed."""
        kinds = ("word", "position", "token_type")
        words, places, types = (self._weights[f"embeddings.{k}_embeddings.weight"] for k in kinds)
        summed = words[list(ids)] + places[: len(ids)] + types[0]
        hidden = self._norm("embeddings.LayerNorm", summed)
        for k in range(self._layers):
            hidden = self._layer(f"layers.{k}", hidden)
        mean: np.ndarray = hidden.mean(axis=0)
        return mean

    def _layer(self, name: str, hidden: Hidden) -> Hidden:
        attended = self._linear(f"{name}.attention_output", self._attention(name, hidden))
        hidden = self._norm(f"{name}.attention_norm", hidden + attended)
        inner = self._linear(f"{name}.intermediate", hidden)
        inner = inner * np.float32(0.5) * (1 + erf(inner / np.float32(np.sqrt(2))))
        return self._norm(f"{name}.output_norm", hidden + self._linear(f"{name}.output", inner))

    def _attention(self, name: str, hidden: Hidden) -> Hidden:
        tokens, width = hidden.shape
        query, key, value = (
            self._linear(f"{name}.{part}", hidden).reshape(tokens, self._heads, -1).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(1, 2) / np.float32(np.sqrt(width // self._heads))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        context: np.ndarray = (weights @ value).swapaxes(0, 1).reshape(tokens, width)
        return context

    def _linear(self, name: str, hidden: Hidden) -> Hidden:
        found: np.ndarray = (
            hidden @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        )
        return found

    def _norm(self, name: str, hidden: Hidden) -> Hidden:
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self._epsilon)
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        found: np.ndarray = centred / deviation * weight + bias
        return found
