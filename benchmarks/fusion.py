"""Does a sentence embedding beside the entailment score rank codebook-like frames better?

    python benchmarks/fusion.py DATA [--model FOLDER] [--codes econ,legal]

DATA is the folder of labelled data. For the wide codes and for the diplomacy frames the table gives
the mean average precision on the dev split of the entailment score, of the cosine, and of their
fusion; the weight is the best on a sample of the train split. A model that was trained on the codes
says nothing of new ones: give --model one that was trained without the codes of --codes, or
--left-out the folder of `python -m stance.training leave-codes-out`, whose three runs score every
code by the one that never saw it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, final

import click
import numpy as np
from sklearn.metrics import average_precision_score

from stance.scorers import Scorer, load_scorer
from stance.scorers.embedding import CENTRE, SCALE, EmbeddingScorer
from stance.scorers.embedding_shipped import open_shipped
from stance.training import unseen
from stance.training.__main__ import find_base
from stance.training.mixture import FRAMES, load_code_wordings, load_codebook_wordings, read_rows
from stance.training.wide import LEAST, code_odds

WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7)
RESAMPLES = 1_000
HEADER = (
    "| coding | n | system | mean average precision | gain on entailment [95 %] |",
    "|---|---|---|---|---|",
)
Wordings = dict[str, tuple[str, ...]]
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Sentences and, for every code, whether it applies: gold of shape (sentence, code)."""

    texts: list[str]
    gold: np.ndarray


