"""Who speaks: attributions against PolNeAR dev, direct and indirect apart, with baselines."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet as pq
from agreement import Counts, Document, Said, add, count, figures, interval

from stance.records import Article, Voice
from stance.sentences import split
from stance.voices import find_voices

ROOT = Path(__file__).parent.parent
_NAME = re.compile(r"[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*)*")


Finder = Callable[[str], list[Said]]


def load(data: Path) -> list[Document]:
    """Read PolNeAR dev: one document an annotator."""
    rows = pq.read_table(data / "quotes" / "polnear_dev.parquet").to_pylist()
    return [
        Document(
            row["doc"],
            row["annotator"],
            row["text"],
            tuple(_gold(row["text"], each) for each in json.loads(row["attributions_json"])),
        )
        for row in rows
    ]


def _gold(text: str, entry: dict[str, Any]) -> Said:
    source = tuple((start, end) for start, end in entry["source"])
    return Said(_places(text, entry["content"]), source, entry["kind"])


def _places(text: str, spans: Iterable[Sequence[int]]) -> frozenset[int]:
    """The letters and digits of spans: marks and blanks do not count."""
    return frozenset(
        place for start, end in spans for place in range(start, end) if text[place].isalnum()
    )


def find(text: str) -> list[Said]:
    """What `stance.voices` finds."""
    article = Article("x", text)
    found = []
    for each in find_voices(article, split(article)).attributions:
        spans = [(span.start, span.end) for span in each.content]
        source = each.speaker_span
        kind = "direct" if each.kind is Voice.DIRECT else _kind(text, spans)
        where = ((source.start, source.end),) if source else ()
        found.append(Said(_places(text, spans), where, kind))
    return found


def _kind(text: str, spans: Iterable[Sequence[int]]) -> str:
    """The heuristic of the gold labels: an indirect content with a quotation mark is mixed."""
    return "mixed" if any(set(text[a:b]) & set('"“”') for a, b in spans) else "indirect"


def marks_only(text: str) -> list[Said]:
    """Everything between double marks, said by the nearest name outside of them."""
    quotes = [found.span() for found in re.finditer(r"“[^”\n]+”|\"[^\"\n]+\"", text)]
    quotes = [(start, end) for start, end in quotes if len(text[start:end].split()) > 2]
    names = [
        found.span()
        for found in _NAME.finditer(text)
        if not any(start <= found.start() < end for start, end in quotes)
    ]
    found = []
    for start, end in quotes:
        near = min(names, key=lambda n: min(abs(n[0] - end), abs(n[1] - start)), default=None)
        found.append(Said(_places(text, [(start, end)]), (near,) if near else (), "direct"))
    return found


def recorded(path: Path, documents: Sequence[Document]) -> Finder:
    """What another library found, kept in a file: a list a text of [start, end, source or null]."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    by_text = {document.text: found for document, found in zip(documents, entries, strict=True)}

    def finder(text: str) -> list[Said]:
        return [
            Said(_places(text, [(start, end)]), (tuple(source),) if source else (), "direct")
            for start, end, source in by_text[text]
        ]

    return finder


def measure(documents: Sequence[Document], finder: Finder) -> list[list[Counts]]:
    """Counts of every document, annotators of one text together."""
    groups: dict[str, list[Counts]] = {}
    for document in documents:
        groups.setdefault(document.name, []).append(count(document, finder(document.text)))
    return list(groups.values())


def annotators(documents: Sequence[Document]) -> list[list[Counts]]:
    """One annotator taken for the finder, the other for gold: what people agree on."""
    by_name: dict[str, list[Document]] = {}
    for document in documents:
        by_name.setdefault(document.name, []).append(document)
    return [
        [count(one, other.gold) for one in same for other in same if one is not other]
        for same in by_name.values()
        if len(same) > 1
    ]


SHOWN = ("P", "R", "content F1", "same-kind F1", "span F1", "speaker", "speaker, any overlap")
BOUNDED = {"content F1", "speaker"}


def rows(name: str, groups: Sequence[Sequence[Counts]], rounds: int) -> Iterable[str]:
    """Yield the lines of a Markdown table for one finder."""
    total = add(each for group in groups for each in group)
    for kind in ("direct", "indirect", "mixed", "reported", "all"):
        got = figures(total, kind)
        cells = []
        for figure in SHOWN:
            cell = f"{got[figure]:.3f}"
            if figure in BOUNDED:
                low, high = interval(groups, kind, figure, rounds=rounds)
                cell += f" [{low:.2f}, {high:.2f}]"
            cells.append(cell)
        yield f"| {name} | {kind} | {got['n']:.0f} | {' | '.join(cells)} |"


@click.command()
@click.argument("data", default=os.environ.get("STANCE_DATA", str(ROOT.parent / "shared" / "data")))
@click.option("--half", "halves", multiple=True, default=("seen", "unseen"), show_default=True)
@click.option("--rounds", default=1000, show_default=True, help="Rounds of the bootstrap.")
@click.option("--other", type=click.Path(exists=True), help="What another library found (JSON).")
def main(data: str, halves: Sequence[str], rounds: int, other: str | None) -> None:
    """Print a Markdown table of figures for each half of PolNeAR dev."""
    documents = load(Path(data))
    for half in halves:
        chosen = [document for document in documents if document.half == half]
        click.echo(f"\n{half}: {len(chosen)} annotated texts\n")
        click.echo(f"| finder | kind | n | {' | '.join(SHOWN)} |")
        click.echo("|---|---|---|" + "---|" * len(SHOWN))
        made = {
            "stance.voices": measure(chosen, find),
            "marks and nearest name": measure(chosen, marks_only),
            "the other annotator": annotators(chosen),
        }
        if other:
            made["another library"] = measure(chosen, recorded(Path(other), documents))
        for name, groups in made.items():
            for line in rows(name, groups, rounds) if groups else ():
                click.echo(line)


if __name__ == "__main__":
    main()
