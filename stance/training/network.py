"""What a run starts from: an ordinary BERT encoder, or a network trained before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from stance.scorers.torch_network import OnePassNetwork, Shape
from stance.training.mpnet import MPNET, Distances

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

    With fewer ``layers`` than the encoder's, every n-th from the last one is taken; with more,
    every layer is taken several times over (Gong et al. 2019).
    """
    network = OnePassNetwork(Shape(layers=layers), dropout=dropout)
    base = load_file(path)
    own, there = network.state_dict(), Shape().layers
    for name in own:
        if name.startswith("embeddings."):
            own[name] = base[bert_name(name)]
        elif name.startswith("layers."):
            _, index, rest = name.split(".", 2)
            own[name] = base[
                bert_name(f"layers.{-(-(int(index) + 1) * there // layers) - 1}.{rest}")
            ]
    nn.init.normal_(own["pooler.weight"], std=0.02)
    nn.init.normal_(own["classifier.weight"], std=0.02)
    network.load_state_dict(own)
    return network


def load_trained(path: Path, *, dropout: float = 0.0) -> OnePassNetwork:
    """Load a network that was trained by this package, of whatever family and depth."""
    state = {name: value.float() for name, value in load_file(path).items()}
    distances = Distances(MPNET.heads) if "distances.weight" in state else None
    shape = Shape() if distances is None else MPNET
    words, places = (state[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position"))
    shape = replace(
        shape,
        layers=1 + max(int(n.split(".")[1]) for n in state if n.startswith("layers.")),
        width=words.shape[1],
        inner=len(state["layers.0.intermediate.bias"]),
        positions=len(places),
    )
    network = OnePassNetwork(shape, dropout, distances)
    network.load_state_dict(state)
    return network
