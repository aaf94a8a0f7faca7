"""Opening an ONNX file on onnxruntime."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from stance.errors import ScorerError


def open_session(
    model: Path | bytes, *, place: Path, threads: int = 0, entries: Mapping[str, str] | None = None
) -> Any:
    """Return an onnxruntime session on the CPU.

    Args:
        model: A file, or the content of one.
        place: The model, for messages.
        threads: Threads of onnxruntime; 0 takes one a core that this process may use.
        entries: Further entries of the session's configuration.

    Raises:
        ScorerError: It cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores()
    options.log_severity_level = 3
    for key, value in (entries or {}).items():
        options.add_session_config_entry(key, value)
    source = model if isinstance(model, bytes) else str(model)
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises bare exceptions
        reason = " ".join(str(error).split())
        raise ScorerError(f"{place}: the model cannot be loaded: {reason}") from error


def cores() -> int:
    """Return how many cores this process may use, which a container or a scheduler may limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
