"""A float32 checkpoint → the folder of files that ships: one float16 file for torch and ONNX."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from safetensors.torch import save_file

from stance.scorers.bundled import HASHES
from stance.scorers.torch_network import OnePassNetwork
from stance.training.graph import write_graph
from stance.training.history import write_history
from stance.training.network import load_trained


def export_model(network: OnePassNetwork, tokenizer: Path, folder: Path) -> None:
    """Write ``model.safetensors`` (float16), ``model.onnx`` over it, the tokenizer and the shape.

    The hashes are written last, by `write_hashes`, over whatever lies in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    weights = folder / "model.safetensors"
    save_file(halves, weights, metadata={"format": "pt"})
    weights.chmod(0o644)
    write_graph(weights, folder / "model.onnx", network.shape)
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    shape = json.dumps(asdict(network.shape), indent=2)
    (folder / "shape.json").write_text(shape + "\n", encoding="utf-8")
    write_hashes(folder)


def export_run(run: Path, tokenizer: Path, folder: Path) -> None:
    """Write the best network of a run and its history as a model folder that can be loaded."""
    export_model(load_trained(run / "best.safetensors"), tokenizer, folder)
    write_history(run, folder)
    write_hashes(folder)


def write_hashes(folder: Path) -> None:
    """List the SHA-256 of every file of a model folder."""
    listed = {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != HASHES
    }
    (folder / HASHES).write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
