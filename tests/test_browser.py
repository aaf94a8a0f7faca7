"""The article report in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Browser

import stance


@pytest.fixture(scope="module")
def report(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the seed article."""
    folder = tmp_path_factory.mktemp("seed") / "out"
    return stance.analyze(seeds).save(folder) / "report.html"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1100, 1600])
def test_the_page_fits_its_window_and_is_quiet(
    browser: Browser, report: Path, width: int, dark: bool
) -> None:
    browser.open(report, width=width, dark=dark)
    assert browser.overflow() == 0
    assert browser.trouble() == []
