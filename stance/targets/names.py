"""Names in a sentence by their capitals: runs of capitalised words, cut at titles and demonyms."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

from stance.targets.countries import by_demonym, by_name
from stance.targets.folding import fold, key


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split(","))


STARTERS: Final = _words(
    "a an the this that these those he she it they we you i his her its their our my your there "
    "here who what when where why which how if as at by in on of for from to with without under "
    "over between among amid against after before during since until while although though "
    "because despite unless whether but and or so yet nor not then thus now also still even "
    "only just once again later earlier today yesterday tomorrow meanwhile however moreover "
    "instead nevertheless some many most several few both each every another other others all "
    "any such nobody nothing everyone someone neither either more last next according asked "
    "speaking did does do is was are were has had have would could should perhaps maybe yes no "
    "one two three four five six seven eight nine ten former senior top old new officials "
    "police analysts experts critics sources soldiers troops civilians talks peace war "
    "thousands hundreds dozens millions people none don't i'm i've it's that's we're let's don "
    "t s re ve ll breaking read watch photo updated exclusive"
)
DATES: Final = _words(
    "january february march april june july august september october november december monday "
    "tuesday wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sep sept oct "
    "nov dec mon tue tues wed thu thur thurs fri sat sun christmas easter ramadan am pm est gmt "
    "utc"
)
TITLES: Final = _phrases(
    "mr, mrs, ms, mx, dr, prof, rev, sir, lord, lady, dame, president, vice president, prime "
    "minister, deputy prime minister, foreign minister, defense minister, defence minister, "
    "finance minister, interior minister, minister, secretary of state, secretary of defense, "
    "defense secretary, foreign secretary, home secretary, treasury secretary, press secretary, "
    "secretary, secretary general, secretary-general, attorney general, general, gen, lt, "
    "lieutenant, colonel, col, major, maj, captain, capt, sergeant, sgt, admiral, adm, "
    "commander, governor, gov, senator, sen, representative, rep, congressman, congresswoman, "
    "speaker, house speaker, majority leader, minority leader, chancellor, ambassador, judge, "
    "justice, chief justice, king, queen, prince, princess, crown prince, emir, sultan, sheikh, "
    "ayatollah, imam, rabbi, pope, cardinal, bishop, archbishop, mayor, premier, chairman, "
    "chairwoman, chief, chief of staff, director, chief executive, ceo, spokesman, spokeswoman, "
    "spokesperson, national security adviser, national security advisor, supreme leader, "
    "leader, deputy, acting, brigadier, brig, minister of defense, minister of foreign affairs, "
    "first lady, honorable, hon, excellency"
)
GROUPS: Final = _words(
    "authority ministry party army forces force front movement brigades council committee "
    "commission department agency office bureau parliament congress senate house court union "
    "bank university institute center centre association organization organisation group "
    "company corp foundation watch inc ltd league federation guard guards corps state states "
    "nations post times news journal press street democrats republicans administration "
    "government cabinet command navy police service security strip east west north south coast "
    "sea ocean river city county island islands valley street square airport hospital church "
    "school agreement accord treaty act fund"
)
"""Last words of names that are no people's."""
_CONNECTORS: Final = _words("of for de del la da di bin ibn van von der den al el the")
_TOKEN = re.compile(
    r"(?:[A-Z]\.){2,}|(?:[Aa]l|[Ee]l|[Aa]sh|[Aa]s|[Aa]n|[Aa]r)-(?=[A-Z])\w+|"
    r"[^\W\d_][\w&]*(?:'(?=[A-Z])\w+)?(?:-(?=[A-Z])\w+)*(?:'\w+)?|\d+"
)
_MOST_WORDS = 6


@final
@dataclass(frozen=True, slots=True)
class Name:
    """A name found in a sentence; ``country`` is set for a country or its demonym.

    ``titled`` follows a title, ``first`` is one word alone at the start of a sentence.
    """

    text: str
    start: int
    end: int
    country: str | None = None
    titled: bool = False
    first: bool = False


@final
@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int
    initial: bool
    possessive: bool

    @property
    def capital(self) -> bool:
        return self.text[0].isupper() or (self.text[:1] in "ae" and "-" in self.text[:4])


def ends_in_group(name: str) -> bool:
    """Tell whether the last word of a name is that of an organisation or a place."""
    return name.lower().rpartition(" ")[2] in GROUPS


