"""The shipped graph in bfloat16 on OpenVINO: the fast precision of `mini`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from stance.errors import MissingExtraError, ScorerError
from stance.scorers.one_pass import Run
from stance.scorers.packing import Inputs


def open_half_precision(path: Path, threads: int) -> Run:
    """Load a graph that computes in bfloat16.

    Raises:
        MissingExtraError: OpenVINO is not installed.
        ScorerError: The processor has no bfloat16, or the graph cannot be loaded.
    """
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError("the fast precision", "fast") from error
    core: Any = openvino.Core()
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise ScorerError("this processor has no bfloat16; leave out --precision fast")
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
    }
    try:
        request = core.compile_model(str(path), "CPU", settings).create_infer_request()
    except Exception as error:  # the library raises bare exceptions
        raise ScorerError(f"{path}: the model cannot be loaded: {error}") from error

    def run(inputs: Inputs) -> Float32[np.ndarray, "sequence answer 3"]:
        log_probs: np.ndarray = request.infer(inputs, share_inputs=True)[0]
        return log_probs.copy()

    return run
