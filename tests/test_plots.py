"""Figures: they show the numbers of the profile, in colours that can be told apart."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

import stance
from stance.errors import ConfigError
from stance.plots import (
    draw_article,
    frame_colours,
    plot_cooccurrence,
    plot_profile,
    plot_strip,
    render,
)
from stance.plots.style import render_both
from stance.profile import ArticleProfile

TEXT = """Talks on a ceasefire

Both sides agreed on a ceasefire and aid for civilians. It rained. Aid reached the refugees.
"""


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> ArticleProfile:
    path = tmp_path_factory.mktemp("plots") / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    return stance.analyze(path, model="lexical").profiles[0]


def test_bars_are_the_shares_and_lines_their_intervals(profile: ArticleProfile) -> None:
    axes = plot_profile(profile).axes[0]
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [bar.get_width() / 100 for bar in bars] == pytest.approx(
        [share.share for share in profile.overall]
    )
    lines = [c.get_segments()[0] for c in axes.collections if isinstance(c, LineCollection)]
    ends = [(line[0][0] / 100, line[1][0] / 100) for line in lines]
    assert ends == [pytest.approx((s.share_low, s.share_high)) for s in profile.overall]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(profile.frames)


def test_the_strip_is_frames_by_sentences(profile: ArticleProfile) -> None:
    axes = plot_strip(profile).axes[0]
    shown = np.asarray(axes.images[0].get_array())
    expected = [[tag.probability for tag in t.tags] for t in profile.sentences]
    np.testing.assert_allclose(shown, np.array(expected).T)
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(dots) == sum(len(t.frames) for t in profile.sentences)


def test_cooccurrence_writes_every_count(profile: ArticleProfile) -> None:
    axes = plot_cooccurrence(profile).axes[0]
    written = [int(text.get_text()) for text in axes.texts]
    assert written == profile.cooccurrence.ravel().tolist()


def test_the_same_profile_gives_the_same_bytes(profile: ArticleProfile) -> None:
    first, second = draw_article(profile), draw_article(profile)
    assert first == second
    assert [figure.name for figure in first] == ["profile", "strip", "cooccurrence", "voices"]
    assert all(figure.files["png"].startswith(b"\x89PNG") for figure in first)
    assert all(b"<svg" in figure.files["svg"][:600] for figure in first)


def test_both_kinds_at_once_are_the_same_bytes(profile: ArticleProfile) -> None:
    figure = plot_cooccurrence(profile)
    for text in figure.axes[0].texts:
        text.set_in_layout(True)
    svg = render(figure, "svg")
    figure.set_layout_engine("none")
    expected = {"svg": svg, "png": render(figure, "png")}
    assert render_both(plot_cooccurrence(profile)) == expected


def test_an_unknown_kind_of_file_is_refused(profile: ArticleProfile) -> None:
    with pytest.raises(ConfigError, match="cannot be written as 'bmp'; name svg, png, pdf"):
        render(plot_profile(profile), "bmp")


# Machado, Oliveira & Fernandes 2009, table 1, severity 1.0; they act on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # IEC 61966-2-1, D65


def lab(colour: str, deficiency: str) -> np.ndarray:
    """CIELAB of a colour as seen with a deficiency."""
    coded = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(DEFICIENCIES[deficiency] @ linear, 0, 1)
    ratio = XYZ @ seen / (XYZ @ np.ones(3))
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("deficiency", list(DEFICIENCIES))
def test_any_two_of_eight_colours_can_be_told_apart(deficiency: str) -> None:
    colours = set(frame_colours("abcdefgh").values())
    seen = [lab(colour, deficiency) for colour in colours]
    nearest = min(float(np.linalg.norm(x - y)) for x, y in combinations(seen, 2))
    assert len(colours) == 8
    assert nearest > (40 if deficiency == "none" else 16)


def test_every_frame_of_the_widest_codebook_has_a_colour() -> None:
    frames = tuple(stance.load_codebook("policy").frames)
    assert list(frame_colours(frames)) == list(frames)


def test_figures_are_written_where_they_are_asked(profile: ArticleProfile, tmp_path: Path) -> None:
    from stance.plots import save_figure

    save_figure(plot_profile(profile), tmp_path / "p.pdf")
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")
