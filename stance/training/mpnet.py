"""The teacher: MPNet (Song et al. 2020) under the one-pass mask, from all-mpnet-base-v2.

Its layers are those of BERT; what differs is a bias of the attention by distance, one for all
layers. Its vocabulary is that of BERT in another order, so it reads the tokens of `mini`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import final

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from stance.scorers.torch_network import OnePassNetwork, Shape

MPNET = Shape(layers=12, width=768, inner=3072, epsilon=1e-5)
_BUCKETS, _FARTHEST = 32, 128
_FIRST = 4
"""Where the vocabulary of BERT begins in that of MPNet; its own markers come before."""
_MARKERS = {"[PAD]": (0, 1), "[UNK]": (100, 3), "[CLS]": (101, 0), "[SEP]": (102, 2)}
"""Markers of BERT: their place in its vocabulary, and the place of what stands for them."""
_PADDED = 2
"""The place of position 0 in the table of positions of MPNet."""
_NAMES = {
    "query": "attention.attn.q",
    "key": "attention.attn.k",
    "value": "attention.attn.v",
    "attention_output": "attention.attn.o",
    "attention_norm": "attention.LayerNorm",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
    "output_norm": "output.LayerNorm",
}


@final
class Distances(nn.Module):
    """The bias of every head by distance, with ``weight`` (bucket, head); it is not trained."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(_BUCKETS, heads), requires_grad=False)

    def forward(self, position_ids: Tensor) -> Tensor:
        """Return the bias, of shape (sequence, head, reading token, token read)."""
        ahead = position_ids[:, None, :] - position_ids[:, :, None]
        return self.weight[bucket(ahead)].permute(0, 3, 1, 2)


def bucket(ahead: Tensor) -> Tensor:
    """Return the bucket of a distance: half of them for either side, wider the farther away."""
    half = _BUCKETS // 2
    exact = half // 2
    far = ahead.abs()
    wide = (far.clamp(min=1) / exact).log() / math.log(_FARTHEST / exact) * (half - exact)
    own = torch.where(far < exact, far, (exact + wide.long()).clamp(max=half - 1))
    return own + half * (ahead > 0).long()


def load_mpnet(path: Path, *, shape: Shape = MPNET, dropout: float = 0.1) -> OnePassNetwork:
    """Start a teacher from the weights of an MPNet encoder; the answer head starts at random."""
    network = OnePassNetwork(shape, dropout, Distances(shape.heads))
    base, own = load_file(path), network.state_dict()
    for name in own:
        if name.startswith("layers."):
            _, index, module, kind = name.split(".")
            own[name] = base[f"encoder.layer.{index}.{_NAMES[module]}.{kind}"].float()
        elif name.startswith("embeddings.LayerNorm"):
            own[name] = base[name].float()
    words = base["embeddings.word_embeddings.weight"].float()
    own["embeddings.word_embeddings.weight"] = _in_the_order_of_bert(words, shape.vocabulary)
    places = base["embeddings.position_embeddings.weight"].float()
    own["embeddings.position_embeddings.weight"] = places[_PADDED : _PADDED + shape.positions]
    own["embeddings.token_type_embeddings.weight"].zero_()
    own["distances.weight"] = base["encoder.relative_attention_bias.weight"].float()
    nn.init.normal_(own["pooler.weight"], std=0.02)
    nn.init.normal_(own["classifier.weight"], std=0.02)
    network.load_state_dict(own)
    return network


def _in_the_order_of_bert(words: Tensor, size: int) -> Tensor:
    ordered = words[_FIRST : _FIRST + size].clone()
    for place, stands in _MARKERS.values():
        ordered[place] = words[stands]
    return ordered
