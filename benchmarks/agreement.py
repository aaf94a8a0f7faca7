"""Count how well attributions agree: characters of contents, pairs of spans, speakers."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

_CUT = re.compile(r",|\s(?:of|for|who|that|which|in|at|from|with|on|to)\s|\s\(")
KINDS = ("direct", "indirect", "mixed")

Counts = dict[str, float]


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
