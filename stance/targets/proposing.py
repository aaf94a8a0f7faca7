"""The most-named people, places and organisations of a corpus, without a model."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import final

from stance.records import Section, Sentence, TargetName
from stance.targets.folding import fold, key
from stance.targets.names import Name, ends_in_group, names_in

MOST = 8
KEPT = 100_000
"""Distinct names that are counted at once."""
SHORT = 10
"""Sentences below which one mention is enough."""


@final
@dataclass(slots=True)
class _Candidate:
    """A name with what is known of it while it is being counted."""

    surfaces: Counter[str] = field(default_factory=Counter)
    inside: int = 0
    country: bool = False

    @property
    def n(self) -> int:
        return sum(self.surfaces.values())


def propose_targets(sentences: Iterable[Sentence], *, most: int = MOST) -> tuple[TargetName, ...]:
    """Return the most-named people, places and organisations, most-named first.

    Names are runs of capitalised words; titles are cut off, demonyms count for their country, a
    surname or an acronym counts for the one full name it can stand for. Headlines are left out,
    where every word may have a capital. A name counts from two mentions on, in a corpus of fewer
    than `SHORT` sentences from one. Above `KEPT` names those seen least so far are forgotten (lossy
    counting, Manku & Motwani 2002), so that memory does not grow with the corpus.

    Args:
        sentences: The sentences, which are gone through several times.
        most: The most targets to return.
    """
    body = _Texts(sentences, headlines=False)
    texts = body if next(iter(body), None) is not None else _Texts(sentences, headlines=True)
    found = _merged(_candidates(texts))
    least = 1 if len(list(islice(texts, SHORT))) < SHORT else 2
    ranked = sorted(found.items(), key=lambda entry: -entry[1].n)
    return tuple(_target(name, c) for name, c in ranked if c.n >= least)[:most]


@final
@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of sentences, each time they are gone through."""

    sentences: Iterable[Sentence]
    headlines: bool

    def __iter__(self) -> Iterator[str]:
        for sentence in self.sentences:
            if self.headlines or sentence.section is not Section.HEADLINE:
                yield sentence.text


def _target(name: str, candidate: _Candidate) -> TargetName:
    if candidate.country:
        return TargetName(name)
    own = {key(name)}
    aliases = [s for s, _ in candidate.surfaces.most_common() if key(s) not in own]
    distinct = {key(alias): alias for alias in reversed(aliases)}
    return TargetName(name, tuple(sorted(distinct.values())))


def _candidates(texts: Iterable[str]) -> dict[str, _Candidate]:
    common = frozenset(_lower_words(texts))
    found: defaultdict[str, _Candidate] = defaultdict(_Candidate)
    least = 0
    for name in _names(texts, common):
        candidate = found[name.country or key(name.text)]
        candidate.country = name.country is not None
        candidate.surfaces[name.country or name.text] += 1
        candidate.inside += not name.first
        if len(found) > KEPT:
            least += 1
            _forget_rare(found, least)
    _forget_doubtful(found)
    return {c.surfaces.most_common(1)[0][0]: c for c in found.values()}


def _forget_rare(found: dict[str, _Candidate], most: int) -> None:
    for name in [name for name, candidate in found.items() if candidate.n <= most]:
        del found[name]


def _lower_words(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from re.findall(r"(?<![\w-])[a-z]+(?![\w-])", fold(text).text)


def _names(texts: Iterable[str], common: frozenset[str]) -> Iterator[Name]:
    for text in texts:
        if not text.isupper():
            yield from (name for name in names_in(text, common) if len(name.text) > 1)


def _forget_doubtful(found: dict[str, _Candidate]) -> None:
    """Drop words that stand only at the start of sentences and in no longer name."""
    within = {word for name in found for word in name.split() if " " in name}
    doubtful = [n for n, c in found.items() if not (c.inside or c.country or n in within)]
    for name in doubtful:
        del found[name]


def _merged(found: Mapping[str, _Candidate]) -> dict[str, _Candidate]:
    """Let a surname or an acronym count for the full name it stands for."""
    longer = _longer(found)
    homes = {
        name: _home(longer.get(key(name.replace(".", "")), ()), found)
        for name, c in found.items()
        if " " not in name and not c.country
    }
    kept = {name: c for name, c in found.items() if homes.get(name) is None}
    for name, home in homes.items():
        if home is not None:
            kept[home].surfaces.update(found[name].surfaces)
    return kept


def _longer(found: Mapping[str, _Candidate]) -> dict[str, list[str]]:
    """Return the full names that a surname or an acronym can stand for, by its key."""
    longer: defaultdict[str, list[str]] = defaultdict(list)
    for name, candidate in found.items():
        words = name.split()
        if candidate.country or len(words) < 2:
            continue
        initials = "".join(word[0] for word in words if word[0].isupper())
        if len(initials) > 1:
            longer[key(initials)].append(name)
        if not ends_in_group(name) and len(words) <= 4:
            longer[key(words[-1])].append(name)
    return longer


def _home(fits: Sequence[str], found: Mapping[str, _Candidate]) -> str | None:
    """Return the one full name that a word stands for, None where there is none or several.

    Of several people with one surname the most-named must be named more than twice as often.
    """
    ranked = sorted(fits, key=lambda name: -found[name].n)
    if len(ranked) > 1 and found[ranked[0]].n <= 2 * found[ranked[1]].n:
        return None
    return ranked[0] if ranked else None
