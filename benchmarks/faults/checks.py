"""What lies on the disk: whole or not there, the same as without the fault, every sentence once."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .cases import Case

Tree = dict[str, Any]
"""The files of a result by name: bytes, or the manifest without what differs between two runs."""

_VARIES = {"seconds", "reused", "jobs", "commit", "dirty"}
"""What differs between two runs; under libfaketime git cannot be asked for the commit."""
_STAGE_VARIES = {"status", "sha256"}
_UNFINISHED = re.compile(r"(articles\.jsonl|places\.bin|lock|attempts/\d+)$")
_SCRATCH = re.compile(r"(^|/)\.[^/]+\.(tmp|[a-z0-9_]{8})(/|$)")


def tree(place: Path, names: tuple[str, ...]) -> Tree:
    """Return the files of results; a cache is only there or not."""
    found: Tree = {}
    for name in names:
        for path in [place / name, *sorted((place / name).rglob("*"))]:
            own = path.relative_to(place).as_posix()
            if path.is_file() and path.name != "lock" and not own.startswith("cache/"):
                found[own] = _content(path)
    return found


def _content(path: Path) -> Any:
    content = path.read_bytes()
    if path.name != "manifest.json":
        return content
    try:
        return _steady(json.loads(content))
    except ValueError:
        return content


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        varies = _VARIES | (_STAGE_VARIES if "stage" in value else set())
        return {key: _steady(inner) for key, inner in value.items() if key not in varies}
    return [_steady(inner) for inner in value] if isinstance(value, list) else value


def half_written(place: Path, case: Case, whole: Tree, before: Tree) -> list[str]:
    """Return what lies under a final name and is neither the new file nor the one before."""
    faults = []
    found = tree(place, case.results)
    if case.is_folder or "cache" in case.results:
        if found and found != whole and found != before:
            faults.append(f"out is neither result: {differences(found, whole)}")
        if before and not found and before not in _set_aside(place):
            faults.append("the result of before is lost")
    else:
        faults += [f"{n} is half-written" for n in found if not _whole(place, n, whole, before)]
    return faults + list(_unfinished_faults(place)) + list(_strange(place, case))


def _whole(place: Path, name: str, whole: Tree, before: Tree) -> bool:
    """Return whether a file is as it should be; that of a run at work need only be readable."""
    content = _content(place / name)
    if _SCRATCH.search(name) or content in (whole.get(name), before.get(name)):
        return True
    return name.count("/") == 2 and name.endswith("manifest.json") and isinstance(content, dict)


def _set_aside(place: Path) -> list[Tree]:
    trees = (tree(scratch.parent, ("old",)) for scratch in place.glob(".out.*/old"))
    return [{f"out{name[3:]}": content for name, content in own.items()} for own in trees]


def _unfinished_faults(place: Path) -> Iterator[str]:
    """Yield the files of unfinished work that cannot be read though their names say so."""
    folder = place / "out.unfinished"
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or _UNFINISHED.search(name) or _SCRATCH.search(name):
            continue
        try:
            pq.read_table(path) if path.suffix == ".parquet" else json.loads(path.read_bytes())
        except (OSError, ValueError, pa.ArrowException):
            yield f"out.unfinished/{name} is half-written"


def _strange(place: Path, case: Case) -> list[str]:
    known = {*case.results, "out.unfinished"}
    names = (path.name for path in place.iterdir())
    return [f"{n} is left lying" for n in names if n not in known and not _SCRATCH.match(n)]


def repeated(place: Path, case: Case, whole: Tree) -> list[str]:
    """Return what is wrong after the command was given again and has ended well."""
    faults = [f"{path.name} is left lying" for path in _leftovers(place, case)]
    found = tree(place, case.results)
    if found != whole:
        faults.append(f"another result than without the fault: {differences(found, whole)}")
    return faults + sentence_faults(place, case)


def _leftovers(place: Path, case: Case) -> Iterator[Path]:
    for path in place.rglob("*"):
        name = path.relative_to(place).as_posix()
        top = name.split("/")[0]
        if _SCRATCH.search(name) or top not in case.results:
            yield path


def sentence_faults(place: Path, case: Case) -> list[str]:
    """Return the sentences that are lost, doubled or changed."""
    if case.corpus is None or case.sentences is None:
        return []
    wanted = Counter((name, text) for name, own in case.corpus.sentences.items() for text in own)
    faults = []
    tables = sorted(place.glob(case.sentences))
    for path in tables:
        with path.open(encoding="utf-8", newline="") as file:
            found = Counter((row["article_id"], row["text"]) for row in csv.DictReader(file))
        lost, doubled = wanted - found, found - wanted
        if lost or doubled:
            faults.append(f"{path.name}: {lost.total()} sentences lost, {doubled.total()} too many")
    return faults if tables else ["there is no table of sentences"]


def missing(place: Path, whole: Tree) -> list[str]:
    """Return the files of a result that are not there."""
    return [name for name in whole if not (place / name).exists()]


def differences(found: Tree, whole: Tree) -> str:
    """Return the names of the files in which two results differ, the first ones."""
    names = sorted(n for n in {*found, *whole} if found.get(n) != whole.get(n))
    return ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