@final
@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A coding: its wordings, and a train and a dev split."""

    name: str
    wordings: Wordings
    train: Split
    dev: Split


def split_of(rows: list[dict[str, Any]], codes: list[str], most: int) -> Split:
    """Return at most so many rows, drawn from seed 0."""
    if most and len(rows) > most:
        rows = [rows[k] for k in np.random.default_rng(0).permutation(len(rows))[:most]]
    gold = [[code in row["codes"] for code in codes] for row in rows]
    return Split([row["sentence"] for row in rows], np.array(gold, dtype=bool))


def wide_codes(data: Path, named: list[str], most: int) -> Labelled:
    """Return the wide coding: the codes named, or those with enough positives on dev."""
    rows = read_rows(data / "frames/wide_silver.parquet")
    train, dev = ([row for row in rows if row["split"] == s] for s in ("train", "dev"))
    every = load_code_wordings()
    strange = [code for code in named if code not in every]
    if strange:
        raise click.BadParameter(f"unknown codes {', '.join(strange)}; known: {', '.join(every)}")
    least = 1 if named else LEAST
    codes = [c for c in named or every if sum(c in row["codes"] for row in dev) >= least]
    splits = (split_of(train, codes, most), split_of(dev, codes, 0))
    return Labelled("wide codes", {code: every[code] for code in codes}, *splits)


def diplomacy(data: Path, most: int) -> Labelled:
    """Return the frames of the default codebook on their silver labels."""
    rows = [
        {**row, "codes": [frame for frame in FRAMES if row[frame]]}
        for row in read_rows(data / "frames/diplomacy_silver.parquet")
    ]
    train, dev = ([row for row in rows if row["split"] == s] for s in ("train", "dev"))
    import stance.codebooks as books

    every = load_codebook_wordings(Path(books.__file__).parent / "assets" / "codebooks")
    wordings = {frame: every[f"diplomacy.{frame}"] for frame in FRAMES}
    splits = (split_of(train, list(FRAMES), most), split_of(dev, list(FRAMES), 0))
    return Labelled("diplomacy frames", wordings, *splits)


def odds_of(scorer: Scorer, split: Split, wordings: Wordings, kept: Path | None) -> np.ndarray:
    """Return mean log-odds (sentence, code), kept in a folder by what they depend on."""
    if kept is None:
        return code_odds(scorer, split.texts, wordings)
    asked = repr((scorer.fingerprint, split.texts, list(wordings.items())))
    path = kept / f"{sha256(asked.encode()).hexdigest()[:24]}.npy"
    if not path.is_file():
        kept.mkdir(parents=True, exist_ok=True)
        np.save(path, code_odds(scorer, split.texts, wordings))
    found: np.ndarray = np.load(path)
    return found


def mean_precision(gold: np.ndarray, odds: np.ndarray) -> float:
    """Return the mean average precision over the codes that occur."""
    pairs = [(gold[:, k], odds[:, k]) for k in range(gold.shape[1]) if gold[:, k].any()]
    return float(np.mean([average_precision_score(g, o) for g, o in pairs]))


def fused(both: Mapping[str, np.ndarray], weight: float) -> np.ndarray:
    """Return the weighted sum of log-odds, as the fusion scorer adds them."""
    total: np.ndarray = (1 - weight) * both["entailment"] + weight * both["embedding"]
    return total


def rows_of(coding: Labelled, scorers: dict[str, Scorer], kept: Path | None) -> list[str]:
    """Return the rows of a coding: each system, and what it gains on entailment alone."""
    odds = {
        part: {n: odds_of(s, split, coding.wordings, kept) for n, s in scorers.items()}
        for part, split in (("train", coding.train), ("dev", coding.dev))
    }
    scores = [mean_precision(coding.train.gold, fused(odds["train"], w)) for w in WEIGHTS]
    weight = WEIGHTS[int(np.argmax(scores))]
    systems = {**odds["dev"], f"fusion, weight {weight}": fused(odds["dev"], weight)}
    return lines_of(coding.name, coding.dev.gold, systems)


def lines_of(name: str, gold: np.ndarray, systems: Mapping[str, np.ndarray]) -> list[str]:
    """Return a row a system; the gain on entailment has an interval by a paired bootstrap."""
    draw, n = np.random.default_rng(0), len(gold)
    values: dict[str, list[float]] = {system: [] for system in systems}
    for _ in range(RESAMPLES):
        rows = draw.integers(0, n, n)
        for system, found in systems.items():
            values[system].append(mean_precision(gold[rows], found[rows]))
    base = mean_precision(gold, systems["entailment"])
    lines = []
    for system, found in systems.items():
        value = mean_precision(gold, found)
        low, high = np.quantile(np.subtract(values[system], values["entailment"]), [0.025, 0.975])
        own = system == "entailment"
        gain = "–" if own else f"{value - base:+.3f} [{low:+.3f}, {high:+.3f}]"
        lines.append(f"| {name} ({gold.shape[1]}) | {n} | {system} | {value:.3f} | {gain} |")
    return lines


def rows_of_layers(coding: Labelled, model: str, kept: Path | None) -> list[str]:
    """Return the mean average precision of the cosine at every layer, on train and dev."""
    lines = ["| layers | train | dev |", "|---|---|---|"]
    for layers in range(1, 7):
        scorer = EmbeddingScorer(open_shipped(model, layers=layers), SCALE, CENTRE)
        values = [
            mean_precision(split.gold, odds_of(scorer, split, coding.wordings, kept))
            for split in (coding.train, coding.dev)
        ]
        lines.append(f"| {layers} | {values[0]:.3f} | {values[1]:.3f} |")
    return lines


def rows_of_unseen(data: Path, folder: Path, embedding: Scorer) -> list[str]:
    """Return the rows of the wide codes, each scored by the run that was trained without it.

    The weight of a code is the best one on the codes that other runs were trained without.
    """
    left, every = unseen.read_left_out(data, folder), load_code_wordings()
    rows = [r for r in read_rows(data / "frames/wide_silver.parquet") if r["split"] == "dev"]
    wordings = {code: every[code] for code in left.codes}
    both = {
        "entailment": left.unseen(left.all),
        "embedding": code_odds(embedding, [row["sentence"] for row in rows], wordings),
    }
    joined, chosen = both["entailment"].copy(), []
    for fold in range(unseen.FOLDS):
        own = np.array([code in unseen.left_out(fold) for code in left.codes])
        scores = [mean_precision(left.gold[:, ~own], fused(both, w)[:, ~own]) for w in WEIGHTS]
        chosen.append(WEIGHTS[int(np.argmax(scores))])
        joined[:, own] = fused(both, chosen[-1])[:, own]
    name = f"fusion, weights {', '.join(map(str, chosen))}"
    return lines_of("wide codes, unseen", left.gold, {**both, name: joined})


@click.command()
@click.argument("data", type=_FOLDER)
@click.option("--model", default="mini", show_default=True, help="Model folder of entailment.")
@click.option("--embedding", help="Encoder: mini, a folder, ORG/NAME.  [default: all-MiniLM-L6-v2]")
@click.option("--codes", default="", help="Wide codes, comma between; those with 20 positives.")
@click.option("--train", "most", default=960, show_default=True, help="Train sentences; 0 is all.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder that keeps scores.")
@click.option("--layers", is_flag=True, help="Instead: the cosine of every layer of the model.")
@click.option("--left-out", type=_FOLDER, help="Instead: codes scored by runs without them.")
@click.option("--threads", default=0, show_default=True)
def main(
    data: Path,
    model: str,
    embedding: str | None,
    codes: str,
    most: int,
    keep: Path | None,
    layers: bool,
    left_out: Path | None,
    threads: int,
) -> None:
    """Print the table for the labelled data in DATA."""
    named = [code.strip() for code in codes.split(",") if code.strip()]
    if layers:
        click.echo("\n".join(rows_of_layers(wide_codes(data, named, most), model, keep)))
        return
    cosine = load_scorer("embedding", model=embedding or str(find_base()))
    if left_out is not None:
        click.echo("\n".join([*HEADER, *rows_of_unseen(data, left_out, cosine)]))
        return
    scorers = {
        "entailment": load_scorer(model=model, threads=threads),
        "embedding": cosine,
    }
    codings = [wide_codes(data, named, most)]
    if not named:
        codings.append(diplomacy(data, most))
    click.echo("\n".join(HEADER))
    for coding in codings:
        click.echo("\n".join(rows_of(coding, scorers, keep)))


if __name__ == "__main__":
    main()
