"""The transformers scorer against the zero-shot pipeline on the same checkpoint, in one process.

    python benchmarks/hub.py --sentences 12 --rounds 3 --threads 1

The checkpoint has the shape of deberta-v3-small (6 layers of 768) with random weights and the
tokenizer of mini, so that nothing is downloaded; speed does not depend on what the weights are.
Every round asks both, in turn, so that a busy machine slows both; the ratios of the rounds are
printed with their spread, and the greatest difference of the scores. ``--cpu-time`` counts the
seconds of the processor instead of the clock's (one thread only). ``--checkpoint`` takes another
one, ``--device`` and ``--dtype`` as in ``stance analyze``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    PreTrainedTokenizerFast,
    pipeline,
)
from transformers.utils import logging

from stance.codebooks import load_codebook
from stance.readers import read_articles
from stance.records import Question
from stance.scorers import load_scorer
from stance.scorers.bundled import MODELS
from stance.sentences import split

HYPOTHESES = load_codebook("diplomacy").hypotheses[:8]
LABELS = ("entailment", "neutral", "contradiction")


def write_small(folder: Path) -> None:
    """Write a checkpoint of the shape of deberta-v3-small, with the vocabulary of mini."""
    torch.manual_seed(0)
    config = DebertaV2Config(
        vocab_size=30_522,
        hidden_size=768,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=3_072,
        relative_attention=True,
        position_buckets=256,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        pos_att_type=["p2c", "c2p"],
        position_biased_input=False,
        type_vocab_size=0,
        id2label=dict(enumerate(LABELS)),
        label2id={label: k for k, label in enumerate(LABELS)},
    )
    DebertaV2ForSequenceClassification(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_file=str(MODELS / "mini" / "tokenizer.json"),
        model_max_length=512,
        **{f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")},
    ).save_pretrained(folder)


def sentences(n: int) -> list[str]:
    """Return the first sentences of the seed article, again and again with a number if too few."""
    seeds = Path(__file__).parent.parent / "seeds"
    texts = [" ".join(s.text.split()) for a in read_articles(seeds) for s in split(a)]
    return [texts[k % len(texts)] + f" {k // len(texts)}" * (k >= len(texts)) for k in range(n)]


def piped(ask: Any, texts: list[str], batch: int) -> np.ndarray:
    """Return the pipeline's scores, (sentence, hypothesis)."""
    said = ask(
        texts, list(HYPOTHESES), hypothesis_template="{}", multi_label=True, batch_size=batch
    )
    rows = [dict(zip(one["labels"], one["scores"], strict=True)) for one in said]
    return np.array([[row[hypothesis] for hypothesis in HYPOTHESES] for row in rows])


def scored(scorer: Any, texts: list[str]) -> np.ndarray:
    """Return what the pipeline's scores must be: entailment against contradiction."""
    p = np.exp(np.stack(scorer.score([Question(text, HYPOTHESES) for text in texts])))
    ratio: np.ndarray = p[..., 0] / (p[..., 0] + p[..., 2])
    return ratio


def main() -> None:
    """Measure, and print a line for every batch size of the pipeline."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sentences", type=int, default=38)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32])
    options.add_argument("--device", default="cpu")
    options.add_argument("--dtype", default="float32")
    options.add_argument("--checkpoint", type=Path)
    options.add_argument("--cpu-time", action="store_true", help="for a machine that others use")
    asked = options.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(asked.threads)
    texts = sentences(asked.sentences)
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.checkpoint or Path(scratch)
        if asked.checkpoint is None:
            write_small(folder)
        measure(asked, str(folder), texts)


def measure(asked: argparse.Namespace, folder: str, texts: list[str]) -> None:
    """Ask both in turn, round by round."""
    placed = {"device": asked.device, "dtype": asked.dtype}
    scorer = load_scorer("transformers", model=folder, **placed)
    kind = getattr(torch, asked.dtype)
    ask = pipeline("zero-shot-classification", model=folder, device=asked.device, dtype=kind)
    pairs = len(texts) * len(HYPOTHESES)
    clock = time.process_time if asked.cpu_time else time.perf_counter
    seconds: dict[int, list[float]] = {size: [] for size in (0, *asked.batches)}
    ways = {0: lambda: scored(scorer, texts)}
    ways |= {size: lambda size=size: piped(ask, texts, size) for size in asked.batches}
    found: dict[int, np.ndarray] = {}
    scored(scorer, texts[:2]), piped(ask, texts[:2], 8)
    for _ in range(asked.rounds):
        for size, way in ways.items():
            begun = clock()
            found[size] = way()
            seconds[size].append(clock() - begun)
    own = statistics.median(seconds[0])
    print(f"{len(texts)} sentences x {len(HYPOTHESES)} hypotheses, {asked.threads} threads")
    print(f"stance                {pairs / own:8.1f} pairs/s")
    for size in asked.batches:
        both = zip(seconds[size], seconds[0], strict=True)
        ratios = sorted(theirs / ours for theirs, ours in both)
        gap = np.abs(found[size] - found[0]).max()
        print(
            f"pipeline, batch {size:4d}  {pairs / statistics.median(seconds[size]):8.1f} pairs/s"
            f"   ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
            f"   max |dp| {gap:.1e}"
        )


if __name__ == "__main__":
    main()
