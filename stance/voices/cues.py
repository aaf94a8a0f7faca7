"""Find the cues of a sentence: a verb or noun that reports, with its subject."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from stance.voices import lexicon as lex
from stance.voices.phrases import Range, first_phrase, phrase_after, phrase_before
from stance.voices.tokens import Token

_VERBS = lex.SPEECH.keys() | lex.THOUGHT.keys() | lex.INTENT.keys() | lex.STANCE.keys()
_CANDIDATES = frozenset(_VERBS | lex.CLAIMS | {"according"})
_CLITICS = lex.AUXILIARIES - {"being", "having", "'s"}
_OWNERS = lex.POSSESSIVES | {"'s"}
_NO_SUBJECT = {"'s", "of"} | (lex.DETERMINERS - lex.PLURALS - {"this"})
_GROUP = 8
"""The most auxiliaries and adverbs before a verb."""


@final
@dataclass(frozen=True, slots=True)
class Cue:
    """A reporting verb (or noun, or ``according to``) of a sentence, as places of its tokens.

    ``first`` to ``last`` (exclusive) is the cue itself, ``lead`` where its clause begins.
    ``kind``: finite, participle, joined (to a clause before), relative, inverted, according, noun.
    """

    kind: str
    first: int
    last: int
    verb: int
    lead: int
    subject: Range | None

    @property
    def cuts(self) -> bool:
        """Whether what an earlier cue reports ends before this one."""
        return self.kind in {"participle", "joined", "according"}


def find_cues(tokens: Sequence[Token]) -> list[Cue]:
    """Return the cues of a sentence in order."""
    cues: list[Cue] = []
    if _CANDIDATES.isdisjoint(token.low for token in tokens):
        return cues
    head = first_phrase(tokens)
    shouted = _is_title(tokens)
    for place, token in enumerate(tokens):
        if not token.is_word or (token.is_name and place and not shouted):
            continue
        subject = cues[-1].subject if cues else head
        cue = None
        if token.low == "according":
            cue = _according(tokens, place)
        elif token.low in _VERBS:
            cue = _verb(tokens, place, subject or head)
        if cue is None and token.low in lex.CLAIMS:
            cue = _noun(tokens, place)
        if cue is not None and not (cues and cue.first < cues[-1].last):
            cues.append(cue)
    return cues


def _is_title(tokens: Sequence[Token]) -> bool:
    """Whether most words have a capital, as in a headline."""
    words = [token for token in tokens if token.is_word and len(token.low) > 3]
    return sum(token.is_name for token in words) > 0.7 * len(words)


def form_of(low: str) -> str:
    """Return base, s, ed, pp or ing for a verb of the lexicon."""
    for table in (lex.SPEECH, lex.THOUGHT, lex.INTENT, lex.STANCE):
        if low in table:
            return table[low]
    return ""


def _according(tokens: Sequence[Token], place: int) -> Cue | None:
    if place + 1 >= len(tokens) or tokens[place + 1].low != "to":
        return None
    subject = phrase_after(tokens, place + 2)
    if subject is None:
        return None
    return Cue("according", place, place + 2, place, place, subject)


def _verb(tokens: Sequence[Token], place: int, above: Range | None) -> Cue | None:
    first, be, chained = _group(tokens, place)
    form = form_of(tokens[place].low)
    if first > 0 and tokens[first - 1].low == "to" and not chained:
        return None
    if form == "ing" and not be and not chained:
        return _participle(tokens, place, above)
    if (form in {"ed", "pp"} and be and not chained) or (form == "pp" and first == place):
        return None
    if first == place and place > 0 and tokens[place - 1].low in _NO_SUBJECT:
        return None
    return _finite(tokens, first, place, form, above)


def _group(tokens: Sequence[Token], place: int) -> tuple[int, bool, bool]:
    """Where the verb group begins, whether a form of be is in it, whether it is went on to say."""
    first, be, chained = place, False, False
    if place > 1 and tokens[place - 1].low == "to":
        verb = place - 2
        if tokens[verb].low == "on" and verb > 0:
            verb -= 1
        chained = tokens[verb].low in lex.CHAINS
        first = verb if chained else place
    while first > max(0, place - _GROUP) and _is_helper(tokens, first - 1):
        first -= 1
        be = be or tokens[first].low in lex.BE
    return first, be, chained


def _is_helper(tokens: Sequence[Token], place: int) -> bool:
    token = tokens[place]
    if token.low == "'s":
        return place > 0 and tokens[place - 1].low in lex.SUBJECTS
    helper = token.low in lex.AUXILIARIES or token.low in lex.ADVERBS
    return helper or token.low.endswith("n't") or (token.low.endswith("ly") and not token.is_name)


def _participle(tokens: Sequence[Token], place: int, above: Range | None) -> Cue | None:
    if place == 0:
        return None
    before = tokens[place - 1]
    if before.is_word and before.low not in {"while", "by", "and", "before", "after", "in", "then"}:
        subject = phrase_before(tokens, place)
        quoted = _low(tokens, place + 1) == "," or _is_quote(tokens, place + 1)
        named = subject and (tokens[subject[1] - 1].low in lex.DOCUMENTS or quoted)
        return Cue("finite", place, place + 1, place, place, subject) if named else None
    lead = place - 1 if before.is_word else place
    if lead > 0 and tokens[lead - 1].low == ",":
        lead -= 1
    return Cue("participle", place, place + 1, place, lead, above)


def _finite(
    tokens: Sequence[Token], first: int, place: int, form: str, above: Range | None
) -> Cue | None:
    before = tokens[first - 1] if first else None
    if before is None or not (before.is_word or before.kind == "aside" or before.low == ","):
        return _inverted(tokens, first, place)
    if _low(tokens, place + 1) in _CLITICS:
        return None
    if before.low in {"and", "but", "or", "then"}:
        lead = first - 2 if first > 1 and tokens[first - 2].low == "," else first - 1
        return Cue("joined", first, place + 1, place, lead, above) if above else None
    if before.low in {"who", "which", "that"}:
        return _relative(tokens, first, place)
    subject = phrase_before(tokens, first)
    if subject is None:
        return _inverted(tokens, first, place)
    if tokens[subject[1] - 1].low == "you":
        return None
    if first == place and not _agrees(tokens, subject, form):
        return None
    return Cue("finite", first, place + 1, place, subject[0], subject)


def _low(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].low if place < len(tokens) else ""


def _is_quote(tokens: Sequence[Token], place: int) -> bool:
    return place < len(tokens) and tokens[place].is_quote


def _relative(tokens: Sequence[Token], first: int, place: int) -> Cue | None:
    end = first - 1
    if end > 0 and tokens[end - 1].low == ",":
        end -= 1
    subject = phrase_before(tokens, end, apposed=False) if end else None
    if subject is None:
        return None
    return Cue("relative", first, place + 1, place, first - 1, subject)


def _inverted(tokens: Sequence[Token], first: int, place: int) -> Cue | None:
    if first != place or tokens[place].low not in lex.INVERTED or place == 0:
        return None
    subject = phrase_after(tokens, place + 1)
    if subject is None or tokens[subject[0]].low in {"that"}:
        return None
    return Cue("inverted", place, place + 1, place, place, subject)


def _agrees(tokens: Sequence[Token], subject: Range, form: str) -> bool:
    """Whether a present form fits its subject, so that it is no noun: officials claim."""
    if form not in {"base", "s"}:
        return True
    before = tokens[subject[0] - 1].low if subject[0] else ""
    if before in lex.STANCE or before in lex.INTENT:
        return False
    words = _head(tokens[subject[0] : subject[1]])
    last = words[-1]
    if last.low in {"who", "which"} or (last.is_name and last.low.endswith("s")):
        return True
    many = any(_is_plural(token) for token in (words if form == "base" else words[-1:]))
    return many == (form == "base")


def _head(tokens: Sequence[Token]) -> Sequence[Token]:
    """The words of a phrase before its first preposition, the last six of them."""
    end = next((k for k, token in enumerate(tokens) if token.low in lex.PREPOSITIONS and k), None)
    return tokens[:end][-6:]


def _is_plural(token: Token) -> bool:
    small = token.low.endswith("s") and not token.is_name and token.low not in lex.SINGULARS
    return small or token.low in lex.PLURALS


def _noun(tokens: Sequence[Token], place: int) -> Cue | None:
    """A noun that reports, behind the one whose it is: his claim that …"""
    start = place
    while start > max(0, place - 4) and tokens[start - 1].is_word and not tokens[start - 1].is_name:
        if tokens[start - 1].low in _OWNERS:
            break
        start -= 1
    if start == 0 or place + 1 >= len(tokens):
        return None
    owner = tokens[start - 1]
    if tokens[place + 1].low not in {"that", "to", "of", "about", "for"}:
        return None
    if owner.low in lex.POSSESSIVES:
        return Cue("noun", place, place + 1, place, start - 1, (start - 1, start))
    if owner.low == "'s" and start > 1:
        subject = phrase_before(tokens, start - 1, apposed=False)
        return Cue("noun", place, place + 1, place, start - 1, subject) if subject else None
    return None


def iter_cuts(tokens: Sequence[Token], cues: Sequence[Cue]) -> Iterator[int]:
    """Yield, in order, the places where what a cue reports ends at the latest."""
    leads = {cue.lead for cue in cues if cue.cuts}
    for place, token in enumerate(tokens):
        if token.low == ";" or place in leads:
            yield place
