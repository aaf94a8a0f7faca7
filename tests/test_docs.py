"""Every block of code in the documentation runs or is checked; every command and option appears."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from types import ModuleType

import click
import pytest
from pages import (
    LANGUAGES,
    PAGES,
    ROOT,
    Block,
    Shell,
    blocks_of,
    check_line,
    parsed,
    run_python,
    same_lines,
    words_of,
)

import stance
from stance.cli import commands
from stance.codebooks import parse_codebook

DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial.md"
NOT_RUN = {
    "installs packages": 2,
    "needs a Ray cluster": 2,
    "needs a model of a hub": 3,
    "needs labels that people give": 2,
    "needs the labelled data": 5,
    "starts four processes": 1,
    "takes minutes": 2,
}
BLOCKS = [block for page in PAGES for block in blocks_of(page)]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The hook of mkdocs that writes the page of commands."""
    place = DOCS / "hooks" / "command_reference.py"
    spec = importlib.util.spec_from_file_location("command_reference", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """One shell for all pages, so that an analysis is made once."""
    return Shell(tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, shell: Shell) -> Path:
    """The folder that the tutorial leaves, with the articles that other pages name."""
    folder = tmp_path_factory.mktemp("docs")
    for name in ("seeds", "configs", "notebooks/data"):
        shutil.copytree(ROOT / name, folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch_for_speed(patch)
        run_page(TUTORIAL, shell)
    write_articles(folder)
    return folder


def patch_for_speed(patch: pytest.MonkeyPatch) -> None:
    """Draw no figures of single articles: they take most of the time, and other tests draw them."""
    for module in ("analysis", "engine.corpus"):
        patch.setattr(f"stance.{module}.IN_FULL", 0)


def write_articles(folder: Path) -> None:
    """Write short articles of two outlets, in the forms that pages name."""
    made_up = (ROOT / "notebooks/data/made_up_outlets.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in made_up.splitlines()[:3]]
    rows = [
        {**row, "desk": "world", "text": row["text"].split(". ")[0] + ". Israel praised Hamas."}
        for row in rows
    ]
    for row, name in zip(rows, ("articles/a", "articles/b", "more"), strict=True):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (folder / "article.txt").write_text(rows[0]["text"], encoding="utf-8")
    (folder / "table.csv").write_text(f'id,body\n1,"{rows[0]["text"]}"\n', encoding="utf-8")


def run_page(page: Path, shell: Shell) -> None:
    """Run the blocks of a page in order, in the current folder; compare what it shows."""
    printed, names = "", {"__name__": "__main__"}
    for block in blocks_of(page):
        if block.mark.startswith("file: "):
            Path(block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
        elif block.mark == "prints":
            assert same_lines(block.text, printed), (
                f"{block.place} shows another output:\n{printed}"
            )
        elif block.not_run is None and block.language == "sh":
            printed = shell.run(block)
        elif block.not_run is None and block.language == "python":
            printed = run_python(block, names)


def runs(page: Path) -> bool:
    return any(b.not_run is None and b.language in {"sh", "python"} for b in blocks_of(page))


@pytest.mark.parametrize(
    "page", [p for p in PAGES if runs(p)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_blocks_of_a_page_run(
    page: Path, walked: Path, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if page == TUTORIAL:
        return  # ran to make the folder
    shutil.copytree(walked, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    patch_for_speed(monkeypatch)
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):  # no user's cache is cleared here
        monkeypatch.setenv(name, str(tmp_path / "home"))
    run_page(page, shell)


def test_every_fence_says_what_it_holds() -> None:
    assert [b.place for b in BLOCKS if b.language not in LANGUAGES] == []
    fences = sum(page.read_text(encoding="utf-8").count("```") for page in PAGES)
    assert fences == 2 * len(BLOCKS)


def test_what_is_not_run_is_counted() -> None:
    assert Counter(block.not_run for block in BLOCKS if block.not_run) == NOT_RUN
    known = {"", "prints", "with: lexical"}
    assert [
        b.place
        for b in BLOCKS
        if not b.mark.startswith(("not run: ", "file: ")) and b.mark not in known
    ] == []


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "sh"], ids=lambda b: b.place)
def test_every_command_is_one_that_there_is(block: Block) -> None:
    for line in block.lines:
        for words in words_of(line):
            if words[0] == "stance":
                parsed(words[1:])
            else:
                check_line(words, block)


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.language == "python"], ids=lambda b: b.place
)
def test_python_compiles(block: Block) -> None:
    compile(block.text, block.place, "exec")


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.language == "yaml"], ids=lambda b: b.place
)
def test_yaml_is_a_codebook(block: Block) -> None:
    assert parse_codebook(block.text, block.place).frames


def test_options_named_in_text_are_options(hook: ModuleType) -> None:
    known = dict(hook.leaves(commands))
    wrong = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for command, rest in re.findall(r"`stance ((?:cache |models )?[a-z]+)([^`\n]*)`", text):
            options = set(re.findall(r"(?<!\S)\[?(--[a-z-]+)", rest))
            wrong += [f"{page.name}: {command}"] * (not named(command, known))
            wrong += [f"{page.name}: {command} {o}" for o in options - options_of(command, known)]
    assert wrong == []


def named(command: str, known: dict[str, click.Command]) -> bool:
    return any(f"{name} ".startswith(f"stance {command} ") for name in known)


def options_of(command: str, known: dict[str, click.Command]) -> set[str]:
    """Return the options of a command, or of all commands of a group."""
    return {
        option
        for name, one in known.items()
        if f"{name} ".startswith(f"stance {command} ")
        for parameter in one.params
        for option in parameter.opts
    } | {"--help"}


def test_every_command_and_option_is_in_the_reference_and_explained(hook: ModuleType) -> None:
    text = hook.reference(commands)
    for name, command in hook.leaves(commands):
        section = text.split(f"## `{name}`\n")[1].split("\n## ")[0]
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts[0]} has no help"
                assert f"`{', '.join(parameter.opts)}" in section
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert hook.on_page_markdown(page).endswith(text + "\n")
    assert hook.on_page_markdown("no mark") == "no mark"


