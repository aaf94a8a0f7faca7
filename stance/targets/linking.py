"""Pronouns and "the country" that the sentence before makes unambiguous; nothing else is linked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stance.records import Mention, Section, Sentence, Span, TargetName
from stance.targets.countries import by_name
from stance.targets.folding import fold, key
from stance.targets.matching import country_of, is_acronym
from stance.targets.names import ends_in_group, names_in

_PRONOUN = re.compile(r"^\W*(He|She|he|she)\b(?!')")
_COUNTRY = re.compile(r"\b([Tt]he country|[Tt]he nation)\b")


def is_person(target: TargetName) -> bool:
    """Tell whether a target goes by a first name and a surname; a surname alone is not enough."""
    return country_of(target) is None and any(
        _is_full_name(name) for name in (target.name, *target.aliases)
    )


def _is_full_name(name: str) -> bool:
    words = name.split()
    capitals = all(word[:1].isupper() and not is_acronym(word) for word in words)
    return len(words) in {2, 3} and capitals and not ends_in_group(name)


def link_mentions(
    sentences: Sequence[Sentence],
    mentions: Sequence[tuple[Mention, ...]],
    targets: Sequence[TargetName],
) -> list[tuple[Mention, ...]]:
    """Return the mentions with those linked from the sentence before.

    "He" or "she" at the start of a sentence is linked to a person, "the country" before any other
    name to a country, where the sentence before names exactly one target of that kind and nobody
    and nothing else that it could stand for.
    """
    people = {target.name for target in targets if is_person(target)}
    lands = {target.name for target in targets if country_of(target) is not None}
    linked = list(mentions)
    for place in range(1, len(sentences)):
        before, here = sentences[place - 1], sentences[place]
        if _follows(before, here) and mentions[place - 1]:
            found = _linked(before, here, mentions[place - 1], {"person": people, "land": lands})
            present = {mention.target for mention in mentions[place]}
            if found is not None and found.target not in present:
                linked[place] = tuple(
                    sorted((*mentions[place], found), key=lambda m: (m.span.start, m.span.end))
                )
    return linked


def _follows(before: Sentence, here: Sentence) -> bool:
    same = before.article_id == here.article_id and here.id == before.id + 1
    return same and Section.HEADLINE not in (before.section, here.section)


def _linked(
    before: Sentence,
    here: Sentence,
    mentions: Sequence[Mention],
    kinds: Mapping[str, set[str]],
) -> Mention | None:
    folded = fold(here.text)
    for pattern, kind in ((_PRONOUN, "person"), (_COUNTRY, "land")):
        match = pattern.search(folded.text)
        if match and not _named_earlier(here.text, match.start(1)):
            only = _only(before, mentions, kinds[kind], kind)
            if only is not None:
                start, end = folded.span(*match.span(1))
                return Mention(only, Span(here.start + start, here.start + end), linked=True)
    return None


def _named_earlier(text: str, place: int) -> bool:
    return any(name.start < place for name in names_in(text))


def _only(before: Sentence, mentions: Sequence[Mention], fit: set[str], kind: str) -> str | None:
    """Return the one target of a kind in a sentence that names no rival, else None."""
    named = {mention.target for mention in mentions} & fit
    if len(named) != 1:
        return None
    own = [(m.span.start - before.start, m.span.end - before.start) for m in mentions]
    folded = fold(before.text)
    rivals = [
        name
        for name in names_in(before.text)
        if not _inside(folded.span(name.start, name.end), own) and _could_be(name.text, kind)
    ]
    return None if rivals else named.pop()


def _inside(span: tuple[int, int], own: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in own)


def _could_be(name: str, kind: str) -> bool:
    """Tell whether a name could be what a pronoun or "the country" stands for; in doubt, yes."""
    is_land = key(name) in by_name()
    return is_land if kind == "land" else not is_land and not ends_in_group(name)
