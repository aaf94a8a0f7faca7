"""What is optimised how: groups of parameters with their own rates, and averaged weights."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from stance.scorers.torch_network import OnePassNetwork


def adam_w(
    network: OnePassNetwork, *, rate: float, decay: float, layer_decay: float
) -> torch.optim.AdamW:
    """Return AdamW over what a network trains; matrices alone have weight decay.

    Every group has a ``scale`` of its rate: 1 for the answer head, ``layer_decay`` to the power of
    how many layers lie above for the rest (layer-wise decay, Howard & Ruder 2018).
    """
    grouped: defaultdict[tuple[float, bool], list[nn.Parameter]] = defaultdict(list)
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        scale = layer_decay ** _layers_above(name, network.shape.layers)
        grouped[scale, parameter.ndim > 1].append(parameter)
    groups: list[dict[str, Any]] = [
        {"params": own, "weight_decay": decay if matrices else 0.0, "scale": scale}
        for (scale, matrices), own in grouped.items()
    ]
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def _layers_above(name: str, layers: int) -> int:
    if name.startswith("embeddings."):
        return layers
    return layers - 1 - int(name.split(".")[1]) if name.startswith("layers.") else 0


def averaged(network: OnePassNetwork, decay: float) -> AveragedModel:
    """Return an exponential moving average of the weights of a network (Polyak averaging)."""
    update = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(network, multi_avg_fn=update)
