"""The article report in a real browser: click, filter, keys, dark, narrow, wide, print, hostile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browser import Browser

import stance
from stance.plots import draw_article
from stance.profile import profile_article
from stance.records import Article, Tag, TaggedSentence
from stance.report import render_report
from stance.sentences import split

HOSTILE = {
    "id": 'x"><script>alert(1)</script>',
    "title": "Talks </title><script>alert(2)</script> begin",
    "outlet": "</style><script>alert(3)</script>",
    "text": "\n\n".join(
        [
            "Both sides agreed on a ceasefire </style><script>alert(4)</script> and aid.",
            "“We are \u202edesrever\u202d, {{ 7 * 7 }} {% raw %},” said <b onclick=alert(5)>Bob.",
            "<img src=x onerror=alert(6)> Israel [x](javascript:alert(7)) "
            "<a href='javascript:alert(8)'>attacked</a> <iframe src=https://example.org></iframe>.",
            "It ended.",
        ]
    ),
}
OPEN = "document.querySelectorAll('details').forEach(d => { d.open = true; })"
IN_VIEW = "const r = arguments[0].getClientRects()[0]; return r.top >= 0 && r.bottom <= innerHeight"


@pytest.fixture(scope="module")
def report(seeds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the seed article."""
    result = stance.analyze(seeds, model="lexical")
    drawn = [draw_article(profile) for profile in result.profiles]
    page = tmp_path_factory.mktemp("seed") / "report.html"
    page.write_text(
        render_report(result.profiles, result.codebook, result.manifest, drawn), "utf-8"
    )
    return page


def focused(browser: Browser) -> str:
    return str(browser.run("return document.activeElement.id"))


def faint(browser: Browser, selector: str) -> list[bool]:
    """Whether each element is faded by a filter."""
    return [e.value_of_css_property("opacity") != "1" for e in browser.all(selector)]


def choose(browser: Browser, place: str) -> None:
    browser.one(f"option.{place}").click()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1100, 1600])
def test_the_page_fits_its_window_and_is_quiet(
    browser: Browser, report: Path, width: int, dark: bool
) -> None:
    browser.open(report, width=width, dark=dark)
    browser.run(OPEN)
    assert browser.overflow() == 0
    assert browser.trouble() == []


@pytest.mark.parametrize("dark", [False, True])
def test_no_serious_accessibility_fault(
    browser: Browser, report: Path, axe: str, dark: bool
) -> None:
    browser.open(report, dark=dark)
    browser.run(OPEN)
    assert browser.faults(axe) == []


def test_a_bar_leads_to_its_sentences_one_after_the_other(browser: Browser, report: Path) -> None:
    browser.open(report)
    own = [s.get_attribute("id") for s in browser.all(".s.f2")]
    bar = browser.one(".bars a[data-place=f2]")
    visited = []
    for _ in range(len(own) + 1):
        bar.click()
        visited.append(focused(browser))
        assert browser.run(IN_VIEW, browser.one(f"#{visited[-1]}"))
    assert len(own) > 2
    assert visited == [*own, own[0]]
    assert browser.one(".count").text == f"sentence 1 of {len(own)}"
    assert bar.get_attribute("aria-current") == "true"
    assert faint(browser, ".s") == ["f2" not in c for c in classes(browser, ".s")]


def classes(browser: Browser, selector: str) -> list[list[str]]:
    return [(e.get_attribute("class") or "").split() for e in browser.all(selector)]


def test_a_target_leads_to_the_sentences_that_name_it(browser: Browser, report: Path) -> None:
    browser.open(report)
    bar = browser.one(".bars a.two")
    place = bar.get_attribute("data-place")
    bar.click()
    assert focused(browser) == browser.one(f".s.{place}").get_attribute("id")


