"""Embeddings and fusion: what they add up to, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import write_tiny_encoder

import stance
from stance.codebooks import parse_codebook
from stance.errors import ConfigError, ScorerError
from stance.records import Question
from stance.scorers import Scorer, load_scorer
from stance.scorers.bundled import MODELS
from stance.scorers.embedding_shipped import LAYERS, open_shipped
from stance.scorers.embedding_transformers import open_encoder
from stance.scorers.fusion import load_fusion
from stance.scorers.models import open_model, parse_model
from stance.scorers.placement import Placement, placement_of
from stance.tagging import log_odds

TEXTS = ("Trucks with flour waited at the closed crossing.", "", "No.", "The envoy was there.")
ASKED = ("The text raises hunger.", "It is about trade.")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


def test_the_lower_layers_of_the_shipped_model_are_those_of_torch() -> None:
    import torch
    from tokenizers import Tokenizer

    from stance.scorers.torch_network import load_checkpoint

    folder = MODELS / "mini"
    network = load_checkpoint(folder / "model.safetensors").eval()
    network.layers = network.layers[:LAYERS]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    rows = []
    with torch.inference_mode():
        for text in TEXTS:
            ids = torch.tensor([tokenizer.encode(text).ids])
            places = torch.arange(ids.shape[1])[None]
            hidden = network.encode(ids, torch.zeros_like(ids), places)
            rows.append(torch.nn.functional.normalize(hidden.mean(dim=1))[0].numpy())
    np.testing.assert_allclose(open_shipped("mini").encode(TEXTS), rows, atol=1e-5)


def test_an_encoder_of_transformers_is_the_mean_of_its_last_layer(encoder: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    network, tokenizer = AutoModel.from_pretrained(encoder), AutoTokenizer.from_pretrained(encoder)
    rows = []
    with torch.inference_mode():
        for text in TEXTS:
            hidden = network(**tokenizer(text, return_tensors="pt")).last_hidden_state
            rows.append(torch.nn.functional.normalize(hidden.mean(dim=1))[0].numpy())
    opened = open_encoder(str(encoder))
    np.testing.assert_allclose(opened.encode(TEXTS), rows, atol=1e-5)
    np.testing.assert_allclose(opened.encode(TEXTS[::-1])[::-1], rows, atol=1e-5)
    assert opened.truncated([*TEXTS, "word " * 300]) == 1
    long = opened.encode(["a " * 400 + end for end in ("war", "tea")])
    np.testing.assert_array_equal(long[0], long[1])


def test_log_odds_are_the_scaled_cosine(encoder: Path) -> None:
    scorer = load_scorer("embedding", model=encoder, scale=10.0, centre=0.2)
    opened = open_encoder(str(encoder))
    (found,) = scorer.score([Question(TEXTS[0], ASKED)])
    cosine = opened.encode(ASKED) @ opened.encode(TEXTS[:1])[0]
    np.testing.assert_allclose(log_odds(found), 10 * (cosine - 0.2), atol=1e-4)
    np.testing.assert_array_equal(found[:, 1], found[:, 2])
    assert not scorer.has_contradiction
    np.testing.assert_allclose(
        np.exp(scorer.score([Question(ASKED[0], ASKED[:1])])[0][0, 0]), 1 / (1 + np.exp(-8)), 1e-5
    )


def test_other_weights_have_another_fingerprint(encoder: Path, tmp_path: Path) -> None:
    other = write_tiny_encoder(tmp_path / "other", seed=1)
    prints = [load_scorer("embedding", model=model).fingerprint for model in (encoder, other)]
    assert prints[0] != prints[1]
    assert load_scorer("embedding", model=str(encoder)).fingerprint == prints[0]


def test_an_encoder_that_cannot_be_used(encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(ScorerError, match=r"scale is 0; it must be above 0"):
        load_scorer("embedding", scale=0)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ScorerError, match="cannot be loaded as an encoder with safetensors weight"):
        load_scorer("embedding", model=tmp_path)
    pooled = write_tiny_encoder(tmp_path / "pooled")
    (pooled / "1_Pooling").mkdir()
    modes = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (pooled / "1_Pooling" / "config.json").write_text(json.dumps(modes), encoding="utf-8")
    with pytest.raises(ScorerError, match=r"pools by pooling_mode_cls_token; stance pools by the"):
        load_scorer("embedding", model=pooled)


class Fixed:
    """Answers every hypothesis with the same probabilities."""

    has_contradiction = True

    def __init__(self, *probabilities: float, cut: int = 0) -> None:
        self.row, self.cut = np.log(np.array(probabilities, dtype=np.float32)), cut
        self.fingerprint = f"fixed:{probabilities}"

    def score(self, questions: list[Question]) -> list[np.ndarray]:
        return [np.tile(self.row, (len(question.hypotheses), 1)) for question in questions]

    def truncated(self, premises: list[str]) -> int:
        return self.cut


def test_fusion_adds_log_odds_and_keeps_the_shares_of_the_first() -> None:
    first, second = Fixed(0.6, 0.3, 0.1, cut=1), Fixed(0.8, 0.1, 0.1, cut=3)
    scorer = load_fusion(models=(first, second), weight=0.25)
    (found,) = scorer.score([Question("A.", ASKED)])
    p = 1 / (1 + np.exp(-0.75 * np.log(1.5) - 0.25 * np.log(4)))
    np.testing.assert_allclose(np.exp(found), [[p, (1 - p) * 0.75, (1 - p) * 0.25]] * 2, rtol=1e-5)
    assert scorer.has_contradiction
    assert scorer.truncated(["A."]) == 3
    assert first.fingerprint in scorer.fingerprint
    assert second.fingerprint in scorer.fingerprint
    alone = load_fusion(models=(first, second), weight=0.0).score([Question("A.", ASKED)])[0]
    np.testing.assert_allclose(np.exp(alone), [[0.6, 0.3, 0.1]] * 2, rtol=1e-6)


def test_fusion_tells_where_both_compute(tmp_path: Path) -> None:
    placed = [Fixed(0.6, 0.3, 0.1), Fixed(0.6, 0.3, 0.1)]
    assert placement_of(load_fusion(models=placed)) is None
    placed[0].placement = Placement("cuda", "bfloat16", 2)
    assert placement_of(load_fusion(models=placed)) == Placement("cuda", "bfloat16", 2)
    placed[1].placement = Placement("cuda", "float32", 1)
    assert placement_of(load_fusion(models=placed)) == Placement("cuda", "bfloat16+float32", 3)
    (tmp_path / "a.txt").write_text(TEXTS[0], encoding="utf-8")
    manifest: Any = stance.analyze(tmp_path / "a.txt", model="fusion:mini+embedding:mini").manifest
    assert (manifest["model"]["device"], manifest["model"]["dtype"]) == ("cpu", "float32")


def test_fusion_needs_two_models_and_a_weight_between_0_and_1() -> None:
    with pytest.raises(ConfigError, match=r"fusion takes two models, not 1; write fusion:A\+B"):
        load_fusion(models=("lexical",))
    with pytest.raises(ConfigError, match=r"the weight of a fusion is 1.5; it must be from 0 to 1"):
        load_fusion(models=("lexical", "lexical"), weight=1.5)


def test_a_name_says_which_models_and_weight() -> None:
    plain = parse_model("fusion:mini+embedding:ORG/NAME")
    assert (plain.backend, plain.options) == ("fusion", {"models": ("mini", "embedding:ORG/NAME")})
    weighted = parse_model("fusion:mini+0.25*embedding:mini")
    assert weighted.options == {"models": ("mini", "embedding:mini"), "weight": 0.25}
    assert parse_model("embedding:mini").options == {"model": "mini"}


def test_the_parts_of_a_fusion_know_the_codebook() -> None:
    book = parse_codebook(
        "name: b\nframes: {x: {definition: X., hypotheses: [It is x.], terms: [nurse]}}", "b"
    )
    scorer: Scorer = open_model("fusion:lexical+0*lexical", book)
    found = scorer.score([Question("A nurse came.", ("It is x.",)), Question("Y.", ("It is x.",))])
    np.testing.assert_allclose([log_odds(a)[0] for a in found], [0.0, -2.0], atol=1e-5)
