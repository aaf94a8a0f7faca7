"""A checkpoint → its network and tokenizer, checked; the one module that imports transformers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from typing import Any, final

from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from stance.errors import ScorerError
from stance.scorers.hub_loading import Source
from stance.scorers.pairs import MOST, NO_LIMIT


@final
@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A network in evaluation mode, its tokenizer, and the most tokens of a pair, markers too."""

    network: Any
    tokenizer: Any
    inputs: tuple[str, ...]
    most: int


def read_config(source: Source) -> Any:
    """Return the config of a checkpoint.

    Raises:
        ScorerError: It cannot be read, or needs code of its own.
    """
    with _quiet():
        try:
            return AutoConfig.from_pretrained(
                source.folder, local_files_only=True, trust_remote_code=False
            )
        except Exception as error:  # transformers raises bare exceptions
            raise ScorerError(_fault(source, error)) from error


def load_checkpoint(source: Source, config: Any) -> Checkpoint:
    """Load the float32 network and the tokenizer of a checkpoint.

    Raises:
        ScorerError: They cannot be loaded, or weights of the classifier are missing.
    """
    options = {"local_files_only": True, "trust_remote_code": False}
    with _quiet():
        try:
            tokenizer = AutoTokenizer.from_pretrained(source.folder, **options)
            network, report = AutoModelForSequenceClassification.from_pretrained(
                source.folder,
                config=config,
                use_safetensors=True,
                output_loading_info=True,
                **options,
            )
        except Exception as error:  # transformers raises bare exceptions
            raise ScorerError(_fault(source, error)) from error
    missing = sorted({*report["missing_keys"], *map(str, report["mismatched_keys"])})
    if missing:
        raise ScorerError(
            f"{source.place}: has no weights for {missing[0]} (and {len(missing) - 1} more), so "
            "its answers would be random; name a model trained on natural language inference"
        )
    accepted = signature(network.forward).parameters
    inputs = tuple(name for name in tokenizer.model_input_names if name in accepted)
    network = network.float().eval().requires_grad_(False)
    return Checkpoint(network, tokenizer, inputs, _most_tokens(network, tokenizer))


def _most_tokens(network: Any, tokenizer: Any) -> int:
    """Return what the tokenizer says, or the positions of the network if those are fewer."""
    limits = [tokenizer.model_max_length]
    positions = getattr(network.config, "max_position_embeddings", None)
    if positions:
        limits.append(positions - _first_position(network))
    least = min(limits)
    return MOST if least > NO_LIMIT else int(least)


def _first_position(network: Any) -> int:
    """Return how many positions come before the first token, as in RoBERTa."""
    for name, module in network.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None):
            return int(module.padding_idx) + 1
    return 0


def _fault(source: Source, error: Exception) -> str:
    said = " ".join(str(error).split())
    if "trust_remote_code" in said:
        return (
            f"{source.place}: needs Python code of its own, which stance never runs; name a model "
            "that transformers knows"
        )
    return f"{source.place}: the checkpoint cannot be loaded ({said[:200]}); check its files"


@contextmanager
def _quiet() -> Iterator[None]:
    said: Any = logging
    level, bars = said.get_verbosity(), said.is_progress_bar_enabled()
    said.set_verbosity_error()
    said.disable_progress_bar()
    try:
        yield
    finally:
        said.set_verbosity(level)
        if bars:
            said.enable_progress_bar()
