"""The corpus report: what it holds, hostile text, the same bytes, and a browser that uses it."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from commands import failed, run

import stance
from stance.corpus_report import pages
from stance.errors import ConfigError, DataError
from stance.groups import Grouping, grouping_of

CORPUS = Path(__file__).parent.parent / "notebooks" / "data" / "made_up_outlets.jsonl"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}\u202e</style>"


@pytest.fixture(scope="module")
def result() -> stance.Analysis:
    return stance.analyze(CORPUS, model="lexical", targets="none")


@pytest.fixture(scope="module")
def saved(result: stance.Analysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / "out"
    return result.save(folder, report=False, group_by=("outlet", "date"), period="week")


@pytest.fixture(scope="module")
def page(saved: Path) -> str:
    return (saved / "corpus.html").read_text(encoding="utf-8")


def hostile(folder: Path) -> Path:
    """Save the report of three articles whose every field is hostile."""
    rows = [
        {
            "id": f"{k}{HOSTILE}",
            "title": f"{HOSTILE} {k}",
            "text": f"Talks on a ceasefire began {HOSTILE}. “Fire back,” said Ann {HOSTILE}."
            + (" aid" * 250_000 if k == 0 else ""),
            "outlet": f"{HOSTILE} {k % 2}",
            "url": "javascript:alert(3)",
        }
        for k in range(3)
    ]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = stance.analyze(folder / "a.jsonl", model="lexical", targets="none")
    return found.save(folder / "out", report=False, group_by=["outlet"])


def unpacked(script: Path) -> list[dict[str, Any]]:
    """The articles of a page of texts."""
    (packed,) = re.findall(r'^stanceText\(\d+,"([A-Za-z0-9+/=]+)"\)\n$', script.read_text("ascii"))
    articles: list[dict[str, Any]] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return articles


def test_every_group_and_section_is_there(page: str) -> None:
    for name in ("Harbour Courier", "Northern Ledger", "Valley Dispatch", "all articles"):
        assert f'data-v="{name}"' in page
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == [
        *("overview", "profiles", "trends", "heat", "typical"),
        *("words", "quoted", "articles", "made"),
    ]
    assert page.count('class="c" style="--own: #009e73"><figcaption>') == 4
    assert page.count("data-set=") == 3 * 4
    assert "report.html" not in page


def test_no_address_leads_outside(page: str) -> None:
    assert re.findall(r"(?:src|href)=\"(?!#|data:,\")", page) == []
    assert re.findall(r"url\(|@import|https?:", page) == []


def test_figures_are_those_of_the_tables(saved: Path, page: str) -> None:
    rows = {
        (row["group"], row["frame"]): row
        for row in stance.tables.pyarrow.parquet.read_table(
            saved / "corpus" / "groups.parquet"
        ).to_pylist()
    }
    row = rows["Valley Dispatch", "restraint"]
    told = f"{100 * row['share_low']:.0f} to {100 * row['share_high']:.0f}"
    assert f"{100 * row['share']:.0f} %<small>{told}</small>" in page
    names = {path.name for path in (saved / "corpus").glob("*.csv")}
    assert names == {
        *("distances.csv", "groups.csv", "quoted.csv"),
        *("trends.csv", "typical.csv", "words.csv"),
    }


def test_a_typical_sentence_leads_to_its_article(
    saved: Path, page: str, result: stance.Analysis
) -> None:
    articles = unpacked(saved / "corpus" / "pages" / "text-0.js")
    links = re.findall(r'href="#a(\d+)s(\d+)"><bdi>([^<]+)</bdi>', page)
    assert len(links) > 20
    for article, sentence, text in links:
        pieces = [p for p in articles[int(article)]["pieces"] if isinstance(p, list)]
        (found,) = [p[0] for p in pieces if len(p) > 2 and p[1] == int(sentence)]
        assert found == text.replace("&#39;", "'").replace("&#34;", '"')
    whole = "".join(p if isinstance(p, str) else p[0] for p in articles[3]["pieces"])
    assert whole == result.articles[3].text


def test_texts_are_cut_into_pages(
    saved: Path, result: stance.Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "TEXT_BYTES", 2_000)
    monkeypatch.setattr(pages, "LISTED", 7)
    result.save(tmp_path / "out", report=False, group_by=["outlet"])
    folder = tmp_path / "out" / "corpus" / "pages"
    texts = [unpacked(folder / f"text-{k}.js") for k in range(len([*folder.glob("text-*.js")]))]
    assert [a for part in texts for a in part] == unpacked(saved / "corpus/pages/text-0.js")
    sizes = [len(part) for part in texts]
    page = (tmp_path / "out" / "corpus.html").read_text(encoding="utf-8")
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    assert len(starts) > 5
    assert f'"starts": {starts}, "lists": 3' in page


def test_the_same_result_has_the_same_bytes(
    saved: Path, result: stance.Analysis, tmp_path: Path
) -> None:
    result.save(tmp_path / "out", report=False, group_by=("outlet", "date"), period="week")
    files = [p.relative_to(saved) for p in saved.rglob("*") if p.is_file()]
    assert len(files) > 15
    for name in files:
        assert (saved / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name


def test_hostile_text_is_inert(tmp_path: Path) -> None:
    folder = hostile(tmp_path)
    page = (folder / "corpus.html").read_text(encoding="utf-8")
    assert page.count("<script") == page.count("</script>") == 2
    assert page.count("</style>") == 2
    assert "<img" not in page
    assert "javascript:" not in page
    assert "{{ 7 * 7 }}" in page
    for path in (folder / "corpus" / "pages").iterdir():
        script = path.read_bytes()
        assert b"<" not in script
        assert script.isascii()


def test_one_article_has_no_interval(tmp_path: Path) -> None:
    rows = [
        *({"text": "Talks opened. A ceasefire began.", "outlet": "many"} for _ in range(3)),
        {"text": "A truce holds. It rained.", "outlet": "lone", "date": "2031-01-09"},
        {"text": "2031", "outlet": "mute", "date": "2031-01-10"},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = stance.analyze(tmp_path / "a.jsonl", model="lexical", targets="none")
    found.save(tmp_path / "out", report=False, group_by=("outlet", "date"))
    page = (tmp_path / "out" / "corpus.html").read_text(encoding="utf-8")
    rows_of = dict(re.findall(r'<tr><th scope="row" class="name" data-v="(\w+)">(.*?)</tr>', page))
    assert '<small class="i">one article</small>' in rows_of["lone"]
    assert set(re.findall(r"<small>(.*?)</small>", rows_of["lone"])) == {""}
    assert "nothing scored" in rows_of["mute"]
    assert "–" in rows_of["mute"]
    assert "" not in re.findall(r"<small>(.*?)</small>", rows_of["many"])
    assert "1 article, no interval" in page
    assert 'class="dot hollow"' in page


def test_dates_alone_make_the_groups(result: stance.Analysis, tmp_path: Path) -> None:
    result.save(tmp_path / "out", report=False, group_by=["date"])
    page = (tmp_path / "out" / "corpus.html").read_text(encoding="utf-8")
    assert re.findall(r'<option value="\d+">([^<]+)</option>', page) == [
        "all articles (18)",
        *("2031-01 (6)", "2031-02 (6)", "2031-03 (6)"),
    ]
    assert page.count('<div class="grid broad">') == 1


def test_what_cannot_be_grouped_is_told(tmp_path: Path) -> None:
    assert grouping_of(["outlet", "date", "outlet"]) == Grouping("outlet", "month")
    assert grouping_of([]) is None
    with pytest.raises(ConfigError, match="by date, not by outlet and desk; name one of them with"):
        grouping_of(["outlet", "desk"])
    with pytest.raises(ConfigError, match="--period week cuts dates; add --group-by date, or"):
        grouping_of(["outlet"], period="week")
    (tmp_path / "a.txt").write_text("Talks opened.\n")
    found = stance.analyze(tmp_path / "a.txt", model="lexical")
    with pytest.raises(DataError, match=r"no article has a date such as 2024-05-31 to group by"):
        found.save(tmp_path / "out", group_by=["date"])
    assert not (tmp_path / "out").exists()


def test_the_command_checks_groups_before_it_tags(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Talks opened.\n")
    told = failed("a.txt", "--group-by", "date", "--out", "out", cwd=tmp_path)
    assert told.startswith("no article has a date such as 2024-05-31 to group by")
    told = failed("a.txt", "--group-by", "outlet", "--period", "day", cwd=tmp_path)
    assert told == "--period day cuts dates; add --group-by date, or leave it out"


def test_the_command_writes_the_report(tmp_path: Path) -> None:
    options = ("--model", "lexical", "--targets", "none", "--limit", "2", "--out", "out")
    groups = ("--group-by", "outlet", "--group-by", "date")
    done = run("analyze", CORPUS, *options, *groups, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "groups   out/corpus.html (and the folder corpus beside it)" in done.stdout.decode()
    page = (tmp_path / "out" / "corpus.html").read_text(encoding="utf-8")
    assert '<a href="report.html">' in page


def asked(browser: Browser, script: str) -> Any:
    """What a script returns, once it returns something; a busy machine takes its time."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser.driver, 20).until(lambda driver: driver.execute_script(script))


