"""Runs: nothing is done twice, a killed run resumes to the same bytes, two at once are refused."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from commands import run as command

import stance
from stance.calibration import Calibration, FrameLogistic, Labels, wordings_hash
from stance.errors import ConfigError, DataError, RunError
from stance.runs.files import locked

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "notebooks" / "data" / "made_up_outlets.jsonl"
MakeConfig = Callable[..., Path]


@pytest.fixture
def config(tmp_path: Path) -> MakeConfig:
    (tmp_path / "articles.jsonl").write_bytes(CORPUS.read_bytes())

    def write(text: str = "", name: str = "small") -> Path:
        head = f"name: {name}\ninputs: articles.jsonl\nreport: false\n"
        (tmp_path / f"{name}.yaml").write_text(head + text)
        return tmp_path / f"{name}.yaml"

    return write


def stages(run: stance.Run) -> list[tuple[str, str, str]]:
    return [(row["stage"], row["of"], row["status"]) for row in run.manifest["stages"]]


def tables(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".parquet", ".csv", ".svg", ".html"}
    }


def test_the_quickstart_a_second_time_does_nothing(tmp_path: Path) -> None:
    quickstart = ROOT / "configs" / "quickstart.yaml"
    first = stance.run(quickstart, runs=tmp_path)
    assert [status for _, _, status in stages(first)] == ["done"] * 5
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*.parquet")}
    second = stance.run(quickstart, runs=tmp_path)
    assert second.folder == first.folder
    assert stages(second) == [(stage, of, "skipped") for stage, of, _ in stages(first)]
    assert second.skipped
    assert [row["seconds"] for row in second.manifest["stages"]] == [0.0] * 5
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*.parquet")} == before
    shas = [[row["sha256"] for row in run.manifest["stages"]] for run in (first, second)]
    assert shas[0] == shas[1]
    assert {path.name for path in first.cells[0].iterdir()} >= {"report.html", "figures"}


def test_skipping_imports_no_model_and_no_figures(tmp_path: Path) -> None:
    code = (
        "import stance, sys; r = stance.run(sys.argv[1], runs=sys.argv[2]); print(r.skipped, "
        "[m for m in ('onnxruntime', 'matplotlib', 'pyarrow', 'sklearn') if m in sys.modules])"
    )
    (tmp_path / "a.txt").write_text("Title\n\nBoth sides agreed on a ceasefire.\n")
    (tmp_path / "c.yaml").write_text("name: c\ninputs: a.txt\nmodel: lexical\nreport: false\n")
    line = [sys.executable, "-c", code, str(tmp_path / "c.yaml"), str(tmp_path / "runs")]
    outputs = [subprocess.check_output(line, text=True).strip() for _ in range(2)]
    assert outputs == ["False ['matplotlib', 'pyarrow']", "True []"]


def test_a_run_holds_what_analyze_gives(config: MakeConfig, tmp_path: Path) -> None:
    run = stance.run(config("model: lexical\npart: 7\n"), runs=tmp_path / "runs")
    result = stance.analyze(tmp_path / "articles.jsonl", model="lexical")
    assert tables(run.cells[0]) == tables(result.save(tmp_path / "out", report=False))
    manifest = run.manifest
    assert (manifest["status"], manifest["format"]) == ("success", 1)
    assert manifest["config"]["seed"] == 0
    assert {"sha256", "commit", "dirty"} == set(manifest["code"])
    tag = next(row for row in manifest["stages"] if row["stage"] == "tag")
    assert (tag["n_in"], tag["n_out"], tag["parts"], tag["reused"]) == (108, 108, 16, 0)
    assert tag["fingerprint"].startswith("lexical:")


def test_only_what_changed_is_done_again(config: MakeConfig, tmp_path: Path) -> None:
    path = config("model: lexical\npart: 6\ngrid: {thresholds: [0.3, 0.5]}\n")
    first = stance.run(path, runs=tmp_path / "runs")
    (first.cells[1] / "sentences.csv").write_text("changed")
    second = stance.run(path, runs=tmp_path / "runs")
    cells = [folder.name for folder in first.cells]
    done = [(stage, of) for stage, of, status in stages(second) if status == "done"]
    group = "lexical_diplomacy"
    assert done == [("read", group), ("tag", group), ("profile", cells[1]), ("shares", cells[1])]
    assert second.manifest["stages"][1]["reused"] == 18
    assert tables(first.folder).keys() == tables(second.folder).keys()
    lines = (tmp_path / "articles.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "articles.jsonl").write_text("".join(lines[:-1]))
    third = stance.run(path, runs=tmp_path / "runs")
    tag = third.manifest["stages"][1]
    assert (tag["n_in"], tag["parts"], tag["reused"]) == (102, 17, 17)
    assert len(list((third.folder / tag["output"]).iterdir())) == 17


def test_a_changed_article_is_scored_again_and_its_neighbours_are_not(
    config: MakeConfig, tmp_path: Path
) -> None:
    path = config("model: lexical\npart: 6\n")
    stance.run(path, runs=tmp_path / "runs")
    text = (tmp_path / "articles.jsonl").read_text()
    (tmp_path / "articles.jsonl").write_text(text.replace("ration insulin", "ration bandages"))
    again = stance.run(path, runs=tmp_path / "runs")
    assert (again.manifest["stages"][1]["parts"], again.manifest["stages"][1]["reused"]) == (18, 17)
    assert "ration bandages" in (again.cells[0] / "sentences.csv").read_text()
    assert again.manifest["stages"][2]["status"] == "done"


def test_where_a_run_is_started_from_does_not_matter(config: MakeConfig, tmp_path: Path) -> None:
    path = config("model: lexical\n")
    stance.run(path, runs=tmp_path / "runs")
    done = command("run", "small.yaml", cwd=tmp_path)
    assert "nothing was done again" in done.stdout.decode()


def test_an_interrupted_run_says_so_and_goes_on(config: MakeConfig, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 60:
            raise KeyboardInterrupt

    path = config("model: lexical\npart: 6\n")
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        stance.run(path, runs=tmp_path / "runs", on_progress=interrupt)
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "manifest.json").read_text())["status"] == "cancelled"
    again = stance.run(path, runs=tmp_path / "runs")
    assert (again.manifest["status"], again.manifest["stages"][1]["reused"]) == ("success", 10)


def test_a_damaged_part_is_scored_again(config: MakeConfig, tmp_path: Path) -> None:
    path = config("model: lexical\npart: 50\n")
    run = stance.run(path, runs=tmp_path / "runs")
    before = tables(run.folder)
    parts = sorted((run.folder / "tags" / "lexical_diplomacy").iterdir())
    parts[1].write_bytes(parts[1].read_bytes()[:-20])
    again = stance.run(path, runs=tmp_path / "runs")
    assert again.manifest["stages"][1]["reused"] == 2
    assert tables(run.folder) == before


def test_a_killed_run_resumes_to_the_same_bytes(config: MakeConfig, tmp_path: Path) -> None:
    path = config("part: 4\nthreads: 1\ngrid: {wordings: [all, 2]}\n")
    whole = stance.run(path, runs=tmp_path / "whole")
    line = [sys.executable, "-m", "stance", "run", str(path), "--runs", str(tmp_path / "killed")]
    folder = tmp_path / "killed" / whole.folder.name
    with subprocess.Popen(line, stdout=subprocess.PIPE) as process:
        while len(list(folder.glob("tags/*/part-*.parquet"))) < 3 and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert json.loads((folder / "manifest.json").read_text())["status"] == "started"
    kept = {part: part.stat().st_mtime_ns for part in folder.glob("tags/*/part-*.parquet")}
    assert 3 <= len(kept) < 27
    (folder / "cells").mkdir(exist_ok=True)
    (folder / "cells" / ".half-written").mkdir()
    resumed = stance.run(path, runs=tmp_path / "killed")
    assert resumed.manifest["stages"][1]["reused"] == len(kept)
    assert all(part.stat().st_mtime_ns == at for part, at in kept.items())
    assert tables(resumed.folder) == tables(whole.folder)
    assert not (folder / "cells" / ".half-written").exists()


def test_a_place_that_cannot_be_written_is_one_sentence(config: MakeConfig, tmp_path: Path) -> None:
    made = stance.run(config(), runs=tmp_path / "runs")
    shares = made.folder / "shares"
    shutil.rmtree(shares)
    shares.write_text("")
    with pytest.raises(RunError, match=r"shares: cannot be read or written \(File exists\); mend"):
        stance.run(config(), runs=tmp_path / "runs")
    assert json.loads((made.folder / "manifest.json").read_text())["status"] == "error"


def test_cells_combine_scores_without_scoring_again(config: MakeConfig, tmp_path: Path) -> None:
    path = config("grid: {models: [lexical], wordings: each, thresholds: [0.2, 0.7]}\n")
    run = stance.run(path, runs=tmp_path / "runs")
    assert [stage for stage, _, _ in stages(run)].count("tag") == 1
    assert len(run.cells) == 10
    frame = run.to_pandas()
    assert len(frame) == 10 * 4
    assert set(frame.wordings) == {"all", "1", "2", "3", "4"}
    shares = frame[(frame.frame == "restraint") & (frame.wordings == "all")].share
    assert list(shares) == sorted(shares, reverse=True)
    one = json.loads((run.folder / "cells/lexical_diplomacy_w2_t0.7/manifest.json").read_text())
    frames = one["codebook"]["content"]["frames"]
    book = stance.load_codebook("diplomacy")
    assert frames["restraint"]["hypotheses"] == [book.frames["restraint"].hypotheses[1]]
    assert one["codebook"]["content"]["threshold"] == 0.7
    assert ">lexical_diplomacy_w2_t0.7</td>" in run._repr_html_()


def test_targets_take_the_place_of_those_of_every_codebook(
    config: MakeConfig, tmp_path: Path
) -> None:
    def asked(text: str) -> list[set[str]]:
        run = stance.run(config(f"model: lexical\n{text}"), runs=tmp_path / "runs")
        rows = [pq.read_table(cell / "stances.parquet").to_pylist() for cell in run.cells]
        return [{row["target"] for row in own} for own in rows]

    books = "grid: {codebooks: [diplomacy, moral]}\n"
    assert asked(f"targets: [{{name: Tarvia, aliases: [Tarvian]}}]\n{books}") == [{"Tarvia"}] * 2
    assert asked("targets: none\n") == [set()]
    assert len(asked("")[0]) > 1
    assert len(list((tmp_path / "runs").iterdir())) == 3


def test_a_calibration_decides_the_tags(config: MakeConfig, tmp_path: Path) -> None:
    plain = stance.run(config("model: lexical\n"), runs=tmp_path / "runs")
    book = stance.load_codebook("diplomacy")
    about = {"wordings_sha256": wordings_hash(book.frames["restraint"].hypotheses)}
    own = FrameLogistic(**about, n=50, n_positive=20, slope=1.0, intercept=0.0, threshold=0.05)
    of = Labels(file="dev.csv", sha256="0" * 64, split="dev", n=50, ids=(("a", 0),))
    frames = {"diplomacy.restraint": own}
    made = Calibration(scorer="lexical", fitted_on=(of,), frames=frames)
    (tmp_path / "cal.json").write_text(made.model_dump_json())
    path = config("model: lexical\ncalibration: cal.json\n")
    run = stance.run(path, runs=tmp_path / "runs")
    assert run.folder != plain.folder
    manifest = json.loads((run.cells[0] / "manifest.json").read_text())
    assert [labels["file"] for labels in manifest["calibration"]["fitted_on"]] == ["dev.csv"]
    shares = [
        {row["frame"]: row["share"] for row in each.rows() if row["group"] == "all"}
        for each in (plain, run)
    ]
    assert shares[1]["restraint"] == 1.0 > shares[0]["restraint"]
    assert shares[1]["deterrence"] == shares[0]["deterrence"]
    assert stance.run(path, runs=tmp_path / "runs").skipped
    other = made.model_copy(update={"frames": {"diplomacy.restraint": replace_intercept(own)}})
    (tmp_path / "cal.json").write_text(other.model_dump_json())
    again = stance.run(path, runs=tmp_path / "runs")
    assert [status for _, _, status in stages(again)] == ["done"] * 5


def replace_intercept(own: FrameLogistic) -> FrameLogistic:
    return own.model_copy(update={"intercept": -9.0})


def test_groups_are_in_the_table(config: MakeConfig, tmp_path: Path) -> None:
    run = stance.run(config("model: lexical\nby: outlet\nperiod: month\n"), runs=tmp_path / "runs")
    groups = list(dict.fromkeys(row["group"] for row in run.rows()))
    assert groups[:3] == ["all", "Harbour Courier 2031-01", "Harbour Courier 2031-02"]
    assert len(groups) == 1 + 3 * 3
    rows = [row for row in run.rows() if row["frame"] == "restraint"]
    assert sum(row["n_scored"] for row in rows[1:]) == rows[0]["n_scored"] == 108


def test_an_absent_group_column_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Title\n\nBoth sides agreed on a ceasefire.\n")
    (tmp_path / "c.yaml").write_text("name: c\ninputs: a.txt\nmodel: lexical\nby: outlet\n")
    with pytest.raises(DataError, match="no article has the column 'outlet' to group by"):
        stance.run(tmp_path / "c.yaml", runs=tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    assert (manifest["status"], manifest["stages"]) == ("error", [])
    assert manifest["error"].startswith("no article has the column 'outlet' to group by")


def test_two_runs_at_once_are_refused(config: MakeConfig, tmp_path: Path) -> None:
    path = config("model: lexical\n")
    run = stance.run(path, runs=tmp_path / "runs")
    before = (run.folder / "manifest.json").read_bytes()
    with locked(run.folder):
        done = command("run", path, "--runs", tmp_path / "runs", cwd=tmp_path)
    assert done.returncode == 1
    message = done.stderr.decode()
    assert message.startswith(f"stance: {run.folder}: another run (process ")
    assert message.endswith("wait for its end or name another place with --runs\n")
    assert (run.folder / "manifest.json").read_bytes() == before
    assert stance.run(path, runs=tmp_path / "runs").skipped


def test_a_directory_of_another_version_is_refused(config: MakeConfig, tmp_path: Path) -> None:
    path = config("model: lexical\n")
    run = stance.run(path, runs=tmp_path / "runs")
    older = {**run.manifest, "format": 0, "versions": {"stance": "0.0.1"}}
    (run.folder / "manifest.json").write_text(json.dumps(older))
    with pytest.raises(RunError, match=r"has format 0, made by stance 0\.0\.1; this version reads"):
        stance.run(path, runs=tmp_path / "runs")
    (run.folder / "manifest.json").write_text("{")
    with pytest.raises(RunError, match=r"manifest\.json: cannot be read .*; make the result again"):
        stance.run(path, runs=tmp_path / "runs")


def test_other_bad_places(config: MakeConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file/small-\w{8}: cannot be made \(Not a directory\)"):
        stance.run(config("model: lexical\n"), runs=tmp_path / "file")
    with pytest.raises(ConfigError, match=r"small\.yaml: model: unknown model 'big'"):
        stance.run(config("model: big\n"), runs=tmp_path / "runs")


def test_the_command_prints_the_table(config: MakeConfig, tmp_path: Path) -> None:
    path = config("grid: {thresholds: [0.3]}\n")
    line = ("run", path, "--set", "model=lexical", "--set", "threads=1")
    first, second = (command(*line, cwd=tmp_path).stdout.decode() for _ in range(2))
    assert first.splitlines()[0].split() == ["frame", "share", "95", "%", "interval", "sentences"]
    assert "nothing was done again" not in first
    assert "nothing had changed; nothing was done again" in second
    assert [p.name[:6] for p in (tmp_path / "runs").iterdir()] == ["small-"]
    assert command(*line, "--quiet", cwd=tmp_path).stdout == b""
