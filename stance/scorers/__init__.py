"""Scorers answer questions and decide nothing: the protocol, and the table of backends."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from types import FunctionType
from typing import Protocol, cast

from stance.errors import ConfigError
from stance.records import LogProbs, Question


class Scorer(Protocol):
    """Whatever answers questions with natural-log probabilities of entailment.

    An answer depends on its own premise and hypothesis only: never on the other questions of a
    call, their order, or the size of a batch.
    """

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same question could get another answer."""

    @property
    def has_contradiction(self) -> bool:
        """False for a two-class model, which gives neutral and contradiction the same value."""

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return one array a question, in order: float32 of shape (hypothesis, 3).

        The columns are the natural-log probabilities of entailment, neutral and contradiction.
        """

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many of the premises are longer than what the scorer reads."""


_BACKENDS = {
    "bundled": ("stance.scorers.bundled", "load_bundled"),
    "bundled_torch": ("stance.scorers.torch_bundled", "load_bundled_torch"),
    "embedding": ("stance.scorers.embedding", "load_embedding"),
    "fusion": ("stance.scorers.fusion", "load_fusion"),
    "lexical": ("stance.scorers.lexical", "load_lexical"),
    "onnx": ("stance.scorers.onnx_folder", "load_onnx"),
    "transformers": ("stance.scorers.hub", "load_transformers"),
}


def backends() -> tuple[str, ...]:
    """Return the names of the backends."""
    return tuple(_BACKENDS)


def load_scorer(backend: str = "bundled", **options: object) -> Scorer:
    """Load a backend by name; its module is imported only now.

    Args:
        backend: One of `backends`.
        **options: What the backend's own loader takes, for instance ``threads=2``.

    Raises:
        ConfigError: There is no such backend, or it takes no such option, or needs one.
        ScorerError: The model cannot be loaded.
    """
    load = _loader(backend)
    accepted = options_of(backend)
    for option in options:
        if option not in accepted:
            raise ConfigError(
                f"the {backend} scorer has no option {option!r}; it takes {', '.join(accepted)}"
            )
    for needed in accepted:
        if needed not in options and needed not in (load.__kwdefaults__ or {}):
            raise ConfigError(f"the {backend} scorer needs the option {needed!r}")
    return cast("Scorer", load(**options))


def options_of(backend: str) -> tuple[str, ...]:
    """Return the names of the options that the loader of a backend takes.

    Raises:
        ConfigError: There is no such backend.
    """
    code = _loader(backend).__code__
    return code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]


def _loader(backend: str) -> FunctionType:
    if backend not in _BACKENDS:
        near = get_close_matches(backend, _BACKENDS, n=1) or _BACKENDS
        raise ConfigError(f"unknown scorer {backend!r} (did you mean {' or '.join(near)}?)")
    module, name = _BACKENDS[backend]
    return cast("FunctionType", getattr(import_module(module), name))
