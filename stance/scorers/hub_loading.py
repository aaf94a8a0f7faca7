"""Where a checkpoint lies: a local folder, the cache of the hub's client, or the hub, fetched once.

What the cache holds is used as it is, without a question to the network: a run never changes
because a branch of the hub moved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any, final

from stance.errors import MissingExtraError, ScorerError
from stance.runs import file_hash

_READ = ("*.json", "*.safetensors", "*.txt", "*.model")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WEIGHTS, _INDEX = "model.safetensors", "model.safetensors.index.json"
_TOKENIZERS = ("tokenizer.json", "spm.model", "sentencepiece.bpe.model", "vocab.txt", "vocab.json")


@final
@dataclass(frozen=True, slots=True)
class Source:
    """A checkpoint on this machine.

    ``identity`` changes with its files: the commit of the hub, or a SHA-256 of all that is read.
    """

    place: str
    folder: Path
    identity: str


def find_source(model: str) -> Source:
    """Return where the checkpoint ``ORG/NAME``, ``ORG/NAME@REVISION`` or a folder lies.

    Raises:
        ScorerError: There is none, it cannot be fetched, or its weights are not safetensors.
        MissingExtraError: The client of the hub is not installed.
    """
    if Path(model).is_dir():
        folder = Path(model)
        check_files(model, [path.name for path in folder.iterdir()])
        return Source(model, folder, f"sha256={_digest(folder)}")
    name, _, revision = model.partition("@")
    folder = _cached(name, revision or "main") or _fetched(name, revision or "main")
    check_files(model, [path.name for path in folder.iterdir()])
    return Source(model, folder, f"{name}@{folder.name}")


def check_files(place: str, names: Collection[str]) -> None:
    """Check by their names that the files of a checkpoint can be read without running code.

    Raises:
        ScorerError: There is no config, or there are no safetensors.
    """
    if "config.json" not in names:
        raise ScorerError(
            f"{place}: has no config.json, so it is no checkpoint; name the folder that holds "
            "config.json, model.safetensors and the tokenizer"
        )
    if _WEIGHTS in names or _INDEX in names:
        return
    pickled = sorted(name for name in names if name.endswith((".bin", ".pt", ".pth", ".ckpt")))
    if not pickled:
        raise ScorerError(f"{place}: has no {_WEIGHTS}; name a checkpoint with weights")
    raise ScorerError(
        f"{place}: has its weights only as pickle ({pickled[0]}), which can run code when read; "
        'convert it once where you trust it: python -c "from transformers import '
        "AutoTokenizer as T, AutoModelForSequenceClassification as M; "
        f"[c.from_pretrained('{place.partition('@')[0]}').save_pretrained('converted') "
        'for c in (T, M)]", then name the folder converted'
    )


def _digest(folder: Path) -> str:
    files = sorted({path for pattern in _READ for path in folder.glob(pattern)})
    listed = json.dumps([(path.name, file_hash(path)) for path in files])
    return sha256(listed.encode()).hexdigest()[:32]


def _cached(name: str, revision: str) -> Path | None:
    """Return the folder of a whole checkpoint in the cache of the hub's client."""
    root = _cache() / f"models--{name.replace('/', '--')}"
    commit = revision
    if not _COMMIT.fullmatch(revision):
        ref = root / "refs" / revision
        commit = ref.read_text(encoding="utf-8").strip() if ref.is_file() else ""
    folder = root / "snapshots" / commit
    return folder if commit and _is_whole(folder) else None


def _is_whole(folder: Path) -> bool:
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        return False
    if not (folder / "config.json").is_file():
        return False
    if (folder / _WEIGHTS).is_file():
        return True
    if not (folder / _INDEX).is_file():
        return False
    parts = json.loads((folder / _INDEX).read_text(encoding="utf-8"))["weight_map"].values()
    return all((folder / part).is_file() for part in parts)


def _cache() -> Path:
    try:
        from huggingface_hub import constants
    except ModuleNotFoundError as error:
        raise MissingExtraError("the transformers scorer", "hf") from error
    return Path(constants.HF_HUB_CACHE)


def _fetched(name: str, revision: str) -> Path:
    from huggingface_hub import HfApi, errors, snapshot_download

    at = "" if revision == "main" else f" --revision {revision}"
    bars: Any = import_module("huggingface_hub.utils")
    silent = bars.are_progress_bars_disabled()
    bars.disable_progress_bars()
    try:
        info = HfApi().model_info(name, revision=revision, timeout=20)
        check_files(name, [file.rfilename for file in info.siblings or []])
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(_READ)))
    except errors.RevisionNotFoundError as error:
        raise ScorerError(f"{name}: has no revision {revision!r} at the hub") from error
    except errors.GatedRepoError as error:
        raise ScorerError(
            f"{name}: its terms must be accepted at the hub first; then log in with hf auth login"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ScorerError(
            f"{name}: there is no such folder here and no such public model at the hub; check the "
            "name"
        ) from error
    except (errors.HfHubHTTPError, OSError) as error:
        raise ScorerError(_unreachable(name, at, error)) from error
    except Exception as error:
        if isinstance(error, ScorerError) or not _is_network(error):
            raise
        raise ScorerError(_unreachable(name, at, error)) from error
    finally:
        if not silent:
            bars.enable_progress_bars()


def _is_network(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in {"httpx", "httpcore", "requests"}


def _unreachable(name: str, at: str, error: Exception) -> str:
    return (
        f"{name}: is not on this machine and the hub cannot be reached ({type(error).__name__}); "
        f"fetch it once where there is a network: hf download {name}{at}"
    )
