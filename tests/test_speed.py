"""How fast a model scores: what is measured, printed, and refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

from stance.cli import commands
from stance.errors import CodebookError, ConfigError, StanceError
from stance.records import Question
from stance.scorers import load_scorer
from stance.scorers.bundled import MODELS
from stance.scorers.models import parse_model
from stance.speed import Workload, measure_peer, measure_speed, peak_megabytes, peer_fault
from stance.zero_shot_pipeline import open_pipeline, write_classifier

FAST = ["bench", "--model", "lexical", "--sentences", "3", "--repeat", "1"]


def test_sentences_are_asked_in_turn_with_every_wording() -> None:
    questions = Workload(sentences=40).questions()
    assert len(questions) == 40
    assert questions[0] == questions[32] != questions[1]
    assert len(questions[0].hypotheses) == 16


def test_rates_follow_from_one_another() -> None:
    speed = measure_speed(Workload("lexical", sentences=5, repeat=1))
    assert speed.pairs_per_second == pytest.approx(16 * speed.sentences_per_second)
    assert 0 < speed.p50_ms <= speed.p95_ms
    assert math.isnan(speed.tokens_per_second)
    assert speed.peak_mb > 10


def test_tokens_are_those_that_are_read() -> None:
    scorer = load_scorer(threads=1)
    asked = [Question("A truce holds.", ("War.", "Aid came."))]
    assert scorer.count_tokens(asked) == 6 + 3 + 4


def test_memory_of_this_process_is_told_in_megabytes() -> None:
    before = peak_megabytes()
    held = np.ones(int(20e6))
    assert held.nbytes == 160e6
    assert peak_megabytes() > before or before > 160


def test_the_peer_is_the_shipped_network_asked_pair_by_pair() -> None:
    peer = open_pipeline(parse_model("mini"), threads=1)
    asked = [Question("Both sides agreed to a ceasefire.", ("This is about a ceasefire.",))]
    found = peer.ask(asked)
    own = np.exp(load_scorer(threads=1).score(asked)[0][0])
    assert found[0]["labels"] == ["This is about a ceasefire."]
    assert (found[0]["scores"][0] > 0.5) == (own[0] > own[2])
    assert peer.count_tokens(asked) == load_scorer(threads=1).count_tokens(asked)


def test_json_has_the_workload_and_every_way() -> None:
    result = CliRunner().invoke(commands, [*FAST, "--no-peer", "--format", "json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["model"], found["sentences"], found["repeat"]) == ("lexical", 3, 1)
    assert [way["way"] for way in found["ways"]] == ["stance, exact"]
    assert found["ways"][0]["tokens_per_second"] is None


def test_the_table_says_why_there_is_no_peer() -> None:
    result = CliRunner().invoke(commands, FAST)
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["tokens/s", "–"] in rows
    assert "note: no peer: the zero-shot pipeline of transformers cannot load lexical" in (
        result.stderr
    )


@pytest.mark.parametrize(
    ("work", "kind", "fault"),
    [
        (Workload("mimi"), ConfigError, "unknown model 'mimi'"),
        (Workload(codebook="diplomatic"), CodebookError, "unknown codebook 'diplomatic'"),
        (Workload("lexical", repeat=0), ConfigError, "at least one sentence and one pass"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    work: Workload, kind: type[StanceError], fault: str
) -> None:
    with pytest.raises(kind, match=fault):
        measure_speed(work)


def test_a_model_that_the_pipeline_cannot_load_has_no_peer() -> None:
    assert peer_fault("mini") is None
    with pytest.raises(ConfigError, match="cannot load lexical"):
        measure_peer(Workload("lexical"))


def test_the_classifier_is_written_with_its_labels(tmp_path) -> None:
    write_classifier(MODELS / "mini", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert config["id2label"] == {"0": "entailment", "1": "neutral", "2": "contradiction"}
