"""The score cache: exact, partial, shared by processes, and never in the way."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from commands import run
from hypothesis import given, settings
from hypothesis import strategies as st

import stance
from stance.cache import ScoreCache, cache_folder, key_of
from stance.errors import CacheError, ScorerError
from stance.records import LogProbs, Question
from stance.scorers.cached import CachedScorer, cached
from stance.scorers.lexical import load_lexical


class Counting:
    """Answers with numbers drawn from the pair; remembers what it was asked."""

    fingerprint = "counting:1"
    has_contradiction = True

    def __init__(self) -> None:
        self.asked: list[Question] = []

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        self.asked += questions
        return [np.stack([self._row(q.premise, h) for h in q.hypotheses]) for q in questions]

    def truncated(self, premises: Sequence[str]) -> int:
        return len(premises)

    def _row(self, premise: str, hypothesis: str) -> np.ndarray:
        seed = list(key_of(self.fingerprint, premise, hypothesis))
        return np.log(np.random.default_rng(seed).dirichlet([1, 1, 1])).astype(np.float32)


class Broken(Counting):
    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        return [np.zeros((len(q.hypotheses), 2), dtype=np.float32) for q in questions]


ASKED = [Question("It rained.", ("one", "two")), Question("It snowed.", ("two", "three"))]


def test_a_cached_answer_is_the_computed_one_bit_for_bit(tmp_path: Path) -> None:
    inner = Counting()
    first = CachedScorer(inner, ScoreCache(tmp_path)).score(ASKED)
    second = CachedScorer(inner, ScoreCache(tmp_path)).score(ASKED)
    plain = Counting().score(ASKED)
    assert inner.asked == ASKED
    for answers in (first, second):
        assert [a.tobytes() for a in answers] == [a.tobytes() for a in plain]
        assert {a.dtype for a in answers} == {np.dtype(np.float32)}


def test_only_the_missing_hypotheses_are_asked(tmp_path: Path) -> None:
    inner = Counting()
    scorer = CachedScorer(inner, ScoreCache(tmp_path))
    scorer.score([Question("p", ("one", "three"))])
    wider = Question("p", ("zero", "one", "two", "three"))
    (answer,) = scorer.score([wider])
    assert inner.asked[1:] == [Question("p", ("zero", "two"))]
    assert answer.tobytes() == Counting().score([wider])[0].tobytes()
    assert scorer.score([Question("q", ())])[0].shape == (0, 3)
    assert (scorer.truncated(["a", "b"]), scorer.fingerprint) == (2, "counting:1")


_TEXT = st.text(max_size=5)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(_TEXT, st.lists(_TEXT, max_size=3, unique=True)), max_size=6),
    st.integers(0, 6),
)
def test_any_questions_in_any_halves_are_answered_alike(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[str, list[str]]], cut: int
) -> None:
    questions = [Question(premise, tuple(own)) for premise, own in asked if own]
    scorer = CachedScorer(Counting(), ScoreCache(tmp_path_factory.mktemp("cache")))
    scorer.score(questions[cut:])
    found = [answer.tobytes() for answer in scorer.score(questions)]
    assert found == [answer.tobytes() for answer in Counting().score(questions)]


def test_a_key_tells_apart_what_only_joins_alike() -> None:
    keys = [key_of("f", "ab", "c"), key_of("f", "a", "bc"), key_of("fa", "b", "c")]
    assert len({*keys}) == 3
    assert key_of("f", "\ud800", "c") != key_of("f", "\ud801", "c")


def test_another_scorer_has_other_answers(tmp_path: Path) -> None:
    one, other = Counting(), Counting()
    other.fingerprint = "counting:2"
    for inner in (one, other):
        CachedScorer(inner, ScoreCache(tmp_path)).score(ASKED)
    assert one.asked == other.asked == ASKED
    info = ScoreCache(tmp_path).info()
    assert {(e.fingerprint, e.pairs) for e in info.scorers} == {
        ("counting:1", 4),
        ("counting:2", 4),
    }


def test_what_breaks_the_contract_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ScorerError, match=r"counting:1: gave float32 \(2, 2\)"):
        CachedScorer(Broken(), ScoreCache(tmp_path)).score(ASKED)
    assert ScoreCache(tmp_path).info().pairs == 0


def test_counting_terms_is_never_cached(tmp_path: Path) -> None:
    scorer = load_lexical()
    assert cached(scorer, tmp_path) is scorer
    assert cached(Counting(), "off").fingerprint == "counting:1"
    assert list(tmp_path.iterdir()) == []


WRITER = """
import sys
sys.path.insert(0, sys.argv[3])
from test_cache import Counting
from stance.cache import ScoreCache
from stance.records import Question
from stance.scorers.cached import CachedScorer
scorer = CachedScorer(Counting(), ScoreCache(sys.argv[1], on_note=print))
for k in range(20):
    scorer.score([Question(f"{sys.argv[2]} {k} {j}", ("a", "b")) for j in range(5)])
    scorer.score([Question(f"both {k} {j}", ("a", "b")) for j in range(5)])
