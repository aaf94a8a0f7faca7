"""Why a sentence has a frame: leave-one-word-out, over any scorer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from browser import Browser
from commands import run
from made import BOOK, MadeScorer, odds_and_truth, write_result

import stance
from stance.errors import ConfigError, DataError, ScorerError
from stance.explain import explain, explanation_page, text_without
from stance.results import Result, load_result
from stance.scorers.lexical import load_lexical

TEXT = "Both sides agreed on a ceasefire; <b>aid</b> reached civilians, officials said."


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("explain")
    (folder / "a.txt").write_text(f"{TEXT}\n\n2031.\n\nIt rained.\n", encoding="utf-8")
    analysis = stance.analyze(folder / "a.txt", model="lexical")
    return load_result(analysis.save(folder / "out", report=False))


def test_the_terms_of_a_frame_carry_it(result: Result) -> None:
    found = explain(result, 0, load_lexical(), article_id="a")
    assert [one.frame for one in found.explained] == ["restraint", "humanitarian"]
    restraint, humanitarian = found.explained
    assert [word.word for word in restraint.top(1)] == ["ceasefire"]
    assert {word.word: word.effect for word in humanitarian.words if word.effect} == {
        "aid": pytest.approx(2.0, abs=1e-5),
        "civilians": pytest.approx(2.0, abs=1e-5),
    }
    assert [found.text[w.start : w.end] for w in restraint.words] == [
        w.word for w in restraint.words
    ]
    assert len(found.rows()) == 2 * len(restraint.words)


def test_odds_are_those_of_the_result(result: Result) -> None:
    found = explain(result, 0, load_lexical(), article_id="a")
    row = result.rows[0]
    for one in found.frames:
        np.testing.assert_allclose(one.odds, row[f"odds_{one.frame}"])
        assert (one.probability, one.present) == (row[f"p_{one.frame}"], row[f"tag_{one.frame}"])


def test_without_a_tag_the_most_probable_frame_is_explained(result: Result) -> None:
    assert len(explain(result, 2, load_lexical(), article_id="a").explained) == 1
    asked = explain(result, 2, load_lexical(), article_id="a", frames=["deterrence"])
    assert [one.frame for one in asked.explained] == ["deterrence"]


class Counting:
    """Counts the calls of a scorer."""

    has_contradiction = False

    def __init__(self) -> None:
        self.inner, self.calls = load_lexical(), 0
        self.fingerprint = self.inner.fingerprint

    def score(self, questions):
        self.calls += 1
        return self.inner.score(questions)

    def truncated(self, premises):
        return 0


def test_all_words_are_asked_about_at_once(result: Result) -> None:
    scorer = Counting()
    explain(result, 0, scorer, article_id="a")
    assert scorer.calls == 1


def test_another_scorer_is_refused(result: Result, tmp_path: Path) -> None:
    made = write_result(tmp_path / "made", odds_and_truth(5)[0])
    with pytest.raises(
        ScorerError, match=r"made with the scorer made:1, not with lexical:\w+; make"
    ):
        explain(made, 0, load_lexical(codebook=BOOK), article_id="a0")
    with pytest.raises(ScorerError, match=r"made with the scorer lexical:\w+, not with made:1"):
        explain(result, 0, MadeScorer(), article_id="a")


def test_what_cannot_be_explained_is_told(result: Result) -> None:
    with pytest.raises(DataError, match="article 'a' has no sentence 9; its sentences are 0 to 2"):
        explain(result, 9, load_lexical(), article_id="a")
    with pytest.raises(DataError, match="a 1: the sentence was not scored"):
        explain(result, 1, load_lexical(), article_id="a")
    with pytest.raises(ConfigError, match="has no frame 'peace'; name solidarity, deterrence, re"):
        explain(result, 0, load_lexical(), article_id="a", frames=["peace"])


def test_words_are_left_out_without_a_trace() -> None:
    assert text_without("He  won't go,\nshe said.", [(4, 9), (14, 17)]) == "He go, said."
    assert text_without("one", [(0, 3)]) == ""


def test_a_page_holds_hostile_text_as_text(result: Result) -> None:
    page = explanation_page(explain(result, 0, load_lexical(), article_id="a"))
    assert "&lt;" in page
    assert "<b>" not in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_page_is_inert_and_fits_its_window(tmp_path: Path, browser: Browser) -> None:
    hostile = (
        f"{TEXT} </style><script>alert(1)</script> \u202e {{{{ 7 * 7 }}}} <img src=x onerror=a()>"
    )
    row = {"id": f"a</title>{hostile}", "text": hostile.replace(". ", " ") + " " + "x" * 1_000_000}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    made = stance.analyze(tmp_path / "a.jsonl", model="lexical").save(tmp_path / "o", report=False)
    found = explain(load_result(made), 0, load_lexical(), article_id=row["id"])
    page = tmp_path / "why.html"
    page.write_text(explanation_page(found), encoding="utf-8")
    browser.open(page, width=360)
    assert "{{ 7 * 7 }}" in browser.one("p").text
    assert browser.all("script, img, b") == []
    assert browser.overflow() == 0
    assert browser.trouble() == []


def test_the_page_has_no_serious_accessibility_fault(
    result: Result, tmp_path: Path, browser: Browser, axe: str
) -> None:
    page = tmp_path / "why.html"
    found = explain(result, 0, load_lexical(), article_id="a")
    page.write_text(explanation_page(found), encoding="utf-8")
    for dark in (False, True):
        browser.open(page, width=360, dark=dark)
        assert browser.faults(axe) == []


def test_a_sentence_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("aid " * 1_001)
    made = stance.analyze(tmp_path / "a.txt", model="lexical").save(tmp_path / "o", report=False)
    with pytest.raises(DataError, match="a 0: has 1001 words; at most 1000 are left out one by"):
        explain(load_result(made), 0, load_lexical(), article_id="a")


def test_the_command(result: Result, tmp_path: Path) -> None:
    shown = run("explain", result.folder, "0", "--html", "why.html", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr.decode()
    assert "restraint: probability 0.50, tagged" in shown.stdout.decode()
    assert "carried by ceasefire (+2.00)" in shown.stdout.decode()
    assert (tmp_path / "why.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    machine = run("explain", result.folder, "0", "--format", "json", cwd=tmp_path)
    assert json.loads(machine.stdout)["frames"][2]["words"][5]["word"] == "ceasefire"
    absent = run("explain", result.folder, "0", "--article", "b", cwd=tmp_path)
    assert absent.returncode == 1
    assert b"has no article 'b' (did you mean 'a'?)" in absent.stderr
