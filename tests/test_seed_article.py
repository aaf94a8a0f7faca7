"""The seed article: the frames of every sentence by reading, and where the model differs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import stance

GOLDEN = yaml.safe_load(
    (Path(__file__).parent / "golden" / "frames.yaml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def result(seeds: Path) -> stance.Analysis:
    return stance.analyze(seeds, targets="none")


def test_every_sentence_has_the_frames_that_a_reader_finds_or_is_listed(
    result: stance.Analysis,
) -> None:
    assert [
        (tagged.sentence.text[: len(row["starts"])], set(tagged.frames))
        for tagged, row in zip(result.sentences, GOLDEN, strict=True)
    ] == [(row["starts"], set(row.get("mini", row["frames"]))) for row in GOLDEN]


def test_only_real_disagreements_are_listed() -> None:
    listed = [row for row in GOLDEN if "mini" in row]
    assert [row for row in listed if set(row["mini"]) == set(row["frames"])] == []
    assert len(listed) <= len(GOLDEN) // 2


def test_the_caption_is_not_tagged(result: stance.Analysis) -> None:
    (article,) = result.articles
    assert [omission.reason for omission in article.omissions] == ["credit", "caption", "dateline"]
    assert not any("looks on" in tagged.sentence.text for tagged in result.sentences)
