"""The corpus report of many articles: time to build, size, time until it can be used."""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet

import stance
from stance.corpus_report import write_corpus_report
from stance.groups import Grouping


def _documents(folder: Path) -> list[dict[str, Any]]:
    """Return the documents of a data folder: title, text and outlet."""
    found = []
    for row in pyarrow.parquet.read_table(folder / "seesaw_articles.parquet").to_pylist():
        text = " ".join(row["sentences"])
        found.append({"title": row["title"], "text": text, "outlet": row["outlet"]})
    with gzip.open(folder / "us_gov_ukraine.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            own = {"title": row["title"], "text": row["article"], "outlet": row["source"]}
            found.append(own)
    return found


def _write(path: Path, documents: list[dict[str, Any]], n: int) -> None:
    """Write n articles, the documents again and again, dealt over two years."""
    with path.open("w", encoding="utf-8") as file:
        for k in range(n):
            day = date(2031, 1, 1) + timedelta(days=(k * 37) % 730)
            own = documents[k % len(documents)]
            file.write(json.dumps({"id": f"a{k:05d}", **own, "date": day.isoformat()}) + "\n")


def _opened(page: Path, times: int) -> list[dict[str, float]]:
    """Return the seconds from navigation to a page that answers, in headless Chromium."""
    from selenium import webdriver

    found = []
    for _ in range(times):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in ("headless", "no-sandbox", "disable-gpu", "disable-background-networking"):
            options.add_argument(f"--{flag}")
        with tempfile.TemporaryDirectory() as profile:
            options.add_argument(f"--user-data-dir={profile}")
            driver = webdriver.Chrome(
                options, webdriver.ChromeService(shutil.which("chromedriver"))
            )
            started = time.perf_counter()
            driver.get(page.as_uri())
            driver.execute_script("document.querySelector('#overview th button').click()")
            clicked = time.perf_counter() - started
            timing = driver.execute_script("return performance.timing.toJSON()")
            driver.quit()
        begun = timing["navigationStart"]
        marks = {k: (timing[k] - begun) / 1000 for k in ("domInteractive", "loadEventEnd")}
        found.append({**marks, "sorted": round(clicked, 3)})
    return found


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--articles", default=5_000, show_default=True)
@click.option("--times", default=3, show_default=True, help="How often the page is opened.")
def main(folder: Path, articles: int, times: int) -> None:
    """Measure the report of the documents in FOLDER, repeated."""
    with tempfile.TemporaryDirectory() as scratch:
        source, out = Path(scratch) / "articles.jsonl", Path(scratch) / "out"
        _write(source, _documents(folder), articles)
        result = stance.analyze(source, model="lexical", targets="none")
        tagged, spent = time.perf_counter(), time.process_time()
        out.mkdir(parents=True)
        write_corpus_report(
            out,
            result.profiles,
            result.codebook,
            result.manifest,
            grouping=Grouping("outlet", "week"),
        )
        built, spent = time.perf_counter() - tagged, time.process_time() - spent
        page, beside = out / "corpus.html", out / "corpus"
        pages = [path.stat().st_size for path in (beside / "pages").iterdir()]
        seen = {
            "articles": len(result.articles),
            "sentences": len(result.sentences),
            "corpus report, s": round(built, 1),
            "of it processor time, s": round(spent, 1),
            "corpus.html, MB": round(page.stat().st_size / 1e6, 2),
            "data pages, MB": round(sum(pages) / 1e6, 2),
            "data pages": len(pages),
            "opened, s": _opened(page, times),
        }
        print(json.dumps(seen, indent=1))


if __name__ == "__main__":
    main()
