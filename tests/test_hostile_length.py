"""Hostile texts of a million characters are read in time that grows with their length."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from stance.records import Article, TargetName
from stance.sentences import split
from stance.targets import find_mentions, propose_targets
from stance.targets.names import names_in
from stance.voices import find_voices

UNITS = {
    "one sentence": "word ",
    "quotation marks": '"',
    "capitals": "A",
    "full stops": ".",
    "nested quotations": "“‘",
    "line ends": "\n",
    "short lines": 'a"\n',
    "countries": "Israel ",
    "names and connectors": "Haddad of of ",
    "groups": "Israel Defense ",
    "cues": "he said ",
    "relative clauses": ", who said ",
    "abbreviations": "U.S. ",
    "hidden": "a\u200b",
}
TARGETS = (TargetName("Israel"), TargetName("Joe Haddad", ("Haddad",)))


def analyse(text: str) -> None:
    article = Article("x", text)
    sentences = find_voices(article, split(article)).sentences
    propose_targets(sentences)
    find_mentions(sentences, TARGETS)


def lines_run(call: Callable[[], object]) -> int:
    """Return how many lines of our own code a call runs."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if "stance" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_twice_the_text_is_twice_the_work(unit: str) -> None:
    short, long = (
        lines_run(partial(analyse, "Then " + unit * (n // len(unit)) + "ended"))
        for n in (3_000, 6_000)
    )
    assert long < 2.3 * short + 2_000


def test_a_million_characters_are_read_within_a_minute() -> None:
    worst = threading.Thread(target=analyse, args=("Haddad " + "of " * 333_000,), daemon=True)
    worst.start()
    worst.join(timeout=60)
    assert not worst.is_alive()


def test_a_country_before_a_group_is_part_of_its_name() -> None:
    found = [name.text for name in names_in("Then Israel Defense Forces met President Joe Biden.")]
    assert found == ["Israel Defense Forces", "Joe Biden"]
