"""What a notebook shows: escaped tables, and never more than a screenful."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from made import gold_of, gold_rows, odds_and_truth, write_result

import stance
from stance.agreement import agree
from stance.errors import ConfigError
from stance.evaluation import evaluate
from stance.gold.rows import gold_of_rows
from stance.groups import group_shares
from stance.notebook import Bar, Rows, html_of
from stance.positions import Estimate
from stance.sensitivity import assess, worded_frames

HOSTILE = '<script>alert(1)</script> & "aid" for civilians'
CORPUS = Path(__file__).parent.parent / "notebooks" / "data" / "made_up_outlets.jsonl"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> stance.Analysis:
    path = tmp_path_factory.mktemp("notebook") / "a.jsonl"
    row = {"id": "a<b>", "title": f"{HOSTILE}.", "text": f"{HOSTILE}. Aid came.", "outlet": "<i>"}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return stance.analyze(path, model="lexical")


def test_text_is_escaped_wherever_it_is_shown(hostile: stance.Analysis) -> None:
    (profile,) = hostile.profiles
    shown = (hostile, profile, hostile.sentences, hostile.articles, hostile.article(0))
    for value in shown:
        page = value._repr_html_()  # type: ignore[union-attr]
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert "<i>" not in page


def test_many_rows_are_counted_not_shown(hostile: stance.Analysis) -> None:
    many = Rows(hostile.sentences * 5_000)
    page = many._repr_html_()
    assert page.count("<tr>") == 1 + 20
    assert f"… and {len(many) - 20:,} more of {len(many):,}" in page
    assert repr(many) == f"<{len(many):,} TaggedSentence>"
    large = stance.Analysis(hostile.codebook, hostile.profiles * 10_000, hostile.manifest)
    assert len(repr(large)) < 300
    assert len(large._repr_html_()) < 60_000
    assert len(repr(large.profiles[0])) < 500


def test_rows_are_a_tuple() -> None:
    rows = Rows([1, 2, 3])
    assert rows == (1, 2, 3)
    assert isinstance(rows[:2], Rows)
    assert rows[:2] == (1, 2)
    assert rows[-1] == 3


def test_profiles_and_slices_of_them_are_tables(hostile: stance.Analysis) -> None:
    assert isinstance(hostile.profiles, Rows)
    assert "<table" in hostile.profiles[:1]._repr_html_()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0.25, "0.250"),
        (True, "True"),
        (Bar(float("nan"), float("nan"), float("nan")), "–"),
        (Estimate(0.5, 0.25, 0.75), "0.50 [0.25, 0.75]"),
        (Estimate(0.5, float("nan"), float("nan")), "0.50"),
        (("a", "b"), "a, b"),
        ({"ann": 1, "ben": 0}, "ann 1, ben 0"),
        ("x" * 500, "x" * 159 + "…"),
    ],
)
def test_cells(value: object, shown: str) -> None:
    assert html_of(value) == shown


def test_a_bar_is_as_wide_as_its_share() -> None:
    page = html_of(Bar(0.25, 0.1, 0.4))
    assert "width: 25.0%" in page
    assert "left: 10.0%; width: 30.0%" in page
    assert page.endswith("25% [10, 40]")
    assert "nan" not in html_of(Bar(0.25, float("nan"), float("nan")))


def test_an_article_is_found_by_its_place_and_its_id() -> None:
    result = stance.analyze(CORPUS, model="lexical")
    name = result.articles[2].id
    assert result.article(2).profile is result.article(name).profile is result.profiles[2]
    assert result.article(-1).profile is result.profiles[-1]
    with pytest.raises(ConfigError, match="there is no article 18; there are 18, from 0"):
        result.article(18)
    with pytest.raises(ConfigError, match=r"no article 'valley-2031-01-1' \(did you mean 'valley"):
        result.article("valley-2031-01-1")


def test_an_article_shows_its_figure_and_its_whole_text() -> None:
    result = stance.analyze(CORPUS, model="lexical")
    view = result.article(0)
    page = view._repr_html_()
    (svg,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert b"<svg" in base64.b64decode(svg)
    text = re.sub(r"<[^>]+>", "", page.partition("pre-wrap")[2].partition(">")[2])
    assert text.replace("&quot;", '"').replace("&#x27;", "'") == view.profile.article.text
    shaded = [s for s in view.profile.sentences if s.frames]
    assert page.count("linear-gradient") == len(shaded)


def test_evaluations_agreement_groups_and_wordings_are_tables(tmp_path: Path) -> None:
    odds, truth = odds_and_truth(60)
    result = write_result(tmp_path / "r", odds)
    gold = gold_of(result, truth)
    judged = evaluate(result, gold, resamples=50)
    assert judged._repr_html_().count("<tr>") == 1 + sum(s.by == "all" for s in judged.scores)
    assert len(repr(judged)) < 200
    labels = gold_rows(result, truth, coder="a") + gold_rows(result, truth, coder="b")
    coded = gold_of_rows(labels, place="g.csv", frames=result.frames)
    assert "a × b" in agree(coded, resamples=50)._repr_html_()  # type: ignore[attr-defined]
    (first, *_) = worded_frames(_table(tmp_path / "r"), result.codebook)
    assert "<td" in assess(first, resamples=50)._repr_html_()
    shares = group_shares(stance.analyze(CORPUS, model="lexical").profiles, by="outlet")
    assert "Harbour Courier" in shares._repr_html_()  # type: ignore[attr-defined]
    assert shares[0]._repr_html_().count("<tr>") == 2


def _table(folder: Path) -> object:
    import pyarrow.parquet as pq

    return pq.read_table(folder / "sentences.parquet")
