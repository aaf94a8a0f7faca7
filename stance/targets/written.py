"""Targets as a config holds them: a word, the text of the command line, or a list of mappings."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal, TypeAlias

from stance.errors import ConfigError
from stance.records import TargetName
from stance.targets import parse_targets, target_faults

Written: TypeAlias = Literal["auto", "none"] | tuple[TargetName, ...] | None
"""None where nothing is said."""

_KEYS = ("name", "aliases")
_HOW = 'write auto, none, "Israel=IDF; Hamas" or a list of {name: …, aliases: […]}'


def read_targets(value: object) -> Written:
    """Return the targets of a config.

    Raises:
        ValueError: They cannot be read, or cannot be told apart; the message says how to write it.
    """
    if value is None or isinstance(value, str):
        return _of_text(value)
    if not isinstance(value, list) or not value:
        raise ValueError(f"{value!r} names no targets; {_HOW}")
    found = tuple(_target(entry, number) for number, entry in enumerate(value, start=1))
    faults = list(target_faults(found))
    if faults:
        raise ValueError("; ".join(faults))
    return found


def _of_text(text: str | None) -> Written:
    if text is None:
        return None
    if text == "auto":
        return "auto"
    if text == "none":
        return "none"
    try:
        return parse_targets(text)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def _target(entry: object, number: int) -> TargetName:
    if not isinstance(entry, dict):
        raise ValueError(f"{entry!r} is no target; {_HOW}")
    unknown = [key for key in entry if key not in _KEYS]
    if unknown:
        near = get_close_matches(str(unknown[0]), _KEYS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ValueError(f"target {number} has the unknown key {unknown[0]!r}{hint}")
    name, aliases = entry.get("name"), entry.get("aliases", [])
    if not isinstance(name, str):
        raise ValueError(f"target {number} has no name that is text; {_HOW}")
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise ValueError(f"the aliases of target {number} are no list of texts; {_HOW}")
    return TargetName(name, tuple(aliases))


def written_targets(targets: Written) -> object:
    """Return targets as JSON has them: a word, null, or a list of mappings."""
    if targets is None or isinstance(targets, str):
        return targets
    return [{"name": target.name, "aliases": list(target.aliases)} for target in targets]
