"""The folder of work that is not finished: held by one process, and gone on with only alike."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from stance.codebooks import Codebook
from stance.engine.shards import Facts, Setup
from stance.errors import RunError
from stance.records import TargetName
from stance.runs import MANIFEST, file_hash, versions
from stance.runs.code import code_hash
from stance.runs.files import digest_of, locked, replace_file
from stance.runs.locks import LOCK

_FILES = ("articles.jsonl", "places.bin", MANIFEST, f".{MANIFEST}.tmp", LOCK)
_OWN = {*_FILES, "tags", "profiles", "stances", "articles", "counts", "attempts"}


@contextmanager
def held(out: Path) -> Iterator[Path]:
    """Hold the folder of unfinished work of a result; it goes when there is no part in it.

    Raises:
        RunError: It cannot be made, holds something else, or another process is at work there.
    """
    folder = out.absolute().with_name(f"{out.absolute().name}.unfinished")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise RunError(
            f"{folder}: cannot be made or read ({error.strerror}); name another place with --out"
        ) from error
    foreign = [name for name in names if name not in _OWN]
    if foreign:
        raise RunError(
            f"{folder}: holds {foreign[0]!r}, which stance did not write; move it away or name "
            "another place with --out"
        )
    with locked(folder):
        try:
            yield folder
        finally:
            if not any(folder.glob("tags/part-*.parquet")):
                _remove(folder)


def _remove(folder: Path) -> None:
    """Remove the folder, the lock last, so that nobody begins in what is still being removed."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOCK:
                path.unlink()
        (folder / LOCK).unlink()
        folder.rmdir()


def check_begun(folder: Path, model: str, book: Codebook, fingerprint: str | None = None) -> None:
    """Check that what was begun in a folder had this model and codebook, and write it down.

    Args:
        folder: The folder of unfinished work.
        model: The name of the model.
        book: The codebook.
        fingerprint: That of the scorer; without it nothing is written yet.

    Raises:
        RunError: It was begun with another model or codebook; both are named.
    """
    content = sha256(book.model_dump_json().encode()).hexdigest()
    own = {"model": model, "codebook": f"{book.name} {content[:12]}", "fingerprint": fingerprint}
    begun = _begun(folder)
    for name, what in (("model", "model"), ("codebook", "codebook"), ("fingerprint", "scorer")):
        if begun.get(name) not in {None, own[name]} and own[name] is not None:
            raise RunError(
                f"{folder}: was begun with the {what} {begun[name]}, not {own[name]}; give that "
                "one again to go on, or remove the folder to begin anew"
            )
    if fingerprint is not None:
        try:
            replace_file(folder / MANIFEST, json.dumps({"kind": "unfinished", **own}).encode())
        except OSError as error:
            raise RunError(
                f"{folder}: cannot be written ({error.strerror}); make room or name another --out"
            ) from error


def _begun(folder: Path) -> dict[str, Any]:
    try:
        begun: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return begun if isinstance(begun, dict) else {}


def part_key_of(setup: Setup, facts: Facts, targets: Sequence[TargetName], seed: int) -> str:
    """Return what holds all that a part depends on beside its articles."""
    head = None if setup.head is None else file_hash(Path(setup.head))
    named = [(target.name, target.aliases) for target in targets]
    made_by = (versions(), code_hash())
    return digest_of(
        setup.codebook, facts.fingerprint, facts.calibration, head, named, seed, made_by
    )
