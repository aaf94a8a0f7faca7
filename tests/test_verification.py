"""Verification: what moved is named with a reason, and nothing else is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import run as command

import stance
from stance.errors import RunError
from stance.verification import verify

TEXT = "Title\n\nBoth sides agreed on a ceasefire. Aid reached the displaced. It rained.\n"


@pytest.fixture
def made(tmp_path: Path) -> stance.Run:
    (tmp_path / "a.txt").write_text(TEXT)
    grid = "grid: {wordings: [all, 1]}\n"
    text = f"name: c\ninputs: a.txt\nmodel: lexical\nreport: false\n{grid}"
    (tmp_path / "c.yaml").write_text(text)
    return stance.run(tmp_path / "c.yaml", runs=tmp_path / "runs")


def change(path: Path, column: str, value: object) -> None:
    """Set a column of the first row of a table."""
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[0][column] = value
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def test_nothing_moved(made: stance.Run) -> None:
    found = verify(made.folder)
    assert (found.moved, found.n_scores) == ((), 4)
    assert found.n_files == 1 + 1 + 2 * (8 + 1) + 2 + 1
    assert verify(made.folder, sample=2).n_scores == 2


def test_a_result_of_analyze_can_be_verified(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    folder = stance.analyze(tmp_path / "a.txt").save(tmp_path / "out", report=False)
    found = verify(folder)
    assert (found.n_files, found.n_scores, found.moved) == (1 + 8, 4, ())


def test_a_changed_input_and_a_missing_file(made: stance.Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT + "More.\n")
    (made.cells[0] / "profiles.csv").unlink()
    found = verify(made.folder).moved
    assert {Path(moved.place).name: moved.why for moved in found} == {
        "a.txt": "the input was changed",
        "profiles.csv": "it was moved or removed",
    }
    assert [moved.what[:10] for moved in found] == ["SHA-256 is", "is missing"]


def test_a_changed_score_is_found_twice(made: stance.Run) -> None:
    (part,) = (made.folder / "tags" / "lexical_diplomacy").iterdir()
    change(part, "odds_restraint", [5.0, -2.0, -2.0, -2.0])
    hashed, scored = verify(made.folder).moved
    assert hashed.why == "it was changed after the stage tag"
    assert scored.place.endswith("tags/lexical_diplomacy: a sentence 0")
    assert scored.what == "log-odds moved by 7"
    assert scored.why.startswith("same model and versions: the stored text or score was changed")


def test_another_model_is_named(made: stance.Run) -> None:
    manifest = made.manifest
    tag = next(row for row in manifest["stages"] if row["stage"] == "tag")
    tag["fingerprint"] = "lexical:other"
    (made.folder / "manifest.json").write_text(json.dumps(manifest))
    (moved,) = verify(made.folder).moved
    assert moved.what.endswith("not lexical:other as recorded")
    assert moved.why == "the model was changed or replaced"


def test_other_versions_are_named(made: stance.Run) -> None:
    (part,) = (made.folder / "tags" / "lexical_diplomacy").iterdir()
    change(part, "text", "Both sides agreed on a ceasefire, a truce and talks.")
    manifest = made.manifest
    manifest["versions"]["numpy"] = "1.0"
    (made.folder / "manifest.json").write_text(json.dumps(manifest))
    why = verify(made.folder).moved[-1].why
    assert why.startswith("other versions (numpy 1.0 → ")


def test_an_unfinished_run_is_told(made: stance.Run) -> None:
    (made.folder / "manifest.json").write_text(json.dumps({**made.manifest, "status": "started"}))
    (moved,) = verify(made.folder).moved
    assert (moved.what, moved.why) == ("status is started", "run it again to its end")


def test_what_is_no_run(made: stance.Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is a cell; verify its run, .*/runs/c-\w{8}$"):
        verify(made.cells[0])
    with pytest.raises(RunError, match=r"holds no manifest\.json; name a folder that stance made"):
        verify(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(RunError, match="is not a manifest of stance"):
        verify(tmp_path)


def test_the_command_exits_with_1(made: stance.Run, tmp_path: Path) -> None:
    done = command("verify", made.folder, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"23 files and 4 sentences checked; 0 moved\n")
    shutil.rmtree(made.folder / "tags")
    done = command("verify", made.folder, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines()[-1] == "23 files and 0 sentences checked; 1 moved"
