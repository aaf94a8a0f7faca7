"""Sentences of our own with their target, negated, swapped, paraphrased, misspelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import yaml
from jaxtyping import Bool, Int64
from scipy.stats import binomtest

from stance.calibration import StanceLogistic
from stance.codebooks import StanceWordings
from stance.labelling import ORDER, choose
from stance.scorers import Scorer
from stance.training.gates import Figure
from stance.training.stances import stance_odds

_RIGHT, _FLIPS = 0.80, 0.08
DUE = {
    "negated": "another label",
    "swapped": "neutral",
    "paraphrased": "the same label",
    "misspelled": "the same label",
}
"""What is done to a sentence, and the label that is right then."""


def perturbations() -> list[dict[str, str]]:
    """Return sentences, each with its target, its label and four perturbed forms."""
    path = Path(__file__).parent / "data" / "perturbations.yaml"
    rows: list[dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return rows


def perturbed(scorer: Scorer, logistic: StanceLogistic) -> Iterator[Figure]:
    """Yield how often the label of a sentence is right, and how often it changes when perturbed.

    After negating, or swapping holder and target, the label should change; that it does is counted
    over the sentences whose own label was right. After a paraphrase or a typo none should change.
    Intervals are the exact binomial ones.
    """
    rows = perturbations()
    targets = [row["target"] for row in rows]
    before = _said(scorer, logistic, [row["text"] for row in rows], targets)
    gold = np.array([ORDER.index(row["label"]) for row in rows])
    right = before == gold
    yield _share("stance of written sentences, right", right, "–", None)
    for form, due in DUE.items():
        after = _said(scorer, logistic, [row[form] for row in rows], targets)
        if due == "the same label":
            name = f"  {form}: label differs from that of the sentence as written"
            yield _share(name, after != before, f"≤ {_FLIPS}", _FLIPS)
        else:
            changed = (after == ORDER.index("neutral")) if due == "neutral" else (after != gold)
            name = f"  {form} (right: {due}), of those right as written"
            if right.any():
                yield _share(name, changed[right], f"≥ {_RIGHT}", _RIGHT)


def _share(name: str, found: Bool[np.ndarray, " n"], gate: str, bound: float | None) -> Figure:
    value, n = float(found.mean()), len(found)
    held = binomtest(int(found.sum()), n).proportion_ci()
    passed = None
    if bound is not None:
        passed = value <= bound if gate.startswith("≤") else value >= bound
    return Figure(name, value, gate, passed, n, (float(held.low), float(held.high)))


def _said(
    scorer: Scorer, logistic: StanceLogistic, texts: Sequence[str], targets: Sequence[str]
) -> Int64[np.ndarray, " n"]:
    odds = stance_odds(scorer, texts, targets, StanceWordings())
    return choose(logistic.probabilities(odds[:, :2]))
