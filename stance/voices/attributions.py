"""Join the reports of all sentences to attributions: quotations that run on, speakers, pronouns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import final

from stance.records import Span, Voice
from stance.voices import lexicon as lex
from stance.voices.marks import Quotation
from stance.voices.people import Cast, as_said, last_name, name_of, resolve
from stance.voices.phrases import Range, first_phrase, phrase_after
from stance.voices.reading import Reading
from stance.voices.reports import Report, find_reports
from stance.voices.tokens import Token, tokenize

_WINDOW = 2
"""How many sentences back a pronoun's person is looked for."""
_MANY = 4
"""How many speakers of a sentence are remembered for pronouns."""
_OWNERS = {"his": "he", "her": "she", "their": "they", "its": "it"}
_DASHES = frozenset({"―", "—", "–", "-", "--"})


@final
@dataclass(frozen=True, slots=True)
class Attribution:
    """What somebody is reported to have said, thought or wanted.

    ``content`` holds the reported words (quotation marks included), in order; ``kind`` is direct
    where all of them are quotations, else indirect. ``speaker`` is a short name where the speaker
    is named, else as the article says it; None where nobody could be found. ``resolved`` is False
    for None and for a pronoun that is kept because it may mean several people. ``spoken`` is False
    for a wish, a judgement or a topic: the words are the outlet's. ``main`` is True where the
    reporting verb is the first of its sentence, so that the whole sentence is a report.
    """

    content: tuple[Span, ...]
    cue: Span | None
    speaker_span: Span | None
    kind: Voice
    speaker: str | None = None
    resolved: bool = False
    spoken: bool = True
    main: bool = False


@final
@dataclass(slots=True)
class _Line:
    """A sentence with its tokens; ``paragraph`` is the number of its paragraph."""

    paragraph: int
    tokens: list[Token]
    reports: list[Report]
    people: dict[str, tuple[int, str]] = field(default_factory=dict)
    speakers: set[str] = field(default_factory=set)


@final
@dataclass(slots=True)
class _Draft:
    """An attribution in the making: whose sentence, which cue, which quotations and clauses."""

    line: int
    cue: Range | None
    subject: Range | None
    spoken: bool = True
    main: bool = False
    quotes: list[int] = field(default_factory=list)
    clauses: list[Range] = field(default_factory=list)


def attribute(
    reading: Reading, paragraphs: Sequence[Sequence[Span]], quotations: Sequence[Quotation]
) -> list[Attribution]:
    """Return the attributions of a text in the order of their sentences, as it is read."""
    lines = _read_lines(reading, paragraphs, quotations)
    drafts = _drafts(lines)
    owners = {quote: draft for draft in drafts for quote in draft.quotes}
    drafts += _unowned(lines, quotations, owners)
    drafts.sort(key=lambda draft: draft.line)
    cast = _cast(lines, drafts)
    made = (_finish(draft, lines, quotations, reading.text, cast) for draft in drafts)
    return [attribution for attribution in made if attribution.content]


def _read_lines(
    reading: Reading, paragraphs: Sequence[Sequence[Span]], quotations: Sequence[Quotation]
) -> list[_Line]:
    ends = [quotation.span.end for quotation in quotations]
    lines = []
    for number, sentences in enumerate(paragraphs):
        for sentence in sentences:
            tokens = tokenize(reading.text, sentence, quotations, ends)
            lines.append(_Line(number, tokens, find_reports(tokens)))
    return lines


def _drafts(lines: Sequence[_Line]) -> list[_Draft]:
    """One draft a report; a quotation belongs to the first that claims it."""
    drafts, taken = [], set()
    for number, line in enumerate(lines):
        for report in line.reports:
            cue = (report.cue.first, report.cue.last)
            draft = _Draft(number, cue, report.cue.subject, report.spoken, report.main)
            draft.quotes = [quote for quote in report.quotes if quote not in taken]
            taken.update(draft.quotes)
            draft.clauses = [part for part in report.contents if not _is_quote(line, part)]
            if draft.quotes or draft.clauses:
                drafts.append(draft)
    return drafts


def _is_quote(line: _Line, part: Range) -> bool:
    return part[1] - part[0] == 1 and line.tokens[part[0]].is_quote


# ------------------------------------------------------------------- quotations without a verb


def _unowned(
    lines: Sequence[_Line], quotations: Sequence[Quotation], owners: dict[int, _Draft]
) -> list[_Draft]:
    """Give every quotation that stands by itself to the speaker before it, or to nobody."""
    drafts: list[_Draft] = []
    clauses = _in_clauses(lines)
    for quote, number, place in _first_places(lines):
        if quote in owners:
            continue
        if quotations[quote].continues and quote - 1 in owners:
            _give(quote, owners[quote - 1], owners)
        elif quote not in clauses and _stands_alone(lines[number], place):
            draft = _neighbour(lines, quote, number, place, owners)
            if draft is None:
                draft = _introduced(lines, number, place) or _signed(lines, quote, number, place)
                draft = draft or _nobody(lines[number], number, place)
                if draft is None:
                    continue
                drafts.append(draft)
            _give(quote, draft, owners)
    return drafts


def _give(quote: int, draft: _Draft, owners: dict[int, _Draft]) -> None:
    draft.quotes.append(quote)
    owners[quote] = draft


def _in_clauses(lines: Sequence[_Line]) -> set[int]:
    """The quotations inside what a sentence reports indirectly."""
    found = set()
    for line in lines:
        reach = 0
        parts = sorted(part for report in line.reports for part in report.contents)
        for start, end in parts:
            for place in range(max(start, reach), end):
                if line.tokens[place].is_quote:
                    found.add(line.tokens[place].quote)
            reach = max(reach, end)
    return found


