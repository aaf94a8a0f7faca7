"""The one-pass entailment network, in torch.

Ordinary BERT weights (Devlin et al. 2019); only the attention mask, the positions and the read-out
differ from a cross-encoder. A sequence is ``[CLS] premise [SEP] h1 [SEP] h2 [SEP] …``. Premise
tokens attend to the premise, tokens of a hypothesis to the premise and to themselves, so the
premise is read once and no answer depends on its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F


@final
@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the encoder; the defaults are those of all-MiniLM-L6-v2."""

    layers: int = 6
    width: int = 384
    heads: int = 12
    inner: int = 1536
    vocabulary: int = 30522
    positions: int = 512
    epsilon: float = 1e-12


class _Embeddings(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(shape.vocabulary, shape.width)
        self.position_embeddings = nn.Embedding(shape.positions, shape.width)
        self.token_type_embeddings = nn.Embedding(2, shape.width)
        self.LayerNorm = nn.LayerNorm(shape.width, eps=shape.epsilon)

    def forward(self, input_ids: Tensor, segment_ids: Tensor, position_ids: Tensor) -> Tensor:
        types = (segment_ids > 0).long()
        total: Tensor = (
            self.word_embeddings(input_ids)
            + self.position_embeddings(position_ids)
            + self.token_type_embeddings(types)
        )
        return self.LayerNorm(total)  # type: ignore[no-any-return]


class _Layer(nn.Module):
    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.dropout = dropout
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width)
        self.value = nn.Linear(shape.width, shape.width)
        self.attention_output = nn.Linear(shape.width, shape.width)
        self.attention_norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.intermediate = nn.Linear(shape.width, shape.inner)
        self.output = nn.Linear(shape.inner, shape.width)
        self.output_norm = nn.LayerNorm(shape.width, eps=shape.epsilon)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        rows, length, width = hidden.shape
        drop = self.dropout if self.training else 0.0

        def split(projection: nn.Module) -> Tensor:
            return projection(hidden).view(rows, length, self.heads, -1).transpose(1, 2)  # type: ignore[no-any-return]

        context = F.scaled_dot_product_attention(
            split(self.query), split(self.key), split(self.value), attn_mask=mask
        )
        context = context.transpose(1, 2).reshape(rows, length, width)
        attended = F.dropout(self.attention_output(context), drop, self.training)
        hidden = self.attention_norm(hidden + attended)
        inner = self.output(F.gelu(self.intermediate(hidden)))
        return self.output_norm(hidden + F.dropout(inner, drop, self.training))  # type: ignore[no-any-return]


@final
class OnePassNetwork(nn.Module):
    """BERT with the one-pass mask; answers at the last ``[SEP]`` of every hypothesis."""

    def __init__(self, shape: Shape = Shape(), dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.dropout = dropout
        self.embeddings = _Embeddings(shape)
        self.layers = nn.ModuleList(_Layer(shape, dropout) for _ in range(shape.layers))
        self.pooler = nn.Linear(shape.width, shape.width)
        self.classifier = nn.Linear(shape.width, 3)

    def forward(
        self, input_ids: Tensor, segment_ids: Tensor, position_ids: Tensor, read_out: Tensor
    ) -> Tensor:
        """Return logits of shape (sequence, answer, 3): entailment, neutral, contradiction.

        ``input_ids``, ``segment_ids`` and ``position_ids`` have shape (sequence, token); a segment
        is 0 for the premise, k for the k-th hypothesis, -1 for padding. ``read_out`` (sequence,
        answer) holds the tokens at which an answer is read.
        """
        hidden = self.encode(input_ids, segment_ids, position_ids)
        read = hidden.gather(1, read_out[:, :, None].expand(-1, -1, self.shape.width))
        pooled = F.dropout(torch.tanh(self.pooler(read)), self.dropout, self.training)
        return self.classifier(pooled)  # type: ignore[no-any-return]

    def encode(self, input_ids: Tensor, segment_ids: Tensor, position_ids: Tensor) -> Tensor:
        """Return the last layer, of shape (sequence, token, width); arguments as in `forward`."""
        keys, queries = segment_ids[:, None, None, :], segment_ids[:, None, :, None]
        mask = (keys == 0) | (keys == queries)
        hidden = self.embeddings(input_ids, segment_ids, position_ids)
        hidden = F.dropout(hidden, self.dropout, self.training)
        for layer in self.layers:
            hidden = layer(hidden, mask)
        return hidden  # type: ignore[no-any-return]


_BERT_NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention_output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
    "output_norm": "output.LayerNorm",
}


def bert_name(name: str) -> str:
    """Return the name that an ordinary BERT checkpoint gives to one of our encoder parameters."""
    if not name.startswith("layers."):
        return name
    _, index, module, kind = name.split(".")
    return f"encoder.layer.{index}.{_BERT_NAMES[module]}.{kind}"


def load_base(path: Path, *, dropout: float, layers: int = 6) -> OnePassNetwork:
    """Start a network from an ordinary BERT encoder; the answer head starts at random.

    With fewer ``layers`` than the encoder's, every n-th from the last one is taken.
    """
    network = OnePassNetwork(Shape(layers=layers), dropout=dropout)
    base = load_file(path)
    own, step = network.state_dict(), Shape().layers // layers
    for name in own:
        if name.startswith("embeddings."):
            own[name] = base[bert_name(name)]
        elif name.startswith("layers."):
            _, index, rest = name.split(".", 2)
            own[name] = base[bert_name(f"layers.{(int(index) + 1) * step - 1}.{rest}")]
    nn.init.normal_(own["pooler.weight"], std=0.02)
    nn.init.normal_(own["classifier.weight"], std=0.02)
    network.load_state_dict(own)
    return network


def load_checkpoint(path: Path, *, dropout: float = 0.0) -> OnePassNetwork:
    """Load a network saved by this package, float32 or float16; it computes in float32."""
    network = OnePassNetwork(dropout=dropout)
    network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return network
