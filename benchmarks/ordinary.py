"""The weights of the shipped model as an ordinary sequence classifier of `transformers`."""

from __future__ import annotations

from pathlib import Path

from stance.scorers.bundled import MODELS
from stance.zero_shot_pipeline import write_classifier


def write_ordinary(folder: Path) -> None:
    """Write the model to a folder that ``transformers.pipeline`` loads; float32, full attention."""
    write_classifier(MODELS / "mini", folder)
