"""Figures of a result folder: the table behind them is what is drawn; bytes never change."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
import zlib
from pathlib import Path

import pytest
from commands import run

import stance
from stance.errors import ConfigError, DataError
from stance.figures import KINDS, Asked, make_figure
from stance.groups import group_shares
from stance.plots import PAPER, SCREEN, check_kind, look_of, render
from stance.positions import corpus_positions
from stance.restored import restored_profiles
from stance.results import Result, load_result

CORPUS = Path(__file__).parent.parent / "notebooks" / "data" / "made_up_outlets.jsonl"
OF_ONE = {"strip": "harbour-2031-01-09"}


@pytest.fixture(scope="module")
def analysis() -> stance.Analysis:
    return stance.analyze(CORPUS, model="lexical", targets="auto")


@pytest.fixture(scope="module")
def result(analysis: stance.Analysis, tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("figures") / "out"
    return load_result(analysis.save(folder, report=False))


def test_profiles_are_restored_as_they_were_saved(
    analysis: stance.Analysis, result: Result
) -> None:
    name = result.rows[-1]["article_id"]
    (restored,) = restored_profiles(result, articles=[name])
    saved = analysis.article(name).profile
    assert restored.sentences == saved.sentences
    assert restored.overall == saved.overall
    assert restored.support == saved.support
    assert restored.article.title == saved.article.title
    assert restored.article.metadata == saved.article.metadata


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("look", [PAPER, SCREEN], ids=lambda look: look.name)
def test_every_kind_has_a_figure_and_a_table(result: Result, kind: str, look: object) -> None:
    asked = Asked(result, article=OF_ONE.get(kind), look=look)  # type: ignore[arg-type]
    made = make_figure(kind, asked)
    assert made.figure.get_size_inches()[0] == asked.look.width
    assert len({tuple(row) for row in made.rows}) == 1
    assert render(made.figure, "svg", look=asked.look).startswith(b"<?xml")
    assert _overlaps(made.figure) == []


def _overlaps(figure) -> list[str]:
    """Labels of one axis that lie on each other, and texts that leave the figure."""
    figure.draw_without_rendering()
    found = []
    for axes in figure.axes:
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            shown = [one for one in labels if one.get_text() and one.get_visible()]
            boxes = [one.get_window_extent() for one in shown if not one.get_rotation()]
            for k, box in enumerate(boxes[1:]):
                if box.shrunk(0.98, 0.9).overlaps(boxes[k].shrunk(0.98, 0.9)):
                    found.append(shown[k].get_text())
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            box = text.get_window_extent()
            if text.get_text() and not (box.x0 >= -1 and box.x1 <= figure.bbox.width + 1):
                found.append(text.get_text())
    return found


def test_the_tables_are_the_statistics(analysis: stance.Analysis, result: Result) -> None:
    rows = make_figure("groups", Asked(result)).rows
    shares = [s for s in group_shares(analysis.profiles, by="outlet") if s.group != "all"]
    assert [(r["group"], r["frame"], r["share"], r["share_low"]) for r in rows] == [
        (s.group, s.frame, s.share, s.share_low) for s in shares
    ]
    stances = make_figure("stance", Asked(result)).rows
    drawn = [p for p in corpus_positions(analysis.profiles) if p.holder_kind == "all" and p.n]
    assert [(r["target"], r["favor"], r["against_high"], r["n"]) for r in stances] == [
        (p.target, p.favor.value, p.against.high, p.n) for p in drawn
    ]
    strip = make_figure("strip", Asked(result, article=OF_ONE["strip"])).rows
    sentences = analysis.article(OF_ONE["strip"]).profile.sentences
    assert [row["probability"] for row in strip] == [
        tag.probability for s in sentences for tag in s.tags
    ]


def test_groups_periods_and_frames_are_chosen(result: Result) -> None:
    rows = make_figure("trend", Asked(result, by="outlet", period="month")).rows
    assert {row["group"] for row in rows} == {
        "Harbour Courier",
        "Northern Ledger",
        "Valley Dispatch",
    }
    assert {row["period"] for row in rows} == {"2031-01", "2031-02", "2031-03"}
    weeks = make_figure("groups", Asked(result, period="week")).rows
    assert all(re.fullmatch(r"2031-W\d\d", row["group"]) for row in weeks)
    chosen = make_figure("heatmap", Asked(result, frames=("restraint",))).rows
    assert {row["frame"] for row in chosen} == {"restraint"}


def test_a_missing_period_breaks_the_line(tmp_path: Path) -> None:
    days = ("2030-01-05", "2030-02-05", "2030-04-05")
    lines = [f'{{"text": "A ceasefire held. It rained.", "date": "{day}"}}' for day in days]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    saved = stance.analyze(tmp_path / "a.jsonl", model="lexical").save(tmp_path / "o", report=False)
    made = make_figure("trend", Asked(load_result(saved), frames=("restraint",)))
    lengths = [len(line.get_xdata()) for line in made.figure.axes[0].lines if line.get_marker()]
    assert sorted(n for n in lengths if n) == [1, 2, 2]
    assert all(math.isnan(row["share_low"]) for row in made.rows)


def test_what_cannot_be_drawn_is_told(result: Result) -> None:
    with pytest.raises(ConfigError, match="has 18 articles; name one with --article, such as 'har"):
        make_figure("strip", Asked(result))
    with pytest.raises(DataError, match=r"has no article 'harbour' \(did you mean 'harbour-2031"):
        make_figure("strip", Asked(result, article="harbour"))
    with pytest.raises(ConfigError, match="has no frame 'peace'; name solidarity, deterrence"):
        make_figure("profile", Asked(result, frames=("peace",)))
    with pytest.raises(ConfigError, match="there is no figure 'pie'; name profile, strip"):
        make_figure("pie", Asked(result))
    with pytest.raises(DataError, match="no article has the column 'desk' to group by"):
        make_figure("groups", Asked(result, by="desk"))


@pytest.mark.parametrize(
    ("text", "inches"), [("3.4in", 3.4), ("86mm", 86 / 25.4), ("8.6 cm", 8.6 / 2.54), ("5", 5.0)]
)
def test_widths(text: str, inches: float) -> None:
    assert look_of("paper", text).width == pytest.approx(inches)


def test_unusable_widths_are_told() -> None:
    for text in ("wide", "1in", "40in", "-3in", "nanin"):
        with pytest.raises(ConfigError, match=r"--width .*: write a width from 2in to 30in"):
            look_of("paper", text)
    with pytest.raises(ConfigError, match="there is no style 'poster'; name paper or screen"):
        look_of("poster")


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_same_result_gives_the_same_bytes(result: Result, kind: str) -> None:
    first, second = (
        render(make_figure("words", Asked(result, look=PAPER)).figure, kind, look=PAPER)
        for _ in range(2)
    )
    assert first == second
    assert not re.search(rb"CreationDate|dc:date|202\d-\d\d-\d\d", first)


def test_fonts_are_in_the_file(result: Result) -> None:
    figure = make_figure("profile", Asked(result, look=PAPER)).figure
    pdf = render(figure, "pdf", look=PAPER)
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"<text" not in render(figure, "svg", look=PAPER)


HOSTILE = "$x_{1$ </text><script>alert(1)</script>\u202e\u0007 {{ 7 * 7 }} " + "a" * 2_000


@pytest.mark.filterwarnings("ignore:Glyph:UserWarning")
@pytest.mark.parametrize("kind", ["groups", "heatmap", "distance", "trend"])
def test_no_name_is_taken_for_mathematics_or_markup(tmp_path: Path, kind: str) -> None:
    row = {"text": "Talks on aid.", "date": "2031-01-09"}
    rows = [{**row, "outlet": f"{k} {HOSTILE}"} for k in range(3)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    made = stance.analyze(tmp_path / "a.jsonl", model="lexical", targets="none")
    result = load_result(made.save(tmp_path / "o", report=False))
    figure = make_figure(kind, Asked(result, by="outlet")).figure
    assert figure.get_size_inches()[1] < 30
    svg = render(figure, "svg")
    assert b"<script" not in svg
    assert b"<svg" in svg


def test_a_figure_is_written_as_its_name_ends() -> None:
    assert check_kind(Path("a.PDF")) == "pdf"
    with pytest.raises(ConfigError, match=r"h\.bmp: a figure is written as svg, png, pdf; end the"):
        check_kind(Path("h.bmp"))


def test_the_command_writes_figure_and_table(result: Result, tmp_path: Path) -> None:
    done = run("plot", "heatmap", result.folder, "--out", "h.pdf", "--data", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b"wrote h.pdf\nwrote h.csv\n"
    rows = list(csv.DictReader((tmp_path / "h.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 3 * 4
    pdf = (tmp_path / "h.pdf").read_bytes()
    (width,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+)", _unpacked(pdf))
    assert float(width) == pytest.approx(3.4 * 72, abs=0.1)


def _unpacked(pdf: bytes) -> bytes:
    """A PDF with its compressed streams behind it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompressobj().decompress(s) for s in streams if s[:1] == b"x")


def test_a_command_that_fails_leaves_what_was_there(result: Result, tmp_path: Path) -> None:
    (tmp_path / "h.pdf").write_bytes(b"old")
    for arguments, message in (
        (("groups", result.folder, "--by", "desk", "--out", "h.pdf"), b"the column 'desk'"),
        (("groups", result.folder, "--out", "no/h.pdf"), b"cannot be written (No such file"),
    ):
        done = run("plot", *arguments, cwd=tmp_path)
        assert done.returncode == 1
        assert message in done.stderr
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("h.pdf", b"old")]


def test_the_cell_of_a_run_is_a_result(tmp_path: Path) -> None:
    shutil.copy(CORPUS, tmp_path / "a.jsonl")
    (tmp_path / "c.yaml").write_text("name: c\ninputs: [a.jsonl]\nmodel: lexical\nreport: false\n")
    done = stance.run(tmp_path / "c.yaml", runs=tmp_path / "runs")
    plotted = run("plot", "profile", done.folder, "--out", "p.svg", cwd=tmp_path)
    assert plotted.returncode == 0, plotted.stderr.decode()
