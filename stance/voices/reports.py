"""Find what the cues of a sentence report, and the quotations that belong to them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from stance.voices import lexicon as lex
from stance.voices.cues import Cue, find_cues, iter_cuts
from stance.voices.modifiers import is_quote_at, skip
from stance.voices.phrases import Range, first_phrase
from stance.voices.tokens import Token

_AHEAD = 16
_PLACED = lex.PLACED | lex.TIMES | {"and", "but"}
_SPEECH = lex.SPEECH.keys() | lex.THOUGHT.keys()


@final
@dataclass(frozen=True, slots=True)
class Report:
    """A cue with what it reports, as places of the tokens of its sentence.

    ``spoken`` is False for a wish, a judgement or a topic, which leave the words to the outlet.
    ``main`` says that the cue is the sentence's own verb: At the border, he said that …
    """

    cue: Cue
    contents: tuple[Range, ...]
    spoken: bool
    quotes: tuple[int, ...] = ()
    main: bool = False


def find_reports(tokens: Sequence[Token]) -> list[Report]:
    """Return the reports of a sentence in order."""
    cues = find_cues(tokens)
    if not cues:
        return []
    cuts = list(iter_cuts(tokens, cues))
    head = first_phrase(tokens)
    found = (_report(tokens, cue, cuts) for cue in cues)
    return [_with_main(report, head) for report in found if report is not None]


def _with_main(report: Report, head: Range | None) -> Report:
    subject = report.cue.subject
    if report.cue.kind != "finite" or head is None or subject is None:
        return report
    return replace(report, main=subject[0] == head[0])


def _report(tokens: Sequence[Token], cue: Cue, cuts: Sequence[int]) -> Report | None:
    if cue.kind == "according":
        return _according(tokens, cue)
    if cue.kind == "noun":
        return _noun(tokens, cue, cuts)
    low = tokens[cue.verb].low
    if low in lex.TAGS or cue.kind == "inverted":
        tag = _tag(tokens, cue, cuts)
        if tag is not None or cue.kind == "inverted":
            return tag
    return _right(tokens, cue, cuts)


# ------------------------------------------------------------------------------- to the left


def _tag(tokens: Sequence[Token], cue: Cue, cuts: Sequence[int]) -> Report | None:
    """A cue behind what it reports: “…,” he said. The deal failed, he said."""
    start = cue.lead
    if start == 0:
        return None
    after = cue.subject[1] if cue.kind == "inverted" and cue.subject else cue.last
    before = tokens[start - 1]
    quote = before.is_quote or (before.low == "," and start > 1 and tokens[start - 2].is_quote)
    comma = before.low in {",", "—", "–", "--"}
    if not (quote or comma) or not _tag_ends(tokens, cue, after, quoted=quote):
        return None
    if quote:
        return _quoted_tag(tokens, cue, start - 1 if before.is_quote else start - 2, after)
    left = _left(tokens, start - 1)
    if left is None:
        return None
    right = _inserted(tokens, skip(tokens, cue, after), cuts)
    return Report(cue, (left, right) if right else (left,), spoken=True)


def _tag_ends(tokens: Sequence[Token], cue: Cue, after: int, *, quoted: bool) -> bool:
    """Whether nothing is reported right behind the verb."""
    place = skip(tokens, cue, after)
    if place >= len(tokens):
        return True
    token = tokens[place]
    if token.low == "," and not quoted and is_quote_at(tokens, place + 1):
        return False
    if token.low in {"that", ":"} or (token.is_quote and place == after and not quoted):
        return False
    if token.is_quote:
        return quoted
    if not token.is_word:
        return True
    return token.low in _PLACED or (quoted and place > after)


def _quoted_tag(tokens: Sequence[Token], cue: Cue, place: int, after: int) -> Report:
    quotes = [tokens[place].quote]
    follow = _next_quote(tokens, after)
    if follow is not None:
        quotes.append(tokens[follow].quote)
    left = (place, place + 1)
    partial = place > 0 and not _opens(tokens, place)
    if partial:
        found = _left(tokens, place + 1)
        left = found or left
    return Report(
        cue, (left,), spoken=True, quotes=() if partial and follow is None else tuple(quotes)
    )


def _opens(tokens: Sequence[Token], place: int) -> bool:
    """Whether a quotation begins what is said, and is not part of a clause of the outlet."""
    before = tokens[place - 1]
    return not before.is_word or before.low in {"and", "but"} or place <= 1


def _next_quote(tokens: Sequence[Token], start: int) -> int | None:
    for place in range(start, min(len(tokens), start + _AHEAD)):
        if tokens[place].is_quote:
            return (
                place if not tokens[place - 1].is_word or tokens[place - 1].low == "and" else None
            )
    return None


def _left(tokens: Sequence[Token], end: int) -> Range | None:
    """The clause that ends at ``end``, from the start of the sentence or the last tag."""
    start = 0
    while start < end and (
        not (tokens[start].is_word or tokens[start].is_quote) or tokens[start].low in lex.OPENERS
    ):
        start += 1
    return (start, end) if end - start > 1 else None


def _inserted(tokens: Sequence[Token], after: int, cuts: Sequence[int]) -> Range | None:
    """What goes on behind a tag between commas: The deal, he said, is dead."""
    if after >= len(tokens) or tokens[after].low not in {",", "—", "–"}:
        return None
    start = after + 1
    if start >= len(tokens) or tokens[start].low in lex.BREAKS | {"according"}:
        return None
    if tokens[start].low.endswith("ing"):
        return None
    end = _end(tokens, start, cuts)
    return (start, end) if end > start else None


# ------------------------------------------------------------------------------ to the right


def _right(tokens: Sequence[Token], cue: Cue, cuts: Sequence[int]) -> Report | None:
    low = tokens[cue.verb].low
    spoken = low in lex.SPEECH or low in lex.THOUGHT
    place = skip(tokens, cue, cue.last)
    if place >= len(tokens):
        return None
    if tokens[place].low in {":", ","} and place + 1 < len(tokens) and tokens[place + 1].is_quote:
        place += 1
    if tokens[place].is_quote and spoken:
        return _quoted_right(tokens, cue, place, cuts)
    start, bounded = _object(tokens, place, low)
    if start is None:
        return None
    end = _end(tokens, start, cuts, bounded=bounded)
    clause = not bounded and not (low in lex.INTENT and tokens[start].low == "to")
    return Report(cue, ((start, end),), spoken=spoken and clause) if end > start else None


def _quoted_right(
    tokens: Sequence[Token], cue: Cue, place: int, cuts: Sequence[int]
) -> Report | None:
    end = _end(tokens, place, cuts)
    words = any(token.is_word for token in tokens[place + 1 : min(end, place + 8)])
    if words and not tokens[place].is_complete:
        return Report(cue, ((place, end),), spoken=True)
    return Report(cue, ((place, place + 1),), spoken=True, quotes=(tokens[place].quote,))


def _object(tokens: Sequence[Token], place: int, low: str) -> tuple[int | None, bool]:
    """Where what is reported begins, and whether it is a thing and no clause."""
    token = tokens[place]
    if token.low == ":":
        return place + 1, False
    if not (token.is_word or token.is_quote):
        return None, False
    if token.low in lex.CLAUSES:
        return place, False
    if low in lex.STRICT:
        return None, False
    if low in _SPEECH and token.low not in lex.ADVERBIALS:
        return place, False
    return _thing(low, token.low, place)


def _thing(low: str, follows: str, place: int) -> tuple[int | None, bool]:
    """Where the plan, object or topic of a verb begins."""
    if low in lex.INTENT and (follows == "to" or low.startswith(("want", "urg", "encourag"))):
        return place, False
    if low in lex.SPEAK:
        return (place + 1 if follows in {"about", "of", "out", "against"} else None), True
    if low in lex.STANCE or (low in lex.SPEECH and follows in lex.ADVERBIALS):
        return (place + 1 if follows in lex.ADVERBIALS - {"to"} else place), True
    return None, False


# ----------------------------------------------------------------------------------- others


def _according(tokens: Sequence[Token], cue: Cue) -> Report | None:
    """According to him, …; or …, according to him."""
    subject = cue.subject
    if subject is None:
        return None
    if cue.lead <= 1:
        start = next(
            (
                k + 1
                for k in range(subject[1], min(len(tokens), subject[1] + 40))
                if tokens[k].low == ","
            ),
            None,
        )
        end = _end(tokens, start, ()) if start else 0
        return Report(cue, ((start, end),), spoken=True) if start and end > start else None
    end = cue.lead - 1 if tokens[cue.lead - 1].low == "," else cue.lead
    left = _left(tokens, end)
    if left is None:
        return None
    if tokens[left[1] - 1].is_quote and left[1] - left[0] == 1:
        return Report(cue, (left,), spoken=True, quotes=(tokens[left[0]].quote,))
    return Report(cue, (left,), spoken=True)


def _noun(tokens: Sequence[Token], cue: Cue, cuts: Sequence[int]) -> Report | None:
    clause = tokens[cue.last].low == "that"
    start = cue.last if tokens[cue.last].low in {"that", "to"} else cue.last + 1
    end = _end(tokens, start, cuts, bounded=True)
    return Report(cue, ((start, end),), spoken=clause) if end > start else None


def _end(tokens: Sequence[Token], start: int, cuts: Sequence[int], *, bounded: bool = False) -> int:
    """Where a clause that begins at ``start`` ends: before the next cut or the closing stop."""
    place = bisect_right(cuts, start)
    end = cuts[place] if place < len(cuts) else len(tokens)
    if bounded:
        end = _bound(tokens, start, end)
    while end > start and not (tokens[end - 1].is_word or tokens[end - 1].is_quote):
        if tokens[end - 1].kind == "aside":
            break
        end -= 1
    return end


def _bound(tokens: Sequence[Token], start: int, end: int) -> int:
    for place in range(start, min(end, start + 60)):
        if tokens[place].low in {",", "—", "–", "after", "when", "while", "because", "but"}:
            return place
    return min(end, start + 60)
