"""Say who a speaker is: names as short as in the article, pronouns resolved where it is safe."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import final

from stance.voices import lexicon as lex
from stance.voices.phrases import Range
from stance.voices.tokens import Token

_GENERATIONS = frozenset({"jr.", "sr.", "jr", "sr", "ii", "iii", "iv"})
_MANY = 3
"""How many people of a sentence are remembered; more than one is ambiguous anyway."""

_FIRST = lex.BREAKS | lex.PREPOSITIONS | lex.DETERMINERS | lex.SUBJECTS | lex.ADVERBS | lex.DAYS
_GENDERS = {**dict.fromkeys(lex.FEMALE, "she"), **dict.fromkeys(lex.MALE, "he")}
_INSIDE = lex.PARTICLES - {"and", "la", "y"}
_PRONOUNS = {"he": "he", "his": "he", "him": "he", "she": "she", "her": "she", "hers": "she"}
_OFFICES = lex.TITLES - {"the", "of"}
_PLACES = frozenset(["in", "at", "from", "near", "across", "to", "outside"])
_SPACES = re.compile(r"\s+")


@final
@dataclass(slots=True)
class Cast:
    """The names of an article: how often each stands alone, its full forms, the pronoun it takes.

    ``pronouns`` come from titles (Mr., spokeswoman), ``voted`` from the pronouns used near a name;
    ``speakers`` are the last names of those who have spoken.
    """

    alone: Counter[str] = field(default_factory=Counter)
    full: dict[str, set[str]] = field(default_factory=dict)
    pronouns: dict[str, str] = field(default_factory=dict)
    voted: dict[str, str] = field(default_factory=dict)
    titled: set[str] = field(default_factory=set)
    speakers: set[str] = field(default_factory=set)

    def add(self, tokens: Sequence[Token]) -> None:
        """Take note of the names of a sentence."""
        for start, end in _names(tokens):
            bare = _without_titles(tokens, start, end)
            words = [token.text for token in tokens[bare:end] if token.is_word]
            if not words or words[-1].lower() in lex.BODIES:
                continue
            last = last_name(words)
            if len(words) == 1:
                self.alone[last] += 1
            else:
                self.full.setdefault(last, set()).add(" ".join(words))
            self._learn(tokens, start, bare, last)

    def _learn(self, tokens: Sequence[Token], start: int, bare: int, last: str) -> None:
        before = [tokens[place].low.rstrip(".") for place in range(max(0, start - 1), bare)]
        if bare > start:
            self.titled.add(last)
        for word in before:
            if word in _GENDERS:
                self.pronouns[last] = _GENDERS[word]

    def shorten(self, words: Sequence[str]) -> str:
        """Return the last name where the article uses it alone and for one person only."""
        last = last_name(words)
        if len(words) > 1 and self.alone[last] and len(self.full.get(last, ())) <= 1:
            return last
        return " ".join(words)

    def is_person(self, last: str) -> bool:
        """Whether a name is known to be a person's."""
        if len(last) > 1 and last.isupper():
            return False
        known = last in self.titled or last in self.speakers or last in self.pronouns
        return known or (self.alone[last] > 0 and last in self.full)

    def people(self, tokens: Sequence[Token]) -> dict[str, tuple[int, str]]:
        """Return the people named in a sentence: last name → first place and the name as said."""
        found: dict[str, tuple[int, str]] = {}
        for start, end in _names(tokens):
            bare = _without_titles(tokens, start, end)
            words = [token.text for token in tokens[bare:end] if token.is_word]
            last = last_name(words) if words else ""
            if not last or last.lower() in lex.BODIES or len(found) == _MANY:
                continue
            placed = start > 0 and tokens[start - 1].low in _PLACES
            if self.is_person(last) or (len(words) > 1 and not placed):
                found.setdefault(last, (start, self.shorten(words)))
        return found

    def vote(self, lines: Iterable[tuple[Sequence[Token], dict[str, tuple[int, str]]]]) -> None:
        """Learn the pronouns of people from sentences that name one person and use one pronoun."""
        votes: dict[str, Counter[str]] = {}
        for tokens, people in lines:
            used = {_PRONOUNS[token.low] for token in tokens if token.low in _PRONOUNS}
            if len(people) == 1 and len(used) == 1:
                votes.setdefault(next(iter(people)), Counter()).update(used)
        for last, counts in votes.items():
            (pronoun, most), total = counts.most_common(1)[0], counts.total()
            if most > 1 and most >= 0.75 * total:
                self.voted[last] = pronoun


