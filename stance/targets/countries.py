"""Countries and territories with their other names and demonyms, from a table of our own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import final

from stance.targets.folding import key

_TABLE = Path(__file__).parent.parent / "assets" / "countries.tsv"

DECOYS = (
    *("Latin America", "South America", "North America", "Central America", "Latin American"),
    *("South American", "North American", "Central American", "Bank of America", "New Mexico"),
    *("New England", "Indian Ocean", "American Indian", "West Indian", "Voice of America"),
    *("French Guiana", "Dutch Caribbean", "Turks and Caicos", "New South Wales"),
)
"""Names that hold the name of a country and are not it."""


@final
@dataclass(frozen=True, slots=True)
class Country:
    """A country: ``names`` holds its name first, ``demonyms`` adjectives and what people are."""

    names: tuple[str, ...]
    demonyms: tuple[str, ...]


@cache
def countries() -> tuple[Country, ...]:
    """Return every country and territory of the table."""
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return tuple(_country(line) for line in lines if not line.startswith("#"))


def _country(line: str) -> Country:
    name, others, demonyms = (line + "\t\t").split("\t")[:3]
    names = (name, *(other for other in others.split(",") if other))
    return Country(names, tuple(demonym for demonym in demonyms.split(",") if demonym))


@cache
def by_name() -> Mapping[str, Country]:
    """Return the country of every name, by its key."""
    return {key(name): country for country in countries() for name in country.names}


@cache
def by_demonym() -> Mapping[str, Country]:
    """Return the country of every demonym that stands for one country only, plurals too."""
    shared = Counter(demonym for country in countries() for demonym in country.demonyms)
    forms = {
        form: country
        for country in countries()
        for demonym in country.demonyms
        if shared[demonym] == 1
        for form in (key(demonym), key(demonym) + "s")
    }
    return {form: country for form, country in forms.items() if form not in by_name()}


@cache
def _demonym_keys() -> frozenset[str]:
    forms = {key(demonym) for country in countries() for demonym in country.demonyms}
    return frozenset(forms | {f"{form}s" for form in forms}) - frozenset(by_name())


def is_demonym(surface: str) -> bool:
    """Tell whether a word is a demonym, singular or plural."""
    return key(surface) in _demonym_keys()
