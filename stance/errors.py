"""Every exception that `stance` raises on purpose.

::

    StanceError
    ├── ConfigError          an option or a configuration that cannot be used
    ├── DataError            an article, a folder or a table that cannot be read or written
    ├── CodebookError        a codebook that is unknown, malformed or contradicts itself
    ├── ScorerError          a model that cannot be loaded or breaks the contract of a scorer
    ├── CacheError           a score cache that cannot be used
    ├── RunError             a run directory that cannot be used
    └── MissingExtraError    an optional library that is not installed

The message of each is one sentence that names the file, the place and the mend. The command line
prints it and exits with status 1.
"""

from __future__ import annotations


class StanceError(Exception):
    """Root of all errors raised on purpose; catch it to catch them all."""


class ConfigError(StanceError):
    """An option or a configuration cannot be used."""


class DataError(StanceError):
    """An article, a folder or a table cannot be read or written."""


class CodebookError(StanceError):
    """A codebook is unknown, malformed or contradicts itself."""


class ScorerError(StanceError):
    """A model cannot be loaded, or a scorer broke its contract."""


class CacheError(StanceError):
    """A score cache cannot be used."""


class RunError(StanceError):
    """A run directory cannot be used."""


class MissingExtraError(StanceError):
    """An optional library is not installed; the message says how to install it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional library: pip install 'stance[{extra}]'")
        self.what = what
        self.extra = extra


_STEERING = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\N{REPLACEMENT CHARACTER}",
)
"""Characters that steer a terminal or turn the direction of writing."""


def harmless(text: str) -> str:
    """Return one line of somebody else's text with nothing in it that steers a terminal."""
    return " ".join(text.split()).translate(_STEERING)
