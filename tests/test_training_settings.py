"""Settings of the training, the grid over them, and leaving codes out."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_training import (
    RECIPE,
    constant,
    flat,
    packer,
    tiny,
)
from safetensors.torch import load_file, save_file

from stance.scorers.torch_network import OnePassNetwork, Shape
from stance.training import grid, roles, unseen
from stance.training.fit import Recipe, Run, pair_loss
from stance.training.labels import ENTAILMENT, NEUTRAL, NOT_ENTAILMENT
from stance.training.mixture import load_code_wordings, load_mixture
from stance.training.network import bert_name, load_base
from stance.training.optimiser import adam_w


def test_a_smoothed_label_costs_a_share_of_every_answer() -> None:
    p = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    labels = torch.tensor([0, NOT_ENTAILMENT])
    loss = pair_loss(torch.log(p), labels, torch.tensor([1.0, 3.0]), smoothing=0.1)
    first = -0.9 * np.log(0.5) - 0.1 * np.log(0.5 * 0.3 * 0.2) / 3
    second = -0.9 * np.log(0.9) - 0.1 * np.log(0.1 * 0.2 * 0.7) / 3
    assert loss.item() == pytest.approx((first + 3 * second) / 4)


def test_lower_layers_have_lower_rates_and_vectors_no_decay() -> None:
    network = tiny()
    groups = adam_w(network, rate=0.1, decay=0.01, layer_decay=0.5).param_groups
    of = {id(p): (g["scale"], g["weight_decay"]) for g in groups for p in g["params"]}
    found = {name: of[id(parameter)] for name, parameter in network.named_parameters()}
    assert found["classifier.weight"] == (1.0, 0.01)
    assert found["classifier.bias"] == (1.0, 0.0)
    assert found["layers.1.query.weight"] == (1.0, 0.01)
    assert found["layers.0.query.bias"] == (0.5, 0.0)
    assert found["embeddings.word_embeddings.weight"] == (0.25, 0.01)


def test_averaged_weights_are_judged_and_survive_a_stop(labelled: Path, tmp_path: Path) -> None:
    recipe, mixture = replace(RECIPE, average=0.9), load_mixture(labelled)
    Run(tmp_path / "whole", tiny(), recipe).fit(mixture, packer(), constant)
    Run(tmp_path / "cut", tiny(), replace(recipe, pairs=20)).fit(mixture, packer(), constant)
    run = Run(tmp_path / "cut", tiny(seed=9), recipe)
    assert run.averaged is not None
    assert int(run.averaged.n_averaged) > 0
    best = load_file(tmp_path / "whole" / "best.safetensors")
    first = load_file(tmp_path / "whole" / "last.safetensors")
    assert set(best) == set(first)
    assert not torch.equal(best["classifier.weight"], first["classifier.weight"])


def test_a_shallower_network_takes_every_other_layer(tmp_path: Path) -> None:
    names = OnePassNetwork(Shape()).state_dict()
    full = {
        bert_name(name): torch.full_like(value, float(name.split(".")[1]))
        if name.startswith("layers.")
        else value
        for name, value in names.items()
    }
    save_file({k: v.contiguous() for k, v in full.items()}, tmp_path / "base.safetensors")
    network = load_base(tmp_path / "base.safetensors", dropout=0.0, layers=3)
    state = network.state_dict()
    assert [float(state[f"layers.{k}.query.bias"][0]) for k in range(3)] == [1.0, 3.0, 5.0]


def test_the_folds_leave_every_code_out_once() -> None:
    folds = [unseen.left_out(fold) for fold in range(unseen.FOLDS)]
    assert sorted(code for fold in folds for code in fold) == sorted(load_code_wordings())
    assert [len(fold) for fold in folds] == [14, 14, 13]


def test_nothing_of_a_code_left_out_is_trained_on(labelled: Path) -> None:
    wordings = load_code_wordings()
    fold = next(f for f in range(unseen.FOLDS) if "restr" in unseen.left_out(f))
    asked = {
        a[1]
        for seed in range(20)
        for a in flat(unseen.without_codes(load_mixture(labelled), fold), seed)
    }
    for code in unseen.left_out(fold):
        assert asked.isdisjoint(wordings[code])
    for code in set(wordings) - set(unseen.left_out(fold)):
        assert wordings[code][-1] not in asked
        assert not asked.isdisjoint(wordings[code])


def test_every_code_is_read_from_the_run_that_never_saw_it() -> None:
    codes = ("econ", "capac", "moral")
    odds = np.zeros((3, 2, 3))
    odds[:] = np.arange(3)[:, None, None]
    left = unseen.LeftOut(codes, np.array([[1, 0, 1], [0, 1, 0]], dtype=bool), odds, odds, odds)
    assert left.unseen(odds).tolist() == [[0, 1, 2], [0, 1, 2]]
    assert left.seen(odds, 0).tolist() == [[1, 2, 0], [1, 2, 0]]
    assert left.seen(odds, 1).tolist() == [[2, 0, 1], [2, 0, 1]]


def test_figures_of_left_out_codes() -> None:
    gold = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1]] * 6, dtype=bool)
    right = np.where(gold, 1.0, -1.0)
    odds = np.stack([right, right, right])
    wrong = odds.copy()
    for fold, k in enumerate(range(3)):
        wrong[fold, :, k] = -right[:, k]
    left = unseen.LeftOut(("econ", "capac", "moral"), gold, wrong, odds, wrong)
    found = unseen.figures(left, resamples=20)
    assert found["seen codes"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert found["unseen codes"]["value"] == 0.5
    assert found["unseen / seen codes"]["value"] == 0.5
    assert found["unknown / known wording"]["value"] == 1.0


def test_a_grid_writes_a_row_a_cell_and_goes_on_where_it_stood(
    labelled: Path,
    tmp_path: Path,
) -> None:
    base = tmp_path / "base.safetensors"
    encoder = {
        bert_name(k): v.contiguous() for k, v in OnePassNetwork(Shape()).state_dict().items()
    }
    save_file(encoder, base)
    cells = (grid.Cell("as is"), grid.Cell("3 layers", {"rate": 1e-5}, {"share": 0.5}, layers=3))
    calls: list[int] = []

    def judge(network: OnePassNetwork) -> dict[str, float]:
        calls.append(network.shape.layers)
        return {"mean": 0.25}

    for _ in range(2):
        grid.run_grid(
            cells,
            lambda cell: grid.run_cell(
                cell, base, load_mixture(labelled), packer(), judge, tmp_path, Recipe(pairs=20)
            ),
            tmp_path,
        )
    rows = json.loads((tmp_path / "grid.json").read_text(encoding="utf-8"))
    assert [(row["cell"], row["mean"]) for row in rows] == [("as is", 0.25), ("3 layers", 0.25)]
    assert calls == [6, 3]
    recipe = json.loads((tmp_path / "3-layers" / "recipes.jsonl").read_text(encoding="utf-8"))
    assert recipe["rate"] == 1e-5


def test_a_share_of_the_premises_is_the_same_every_epoch(labelled: Path) -> None:
    half = replace(load_mixture(labelled), share=0.5)
    kept = [{premise for premise, *_ in flat(half, seed)} for seed in (1, 2)]
    every = {premise for premise, *_ in flat(load_mixture(labelled), 1)}
    assert kept[0] == kept[1]
    assert 0.4 < len(kept[0]) / len(every) < 0.6


def test_the_target_of_praise_is_favored_and_who_praises_is_not_judged() -> None:
    end, found = " is portrayed positively.", set()
    for premise, (hypothesis, label) in roles.role_pairs(random.Random(0), 2_000):
        holder, praised, rest = premise.partition(" praised ")
        if not praised or holder.endswith(" was") or not hypothesis.endswith(end):
            continue
        about = hypothesis.removesuffix(end).lower()
        target = rest.lower().startswith(f"{about} for ")
        assert target or holder.lower().endswith(about)
        assert label == (ENTAILMENT if target else NEUTRAL)
        found.add(target)
    assert found == {True, False}


def test_a_denied_praise_is_no_blame() -> None:
    denied = [
        label
        for premise, (_, label) in roles.role_pairs(random.Random(1), 500)
        if " did not praise " in premise or " did not blame " in premise
    ]
    assert set(denied) == {NEUTRAL}


def test_a_typo_spares_names_and_short_words() -> None:
    draw = random.Random(0)
    text = "Residents blamed Petrovic for the flood at once"
    for _ in range(50):
        found = roles.misspelled(text, draw).split()
        wrong = [k for k, (a, b) in enumerate(zip(text.split(), found, strict=True)) if a != b]
        assert 0 < len(wrong) <= 2
        assert set(wrong) <= {1, 5}
    assert roles.misspelled("So it is.", draw) == "So it is."


def test_made_up_sentences_and_typos_are_in_an_epoch(labelled: Path) -> None:
    plain = replace(load_mixture(labelled), families=())
    more = replace(plain, roles=5, typos=1.0)
    assert len({p for p, *_ in flat(more, 1)}) >= len({p for p, *_ in flat(plain, 1)}) + 5
