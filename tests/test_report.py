"""The report and figures: hostile text stays text, the same input gives the same bytes."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import stance
from stance.plots import (
    draw_article,
    frame_colours,
    plot_cooccurrence,
    plot_profile,
    plot_strip,
    save_figure,
)
from stance.profile import profile_article
from stance.records import Article, Omission, Span, TaggedSentence
from stance.report import render_report
from stance.sentences import split
from stance.typesetting import paragraphs

HOSTILE = """Peace talks </title><script>alert(1)</script>

Talks on a ceasefire began {{ 7 * 7 }} </style><img src=x onerror=alert(2)>. Children were killed.
"""


def analysed(folder: Path) -> stance.Analysis:
    (folder / "hostile.txt").write_text(HOSTILE, encoding="utf-8")
    return stance.analyze(folder, model="lexical")


def page_of(result: stance.Analysis, *, drawn: bool = False) -> str:
    figures = [draw_article(profile) if drawn else () for profile in result.profiles]
    return render_report(result.profiles, result.codebook, result.manifest, figures)


class Seen(HTMLParser):
    """The tags of a page, its addresses, and the text of its sentences and of their boxes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in {"src", "href", "action"}]
        assert [k for k, _ in attrs if k.startswith("on")] == []


def test_hostile_text_is_escaped(tmp_path: Path) -> None:
    page = page_of(analysed(tmp_path), drawn=True)
    seen = Seen()
    seen.feed(page)
    assert [seen.tags.count(tag) for tag in ("script", "style", "title")] == [1, 1, 1]
    assert page.count("</style>") == page.count("</script>") == page.count("</title>") == 1
    assert "{{ 7 * 7 }}" in page
    assert [a for a in seen.addresses if not re.match(r"#|data:image/svg\+xml;base64,", a)] == []


def test_the_policy_lets_our_script_run_and_no_other(tmp_path: Path) -> None:
    page = page_of(analysed(tmp_path))
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}';" in policy


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
    page = page_of(result)
    line = "repeating-linear-gradient(90deg, var(--f2) 0.0em 0.6em, var(--f3) 0.6em 1.2em)"
    p = [tag.probability for tag in two.tags]
    assert f'style="--p: {max(p):.2f}; --c: var(--f{p.index(max(p))}); --u: {line}"' in page
    for k, colour in enumerate(frame_colours(tuple(result.codebook.frames)).values()):
        assert f"--f{k}: {colour};" in page


def test_every_probability_of_every_sentence_is_on_the_page(tmp_path: Path) -> None:
    result = analysed(tmp_path)
    row = r'--w: (\d+)">(\w+) <i>'
    boxes = re.findall(r'role="note">(.*?)</span>(?=</span>)', page_of(result))
    assert [re.findall(row, box) for box in boxes] == [
        [(f"{100 * tag.probability:.0f}", tag.frame) for tag in t.tags] for t in result.sentences
    ]
    assert all("<bdi>narration: the outlet</bdi>" in box for box in boxes)


def test_three_clearest_and_three_borderline_sentences_a_frame(seeds: Path) -> None:
    page = page_of(stance.analyze(seeds, model="lexical"))
    assert page.count("<td>clearest</td>") == page.count("<td>borderline</td>") == 3 * 4


def test_the_whole_text_is_on_the_page_once_and_in_order(seeds: Path) -> None:
    (profile,) = stance.analyze(seeds, model="lexical").profiles
    placed = paragraphs(profile)
    pieces = [piece for paragraph in placed for piece in paragraph["pieces"]]
    text = "".join(piece["text"] for piece in pieces)
    assert text.split() == profile.article.text.split()
    kinds = [paragraph["kind"] for paragraph in placed]
    assert kinds == ["headline", "aside", "lead", *["text"] * (len(kinds) - 3)]
    assert [p["id"] for p in pieces if p["kind"] == "sentence"] == [*range(28)]
    assert [p["why"] for p in placed[1]["pieces"] if p["kind"] == "omitted"] == [
        "credit",
        "caption",
    ]


@given(st.text(alphabet="ab. \n", max_size=80), st.data())
def test_no_text_is_lost_whatever_is_kept_out(text: str, data: st.DataObject) -> None:
    ends = st.integers(0, len(text))
    spans = [Span(*sorted((data.draw(ends), data.draw(ends)))) for _ in range(3)]
    article = Article("a", text, spans[0], tuple(Omission(s, "notice") for s in spans[1:]))
    tagged = [TaggedSentence(s, (), (), scored=False) for s in split(article)]
    placed = paragraphs(profile_article(article, tagged, ("f",), resamples=1))
    shown = "".join(piece["text"] for p in placed for piece in p["pieces"])
    assert "".join(shown.split()) == "".join(text.split())


def test_a_page_of_two_thousand_words_is_small(seeds: Path, tmp_path: Path) -> None:
    words = next(seeds.glob("*.txt")).read_text(encoding="utf-8").split("\n\n")
    body = [p for k in range(3) for p in words[2:]]
    (tmp_path / "long.txt").write_text("\n\n".join([words[0], *body]), encoding="utf-8")
    result = stance.analyze(tmp_path / "long.txt", model="lexical")
    assert 2_000 < len(result.articles[0].text.split()) < 3_000
    assert len(page_of(result, drawn=True).encode()) < 1_500_000


def test_a_huge_sentence_is_on_the_page_once() -> None:
    article = Article("a", "war " * 250_000)
    book = stance.load_codebook("diplomacy")
    tagged = [TaggedSentence(s, (), (), scored=False) for s in split(article)]
    profile = profile_article(article, tagged, tuple(book.frames), resamples=1)
    page = render_report([profile], book, {}, [()])
    assert len(page) < 1_100_000


def test_a_page_of_many_articles_leaves_figures_to_their_folder(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.txt").write_text("Talks\n\nA ceasefire was agreed.\n", "utf-8")
    result = stance.analyze(tmp_path, model="lexical")
    drawn = draw_article(result.profiles[0])
    for n, expected in ((3, 3 * len(drawn)), (4, 0)):
        page = render_report(result.profiles[:n], result.codebook, {}, [drawn] * n)
        assert page.count("<img") == expected
        assert page.count('<section class="article"') == n
