"""Options and arguments that several commands have, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)
FORMATS = ("table", "csv", "json")


class Option(Protocol):
    """What declares an option or an argument of the command below it."""

    def __call__(self, command: _Command, /) -> _Command:
        """Return the command with it."""


def form(*formats: str, explained: str = "What is printed on standard output.") -> Option:
    """Return ``--format``, which a command takes as ``form``; the first is the default.

    Args:
        *formats: What to choose from; `FORMATS` if none is given.
        explained: The help of the option, as in the other functions.
    """
    formats = formats or FORMATS
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help=explained,
    )


def seed(explained: str) -> Option:
    """Return ``--seed``, from 0."""
    return click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, help=explained
    )


def period(explained: str) -> Option:
    """Return ``--period``: how dates are cut."""
    return click.option(
        "--period", type=click.Choice(["week", "month", "year", "day"]), help=explained
    )


def frames(explained: str) -> Option:
    """Return ``--frame``, which may be given again; a command takes it as ``frames``."""
    return click.option("--frame", "frames", multiple=True, metavar="NAME", help=explained)


result: Option = click.argument("result", type=PATH)
codebook: Option = click.option(
    "--codebook",
    default="diplomacy",
    show_default=True,
    metavar="NAME|FILE",
    help="A shipped codebook, or a YAML file.",
)
threads: Option = click.option(
    "--threads", type=click.IntRange(min=0), default=0, help="0 is one a core."
)
precision: Option = click.option(
    "--precision",
    type=click.Choice(["exact", "fast"]),
    default="exact",
    show_default=True,
    help="fast computes mini in bfloat16 (extra fast).",
)
quiet: Option = click.option(
    "--quiet", is_flag=True, help="Print no table, progress or message; errors remain."
)
