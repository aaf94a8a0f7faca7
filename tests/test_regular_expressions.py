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
BOUNDED = {"stance.readers.wire": "every line is measured first: 700 characters at most"}
"""Modules whose patterns see short text only, and why."""


def used() -> Iterator[tuple[str, str, re.Pattern[str], str]]:
    """Yield every pattern of a module with each method that the module calls on it."""
    for path in sorted((ROOT / "stance").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if "re.compile(" not in text or "training" in path.parts or name in BOUNDED:
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
    for name, own, pattern, method in used():
        for unit in UNITS:
            sys.stdout.write(f"{name}.{own}.{method} {unit!r}\n")
            sys.stdout.flush()
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            read(pattern, method, unit * (LENGTH // len(unit)) + END)
            faulthandler.cancel_dump_traceback_later()


def test_patterns_are_read_by_what_the_modules_call() -> None:
    found = {(name, own) for name, own, _, _ in used()}
    assert ("stance.sentences.boundaries", "_STOP") in found
    assert ("stance.voices.tokens", "_TOKEN") in found
    assert len(found) > 40


def test_fifty_thousand_characters_do_not_hang_a_pattern() -> None:
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
