"""The shipped model on torch: the same weights and mask as on onnxruntime, for a GPU."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32

from stance.errors import MissingExtraError, ScorerError
from stance.scorers import Scorer
from stance.scorers.bundled import load_bundled, open_folder
from stance.scorers.devices import choose_device, choose_dtype, place_suffix
from stance.scorers.one_pass import OnePassScorer
from stance.scorers.packing import Inputs, Packer
from stance.scorers.placement import Placement

if TYPE_CHECKING:
    import torch

    from stance.scorers.torch_network import OnePassNetwork

TOKENS = {"cpu": 2_048, "cuda": 65_536, "mps": 16_384}
"""Most padded tokens in a batch, by device."""


def load_bundled_torch(
    *,
    model: str | Path = "mini",
    threads: int = 0,
    device: str = "auto",
    dtype: str = "auto",
    tokens: int = 0,
    most_premise: int = 384,
) -> Scorer:
    """Load a shipped model on torch; on the CPU, unless that is asked for, on onnxruntime.

    Args:
        model: Name of a shipped model, or a folder.
        threads: Threads of torch in this process; 0 leaves its own choice.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        dtype: ``auto``, ``float32``, ``bfloat16`` or ``float16``.
        tokens: Most padded tokens in a batch; 0 chooses by the device.
        most_premise: Tokens that are read of a premise, markers included (8 to 384).

    Raises:
        MissingExtraError: torch is not installed.
        ConfigError: There is no such device or dtype.
        ScorerError: As in `stance.scorers.bundled.load_bundled`.
    """
    try:
        import torch

        from stance.scorers.torch_network import Shape, load_checkpoint
    except ModuleNotFoundError as error:
        raise MissingExtraError("the shipped model on torch", "hf") from error
    place, kind = choose_device(device), choose_dtype(dtype)
    if device == "auto" and place.type == "cpu" and kind == torch.float32:
        return load_bundled(model=model, threads=threads, most_premise=most_premise)
    read = open_folder(model, most_premise)
    if threads:
        torch.set_num_threads(threads)
    path = read.folder / "shape.json"
    try:
        shape = Shape(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise ScorerError(f"{path}: cannot be read as sizes of a network: {error}") from error
    network = load_checkpoint(read.folder / "model.safetensors", shape=shape)
    return torch_scorer(
        network,
        read.packer,
        read.fingerprint + place_suffix(place, kind),
        device=place,
        dtype=kind,
        tokens=tokens or TOKENS[place.type],
    )


def torch_scorer(
    network: OnePassNetwork,
    packer: Packer,
    fingerprint: str = "torch:in-memory",
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    tokens: int = 512,
) -> OnePassScorer:
    """Return a scorer over a network in memory; it follows it when that is trained further."""
    import torch

    kind = torch.float32 if dtype is None else dtype
    network.to(device, kind)

    @torch.inference_mode()
    def run(inputs: Inputs) -> Float32[np.ndarray, "sequence answer 3"]:
        network.eval()
        arrays = {name: torch.from_numpy(array).to(device) for name, array in inputs.items()}
        logits = network.answer(**arrays).float()
        log_probs: np.ndarray = torch.log_softmax(logits, dim=-1).cpu().numpy()
        return log_probs

    placement = Placement(torch.device(device).type, str(kind).removeprefix("torch."))
    return OnePassScorer(
        run,
        packer,
        fingerprint,
        tokens=tokens,
        placement=placement,
        exhausted=(torch.cuda.OutOfMemoryError,),
    )
