"""Made articles whose sentences are known, one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_WORDS = ("ceasefire", "talks", "border", "tanks", "aid", "harvest", "budget", "threat")
_CODEBOOK = """\
name: made
version: 1
frames:
  restraint:
    definition: Limiting the use of force.
    hypotheses: [The text raises limiting force.]
    terms: [ceasefire, talks]
  force:
    definition: Use of force.
    hypotheses: [The text is about the use of force.]
    terms: [tanks, threat]
"""


@dataclass(frozen=True)
class Corpus:
    """A file of articles, and the texts of the sentences of every one by its id."""

    path: Path
    sentences: dict[str, tuple[str, ...]]


def write_codebook(path: Path) -> Path:
    """Write a codebook of two frames."""
    path.write_text(_CODEBOOK, encoding="utf-8")
    return path


def write_corpus(path: Path, articles: int) -> Corpus:
    """Write articles of one to three sentences, each unlike all others, as JSON lines."""
    sentences = {f"a{n:04d}": _sentences(n) for n in range(articles)}
    rows = [
        {"id": name, "text": " ".join(own), "outlet": f"Outlet {n % 3}", "date": "2026-01-05"}
        for n, (name, own) in enumerate(sentences.items())
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Corpus(path, sentences)


def _sentences(article: int) -> tuple[str, ...]:
    words = (_WORDS[(article * 3 + n) % len(_WORDS)] for n in range(1 + article % 3))
    return tuple(
        f"Report {article} says in line {n} that the {word} is near."
        for n, word in enumerate(words)
    )
