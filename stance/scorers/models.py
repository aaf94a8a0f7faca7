"""What ``model`` may be, and the backend that each name is loaded by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

from stance.codebooks import Codebook
from stance.errors import ConfigError
from stance.scorers import Scorer, load_scorer

SHIPPED = ("mini", "lexical")
"""The shipped model, and counting the terms of the codebook."""

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
    ``fusion:A+B`` adds the log-odds of two models. A folder is what its files say: a model exported
    by ``stance models export`` or one in the shipped format, or a checkpoint for transformers.
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
        return ModelName(text, "fusion", {"models": tuple(rest.split("+"))})
    if Path(text).is_dir():
        return ModelName(text, _backend_of(Path(text)), {"model": text})
    if _HUB.fullmatch(text):
        return ModelName(text, "transformers", {"model": text})
    raise ConfigError(
        f"unknown model {text!r}; name {', '.join(SHIPPED)}, a folder, ORG/NAME of a hub, "
        "embedding:NAME or fusion:A+B"
    )


def _backend_of(folder: Path) -> str:
    if (folder / "shape.json").is_file():
        return "bundled"
    return "onnx" if any(folder.glob("*.onnx")) else "transformers"


def open_model(
    text: str, codebook: Codebook, *, threads: int = 0, precision: str = "exact"
) -> Scorer:
    """Load the scorer of a model's name; ``precision`` is ``exact`` or, for ``mini``, ``fast``.

    Raises:
        ConfigError: There is no such model, or it has no such precision.
        ScorerError: It cannot be loaded.
    """
    name = parse_model(text)
    if precision != "exact":
        if name.backend != "bundled":
            raise ConfigError(f"--precision {precision} is of mini; {text} has none, leave it out")
        name = replace(name, options={**name.options, "precision": precision})
    if name.backend == "lexical":
        return load_scorer("lexical", codebook=codebook)
    return load_scorer(name.backend, **name.options, threads=threads)
