"""``stance cache``: what the score cache holds, and how to make it smaller."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from stance.cache import ScoreCache

_MEGABYTE = 1_000_000


@click.group()
def cache() -> None:
    """Look at the score cache (stance analyze --cache), or make it smaller."""


_place = click.option(
    "--cache",
    "place",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the cache; by default the user's cache folder.",
)


def _opened(place: Path | None) -> ScoreCache:
    from stance.cache import FILE, ScoreCache, cache_folder
    from stance.commands.printing import note

    folder = cache_folder() if place is None else place
    if not (folder / FILE).exists():
        click.echo(f"{folder / FILE}: is not there; stance analyze --cache on makes it")
        sys.exit(0)
    return ScoreCache(folder, on_note=note)


@cache.command()
@_place
def info(place: Path | None) -> None:
    """Print where the cache is, its size, and what it holds of every scorer."""
    from stance.errors import harmless

    found = _opened(place).info()
    click.echo(f"{found.path}: {found.size / _MEGABYTE:.1f} MB, {found.pairs:,} pairs")
    for entry in found.scorers:
        name = harmless(entry.fingerprint)
        click.echo(f"{entry.pairs:>12,} pairs, last used {entry.last_used}: {name}")
    for path in found.damaged:
        click.echo(f"set aside because it was damaged: {path}")


@cache.command()
@_place
@click.option("--days", type=click.IntRange(min=0), help="Pairs not asked for in so many days.")
@click.option("--megabytes", type=click.IntRange(min=0), help="Oldest pairs, down to this size.")
def prune(place: Path | None, days: int | None, megabytes: int | None) -> None:
    """Forget pairs that were not used for long (--days), or down to a size (--megabytes)."""
    from stance.errors import ConfigError

    if days is None and megabytes is None:
        raise ConfigError("say what to forget: --days N or --megabytes N")
    opened = _opened(place)
    gone = opened.prune(days=days, most=None if megabytes is None else megabytes * _MEGABYTE)
    found = opened.info()
    click.echo(f"{gone:,} pairs forgotten; {found.pairs:,} left, {found.size / _MEGABYTE:.1f} MB")


@cache.command()
@_place
def clear(place: Path | None) -> None:
    """Forget all pairs, and remove files that were set aside."""
    opened = _opened(place)
    click.echo(f"{opened.clear():,} pairs forgotten: {opened.path}")
