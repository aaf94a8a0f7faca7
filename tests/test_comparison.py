"""Comparisons: differences with paired intervals, McNemar's test, changed sentences."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commands import run as command
from scipy.stats import binomtest

import stance
from stance.errors import RunError
from stance.intervals import ratio_interval
from stance.tagging import retag_sentences

CORPUS = Path(__file__).parent.parent / "notebooks" / "data" / "made_up_outlets.jsonl"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same sentences at the thresholds 0.5 and 0.1."""
    folder = tmp_path_factory.mktemp("compared")
    result = stance.analyze(CORPUS, model="lexical")
    book = result.codebook.model_copy(update={"threshold": 0.1})
    lower = tuple(
        replace(profile, sentences=tuple(retag_sentences(profile.sentences, book)))
        for profile in result.profiles
    )
    result.save(folder / "a", report=False)
    stance.Analysis(book, lower, result.manifest).save(folder / "b", report=False)
    return folder / "a", folder / "b"


def test_differences(results: tuple[Path, Path]) -> None:
    found = stance.compare(*results)
    first, second = (
        {(row["article_id"], row["sentence_id"]): row for row in rows}
        for rows in (_rows(results[0]), _rows(results[1]))
    )
    for difference in found.differences:
        tag = f"tag_{difference.frame}"
        pairs = [(first[key][tag], second[key][tag]) for key in first]
        gained = sum(b and not a for a, b in pairs)
        assert (difference.n, difference.n_articles) == (108, 18)
        assert (difference.only_first, difference.only_second) == (0, gained)
        assert difference.difference == pytest.approx(gained / 108)
        assert difference.p == pytest.approx(binomtest(0, gained).pvalue)
        assert difference.low <= difference.difference <= difference.high
        assert difference.p <= difference.p_holm <= 1
        assert difference.resampled == "article"
    assert len(found.changes) == sum(d.only_second for d in found.differences)
    assert all(change.second and not change.first for change in found.changes)
    assert ">restraint</td>" in found._repr_html_()


def _rows(folder: Path) -> list[dict[str, object]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, object]] = pq.read_table(folder / "sentences.parquet").to_pylist()
    return rows


def test_holm_is_the_step_down_of_the_single_tests(results: tuple[Path, Path]) -> None:
    found = sorted(stance.compare(*results).differences, key=lambda d: d.p)
    most = 0.0
    for rank, difference in enumerate(found):
        most = max(most, min(1.0, (len(found) - rank) * difference.p))
        assert difference.p_holm == most


def test_equal_results_do_not_differ(results: tuple[Path, Path]) -> None:
    found = stance.compare(results[0], results[0])
    assert found.changes == ()
    for d in found.differences:
        assert (d.difference, d.low, d.high, d.p, d.p_holm) == (0.0, 0.0, 0.0, 1.0, 1.0)


def test_what_cannot_be_compared(results: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"absent: holds no manifest\.json; name a folder that stan"):
        stance.compare(tmp_path / "absent", results[0])
    other = stance.analyze(CORPUS, model="lexical", codebook="moral").save(tmp_path / "m")
    with pytest.raises(RunError, match="have no frame in common; compare one codebook's"):
        stance.compare(results[0], other)
    (tmp_path / "x.txt").write_text("Title\n\nBoth sides agreed on a ceasefire.\n")
    alone = stance.analyze(tmp_path / "x.txt", model="lexical").save(tmp_path / "x")
    with pytest.raises(RunError, match="have no scored sentence in common"):
        stance.compare(results[0], alone)
    (tmp_path / "x.txt").write_text("Title\n\nIt rained.\n")
    changed = stance.analyze(tmp_path / "x.txt", model="lexical").save(tmp_path / "y")
    with pytest.raises(RunError, match="sentence 1 of x has another text in each; compare results"):
        stance.compare(alone, changed)
    shutil.copytree(alone, tmp_path / "z")
    (tmp_path / "z" / "sentences.parquet").write_bytes(b"x")
    with pytest.raises(RunError, match=r"z/sentences\.parquet: cannot be read "):
        stance.compare(alone, tmp_path / "z")


def test_a_run_of_several_cells_has_to_be_told_which(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("Title\n\nBoth sides agreed on a ceasefire.\n")
    text = "name: c\ninputs: x.txt\nmodel: lexical\nreport: false\n"
    (tmp_path / "c.yaml").write_text(text)
    one = stance.run(tmp_path / "c.yaml", runs=tmp_path / "runs")
    settings = ["grid.thresholds=[0.2, 0.9]"]
    two = stance.run(tmp_path / "c.yaml", settings=settings, runs=tmp_path / "runs")
    with pytest.raises(RunError, match=r"has 2 cells; name one of them, such as .*_all_t0\.2$"):
        stance.compare(one.folder, two.folder)
    found = stance.compare(one.folder, two.cells[0])
    assert found.first == one.cells[0]
    assert [d.resampled for d in found.differences] == ["sentence"] * 4
    (two.folder / "manifest.json").write_text(json.dumps({**two.manifest, "status": "started"}))
    with pytest.raises(RunError, match=r"the run is not finished \(started\); run it again"):
        stance.compare(two.folder, one.folder)


def test_the_command_in_three_forms(results: tuple[Path, Path], tmp_path: Path) -> None:
    found = stance.compare(*results)
    shown = command("compare", *results, cwd=tmp_path).stdout.decode()
    assert "108 sentences of 18 articles, resampled: article" in shown
    listed = command("compare", *results, "--format", "csv", cwd=tmp_path).stdout.decode()
    rows = list(csv.DictReader(io.StringIO(listed)))
    assert [row["text"] for row in rows] == [change.text for change in found.changes]
    whole = json.loads(command("compare", *results, "--format", "json", cwd=tmp_path).stdout)
    assert whole["differences"][0]["difference"] == found.differences[0].difference


def test_intervals_cover_a_known_share() -> None:
    generator = np.random.default_rng(3)
    cluster = np.repeat(np.arange(40), 10)
    hits = 0
    for seed in range(200):
        chance = generator.beta(2, 6, size=40)
        values = (generator.random(400) < np.repeat(chance, 10)).astype(np.float64)[:, None]
        low, high, unit = ratio_interval(values, cluster, seed=seed)
        assert unit == "article"
        hits += bool(low[0] <= 0.25 <= high[0])
    assert 0.90 <= hits / 200 <= 0.99


def test_few_articles_that_agree_still_have_an_interval() -> None:
    values = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])[:, None]
    low, high, unit = ratio_interval(values, np.array([0, 0, 0, 1, 1, 1]), seed=0)
    assert unit == "wider of both"
    assert (low[0], high[0]) == pytest.approx((0.0, 2 / 3))
    low, high, unit = ratio_interval(values, np.zeros(6, dtype=np.int64), seed=0)
    assert (unit, low[0]) == ("sentence", 0.0)


def test_many_values_are_taken_as_normal() -> None:
    values = np.tile([1.0, 0.0, 0.0, 0.0], 1_000)[:, None]
    low, high, _ = ratio_interval(values, np.zeros(4_000, dtype=np.int64), seed=0)
    reach = 1.959964 * math.sqrt(0.25 * 0.75 / 4_000)
    assert (low[0], high[0]) == pytest.approx((0.25 - reach, 0.25 + reach))
