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
from torch.nn import functional

_NEVER = -1e4
"""Added to a score of the attention that shall not count; small enough for 16-bit floats."""


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


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Packing:
    """Places of the tokens that are no padding: ``kept`` in the padded row, ``spread`` back."""

    kept: Tensor
    spread: Tensor

    @classmethod
    def of(cls, segment_ids: Tensor) -> _Packing:
        there = segment_ids.reshape(-1) >= 0
        return cls(there.nonzero().squeeze(1), (there.cumsum(0) - 1).clamp(min=0))


def _mask(segment_ids: Tensor) -> Tensor:
    """Return which token (third axis) reads which (fourth): (sequence, 1, token, token)."""
    keys, queries = segment_ids[:, None, None, :], segment_ids[:, None, :, None]
    return (keys == 0) | (keys == queries)


def _dropped(hidden: Tensor, share: float) -> Tensor:
    """Return dropout (Srivastava et al. 2014), with ``share`` rounded to 1/256.

    Eight draws are made of one random number, which on a CPU is several times faster than torch.
    """
    if not share:
        return hidden
    if hidden.is_cuda:
        return functional.dropout(hidden, share)
    count, least = hidden.numel(), round(share * 256)
    draws = torch.empty((count + 7) // 8, dtype=torch.int64, device=hidden.device)
    kept = draws.random_(-(2**63), None).view(torch.uint8)[:count].view(hidden.shape) >= least
    return hidden * (kept.to(hidden.dtype) * (256 / (256 - least)))


def _attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor) -> Tensor:
    """Return attention, spelled out: on a CPU its gradient costs less than the fused one's."""
    if query.is_cuda or attn_mask.is_floating_point():
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=attn_mask)
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    bias = torch.zeros(attn_mask.shape, dtype=scores.dtype, device=attn_mask.device)
    attended: Tensor = (scores + bias.masked_fill_(~attn_mask, _NEVER)).softmax(-1)
    return attended.to(value.dtype) @ value


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

    def forward(self, hidden: Tensor, mask: Tensor, packing: _Packing | None = None) -> Tensor:
        rows, length, width = mask.shape[0], mask.shape[-1], hidden.shape[-1]
        drop = self.dropout if self.training else 0.0

        def split(projection: nn.Module) -> Tensor:
            projected: Tensor = projection(hidden)
            spread = projected if packing is None else projected[packing.spread]
            return spread.view(rows, length, self.heads, -1).transpose(1, 2)

        attend = _attention if self.training else functional.scaled_dot_product_attention
        context = attend(split(self.query), split(self.key), split(self.value), attn_mask=mask)
        context = context.transpose(1, 2).reshape(rows, length, width)
        if packing is not None:
            context = context.view(-1, width)[packing.kept]
        attended = _dropped(self.attention_output(context), drop)
        hidden = self.attention_norm(hidden + attended)
        inner = self.output(functional.gelu(self.intermediate(hidden)))
        return self.output_norm(hidden + _dropped(inner, drop))  # type: ignore[no-any-return]


@final
class OnePassNetwork(nn.Module):
    """BERT with the one-pass mask; answers at the last ``[SEP]`` of every hypothesis.

    ``distances``, if given, returns from the positions (sequence, token) what is added to the
    scores of the attention (sequence, head, token, token).
    """

    def __init__(
        self, shape: Shape = Shape(), dropout: float = 0.1, distances: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.distances = distances
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
        return self._head(read)

    def answer(
        self, input_ids: Tensor, segment_ids: Tensor, position_ids: Tensor, read_out: Tensor
    ) -> Tensor:
        """Return what `forward` returns, with no product of a padded token computed.

        The tokens of all sequences stand in one row; only inside the attention are they padded.
        """
        packing = _Packing.of(segment_ids)
        hidden = self.embeddings(
            *(array.view(-1)[packing.kept] for array in (input_ids, segment_ids, position_ids))
        )
        mask = self._reading(segment_ids, position_ids)
        for layer in self.layers:
            hidden = layer(hidden, mask, packing)
        places = packing.spread.view(segment_ids.shape).gather(1, read_out)
        return self._head(hidden[places])

    def _reading(self, segment_ids: Tensor, position_ids: Tensor) -> Tensor:
        """Return the mask of the attention, boolean or what is added to its scores."""
        mask = _mask(segment_ids)
        if self.distances is None:
            return mask
        biased: Tensor = self.distances(position_ids).masked_fill(~mask, _NEVER)
        return biased.contiguous()

    def _head(self, read: Tensor) -> Tensor:
        drop = self.dropout if self.training else 0.0
        return self.classifier(_dropped(torch.tanh(self.pooler(read)), drop))  # type: ignore[no-any-return]

    def encode(self, input_ids: Tensor, segment_ids: Tensor, position_ids: Tensor) -> Tensor:
        """Return the last layer, of shape (sequence, token, width); arguments as in `forward`."""
        mask = self._reading(segment_ids, position_ids)
        hidden = self.embeddings(input_ids, segment_ids, position_ids)
        hidden = _dropped(hidden, self.dropout if self.training else 0.0)
        for layer in self.layers:
            hidden = layer(hidden, mask)
        return hidden  # type: ignore[no-any-return]


def load_checkpoint(path: Path, *, shape: Shape = Shape(), dropout: float = 0.0) -> OnePassNetwork:
    """Load a network saved by this package, float32 or float16; it computes in float32."""
    network = OnePassNetwork(shape, dropout)
    network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return network
