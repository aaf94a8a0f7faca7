"""Text in a sheet that people open: nothing in it may run as a formula ("CSV Injection", OWASP)."""

from __future__ import annotations

import re

GUARDED = ("article_id", "outlet", "stratum", "before", "text", "after")
"""Columns of a sheet that hold the text of somebody else."""

_RUNS = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def guarded(text: str) -> str:
    """Return text with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if _RUNS.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    return text[1:] if text.startswith("'") and _RUNS.match(text) else text
