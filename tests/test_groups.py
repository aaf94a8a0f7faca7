"""Shares of groups of articles, and their figure."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import stance
from stance.errors import ConfigError, DataError
from stance.groups import group_rows, group_shares
from stance.plots import plot_shares, render

CORPUS = Path(__file__).parent.parent / "notebooks" / "data" / "made_up_outlets.jsonl"


@pytest.fixture(scope="module")
def result() -> stance.Analysis:
    return stance.analyze(CORPUS, model="lexical")


def test_groups_add_up(result: stance.Analysis) -> None:
    shares = [s for s in group_shares(result.profiles, by="outlet") if s.frame == "restraint"]
    assert [share.group for share in shares] == [
        "all",
        "Harbour Courier",
        "Northern Ledger",
        "Valley Dispatch",
    ]
    assert sum(share.n_tagged for share in shares[1:]) == shares[0].n_tagged
    assert [share.n_articles for share in shares] == [18, 6, 6, 6]
    assert [share.resampled for share in shares] == ["article", *["wider of both"] * 3]
    for share in shares:
        assert share.share == share.n_tagged / share.n_scored
        assert share.share_low <= share.share <= share.share_high
        assert share.intensity_low <= share.intensity <= share.intensity_high


@pytest.mark.parametrize(("period", "n"), [("year", 1), ("month", 3), ("week", 9), ("day", 18)])
def test_periods(result: stance.Analysis, period: str, n: int) -> None:
    shares = group_shares(result.profiles, period=period)  # type: ignore[arg-type]
    assert len({share.group for share in shares}) == 1 + n


def test_a_group_of_one_article_is_resampled_by_sentence(result: stance.Analysis) -> None:
    share = group_shares(result.profiles[:1], by="outlet")[-1]
    assert (share.n_articles, share.resampled) == (1, "sentence")


def test_a_group_that_was_not_scored_has_no_share(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "2031", "outlet": "x"}\n{"text": "Talks opened."}')
    profiles = stance.analyze(tmp_path / "a.jsonl", model="lexical").profiles
    by_group = {share.group: share for share in group_shares(profiles, by="outlet")}
    assert list(by_group) == ["all", "no outlet", "x"]
    assert (by_group["x"].n_articles, by_group["x"].n_scored) == (1, 0)
    assert math.isnan(by_group["x"].share)
    assert by_group["all"].n_scored == 1


def test_an_absent_column_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Talks opened.", "date": "soon"}\n')
    profiles = stance.analyze(tmp_path / "a.jsonl", model="lexical").profiles
    with pytest.raises(
        DataError, match="has the column 'outlet' to group by; there are none; name"
    ):
        group_shares(profiles, by="outlet")
    with pytest.raises(DataError, match=r"no article has a date such as 2024-05-31 to group by"):
        group_shares(profiles, period="month")


def test_any_column_can_group(tmp_path: Path) -> None:
    rows = '{"text": "Talks opened.", "desk": "a"}\n{"text": "It rained.", "desk": "b"}\n'
    (tmp_path / "a.jsonl").write_text(rows)
    profiles = stance.analyze(tmp_path / "a.jsonl", model="lexical").profiles
    assert {share.group for share in group_shares(profiles, by="desk")} == {"all", "a", "b"}
    with pytest.raises(DataError, match="has the column 'desks' to group by; there are desk; name"):
        group_shares(profiles, by="desks")


def test_shares_are_drawn_the_same_twice(result: stance.Analysis) -> None:
    rows = group_rows(group_shares(result.profiles, by="outlet"))
    assert render(plot_shares(rows), "svg") == render(plot_shares(rows), "svg")
    assert len(plot_shares(rows).axes) == 4
    with pytest.raises(ConfigError, match="nothing to draw by 'cell'; name a column of the rows"):
        plot_shares(rows, by="cell")
