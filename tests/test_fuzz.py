"""A short run of benchmarks/fuzz.py: whatever comes in, nothing but a `StanceError` comes out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.codebooks import load_codebook
from stance.errors import DataError, StanceError
from stance.readers import read_articles
from stance.scorers.models import parse_model
from stance.strict_yaml import parse_yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
try:
    from fuzz_targets import TARGETS, attempt, pieces_of, seeds
finally:
    sys.path.pop(0)

QUICK = settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=[*HealthCheck]
)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_but_an_error_of_ours_comes_out(target: str) -> None:
    pieces = st.sampled_from(pieces_of(target)).map(str.encode) | st.binary(max_size=8)

    @QUICK
    @given(st.lists(pieces, max_size=40).map(b"".join))
    def tried(data: bytes) -> None:
        attempt(target, data)

    tried()
    for data in seeds(target):
        attempt(target, data)


@pytest.mark.parametrize("target", ["parquet", "gold_parquet", "gzip"])
@QUICK
@given(st.data())
def test_damage_to_a_binary_file_is_an_error_of_ours(target: str, data: st.DataObject) -> None:
    whole = bytearray(seeds(target)[-1])
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    attempt(target, bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    attempt(target, bytes(whole))


# found by the fuzzer


@pytest.mark.parametrize("text", ["!!bool x", "!!timestamp x", "!!int x", "a: !b c", "!!set {a}"])
def test_yaml_with_tags_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^line 1: the tag '.*' is not read; write the value"):
        parse_yaml(text)


def test_a_page_that_breaks_the_extractor_holds_no_article(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<svg><html>")
    with pytest.raises(DataError, match="no article could be extracted from the page"):
        list(read_articles(tmp_path / "a.html"))


def test_a_name_that_is_too_long_for_a_path_is_an_unknown_name() -> None:
    for read in (parse_model, load_codebook, read_articles):
        with pytest.raises(StanceError, match=r"unknown|there is no such"):
            read("ł" * 5_000)
