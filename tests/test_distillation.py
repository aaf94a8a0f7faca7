"""Distillation: what is asked of teachers, in which order they answer, what the student pays."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from made_training import RECIPE, constant, packer, tiny

from stance.records import Question
from stance.scorers.torch_bundled import torch_scorer
from stance.training.distillation import (
    Related,
    Taught,
    ensemble,
    hypotheses_alone,
    unlabelled_sentences,
    weights_of,
)
from stance.training.fit import Run, Wanted, pair_loss
from stance.training.history import go_on_from
from stance.training.labels import ENTAILMENT, UNLABELLED
from stance.training.mixture import Group, load_mixture

GROUPS = [
    Group("Both sides agreed to hold their fire.", (("They stop.", ENTAILMENT, 1.0),)),
    Group(
        "Aid came late.",
        (("It helps.", ENTAILMENT, 1.0), ("It threatens.", UNLABELLED, 1.0)),
    ),
]


def counted(groups: Sequence[Group]) -> np.ndarray:
    """Answer the k-th pair with (k, 0, 0): not probabilities, but their places."""
    n = sum(len(group.answers) for group in groups)
    return np.stack([np.arange(n), np.zeros(n), np.zeros(n)], axis=1).astype(np.float32)


def taught(labelled: Path, tmp_path: Path, **changed: object) -> Taught:
    mixture = replace(load_mixture(labelled), families=())
    kept = Taught(mixture, ("A new sentence of a speech.", "Kept."), counted, tmp_path)
    return replace(kept, **changed)  # type: ignore[arg-type]


def test_every_premise_is_asked_more_and_keeps_its_labels(labelled: Path, tmp_path: Path) -> None:
    groups = taught(labelled, tmp_path).epoch(3)
    plain = replace(load_mixture(labelled), families=()).epoch(3)
    for group, own in zip(groups, plain, strict=False):
        assert group.answers[: len(own.answers)] == own.answers
        assert {label for _, label, _ in group.answers[len(own.answers) :]} <= {UNLABELLED}
        asked = [hypothesis for hypothesis, label, _ in group.answers if label == UNLABELLED]
        assert len(set(asked)) == len(asked)
        assert not set(asked) & {hypothesis for hypothesis, _, _ in own.answers}
    assert {group.premise for group in groups[len(plain) :]} == {"A new sentence of a speech."}
    assert max(len(group.answers) for group in groups) <= 12
    assert len(groups[-1].answers) > 4


def test_answers_of_teachers_stay_with_their_pairs(labelled: Path, tmp_path: Path) -> None:
    groups = taught(labelled, tmp_path).epoch(3)
    told = [row for group in groups if group.taught is not None for row in group.taught[:, 0]]
    assert told == list(range(sum(len(group.answers) for group in groups)))


def test_teachers_are_asked_once_an_epoch(labelled: Path, tmp_path: Path) -> None:
    first = taught(labelled, tmp_path).epoch(3)

    def never(groups: Sequence[Group]) -> np.ndarray:
        raise AssertionError(groups)

    again = taught(labelled, tmp_path, teach=never).epoch(3)
    assert [group.answers for group in again] == [group.answers for group in first]
    with pytest.raises(AssertionError, match="Group"):
        taught(labelled, tmp_path, teach=never).epoch(4)
    with pytest.raises(AssertionError, match="Group"):
        taught(labelled, tmp_path, teach=never, most=5).epoch(3)


def test_teachers_read_the_premise_before_it_is_misspelled(labelled: Path, tmp_path: Path) -> None:
    read: list[str] = []

    def reading(groups: Sequence[Group]) -> np.ndarray:
        read.extend(group.premise for group in groups)
        return counted(groups)

    groups = taught(labelled, tmp_path, teach=reading, typos=1.0).epoch(3)
    assert "A new sentence of a speech." in read
    assert "A new sentence of a speech." not in {group.premise for group in groups}


def test_an_ensemble_answers_with_the_mean_in_the_order_asked() -> None:
    networks = [tiny(0), tiny(1)]
    found = ensemble(networks, packer(), GROUPS)
    questions = [Question(g.premise, tuple(h for h, _, _ in g.answers)) for g in GROUPS]
    each = [
        np.exp(np.concatenate(torch_scorer(network, packer()).score(questions)))
        for network in networks
    ]
    assert found.shape == (3, 3)
    assert np.abs(found - (each[0] + each[1]) / 2).max() < 0.02
    assert np.abs(each[0] - each[1]).max() > 0.05


def test_an_unlabelled_pair_costs_what_the_teachers_say() -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.1, 0.3]])
    labels = torch.tensor([ENTAILMENT, UNLABELLED])
    told = torch.tensor([[0.2, 0.5, 0.3], [0.7, 0.2, 0.1]])
    log_p = torch.log_softmax(logits, dim=-1)
    soft = -(told * log_p).sum(dim=-1)
    loss = pair_loss(logits, labels, torch.tensor([1.0, 3.0]), taught=told, soft=0.25)
    hard = 0.75 * -log_p[0, 0] + 0.25 * soft[0]
    assert loss.item() == pytest.approx(((hard + 3 * soft[1]) / 4).item(), abs=1e-6)


def test_a_batch_gathers_what_its_sequences_ask() -> None:
    told = [
        replace(GROUPS[0], taught=np.array([[1, 2, 3]], dtype=np.float32)),
        replace(GROUPS[1], taught=np.array([[4, 5, 6], [7, 8, 9]], dtype=np.float32)),
    ]
    asked = [tuple(hypothesis for hypothesis, _, _ in group.answers) for group in told]
    sequences = packer().sequences([group.premise for group in told], asked)
    wanted = Wanted.of(sequences[::-1], told)
    assert wanted.labels.tolist() == [ENTAILMENT, UNLABELLED, ENTAILMENT]
    assert wanted.taught is not None
    assert wanted.taught.tolist() == [[4, 5, 6], [7, 8, 9], [1, 2, 3]]
    assert Wanted.of(sequences, GROUPS).taught is None


def test_a_student_comes_nearer_to_its_teacher(labelled: Path, tmp_path: Path) -> None:
    teacher, student = tiny(5), tiny(6)
    mixture = taught(labelled, tmp_path, teach=lambda asked: ensemble([teacher], packer(), asked))

    def apart() -> float:
        own, told = (ensemble([network], packer(), GROUPS) for network in (student, teacher))
        return float(np.abs(own - told).mean())

    before = apart()
    recipe = replace(RECIPE, pairs=1_000, rate=1e-2, soft=1.0, minutes_between=60.0)
    Run(tmp_path / "run", student, recipe).fit(mixture, packer(), constant)
    assert apart() < before / 2


def test_a_premise_is_asked_what_shares_its_rarer_words() -> None:
    said = ("Aid reached the town.", "The town fell.", "The army fell back.", "It rains.")
    groups = [Group("Any.", ((text, UNLABELLED, 1.0),)) for text in said]
    related, draw = Related.of(groups), random.Random(0)
    assert {related.drawn("The army, again!", draw) for _ in range(20)} == {"The army fell back."}
    found = [related.drawn("An army at the town fell.", draw) for _ in range(300)]
    assert set(found) == set(said[:3])
    assert found.count("The army fell back.") > 150
    assert related.drawn("Nothing of it is.", draw) is None


def test_hypotheses_that_are_statements_are_premises_too(tmp_path: Path) -> None:
    rows = [("A dog runs.", "snli"), ("Ban it.", "persp"), ("A dog runs.", "med")]
    table = pa.Table.from_pylist([{"hypothesis": text, "source": source} for text, source in rows])
    (tmp_path / "entailment").mkdir()
    pq.write_table(table, tmp_path / "entailment/train.parquet")
    assert hypotheses_alone(tmp_path) == ["A dog runs."]


def test_unlabelled_sentences_are_of_the_corpora_and_come_once(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    text = "The minister spoke for an hour. It was long.\n\nThe minister spoke for an hour."
    with gzip.open(folder / "us_gov_ukraine.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"article": text}) + "\n")
    for name, column, said in (
        ("fignews_posts", "text_en", "People fled the town at night."),
        ("unscon_sentences", "sentence", "We call for an immediate ceasefire."),
    ):
        pq.write_table(pa.Table.from_pylist([{column: said}]), folder / f"{name}.parquet")
    assert unlabelled_sentences(tmp_path) == [
        "The minister spoke for an hour.",
        "People fled the town at night.",
        "We call for an immediate ceasefire.",
    ]


def test_a_run_goes_on_from_the_best_of_another_run(tmp_path: Path, labelled: Path) -> None:
    assert weights_of(tmp_path) == tmp_path / "model.safetensors"
    first = tmp_path / "first"
    Run(first, tiny(), RECIPE).fit(load_mixture(labelled), packer(), constant)
    assert weights_of(first) == first / "best.safetensors"
    go_on_from(first, tmp_path / "second")
    (before,) = json.loads((tmp_path / "second" / "before.json").read_text(encoding="utf-8"))
    assert before["legs"][0]["pairs"] == RECIPE.pairs
