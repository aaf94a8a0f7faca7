"""The commands that are tried, with what each leaves under a final name."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from .corpora import Corpus, write_codebook, write_corpus

STANCE = (sys.executable, "-m", "stance")
_STUDIO = ("gold.label-studio.json", "gold.label-studio.xml")
_ENGINE = (sys.executable, str(Path(__file__).with_name("engine_command.py")))
_CONFIG = """\
name: faults
inputs: {corpus}
codebook: {codebook}
model: lexical
part: 8
report: false
grid: {{thresholds: [0.3, 0.5]}}
"""


@dataclass(frozen=True)
class Case:
    """A command, to be run in an empty folder.

    ``results`` are the names of what it leaves there; ``before`` is a command that leaves another
    result under the same names first; ``sentences`` is the table in which every one must be.
    """

    name: str
    command: tuple[str, ...]
    results: tuple[str, ...]
    corpus: Corpus | None = None
    before: tuple[str, ...] | None = None
    sentences: str | None = None
    workers: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether the result is a folder of `stance analyze`."""
        return self.results == ("out",)


def make_cases(folder: Path) -> dict[str, Case]:
    """Write what the commands read, and return them by name."""
    book = write_codebook(folder / "book.yaml")
    few, many = write_corpus(folder / "few.jsonl", 3), write_corpus(folder / "many.jsonl", 24)
    config = folder / "config.yaml"
    config.write_text(_CONFIG.format(corpus=many.path, codebook=book), encoding="utf-8")
    plain = (*STANCE, "analyze", str(few.path), "--codebook", str(book), "--out", "out", "--quiet")
    counted = (*plain, "--model", "lexical")
    cases = [
        _analysis("analyze", counted, few),
        _analysis("analyze --engine local", (*counted, "--engine", "local"), few),
        Case(
            "run",
            (*STANCE, "run", str(config), "--quiet"),
            ("runs",),
            many,
            sentences="runs/*/cells/*/sentences.csv",
        ),
        _analysis("mini --cache", (*plain, "--cache", "cache"), few, "cache"),
        *(_engine(name, many, book) for name in ("local", "processes", "ray")),
        *_readers_of_results(folder, few, book),
    ]
    return {case.name: case for case in cases}


def _analysis(name: str, command: tuple[str, ...], corpus: Corpus, *more: str) -> Case:
    return Case(
        name,
        command,
        ("out", *more),
        corpus,
        before=(*command, "--limit", "1"),
        sentences="out/sentences.csv",
    )


def _engine(name: str, corpus: Corpus, book: Path) -> Case:
    command = (*_ENGINE, str(corpus.path), "--codebook", str(book), "--engine", name)
    return Case(
        f"engine {name}",
        command,
        ("out",),
        corpus,
        before=(*command, "--limit", "3"),
        sentences="out/sentences.csv",
        workers=name != "local",
    )


def _readers_of_results(folder: Path, corpus: Corpus, book: Path) -> list[Case]:
    """Return the commands that read the result of another, which is made once."""
    result = str(folder / "result")
    made = ("analyze", str(corpus.path), "--codebook", str(book), "--model", "lexical")
    make = (*STANCE, *made, "--out", result, "--quiet")
    export = (*STANCE, "export", result, "--as", "csv-excel", "--to", "table.csv")
    sample = (*STANCE, "sample", result, "--n", "6", "--label-studio")
    return [
        Case("result", make, ()),
        Case("export", export, ("table.csv",), before=(*export, "--table", "articles")),
        Case("sample", sample, ("gold.csv", "gold.design.csv", *_STUDIO)),
    ]