def test_every_command_is_on_a_page_written_by_hand(hook: ModuleType) -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    assert [name for name, _ in hook.leaves(commands) if not re.search(rf"{name}\b", text)] == []


def test_every_module_that_is_imported_is_in_the_reference() -> None:
    listed = {
        line.removeprefix("::: ")
        for page in (DOCS / "reference").glob("*.md")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("::: ")
    }
    places = [*PAGES, *(ROOT / "notebooks").glob("*.ipynb")]
    texts = "\n".join(place.read_text(encoding="utf-8") for place in places)
    imported = set(re.findall(r"from (stance\.[a-z_.]+) import", texts))
    assert imported - listed == set()
    table = (DOCS / "reference" / "index.md").read_text(encoding="utf-8")
    assert [name for name in stance.__all__ if f"`stance.{name}`" not in table] == []


def test_an_output_that_a_page_shows_is_compared() -> None:
    assert same_lines("a\n…\nd\n", "a \nb\nc\nd\n")
    assert not same_lines("a\n…\nd\n", "a\nb\n")
    assert not same_lines("a\n", "a\nb\n")


@pytest.mark.parametrize("page", PAGES[:2], ids=lambda page: page.name)
def test_links_of_the_first_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_lists_stand_apart_from_the_text_before() -> None:
    """A list right after a paragraph is one to GitHub but part of the paragraph to mkdocs."""
    joined = re.compile(r"^(?![-*|>#\s]|\d+\. )[^\n]*\n(?:- |\* |1\. )", re.MULTILINE)
    found = partial(re.sub, r"^```.*?^```$", "", flags=re.MULTILINE | re.DOTALL)
    wrong = [p.name for p in PAGES if joined.search(found(p.read_text(encoding="utf-8")))]
    assert wrong == []
