"""The shipped model on onnxruntime: one pass a sentence, no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float32
from tokenizers import Tokenizer

from stance.errors import ScorerError
from stance.scorers.blocks import arrange
from stance.scorers.one_pass import OnePassScorer
from stance.scorers.packing import Inputs, Limits, Packer
from stance.scorers.placement import Placement
from stance.scorers.sessions import cores, open_session

MODELS = Path(__file__).parent.parent / "assets" / "models"
HASHES = "sha256.json"
PRECISIONS = ("exact", "fast")
_READ_BY_SCORER = ("model.onnx", "model.safetensors", "tokenizer.json")


def load_bundled(
    *,
    model: str | Path = "mini",
    threads: int = 0,
    tokens: int = 256,
    most_premise: int = 384,
    precision: str = "exact",
) -> OnePassScorer:
    """Load a shipped model, or one of the same format from a folder, after checking its hashes.

    Args:
        model: Name of a shipped model, or a folder.
        threads: Threads that compute; 0 takes one a core that this process may use.
        tokens: Most tokens in a batch; memory and speed depend on it, answers do not.
        most_premise: Tokens that are read of a premise, markers included (8 to 384).
        precision: ``exact`` computes in float32; ``fast`` in bfloat16, one sentence at a time,
            where the processor has it (extra ``fast``).

    Raises:
        ScorerError: A file is missing or is not the one that was shipped, or an option is out of
            range, or this processor cannot compute in bfloat16.
        MissingExtraError: ``fast`` needs a library that is not installed.
    """
    if precision not in PRECISIONS:
        raise ScorerError(f"precision is {precision!r}; it must be {' or '.join(PRECISIONS)}")
    read = open_folder(model, most_premise)
    graph = read.folder / "model.onnx"
    if precision == "fast":
        return _fast(read, graph, threads or cores())
    session = open_session(graph, place=read.folder, threads=threads)

    def run(inputs: Inputs) -> Float32[np.ndarray, "sequence answer 3"]:
        log_probs: np.ndarray = session.run(["log_probs"], inputs)[0]
        return log_probs

    return OnePassScorer(run, read.packer, read.fingerprint, tokens=tokens, arrange=arrange)


def _fast(read: OpenFolder, graph: Path, threads: int) -> OnePassScorer:
    """One sentence a pass, and never a product with one row: both would round differently."""
    from stance.scorers.half_precision import open_half_precision

    return OnePassScorer(
        open_half_precision(graph, threads),
        read.packer,
        f"{read.fingerprint}:bfloat16",
        tokens=1,
        arrange=partial(arrange, answers=2),
        placement=Placement("cpu", "bfloat16"),
    )


@final
@dataclass(frozen=True, slots=True, eq=False)
class OpenFolder:
    """The folder of a shipped model after its hashes were checked, and what reads texts for it."""

    folder: Path
    packer: Packer
    fingerprint: str


def open_folder(model: str | Path, most_premise: int) -> OpenFolder:
    """Check a shipped model, or one of the same format in a folder, and open its tokenizer.

    Raises:
        ScorerError: A file is missing or is not the one that was shipped, or ``most_premise`` is
            out of range.
    """
    folder = Path(model) if Path(model).is_dir() else MODELS / str(model)
    limits = Limits(premise=most_premise)
    if not 8 <= most_premise <= Limits().premise:
        raise ScorerError(f"most_premise is {most_premise}; it must be from 8 to 384 tokens")
    hashes = verify_model(folder)
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises bare exceptions
        raise ScorerError(f"{folder}: the model cannot be loaded: {error}") from error
    read = sha256("".join(hashes[name] for name in _READ_BY_SCORER).encode()).hexdigest()[:32]
    fingerprint = f"bundled:{read}:premise={limits.premise}"
    return OpenFolder(folder, Packer(tokenizer, limits), fingerprint)


def verify_model(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a model after comparing them with the files.

    Raises:
        ScorerError: A file is missing, unreadable, unlisted or has another hash.
    """
    listed = _read_hashes(folder / HASHES)
    for name in sorted({*listed, *_READ_BY_SCORER}):
        try:
            found = sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise ScorerError(f"{folder / name}: cannot be read; install stance again") from error
        if listed.get(name) != found:
            raise ScorerError(
                f"{folder / name}: SHA-256 is {found[:12]}…, not {str(listed.get(name))[:12]}… as "
                f"listed in {HASHES}; install stance again"
            )
    return listed


def _read_hashes(path: Path) -> dict[str, str]:
    try:
        listed: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ScorerError(f"{path}: cannot be read as a list of hashes: {error}") from error
    if not isinstance(listed, dict):
        raise ScorerError(f"{path}: is not a mapping of file names to hashes; install stance again")
    for name in listed:
        if Path(name).name != name:
            raise ScorerError(f"{path}: lists {name!r}, which is no file of its folder; mend it")
    return {str(name): str(value) for name, value in listed.items()}