def _first_places(lines: Sequence[_Line]) -> Iterator[tuple[int, int, int]]:
    """Quotation, sentence and token where each quotation begins."""
    last = -1
    for number, line in enumerate(lines):
        for place, token in enumerate(line.tokens):
            if token.quote > last:
                last = token.quote
                yield last, number, place


def _stands_alone(line: _Line, place: int) -> bool:
    """Whether a quotation is no part of a clause of the outlet."""
    before = line.tokens[place - 1] if place else None
    return before is None or before.low in {":"} | _DASHES or before.is_quote


def _neighbour(
    lines: Sequence[_Line], quote: int, number: int, place: int, owners: dict[int, _Draft]
) -> _Draft | None:
    """The attribution of a quotation before or behind it in the same paragraph."""
    if place and lines[number].tokens[place - 1].low == ":":
        return None
    for other in (quote - 1, quote + 1):
        draft = owners.get(other)
        if draft is not None and lines[draft.line].paragraph == lines[number].paragraph:
            return draft
    return None


def _introduced(lines: Sequence[_Line], number: int, place: int) -> _Draft | None:
    """The speaker of a colon before a quotation: The minister was blunt: “…”."""
    if place == 0:
        number -= 1
        if number < 0 or not lines[number].tokens or lines[number].tokens[-1].low != ":":
            return None
        place = len(lines[number].tokens)
    line = lines[number]
    if line.tokens[place - 1].low != ":":
        return None
    cues = [report.cue for report in line.reports if report.cue.last <= place]
    subject = cues[-1].subject if cues else first_phrase(line.tokens)
    cue = (cues[-1].first, cues[-1].last) if cues else (place - 1, place)
    return _Draft(number, cue, subject) if subject else None


def _signed(lines: Sequence[_Line], quote: int, number: int, place: int) -> _Draft | None:
    """The name behind a dash after a quotation, on its line or the next."""
    while quote in {
        token.quote for line in lines[number + 1 : number + 2] for token in line.tokens[:1]
    }:
        number, place = number + 1, 0
    tokens, place = lines[number].tokens, place + 1
    if place >= len(tokens) and number + 1 < len(lines):
        number, tokens, place = number + 1, lines[number + 1].tokens, 0
    if place + 1 >= len(tokens) or tokens[place].low not in _DASHES:
        return None
    subject = phrase_after(tokens, place + 1)
    if subject is None or not tokens[subject[0]].is_name:
        return None
    return _Draft(number, (place, place + 1), subject)


def _nobody(line: _Line, number: int, place: int) -> _Draft | None:
    """An attribution to nobody where the quotation is all of its sentence, and long enough."""
    if place or any(token.is_word for token in line.tokens):
        return None
    return _Draft(number, None, None) if line.tokens[0].end - line.tokens[0].start > 15 else None


# ------------------------------------------------------------------------------------ speakers


def _cast(lines: Sequence[_Line], drafts: Sequence[_Draft]) -> Cast:
    cast = Cast()
    for line in lines:
        cast.add(line.tokens)
    for draft in drafts:
        words = draft.subject and name_of(lines[draft.line].tokens, draft.subject)
        if words and words[-1].lower() not in lex.BODIES:
            if len(lines[draft.line].speakers) < _MANY:
                lines[draft.line].speakers.add(last_name(words))
            cast.speakers.update([last_name(words)] if len(words) > 1 else [])
    if any(_pronoun(draft, lines) for draft in drafts):
        for line in lines:
            line.people = cast.people(line.tokens)
        cast.vote((line.tokens, line.people) for line in lines)
    return cast


def _pronoun(draft: _Draft, lines: Sequence[_Line]) -> str | None:
    """Return he, she, they … where the speaker is a pronoun."""
    if draft.subject is None or draft.subject[1] - draft.subject[0] > 1:
        return None
    low = lines[draft.line].tokens[draft.subject[0]].low
    low = _OWNERS.get(low, low)
    return low if low in lex.PERSONAL | lex.POSSESSIVES else None


def _speaker(
    draft: _Draft, lines: Sequence[_Line], text: str, cast: Cast
) -> tuple[str | None, bool]:
    if draft.subject is None:
        return None, False
    tokens = lines[draft.line].tokens
    low = _pronoun(draft, lines)
    if low is not None:
        lately = lines[max(0, draft.line - _WINDOW) : draft.line]
        window = [lines[draft.line].people, *(line.people for line in lately)]
        spoke = {last for line in (*lately, lines[draft.line]) for last in line.speakers}
        found = resolve(low, draft.subject[0], window, cast, spoke)
        return found or low, found is not None
    words = name_of(tokens, draft.subject)
    return cast.shorten(words) if words else as_said(tokens, draft.subject, text), True


def _finish(
    draft: _Draft, lines: Sequence[_Line], quotations: Sequence[Quotation], text: str, cast: Cast
) -> Attribution:
    tokens = lines[draft.line].tokens
    clauses = [Span(tokens[start].start, tokens[end - 1].end) for start, end in draft.clauses]
    quotes = [quotations[quote].span for quote in draft.quotes]
    speaker, resolved = _speaker(draft, lines, text, cast)
    return Attribution(
        content=tuple(sorted([*clauses, *quotes], key=lambda span: span.start)),
        cue=_span(tokens, draft.cue),
        speaker_span=_span(tokens, draft.subject),
        kind=Voice.INDIRECT if clauses else Voice.DIRECT,
        speaker=speaker,
        resolved=resolved,
        spoken=draft.spoken,
        main=draft.main,
    )


def _span(tokens: Sequence[Token], part: Range | None) -> Span | None:
    return None if part is None else Span(tokens[part[0]].start, tokens[part[1] - 1].end)
