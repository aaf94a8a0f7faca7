"""A transformers checkpoint → a folder for the ``onnx`` backend, checked before it is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from stance import runs
from stance.model_exports.checkpoint import open_checkpoint, torch_scorer, write_float32
from stance.model_exports.examples import Examples, of_codebook
from stance.model_exports.parity import Parity, check_parity, compare
from stance.model_exports.precision import PRECISIONS, convert
from stance.scorers.onnx_folder import columns_of, unchecked

__all__ = ["PRECISIONS", "Examples", "Parity", "export_model"]

PARITY = "parity.json"


def export_model(
    model: str | Path,
    target: str | Path,
    *,
    precision: str = "float32",
    examples: Examples | None = None,
    labels: Sequence[str] = (),
) -> Parity:
    """Export a sequence classifier of entailment to a folder in the layout of optimum.

    The folder is written only if the exported file holds what was asked of it: its scores do not
    depend on the batch, in float32 they are those of torch, and on labelled examples macro-F1 moves
    by at most 0.01. ``parity.json`` in the folder says how far it is from torch in float32.

    Args:
        model: A local folder, or ``ORG/NAME`` or ``ORG/NAME@REVISION`` of a hub; safetensors only.
        target: The folder to write.
        precision: One of `PRECISIONS`.
        examples: What the two are compared on; the shipped codebook's own texts by default.
        labels: Names of the columns where ``id2label`` says nothing (see
            `stance.scorers.entailment_labels.entailment_columns`).

    Raises:
        ScorerError: The checkpoint cannot be used, or the exported file is refused.
        DataError: The folder cannot be written.
        MissingExtraError: torch, transformers or onnx is not installed.
    """
    folder = Path(target)
    runs.check_target(folder)
    checkpoint = open_checkpoint(str(model))
    columns_of(checkpoint.config, labels, place=checkpoint.name)
    given = examples or of_codebook()
    found: list[Parity] = []

    def write(fresh: Path) -> None:
        write_float32(checkpoint, fresh)
        reference = torch_scorer(checkpoint, fresh, labels)
        convert(fresh / "model.onnx", precision)
        open_written = partial(unchecked, fresh, labels=labels)
        parity = compare(reference, open_written, given, precision=precision)
        check_parity(parity, checkpoint.name)
        found.append(parity)
        _describe(fresh, checkpoint.name, checkpoint.revision, parity)

    runs.save_folder(folder, write)
    return found[0]


def _describe(folder: Path, name: str, revision: str | None, parity: Parity) -> None:
    text = json.dumps(asdict(parity), indent=2) + "\n"
    (folder / PARITY).write_text(text, encoding="utf-8")
    manifest: dict[str, Any] = {
        "kind": "model",
        "status": "success",
        "source": {"model": name, "revision": revision},
        "precision": parity.precision,
        "versions": runs.versions(),
    }
    runs.write_manifest(folder, manifest)
