"""How a model came to be: the recipe of every leg of its run, and of the runs it went on from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HISTORY = "training.json"
_BEFORE, _TEACHERS = "before.json", "teachers.json"


def go_on_from(start: Path, run: Path) -> None:
    """Keep the history of the model folder, or the run, that a run starts from in its folder."""
    run.mkdir(parents=True, exist_ok=True)
    if (start / "recipes.jsonl").exists():
        text = json.dumps(history_of(start), indent=2)
        (run / _BEFORE).write_text(text + "\n", encoding="utf-8")
    elif (start / HISTORY).exists():
        shutil.copyfile(start / HISTORY, run / _BEFORE)


def keep_teachers(teachers: Sequence[Path], run: Path) -> None:
    """Keep the history of every teacher of a run, a model folder or a run, in its folder."""
    run.mkdir(parents=True, exist_ok=True)
    found = [_history(teacher) for teacher in teachers]
    text = json.dumps(found, indent=2)
    (run / _TEACHERS).write_text(text + "\n", encoding="utf-8")


def _history(folder: Path) -> list[dict[str, Any]]:
    path = folder / HISTORY
    if path.exists():
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return found
    return history_of(folder)


def history_of(run: Path) -> list[dict[str, Any]]:
    """Return one entry a run, the oldest first, this run last.

    An entry has ``pairs`` and ``hours`` in all, ``best_pairs`` (pairs seen by the checkpoint that
    was taken), ``n_checkpoints`` it was chosen from, and ``legs``: the recipe of every start with
    ``from``, the pairs seen by then. Where it had teachers, ``teachers`` has their histories.
    """
    before = run / _BEFORE
    earlier = json.loads(before.read_text(encoding="utf-8")) if before.exists() else []
    judged = [entry for entry in _lines(run / "log.jsonl") if "mean" in entry]
    best = max(judged, key=lambda entry: entry["mean"])
    own: dict[str, Any] = {
        "pairs": judged[-1]["pairs"],
        "hours": round(judged[-1]["seconds"] / 3600, 2),
        "best_pairs": best["pairs"],
        "n_checkpoints": len(judged),
        "legs": _lines(run / "recipes.jsonl"),
    }
    teachers = run / _TEACHERS
    if teachers.exists():
        own["teachers"] = json.loads(teachers.read_text(encoding="utf-8"))
    return [*earlier, own]


def write_history(run: Path, folder: Path) -> None:
    """Write ``training.json`` of a run into a model folder."""
    text = json.dumps(history_of(run), indent=2)
    (folder / HISTORY).write_text(text + "\n", encoding="utf-8")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
