"""A short run of benchmarks/faults, and that its checks see what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
try:
    from benchmarks.faults.cases import Case
    from benchmarks.faults.checks import half_written, repeated, tree
    from benchmarks.faults.children import Ended
    from benchmarks.faults.corpora import Corpus, write_corpus
    from benchmarks.faults.counts import table
    from benchmarks.faults.lab import Outcome, ended_well
finally:
    sys.path.pop(0)

on_linux = pytest.mark.skipif(not Path("/proc/self/environ").is_file(), reason="needs /proc")


@on_linux
def test_commands_killed_before_chosen_steps_leave_nothing_half_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.faults", "--only", "steps", "--rounds", "2"]
    places = ["--out", str(tmp_path / "counts"), "--scratch", str(tmp_path)]
    done = subprocess.run(
        [*command, *places], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    told = json.loads((tmp_path / "counts" / "faults.json").read_text())["trials"]
    assert [trial["violations"] for trial in told if trial["violations"]] == []
    struck = [trial["case"] for trial in told if trial["struck"]]
    assert struck == ["engine local"] * 3 + ["run"] * 3 + ["export"] * 3
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["counts"]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return write_corpus(tmp_path / "corpus.jsonl", 2)


@pytest.fixture
def case(corpus: Corpus) -> Case:
    return Case("analyze", ("stance",), ("out",), corpus, sentences="out/sentences.csv")


@pytest.fixture
def place(tmp_path: Path, corpus: Corpus) -> Path:
    """A folder with the result of the corpus, as far as the checks look at it."""
    out = tmp_path / "place" / "out"
    out.mkdir(parents=True)
    rows = [f"{name},{text}" for name, own in corpus.sentences.items() for text in own]
    (out / "sentences.csv").write_text("article_id,text\n" + "\n".join(rows) + "\n")
    (out / "manifest.json").write_text('{"kind": "analysis", "seconds": 1}')
    return out.parent


def test_a_result_is_as_it_was_but_for_the_time(place: Path, case: Case) -> None:
    whole = tree(place, ("out",))
    (place / "out" / "manifest.json").write_text('{"kind": "analysis", "seconds": 2}')
    assert half_written(place, case, whole, {}) == []
    assert repeated(place, case, whole) == []


def test_what_is_half_written_is_seen(place: Path, case: Case) -> None:
    whole = tree(place, ("out",))
    (place / "out" / "manifest.json").unlink()
    assert half_written(place, case, whole, {}) == ["out is neither result: out/manifest.json"]
    tags = place / "out.unfinished" / "tags"
    tags.mkdir(parents=True)
    pq.write_table(pa.table({"a": [1]}), tags / "part-00000.parquet")
    (tags / "part-00001.parquet").write_bytes((tags / "part-00000.parquet").read_bytes()[:-5])
    (tags / ".part-00002.parquet.17.tmp").write_bytes(b"half")
    assert half_written(place, case, whole, {})[1:] == [
        "out.unfinished/tags/part-00001.parquet is half-written"
    ]


def test_an_earlier_result_may_lie_aside_but_not_be_lost(place: Path, case: Case) -> None:
    before = tree(place, ("out",))
    aside = place / ".out.a1b2c3d4"
    aside.mkdir()
    (place / "out").rename(aside / "old")
    assert half_written(place, case, {}, before) == []
    (aside / "old" / "sentences.csv").unlink()
    assert half_written(place, case, {}, before) == ["the result of before is lost"]


def test_what_is_left_lying_is_seen(place: Path, case: Case) -> None:
    whole = tree(place, ("out",))
    (place / ".out.a1b2c3d4").mkdir()
    assert half_written(place, case, whole, {}) == []
    assert repeated(place, case, whole) == [".out.a1b2c3d4 is left lying"]
    (place / "notes").mkdir()
    assert half_written(place, case, whole, {}) == ["notes is left lying"]


def test_sentences_that_are_lost_or_doubled_are_counted(place: Path, case: Case) -> None:
    path = place / "out" / "sentences.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:-1], lines[1]]))
    faults = repeated(place, case, tree(place, ("out",)))
    assert faults == ["sentences.csv: 1 sentences lost, 1 too many"]


@pytest.mark.parametrize(
    ("status", "errors", "wrong"),
    [
        (0, "stance: a note\n", []),
        (1, "stance: out: cannot be written\n", []),
        (2, "Usage: …\n\nError: Path 'out' is not readable.\n", []),
        (None, "", ["hung"]),
        (1, "Traceback …\nOSError: no\n", ["ended with 1, not in one sentence: OSError: no"]),
        (-9, "", ["ended with -9, not in one sentence: nothing was said"]),
    ],
)
def test_an_end_is_success_or_one_sentence(
    status: int | None, errors: str, wrong: list[str]
) -> None:
    assert ended_well(Ended(status, errors, 1.0)) == wrong


def test_the_table_of_counts() -> None:
    outcomes = [
        Outcome("kill", "run", True),
        Outcome("kill", "run", False, ("lost",)),
        Outcome("clock", "run", False, skipped=True),
    ]
    assert table(outcomes).splitlines()[2:] == [
        "| clock | `run` | 0 | 0 | 1 | 0 |",
        "| kill | `run` | 2 | 1 | 0 | 1 |",
        "| all |  | 2 | 1 | 1 | 1 |",
    ]
