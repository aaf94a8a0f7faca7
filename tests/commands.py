"""Running the command line in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run(
    *arguments: str | Path, cwd: Path, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run ``stance`` with the arguments in a folder."""
    command = [sys.executable, "-m", "stance", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=False)


def failed(*arguments: str | Path, cwd: Path) -> str:
    """Run ``stance analyze``; return its one-line message, and check that nothing was written."""
    before = sorted(cwd.rglob("*"))
    done = run("analyze", *arguments, cwd=cwd)
    message = done.stderr.decode()
    assert (done.returncode, done.stdout, message.count("\n")) == (1, b"", 1), message
    assert sorted(cwd.rglob("*")) == before
    return message.removeprefix("stance: ").removesuffix("\n")
