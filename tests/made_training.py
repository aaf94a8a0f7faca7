"""A tiny network, a tokenizer and a data folder for the tests of training."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from tokenizers import Tokenizer

from stance.records import Question
from stance.scorers.bundled import MODELS
from stance.scorers.packing import Limits, Packer
from stance.scorers.torch_network import OnePassNetwork, Shape
from stance.training.fit import Recipe
from stance.training.mixture import Mixture

TOKENIZER = MODELS / "mini" / "tokenizer.json"
TINY = Shape(layers=2, width=16, heads=2, inner=32)
HYPOTHESES = ("The text raises a ceasefire.", "This is about help.", "It threatens.")
QUESTIONS = [
    Question("Both sides agreed to hold their fire.", HYPOTHESES),
    Question("Aid.", HYPOTHESES[:1]),
    Question("The minister warned that any attack would be answered at once. " * 3, HYPOTHESES),
]


def tiny(seed: int = 0, *, dropout: float = 0.0) -> OnePassNetwork:
    torch.manual_seed(seed)
    network = OnePassNetwork(TINY, dropout=dropout)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return network


def packer() -> Packer:
    return Packer(Tokenizer.from_file(str(TOKENIZER)), Limits())


def write_labelled(folder: Path) -> Path:
    """Write a data folder of the layout that the recipe reads, with sentences of our own."""

    def write(name: str, rows: list[dict[str, object]]) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), folder / name)

    def pair(premise: str, label: str, source: str) -> dict[str, object]:
        return {
            "premise": premise,
            "hypothesis": "We should act.",
            "label": label,
            "source": source,
        }

    def silver(text: str, split: str) -> dict[str, object]:
        frames = dict.fromkeys(("solidarity", "deterrence", "restraint", "humanitarian"), False)
        return {"sentence": text, **frames, "restraint": True, "split": split}

    def wide(text: str, split: str) -> dict[str, object]:
        stance = {"target": "Ruritania", "polarity": "-", "holder": "x"}
        return {"sentence": text, "codes": ["restr"], "stances": [stance], "split": split}

    train = [pair(f"Argument {i}.", "contradiction", "persp") for i in range(8)]
    write("entailment/train.parquet", [*train, pair("Seen in dev.", "neutral", "snli")])
    write("entailment/dev.parquet", [pair("Seen in dev.", "neutral", "snli_heldout")])
    news = [pair(f"News {i}.", "entailment", "news") | {"split": "train"} for i in range(4)]
    news.append(pair("Kept news.", "entailment", "news") | {"split": "dev"})
    write("entailment/news_hypotheses.parquet", news)
    write("frames/diplomacy_silver.parquet", [silver("They stop.", "train"), silver("No.", "dev")])
    write("frames/wide_silver.parquet", [wide("They hold.", "train"), wide("Kept.", "dev")])
    target = [{"sentence": f"Sentence {i}.", "target": "x", "polarity": "1"} for i in range(40)]
    write("stance/newsmtsc_train.parquet", target)
    return folder


def flat(mixture: Mixture, seed: int) -> list[tuple[str, str, int, float]]:
    return [(g.premise, *answer) for g in mixture.epoch(seed) for answer in g.answers]


RECIPE = Recipe(pairs=60, rate=1e-3, warm_up=2, tokens=200, dropout=0.0, minutes_between=0.0)


def constant(_: OnePassNetwork) -> dict[str, float]:
    return {"mean": 0.5}
