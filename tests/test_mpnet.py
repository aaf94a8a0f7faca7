"""The MPNet teacher computes what transformers computes, under the one-pass mask."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from made_training import QUESTIONS, packer
from safetensors.torch import save_file

from stance.records import Question
from stance.scorers.torch_bundled import torch_scorer
from stance.scorers.torch_network import OnePassNetwork, Shape
from stance.training.mpnet import bucket, load_mpnet
from stance.training.network import bert_name, load_base, load_trained
from stance.training.optimiser import adam_w

transformers = pytest.importorskip("transformers")

VOCABULARY = 30522
SHAPE = Shape(layers=2, width=24, heads=12, inner=48, positions=300, epsilon=1e-5)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[torch.nn.Module, Path]:
    torch.manual_seed(0)
    config = transformers.MPNetConfig(
        vocab_size=VOCABULARY + 5,
        hidden_size=SHAPE.width,
        num_hidden_layers=SHAPE.layers,
        num_attention_heads=SHAPE.heads,
        intermediate_size=SHAPE.inner,
        max_position_embeddings=SHAPE.positions + 2,
        initializer_range=0.5,
        layer_norm_eps=SHAPE.epsilon,
    )
    network = transformers.MPNetModel(config).eval()
    path = tmp_path_factory.mktemp("mpnet") / "model.safetensors"
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, path)
    return network, path


def test_a_premise_is_read_as_by_transformers(original: tuple[torch.nn.Module, Path]) -> None:
    network, path = original
    words = torch.randint(999, VOCABULARY, (1, 200), generator=torch.Generator().manual_seed(1))
    bert = torch.cat([torch.tensor([[101]]), words, torch.tensor([[100, 102]])], dim=1)
    theirs = torch.cat([torch.tensor([[0]]), words + 4, torch.tensor([[3, 2]])], dim=1)
    places = torch.arange(bert.shape[1])[None]
    with torch.no_grad():
        own = load_mpnet(path, shape=SHAPE).eval().double()
        found = own.encode(bert, torch.zeros_like(bert), places)
        due = copy.deepcopy(network).double()(input_ids=theirs).last_hidden_state
    assert (found - due).abs().max() < 1e-9


def test_buckets_tell_apart_sides_and_near_places() -> None:
    near = bucket(torch.arange(-7, 8))
    assert near.tolist() == [7, 6, 5, 4, 3, 2, 1, 0, 17, 18, 19, 20, 21, 22, 23]
    assert bucket(torch.tensor([-500, -128, 128, 500])).tolist() == [15, 15, 31, 31]


def test_no_answer_of_a_teacher_depends_on_its_neighbours(
    original: tuple[torch.nn.Module, Path],
) -> None:
    scorer = torch_scorer(load_mpnet(original[1], shape=SHAPE), packer())
    whole = scorer.score(QUESTIONS[:1])[0]
    for k, hypothesis in enumerate(QUESTIONS[0].hypotheses):
        (alone,) = scorer.score([Question(QUESTIONS[0].premise, (hypothesis,))])
        assert abs(alone[0] - whole[k]).max() < 1e-5


def test_the_bias_by_distance_is_not_trained(original: tuple[torch.nn.Module, Path]) -> None:
    network = load_mpnet(original[1], shape=SHAPE)
    optimised = adam_w(network, rate=1e-3, decay=0.01, layer_decay=1.0)
    places = {id(each) for group in optimised.param_groups for each in group["params"]}
    assert id(network.get_parameter("distances.weight")) not in places
    assert len(places) == len(list(network.parameters())) - 1


def test_a_trained_network_is_loaded_as_what_it_is(
    original: tuple[torch.nn.Module, Path], tmp_path: Path
) -> None:
    for network in (load_mpnet(original[1], shape=SHAPE), OnePassNetwork(replace(SHAPE, layers=1))):
        path = tmp_path / "best.safetensors"
        save_file({k: v.half().contiguous() for k, v in network.state_dict().items()}, path)
        found = load_trained(path)
        assert (found.distances is None) is (network.distances is None)
        assert found.shape.layers == network.shape.layers
        assert found.classifier.weight.dtype == torch.float32


def test_a_deeper_network_takes_every_layer_twice(tmp_path: Path) -> None:
    names = OnePassNetwork(Shape()).state_dict()
    full = {
        bert_name(k): torch.full_like(v, float(k.split(".")[1])) if k.startswith("layers.") else v
        for k, v in names.items()
    }
    save_file({k: v.contiguous() for k, v in full.items()}, tmp_path / "base.safetensors")
    state = load_base(tmp_path / "base.safetensors", dropout=0.0, layers=12).state_dict()
    found = [float(state[f"layers.{k}.query.bias"][0]) for k in range(12)]
    assert found == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
