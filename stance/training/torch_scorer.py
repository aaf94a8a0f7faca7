"""A scorer over a network in memory: what the shipped file is compared with."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float32

from stance.scorers.one_pass import OnePassScorer
from stance.scorers.packing import Inputs, Packer
from stance.training.network import OnePassNetwork


def torch_scorer(network: OnePassNetwork, packer: Packer) -> OnePassScorer:
    """Return a float32 scorer; it follows the network when that is trained further."""

    @torch.inference_mode()
    def run(inputs: Inputs) -> Float32[np.ndarray, "sequence answer 3"]:
        network.eval()
        logits = network(**{name: torch.from_numpy(array) for name, array in inputs.items()})
        log_probs: np.ndarray = torch.log_softmax(logits, dim=-1).numpy()
        return log_probs

    return OnePassScorer(run, packer, "torch:in-memory")
