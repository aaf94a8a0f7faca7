"""The report and figures: hostile text stays text, the same input gives the same bytes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

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


def test_a_sentence_with_two_frames_shows_both(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Talks\n\nA ceasefire lets aid reach civilians.\n")
    result = stance.analyze(tmp_path / "a.txt", model="lexical")
    (two,) = [t for t in result.sentences if len(t.frames) == 2]
    assert two.frames == ("restraint", "humanitarian")
    assert "background-image: linear-gradient(90deg, #009e73 0% 50%, #cc79a7 50% 100%)" in page_of(
        result
    )


def test_every_probability_of_every_sentence_is_on_the_page(tmp_path: Path) -> None:
    result = analysed(tmp_path)
    told = re.findall(r'role="note">([^<]*)</span>', page_of(result))
    assert told == [
        "\n".join(f"{tag.frame}  {100 * tag.probability:.0f} %" for tag in t.tags)
        + "\nnarration: the outlet"
        for t in result.sentences
    ]


def test_three_clearest_and_three_borderline_sentences_a_frame(seeds: Path) -> None:
    page = page_of(stance.analyze(seeds, model="lexical"))
    assert page.count("<td>clearest</td>") == page.count("<td>borderline</td>") == 3 * 4


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium here")
def test_a_point_at_a_sentence_shows_its_probabilities(tmp_path: Path) -> None:
    result = analysed(tmp_path)
    probe = (
        "<script>const s = document.querySelector('.s');"
        "const shown = () => getComputedStyle(s.querySelector('.p')).display;"
        "const before = shown(); s.focus();"
        "setTimeout(() => { document.title = before + ' ' + shown(); }, 1000);</script>"
    )
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page_of(result))
    (tmp_path / "page.html").write_text(page.replace("</body>", f"{probe}</body>"), "utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update"]
    command += ["--virtual-time-budget=3000", "--dump-dom"]
    command += [f"--user-data-dir={tmp_path / 'browser'}", f"file://{tmp_path / 'page.html'}"]
    assert any("<title>none block</title>" in _dumped(command) for _ in range(3))


def _dumped(command: list[str]) -> str:
    """The page after its script; a busy machine may draw it before the window has the focus."""
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return done.stdout.decode()
