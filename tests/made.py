"""Results and gold labels made from a known law, without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from stance.calibration import Calibration
from stance.codebooks import Codebook, parse_codebook
from stance.gold import Gold
from stance.gold.rows import gold_of_rows
from stance.records import Article, Section, Sentence, Voice
from stance.results import Result, load_result
from stance.tables import article_table, sentence_table, write_parquet
from stance.tagging import tag_sentences

BOOK = parse_codebook(
    """
name: made
frames:
  care: {definition: Care for people., hypotheses: [It is about care.], terms: [nurse]}
  force: {definition: Use of force., hypotheses: [It is about force.], terms: [tank]}
  none: {definition: Never there., hypotheses: [It is about nothing.], terms: [zzz]}
""",
    "made",
)


class MadeScorer:
    """Answers a sentence ``t odds …`` with the odds written in it, one a hypothesis."""

    fingerprint = "made:1"
    has_contradiction = True

    def score(self, questions: Any) -> list[np.ndarray]:
        """Return log-probabilities whose log-odds of entailment are those in the premise."""
        return [self._answer(question) for question in questions]

    def truncated(self, premises: Any) -> int:
        """Return 0."""
        return 0

    def _answer(self, question: Any) -> np.ndarray:
        odds = np.array([float(x) for x in question.premise.split()[1:4]])
        rest = -np.logaddexp(0, odds) - np.log(2)
        return np.stack([-np.logaddexp(0, -odds), rest, rest], axis=1).astype(np.float32)


def odds_and_truth(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return log-odds (n, 3) and gold (n, 3): true odds are half the log-odds, minus one."""
    draw = np.random.default_rng(seed)
    odds = np.round(draw.normal(0, 3, (n, 3)), 3)
    gold = draw.random((n, 3)) < 1 / (1 + np.exp(1 - odds / 2))
    gold[:, 2] = False
    return odds, gold


def write_result(
    folder: Path, odds: np.ndarray, *, per_article: int = 5, book: Codebook = BOOK
) -> Result:
    """Write a result folder of ``len(odds)`` sentences and read it back."""
    texts = [f"word {a} {b} {c}" + " and" * (k % 35) for k, (a, b, c) in enumerate(odds.tolist())]
    sentences = [
        Sentence(
            f"a{k // per_article}",
            k % per_article,
            0,
            len(text),
            text,
            Section.BODY if k % per_article else Section.HEADLINE,
            Voice.DIRECT if k % 2 else Voice.NARRATION,
        )
        for k, text in enumerate(texts)
    ]
    ids = dict.fromkeys(sentence.article_id for sentence in sentences)
    articles = [
        Article(name, "", outlet="Post" if k % 2 else "Times") for k, name in enumerate(ids)
    ]
    tagged = tag_sentences(sentences, book, MadeScorer(), calibration=Calibration())
    folder.mkdir(parents=True)
    write_parquet(sentence_table(tagged, tuple(book.frames)), folder / "sentences.parquet")
    write_parquet(article_table(articles), folder / "articles.parquet")
    manifest = {
        "kind": "analysis",
        "model": {"name": "made", "fingerprint": MadeScorer.fingerprint},
        "codebook": {"content": book.model_dump(mode="json")},
        "calibration": {"fitted_on": []},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return load_result(folder)


def gold_rows(
    result: Result, gold: np.ndarray, inside: slice = slice(None), coder: str = "ann"
) -> list[dict[str, Any]]:
    """Return wide rows of labels for a part of the sentences of a result."""
    return [
        {
            "article_id": row["article_id"],
            "sentence_id": row["sentence_id"],
            "coder": coder,
            **dict(zip(result.frames, map(int, values), strict=True)),
        }
        for row, values in zip(result.rows[inside], gold[inside], strict=True)
    ]


def gold_of(result: Result, gold: np.ndarray, inside: slice = slice(None)) -> Gold:
    """Return the labels of a part of the sentences of a result."""
    return gold_of_rows(gold_rows(result, gold, inside), place="gold.csv", frames=result.frames)


def write_gold(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
