"""Find the noun phrase that ends or begins at a place of a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from stance.voices.lexicon import (
    ADVERBS,
    AUXILIARIES,
    BREAKS,
    DAYS,
    DETERMINERS,
    INTENT,
    PARTICLES,
    PERSONAL,
    POSSESSIVES,
    PREPOSITIONS,
    SPEECH,
    SUBJECTS,
    TIMES,
)
from stance.voices.tokens import Token

_LONGEST = 24
"""The most tokens of a noun phrase."""

_COMMAS = 4
"""The most commas between a name and its verb: Jo Doe, 57, a driver from Columbus, Ohio, said."""

_HELPERS = AUXILIARIES - {"'s"}
_ENDS = BREAKS | (TIMES - {"this"})
_NOT_IN_SUBJECT = _HELPERS | BREAKS | ADVERBS
_IN_NAMES = PREPOSITIONS | PARTICLES | {"'s"}
_LOOSE = PREPOSITIONS | (DETERMINERS - {"this", "all"})
_LEADING = ADVERBS | {"'s", "and", "or"}
_UNFINISHED = PREPOSITIONS | POSSESSIVES | {"'s"}
_SET_OFF = PREPOSITIONS | BREAKS

Range: TypeAlias = tuple[int, int]


def phrase_before(tokens: Sequence[Token], end: int, *, apposed: bool = True) -> Range | None:
    """Return the noun phrase that ends at ``end``, without its apposition; None without one.

    Args:
        tokens: The sentence.
        end: Where the phrase ends.
        apposed: Whether an apposition between commas may stand before ``end``.
    """
    end = _without_times(tokens, _without_asides(tokens, end))
    if end == 0:
        return None
    if tokens[end - 1].low == ",":
        return _apposed(tokens, end - 1) if apposed else None
    if not tokens[end - 1].is_word:
        return None
    if tokens[end - 1].low in SUBJECTS:
        return end - 1, end
    start = _trim(tokens, _walk_back(tokens, end), end)
    if start is None:
        return None
    name = _name_apposed(tokens, start)
    return name or (start, end)


def phrase_after(tokens: Sequence[Token], start: int) -> Range | None:
    """Return the noun phrase that begins at ``start``."""
    place = start
    while place < min(len(tokens), start + _LONGEST) and not _stops(tokens, start, place):
        place += 1
        if tokens[place - 1].low in PERSONAL:
            break
    while place > start and tokens[place - 1].low in _LOOSE:
        place -= 1
    return (start, place) if _is_phrase(tokens, start, place) else None


def _stops(tokens: Sequence[Token], start: int, place: int) -> bool:
    token = tokens[place]
    if token.kind == "aside":
        return place == start
    if not token.is_word or token.low in _ENDS:
        return not _joins(tokens, place)
    return token.low in _HELPERS or (token.low in PERSONAL and place > start)


def first_phrase(tokens: Sequence[Token]) -> Range | None:
    """Return the noun phrase that the sentence begins with, behind what a comma sets off."""
    start = 0
    while start < min(len(tokens), 4) and tokens[start].low in {"and", "but", "still", ",", "yet"}:
        start += 1
    while start < min(len(tokens) - 1, 40) and _is_set_off(tokens, start):
        comma = next((k for k in range(start, min(len(tokens), 40)) if tokens[k].low == ","), None)
        if comma is None:
            return None
        start = comma + 1
    if start >= len(tokens) or not (tokens[start].is_name or tokens[start].low in DETERMINERS):
        return None
    if tokens[start].low in SUBJECTS:
        return start, start + 1
    return _until_verb(tokens, start)


def _is_set_off(tokens: Sequence[Token], start: int) -> bool:
    """Whether what begins here stands before the subject: In 2015, …; Chastened by it, …"""
    token = tokens[start]
    if token.low in PREPOSITIONS | BREAKS or token.text[0].isdigit():
        return True
    return token.low.endswith(("ed", "ing")) and tokens[start + 1].low in _SET_OFF


def _until_verb(tokens: Sequence[Token], start: int) -> Range | None:
    place = start
    while place < min(len(tokens), start + _LONGEST) and tokens[place].kind in {"word", "aside"}:
        token = tokens[place]
        verb = not token.is_name and (token.low in SPEECH or token.low in INTENT)
        ended = token.low.endswith(("ed", "ly")) and not token.is_name
        if token.low in _NOT_IN_SUBJECT or verb or ended:
            break
        before = tokens[place - 1]
        behind = place > start and before.is_name and before.low not in DETERMINERS
        if behind and not token.is_name and token.low not in _IN_NAMES:
            break
        place += 1
    return (start, place) if _is_phrase(tokens, start, place) else None


def _without_asides(tokens: Sequence[Token], end: int) -> int:
    while end > 0 and tokens[end - 1].kind == "aside":
        end -= 1
    return end


def _without_times(tokens: Sequence[Token], end: int) -> int:
    """Where a phrase ends without its time: Biden on Wednesday."""
    if end > 1 and tokens[end - 1].low in DAYS:
        return end - 2 if tokens[end - 2].low == "on" else end - 1
    return end


def _walk_back(tokens: Sequence[Token], end: int) -> int:
    place = end
    while place > max(0, end - _LONGEST):
        token = tokens[place - 1]
        if token.kind == "aside":
            place -= 1
            continue
        if not token.is_word or _breaks(tokens, place - 1):
            break
        place -= 1
        if token.low in DETERMINERS and not _goes_on(tokens, place):
            break
    return place


def _breaks(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.low in BREAKS:
        return not _joins(tokens, place)
    if token.low in SUBJECTS:
        return True
    if token.low in AUXILIARIES and token.low != "'s":
        return True
    return not token.is_name and (_is_verb(token.low) or _is_past(tokens, place))


def _is_verb(low: str) -> bool:
    if low in {"says", "say", "told", "found", "thought", "knew", "saw", "heard", "wants", "want"}:
        return True
    return SPEECH.get(low) in {"ed", "ing"}


def _is_past(tokens: Sequence[Token], place: int) -> bool:
    """Whether a word is a verb and no adjective: Trump scrutinized reports, elected officials."""
    if not tokens[place].low.endswith("ed") or place == 0:
        return False
    before = tokens[place - 1]
    return before.low in SUBJECTS or before.is_name


def _goes_on(tokens: Sequence[Token], place: int) -> bool:
    """Whether a phrase goes on before its determiner: director of the program."""
    if place == 0:
        return False
    before = tokens[place - 1].low
    if before in {"all", "both", "one", "some", "many", "most"}:
        return True
    return before in PREPOSITIONS and place > 1 and tokens[place - 2].is_word


def _joins(tokens: Sequence[Token], place: int) -> bool:
    """Whether ``and`` joins two names or two nouns of one phrase."""
    if tokens[place].low not in {"and", "&", "or"} or not 0 < place < len(tokens) - 1:
        return False
    before, after = tokens[place - 1], tokens[place + 1]
    return before.is_name and after.is_name and after.low not in SUBJECTS


def _trim(tokens: Sequence[Token], start: int, end: int) -> int | None:
    """Where the phrase begins, or None where it is none."""
    while start < end and (
        tokens[start].kind == "aside"
        or tokens[start].low in _LEADING
        or tokens[start].low.endswith("ly")
    ):
        start += 1
    if start < end and tokens[start].low in PREPOSITIONS:
        start = _last_name(tokens, start, end)
    return start if _is_phrase(tokens, start, end) else None


def _last_name(tokens: Sequence[Token], start: int, end: int) -> int:
    """Where the last name or determined noun of a phrase begins: In Ohio, on Monday, Trump."""
    place = end
    if not tokens[end - 1].is_name:
        while place > start and tokens[place - 1].low not in DETERMINERS:
            place -= 1
        before = tokens[place - 2].low if place > start + 1 else ""
        return place - 1 if place > start and before not in PREPOSITIONS else end
    while place > start and (tokens[place - 1].is_name or tokens[place - 1].kind == "aside"):
        if tokens[place - 1].low in DAYS:
            break
        place -= 1
    return place if place > start + 1 or tokens[start].low in DAYS else end


def _is_phrase(tokens: Sequence[Token], start: int, end: int) -> bool:
    words = [token for token in tokens[start:end] if token.is_word]
    if not words or all(word.low in TIMES | DETERMINERS - PERSONAL for word in words):
        return bool(words) and words[0].low in {"some", "many", "others", "most", "several", "few"}
    if words[-1].low in _UNFINISHED:
        return False
    return any(word.text[0].isalpha() for word in words)


def _apposed(tokens: Sequence[Token], comma: int) -> Range | None:
    """The name before an apposition that ends at a comma: Jo Doe, a lawyer, said."""
    found, commas = None, 0
    for place in range(comma - 1, max(0, comma - 40), -1):
        commas += tokens[place].low == ","
        if commas > _COMMAS or tokens[place].low in {";", ":"} or tokens[place].is_quote:
            break
        if tokens[place].low == "," and _is_apposition(tokens, place + 1, comma):
            if found is None:
                found = phrase_before(tokens, place, apposed=False)
            named = _name_before(tokens, place)
            if named is not None:
                return named
    return found if found and tokens[found[0]].low not in PREPOSITIONS else None


def _is_apposition(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether what stands between two commas says who somebody is."""
    if end - start < 1 or not (tokens[start].is_word or tokens[start].kind == "aside"):
        return False
    first = tokens[start]
    if first.low in {"who", "whose", "which"}:
        return True
    if first.low in BREAKS | SUBJECTS - {"who", "which"}:
        return False
    return not any(token.low in _HELPERS for token in tokens[start : start + 3])


def _name_apposed(tokens: Sequence[Token], start: int) -> Range | None:
    """The name before an apposition without its second comma: Jo Doe, director of X said."""
    if start < 2 or tokens[start - 1].low != "," or tokens[start].low in PERSONAL:
        return None
    if tokens[start].is_name and tokens[start].low not in DETERMINERS:
        return None
    return _name_before(tokens, start - 1)


def _name_before(tokens: Sequence[Token], end: int) -> Range | None:
    """The name of two or more words that ends at ``end`` and begins a clause."""
    place = end
    while place > max(0, end - _LONGEST) and (
        tokens[place - 1].is_name or tokens[place - 1].low in PARTICLES - {"and", "la", "le"}
    ):
        place -= 1
    opens = place == 0 or not tokens[place - 1].is_word or tokens[place - 1].low in BREAKS
    many = end - place > 1 and not any(token.low in DAYS for token in tokens[place:end])
    return (place, end) if opens and many and tokens[place].low not in PREPOSITIONS else None
