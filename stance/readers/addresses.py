"""Addresses of articles as they may be kept: without what opens a door."""

from __future__ import annotations

import re

_USER = re.compile(r"^\s*((?:[a-z][a-z0-9+.-]*:)?//)[^/?#\s]*@", re.IGNORECASE)
_SECRET = re.compile(
    r"(?<=[?&;#])(?:(?:access|auth|id|refresh|security|session)?[-_]?token|api[-_]?key|"
    r"client[-_]?secret|secret|passw(?:or)?d|pwd|sig|signature|session[-_]?id|"
    r"x-(?:amz|goog)-(?:signature|credential|security-token))=[^&;#]*(?:[&;]|(?=#)|$)",
    re.IGNORECASE,
)


_LEFT = re.compile(r"(?<![?&;])[?&;]+(?=#|$)")
"""Signs that joined parameters and join nothing now; from the first of a run on, to stay linear."""


def without_credentials(url: str | None) -> str | None:
    """Return an address without user, password, and parameters such as a token or a signature."""
    if url is None:
        return None
    bare = _SECRET.sub("", _USER.sub(r"\1", url))
    return bare if bare == url else _LEFT.sub("", bare)
