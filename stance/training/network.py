"""An ordinary BERT encoder → the one-pass network that is trained."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from stance.scorers.torch_network import OnePassNetwork, Shape

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
