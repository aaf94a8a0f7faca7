"""Which code made a result."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent.parent


def code_hash(places: Sequence[str] = (".",)) -> str:
    """Return the SHA-256 of the Python files of the package below the places."""
    digest = sha256()
    for place in places:
        root = PACKAGE / place
        for path in [root] if root.is_file() else sorted(root.rglob("*.py")):
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def code_state() -> dict[str, Any]:
    """Return the hash of the code and, in a clone, its commit and whether files differ from it."""
    state: dict[str, Any] = {"sha256": code_hash(), "commit": None, "dirty": None}
    if _git("ls-files", "--error-unmatch", "__init__.py") is None:
        return state
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".")
    return {**state, "commit": _git("rev-parse", "HEAD"), "dirty": bool(changed)}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 (fixed arguments)
            ["git", *arguments],  # noqa: S607 (the user's git)
            cwd=PACKAGE,
            capture_output=True,
            check=False,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
