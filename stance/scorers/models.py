"""What ``model`` may be, and the backend that each name is loaded by."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import cast, final

from stance.codebooks import Codebook
from stance.errors import ConfigError
from stance.runs import file_hash
from stance.scorers import Scorer, load_scorer, options_of

SHIPPED = ("mini", "lexical")
"""The shipped model, and counting the terms of the codebook."""

_WEIGHT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\*")
_HUB = re.compile(r"\w[\w.-]*/\w[\w.-]*(@(?!\S*\.\.)[\w./-]+)?", re.ASCII)
_ASSETS = Path(__file__).parent.parent / "assets" / "models"
_HARMLESS = {"threads": 0, "precision": "exact", "device": "cpu", "dtype": "float32"}


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
    if os.path.isdir(text):  # noqa: PTH112 - False for a name that is too long
        return ModelName(text, _backend_of(Path(text)), {"model": text})
    if _HUB.fullmatch(text):
        return ModelName(text, "transformers", {"model": text})
    near = get_close_matches(text, SHIPPED, n=1)
    raise ConfigError(
        f"unknown model {text!r} (did you mean {near[0]}?)"
        if near
        else f"unknown model {text!r}; name {', '.join(SHIPPED)}, a folder that is there, "
        "ORG/NAME of a hub, embedding:NAME or fusion:A+B"
    )


def _fused(text: str) -> dict[str, object]:
    first, _, second = text.partition("+")
    weight = _WEIGHT.match(second)
    if weight is None:
        return {"models": (first, second)}
    return {"models": (first, second[weight.end() :]), "weight": float(weight[1])}


def _weighted(part: str) -> tuple[str, str]:
    """Return the weight of a part of a fusion, with its sign, and the part."""
    weight = _WEIGHT.match(part)
    return ("", part) if weight is None else (weight[0], part[weight.end() :])


def _backend_of(folder: Path) -> str:
    if (folder / "shape.json").is_file():
        return "bundled"
    nested = (folder / "onnx" / "model.onnx").is_file() and not any(folder.glob("*.safetensors"))
    return "onnx" if nested or any(folder.glob("*.onnx")) else "transformers"


def located(text: str, folder: Path) -> str:
    """Return a model's name for use from here, where a path in it is relative to ``folder``."""
    kind, colon, rest = text.partition(":")
    if colon and kind in ("embedding", "fusion"):
        parts = [_weighted(part) for part in rest.split("+")]
        return f"{kind}:{'+'.join(weight + located(part, folder) for weight, part in parts)}"
    there = os.path.normpath(folder / text)
    return there if text not in SHIPPED and Path(there).is_dir() else text


def file_name(text: str) -> str:
    """Return what a model is called in the names of folders."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")


def model_key(text: str) -> list[str]:
    """Return what changes with the files of a model; one of a hub is fetched if it must be.

    Raises:
        ConfigError: There is no such model.
        ScorerError: It cannot be found.
    """
    kind, colon, rest = text.partition(":")
    if colon and kind in ("embedding", "fusion"):
        parts = [_weighted(part) for part in rest.split("+")]
        return [kind, *(key for weight, part in parts for key in (weight, *model_key(part)))]
    name = parse_model(text)
    folder = _ASSETS / text if text in SHIPPED else Path(text)
    if text in SHIPPED or name.backend != "transformers":
        listed = folder.glob("*.json" if name.backend == "bundled" else "*")
        return [name.backend, *(file_hash(path) for path in sorted(listed) if path.is_file())]
    find_source = import_module("stance.scorers.hub_loading").find_source
    return [name.backend, str(find_source(text).identity)]


def open_model(
    text: str,
    codebook: Codebook,
    *,
    threads: int = 0,
    precision: str = "exact",
    device: str = "auto",
    dtype: str = "auto",
    labels: Sequence[str] = (),
) -> Scorer:
    """Load the scorer of a model's name.

    Args:
        text: The name (see `parse_model`).
        codebook: Whose terms ``lexical`` counts.
        threads: Threads of the model; 0 takes one a core.
        precision: ``exact`` or, for ``mini`` on a CPU, ``fast`` (`load_bundled`).
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        dtype: ``auto``, ``float32``, ``bfloat16`` or ``float16``.
        labels: What the columns of a checkpoint are, where its own names do not say.

    Raises:
        ConfigError: There is no such model, or it cannot be asked for one of these.
        ScorerError: It cannot be loaded.
    """
    name = parse_model(text)
    asked = {
        "threads": threads,
        "precision": precision,
        "device": device,
        "dtype": dtype,
        "labels": tuple(labels),
    }
    if name.backend == "fusion":
        parts = cast("tuple[str, str]", name.options["models"])
        both = tuple(
            open_model(part, codebook, threads=threads, device=device, dtype=dtype, labels=labels)
            for part in parts
        )
        return load_scorer("fusion", **{**name.options, "models": both})
    fast = precision == "fast"
    backend = _placed(name.backend, "cpu" if fast and device == "auto" else device, dtype)
    taken = options_of(backend)
    options = {option: value for option, value in asked.items() if option in taken}
    for option in asked.keys() - options.keys():
        if asked[option] not in ("auto", (), _HARMLESS.get(option)) and option != "threads":
            raise ConfigError(
                f"--{option} {_shown(asked[option])}: the model {text} has no choice of {option}; "
                "leave it out"
            )
    own = {"codebook": codebook} if backend == "lexical" else {}
    return load_scorer(backend, **name.options, **own, **options)


def _placed(backend: str, device: str, dtype: str) -> str:
    """Return the backend that computes there: on a CPU the shipped model stays on onnxruntime."""
    if backend != "bundled" or (device == "cpu" and dtype in ("auto", "float32")):
        return backend
    plain = device == "auto" and dtype in ("auto", "float32")
    return "bundled" if plain and not _may_accelerate() else "bundled_torch"


def _may_accelerate() -> bool:
    """Return whether torch could find a GPU here, without importing it."""
    if find_spec("torch") is None:
        return False
    drivers = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
    return sys.platform in ("darwin", "win32") or any(Path(name).exists() for name in drivers)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else ",".join(map(str, cast("Sequence[object]", value)))
