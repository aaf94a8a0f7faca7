"""Whether a stop ends its sentence: rules for English news text.

What was decided where usage differs:

- A quotation is split into its sentences: ``“It is over. We won,” he said.`` is two.
- A quotation that ends in ``?``, ``!`` or an ellipsis runs on into the name of who said it:
  ``“Is it over?” Haddad asked.`` is one.
- After an abbreviation that may stand last (U.S., Inc., Jr.) a sentence begins only with a word
  that is no part of a name: The, He, But.
- A colon or a semicolon ends no sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import final

from stance.sentences import words

_WORD = re.compile(r"\w+(?:[’']\w+)?")
_CONTRACTION = re.compile(r"(?:n[’']t|[’']\w+)\Z")
_SECOND = re.compile(r"[\w’'-]+,?\s+([\w’'-]*)")
_NAME = re.compile(r"([^\W\d_][\w’'-]*)(\.?)[,\s]*")
_NAMES = 9
"""The most words that the name of a speaker and the verb of saying have together."""

_PART = re.compile(r"(?:[IVXLC]+|[A-Z])\b")
_CLOCK = re.compile(r"(?:\d{1,2}\s+)?(\w+)(\s+(?:[Tt]ime|Standard|Daylight)\b)?")
_ACRONYM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,4}")
_ENUMERATOR = re.compile(r"\d{1,3}|[^\W\d_]|[IVXivx]{1,5}")
_QUOTES = frozenset("\"'”’“‘„«»")
_NEVER_FIRST = frozenset(",;:)]}%&/=+<>|.!?…")


@final
@dataclass(frozen=True, slots=True)
class Stop:
    """A run of stops with what stands around it.

    ``word`` is what it is attached to, ``before`` the word in front of that. What follows begins
    in ``text`` at ``ahead`` with the word ``next``, behind the signs ``opening`` it. ``first`` says
    that nothing stands before ``word`` in its sentence, ``aside`` that the stop ends a bracket
    inside its sentence.
    """

    text: str
    ahead: int
    next: str
    mark: str
    closing: str
    opening: str
    word: str
    before: str
    first: bool
    aside: bool

    @property
    def sign(self) -> str:
        """The first letter, digit or sign of what follows."""
        return self.text[self.ahead]

    @property
    def is_small(self) -> bool:
        """Whether a small letter follows that does not begin a name, as in iPhone or al-Shabab."""
        after = self.text[self.ahead + 1 : self.ahead + 4]
        name = after[:1].isupper() or (after.startswith("l-") and after[2:].isupper())
        return self.sign.islower() and not name

    @property
    def is_ellipsis(self) -> bool:
        """Whether words were left out, or a voice trails off."""
        return "…" in self.mark or self.mark.count(".") > 1

    @property
    def is_strong(self) -> bool:
        """Whether it asks or exclaims, which no abbreviation does."""
        return "?" in self.mark or "!" in self.mark

    @property
    def is_quoted(self) -> bool:
        """Whether a quotation closes after the stop."""
        return not _QUOTES.isdisjoint(self.closing)

    def precedes(self, sign: str) -> bool:
        """Whether ``sign`` stands right behind the word that follows."""
        found = _WORD.match(self.text, self.ahead)
        return found is not None and self.text.startswith(sign, found.end())


def next_word(text: str, place: int) -> str:
    """The word at a place, without its contraction; "" where a sign stands there."""
    found = _WORD.match(text, place)
    return _CONTRACTION.sub("", found.group()) if found else ""


def is_abbreviation(word: str) -> bool:
    """Whether a stop belongs to the word itself, whatever follows."""
    return word in words.ABBREVIATIONS or len(word) == 1 or _ACRONYM.fullmatch(word) is not None


def ends_sentence(stop: Stop) -> bool:
    """Whether a sentence ends at a stop that blanks and more text follow."""
    if stop.sign in _NEVER_FIRST:
        return False
    if stop.aside:
        return begins_sentence(stop) or (stop.is_strong and _is_small_second(stop))
    if stop.is_strong:
        return not (stop.is_small or _runs_on(stop))
    if stop.is_ellipsis:
        return not (stop.is_small or _runs_on(stop)) and _ends_ellipsis(stop)
    if stop.is_small:
        return not (_QUOTES.isdisjoint(stop.opening) or is_abbreviation(stop.word))
    return _ends_period(stop)


def begins_sentence(stop: Stop) -> bool:
    """Whether what follows can hardly be the rest of a name."""
    if stop.precedes(".") or stop.precedes("-"):
        return False
    if stop.next in words.STARTERS:
        return not stop.text.startswith("Under Secretary", stop.ahead)
    if stop.next in words.NEWS_STARTERS or not _QUOTES.isdisjoint(stop.opening):
        return _is_small_second(stop)
    return False


def _is_small_second(stop: Stop) -> bool:
    """Whether a word in small letters follows the first one, so that the two are no name."""
    second = _SECOND.match(stop.text, stop.ahead)
    return stop.sign.isupper() and second is not None and second[1].islower()


def _runs_on(stop: Stop) -> bool:
    if stop.is_strong and not stop.closing:
        if stop.next in words.COMPANY_PARTS:
            return True
        return stop.word in words.EXCLAIMED and stop.next in words.EXCLAIMED_PARTS
    return stop.is_quoted and not stop.opening and _speaker_follows(stop)


def _speaker_follows(stop: Stop) -> bool:
    """Whether a name and a verb of saying follow: “Is it over?” Sen. J. Haddad asked."""
    place = stop.ahead
    if stop.next in words.STARTERS:
        return False
    for _ in range(_NAMES):
        found = _NAME.match(stop.text, place)
        if found is None:
            return False
        word, dot = found.groups()
        if word in words.SPEECH:
            return place > stop.ahead
        if dot and not (word in words.TITLES or len(word) == 1):
            return False
        if not (word in words.PARTICLES or any(letter.isupper() for letter in word)):
            return False
        place = found.end()
    return False


def _ends_ellipsis(stop: Stop) -> bool:
    if stop.next == "I":
        return False
    return bool(stop.word) or begins_sentence(stop)


def _ends_period(stop: Stop) -> bool:
    word = stop.word.capitalize() if stop.word.isupper() and len(stop.word) > 1 else stop.word
    if _is_enumerator(stop):
        return False
    if word in words.HOURS:
        return _ends_hour(stop)
    if word in words.TITLES:
        return word in words.STREETS and stop.before[:1].isupper() and begins_sentence(stop)
    if stop.sign.isnumeric():
        return not (word in words.DAYS or is_abbreviation(word))
    return _ends_capital(stop, word)


def _ends_capital(stop: Stop, word: str) -> bool:
    """Decide before a capital, or before a sign that is neither letter nor digit."""
    if word in words.MONTHS or word in words.DAYS:
        return stop.next not in words.DATES
    if word in words.NUMBERED and word[0].isupper() and word != "No":
        return _PART.match(stop.text, stop.ahead) is None
    if len(word) == 1:
        return _ends_letter(stop, word)
    if word in words.OFTEN_LAST or _ACRONYM.fullmatch(word):
        return begins_sentence(stop)
    return True


def _ends_letter(stop: Stop, word: str) -> bool:
    """Tell vitamin C. and you and I. from an initial."""
    if stop.before in words.LETTERED or not word.isupper():
        return True
    return (word == "I" and stop.before.islower()) or begins_sentence(stop)


def _ends_hour(stop: Stop) -> bool:
    if stop.next in words.STARTERS:
        return True
    found = _CLOCK.match(stop.text, stop.ahead)
    return found is None or not (found[1] in words.CLOCK or found[2])


def _is_enumerator(stop: Stop) -> bool:
    """Whether the stop belongs to the number of an item: 1. or IV. or A."""
    inline = stop.before.endswith((":", ";")) and stop.word.isdigit()
    return (stop.first or inline) and _ENUMERATOR.fullmatch(stop.word) is not None
