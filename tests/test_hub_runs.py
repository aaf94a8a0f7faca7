"""A model that somebody brings, through analyze, run and verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import failed, run
from tiny_models import write_tiny

import stance
from stance.errors import StanceError
from stance.verification import verify

NAMES = ("neutral", "entailment", "contradiction")
TEXT = "The envoy asked for peace. Trucks of flour were at the closed border. It was a threat.\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT)
    write_tiny(tmp_path / "models" / "nli", "deberta-v2", NAMES)
    return tmp_path


def test_analyze_with_a_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = str(place / "models" / "nli")
    out = place / "out"
    asked = ("analyze", "a.txt", "--model", model, "--device", "cpu", "--out", "out", "--quiet")
    done = run(*asked, cwd=place)
    assert (done.returncode, done.stderr) == (0, b"")
    manifest = json.loads((out / "manifest.json").read_text())
    entry = manifest["model"]
    assert (entry["name"], entry["device"], entry["dtype"]) == (model, "cpu", "float32")
    assert (entry["halved_batches"], entry["labels"]) == (0, [])
    assert manifest["calibration"] == {"state": "uncalibrated", "fitted_on": []}
    assert manifest["counts"]["scored"] == 3
    monkeypatch.chdir(place)
    assert verify(out).moved == ()
    write_tiny(place / "models" / "nli", "deberta-v2", NAMES, seed=1)
    assert {moved.why for moved in verify(out).moved} == {"the model was changed or replaced"}


def test_labels_are_told_on_the_command_line_and_kept_for_verify(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_tiny(place / "models" / "nli", "bert", ("LABEL_0", "LABEL_1"))
    said = failed("a.txt", "--model", model, "--out", "out", cwd=place)
    assert "its labels are LABEL_0, LABEL_1, which is not entailment" in said
    more = ("--labels", "not_entailment,entailment", "--dtype", "bfloat16", "--quiet")
    done = run("analyze", "a.txt", "--model", model, "--out", "out", *more, cwd=place)
    assert (done.returncode, done.stderr) == (0, b"")
    manifest = json.loads((place / "out" / "manifest.json").read_text())
    assert manifest["model"]["labels"] == ["not_entailment", "entailment"]
    assert manifest["model"]["dtype"] == "bfloat16"
    out = place / "out"
    monkeypatch.chdir(place)
    assert verify(out).moved == ()


def test_mini_is_calibrated_and_says_so(place: Path) -> None:
    manifest: Any = stance.analyze(place / "a.txt").manifest
    assert manifest["calibration"]["state"] == "calibrated"
    assert manifest["model"]["device"] == "cpu"
    lexical: Any = stance.analyze(place / "a.txt", model="lexical").manifest
    assert (lexical["calibration"]["state"], lexical["model"]["device"]) == ("uncalibrated", None)


def test_a_run_with_a_model_beside_its_config(place: Path) -> None:
    config = place / "c.yaml"
    config.write_text(
        "name: c\ninputs: a.txt\nreport: false\ngrid: {models: [lexical, models/nli]}\n"
    )
    made = stance.run(config, runs=place / "runs")
    assert [cell.name for cell in made.cells] == [
        "lexical_diplomacy_all_own",
        "models-nli_diplomacy_all_own",
    ]
    assert verify(made.folder).moved == ()
    assert stance.run(config, runs=place / "runs").skipped
    write_tiny(place / "models" / "nli", "deberta-v2", NAMES, seed=1)
    assert [moved.why for moved in verify(made.folder).moved][:1] == [
        "the model was changed or replaced"
    ]
    again = stance.run(config, runs=place / "runs")
    tagged = {row["of"]: row["status"] for row in again.manifest["stages"] if row["stage"] == "tag"}
    assert tagged == {"lexical_diplomacy": "skipped", "models-nli_diplomacy": "done"}


def test_a_config_with_a_model_that_is_not_there(place: Path) -> None:
    (place / "c.yaml").write_text("name: c\ninputs: a.txt\nmodel: ./models/none\nlabels: a,b\n")
    with pytest.raises(StanceError, match=r"c\.yaml: model: unknown model '\./models/none'"):
        stance.run(place / "c.yaml", runs=place / "runs")
    assert not (place / "runs").exists()
