"""Targets: who or what a stance is taken toward, declared or proposed, and where it is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stance.errors import ConfigError
from stance.records import Mention, Sentence, TargetName
from stance.targets.countries import is_demonym
from stance.targets.folding import key, visible
from stance.targets.linking import link_mentions
from stance.targets.matching import make_matcher
from stance.targets.proposing import MOST, propose_targets

__all__ = [
    "LONGEST",
    "MOST",
    "check_targets",
    "find_mentions",
    "is_demonym",
    "parse_targets",
    "propose_targets",
    "target_faults",
    "visible",
]

LONGEST = 100
"""Most characters of a name of a target."""
_WRITE = 'write "Israel=Israeli,IDF; Hamas"'


def find_mentions(
    sentences: Sequence[Sentence], targets: Sequence[TargetName]
) -> list[tuple[Mention, ...]]:
    """Return where every sentence mentions a target, in order; one entry a sentence.

    An alias is found as a whole word, its first letter in the case it is written in, the longest
    first; plurals, possessives, accents and invisible characters do not matter. A country is also
    found by its other names and demonyms. An acronym of up to four letters is found only as it is
    written, and text without any capital is read without regard to case.

    Raises:
        ConfigError: The targets cannot be told apart or a name cannot be used.
    """
    check_targets(targets)
    if not targets:
        return [() for _ in sentences]
    matcher = make_matcher(targets)
    direct = [matcher.find(sentence) for sentence in sentences]
    return link_mentions(sentences, direct, targets)


def parse_targets(text: str) -> tuple[TargetName, ...]:
    """Return the targets written as ``Israel=Israeli,IDF; Hamas``.

    Raises:
        ConfigError: A name is empty, too long or shared.
    """
    parts = [part for part in text.split(";") if part.strip()]
    if not parts:
        raise ConfigError(f"no target is named in {text[:LONGEST]!r}; {_WRITE}, auto or none")
    targets = tuple(_parse_one(part) for part in parts)
    check_targets(targets)
    return targets


def _parse_one(part: str) -> TargetName:
    name, equals, aliases = part.partition("=")
    if equals and not aliases.strip():
        raise ConfigError(f"the target {name.strip()[:40]!r} has an = and no alias; {_WRITE}")
    own = tuple(alias.strip() for alias in aliases.split(",")) if equals else ()
    return TargetName(name.strip(), own)


def check_targets(targets: Sequence[TargetName]) -> None:
    """Check that every name can be found and belongs to one target.

    Raises:
        ConfigError: They cannot; the message names every fault.
    """
    faults = list(target_faults(targets))
    if faults:
        raise ConfigError("; ".join(faults))


def target_faults(targets: Sequence[TargetName]) -> Iterator[str]:
    """Yield what is wrong with targets: names empty, too long, without a letter, or shared."""
    owners: dict[str, int] = {}
    for place, target in enumerate(targets):
        for name in (target.name, *target.aliases):
            fault = _name_fault(name, target.name, place)
            other = owners.setdefault(key(name), place)
            if fault:
                yield fault
            elif other != place:
                yield _shared(name, targets[other].name, target.name)


def _name_fault(name: str, owner: str, place: int) -> str | None:
    whose = f"target {place + 1}" + (f" ({owner[:40]!r})" if key(owner) else "")
    what = "name" if name == owner else "alias"
    if not key(name):
        return f"{whose} has an empty {what}; name it or leave it out"
    if len(name) > LONGEST:
        return f"{whose} has a {what} of {len(name)} characters; at most {LONGEST} can be used"
    if not any(map(str.isalnum, name)):
        return f"{whose} has the {what} {name!r} without a letter; use one that texts hold"
    return None


def _shared(name: str, first: str, second: str) -> str:
    if key(first) == key(second):
        return f"the target {first!r} is there twice; keep one"
    return f"the targets {first!r} and {second!r} share the name {name!r}; give it to one of them"