FIRST = "return [...document.querySelectorAll('#groups tbody.rows tr:not([hidden]) th')]"
NAMES = f"{FIRST}.map((cell) => cell.dataset.v)"
OPEN = "document.querySelectorAll('details').forEach(d => { d.open = true; })"


def unexpected(browser: Browser) -> list[str]:
    """What must not happen: the page asks for its own data pages and for nothing else."""
    return [
        told
        for told in browser.trouble()
        if not re.search(r"/pages/(text|articles)-\d+\.js$", told)
    ]


def test_a_reader_sorts_filters_and_opens_articles(saved: Path, browser: Browser) -> None:
    browser.open(saved / "corpus.html")
    browser.all("#groups th button")[5].click()
    assert browser.run(NAMES)[0] == "Valley Dispatch"
    browser.press("\ue007")  # enter
    assert browser.run(NAMES)[-1] == "Valley Dispatch"
    browser.one("#filter").send_keys("LEDGER")
    assert browser.run(NAMES) == ["Northern Ledger"]
    assert browser.one("#count").text == "1 of 3 groups"

    browser.one("tbody.rows tr:not([hidden]) a").click()
    shown = (
        "return [...document.querySelectorAll('[data-set]:not([hidden])')].map(p => p.dataset.set)"
    )
    assert browser.run(shown) == ["2", "2", "2"]
    browser.one("#list").click()
    assert len(asked(browser, "return document.querySelectorAll('#listed tbody tr')")) == 6
    browser.one("#find").send_keys("warns")
    browser.one("#listed tbody a").click()
    assert "Navy warns" in asked(browser, "return document.getElementById('title').textContent")

    browser.press("\ue00c")  # escape
    asked(
        browser, "return !document.getElementById('reader').open && !/^#a\\d/.test(location.hash)"
    )
    link = browser.one("#typical [data-set='2'] li a")
    text = link.text
    link.click()
    assert asked(browser, "return document.querySelector('#text .here')?.textContent") == text
    assert "%" in browser.one("#told").text
    assert unexpected(browser) == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1600])
