"""Codebooks: what ships, what is refused, and how it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import run

from stance.codebooks import load_codebook, parse_codebook, shipped_names
from stance.errors import CodebookError

SMALL = """
name: small
frames:
  on:
    definition: yes
    hypotheses: [The text says yes., It agrees.]
  off: {definition: No., hypotheses: [It refuses.], threshold: 0.7}
stance:
  favor: ["It likes {target}."]
  against: ["It dislikes {target}."]
"""


def test_a_codebook_keeps_its_order_and_yes_stays_text() -> None:
    book = parse_codebook(SMALL, "small.yaml")
    assert list(book.frames) == ["on", "off"]
    assert book.frames["on"].definition == "yes"
    assert book.hypotheses == ("The text says yes.", "It agrees.", "It refuses.")
    assert (book.threshold_of("on"), book.threshold_of("off")) == (0.5, 0.7)
    assert (book.version, book.stance is not None) == (1, True)


@pytest.mark.parametrize(
    ("name", "frames"), [("diplomacy", 4), ("policy", 15), ("news", 5), ("moral", 5)]
)
def test_shipped_codebooks(name: str, frames: int) -> None:
    book = load_codebook(name)
    assert (book.name, len(book.frames)) == (name, frames)
    assert all(frame.terms for frame in book.frames.values())
    wordings = {frame: len(entry.hypotheses) for frame, entry in book.frames.items()}
    assert min(wordings.values()) >= (4 if name == "diplomacy" else 2), wordings
    assert len(set(book.hypotheses)) == len(book.hypotheses)


def test_the_default_codebook_comes_first() -> None:
    assert shipped_names() == ("diplomacy", "moral", "news", "policy")
    assert list(load_codebook("diplomacy").frames) == [
        "solidarity",
        "deterrence",
        "restraint",
        "humanitarian",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("frames:", "frams:"), r"x: frames: Field required; frams: unknown key .*mean frames\?"),
        (("threshold: 0.7", "threshold: 2"), r"x: frames.off.threshold: .* less than 1$"),
        (("threshold: 0.7", "treshold: 1"), r"x: frames.off.treshold: .*did you mean threshold"),
        (("[It refuses.]", "[It., It.]"), r"x: frames.off: two hypotheses are the same"),
        (("[It refuses.]", "[]"), r"x: frames.off.hypotheses: .* at least 1 item"),
        (("It likes {target}.", "It likes it."), r"stance.favor.0: a stance wording must contain"),
        (("name: small", "name: Not A Name"), r"x: name: String should match pattern"),
        (("off:", "on:"), r"x: line 7: the key 'on' is there twice, in lines 4 and 7; mend"),
        (("name: small", "name: [small"), r"x: line \d+: .*; mend the YAML there"),
    ],
)
def test_every_fault_is_told_with_its_place(change: tuple[str, str], message: str) -> None:
    with pytest.raises(CodebookError, match=message):
        parse_codebook(SMALL.replace(*change), "x")


def test_all_faults_are_told_at_once() -> None:
    broken = SMALL.replace("threshold: 0.7", "threshold: 7").replace("name: small", "nam: small")
    with pytest.raises(CodebookError, match=r"name: .*; frames.off.threshold: .*; nam: unknown"):
        parse_codebook(broken, "x")


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words"])
def test_something_else_than_a_mapping_is_refused(text: str) -> None:
    with pytest.raises(CodebookError, match=r"^x: a codebook is a YAML mapping with the keys name"):
        parse_codebook(text, "x")


def test_a_missing_file_and_an_unreadable_one(tmp_path: Path) -> None:
    with pytest.raises(CodebookError, match=r"absent.yaml: there is no such codebook file; check"):
        load_codebook(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: café".encode("cp1252"))
    with pytest.raises(CodebookError, match=r"latin.yaml: cannot be read as a codebook: .*utf-8"):
        load_codebook(tmp_path / "latin.yaml")


def test_codebooks_are_listed_and_shown(tmp_path: Path) -> None:
    listed = run("codebooks", cwd=tmp_path).stdout.decode().splitlines()
    assert [line.split()[0] for line in listed] == ["diplomacy", "moral", "news", "policy"]
    assert listed[0].endswith("solidarity, deterrence, restraint, humanitarian")
    shown = run("codebooks", "news", cwd=tmp_path).stdout.decode()
    news = load_codebook("news")
    for name, frame in news.frames.items():
        assert f"\n{name}: {frame.definition}\n" in shown
        assert all(f"  - {wording}\n" in shown for wording in frame.hypotheses)
