"""Step over what stands between a verb and what it reports: addressee, time and occasion."""

from __future__ import annotations

from collections.abc import Sequence

from stance.voices import lexicon as lex
from stance.voices.cues import Cue
from stance.voices.phrases import phrase_after
from stance.voices.tokens import Token

_AHEAD = 16
_HELPERS = lex.AUXILIARIES - {"'s"}
_TIMES = lex.TIMES - {"this"}
_TO_CLAUSE = frozenset(["that", "to", "how", "why", "what", ":", "if", "whether"])


def skip(tokens: Sequence[Token], cue: Cue, place: int) -> int:
    """Step over addressee, time and occasion behind the verb."""
    if tokens[cue.verb].low in lex.ADDRESSED and cue.kind != "inverted":
        place = _skip_addressee(tokens, place)
    if tokens[cue.verb].low.startswith("point") and low_at(tokens, place) == "out":
        place += 1
    for _ in range(4):
        step = _skip_one(tokens, place)
        if step == place:
            break
        place = step
    return place


def _skip_one(tokens: Sequence[Token], place: int) -> int:
    low = low_at(tokens, place)
    if low in _TIMES or low.endswith("ly"):
        return place + 1
    if low == "this" and low_at(tokens, place + 1) in lex.TIMES:
        return place + 2
    if low in {"on", "in", "at", "during", "by", "via", "after", "through", "before", "of"}:
        return _skip_occasion(tokens, place)
    if low == "to" and low_at(tokens, place + 1) in {"reporters", "the", "a", "him", "her"}:
        return _skip_occasion(tokens, place)
    return place


def _skip_occasion(tokens: Sequence[Token], place: int) -> int:
    """Step over in a statement on Monday; what follows ``that`` or a mark is reported anyway."""
    for ahead in range(place + 1, min(len(tokens), place + _AHEAD)):
        token = tokens[ahead]
        if token.low == "that" or token.low == ":" or token.is_quote:
            return ahead
        if token.low == "," and is_quote_at(tokens, ahead + 1):
            return ahead
        if token.low in lex.CLAUSES or token.low in _HELPERS or token.low == ",":
            break
    for ahead in range(place + 1, min(len(tokens), place + 7)):
        token = tokens[ahead]
        if not token.is_word:
            break
        if token.low in lex.OCCASIONS or token.low in lex.DAYS:
            return ahead + 1
    return place


def _skip_addressee(tokens: Sequence[Token], place: int) -> int:
    if low_at(tokens, place) in {"him", "her", "them", "us", "me", "it", "reporters", "you"}:
        return place + 1
    for ahead in range(place, min(len(tokens), place + _AHEAD)):
        token = tokens[ahead]
        if token.low in _TO_CLAUSE or token.is_quote:
            return ahead
        if token.low == "," or token.low in _HELPERS:
            break
    found = phrase_after(tokens, place)
    return found[1] if found else place


def is_quote_at(tokens: Sequence[Token], place: int) -> bool:
    """Whether a quotation stands at a place."""
    return place < len(tokens) and tokens[place].is_quote


def low_at(tokens: Sequence[Token], place: int) -> str:
    """Return the word at a place in small letters; "" behind the end."""
    return tokens[place].low if place < len(tokens) else ""