@pytest.mark.parametrize("script", [True, False])
def test_a_cell_leads_to_its_sentence(browser: Browser, report: Path, script: bool) -> None:
    browser.open(report, script=script)
    cells = browser.all(".cell")
    assert len(cells) == len(browser.all(".s")) == 28
    cells[25].click()
    sentence = browser.one("#a0s25")
    assert browser.run(IN_VIEW, sentence)
    if script:
        assert focused(browser) == "a0s25"
        assert "here" in classes(browser, ".cell")[25]
    else:
        assert browser.all(".s:target") == [sentence]


@pytest.mark.parametrize("script", [True, False])
def test_filters_fade_sentences_and_cells(browser: Browser, report: Path, script: bool) -> None:
    browser.open(report, script=script)
    assert faint(browser, ".s, .cell") == [False] * 56
    choose(browser, "speech")
    choose(browser, "f3")
    expected = [not {"speech", "f3"} <= set(c) for c in classes(browser, ".s")]
    assert 0 < sum(expected) < 28
    assert faint(browser, ".s") == faint(browser, ".cell") == expected
    if script:
        assert browser.one(".count").text == f"{28 - sum(expected)} of 28 sentences"
        browser.one(".filters button").click()
        assert faint(browser, ".s, .cell") == [False] * 56


def test_every_filter_can_be_chosen(browser: Browser, report: Path) -> None:
    browser.open(report)
    for place in ("narration", "p0", "t0", "f0"):
        choose(browser, place)
        assert faint(browser, ".s") == [place not in c for c in classes(browser, ".s")]
        browser.one(".filters button").click()


