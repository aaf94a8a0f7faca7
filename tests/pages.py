"""The fenced code of the documentation, and a small shell that runs it in this process.

An HTML comment above a fence says what is to be done with it:

- ``<!-- not run: REASON -->``: commands are only parsed, Python is only compiled;
- ``<!-- with: lexical -->``: ``stance analyze`` and ``stance run`` take the lexical model;
- ``<!-- file: NAME -->``: the block is a file of the folder that the page runs in;
- ``<!-- prints -->``: what the commands of the block before print; a line ``…`` leaves lines out.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import click

from stance.cli import commands, main

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
LANGUAGES = {"sh", "python", "text", "yaml"}
_FENCE = re.compile(r"(?:^<!-- (.*?) -->\n)?^```(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)
CHECKED_ONLY = {"pip", "python", "pytest", "ruff", "hf", "ray", "source"}


@final
@dataclass(frozen=True, slots=True)
class Block:
    """A fence: its language, its mark without the comment's signs, its text, and its line."""

    page: Path
    line: int
    language: str
    mark: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def not_run(self) -> str | None:
        """Why it is not run; None if it is."""
        kind, _, reason = self.mark.partition(": ")
        return reason if kind == "not run" else None

    @property
    def lines(self) -> list[str]:
        """The commands, without comments, with continued lines joined."""
        joined = self.text.replace("\\\n", " ").splitlines()
        return [line for line in joined if line.split("#")[0].strip()]


def blocks_of(page: Path) -> list[Block]:
    """Return the fences of a page in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, m.start(2)) + 1, m[2].strip(), m[1] or "", m[3])
        for m in _FENCE.finditer(text)
    ]


def words_of(line: str) -> list[list[str]]:
    """Return the words of a line of the shell, one list a command of a pipe."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&")
    lexer.whitespace_split = True
    parts: list[list[str]] = [[]]
    for word in lexer:
        if word in {"|", "&&"}:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def parsed(words: list[str]) -> tuple[str, click.Context]:
    """Parse what follows ``stance`` without running it; return the command's name and context."""
    command: click.Command = commands
    context = commands.make_context("stance", list(words), resilient_parsing=False)
    name = ["stance"]
    while isinstance(command, click.Group):
        found, inner, rest = command.resolve_command(
            context, [*getattr(context, "_protected_args", ()), *context.args]
        )
        assert found is not None
        assert inner is not None
        name.append(found)
        command, context = inner, inner.make_context(found, rest, parent=context)
    return " ".join(name), context


@final
@dataclass(slots=True)
class Shell:
    """Runs commands in the current folder; what was written once is copied later."""

    kept: Path
    seen: dict[tuple[str, ...], tuple[str, Path]] = field(default_factory=dict)

    def run(self, block: Block) -> str:
        """Run the lines of a block; return what they printed together."""
        return "".join(self._line(line, block) for line in block.lines)

    def _line(self, line: str, block: Block) -> str:
        stdin = b""
        printed = ""
        for words in words_of(line):
            if words[0] == "cat":
                stdin = b"".join(Path(name).read_bytes() for name in words[1:])
            elif words[0] == "stance":
                printed += self._stance(list(_expanded(words[1:])), stdin, block)
            else:
                assert words[0] in CHECKED_ONLY, f"{block.place}: cannot run {words[0]}"
                check_line(words, block)
        return printed

    def _stance(self, words: list[str], stdin: bytes, block: Block) -> str:
        if block.mark == "with: lexical" and words[0] in {"analyze", "run"}:
            words += ["--model", "lexical"] if words[0] == "analyze" else ["--set", "model=lexical"]
        out = Path("runs" if words[0] == "run" else "stance-out")
        key = tuple(words)
        if "--out" in words:
            at = words.index("--out")
            out, key = Path(words[at + 1]), (*words[:at], *words[at + 2 :])
        if key in self.seen:
            if words[0] == "analyze":
                shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(self.seen[key][1], out, dirs_exist_ok=True)
            return self.seen[key][0]
        printed = called(words, stdin, block.place)
        if words[0] in {"analyze", "run"} and not stdin:
            copied = shutil.copytree(out, self.kept / str(len(self.seen)))
            self.seen[key] = (printed, copied)
        return printed


def called(words: list[str], stdin: bytes, place: str) -> str:
    """Run ``stance`` in this process; return what it printed, and check that it succeeded."""
    output, errors = _stream(b""), _stream(b"")
    before, sys.stdin = sys.stdin, _stream(stdin)
    try:
        with redirect_stdout(output), redirect_stderr(errors):
            main(words)
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdin = before
    assert code == 0, f"{place}: stance {shlex.join(words)}: {text_of(errors)}"
    return text_of(output)


def check_line(words: list[str], block: Block) -> None:
    """Check a command that is not run: a script that is there, an extra that there is."""
    if words[0] == "pip":
        project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        for extra in re.findall(r"\[([\w,]+)\]", " ".join(words)):
            for name in extra.split(","):
                assert f"\n{name} = [" in project, f"{block.place}: there is no extra {name}"
    if words[0] == "python" and words[1].endswith(".py"):
        assert (ROOT / words[1]).is_file(), f"{block.place}: there is no {words[1]}"


def run_python(block: Block, names: dict[str, Any]) -> str:
    """Run a block of Python; return what it printed."""
    output = _stream(b"")
    with redirect_stdout(output):
        exec(compile(block.text, block.place, "exec"), names)  # noqa: S102
    return text_of(output)


def same_lines(shown: str, printed: str) -> bool:
    """Tell whether a page shows what was printed; ``…`` alone on a line leaves lines out."""
    parts = [re.escape(_trimmed(part)) for part in re.split(r"^…$\n?", shown, flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)*?".join(parts), _trimmed(printed)) is not None


def _trimmed(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _expanded(words: list[str]) -> Iterator[str]:
    for word in words:
        found = sorted(map(str, Path().glob(word))) if "*" in word and "/" in word else []
        yield from found or [word]


def _stream(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", write_through=True)


def text_of(stream: io.TextIOWrapper) -> str:
    """Return what was written to a stream so far."""
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