def last_name(words: Sequence[str]) -> str:
    """Return the last word of a name but for Jr. and the like."""
    rest = [word for word in words if word.lower() not in _GENERATIONS]
    return rest[-1] if rest else words[-1]


def _names(tokens: Sequence[Token]) -> Iterator[Range]:
    """The runs of capitalised words, titles included, without a sentence's first small word."""
    place = 0
    while place < len(tokens):
        if not tokens[place].is_name or tokens[place].low in _FIRST or _is_verb(tokens[place].low):
            place += 1
            continue
        end = place + 1
        while end < len(tokens) and _continues(tokens, end):
            end += 1
        yield place, end
        place = end


def _is_verb(low: str) -> bool:
    return lex.SPEECH.get(low, "base") != "base"


def _continues(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.is_name:
        return token.low not in lex.DAYS
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    small = token.low in _INSIDE or token.low == "of"
    return small and after is not None and after.is_name


def _without_titles(tokens: Sequence[Token], start: int, end: int) -> int:
    """Where a name begins behind its titles: German Chancellor | Angela Merkel."""
    for place in range(end - 2, max(start, end - 12) - 1, -1):
        if _is_office(tokens[place]) or tokens[place].low == "'s":
            return place + 1
    return start


def name_of(tokens: Sequence[Token], phrase: Range) -> list[str] | None:
    """Return the words of the name a phrase ends with when it is the name of its subject."""
    kept = [token for token in tokens[phrase[0] : phrase[1]] if token.kind != "aside"]
    if not kept or not kept[-1].is_word or not kept[-1].text[0].isupper():
        return None
    start = len(kept)
    while start > 0 and _in_name(kept, start - 1):
        start -= 1
    before = [token.low.rstrip(".") for token in kept[:start]]
    if before and before[-1] not in lex.TITLES | lex.FEMALE | lex.MALE:
        return None
    bare = _without_titles(kept, start, len(kept))
    if before and any(low in {"of", "for"} for low in before[-1:]):
        return None
    words = [token.text for token in kept[bare:]]
    if words[-1].lower() in lex.BODIES or (len(words) == 1 and _is_office(kept[-1])):
        words = [token.text for token in kept[start:]]
    return words[1:] if words[0].lower() == "the" and len(words) > 1 else words


def _in_name(tokens: Sequence[Token], place: int) -> bool:
    """Whether a word belongs to the name behind it: van Damme, Secretary of State Blinken."""
    token = tokens[place]
    if token.is_name:
        return True
    if token.low == "of":
        return place > 0 and _is_office(tokens[place - 1])
    return token.low in lex.PARTICLES - {"and"} and 0 < place < len(tokens) - 1


def _is_office(token: Token) -> bool:
    return token.low.rstrip(".") in _OFFICES


def as_said(tokens: Sequence[Token], phrase: Range, text: str) -> str:
    """Return a phrase as the article says it, on one line."""
    start, end = tokens[phrase[0]].start, tokens[phrase[1] - 1].end
    said = _SPACES.sub(" ", text[start:end])
    first = tokens[phrase[0]]
    return said[0].lower() + said[1:] if first.low in lex.DETERMINERS | lex.PERSONAL else said


def resolve(
    pronoun: str,
    place: int,
    window: Iterable[dict[str, tuple[int, str]]],
    cast: Cast,
    lately: Container[str],
) -> str | None:
    """Return the one person whom a pronoun can mean, or None.

    It must be the only person around whose title does not forbid it; the article must have used
    that pronoun for the name elsewhere, or a title that goes with it, or else never the other
    pronoun while the person has just spoken.

    Args:
        pronoun: he or she; no other is resolved.
        place: Where it stands in its sentence.
        window: The people of its sentence, then those of the sentences before.
        cast: The names of the article.
        lately: The last names of those who spoke in the window.
    """
    if pronoun not in {"he", "she"}:
        return None
    found: dict[str, str] = {}
    for number, people in enumerate(window):
        for last, (first, name) in people.items():
            fits = cast.pronouns.get(last, pronoun) == pronoun
            if fits and (number or first < place):
                found.setdefault(last, name)
    if len(found) != 1:
        return None
    ((last, name),) = found.items()
    known = cast.pronouns.get(last, cast.voted.get(last))
    sure = cast.is_person(last) and (known == pronoun or (known is None and last in lately))
    return name if sure else None
