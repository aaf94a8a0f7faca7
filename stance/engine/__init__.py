"""Large corpora: shards of articles on one or many processes or machines, and steady memory.

Articles are read once and laid down in a folder beside the result, tagged shard by shard, and
merged in the order they were read::

    <out>.unfinished/
        manifest.json                    what was begun, so that nothing else goes on with it
        articles.jsonl, places.bin       the articles, and where each begins
        tags/part-00000.parquet …        finished shards (see `stance.engine.parts`)

The folder goes when the result is whole. A command that was stopped goes on with the shards that
are missing, and another model or codebook is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, final

from stance.cache import OnNote
from stance.codebooks import DEFAULT, Codebook, load_codebook
from stance.engine.shards import Done, Facts, Job, Setup, ShardWorker, add_up
from stance.engine.unfinished import check_begun, held, part_key_of
from stance.errors import ConfigError, DataError
from stance.readers import Skipped
from stance.runs import check_target
from stance.scorers.cached import OFF, ON
from stance.toward import Targets, choose_targets, with_targets

if TYPE_CHECKING:
    from stance.engine.corpus import CorpusResult
    from stance.tagging import OnProgress

__all__ = ["ENGINES", "Engine", "analyze_corpus", "make_engine"]

ENGINES = ("local", "processes", "ray")


class Engine(Protocol):
    """Where shards are tagged."""

    jobs: int

    def describe(self) -> Facts:
        """Open the model somewhere, and return what was found out."""

    def tag(self, job: Job, shards: Sequence[int]) -> Iterator[Done]:
        """Yield the shards as they are finished, in any order."""


@final
class LocalEngine:
    """Tags shards in this process, one after the other."""

    jobs = 1

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to end."""

    def describe(self) -> Facts:
        """Open the model."""
        self._worker = ShardWorker(self._setup)
        return self._worker.facts

    def tag(self, job: Job, shards: Sequence[int]) -> Iterator[Done]:
        """Yield the shards as they are finished."""
        for shard in shards:
            yield self._worker.tag(job, shard)


def make_engine(
    name: str, setup: Setup, *, jobs: int = 0, address: str | None = None
) -> AbstractContextManager[Engine]:
    """Return an engine by name, to be entered.

    Raises:
        ConfigError: There is none of that name, or it takes no address or no jobs.
    """
    if address is not None and name != "ray":
        raise ConfigError(f"--address is for --engine ray, not {name}; leave it out")
    if name == "local":
        if jobs > 1:
            raise ConfigError(f"--jobs {jobs}: the engine local has one; name --engine processes")
        return LocalEngine(setup)
    if name == "processes":
        from stance.engine.processes import ProcessEngine

        return ProcessEngine(setup, jobs)
    if name == "ray":
        from stance.engine.actors import RayEngine

        return RayEngine(setup, jobs, address=address)
    raise ConfigError(f"there is no engine {name!r}; name {', '.join(ENGINES)}")


def analyze_corpus(
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    engine: str = "processes",
    jobs: int = 0,
    address: str | None = None,
    shards: int | None = None,
    codebook: str | Path | Codebook = DEFAULT,
    targets: Targets | None = None,
    model: str = "mini",
    calibration: str | Path | None = None,
    threads: int = 0,
    precision: str = "exact",
    device: str = "auto",
    dtype: str = "auto",
    labels: Sequence[str] = (),
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    seed: int = 0,
    head: str | Path | None = None,
    cache: str | Path = OFF,
    report: bool = True,
    stdin: BinaryIO | None = None,
    on_progress: OnProgress | None = None,
    on_skip: Callable[[Skipped], None] | None = None,
    on_note: OnNote | None = None,
) -> CorpusResult:
    """Analyse a corpus of any size into a folder, with the tables that `stance.analyze` gives.

    Memory does not grow with the corpus, but for 12 bytes and the id of every article. With
    proposed targets (``auto``) the articles are gone through twice more, for their names.

    Args:
        inputs: As in `stance.analyze`, like all that is not named here.
        out: Folder of the result.
        engine: ``local``, ``processes`` or ``ray``.
        jobs: Models at work at once; 0 is one a core.
        address: Where a Ray cluster answers; without it Ray is started on this machine.
        shards: Shards of every 16,384 articles; by default up to 64, by the number of articles.
        report: Without it no figures are drawn and no report is written.
        on_progress: Called with the numbers of articles done and of all.
        on_note: Called with what a user should know and need not stop for.

    Raises:
        RunError: Another model or codebook was begun there, a part cannot be written, or the
            engine cannot be started.
        StanceError: An input, the codebook or the model cannot be used.
    """
    from stance.engine.corpus import Reading, corpus_manifest, finish

    started = time.monotonic()
    out = Path(out)
    check_target(out)
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    book = with_targets(book, targets)
    setup = Setup(
        model=model,
        codebook=book.model_dump_json(),
        calibration=None if calibration is None else _absolute(calibration),
        head=None if head is None else _absolute(head),
        threads=threads,
        cache=str(cache) if str(cache) in {ON, OFF} else _absolute(cache),
        precision=precision,
        device=device,
        dtype=dtype,
        labels=tuple(labels),
        place=str(Path.cwd()),
    )
    reading = Reading(inputs, columns or {}, skip_bad, limit, stdin, on_skip)
    with held(out) as folder, make_engine(engine, setup, jobs=jobs, address=address) as workers:
        check_begun(folder, model, book)
        facts = workers.describe()
        check_begun(folder, model, book, facts.fingerprint)
        spool = reading.lay_down(folder, shards)
        if not spool.articles:
            raise DataError(
                "no article could be read from the input; check the files or --skip-bad"
            )
        toward = choose_targets(book, spool.sentences)
        key = part_key_of(setup, facts, toward, seed)
        job = Job(str(folder.absolute()), spool, toward, seed, key)
        summaries, reused = _tag_all(workers, job, on_progress, on_note)
        entry = {"name": engine, "jobs": workers.jobs, "shards": spool.shards, "reused": reused}
        counts = {**add_up(summaries), "skipped": dict(reading.skipped)}
        manifest = corpus_manifest(setup, facts, book, toward, counts, reading, seed)
        manifest = {**manifest, "engine": entry, "seconds": round(time.monotonic() - started, 3)}
        return finish(out, folder, job, book, manifest, report=report)


def _absolute(path: str | Path) -> str:
    return str(Path(path).absolute())


def _tag_all(
    workers: Engine, job: Job, on_progress: OnProgress | None, on_note: OnNote | None
) -> tuple[list[dict[str, Any]], int]:
    """Return what was counted in every shard, and how many were finished before."""
    summaries: list[dict[str, Any]] = []
    n = reused = 0
    for done in workers.tag(job, sorted(set(job.spool.order()))):
        summaries.append(done.summary)
        n += done.summary["articles"]
        reused += done.reused
        if on_progress is not None:
            on_progress(n, job.spool.articles)
        if on_note is not None:
            for note in done.notes:
                on_note(note)
    return summaries, reused
