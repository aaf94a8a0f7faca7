"""Files and folders that may not be read or written; root may, unless it gives that up first."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .cases import STANCE, Case
from .checks import half_written, missing, repeated, tree
from .lab import Lab, Outcome, ended_well, last_line

_INPUTS = ("in", "book.yaml", "config.yaml")
_OBEYING = {"FAULTS_HUMBLE": "1"} if os.geteuid() == 0 else {}


@dataclass(frozen=True)
class _Barred:
    """A command and the place below its folder that is barred; ``again`` runs it before that."""

    name: str
    command: tuple[str, ...]
    path: str
    mode: int
    results: tuple[str, ...] = ("out",)
    again: bool = False


def _barred() -> list[_Barred]:
    plain = (*STANCE, "analyze", "in", "--codebook", "book.yaml", "--model", "lexical", "--quiet")
    whole = (*plain, "--out", "out")
    engine = (*whole, "--engine", "local")
    run = (*STANCE, "run", "config.yaml", "--quiet")
    runs = ("runs",)
    return [
        _Barred("one of the articles", whole, "in/b.txt", 0),
        _Barred("one of the articles, engine", engine, "in/b.txt", 0),
        _Barred("the folder of articles", whole, "in", 0),
        _Barred("the codebook", whole, "book.yaml", 0),
        _Barred("where the result goes", whole, ".", 0o555),
        _Barred("where the result goes, engine", engine, ".", 0o555),
        _Barred("the earlier result", whole, "out", 0, again=True),
        _Barred("the earlier result, engine", engine, "out", 0o555, again=True),
        _Barred("the manifest of the earlier result", whole, "out/manifest.json", 0, again=True),
        _Barred("the config", run, "config.yaml", 0, runs),
        _Barred("an input of a run", run, "in/a.txt", 0, runs),
        _Barred("the run directory", run, "runs/*", 0, runs, again=True),
        _Barred("the manifest of a run", run, "runs/*/manifest.json", 0, runs, again=True),
        _Barred("a part of a run", run, "runs/*/tags/*/part-00000.parquet", 0, runs, again=True),
        _Barred("a cell of a run", run, "runs/*/cells/*", 0, runs, again=True),
        _Barred("the lock of a run", run, "runs/*/lock", 0, runs, again=True),
        _Barred("the shares of a run", run, "runs/*/shares/*", 0, runs, again=True),
    ]


def trials(lab: Lab, draw: random.Random, rounds: int) -> Iterator[Outcome]:  # noqa: ARG001
    """Bar every place once."""
    for barred in _barred():
        if not lab.among([barred.command[3]]):
            continue
        fault = f"unreadable: {barred.name}"
        if os.geteuid() == 0 and not sys.platform.startswith("linux"):
            yield Outcome(fault, barred.command[3], False, detail="root reads all", skipped=True)
        else:
            yield _trial(lab, barred, fault)


def _trial(lab: Lab, barred: _Barred, fault: str) -> Outcome:
    with lab.place() as place:
        _lay_down(place)
        first = lab.start(barred.command, place, _OBEYING).wait()
        assert first.status == 0, first.errors
        case = Case(fault, barred.command, (*_INPUTS, *barred.results))
        whole = tree(place, case.results)
        if not barred.again:
            _forget(place, barred.results)
        path = place / barred.path if barred.path == "." else next(place.glob(barred.path))
        mode = path.stat().st_mode & 0o777
        path.chmod(barred.mode)
        ended = lab.start(barred.command, place, _OBEYING).wait()
        with suppress(FileNotFoundError):
            path.chmod(mode)
        wrong = ended_well(ended) + half_written(place, case, whole, {})
        if barred.again and missing(place, whole):
            wrong.append(f"the result of before is lost: {missing(place, whole)}")
        again = lab.start(barred.command, place, _OBEYING).wait()
        if again.status != 0:
            wrong.append(f"the repeat ended with {again.status}: {last_line(again.errors)}")
        wrong += repeated(place, case, whole)
    return Outcome(
        fault, barred.command[3], ended.status != 0, tuple(wrong), ended.errors.strip()[-200:]
    )


def _forget(place: Path, results: tuple[str, ...]) -> None:
    for name in results:
        shutil.rmtree(place / name)


def _lay_down(place: Path) -> None:
    folder = place / "in"
    folder.mkdir()
    for name in "abc":
        text = f"Report {name} tells of a ceasefire. The tanks stay near {name}.\n"
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    shutil.copy(place.parent / "in" / "book.yaml", place / "book.yaml")
    config = (
        "name: barred\ninputs: in\ncodebook: book.yaml\nmodel: lexical\nreport: false\npart: 2\n"
    )
    (place / "config.yaml").write_text(config, encoding="utf-8")
