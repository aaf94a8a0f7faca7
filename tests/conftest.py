"""What several test modules share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ("browser",)

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of the seed article."""
    return ROOT / "seeds"


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of labelled data; tests that need it are skipped where it is absent."""
    named = os.environ.get("STANCE_DATA")
    if not named:
        pytest.skip("the labelled data is not here (set STANCE_DATA)")
    return Path(named)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A small folder of labelled data for training."""
    from made_training import write_labelled

    return write_labelled(tmp_path / "data")
