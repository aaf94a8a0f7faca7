"""Peak memory of an engine on a small and a large corpus, and one process against two."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pyarrow.parquet as pq

_RUN = """
import json, resource, sys, time
from stance.engine import analyze_corpus
from stance.positions import positions
from stance.profile import profile_article
corpus, out, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
resamples = options.pop("resamples")
if resamples:
    profile_article.__kwdefaults__["resamples"] = resamples
    positions.__kwdefaults__["resamples"] = resamples
started = time.perf_counter()
made = analyze_corpus(corpus, out, **options)
own, children = (resource.getrusage(who).ru_maxrss for who in
                 (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"seconds": time.perf_counter() - started, "own": own / 1024,
                  "child": children / 1024, **made.manifest["counts"]}))
"""


def texts(folder: Path) -> list[str]:
    """Return the posts of the corpus and the first 12 sentences of its articles."""
    posts = pq.read_table(folder / "fignews_posts.parquet")["text_en"].to_pylist()
    articles = pq.read_table(folder / "seesaw_articles.parquet").to_pylist()
    cut = [f"{row['title']}\n\n" + " ".join(row["sentences"][:12]) for row in articles]
    return [text for text in (*posts, *cut) if text and any(map(str.isalpha, text))]


def edited(found: list[str], n: int) -> Iterator[str]:
    """Yield ``n`` articles: the texts again and again, every time with other words left out."""
    draw = random.Random(0)
    for k in range(n):
        words = found[k % len(found)].split(" ")
        if k >= len(found) and len(words) > 4:
            del words[draw.randrange(1, len(words))]
        yield json.dumps({"id": f"a{k}", "text": " ".join(words)})


def write(path: Path, found: list[str], n: int) -> Path:
    """Write ``n`` articles as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in edited(found, n))
    return path


def measure(corpus: Path, out: Path, resamples: int = 0, **options: object) -> dict[str, float]:
    """Analyse in a process of its own; return seconds, megabytes at the peak, and counts.

    Fewer resamples than usual make it quick; they are taken by the engine ``local`` only.
    """
    given = json.dumps({**options, "resamples": resamples, "report": False})
    line = [sys.executable, "-c", _RUN, str(corpus), str(out), given]
    found: dict[str, float] = json.loads(subprocess.check_output(line))
    return found


@click.group()
def main() -> None:
    """Measure the engine on DATA/corpus."""


@main.command()
@click.argument("data", type=click.Path(exists=True, path_type=Path))
@click.option("--engine", default="local", show_default=True)
@click.option("--jobs", default=1, show_default=True)
@click.option("--resamples", default=200, show_default=True, help="0 takes the usual 10,000.")
@click.option("--small", default=2_000, show_default=True)
@click.option("--large", default=20_000, show_default=True)
def memory(data: Path, engine: str, jobs: int, resamples: int, small: int, large: int) -> None:
    """Print the peak memory of both corpora with the lexical model, and their ratio."""
    options = {"engine": engine, "jobs": jobs, "resamples": resamples, "model": "lexical"}
    found = texts(data / "corpus")
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        for n in (small, large):
            corpus = write(Path(folder) / f"{n}.jsonl", found, n)
            seen = measure(corpus, Path(folder) / "out", **options)
            peaks[n] = seen
            click.echo(
                f"{n:,} articles, {seen['sentences']:,} sentences: {seen['seconds']:.0f} s, "
                f"{seen['own']:.0f} MB, largest worker {seen['child']:.0f} MB"
            )
    click.echo(f"ratio: {peaks[large]['own'] / peaks[small]['own']:.2f}")
    if peaks[small]["child"]:
        click.echo(f"ratio of workers: {peaks[large]['child'] / peaks[small]['child']:.2f}")


@main.command()
@click.argument("data", type=click.Path(exists=True, path_type=Path))
@click.option("--articles", default=120, show_default=True)
@click.option("--repeat", default=3, show_default=True)
def jobs(data: Path, articles: int, repeat: int) -> None:
    """Print the time of two processes of one thread and of one with two, with ``mini``."""
    found = texts(data / "corpus")
    random.Random(1).shuffle(found)
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        corpus = write(Path(folder) / "a.jsonl", found, articles)
        for _ in range(repeat):
            seen = [
                measure(
                    corpus,
                    Path(folder) / "out",
                    engine="processes",
                    jobs=jobs,
                    threads=threads,
                    targets="none",
                )
                for jobs, threads in ((1, 2), (2, 1))
            ]
            ratios.append(seen[0]["seconds"] / seen[1]["seconds"])
            click.echo(
                f"{seen[0]['sentences']} sentences: one process with two threads "
                f"{seen[0]['seconds']:.1f} s, two with one thread {seen[1]['seconds']:.1f} s"
            )
            time.sleep(1)
    click.echo(
        f"two processes are {statistics.median(ratios):.2f} times as fast "
        f"({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
