"""Fits the logistics that ship with the model, on the train splits of the silver labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64

from stance.calibration import (
    Calibration,
    FrameLogistic,
    Labels,
    Logistic,
    fit_logistic,
    wordings_hash,
)
from stance.codebooks import Codebook, load_codebook, shipped_names
from stance.runs import file_hash
from stance.scorers import Scorer
from stance.training.judge import mean_odds
from stance.training.mixture import FRAMES, frames_of_codes, read_rows
from stance.training.stances import fit_stances

DIPLOMACY, WIDE = "frames/diplomacy_silver.parquet", "frames/wide_silver.parquet"

Gold = Bool[np.ndarray, "sentence frame"]


def fit_calibration(scorer: Scorer, data: Path, scorer_prefix: str) -> Calibration:
    """Fit one logistic a frame of the shipped codebooks, one for all other frames, and stance.

    The frames of ``diplomacy`` are fitted on its own silver labels, all others on the wide ones; a
    frame without a positive label is left to the pooled logistic.
    """
    frames: dict[str, FrameLogistic] = {}
    pooled: list[tuple[Float64[np.ndarray, " n"], Bool[np.ndarray, " n"]]] = []
    for name in shipped_names():
        book = load_codebook(name)
        texts, gold = _silver(data, book)
        odds = mean_odds(scorer, texts, book)
        pooled.append((odds.ravel(), gold.ravel()))
        for k, (frame, entry) in enumerate(book.frames.items()):
            if gold[:, k].any():
                frames[f"{name}.{frame}"] = _fit(odds[:, k], gold[:, k], entry.hypotheses)
    slope, intercept = fit_logistic(*(np.concatenate(part) for part in zip(*pooled, strict=True)))
    return Calibration(
        scorer=scorer_prefix,
        fitted_on=tuple(_labels(data, file) for file in (DIPLOMACY, WIDE)),
        default=Logistic(slope=slope, intercept=intercept),
        frames=frames,
        stance=fit_stances(scorer, data),
    )


def _fit(
    odds: Float64[np.ndarray, " n"], gold: Bool[np.ndarray, " n"], wordings: Sequence[str]
) -> FrameLogistic:
    slope, intercept = fit_logistic(odds, gold)
    return FrameLogistic(
        slope=slope,
        intercept=intercept,
        wordings_sha256=wordings_hash(wordings),
        n=len(gold),
        n_positive=int(gold.sum()),
    )


def _silver(data: Path, book: Codebook) -> tuple[list[str], Gold]:
    if tuple(book.frames) == FRAMES:
        rows = [row for row in read_rows(data / DIPLOMACY) if row["split"] == "train"]
        gold = [[bool(row[frame]) for frame in FRAMES] for row in rows]
        return [row["sentence"] for row in rows], np.array(gold)
    rows = [row for row in read_rows(data / WIDE) if row["split"] == "train"]
    codes = frames_of_codes()
    found = [_frames_of(row["codes"], codes) for row in rows]
    wide = [[f"{book.name}.{frame}" in names for frame in book.frames] for names in found]
    return [row["sentence"] for row in rows], np.array(wide)


def _frames_of(codes: Sequence[str], frames: Mapping[str, Sequence[str]]) -> set[str]:
    return {frame for code in codes for frame in frames.get(code, ())}


def _labels(data: Path, file: str) -> Labels:
    n = sum(row["split"] == "train" for row in read_rows(data / file))
    return Labels(file=file, sha256=file_hash(data / file), split="train", n=n)
