"""Three figures of the seed article look as they did: the pictures are in tests/golden.

Where a figure was changed on purpose, run this file with STANCE_GOLDEN=write and look at them.
"""

from __future__ import annotations

import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

import stance
from stance.plots import plot_profile, plot_strip, plot_voices, render
from stance.profile import ArticleProfile

GOLDEN = Path(__file__).parent / "golden"
FIGURES = {"profile": plot_profile, "strip": plot_strip, "voices": plot_voices}
MOST = 0.02
"""Root mean square difference of two pictures whose values go from 0 to 1."""


@pytest.fixture(scope="module")
def profile(seeds: Path) -> ArticleProfile:
    return stance.analyze(seeds, model="lexical").profiles[0]


def difference(one: bytes, other: bytes) -> float:
    first, second = (imread(BytesIO(picture), format="png")[..., :3] for picture in (one, other))
    assert first.shape == second.shape
    return float(np.sqrt(np.mean((first - second) ** 2)))


@pytest.mark.parametrize("name", list(FIGURES))
def test_a_figure_looks_as_it_did(profile: ArticleProfile, name: str) -> None:
    drawn = render(FIGURES[name](profile), "png")
    place = GOLDEN / f"seed_{name}.png"
    if os.environ.get("STANCE_GOLDEN") == "write":
        place.write_bytes(drawn)
    assert difference(drawn, place.read_bytes()) < MOST


def test_a_bar_of_another_length_is_seen(profile: ArticleProfile) -> None:
    shares = tuple(replace(share, share=min(1.0, share.share + 0.1)) for share in profile.shares)
    drawn = render(plot_profile(replace(profile, shares=shares)), "png")
    assert difference(drawn, (GOLDEN / "seed_profile.png").read_bytes()) > MOST
