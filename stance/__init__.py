"""Measure how news is framed: tagged sentences, framing profiles, intervals."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stance.analysis import Analysis
    from stance.codebooks import Codebook, load_codebook
    from stance.comparison import Comparison, compare
    from stance.engine import analyze_corpus
    from stance.errors import StanceError
    from stance.experiment import analyze
    from stance.runner import Run, run
    from stance.scorers import Scorer, load_scorer

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "Codebook",
    "Comparison",
    "Run",
    "Scorer",
    "StanceError",
    "__version__",
    "analyze",
    "analyze_corpus",
    "compare",
    "load_codebook",
    "load_scorer",
    "run",
]

_HOMES = {
    "Analysis": "analysis",
    "Codebook": "codebooks",
    "Comparison": "comparison",
    "Run": "runner",
    "Scorer": "scorers",
    "StanceError": "errors",
    "analyze": "experiment",
    "analyze_corpus": "engine",
    "compare": "comparison",
    "load_codebook": "codebooks",
    "load_scorer": "scorers",
    "run": "runner",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'stance' has no attribute {name!r}")
    return getattr(import_module(f"stance.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
