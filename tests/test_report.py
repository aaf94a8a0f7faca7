"""The report and figures: hostile text stays text, the same input gives the same bytes."""

from __future__ import annotations

import re
from pathlib import Path

import stance
from stance.plots import draw_article, plot_cooccurrence, plot_profile, plot_strip, save_figure
from stance.report import render_report

HOSTILE = """Peace talks </title><script>alert(1)</script>

Talks on a ceasefire began {{ 7 * 7 }} </style><img src=x onerror=alert(2)>. Children were killed.
"""


def analysed(folder: Path) -> stance.Analysis:
    (folder / "hostile.txt").write_text(HOSTILE, encoding="utf-8")
    return stance.analyze(folder, model="lexical")


def page_of(result: stance.Analysis) -> str:
    figures = [draw_article(profile) for profile in result.profiles]
    return render_report(result.profiles, result.codebook, result.manifest, figures)


def test_hostile_text_is_escaped(tmp_path: Path) -> None:
    result = analysed(tmp_path)
    page = page_of(result)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "{{ 7 * 7 }}" in page
    assert page.count("</style>") == 1
    assert re.findall(r"(?:src|href)=\"(?!data:image/svg\+xml;base64,|#)", page) == []


def test_figures_have_the_same_bytes(tmp_path: Path) -> None:
    (profile,) = analysed(tmp_path).profiles
    for draw in (plot_profile, plot_strip, plot_cooccurrence):
        for suffix in ("svg", "png", "pdf"):
            for name in ("one", "two"):
                save_figure(draw(profile), tmp_path / f"{name}.{suffix}")
            one, two = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
            assert one == two


def test_a_result_replaces_an_older_one_whole(tmp_path: Path) -> None:
    result = analysed(tmp_path)
    result.save(tmp_path / "out")
    (tmp_path / "out" / "report.html").write_text("old")
    result.save(tmp_path / "out")
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8").startswith("<!doctype")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hostile.txt", "out"]
