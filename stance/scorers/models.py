"""What ``model`` may be, and the backend that each name is loaded by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, final

from stance.codebooks import Codebook
from stance.errors import ConfigError
from stance.scorers import Scorer, load_scorer

SHIPPED = ("mini", "lexical")
"""The shipped model, and counting the terms of the codebook."""

_WEIGHT = re.compile(r"(\d*\.?\d+)\*")
_HUB = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


@final
@dataclass(frozen=True, slots=True)
class ModelName:
    """A model as a user names it, the backend it is loaded by, and the loader's options."""

    text: str
    backend: str
    options: Mapping[str, object] = field(default_factory=dict)


def parse_model(text: str) -> ModelName:
    """Return the backend and options that the name of a model stands for.

    ``mini`` and ``lexical`` are shipped. ``embedding:NAME`` asks the embeddings of a model,
    ``fusion:A+B`` adds the log-odds of two models, ``fusion:A+0.2*B`` with a weight of B. A folder
    is what its files say: a model exported by ``stance models export`` or one in the shipped
    format, or a checkpoint for transformers.
    ``ORG/NAME`` and ``ORG/NAME@REVISION`` are models of a hub.

    Raises:
        ConfigError: The name can be none of these.
    """
    if text == "mini":
        return ModelName(text, "bundled")
    if text == "lexical":
        return ModelName(text, "lexical")
    kind, colon, rest = text.partition(":")
    if colon and kind == "embedding" and rest:
        return ModelName(text, "embedding", {"model": rest})
    if colon and kind == "fusion" and "+" in rest:
        return ModelName(text, "fusion", _fused(rest))
    if Path(text).is_dir():
        return ModelName(text, _backend_of(Path(text)), {"model": text})
    if _HUB.fullmatch(text):
        return ModelName(text, "transformers", {"model": text})
    raise ConfigError(
        f"unknown model {text!r}; name {', '.join(SHIPPED)}, a folder, ORG/NAME of a hub, "
        "embedding:NAME or fusion:A+B"
    )


def _fused(text: str) -> dict[str, object]:
    first, _, second = text.partition("+")
    weight = _WEIGHT.match(second)
    if weight is None:
        return {"models": (first, second)}
    return {"models": (first, second[weight.end() :]), "weight": float(weight[1])}


def _backend_of(folder: Path) -> str:
    if (folder / "shape.json").is_file():
        return "bundled"
    nested = (folder / "onnx" / "model.onnx").is_file() and not any(folder.glob("*.safetensors"))
    return "onnx" if nested or any(folder.glob("*.onnx")) else "transformers"


def open_model(text: str, codebook: Codebook, *, threads: int = 0) -> Scorer:
    """Load the scorer of a model's name.

    Raises:
        ConfigError: There is no such model.
        ScorerError: It cannot be loaded.
    """
    name = parse_model(text)
    if name.backend == "lexical":
        return load_scorer("lexical", codebook=codebook)
    if name.backend == "fusion":
        parts = cast("tuple[str, str]", name.options["models"])
        both = tuple(open_model(part, codebook, threads=threads) for part in parts)
        return load_scorer("fusion", **{**name.options, "models": both})
    return load_scorer(name.backend, **name.options, threads=threads)
