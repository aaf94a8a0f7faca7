"""Who speaks: attributions against PolNeAR dev, direct and indirect apart, with baselines."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet as pq

from stance.records import Article, Voice
from stance.sentences import split
from stance.voices import find_voices

ROOT = Path(__file__).parent.parent
_CUT = re.compile(r",|\s(?:of|for|who|that|which|in|at|from|with|on|to)\s|\s\(")
_NAME = re.compile(r"[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*)*")
KINDS = ("direct", "indirect", "mixed")


@dataclass(frozen=True)
class Said:
    """An attribution, gold or found: characters of its content, of its source, and its kind."""

    content: frozenset[int]
    source: tuple[tuple[int, int], ...]
    kind: str


@dataclass(frozen=True)
class Document:
    """An annotated document: its text, the half it is in, and what one annotator marked."""

    name: str
    annotator: str
    text: str
    gold: tuple[Said, ...]

    @property
    def half(self) -> str:
        """Rules were written looking at ``seen``; nobody looked at ``unseen``."""
        return "unseen" if int(sha256(self.name.encode()).hexdigest(), 16) % 2 else "seen"


Finder = Callable[[str], list[Said]]
Counts = dict[str, float]


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


# ------------------------------------------------------------------------------------ counting


def count(document: Document, found: Sequence[Said]) -> Counts:
    """The counts of one document, from which every figure is made by adding up."""
    counts: Counts = {}
    for kind in (*KINDS, "reported", "all"):
        _count_characters(counts, kind, document.gold, found)
    pairs = match(document.gold, found)
    for kind in (*KINDS, "reported", "all"):
        _count_spans(counts, kind, document, found, pairs)
    return counts


def _of(kind: str, said: Iterable[Said]) -> list[Said]:
    wanted = {"all": KINDS, "reported": ("indirect", "mixed")}.get(kind, (kind,))
    return [each for each in said if each.kind in wanted]


def _union(said: Iterable[Said]) -> frozenset[int]:
    return frozenset().union(*(each.content for each in said))


def _count_characters(
    counts: Counts, kind: str, gold: Sequence[Said], found: Sequence[Said]
) -> None:
    ours, theirs = _union(_of(kind, found)), _union(_of(kind, gold))
    counts[f"{kind} found"], counts[f"{kind} gold"] = len(ours), len(theirs)
    counts[f"{kind} right"] = len(ours & _union(gold))
    counts[f"{kind} covered"] = len(theirs & _union(found))
    counts[f"{kind} same"] = len(ours & theirs)


def match(gold: Sequence[Said], found: Sequence[Said]) -> list[tuple[int, int]]:
    """One-to-one pairs whose contents share at least half of their union, the best first."""
    scored = []
    for i, one in enumerate(gold):
        for j, other in enumerate(found):
            both = len(one.content & other.content)
            if both and both >= 0.5 * len(one.content | other.content):
                scored.append((both / len(one.content | other.content), i, j))
    pairs: list[tuple[int, int]] = []
    for _, i, j in sorted(scored, reverse=True):
        if all(i != a and j != b for a, b in pairs):
            pairs.append((i, j))
    return pairs


def _count_spans(
    counts: Counts,
    kind: str,
    document: Document,
    found: Sequence[Said],
    pairs: Sequence[tuple[int, int]],
) -> None:
    gold = document.gold
    counts[f"{kind} spans gold"] = len(_of(kind, gold))
    counts[f"{kind} spans found"] = len(_of(kind, found))
    counts[f"{kind} spans covered"] = sum(bool(_of(kind, [gold[i]])) for i, _ in pairs)
    counts[f"{kind} spans right"] = sum(bool(_of(kind, [found[j]])) for _, j in pairs)
    sourced = [(i, j) for i, j in pairs if _of(kind, [gold[i]]) and gold[i].source]
    counts[f"{kind} sourced"] = len(sourced)
    counts[f"{kind} named"] = sum(bool(found[j].source) for _, j in sourced)
    for name, test in (("overlap", _overlaps), ("head", _has_head)):
        right = sum(test(document.text, gold[i], found[j]) for i, j in sourced)
        counts[f"{kind} {name}"] = right


def _overlaps(_: str, gold: Said, found: Said) -> bool:
    return any(a < d and c < b for a, b in gold.source for c, d in found.source)


def _has_head(text: str, gold: Said, found: Said) -> bool:
    """Whether the last word of the gold source's name is found, and half of what is found right."""
    start, end = gold.source[0]
    cut = _CUT.search(text, start + 1, end)
    head = (cut.start() if cut else end) - 1
    while head > start and not text[head].isalnum():
        head -= 1
    size = sum(d - c for c, d in found.source)
    inside = sum(max(0, min(b, d) - max(a, c)) for a, b in gold.source for c, d in found.source)
    return any(c <= head < d for c, d in found.source) and 2 * inside >= size


# ------------------------------------------------------------------------------------- figures


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _f1(precision: float, recall: float) -> float:
    return _ratio(2 * precision * recall, precision + recall)


def figures(total: Counts, kind: str) -> Counts:
    """Every figure of one kind from added-up counts."""
    of = {key.removeprefix(f"{kind} "): n for key, n in total.items() if key.startswith(f"{kind} ")}
    precision, recall = _ratio(of["right"], of["found"]), _ratio(of["covered"], of["gold"])
    spans_p = _ratio(of["spans right"], of["spans found"])
    spans_r = _ratio(of["spans covered"], of["spans gold"])
    return {
        "P": precision,
        "R": recall,
        "content F1": _f1(precision, recall),
        "same-kind F1": _ratio(2 * of["same"], of["found"] + of["gold"]),
        "span F1": _f1(spans_p, spans_r),
        "speaker": _ratio(of["head"], of["sourced"]),
        "speaker, any overlap": _ratio(of["overlap"], of["sourced"]),
        "n": of["spans gold"],
    }


def add(counts: Iterable[Counts]) -> Counts:
    """Add up the counts of documents."""
    total: Counts = {}
    for each in counts:
        for key, number in each.items():
            total[key] = total.get(key, 0) + number
    return total


def interval(
    groups: Sequence[Sequence[Counts]], kind: str, figure: str, *, rounds: int = 1000
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a figure, documents (with all annotators) resampled."""
    draw = random.Random(0)
    sums = [add(group) for group in groups]
    values = sorted(
        value
        for _ in range(rounds)
        if (value := figures(add(draw.choices(sums, k=len(sums))), kind)[figure]) == value
    )
    if not values:
        return float("nan"), float("nan")
    return values[int(0.025 * len(values))], values[int(0.975 * len(values)) - 1]


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
