"""Every regular expression of the package reads hostile text in time that grows with its length."""

from __future__ import annotations

import ast
import faulthandler
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from stance import strict_yaml
from stance.codebooks import StanceWordings, load_codebook
from stance.records import TargetName
from stance.scorers import load_scorer
from stance.scorers.lexical import LexicalScorer
from stance.targets.matching import make_matcher

ROOT = Path(__file__).parent.parent
METHODS = ("match", "fullmatch", "search", "finditer", "findall", "split", "sub")
UNITS = (
    *(
        "a",
        "A",
        "1",
        " ",
        "\t",
        "\n",
        ".",
        ",",
        "'",
        "’",
        '"',
        "-",
        "—",
        "(",
        "[",
        "&",
        "|",
        "/",
        "#",
    ),
    *(
        "aA",
        "a ",
        "A ",
        "a.",
        "A.",
        "a'",
        "a-",
        "1.",
        "1 ",
        ". ",
        "- ",
        " -",
        ", ",
        "\n ",
        "a\n",
        "al-A",
    ),
    *(
        "And ",
        "A and ",
        "x: ",
        "By A ",
        "?a=",
        "a;",
        "a@",
        "//",
        "---\n",
        "...\n",
        "# a\n",
        "\u00ad",
        "é",
    ),
)
"""What is repeated; after it comes a sign that few patterns take, so that they fail only there."""
LENGTH, END = 50_000, "\x01"
SECONDS = 6
"""One text takes milliseconds in linear time, and more than this in square time."""
BOUNDED = {"stance.readers.wire": 700}
"""Modules that measure a line before a pattern sees it, and the most characters of one."""
Used = tuple[str, str, re.Pattern[str], str]


def sources() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every module but those of training."""
    for path in sorted((ROOT / "stance").rglob("*.py")):
        if "training" not in path.parts:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path.read_text(encoding="utf-8")


def inline() -> Iterator[Used]:
    """Yield every pattern that is written where ``re`` is called, with the method called."""
    for name, text in sources():
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=method),
                    args=[ast.Constant(value=str(pattern)), *rest],
                ) if method in METHODS:
                    flags = re.MULTILINE if "re.MULTILINE" in map(ast.unparse, rest) else 0
                    yield name, f"line {node.lineno}", re.compile(pattern, flags), method


def built() -> Iterator[Used]:
    """Yield the patterns that functions build, from names that are as bad as the units."""
    matcher = make_matcher([TargetName(name="A a a", aliases=("al-A", "a.", "A-A", "A’s a"))])
    for own, pattern in (("cased", matcher.cased), ("anycase", matcher.anycase)):
        yield "stance.targets.matching", own, pattern, "finditer"
    for letter, resolvers in strict_yaml._Loader.yaml_implicit_resolvers.items():
        for tag, pattern in resolvers:
            yield "stance.strict_yaml", f"{tag} {letter}", pattern, "match"
    book = load_codebook("diplomacy").model_copy(update={"stance": StanceWordings()})
    lexical = load_scorer("lexical", codebook=book)
    assert isinstance(lexical, LexicalScorer)
    for pattern, _ in lexical._stance:
        yield "stance.scorers.lexical", pattern.pattern, pattern, "fullmatch"


def used() -> Iterator[Used]:
    """Yield every pattern of a module with each method that the module calls on it."""
    for name, text in sources():
        if "re.compile(" not in text:
            continue
        compiled = {k: v for k, v in vars(import_module(name)).items() if type(v) is re.Pattern}
        calls = {
            (node.value.id, node.attr)
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        for own, pattern in compiled.items():
            for method in METHODS:
                if (own, method) in calls and isinstance(pattern.pattern, str):
                    yield name, own, pattern, method


def read(pattern: re.Pattern[str], method: str, text: str) -> None:
    if method == "sub":
        pattern.sub("", text)
    elif method == "finditer":
        sum(1 for _ in pattern.finditer(text))
    else:
        getattr(pattern, method)(text)


def main() -> None:
    """Read every text with every pattern; end with a traceback where one takes too long."""
    for name, own, pattern, method in (*used(), *inline(), *built()):
        length = BOUNDED.get(name, LENGTH)
        for unit in UNITS:
            sys.stdout.write(f"{name}.{own}.{method} {unit!r}\n")
            sys.stdout.flush()
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            read(pattern, method, unit * (length // len(unit)) + END)
            faulthandler.cancel_dump_traceback_later()


def test_patterns_are_read_by_what_the_modules_call() -> None:
    found = {(name, own) for name, own, _, _ in used()}
    assert ("stance.sentences.boundaries", "_STOP") in found
    assert ("stance.voices.tokens", "_TOKEN") in found
    assert ("stance.readers.wire", "_BY") in found
    assert len(found) > 40
    assert {name for name, _, _, _ in inline()} > {"stance.targets.names", "stance.diagnosis"}
    made = [name for name, _, _, _ in built()]
    assert set(made) == {"stance.targets.matching", "stance.strict_yaml", "stance.scorers.lexical"}
    assert len(made) > 10


def test_fifty_thousand_characters_do_not_hang_a_pattern() -> None:
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