def test_the_keyboard_reaches_everything(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.press("\ue004", "\ue004")  # tab: the key, then the text
    assert focused(browser) == "a0s0"
    assert browser.one("#a0b0").is_displayed()
    browser.press("\ue014", "j", "\ue012")  # right, j, left
    assert focused(browser) == "a0s1"
    assert [box.is_displayed() for box in browser.all(".box")[:3]] == [False, True, False]
    browser.press("\ue00c")  # escape
    assert not browser.one("#a0b1").is_displayed()
    browser.press("\ue004")
    assert browser.run("return document.activeElement.dataset.place") == "f0"
    browser.press("\ue007")  # enter
    assert focused(browser) == browser.one(".s.f0").get_attribute("id")
    browser.press("\ue014")
    assert focused(browser) == browser.all(".s.f0")[1].get_attribute("id")
    assert browser.trouble() == []


def test_the_box_tells_what_was_measured(browser: Browser, report: Path) -> None:
    browser.open(report, script=False)
    assert not browser.one("#a0b5").is_displayed()
    browser.run("document.getElementById('a0s5').focus()")
    told = browser.one("#a0b5").text.replace("\u00a0", " ")
    assert told.startswith("Sentence 6 · indirect: a senior State Department official\nsolidarity")
    assert "\nAntony Blinken: neutral (favor 11 %, against 11 %)\n" in told
    describing = browser.one("#a0s5").get_attribute("aria-describedby")
    assert describing == "a0b5"


@pytest.mark.parametrize("width", [360, 1600])
def test_the_box_stays_inside_the_window(browser: Browser, report: Path, width: int) -> None:
    browser.open(report, width=width, height=700)
    for number in (0, 12, 27):
        browser.run(f"document.getElementById('a0s{number}').focus()")
        box = browser.one(f"#a0b{number}").rect
        top = browser.run(f"return a0b{number}.getBoundingClientRect().top")
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert 0 <= top <= 700 - box["height"]


def test_the_panel_stands_beside_the_text_or_under_it(browser: Browser, report: Path) -> None:
    place = (
        "const t = document.querySelector('.text').getBoundingClientRect();"
        "const p = document.querySelector('.panel').getBoundingClientRect();"
        "return [p.left >= t.right, p.top >= t.bottom, p.top]"
    )
    browser.open(report, width=1600)
    assert browser.run(place)[:2] == [True, False]
    browser.run("scrollTo(0, 700)")
    assert browser.run(place)[2] == 0
    browser.open(report, width=360)
    assert browser.run(place)[:2] == [False, True]


def test_dark_and_light_are_what_was_asked_for(browser: Browser, report: Path) -> None:
    seen = []
    for dark in (False, True):
        browser.open(report, dark=dark)
        body = browser.one("body")
        names = ("background-color", "color")
        seen.append([sum(map(int, rgb(body.value_of_css_property(n)))) for n in names])
    (light_paper, light_ink), (dark_paper, dark_ink) = seen
    assert light_paper > 700 > 100 > light_ink
    assert dark_paper < 100 < 600 < dark_ink


def rgb(colour: str) -> list[str]:
    return colour.split("(")[1].rstrip(")").split(",")[:3]


def test_paper_shows_the_text_and_no_control(browser: Browser, report: Path) -> None:
    browser.open(report, media="print", dark=True)
    assert browser.one("body").value_of_css_property("background-color") == "rgba(255, 255, 255, 1)"
    assert not any(e.is_displayed() for e in browser.all(".filters, .box, .jump"))
    assert browser.one(".text").value_of_css_property("column-count") == "2"
    assert browser.one(".strip").is_displayed()


def hostile_page(folder: Path) -> Path:
    """A report of the hostile article and of one whose only sentence has a million characters."""
    (folder / "hostile.jsonl").write_text(json.dumps(HOSTILE) + "\n", encoding="utf-8")
    result = stance.analyze(folder / "hostile.jsonl", model="lexical")
    huge = Article("huge", "The war " + "went on and on " * 70_000 + "with aid.")
    tags = tuple(Tag(frame, 0.9, True, ()) for frame in result.codebook.frames)
    tagged = [TaggedSentence(sentence, tags) for sentence in split(huge)]
    profiles = [*result.profiles, profile_article(huge, tagged, tuple(result.codebook.frames))]
    page = render_report(profiles, result.codebook, result.manifest, [(), ()])
    (folder / "report.html").write_text(page, encoding="utf-8")
    return folder / "report.html"


def test_hostile_text_stays_inert(browser: Browser, tmp_path: Path) -> None:
    browser.open(hostile_page(tmp_path), width=360)
    browser.run(OPEN)
    for sentence in browser.all(".s"):
        browser.run("arguments[0].focus()", sentence)
    assert len(browser.one("#a1s0").get_attribute("textContent") or "") > 1_000_000
    for selector in ("script", "style", "title"):
        assert len(browser.all(selector)) == 1
    assert browser.all("[onclick], [onerror], iframe, img:not([src^='data:'])") == []
    assert browser.all("a:not([href^='#'])") == []
    assert "{{ 7 * 7 }} {% raw %}" in browser.one("#a0s2").text
    assert browser.one("#a0s2").value_of_css_property("unicode-bidi") == "isolate"
    assert browser.overflow() == 0
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.trouble() == []


SHADES = """
const probe = document.body.appendChild(document.createElement('p'));
const parts = (text) => {
  const numbers = text.match(/-?[\\d.]+(e-?\\d+)?/g).map(Number);
  return text.startsWith('rgb') ? numbers.slice(0, 3).map(n => n / 255) : numbers.slice(0, 3);
};
return [...Array(arguments[0]).keys()].map((k) => {
  probe.style.background = `color-mix(in srgb, var(--f${k}) var(--shade), var(--paper))`;
  const style = getComputedStyle(probe);
  return [parts(style.color), parts(style.backgroundColor)];
});
"""


@pytest.mark.parametrize("dark", [False, True])
def test_words_can_be_read_on_every_shade(browser: Browser, tmp_path: Path, dark: bool) -> None:
    page = tmp_path / "report.html"
    book = stance.load_codebook("policy")
    page.write_text(render_report([], book, {}, []), encoding="utf-8")
    browser.open(page, dark=dark)
    pairs = browser.run(SHADES, len(book.frames))
    assert len({tuple(shade) for _, shade in pairs}) == 8
    assert min(contrast(ink, shade) for ink, shade in pairs) > 4.5


def contrast(one: list[float], other: list[float]) -> float:
    """The contrast of two colours after WCAG 2.2, from 1 to 21."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
