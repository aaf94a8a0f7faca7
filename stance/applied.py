"""Which calibration an analysis applies: the model's own, with the user's frames over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stance.calibration import IDENTITY, Calibration, load_calibration, read_calibration
from stance.codebooks import Codebook
from stance.runs import file_hash
from stance.scorers import Scorer


def applied_calibration(
    model: str, scorer: Scorer, book: Codebook, own: str | Path | None
) -> Calibration:
    """Return the calibration of a model, with the frames of the file ``own`` in place of its own.

    A shipped model has one beside its weights. Any other has none, and its log-odds are left as
    they are.

    Raises:
        ConfigError: The file is not a calibration, or is of another scorer or other wordings.
    """
    base = IDENTITY
    if scorer.fingerprint.startswith("bundled:"):
        from stance.scorers.bundled import MODELS

        path = (MODELS / model if model == "mini" else Path(model)) / "calibration.json"
        base = load_calibration(path, scorer.fingerprint) if path.is_file() else IDENTITY
    if own is None:
        return base
    found = read_calibration(Path(own))
    wordings = {name: frame.hypotheses for name, frame in book.frames.items()}
    found.check_fits(book.name, wordings, scorer.fingerprint)
    return found.over(base)


def calibration_entry(own: str | Path | None, calibration: Calibration) -> dict[str, Any]:
    """Return what the manifest says: the user's file, and the labels that were fitted on."""
    file = {} if own is None else {"file": str(own), "sha256": file_hash(Path(own))}
    state = "uncalibrated" if calibration == IDENTITY else "calibrated"
    return {
        **file,
        "state": state,
        "fitted_on": [labels.model_dump() for labels in calibration.fitted_on],
    }