"""


def test_two_processes_fill_one_cache(tmp_path: Path) -> None:
    lines = [
        [sys.executable, "-c", WRITER, str(tmp_path), name, str(Path(__file__).parent)]
        for name in ("left", "right")
    ]
    writers = [subprocess.Popen(line, stdout=subprocess.PIPE) for line in lines]
    assert [(w.communicate()[0], w.returncode) for w in writers] == [(b"", 0)] * 2
    inner = Counting()
    scorer = CachedScorer(inner, ScoreCache(tmp_path))
    for name in ("left", "right", "both"):
        scorer.score([Question(f"{name} {k} {j}", ("a", "b")) for k in range(20) for j in range(5)])
    assert inner.asked == []
    assert ScoreCache(tmp_path).info().pairs == 600


@pytest.mark.parametrize("content", [b"no database " * 400, b"SQLite format 3\0" + b"\x01" * 9_000])
def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scores.sqlite"
    path.write_bytes(content)
    notes: list[str] = []
    cache = ScoreCache(tmp_path, on_note=notes.append)
    CachedScorer(Counting(), cache).score(ASKED)
    assert notes == [f"{path}: is damaged; set aside as scores.sqlite.damaged-1 and begun anew"]
    assert (tmp_path / "scores.sqlite.damaged-1").read_bytes() == content
    info = ScoreCache(tmp_path).info()
    assert (info.pairs, info.damaged) == (4, (tmp_path / "scores.sqlite.damaged-1",))
    assert (cache.clear(), cache.info().pairs, cache.info().damaged) == (4, 0, ())


def test_a_file_damaged_while_in_use_is_set_aside(tmp_path: Path) -> None:
    notes: list[str] = []
    many = [Question(str(k), ("a", "b", "c")) for k in range(500)]
    filled = ScoreCache(tmp_path)
    CachedScorer(Counting(), filled).score(many)
    filled.close()
    path = tmp_path / "scores.sqlite"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4_096 * 2)
        file.write(b"\xff" * (size - 4_096 * 2))
    inner = Counting()
    scorer = CachedScorer(inner, ScoreCache(tmp_path, on_note=notes.append))
    answers = scorer.score(many)
    assert len(inner.asked) == 500
    assert len(answers) == 500
    assert [note.partition(": ")[2] for note in notes] == [
        "is damaged; set aside as scores.sqlite.damaged-1 and begun anew"
    ]
    assert ScoreCache(tmp_path).info().pairs == 1_500


def test_a_value_that_the_disk_has_changed_is_computed_anew(tmp_path: Path) -> None:
    inner = Counting()
    cache = ScoreCache(tmp_path)
    right = CachedScorer(inner, cache).score(ASKED)
    for change in (
        "UPDATE scores SET value = randomblob(length(value))",
        "UPDATE scores SET value = (SELECT value FROM scores ORDER BY key LIMIT 1)",
    ):
        inner.asked.clear()
        cache._connection.execute(change)
        answers = CachedScorer(inner, cache).score(ASKED)
        assert all(np.array_equal(*pair) for pair in zip(answers, right, strict=True))
        assert inner.asked != []
    inner.asked.clear()
    CachedScorer(inner, cache).score(ASKED)
    assert inner.asked == []


def test_a_full_cache_is_left_and_said_once(tmp_path: Path) -> None:
    notes: list[str] = []
    cache = ScoreCache(tmp_path, on_note=notes.append)
    cache._connection.execute("PRAGMA max_page_count = 5")
    scorer = CachedScorer(Counting(), cache)
    for part in range(3):
        assert len(scorer.score([Question(f"{part} {k}", ("a", "b")) for k in range(300)])) == 300
    assert notes == [
        f"{cache.path}: cannot be used (database or disk is full); going on without a cache"
    ]


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_scored(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "a.txt").write_text("Title\n\nBoth sides agreed on a ceasefire.\n")
    done = run("analyze", "a.txt", "--cache", "file/cache", "--out", "out", cwd=tmp_path)
    assert (done.returncode, done.stderr.decode()) == (
        1,
        "stance: file/cache/scores.sqlite: the cache cannot be used (Not a directory); name "
        "another folder with --cache DIR, or --cache off\n",
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    ScoreCache(tmp_path).close()
    (tmp_path / "scores.sqlite").chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(CacheError, match=r"the cache cannot be used .*--cache off"):
            ScoreCache(tmp_path)
    finally:
        tmp_path.chmod(0o755)


def test_a_cache_of_another_form_is_refused(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "scores.sqlite")
    other.execute("PRAGMA user_version = 7")
    other.close()
    with pytest.raises(CacheError, match="has form 7, this version writes 2; name another folder"):
        ScoreCache(tmp_path)


def test_old_pairs_are_pruned_first(tmp_path: Path) -> None:
    cache = ScoreCache(tmp_path)
    scorer = CachedScorer(Counting(), cache)
    old = [Question(f"old {k}", ("a", "b")) for k in range(2_000)]
    scorer.score(old)
    cache._connection.execute("UPDATE scores SET day = day - 40")
    scorer.score([Question(f"new {k}", ("a", "b")) for k in range(2_000)])
    scorer.score(old[:10])
    assert cache.info().pairs == 8_000
    assert cache.prune(most=cache.info().size * 3 // 4) == pytest.approx(2_000, abs=20)
    inner = Counting()
    new = [Question(f"new {k}", ("a", "b")) for k in range(2_000)]
    CachedScorer(inner, cache).score([*new, *old[:10]])
    assert inner.asked == []
    assert cache.prune(days=30) == pytest.approx(1_980, abs=20)
    assert cache.info().pairs == 4_020
    assert cache.info().size < 300_000


def test_the_commands(tmp_path: Path) -> None:
    empty = run("cache", "info", "--cache", "none", cwd=tmp_path)
    assert empty.stdout.decode().endswith("is not there; stance analyze --cache on makes it\n")
    assert list(tmp_path.iterdir()) == []
    CachedScorer(Counting(), ScoreCache(tmp_path / "own")).score(ASKED)
    shown = run("cache", "info", "--cache", "own", cwd=tmp_path).stdout.decode().splitlines()
    assert shown[0].endswith(" MB, 4 pairs")
    assert shown[1].endswith(": counting:1")
    nothing = run("cache", "prune", "--cache", "own", cwd=tmp_path)
    assert nothing.stderr == b"stance: say what to forget: --days N or --megabytes N\n"
    pruned = run("cache", "prune", "--cache", "own", "--megabytes", "0", cwd=tmp_path)
    assert pruned.stdout.decode().startswith("4 pairs forgotten; 0 left")
    cleared = run("cache", "clear", "--cache", "own", cwd=tmp_path)
    assert cleared.stdout.decode().startswith("0 pairs forgotten")


def test_the_user_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "stance"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "stance"


def test_an_analysis_from_the_cache_has_the_same_bytes(tmp_path: Path) -> None:
    article = tmp_path / "a.txt"
    article.write_text("Title\n\nBoth sides agreed on a ceasefire. Israel criticised Iran.\n")
    first = stance.analyze(article, cache=tmp_path / "cache", threads=1)
    again = stance.analyze(article, cache=tmp_path / "cache", threads=1)
    plain = stance.analyze(article, threads=1)
    for made in (again, plain):
        assert made.sentence_table().equals(first.sentence_table())
        assert made.manifest["counts"] == first.manifest["counts"]
