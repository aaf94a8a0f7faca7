"""The manifest of a run: written first, replaced whole after every stage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, final

from stance.errors import RunError, StanceError
from stance.runs import MANIFEST
from stance.runs.files import replace_file, tree_hash

KIND = "run"
FORMAT = 1
"""The form of a run directory; one of another form is refused."""


@final
@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run: what went in, what came out, and what was dropped and why.

    ``of`` names the group or cell it belongs to. ``key`` holds all that can change its outcome and
    ``sha256`` is the hash of ``output``, a file or folder of the run, or of what was made where
    there is none. ``reused`` counts the parts that were found done.
    """

    stage: str
    of: str
    status: Literal["done", "skipped"]
    n_in: int
    n_out: int
    dropped: Mapping[str, int]
    seconds: float
    key: str
    output: str | None = None
    sha256: str | None = None
    parts: int = 0
    reused: int = 0
    fingerprint: str | None = None


@final
class Manifest:
    """The manifest of a run at work: status ``started`` until `closing` ends it."""

    def __init__(self, folder: Path, header: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        self._folder = folder
        self._header = dict(header)
        self._before = {_name(row): Stage(**row) for row in before.get("stages", [])}
        self._stages: dict[tuple[str, str], Stage] = {}
        self._write("started")

    def fresh(self, stage: str, of: str, key: str) -> bool:
        """Return whether a stage was done before with this key and its output is as it was."""
        row = self._before.get((stage, of))
        if row is None or row.key != key:
            return False
        return row.output is None or tree_hash(self._folder / row.output) == row.sha256

    def skip(self, stage: str, of: str) -> None:
        """Take over what a fresh stage recorded."""
        self.record(replace(self._before[stage, of], status="skipped", seconds=0.0, reused=0))

    def record(self, row: Stage) -> None:
        """Add a stage, with the hash of its output, and write the manifest."""
        if row.output is not None:
            row = replace(row, sha256=tree_hash(self._folder / row.output))
        self._stages[row.stage, row.of] = row
        self._write("started")

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Write the last status: success, cancelled, or error with its message."""
        try:
            yield
        except KeyboardInterrupt:
            with suppress(OSError):
                self._write("cancelled")
            raise
        except Exception as error:
            told = str(error) if isinstance(error, StanceError) else repr(error)
            with suppress(OSError):
                self._write("error", error=told)
            raise
        self._before = {}
        self._write("success")

    def _write(self, status: str, **more: str) -> None:
        stages = [asdict(row) for row in {**self._before, **self._stages}.values()]
        content = {"kind": KIND, "format": FORMAT, "status": status, **more, **self._header}
        text = json.dumps({**content, "stages": stages}, indent=2, ensure_ascii=False)
        replace_file(self._folder / MANIFEST, text.encode() + b"\n")


def _name(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["stage"], row["of"]


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a result or a run.

    Raises:
        RunError: There is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        manifest: Any = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunError(f"{folder}: holds no {MANIFEST}; name a folder that stance made") from error
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: cannot be read ({error}); make the result again") from error
    if not isinstance(manifest, dict) or "kind" not in manifest:
        raise RunError(f"{path}: is not a manifest of stance; name a folder that stance made")
    return manifest


def read_run(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run.

    Raises:
        RunError: There is none, it is damaged, or it has another form.
    """
    manifest = read_manifest(folder)
    if manifest["kind"] != KIND:
        raise RunError(f"{folder}: is not the folder of a run; name one that stance run made")
    if manifest.get("format") != FORMAT:
        made = manifest.get("versions", {}).get("stance", "an unknown version")
        raise RunError(
            f"{folder}: has format {manifest.get('format')!r}, made by stance {made}; this version "
            f"reads format {FORMAT}; move it away or name another place with --runs"
        )
    return manifest


def result_folder(folder: Path) -> Path:
    """Return the folder of a result: the folder itself, or the only cell of a run.

    Raises:
        RunError: It is neither, or the run has several cells or is not finished.
    """
    if read_manifest(folder)["kind"] != KIND:
        return folder
    manifest = read_run(folder)
    if manifest["status"] != "success":
        raise RunError(f"{folder}: the run is not finished ({manifest['status']}); run it again")
    cells = manifest["cells"]
    if len(cells) > 1:
        raise RunError(
            f"{folder}: has {len(cells)} cells; name one of them, such as "
            f"{folder / 'cells' / cells[0]}"
        )
    return folder / "cells" / str(cells[0])
