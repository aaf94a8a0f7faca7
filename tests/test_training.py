"""The recipe of the shipped model, on a tiny network and a handful of sentences."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from made_training import (
    HYPOTHESES,
    QUESTIONS,
    RECIPE,
    TINY,
    TOKENIZER,
    constant,
    flat,
    packer,
    tiny,
)
from safetensors.torch import save_file

from stance.errors import DataError
from stance.records import Question
from stance.scorers import load_scorer
from stance.scorers.bundled import load_bundled
from stance.scorers.torch_bundled import torch_scorer
from stance.scorers.torch_network import OnePassNetwork, Shape, load_checkpoint
from stance.tagging import log_odds
from stance.training import card, claims, gates, rivals, wide
from stance.training.export import export_model, export_run, write_hashes
from stance.training.fit import Recipe, Run, pair_loss
from stance.training.history import go_on_from, keep_teachers, write_history
from stance.training.labels import CONTRADICTION, ENTAILMENT, NEUTRAL, NOT_ENTAILMENT
from stance.training.mixture import Mixture, development_sentences, load_mixture
from stance.training.written import HELD_OUT, read_families


def without_families(labelled: Path) -> Mixture:
    return replace(load_mixture(labelled), families=())


def test_an_epoch_holds_every_train_pair_and_nothing_of_a_development_split(labelled: Path) -> None:
    asked = flat(without_families(labelled), 3)
    premises = {premise for premise, *_ in asked}
    assert premises == {
        *(f"Argument {i}." for i in range(8)),
        *(f"News {i}." for i in range(4)),
        "They stop.",
        "They hold.",
    }
    assert premises.isdisjoint(development_sentences(labelled))
    original = [a for a in asked if a[1:] == ("We should act.", CONTRADICTION, 1.0)]
    assert len({a[0] for a in original}) == 8
    assert [a[3] for a in asked if a[0] == "News 0."] == [1.5]


def test_an_epoch_holds_every_family_but_those_of_held_out_topics(labelled: Path) -> None:
    families = read_families()
    premises = {group.premise for group in load_mixture(labelled).epoch(3)}
    for held_out in (False, True):
        own = {p for family in families if family.held_out is held_out for p in family.premises}
        assert premises.isdisjoint(own) if held_out else own <= premises


def test_silver_labels_become_weighted_pairs(labelled: Path) -> None:
    asked = [a for a in flat(without_families(labelled), 3) if a[0] == "They stop."]
    assert sorted((label, weight) for _, _, label, weight in asked) == [
        *[(ENTAILMENT, 2.0)] * 2,
        *[(NOT_ENTAILMENT, 0.7)] * 6,
    ]
    stance = [a for a in flat(without_families(labelled), 3) if "Ruritania" in a[1]]
    assert sorted(label for _, _, label, _ in stance) == [ENTAILMENT, CONTRADICTION]


def test_an_epoch_follows_from_its_seed(labelled: Path) -> None:
    mixture = load_mixture(labelled)
    assert flat(mixture, 3) == flat(mixture, 3)
    assert flat(mixture, 3) != flat(mixture, 4)


def test_no_group_asks_more_than_twelve_hypotheses(labelled: Path) -> None:
    path = labelled / "entailment/train.parquet"
    row = pq.read_table(path).to_pylist()[0]
    rows = [{**row, "hypothesis": f"We should do {i}.", "source": "snli"} for i in range(30)]
    pq.write_table(pa.Table.from_pylist(rows), path)
    groups = [g for g in load_mixture(labelled).epoch(1) if g.premise == "Argument 0."]
    assert sorted(len(group.answers) for group in groups) == [6, 12, 12]


@pytest.mark.parametrize(
    ("hypothesis", "claim"),
    [
        ("The author agrees: We should act.", "We should act."),
        ("The author would ban cars", "We should ban cars"),
        ("The author supports the claim that cars harm", "Cars harm"),
        ("The author believes in luck", None),
        ("Cars harm", "Cars harm"),
    ],
)
def test_a_claim_is_freed_of_its_author(hypothesis: str, claim: str | None) -> None:
    assert claims.bare_claim(hypothesis) == claim


def test_a_claim_is_reworded_with_the_label_that_then_holds() -> None:
    draw = random.Random(0)
    found = {claims.reworded("Cars harm", CONTRADICTION, draw) for _ in range(100)}
    assert found == {
        ("Cars harm", CONTRADICTION),
        ("The author agrees: Cars harm", CONTRADICTION),
        ("The text argues for this: Cars harm", CONTRADICTION),
        ("The author disagrees: Cars harm", ENTAILMENT),
        ("The text argues against this: Cars harm", ENTAILMENT),
    }
    assert {claims.reworded("Cars harm", NEUTRAL, draw)[1] for _ in range(50)} == {NEUTRAL}


def test_the_wording_of_a_written_hypothesis_does_not_tell_its_label() -> None:
    told = [labels for f in read_families() for _, labels in f.hypotheses if "x" not in labels]
    assert len(told) > 3_000
    assert {"".join(sorted(labels)) for labels in told} == {"cen", "ccee"}


def test_written_families_cover_a_hundred_topics_and_hold_out_fifteen() -> None:
    families = read_families()
    topics = {family.topic for family in families}
    assert len(topics) == 100
    assert topics > HELD_OUT
    assert len(HELD_OUT) == 15
    assert sum(len(f.premises) * len(f.hypotheses) for f in families) >= 12_000


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", r"a\.jsonl, line 2: not JSON"),
        ('{"topic": "x"}', "line 2: a family has topic, premises and hypotheses"),
        (
            '{"topic": "x", "premises": ["a", "b", "a"], "hypotheses": []}',
            "at least three different premises",
        ),
        (
            '{"topic": "x", "premises": ["a", "b", "c"], "hypotheses": [["h", "ec"]]}',
            "'h' needs one letter of e, n, c, x a premise, not 'ec'",
        ),
        (
            '{"topic": "x", "premises": ["a", "b", "c"], "hypotheses": [["h", "ncx"]]}',
            "'h' must be entailed by a premise and not by another",
        ),
    ],
)
def test_a_faulty_family_is_named(tmp_path: Path, line: str, fault: str) -> None:
    good = '{"topic": "x", "premises": ["a", "b", "c"], "hypotheses": [["h", "enc"]]}'
    (tmp_path / "a.jsonl").write_text(f"{good}\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=fault):
        read_families(tmp_path)


def test_loss_of_a_two_way_label_leaves_the_other_two_open() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]))
    labels = torch.tensor([NOT_ENTAILMENT, CONTRADICTION])
    loss = pair_loss(logits, labels, torch.tensor([1.0, 3.0]))
    assert loss.item() == pytest.approx((-np.log(0.5) - 3 * np.log(0.7)) / 4)


def test_the_network_reads_a_premise_once_and_answers_as_if_asked_alone() -> None:
    scorer = torch_scorer(tiny(), packer())
    together = scorer.score(QUESTIONS)
    for question, rows in zip(QUESTIONS, together, strict=True):
        alone = [scorer.score([Question(question.premise, (h,))])[0] for h in question.hypotheses]
        np.testing.assert_allclose(rows, np.concatenate(alone), atol=1e-5)


def test_the_exported_folder_answers_as_the_network_with_its_rounded_weights(
    tmp_path: Path,
) -> None:
    export_model(tiny(), TOKENIZER, tmp_path)
    rounded = torch_scorer(load_rounded(tmp_path), packer())
    shipped = load_bundled(model=tmp_path, threads=1)
    for a, b in zip(shipped.score(QUESTIONS), rounded.score(QUESTIONS), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)
    listed = json.loads((tmp_path / "sha256.json").read_text(encoding="utf-8"))
    assert set(listed) == {"model.onnx", "model.safetensors", "tokenizer.json", "shape.json"}


def load_rounded(folder: Path) -> OnePassNetwork:
    network = OnePassNetwork(TINY, dropout=0.0)
    state = {name: value.half().float() for name, value in tiny().state_dict().items()}
    network.load_state_dict(state)
    return network


def test_hashes_follow_the_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    write_hashes(tmp_path)
    listed = json.loads((tmp_path / "sha256.json").read_text(encoding="utf-8"))
    assert listed == {"a.txt": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}


def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(
    labelled: Path, tmp_path: Path
) -> None:
    mixture = load_mixture(labelled)
    Run(tmp_path / "whole", tiny(), RECIPE).fit(mixture, packer(), constant)
    calls = 0

    def stop_at_third(network: OnePassNetwork) -> dict[str, float]:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return constant(network)

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        Run(tmp_path / "cut", tiny(), RECIPE).fit(mixture, packer(), stop_at_third)
    Run(tmp_path / "cut", tiny(seed=9), RECIPE).fit(mixture, packer(), constant)
    whole, cut = (
        json.loads((tmp_path / name / "progress.json").read_text()) for name in ("whole", "cut")
    )
    assert {**whole, "seconds": 0} == {**cut, "seconds": 0}
    left, right = (
        load_tiny(tmp_path / name / "last.safetensors").state_dict() for name in ("whole", "cut")
    )
    for name, value in left.items():
        torch.testing.assert_close(value, right[name], atol=1e-6, rtol=0)
    started = (tmp_path / "cut" / "recipes.jsonl").read_text().splitlines()
    assert [json.loads(line)["from"] > 0 for line in started] == [False, True]


def load_tiny(path: Path) -> OnePassNetwork:
    from safetensors.torch import load_file

    network = OnePassNetwork(TINY, dropout=0.0)
    network.load_state_dict(load_file(path))
    return network


def test_training_lowers_the_loss_and_keeps_the_best_checkpoint(
    labelled: Path, tmp_path: Path
) -> None:
    network = tiny()
    recipe = replace(RECIPE, pairs=600, rate=5e-3)
    judged: list[float] = []

    def worse_each_time(_: OnePassNetwork) -> dict[str, float]:
        judged.append(1.0 - len(judged))
        return {"mean": judged[-1]}

    first = {name: value.clone() for name, value in network.state_dict().items()}
    run = Run(tmp_path, network, recipe)
    run.fit(without_families(labelled), packer(), worse_each_time)
    best = load_tiny(tmp_path / "best.safetensors").state_dict()
    moved = (best["classifier.weight"] - first["classifier.weight"]).abs().max()
    ended = (network.state_dict()["classifier.weight"] - first["classifier.weight"]).abs().max()
    assert 0 < moved < ended
    assert run.progress.best == 1.0
    assert surprise(network, without_families(labelled)) < 0.8 * surprise(
        tiny(), without_families(labelled)
    )


def surprise(network: OnePassNetwork, mixture: Mixture) -> float:
    """Mean of −log p over the three-way answers of one epoch."""
    asked = [answer for answer in flat(mixture, 0) if answer[2] != NOT_ENTAILMENT]
    answers = torch_scorer(network, packer()).score([Question(a[0], (a[1],)) for a in asked])
    return -float(np.mean([rows[0, a[2]] for rows, a in zip(answers, asked, strict=True)]))


def test_a_checkpoint_loads_as_float32(tmp_path: Path) -> None:
    network = OnePassNetwork()
    halves = {name: value.half() for name, value in network.state_dict().items()}
    save_file(halves, tmp_path / "half.safetensors")
    assert load_checkpoint(tmp_path / "half.safetensors").classifier.weight.dtype == torch.float32


def test_a_run_that_is_exported_can_be_loaded(tmp_path: Path) -> None:
    run, folder = a_run(tmp_path / "run"), tmp_path / "model"
    torch.manual_seed(0)
    network = OnePassNetwork(Shape(layers=1))
    save_file(network.state_dict(), run / "best.safetensors")
    export_run(run, TOKENIZER, folder)
    card.write_card(folder, [])
    write_hashes(folder)
    answers = load_scorer(model=folder).score(QUESTIONS)
    due = torch_scorer(network, packer()).score(QUESTIONS)
    assert max(abs(a - b).max() for a, b in zip(answers, due, strict=True)) < 1e-2
    go_on_from(folder, run)
    export_run(run, TOKENIZER, folder)
    assert load_scorer(model=folder).score(QUESTIONS[:1])[0].shape == (3, 3)


def a_run(folder: Path, **changed: object) -> Path:
    folder.mkdir()
    log = [{"pairs": 50, "seconds": 1800, "mean": 0.4}, {"pairs": 90, "seconds": 3600, "mean": 0.3}]
    (folder / "log.jsonl").write_text("\n".join(map(json.dumps, log)), encoding="utf-8")
    second = vars_of(replace(RECIPE, pairs=90))
    legs = [{"from": 0, **vars_of(RECIPE), **changed}, {"from": 45, **second, **changed}]
    (folder / "recipes.jsonl").write_text("\n".join(map(json.dumps, legs)), encoding="utf-8")
    return folder


def test_the_card_tells_every_leg_of_every_run(tmp_path: Path) -> None:
    first, second = a_run(tmp_path / "first"), a_run(tmp_path / "second")
    write_history(first, tmp_path)
    go_on_from(tmp_path, second)
    write_history(second, tmp_path)
    figure = gates.Figure("SNLI", 0.8, "≥ 0.9", False, 10, (0.7, 0.9))
    card.write_card(tmp_path, [figure], ["| 0.0 to 0.1 | 7 | 0.05 | 0.04 |"])
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "| SNLI | 10 | 0.800 | 0.700 to 0.900 | ≥ 0.9 | **missed** |" in text
    run = "90 pairs in 1.0 hours; of 2 checkpoints that after 50 pairs was taken"
    assert f"- run 1, from the base: {run}\n" in text
    assert f"- run 2, from that of run 1: {run}\n" in text
    assert text.count("  - from pair 0 to 45: rate 0.001 on its way to 0 at pair 60") == 2
    assert text.count("  - from pair 45 to 90: rate 0.0005 on its way to 0 at pair 90") == 2
    assert "2.0 hours on at most 2 CPU cores, 180 pairs in all" in text
    assert "chose among 4 checkpoints" in text
    assert "that is 0.06 kWh" in text
    assert "dev split:\n\n| 0.0 to 0.1 | 7 | 0.05 | 0.04 |\n" in text


def test_the_card_tells_the_teachers_once(tmp_path: Path) -> None:
    teacher = a_run(tmp_path / "teacher", device="cuda")
    first, second = a_run(tmp_path / "first"), a_run(tmp_path / "second")
    keep_teachers([teacher], first)
    go_on_from(first, second)
    keep_teachers([teacher], second)
    write_history(second, tmp_path)
    card.write_card(tmp_path, [])
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "2.0 hours on at most 2 CPU cores and 1.00 hours on a GPU" in text
    assert "270 pairs in all" in text
    assert "that is 0.76 kWh" in text
    assert text.count("- teacher 1 of run 1: 90 pairs in 1.0 hours") == 1
    assert "teacher 1 of run 2" not in text
    assert "chose among 4 checkpoints" in text


def vars_of(recipe: Recipe) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(recipe)


def test_word_counts_learn_a_word_and_a_majority_learns_nothing() -> None:
    texts = ["a truce holds", "a truce ends", "rents rise", "rents fall"] * 3
    gold = np.array([["truce" in text, "rents" in text] for text in texts])
    odds = rivals.tfidf(texts, gold, ["the truce", "the rents"])
    assert (odds > 0).tolist() == [[True, False], [False, True]]
    assert wide.mean_precision(gold, odds[[0, 0, 1, 1] * 3]) == 1.0
    assert wide.mean_precision(gold, np.zeros((12, 2))) == 0.5


def test_a_code_is_scored_by_the_mean_over_its_wordings() -> None:
    scorer = torch_scorer(tiny(), packer())
    wordings = {"a": HYPOTHESES[:2], "b": HYPOTHESES[2:]}
    (answer,) = scorer.score([Question("Aid.", HYPOTHESES)])
    odds = log_odds(answer)
    expected = [[odds[:2].mean(), odds[2]]]
    np.testing.assert_allclose(wide.code_odds(scorer, ["Aid."], wordings), expected, atol=1e-6)
