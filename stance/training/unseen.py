"""Leave-codes-out: how well a frame is ranked that training never asked about.

Three runs from the base, each without another third of the 42 codes of the wide coding: their
wordings, their labels, and the written families about frames. Of the codes that stay, one wording
is kept back too. So every code is scored once unseen and twice seen, at equal training.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float64

from stance.scorers import Scorer
from stance.training.mixture import Mixture, load_code_wordings, read_rows
from stance.training.wide import LEAST, Gold, Scores, code_odds, mean_precision

FOLDS = 3
_ABOUT_FRAMES = ("codebooks", "diplomacy")
RESAMPLES = 1_000


@cache
def left_out(fold: int) -> tuple[str, ...]:
    """Return the codes that the run of a fold (0, 1, 2) never sees."""
    return tuple(code for k, code in enumerate(load_code_wordings()) if k % FOLDS == fold)


def without_codes(mixture: Mixture, fold: int) -> Mixture:
    """Return a mixture without the codes of a fold and without one wording of the others."""
    gone = set(left_out(fold))
    seen = {code: each[:-1] for code, each in mixture.codes.items() if code not in gone}
    banned = {wording for code in gone for wording in mixture.codes[code]}
    banned |= {mixture.codes[code][-1] for code in seen}
    families = tuple(f for f in mixture.families if f.skill not in _ABOUT_FRAMES)
    return replace(mixture, codes=seen, banned=frozenset(banned), families=families)


def save_odds(scorer: Scorer, data: Path, fold: int, folder: Path) -> None:
    """Score the development sentences by the run of a fold; write ``odds.npz`` into its folder."""
    every, rows = load_code_wordings(), _dev(data)
    codes = _counted(rows)
    alone: dict[str, tuple[str, ...]] = {
        f"{code} {k}": (wording,) for code in codes for k, wording in enumerate(every[code])
    }
    odds = code_odds(scorer, [row["sentence"] for row in rows], alone)
    own = np.split(odds, np.cumsum([len(every[code]) for code in codes])[:-1], axis=1)
    known = [
        len(o[0]) if code in left_out(fold) else -1 for code, o in zip(codes, own, strict=True)
    ]
    np.savez(
        folder / "odds.npz",
        all=np.stack([o[:, :k].mean(axis=1) for o, k in zip(own, known, strict=True)], axis=1),
        one=np.stack([o[:, 0] for o in own], axis=1),
        kept_back=np.stack([o[:, -1] for o in own], axis=1),
    )


def _counted(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the codes with enough positive sentences."""
    every = load_code_wordings()
    return tuple(code for code in every if sum(code in row["codes"] for row in rows) >= LEAST)


@final
@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Log-odds of every fold's run, each of shape (fold, sentence, code), of the codes counted.

    ``all`` has the mean over the wordings that a run may know (for codes it never saw, over all);
    ``one`` the first wording alone; ``kept_back`` the one that no run was trained on.
    """

    codes: tuple[str, ...]
    gold: Gold
    all: Float64[np.ndarray, "fold sentence code"]
    one: Float64[np.ndarray, "fold sentence code"]
    kept_back: Float64[np.ndarray, "fold sentence code"]

    def unseen(self, odds: Float64[np.ndarray, "fold sentence code"]) -> Scores:
        """Return every code as scored by the run that never saw it."""
        return np.stack([odds[self._fold(code), :, k] for k, code in enumerate(self.codes)], axis=1)

    def seen(self, odds: Float64[np.ndarray, "fold sentence code"], which: int) -> Scores:
        """Return every code as scored by the first or second run that saw it."""
        folds = [(self._fold(code) + 1 + which) % FOLDS for code in self.codes]
        return np.stack([odds[fold, :, k] for k, fold in enumerate(folds)], axis=1)

    def _fold(self, code: str) -> int:
        return next(fold for fold in range(FOLDS) if code in left_out(fold))


def read_left_out(data: Path, folder: Path) -> LeftOut:
    """Read ``odds.npz`` of the three runs ``fold-0`` … ``fold-2`` in a folder."""
    rows = _dev(data)
    codes = _counted(rows)
    found = [np.load(folder / f"fold-{fold}" / "odds.npz") for fold in range(FOLDS)]
    odds = {name: np.stack([each[name] for each in found]) for name in found[0].files}
    gold = np.array([[code in row["codes"] for code in codes] for row in rows])
    return LeftOut(codes, gold, **odds)


def figures(left: LeftOut, *, resamples: int = RESAMPLES) -> dict[str, dict[str, float]]:
    """Return mean average precisions and their ratios to seen codes, with 95 % intervals.

    Sentences are resampled; all figures of a resample come from the same sentences.
    """
    draw, n = np.random.default_rng(0), len(left.gold)
    points = _figures(left, np.arange(n))
    drawn = [_figures(left, draw.integers(0, n, n)) for _ in range(resamples)]
    return {
        name: {
            "value": round(value, 4),
            "low": round(float(np.quantile([each[name] for each in drawn], 0.025)), 4),
            "high": round(float(np.quantile([each[name] for each in drawn], 0.975)), 4),
        }
        for name, value in points.items()
    }


def _figures(left: LeftOut, rows: np.ndarray) -> dict[str, float]:
    gold = left.gold[rows]

    def seen(odds: Float64[np.ndarray, "fold sentence code"]) -> float:
        return float(np.mean([mean_precision(gold, left.seen(odds, w)[rows]) for w in (0, 1)]))

    found = {
        "seen codes": seen(left.all),
        "unseen codes": mean_precision(gold, left.unseen(left.all)[rows]),
        "seen codes, one known wording": seen(left.one),
        "seen codes, one unknown wording": seen(left.kept_back),
        "unseen codes, one wording": mean_precision(gold, left.unseen(left.one)[rows]),
    }
    found["unseen / seen codes"] = found["unseen codes"] / found["seen codes"]
    found["unknown / known wording"] = (
        found["seen codes, one unknown wording"] / found["seen codes, one known wording"]
    )
    return found


def write_figures(data: Path, folder: Path, to: Path) -> None:
    """Write the figures over the three runs in a folder as JSON, with a row a code."""
    left = read_left_out(data, folder)
    unseen, first, second = left.unseen(left.all), left.seen(left.all, 0), left.seen(left.all, 1)

    def precision(scores: Scores, k: int) -> float:
        return round(mean_precision(left.gold[:, [k]], scores[:, [k]]), 4)

    codes = {
        code: {
            "positive": int(left.gold[:, k].sum()),
            "seen": round((precision(first, k) + precision(second, k)) / 2, 4),
            "unseen": precision(unseen, k),
        }
        for k, code in enumerate(left.codes)
    }
    content = {"sentences": len(left.gold), "figures": figures(left), "codes": codes}
    to.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _dev(data: Path) -> list[dict[str, Any]]:
    rows = read_rows(data / "frames/wide_silver.parquet")
    return [row for row in rows if row["split"] == "dev"]