def names_in(text: str, common: frozenset[str] = frozenset()) -> list[Name]:
    """Return the names in a sentence, in order; places are those of the folded text.

    Args:
        text: The sentence.
        common: Words that the corpus also writes without a capital: such a word is no name at the
            start of a sentence.
    """
    folded = fold(text).text
    return [name for run in _runs(folded, common) for name in _cut(run)]


def _tokens(text: str) -> Iterator[_Word]:
    fresh = True
    place = 0
    for match in _TOKEN.finditer(text):
        gap = text[place : match.start()]
        fresh = fresh or bool(re.search(r"[.!?:;\"“”…•|]", gap) and place)
        word, possessive = match.group(), False
        if word.endswith("'s") or text[match.end() : match.end() + 2] == "' ":
            word, possessive = word.removesuffix("'s"), True
        yield _Word(word, match.start(), match.start() + len(word), fresh, possessive)
        place, fresh = match.end(), False


def _runs(text: str, common: frozenset[str]) -> Iterator[list[_Word]]:
    """Yield maximal runs of capitalised words with connectors between them."""
    run: list[_Word] = []
    for word in _tokens(text):
        joined = bool(run) and _joined(text[run[-1].end : word.start], run[-1])
        if not joined or not (word.capital or word.text in _CONNECTORS):
            yield from _whole(run)
            run = []
        name = word.capital and not _is_common(word, common)
        if name or (run and word.text in _CONNECTORS):
            run.append(word)
        else:
            yield from _whole(run)
            run = []
    yield from _whole(run)


def _joined(gap: str, last: _Word) -> bool:
    abbreviated = len(last.text) == 1 or last.text.lower() in TITLES
    return not last.possessive and (gap.isspace() or (abbreviated and gap == ". "))


def _is_common(word: _Word, common: frozenset[str]) -> bool:
    low = word.text.lower()
    if low in DATES or (len(word.text) == 1 and word.initial) or word.text in {"I", "I'm"}:
        return True
    return (word.initial and (low in STARTERS or low in common)) or low in {"the", "a", "an"}


def _whole(run: list[_Word]) -> Iterator[list[_Word]]:
    end = len(run)
    while end and not run[end - 1].capital:
        end -= 1
    if end:
        yield run[:end]


def _cut(run: Sequence[_Word]) -> Iterator[Name]:
    """Yield the names in a run: countries and demonyms, and what lies between titles."""
    place, titled = 0, False
    ends = _ends(run)
    while place < len(run):
        if not run[place].capital:
            place += 1
        elif size := _longest(run, place, TITLES):
            place, titled = place + size, True
        elif (size := _country_words(run, place)) and not _names_a_group(run, ends, place, size):
            yield _name(run[place : place + size], titled=False, place=True)
            place, titled = place + size, False
        else:
            end = ends[place]
            yield _name(run[place:end], titled=titled)
            place, titled = end, False


def _longest(run: Sequence[_Word], place: int, known: Container[str]) -> int:
    sizes = range(min(_MOST_WORDS, len(run) - place), 0, -1)
    return next((size for size in sizes if _joint(run[place : place + size]) in known), 0)


def _joint(words: Sequence[_Word]) -> str:
    return key(" ".join(word.text for word in words))


def _country_words(run: Sequence[_Word], place: int) -> int:
    return _longest(run, place, by_name()) or _longest(run, place, by_demonym())


def _names_a_group(run: Sequence[_Word], ends: Sequence[int], place: int, size: int) -> bool:
    """Tell whether a country begins the name of a group: Israel Defense Forces.

    Not after a demonym or an acronym that something longer follows: U.S. | State Department.
    """
    after = place + size
    if after >= len(run) or run[ends[after] - 1].text.lower() not in GROUPS:
        return False
    adjective = _joint(run[place:after]) in by_demonym() or "." in run[place].text
    return not adjective or (ends[after] - after == 1 and "." not in run[place].text)


def _ends(run: Sequence[_Word]) -> list[int]:
    """Return where a name that starts at each place ends: before a title or a demonym."""
    ends = [len(run)] * len(run)
    for place in range(len(run) - 1, 0, -1):
        fresh = run[place].capital and run[place - 1].capital
        breaks = fresh and (_longest(run, place, by_demonym()) or _longest(run, place, TITLES))
        ends[place - 1] = place if breaks else ends[place]
    return ends


def _name(words: Sequence[_Word], *, titled: bool, place: bool = False) -> Name:
    text = " ".join(word.text for word in words)
    country = None
    if place:
        found = by_name().get(key(text)) or by_demonym()[key(text)]
        country = found.names[0]
    first = len(words) == 1 and words[0].initial and country is None
    return Name(text, words[0].start, words[-1].end, country, titled, first)
