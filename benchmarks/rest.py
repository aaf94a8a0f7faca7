"""What everything beside the model costs: processor time a sentence, stage by stage.

``python benchmarks/rest.py FILE…`` reads articles as `stance analyze` does, tags them with the
`lexical` model and the codebook `policy` toward proposed targets, and prints milliseconds of
processor time a sentence. An analysis draws the figures of its first 50 articles only; here those
of five are drawn, and what an article took is printed apart.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stance import plots
from stance.analysis import Analysis
from stance.codebooks import load_codebook
from stance.experiment import analyze
from stance.positions import position_rows
from stance.profile import profile_article
from stance.readers import read_articles
from stance.records import TaggedSentence
from stance.report import IN_FULL, render_report
from stance.scorers.lexical import load_lexical
from stance.sentences import split
from stance.tagging import tag_sentences
from stance.targets import find_mentions, propose_targets
from stance.voices import find_voices

_DRAWN = 5


class Clock:
    """Processor seconds by stage."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block."""
        started = time.process_time()
        yield
        self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - started


def measure(files: list[str], codebook: str, limit: int | None) -> tuple[Clock, Analysis]:
    """Return the clock, and the result as far as it is not saved."""
    clock, book = Clock(), load_codebook(codebook)
    analyze(files, codebook=codebook, model="lexical", targets="auto", limit=1)
    with clock.stage("reading"):
        articles = list(read_articles(files, limit=limit))
    with clock.stage("sentences"):
        cut = [split(article) for article in articles]
    with clock.stage("voices"):
        voiced = [find_voices(a, own).sentences for a, own in zip(articles, cut, strict=True)]
    sentences = [sentence for own in voiced for sentence in own]
    with clock.stage("proposing targets"):
        targets = propose_targets(sentences)
    with clock.stage("finding targets"):
        mentions = find_mentions(sentences, targets)
    with clock.stage("tagging (lexical)"):
        tagged = tag_sentences(sentences, book, load_lexical(codebook=book), mentions=mentions)
    by_article: dict[str, list[TaggedSentence]] = {article.id: [] for article in articles}
    for each in tagged:
        by_article[each.sentence.article_id].append(each)
    with clock.stage("intervals of frames"):
        frames = tuple(book.frames)
        profiles = tuple(profile_article(a, by_article[a.id], frames) for a in articles)
    with clock.stage("intervals of stances"):
        for profile in profiles:
            position_rows(profile)
    return clock, Analysis(book, profiles, {})


def write(clock: Clock, result: Analysis) -> None:
    """Time what saving takes."""
    with tempfile.TemporaryDirectory() as folder, clock.stage("tables, with stances once more"):
        result.save(Path(folder) / "out", report=False)
    with clock.stage("report of 50 articles, without figures"):
        render_report(result.profiles, result.codebook, {}, [()] * IN_FULL)


def figures(result: Analysis) -> float:
    """Return the processor seconds that the figures of an article take."""
    clock, some = Clock(), result.profiles[:_DRAWN]
    with clock.stage("figures"):
        for profile in some:
            plots.draw_article(profile)
    return clock.spent["figures"] / len(some)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--codebook", default="policy")
    parser.add_argument("--limit", type=int)
    asked = parser.parse_args()
    clock, result = measure(asked.files, asked.codebook, asked.limit)
    write(clock, result)
    n = len(result.sentences)
    print(f"{len(result.profiles)} articles, {n} sentences; ms of processor time a sentence\n")
    for name, seconds in clock.spent.items():
        print(f"| {name} | {1000 * seconds / n:.2f} |")
    print(f"| all | {1000 * sum(clock.spent.values()) / n:.2f} |")
    print(f"\nfigures: {1000 * figures(result):.0f} ms an article")


if __name__ == "__main__":
    main()
