"""Figures of the shipped model: parts of the sentences, honesty, perturbations, rivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stance.calibration import IDENTITY, StanceLogistic
from stance.codebooks import StanceWordings, load_codebook
from stance.records import LogProbs, Question
from stance.training.gates import Figure
from stance.training.mixture import FRAMES
from stance.training.parts import honesty, parts, reliability
from stance.training.perturbed import perturbations, perturbed

BOOK = load_codebook("diplomacy")


@dataclass(frozen=True)
class Told:
    """Answers that a premise which names a frame entails its wordings, surely; else not."""

    p: float = 0.99
    fingerprint: str = "told"
    has_contradiction: bool = True

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        frame_of = {w: name for name, frame in BOOK.frames.items() for w in frame.hypotheses}
        return [
            np.log(np.array([self.row(frame_of.get(h, "-") in q.premise) for h in q.hypotheses]))
            for q in questions
        ]

    def row(self, entailed: bool) -> np.ndarray:
        p = self.p if entailed else 1 - self.p
        return np.array([p, (1 - p) / 2, (1 - p) / 2], dtype=np.float32)

    def truncated(self, premises: Sequence[str]) -> int:
        return 0


@pytest.fixture
def silver(tmp_path: Path) -> Path:
    """Six sentences a frame from one source, all right, and six of another, all wrong."""
    rows = []
    for source, wrong in (("gov", False), ("post", True)):
        for frame in FRAMES:
            for k in range(6):
                said = frame if not wrong else "nothing"
                text = f'"We speak of {said}," he said.' if k % 2 else f"Text {k} of {said} stands."
                labels = {name: name == frame for name in FRAMES}
                rows.append({"sentence": text, **labels, "split": "dev", "source": source})
    folder = tmp_path / "frames"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(rows), folder / "diplomacy_silver.parquet")
    return tmp_path


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def test_parts_are_by_source_length_and_voice(silver: Path) -> None:
    found = by_name(list(parts(Told(), silver, IDENTITY, resamples=20)))
    assert found["frames, source gov: macro-F1"].value == 1.0
    assert found["frames, source post: macro-F1"].value == 0.0
    assert found["frames, source post: mean average precision"].value == 0.25
    assert found["frames, narration: macro-F1"].n == 24
    assert found["frames, speech: macro-F1"].n == 24
    assert found["frames, up to 18 words: macro-F1"].value == pytest.approx(2 / 3)
    assert "frames, over 29 words: macro-F1" not in found
    low, high = found["frames, up to 18 words: macro-F1"].interval or (1.0, 0.0)
    assert low < 2 / 3 < high


def test_reliability_counts_every_sentence_and_frame(silver: Path) -> None:
    lines = list(reliability(Told(), silver, IDENTITY))
    assert lines[2:] == [
        "| 0.0 to 0.1 | 168 | 0.01 | 0.14 |",
        "| 0.9 to 1.0 | 24 | 0.99 | 1.00 |",
    ]


def test_one_temperature_mends_answers_that_are_too_sure(silver: Path) -> None:
    (silver / "entailment").mkdir()
    pair = {"hypothesis": BOOK.frames["restraint"].hypotheses[0], "source": "snli_heldout"}
    rows = [
        {"premise": f"restraint {k}", "label": "entailment" if k % 4 else "neutral", **pair}
        for k in range(200)
    ]
    pq.write_table(pa.Table.from_pylist(rows), silver / "entailment/dev.parquet")
    news = [{**rows[0], "split": "train"}]
    pq.write_table(pa.Table.from_pylist(news), silver / "entailment/news_hypotheses.parquet")
    found = list(honesty(Told(), silver, IDENTITY))
    before, after = found[-2], found[-1]
    assert before.value == pytest.approx(0.99 - 0.75, abs=1e-4)
    assert after.value < 0.15
    assert after.name.startswith("pairs, the same at one temperature (")
    assert found[0].name == "solidarity, expected calibration error"


@dataclass(frozen=True)
class Kind:
    """Answers that every text is favorable to everybody."""

    fingerprint: str = "kind"
    has_contradiction: bool = True

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        favor = StanceWordings().favor
        yes, no = [0.98, 0.01, 0.01], [0.01, 0.01, 0.98]
        answers = [[yes if _favors(h, favor) else no for h in q.hypotheses] for q in questions]
        return [np.log(np.array(answer, dtype=np.float32)) for answer in answers]

    def truncated(self, premises: Sequence[str]) -> int:
        return 0


def _favors(hypothesis: str, favor: Sequence[str]) -> bool:
    parts = [wording.split("{target}") for wording in favor]
    return any(hypothesis.startswith(a) and hypothesis.endswith(b) for a, b in parts)


def test_a_scorer_that_never_changes_its_mind_fails_where_it_should() -> None:
    found = list(perturbed(Kind(), StanceLogistic()))
    rows, n = perturbations(), sum(row["label"] == "favor" for row in perturbations())
    assert [(figure.value, figure.passed, figure.n) for figure in found] == [
        (n / len(rows), None, len(rows)),
        (0.0, False, n),
        (0.0, False, n),
        (0.0, True, len(rows)),
        (0.0, True, len(rows)),
    ]


def test_every_perturbed_sentence_keeps_its_target() -> None:
    rows = perturbations()
    forms = ("text", "negated", "swapped", "paraphrased", "misspelled")
    assert all(row["target"] in row[form] for row in rows for form in forms)
    assert {row["label"] for row in rows} == {"favor", "against"}
    assert len({row["target"] for row in rows}) == len(rows)
