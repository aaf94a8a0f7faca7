"""Shards: the same tables however a corpus is divided and wherever it is tagged, and no loss."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from commands import failed, run
from hypothesis import given, settings
from hypothesis import strategies as st

import stance
from stance.codebooks import load_codebook
from stance.commands.engine import engine_of
from stance.engine import analyze_corpus, make_engine
from stance.engine.actors import _Actor, check_address
from stance.engine.failures import raise_failure
from stance.engine.merging import merge_parts
from stance.engine.processes import ProcessEngine, _Worker
from stance.engine.shards import Done, Job, Setup, ShardWorker
from stance.engine.spool import Spool, write_spool
from stance.engine.unfinished import held
from stance.errors import ConfigError, RunError
from stance.panels import made_rows
from stance.readers import read_articles
from stance.records import Article, Omission, Section, Sentence, Span
from stance.runs.files import locked
from stance.targets import proposing

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "notebooks" / "data" / "made_up_outlets.jsonl"
TABLES = ("sentences", "profiles", "stances", "articles")


def csv_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.csv").read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus as it is analysed in memory."""
    result = stance.analyze(CORPUS, model="lexical")
    return result.save(tmp_path_factory.mktemp("whole") / "out", report=False)


_WORDS = st.lists(
    st.sampled_from(
        ["Israel", "Hamas", "talks", "ceasefire", "tanks", "He", "said", "“No”", ".", "The country"]
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=4, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=9))
def test_any_corpus_has_the_same_tables_in_any_number_of_shards(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    rows = [json.dumps({"text": "A " + " ".join(words), "n": str(len(words))}) for words in texts]
    (folder / "a.jsonl").write_text("\n".join(rows))
    expected = stance.analyze(folder / "a.jsonl", model="lexical")
    expected.save(folder / "whole", report=False)
    for shards in (1, 2, 7):
        made = analyze_corpus(
            folder / "a.jsonl",
            folder / "out",
            engine="local",
            shards=shards,
            model="lexical",
            report=False,
        )
        assert csv_of(folder / "out") == csv_of(folder / "whole")
        assert made.articles == len(texts)


@pytest.mark.parametrize(("engine", "shards"), [("local", 1), ("processes", 7)])
def test_engines_give_what_memory_gives(
    whole: Path, tmp_path: Path, engine: str, shards: int
) -> None:
    made = analyze_corpus(
        CORPUS,
        tmp_path / "out",
        engine=engine,
        jobs=2 if shards > 1 else 1,
        shards=shards,
        model="lexical",
        report=False,
    )
    assert csv_of(tmp_path / "out") == csv_of(whole)
    manifests = [
        json.loads((folder / "manifest.json").read_text()) for folder in (tmp_path / "out", whole)
    ]
    for manifest in manifests:
        del manifest["seconds"]
    assert manifests[0].pop("engine")["shards"] == shards
    assert manifests[0] == manifests[1]  # with the SHA-256 of every file
    assert made.manifest["engine"] == {
        "name": engine,
        "jobs": 2 if shards > 1 else 1,
        "shards": shards,
        "reused": 0,
    }
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_ray_gives_what_memory_gives(whole: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from stance.engine import analyze_corpus; analyze_corpus(sys.argv[1], 'out', "
        "engine='ray', jobs=2, shards=7, model='lexical', report=False)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(CORPUS)], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert csv_of(tmp_path / "out") == csv_of(whole)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["engine"] == {"name": "ray", "jobs": 2, "shards": 7, "reused": 0}


def test_standard_input_and_what_is_printed(tmp_path: Path) -> None:
    lines = b"".join(CORPUS.read_bytes().splitlines(keepends=True)[:2])
    options = ("--engine", "local", "--model", "lexical", "--format", "jsonl", "--out", "out")
    done = run("analyze", "-", *options, cwd=tmp_path, stdin=lines)
    rows = pq.read_table(tmp_path / "out" / "sentences.parquet").to_pylist()
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == [
        row["text"] for row in rows
    ]
    assert b"report   out/report.html" in done.stderr
    assert "2 articles<" in (tmp_path / "out" / "report.html").read_text()


def test_a_report_of_the_first_articles_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stance.engine.corpus.IN_FULL", 1)
    made = analyze_corpus(CORPUS, tmp_path / "out", engine="local", model="lexical", limit=3)
    assert len(made.first.profiles) == 1
    report = (tmp_path / "out" / "report.html").read_text()
    assert "the first of 3, the tables beside this report hold all" in report


def test_a_spool_gives_back_articles_and_keeps_every_one_in_its_shard(tmp_path: Path) -> None:
    articles = [
        Article(
            f"é{k}",
            f"Head\n\n\ud800 {k}",
            headline=Span(0, 4) if k % 2 else None,
            omissions=(Omission(Span(0, 1), "caption"),) * (k % 3),
            date="2031-01-01",
            metadata={"by": "x"},
        )
        for k in range(40)
    ]
    spool = write_spool(articles, tmp_path / "one", shards=7)
    assert list(spool) == articles
    found = {shard: list(spool.shard(shard)) for shard in range(7)}
    assert sorted((a for own in found.values() for a in own), key=articles.index) == articles
    assert all(own == sorted(own, key=articles.index) for own in found.values())
    fewer = write_spool(articles[5:], tmp_path / "two", shards=7)
    for shard in range(7):
        assert list(fewer.shard(shard)) == [a for a in found[shard] if a in articles[5:]]
    assert (write_spool(articles, tmp_path / "three").width, fewer.shards) == (4, 7)


def test_blocks_have_shards_of_their_own(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stance.engine.spool.BLOCK", 5)
    made = analyze_corpus(
        CORPUS, tmp_path / "out", engine="local", shards=2, model="lexical", report=False
    )
    assert made.manifest["engine"]["shards"] == 8
    assert csv_of(tmp_path / "out") == csv_of(whole)


def make_job(folder: Path, shards: int) -> tuple[Setup, Job]:
    book = load_codebook("diplomacy")
    spool = write_spool(read_articles(CORPUS), folder, shards=shards)
    setup = Setup("lexical", book.model_dump_json(), threads=1)
    return setup, Job(str(folder), spool, (), 0, "key")


def test_killed_workers_lose_nothing_but_their_shards(tmp_path: Path) -> None:
    setup, job = make_job(tmp_path / "parts", 6)
    shards = sorted(set(job.spool.order()))
    finished: list[int] = []
    with ProcessEngine(setup, 2) as engine:
        assert engine.describe().fingerprint.startswith("lexical:")
        for done in engine.tag(job, shards):
            if not finished:
                for worker in list(engine._workers):
                    os.kill(worker.process.pid, signal.SIGKILL)
            finished.append(done.shard)
        assert len(engine._workers) >= 3
        pids = [worker.process.pid for worker in engine._workers]
    assert sorted(finished) == shards
    assert all(not Path(f"/proc/{pid}").exists() for pid in pids)
    _, again = make_job(tmp_path / "again", 6)
    worker = ShardWorker(setup)
    for folder, made in ((tmp_path / "parts", job), (tmp_path / "again", again)):
        for shard in shards:
            assert worker.tag(made, shard).reused == (made is job)
        (tmp_path / f"out-{folder.name}").mkdir()
        frames = tuple(load_codebook("diplomacy").frames)
        merge_parts(folder, made.spool, frames, tmp_path / f"out-{folder.name}")
    assert csv_of(tmp_path / "out-parts") == csv_of(tmp_path / "out-again")


def test_a_shard_that_ends_its_actors_is_given_up(tmp_path: Path) -> None:
    setup, job = make_job(tmp_path / "parts", 2)
    shard = next(job.spool.order())
    for _ in range(3):
        actor = _Actor(setup, job)
        assert isinstance(actor({"shard": shard})["answer"], Done)
    answer = _Actor(setup, job)({"shard": shard})["answer"]
    with pytest.raises(RunError, match=rf"shard {shard} has ended 3 workers, perhaps for want of"):
        raise_failure(answer)


def test_what_is_wrong_in_a_worker_is_said_as_it_is_here(tmp_path: Path) -> None:
    setup = Setup("lexical", load_codebook("diplomacy").model_dump_json(), head="none.json")
    with ProcessEngine(setup, 1) as engine, pytest.raises(ConfigError, match="is not a head of"):
        engine.describe()


def stop_after(parts: int, out: Path, corpus: Path = CORPUS) -> None:
    calls: list[int] = []

    def stop(done: int, total: int) -> None:
        calls.append(done)
        if len(calls) == parts:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        analyze_corpus(
            corpus, out, engine="local", shards=6, model="lexical", report=False, on_progress=stop
        )


def again(out: Path, **options: str) -> stance.engine.CorpusResult:
    chosen = {"model": "lexical", "engine": "local", **options}
    return analyze_corpus(CORPUS, out, shards=6, report=False, **chosen)


def test_a_stopped_analysis_goes_on_with_what_is_missing(whole: Path, tmp_path: Path) -> None:
    stop_after(3, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    parts = sorted((tmp_path / "out.unfinished" / "tags").iterdir())
    assert len(parts) == 3
    parts[0].write_bytes(parts[0].read_bytes()[:-9])
    made = again(tmp_path / "out")
    assert made.manifest["engine"]["reused"] == 2
    assert csv_of(tmp_path / "out") == csv_of(whole)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_part_whose_other_tables_are_gone_is_tagged_again(whole: Path, tmp_path: Path) -> None:
    stop_after(4, tmp_path / "out")
    unfinished = tmp_path / "out.unfinished"
    shards = sorted(path.name for path in (unfinished / "tags").iterdir())
    (unfinished / "counts" / shards[0].replace("parquet", "json")).unlink()
    (unfinished / "profiles" / shards[1]).unlink()
    (unfinished / "articles" / shards[2]).unlink()
    made = again(tmp_path / "out")
    assert made.manifest["engine"]["reused"] == 1
    assert csv_of(tmp_path / "out") == csv_of(whole)


def test_a_part_of_another_key_goes_before_the_new_one_is_put_in_place(tmp_path: Path) -> None:
    setup, job = make_job(tmp_path / "parts", 2)
    shard = next(job.spool.order())
    worker = ShardWorker(setup)
    worker.tag(job, shard)
    profiles = tmp_path / "parts" / "profiles" / f"part-{shard:05d}.parquet"
    profiles.unlink()
    profiles.mkdir()
    with pytest.raises(RunError, match=r"cannot be written \(Is a directory\)"):
        worker.tag(replace(job, key="other"), shard)
    assert not any((tmp_path / "parts" / "tags").iterdir())


def test_who_comes_second_leaves_the_work_of_the_first_alone(tmp_path: Path) -> None:
    with held(tmp_path / "out") as folder:
        (folder / "articles.jsonl").write_text("being written")
        with pytest.raises(RunError, match="is at work there; wait"), held(tmp_path / "out"):
            pass
        assert (folder / "articles.jsonl").read_text() == "being written"
    assert list(tmp_path.iterdir()) == []


def test_a_worker_ends_where_it_stands_when_its_asker_is_gone(tmp_path: Path) -> None:
    articles = (Article(f"a{n}", "He called for talks. " * 20) for n in range(2_000))
    spool = write_spool(articles, tmp_path / "parts", shards=1)
    setup = Setup("lexical", load_codebook("diplomacy").model_dump_json(), threads=1)
    worker = _Worker(setup)
    assert worker.process.stdin is not None
    pickle.dump((Job(str(tmp_path / "parts"), spool, (), 0, "key"), 0), worker.process.stdin)
    worker.process.stdin.close()
    assert worker.process.wait(60) == 0
    assert worker.process.stdout is not None
    worker.process.stdout.close()
    assert list(tmp_path.glob("parts/tags/part-*")) == []


def test_a_report_does_not_tell_what_was_reused() -> None:
    manifest = {"engine": {"name": "local", "shards": 2, "reused": 1}, "seconds": 3}
    assert list(made_rows(manifest)) == [("engine name", "local"), ("engine shards", "2")]


def test_only_the_shard_of_a_changed_article_is_tagged_again(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(CORPUS.read_bytes())
    stop_after(6, tmp_path / "out", tmp_path / "a.jsonl")
    text = CORPUS.read_text().replace("ration insulin", "ration bandages")
    (tmp_path / "a.jsonl").write_text(text)
    made = analyze_corpus(
        tmp_path / "a.jsonl",
        tmp_path / "out",
        engine="local",
        shards=6,
        model="lexical",
        report=False,
    )
    assert made.manifest["engine"]["reused"] == 5
    assert "ration bandages" in (tmp_path / "out" / "sentences.csv").read_text()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out.unfinished").mkdir()
    (tmp_path / "out.unfinished" / "novel.txt").write_text("Once")
    with pytest.raises(RunError, match=r"holds 'novel.txt', which stance did not write; move it"):
        again(tmp_path / "out")
    assert (tmp_path / "out.unfinished" / "novel.txt").read_text() == "Once"


def test_other_seeds_are_not_taken_over(tmp_path: Path) -> None:
    stop_after(3, tmp_path / "out")
    made = analyze_corpus(
        CORPUS, tmp_path / "out", engine="local", shards=6, model="lexical", report=False, seed=5
    )
    assert made.manifest["engine"]["reused"] == 0


def test_another_model_or_codebook_is_refused_and_both_are_named(tmp_path: Path) -> None:
    stop_after(2, tmp_path / "out")
    with pytest.raises(RunError, match="was begun with the model lexical, not mini; give that one"):
        again(tmp_path / "out", model="mini")
    with pytest.raises(
        RunError, match=r"begun with the codebook diplomacy \w{12}, not moral \w{12}; give"
    ):
        again(tmp_path / "out", codebook="moral")
    begun = tmp_path / "out.unfinished" / "manifest.json"
    begun.write_text(
        begun.read_text().replace('"fingerprint": "lexical:', '"fingerprint": "other:')
    )
    with pytest.raises(RunError, match=r"begun with the scorer other:\w+, not lexical:\w+; give"):
        again(tmp_path / "out")
    with locked(tmp_path / "out.unfinished"), pytest.raises(RunError, match="is at work there"):
        again(tmp_path / "out")
    assert len(list((tmp_path / "out.unfinished" / "tags").iterdir())) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("table", ["tags", "profiles"])
def test_a_full_disk_is_one_sentence_and_nothing_half_written(tmp_path: Path, table: str) -> None:
    setup, job = make_job(tmp_path / "parts", 2)
    shard = next(job.spool.order())
    (tmp_path / "parts" / table).mkdir()
    scratch = tmp_path / "parts" / table / f".part-{shard:05d}.parquet.{os.getpid()}.tmp"
    scratch.symlink_to("/dev/full")
    with pytest.raises(
        RunError, match=r"part-0000\d.parquet: cannot be written \(No space left on device\); fin"
    ):
        ShardWorker(setup).tag(job, shard)
    left = [
        path for name in (*TABLES[1:], "tags") for path in (tmp_path / "parts" / name).iterdir()
    ]
    assert left == []


def test_bad_input_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "One."}\n{"txt": "Two."}\n')
    lexical = ("--engine", "local", "--model", "lexical")
    assert failed("a.jsonl", *lexical, cwd=tmp_path).startswith("a.jsonl")
    told = failed("a.jsonl", *lexical, "--format", "json", cwd=tmp_path)
    assert told == "--format json holds all in memory; with --engine name jsonl or csv"


def test_engines_take_only_what_they_can_use() -> None:
    setup = Setup("lexical", "{}")
    with pytest.raises(ConfigError, match="--jobs 2: the engine local has one; name --engine proc"):
        make_engine("local", setup, jobs=2)
    with pytest.raises(ConfigError, match="--address is for --engine ray, not processes; leave it"):
        make_engine("processes", setup, address="auto")
    with pytest.raises(ConfigError, match="there is no engine 'dask'; name local, processes, ray"):
        make_engine("dask", setup)
    with pytest.raises(ConfigError, match="--address head: write it as HOST:PORT, or auto"):
        check_address("head")
    with pytest.raises(ConfigError, match="--group-by holds all articles in memory; leave it out"):
        engine_of("local", 0, None, grouped=True)
    assert engine_of(None, 0, None) is None
    assert (engine_of(None, 2, None), engine_of(None, 0, "auto")) == ("processes", "ray")


@pytest.fixture
def deaf() -> Iterator[str]:
    """An address where something listens that never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_an_address_that_does_not_answer(deaf: str) -> None:
    with pytest.raises(RunError, match=rf"^{deaf}: no Ray cluster answers there within 2 seconds"):
        check_address(deaf, patience=2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(RunError, match=rf"^{closed}: no Ray cluster answers there"):
        check_address(closed)


def test_rare_names_are_forgotten_and_frequent_ones_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Yesterday Israel met Anna Smith and Zed Q{k}x." for k in range(300)]
    sentences = [Sentence("a", k, 0, len(t), t, Section.BODY) for k, t in enumerate(texts)]
    expected = proposing.propose_targets(sentences, most=2)
    monkeypatch.setattr(proposing, "KEPT", 20)
    assert proposing.propose_targets(iter_again(sentences), most=2) == expected
    assert [target.name for target in expected] == ["Israel", "Anna Smith"]


class iter_again:  # noqa: N801
    """Something that can be gone through again and has no length."""

    def __init__(self, sentences: list[Sentence]) -> None:
        self._sentences = sentences

    def __iter__(self) -> Iterator[Sentence]:
        return iter(self._sentences)


def test_an_empty_spool_has_no_shards(tmp_path: Path) -> None:
    assert write_spool([], tmp_path) == Spool(tmp_path, 0, 1)
