"""Is a result still what it was: hashes of all files, and a random sample of scores made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import pyarrow as pa

from stance.codebooks import Codebook
from stance.errors import RunError
from stance.parquet_rows import result_table
from stance.records import Question
from stance.runs import versions
from stance.runs.directory import KIND, read_manifest, read_run
from stance.runs.files import tree_hash
from stance.scorers.models import open_model
from stance.tagging import ask_all, log_odds

SAMPLE = 50
TOLERANCE = 1e-3
"""How far natural-log odds may be apart: other batches differ by less than a hundredth of it."""


@final
@dataclass(frozen=True, slots=True)
class Moved:
    """Something that is not as it was recorded: where, what, and why."""

    place: str
    what: str
    why: str


@final
@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked, and what was found to have moved."""

    n_files: int
    n_scores: int
    moved: tuple[Moved, ...]


@final
@dataclass(frozen=True, slots=True)
class _Scored:
    """Stored scores: the folder or file that holds them and what made them."""

    place: Path
    model: str
    fingerprint: str
    codebook: Codebook
    table: pa.Table
    device: str = "auto"
    dtype: str = "auto"
    labels: tuple[str, ...] = ()


def verify(folder: str | Path, *, sample: int = SAMPLE, seed: int = 0) -> Verification:
    """Hash every file of a run or result again and score a random sample of its sentences again.

    Args:
        folder: A run, or a result of `stance.analyze`.
        sample: Most sentences that are scored again, of every model and codebook.
        seed: Seed of the sample.

    Raises:
        RunError: The folder is neither, or it is a cell of a run.
        ScorerError: The model cannot be loaded.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest["kind"] == KIND:
        manifest = read_run(folder)
        files = [*_inputs(manifest), *_outputs(folder, manifest)]
        scored = list(_parts(folder, manifest))
    elif "cell" in manifest:
        raise RunError(f"{folder}: is a cell; verify its run, {folder.parent.parent}")
    else:
        files = [*_inputs(manifest), *_listed(folder, manifest)]
        scored = list(_result(folder, manifest))
    checked = [_rescored(each, manifest["versions"], sample, seed) for each in scored]
    moved = [fault for fault in files if fault is not None]
    moved += [fault for _, faults in checked for fault in faults]
    return Verification(len(files), sum(n for n, _ in checked), (*_unfinished(manifest), *moved))


def _unfinished(manifest: Mapping[str, Any]) -> Iterator[Moved]:
    if manifest["status"] != "success":
        yield Moved("manifest.json", f"status is {manifest['status']}", "run it again to its end")


def _inputs(manifest: Mapping[str, Any]) -> Iterator[Moved | None]:
    for entry in manifest["inputs"]:
        if "path" in entry:
            yield _same(Path(entry["path"]), entry["sha256"], "the input was changed")


def _outputs(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Moved | None]:
    for row in manifest["stages"]:
        if row["output"] is None:
            continue
        place = folder / row["output"]
        inside = place / "manifest.json"
        found = list(_listed(place, read_manifest(place))) if inside.is_file() else []
        yield from found
        if not any(found):
            yield _same(place, row["sha256"], f"it was changed after the stage {row['stage']}")


def _listed(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Moved | None]:
    for name, sha in manifest["files"].items():
        yield _same(folder / name, sha, "the file was changed after it was written")


def _same(place: Path, sha: str, why: str) -> Moved | None:
    found = tree_hash(place)
    if found == sha:
        return None
    if found is None:
        return Moved(str(place), "is missing", "it was moved or removed")
    return Moved(str(place), f"SHA-256 is {found[:12]}…, not {sha[:12]}… as recorded", why)


def _parts(folder: Path, manifest: Mapping[str, Any]) -> Iterator[_Scored]:
    tagged = {row["of"]: row for row in manifest["stages"] if row["stage"] == "tag"}
    for group in manifest["groups"]:
        row = tagged.get(group["name"])
        if row is not None:
            place = folder / row["output"]
            tables = [result_table(path) for path in sorted(place.glob("part-*.parquet"))]
            if tables:
                book = Codebook.model_validate(group["codebook"])
                table = pa.concat_tables([t.replace_schema_metadata(None) for t in tables])
                asked = _placed(manifest["config"])
                yield _Scored(place, group["model"], row["fingerprint"], book, table, *asked)


def _result(folder: Path, manifest: Mapping[str, Any]) -> Iterator[_Scored]:
    book = Codebook.model_validate(manifest["codebook"]["content"])
    model, place = manifest["model"], folder / "sentences.parquet"
    table, asked = result_table(place), _placed(model)
    yield _Scored(place, model["name"], model["fingerprint"], book, table, *asked)


def _placed(recorded: Mapping[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    """Return device, dtype and labels to score with again; float32 is the same on any device."""
    dtype = recorded.get("dtype") or "auto"
    device = "auto" if dtype in ("auto", "float32") else recorded.get("device") or "auto"
    return device, dtype, tuple(recorded.get("labels") or ())


def _rescored(
    stored: _Scored, made_with: Mapping[str, str], sample: int, seed: int
) -> tuple[int, list[Moved]]:
    """Return how many sentences were scored again, and those whose scores moved."""
    rows = [row for row in stored.table.to_pylist() if row["scored"]]
    chosen = np.random.default_rng(seed).choice(len(rows), min(sample, len(rows)), replace=False)
    drawn = [rows[k] for k in sorted(chosen)]
    scorer = open_model(
        stored.model,
        stored.codebook,
        device=stored.device,
        dtype=stored.dtype,
        labels=stored.labels,
    )
    asked = stored.codebook.hypotheses
    answers = ask_all([Question(" ".join(r["text"].split()), asked) for r in drawn], scorer)
    why = _why(stored.fingerprint, scorer.fingerprint, made_with)
    moved = [] if scorer.fingerprint == stored.fingerprint else [_other(stored, scorer.fingerprint)]
    for row, answer in zip(drawn, answers, strict=True):
        old = np.array([x for name in stored.codebook.frames for x in row[f"odds_{name}"]])
        far = float(np.abs(log_odds(answer) - old).max())
        if not far <= TOLERANCE:
            place = f"{stored.place}: {row['article_id']} sentence {row['sentence_id']}"
            moved.append(Moved(place, f"log-odds moved by {far:.3g}", why))
    return len(drawn), moved


def _other(stored: _Scored, found: str) -> Moved:
    what = f"the model's fingerprint is {found}, not {stored.fingerprint} as recorded"
    return Moved(str(stored.place), what, "the model was changed or replaced")


def _why(recorded: str, found: str, made_with: Mapping[str, str]) -> str:
    if recorded != found:
        return "the model was changed or replaced"
    now = versions()
    names = ("stance", "numpy", "onnxruntime", "tokenizers", "torch", "transformers")
    known = {name: made_with.get(name, now[name]) for name in names}
    other = [f"{name} {was} → {now[name]}" for name, was in known.items() if was != now[name]]
    if other:
        return f"other versions ({', '.join(other)})"
    return "same model and versions: the stored text or score was changed, or this machine differs"
