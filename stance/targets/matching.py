"""Where sentences name a target: aliases, demonyms, possessives and plurals, longest match."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from stance.records import Mention, Sentence, Span, TargetName
from stance.targets.countries import DECOYS, Country, by_name, countries
from stance.targets.folding import fold, key


@final
@dataclass(frozen=True, slots=True)
class Matcher:
    """Finds names in text; the owner of a group is a target, or None for a decoy.

    ``anycase`` is for text without a capital letter.
    """

    cased: re.Pattern[str]
    anycase: re.Pattern[str]
    owners: tuple[str | None, ...]

    def find(self, sentence: Sentence) -> tuple[Mention, ...]:
        """Return the mentions in a sentence, in order; none overlaps another."""
        folded = fold(sentence.text)
        pattern = self.cased if any(map(str.isupper, folded.text)) else self.anycase
        found: list[Mention] = []
        for match in pattern.finditer(folded.text):
            owner = self.owners[(match.lastindex or 1) - 1]
            if owner is not None:
                start, end = folded.span(*match.span())
                span = Span(sentence.start + start, sentence.start + end)
                found.append(Mention(owner, span))
        return tuple(found)


def make_matcher(targets: Sequence[TargetName]) -> Matcher:
    """Return the matcher of targets, of which no two may share a name."""
    names = sorted(_names(targets), key=lambda pair: (-len(pair[0]), pair[0]))
    cased = "|".join(f"({_pattern(name)})" for name, _ in names)
    anycase = "|".join(f"({_pattern(name, cased=False)})" for name, _ in names)
    return Matcher(
        re.compile(rf"(?<!\w)(?:{cased})(?!\w)"),
        re.compile(rf"(?<!\w)(?:{anycase})(?!\w)"),
        tuple(owner for _, owner in names),
    )


def _names(targets: Sequence[TargetName]) -> Iterator[tuple[str, str | None]]:
    """Yield every name once, with its owner: declared names, then implied ones, then decoys."""
    declared = {_plain(name): t.name for t in targets for name in (t.name, *t.aliases)}
    implied = {(_plain(n), t.name) for t in targets for n in implied_names(t)}
    owners = Counter(key(name) for name, _ in implied)
    taken = {key(name) for name in declared}
    once = {n: owner for n, owner in implied if owners[key(n)] == 1 and key(n) not in taken}
    yield from (declared | once).items()
    taken |= {key(name) for name in once}
    yield from ((name, None) for name in _decoys(taken) if key(name) not in taken)


def _plain(name: str) -> str:
    return " ".join(fold(name).text.split())


def country_of(target: TargetName) -> Country | None:
    """Return the country that a target is, by its name or an alias."""
    found = (by_name().get(key(name)) for name in (target.name, *target.aliases))
    return next((country for country in found if country is not None), None)


def implied_names(target: TargetName) -> tuple[str, ...]:
    """Return the other names and the demonyms of a target that is a country."""
    country = country_of(target)
    return () if country is None else (*country.names, *country.demonyms)


def _decoys(taken: set[str]) -> Iterator[str]:
    """Yield longer names of something else that hold a name of a target."""
    others = {n for country in countries() for n in (*country.names, *country.demonyms)}
    for name in sorted(others.union(DECOYS)):
        inside = f" {key(name).replace('-', ' ')} "
        if any(f" {short} " in inside for short in taken if short != key(name)):
            yield _plain(name)


def _pattern(name: str, *, cased: bool = True) -> str:
    body = _plural(name)
    if is_acronym(name):
        return re.escape(name)
    if cased and name[0].isupper():
        return f"{re.escape(name[0])}(?i:{body[len(re.escape(name[0])) :]})"
    return f"(?i:{body})"


def _plural(name: str) -> str:
    body = re.escape(name).replace(r"\ ", " +")
    if re.search("[^aeiou]y$", name):
        return f"{body[:-1]}(?:y|ies)"
    return body if name[-1] in "s." else f"{body}(?:s|es)?"


def is_acronym(name: str) -> bool:
    """Tell whether a name is an acronym (U.S., IDF), which is found only as it is written."""
    letters = [c for c in name if c.isalpha()]
    return len(letters) <= 4 and " " not in name and all(map(str.isupper, letters))
