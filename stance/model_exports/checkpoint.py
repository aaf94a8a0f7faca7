"""A checkpoint of transformers: opened, asked in float32, written as an ONNX graph."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float32

from stance.errors import MissingExtraError, ScorerError
from stance.records import Question
from stance.scorers.onnx_folder import PairScorer, columns_of, pair_encoder
from stance.scorers.pairs import PairInputs
from stance.scorers.progress_bars import no_progress_bars

OPSET = 17
_DUMMY = [Question("The talks went on for a second day.", ("It is about talks.", "No."))]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """An opened checkpoint: its name, commit on the hub, configuration, network and tokenizer."""

    name: str
    revision: str | None
    config: dict[str, Any]
    network: Any
    tokenizer: Any

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that the network reads."""
        typed = "token_type_ids" in self.tokenizer.model_input_names
        if typed and self.config.get("type_vocab_size", 0) > 1:
            return ("input_ids", "attention_mask", "token_type_ids")
        return ("input_ids", "attention_mask")


def open_checkpoint(model: str) -> Checkpoint:
    """Open a sequence classifier in float32; only safetensors, never code that came with it.

    Args:
        model: A local folder, ``ORG/NAME`` or ``ORG/NAME@REVISION``.

    Raises:
        ScorerError: It cannot be loaded.
        MissingExtraError: torch or transformers is not installed.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtraError("exporting a model", "hf,onnx") from error
    place, _, revision = (model, "", "") if Path(model).is_dir() else model.partition("@")
    options: dict[str, Any] = {"revision": revision or None, "trust_remote_code": False}
    try:
        with no_progress_bars():
            tokenizer = transformers.AutoTokenizer.from_pretrained(place, **options)
            network = transformers.AutoModelForSequenceClassification.from_pretrained(
                place,
                **options,
                use_safetensors=True,
                dtype=torch.float32,
                attn_implementation="eager",
            )
    except Exception as error:  # transformers raises whatever its parts do
        reason = " ".join(str(error).split())[:200]
        raise ScorerError(
            f"{model}: cannot be loaded as a sequence classifier with safetensors weights: {reason}"
        ) from error
    config = network.config
    return Checkpoint(
        model,
        getattr(config, "_commit_hash", None),
        config.to_dict(),
        network.eval(),
        tokenizer,
    )


def write_float32(checkpoint: Checkpoint, folder: Path) -> None:
    """Write ``model.onnx`` in float32, ``config.json`` and the tokenizer's files.

    Raises:
        ScorerError: The network cannot be exported, or the tokenizer is not a fast one.
    """
    checkpoint.tokenizer.save_pretrained(folder)
    checkpoint.network.config.save_pretrained(folder)
    encoder = pair_encoder(folder, checkpoint.config)
    inputs = encoder.collate(encoder.pairs(_DUMMY))
    _export(checkpoint, inputs, folder / "model.onnx")


def torch_scorer(checkpoint: Checkpoint, folder: Path, labels: Sequence[str] = ()) -> PairScorer:
    """Return a scorer that asks torch pair by pair, without padding, in float32."""
    import torch

    names = checkpoint.inputs

    @torch.inference_mode()
    def run(inputs: PairInputs) -> Float32[np.ndarray, "pair label"]:
        given = {name: torch.from_numpy(inputs[name]) for name in names}
        logits: np.ndarray = checkpoint.network(**given).logits.numpy()
        return logits

    columns = columns_of(checkpoint.config, labels, place=checkpoint.name)
    return PairScorer(
        run, pair_encoder(folder, checkpoint.config), columns, "torch:in-memory", tokens=1
    )


def _export(checkpoint: Checkpoint, inputs: PairInputs, path: Path) -> None:
    import torch

    names = checkpoint.inputs
    network = _logits_of(checkpoint.network, names)
    axes: dict[str, dict[int, str]] = {name: {0: "batch", 1: "token"} for name in names}
    try:
        # Tracing warns of shapes taken for constants; the comparison that follows sees them.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network,
                tuple(torch.from_numpy(inputs[name]) for name in names),
                str(path),
                input_names=list(names),
                output_names=["logits"],
                dynamic_axes={**axes, "logits": {0: "batch"}},
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:  # the exporter raises whatever the network does
        reason = " ".join(str(error).split())[:200]
        raise ScorerError(f"{checkpoint.name}: cannot be exported to ONNX: {reason}") from error


def _logits_of(network: Any, names: tuple[str, ...]) -> Any:
    import torch

    class Logits(torch.nn.Module):
        """Takes the inputs by place and gives the logits alone."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            given = dict(zip(names, inputs, strict=True))
            return self.network(**given, return_dict=True).logits  # type: ignore[no-any-return]

    return Logits().eval()
