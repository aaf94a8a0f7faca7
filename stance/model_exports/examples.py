"""What an exported model is compared on: questions, and labels where there are some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np

from stance.codebooks import DEFAULT, Codebook, load_codebook
from stance.errors import DataError
from stance.gold import adjudicated
from stance.gold.files import read_gold
from stance.metrics import f1
from stance.parquet_rows import parquet_table
from stance.records import LogProbs, Question
from stance.tagging import log_odds

CLASSES = ("entailment", "neutral", "contradiction")
_PAIR = ("premise", "hypothesis", "label")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Questions, and decisions on some of them.

    ``gold`` maps the name of a class or frame to its labels: (question, its hypotheses as a slice,
    present or not). ``column`` is the class of a pair's label, or None for a frame, which is
    decided by the mean log-odds of its wordings.
    """

    questions: tuple[Question, ...]
    gold: dict[str, list[tuple[int, slice, bool]]] = field(default_factory=dict)
    place: str = "the shipped codebook"
    pairs: bool = False

    @property
    def labelled(self) -> int:
        """How many decisions have a label."""
        return sum(map(len, self.gold.values()))

    def macro_f1(self, answers: Sequence[LogProbs]) -> float:
        """Return the mean F1 of the classes or frames that occur; NaN without labels.

        A pair is decided by the most probable class, a frame by mean log-odds of 0 and more: by
        what the model says, without calibration.
        """
        found = []
        for name, labels in self.gold.items():
            truth = np.array([present for _, _, present in labels], dtype=bool)
            given = np.array([self._decided(name, answers[k][part]) for k, part, _ in labels])
            found.append(f1(truth, given))
        return float(np.nanmean(found)) if found else float("nan")

    def _decided(self, name: str, rows: LogProbs) -> bool:
        if not self.pairs:
            return bool(log_odds(rows).mean() >= 0)
        if name == "entailment" and set(self.gold) != set(CLASSES):
            return bool(log_odds(rows)[0] >= 0)
        if name == "not_entailment":
            return bool(log_odds(rows)[0] < 0)
        return CLASSES[int(rows[0].argmax())] == name


def of_codebook() -> Examples:
    """Return the texts of the shipped codebook, each asked all its wordings, without labels."""
    book = load_codebook(DEFAULT)
    texts = [frame.definition for frame in book.frames.values()]
    return of_sentences([*texts, *book.hypotheses])


def of_sentences(
    sentences: Sequence[str], codebook: Codebook | None = None, *, place: str = ""
) -> Examples:
    """Return sentences, each asked the wordings of a codebook, the shipped one by default."""
    book = codebook or load_codebook(DEFAULT)
    questions = tuple(Question(sentence, book.hypotheses) for sentence in sentences)
    return Examples(questions, place=place or "the shipped codebook")


def read_sentences(path: Path, codebook: Codebook | None = None) -> Examples:
    """Return the sentences of a text file, one a line.

    Raises:
        DataError: The file cannot be read or is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    sentences = [line.strip() for line in lines if line.strip()]
    if not sentences:
        raise DataError(f"{path}: holds no sentence; write one a line")
    return of_sentences(sentences, codebook, place=str(path))


def read_labelled(path: Path, codebook: Codebook | None = None) -> Examples:
    """Return labelled examples from a file.

    Either its columns are premise, hypothesis and label (csv, jsonl or parquet), the label one of
    entailment, neutral, contradiction, not_entailment; or it is a file of gold labels with the text
    of every sentence, whose frames are those of the codebook (the shipped one by default).

    Raises:
        DataError: It is neither.
    """
    rows = _table(path)
    if rows and all(name in rows[0] for name in _PAIR):
        return _of_pairs(rows, path)
    return _of_gold(path, codebook or load_codebook(DEFAULT))


def _table(path: Path) -> list[dict[str, Any]]:
    from pyarrow import ArrowException, csv, json

    readers: dict[str, Any] = {
        ".csv": csv.read_csv,
        ".jsonl": json.read_json,
        ".ndjson": json.read_json,
        ".parquet": parquet_table,
    }
    if path.suffix not in readers or not path.is_file():
        return []
    try:
        rows: list[dict[str, Any]] = readers[path.suffix](path).to_pylist()
    except (OSError, ArrowException) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read as a table: {reason}") from error
    return rows


def _of_pairs(rows: Sequence[dict[str, Any]], path: Path) -> Examples:
    labels = [str(row["label"]) for row in rows]
    kinds = set(labels)
    if not (kinds <= set(CLASSES) or kinds <= {"entailment", "not_entailment"}):
        strange = min(kinds - set(CLASSES)) if kinds - set(CLASSES) else "not_entailment"
        raise DataError(
            f"{path}: the label {strange!r} stands beside {', '.join(sorted(kinds - {strange}))}; "
            "labels are entailment, neutral, contradiction, or entailment, not_entailment"
        )
    questions = tuple(Question(str(r["premise"]), (str(r["hypothesis"]),)) for r in rows)
    names = (
        CLASSES if kinds - {"entailment", "not_entailment"} else ("entailment", "not_entailment")
    )
    gold = {
        name: [(k, slice(0, 1), label == name) for k, label in enumerate(labels)] for name in names
    }
    return Examples(questions, gold, str(path), pairs=True)


def _of_gold(path: Path, book: Codebook) -> Examples:
    labels = read_gold(path, frames=tuple(book.frames))
    absent = next((key for key in labels.keys if key not in labels.texts), None)
    if absent is not None:
        raise DataError(
            f"{path}: row {labels.rows[absent]}: has no text; add a column text with the sentence"
        )
    place = {key: k for k, key in enumerate(labels.keys)}
    questions = tuple(Question(labels.texts[key], book.hypotheses) for key in place)
    gold, start = {}, 0
    for name, frame in book.frames.items():
        part = slice(start, start + len(frame.hypotheses))
        own = adjudicated(labels, name) if name in labels.frames else {}
        if own:
            gold[name] = [(place[key], part, bool(value)) for key, value in own.items()]
        start = part.stop
    return Examples(questions, gold, str(path))