def test_the_page_fits_its_window_and_has_no_serious_fault(
    saved: Path, browser: Browser, axe: str, width: int, dark: bool
) -> None:
    browser.open(saved / "corpus.html", width=width, dark=dark)
    browser.run(OPEN)
    assert browser.overflow() == 0
    asked(browser, "document.getElementById('list').click(); return true")
    asked(browser, "return document.querySelectorAll('#listed tbody tr').length")
    assert browser.faults(axe) == []
    browser.one("#listed tbody a").click()
    asked(browser, "return document.querySelectorAll('#text .s').length")
    assert browser.faults(axe) == []
    assert unexpected(browser) == []


def test_paper_is_white_and_has_no_control(saved: Path, browser: Browser) -> None:
    browser.open(saved / "corpus.html", media="print", dark=True)
    assert browser.one("body").value_of_css_property("background-color") == "rgba(255, 255, 255, 1)"
    assert not any(e.is_displayed() for e in browser.all(".bar, .controls, details"))


def test_hostile_text_does_nothing_in_a_browser(tmp_path: Path, browser: Browser) -> None:
    page = hostile(tmp_path) / "corpus.html"
    browser.open(page, width=360)
    assert browser.overflow() == 0
    browser.run("location.hash = '#a1s1'")
    assert HOSTILE in asked(browser, "return document.getElementById('text').textContent")
    asked(browser, "document.getElementById('list').click(); return true")
    assert len(asked(browser, "return document.querySelectorAll('#listed tbody tr')")) == 3
    browser.run("location.hash = '#a0s0'")
    longest = "return document.getElementById('text').textContent.length > 1000000"
    assert asked(browser, longest) is True
    assert browser.run("return document.images.length") == 0
    assert browser.all("a[href^='javascript']") == []
    assert page.stat().st_size < 200_000
    assert unexpected(browser) == []
