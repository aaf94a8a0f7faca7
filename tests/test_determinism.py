"""The same input, model, codebook and seed give the same bytes, wherever and however often."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import stance

TEXTS = (
    "The ministers called for a ceasefire. “We will hold back,” Sánchez said on Monday.",
    "Aid reached İstanbul and Łódź. Critics of Spain warned of a wider war.",
)
ELSEWHERE = {"PYTHONHASHSEED": "77", "LC_ALL": "C", "TZ": "Asia/Kathmandu", "PYTHONUTF8": "0"}
GROUPED = ("outlet", "date")


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("same") / "articles.jsonl"
    rows = [
        {"id": f"ärticle {k}", "outlet": f"Öutlet {k % 2}", "date": f"2024-0{k}-28", "text": text}
        for k, text in enumerate(TEXTS, start=1)
    ]
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def first(articles: Path) -> Path:
    result = stance.analyze(articles, model="lexical", seed=0)
    return result.save(articles.parent / "first", group_by=GROUPED, period="month")


def contents(folder: Path, kinds: Sequence[str] = ()) -> dict[str, bytes]:
    """Every file but the manifest, which tells how many seconds it took."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
        if not kinds or path.suffix in kinds
    }


def made(folder: Path) -> dict[str, object]:
    manifest: dict[str, object] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return {key: value for key, value in manifest.items() if key != "seconds"}


def assert_same(folder: Path, other: Path) -> None:
    one, two = contents(folder), contents(other)
    assert one.keys() == two.keys()
    assert [name for name, content in one.items() if two[name] != content] == []


def test_a_second_run_gives_the_same_bytes(articles: Path, first: Path, tmp_path: Path) -> None:
    result = stance.analyze(articles, model="lexical", seed=0)
    again = result.save(tmp_path / "again", group_by=GROUPED, period="month")
    assert_same(first, again)
    assert made(first) == made(again)
    assert made(first)["seed"] == 0


def test_hash_seed_locale_and_time_zone_change_nothing(
    articles: Path, first: Path, tmp_path: Path
) -> None:
    options = ("--model", "lexical", "--group-by", "outlet", "--group-by", "date", "--quiet")
    command = [sys.executable, "-m", "stance", "analyze", str(articles), *options]
    done = subprocess.run(
        [*command, "--out", "there"],
        cwd=tmp_path,
        env={**os.environ, **ELSEWHERE},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert_same(first, tmp_path / "there")


def test_the_number_of_shards_changes_nothing(articles: Path, first: Path, tmp_path: Path) -> None:
    kinds = (".parquet", ".csv", ".svg", ".png")
    whole = contents(first, kinds)
    for shards in (1, 2):
        out = tmp_path / f"{shards}"
        options = {"model": "lexical", "engine": "local", "report": shards == 2}
        stance.analyze_corpus(articles, out, shards=shards, **options)
        found = contents(out, kinds)
        assert {"sentences.parquet", "sentences.csv", "profiles.parquet"} <= found.keys()
        assert [name for name in found if whole.get(name) != found[name]] == []


def test_another_seed_is_recorded_and_moves_intervals_alone(articles: Path, first: Path) -> None:
    other = stance.analyze(articles, model="lexical", seed=7)
    assert other.manifest["seed"] == 7
    again = stance.analyze(articles, model="lexical", seed=0)
    assert other.sentence_table().equals(again.sentence_table())
    one, two = other.profile_table(), again.profile_table()
    assert one["n_tagged"].equals(two["n_tagged"])
    np.testing.assert_array_equal(one["share"].to_numpy(), two["share"].to_numpy())


def test_threads_move_no_probability_by_more_than_a_millionth(articles: Path) -> None:
    tables = [
        stance.analyze(articles, targets="none", limit=1, threads=threads).sentence_table()
        for threads in (1, 2)
    ]
    one, two = tables
    for name in one.column_names:
        if name.startswith("p_"):
            np.testing.assert_allclose(one[name].to_numpy(), two[name].to_numpy(), 0, 1e-6)
        elif not name.startswith("odds_"):
            assert one[name].equals(two[name]), name
