"""Recognise one line of news furniture: a photo credit, a byline, a dateline, a notice.

Every test looks at a line of bounded length, so that time is linear in the text. A doubtful line is
a sentence of the article, because a sentence lost is worse than a credit kept.
"""

from __future__ import annotations

import re

_AGENCY = (
    r"Reuters|REUTERS|AP|AFP|(?:The )?Associated Press|Agence France-Presse|UPI|EPA|EFE|DPA|dpa"
    r"|ANSA|PTI|ANI|IANS|TASS|RIA Novosti|Interfax|Xinhua|Kyodo(?: News)?|Yonhap|WAFA|JTA|NPR"
    r"|Bloomberg(?: News)?|Anadolu(?: Agency)?|CNN(?: Business)?|BBC(?: News)?|Fox News|Politico"
    r"|Getty(?: Images)?|Newsmax|CBC|CP|Canadian Press"
)
_PICTURE_AGENCY = (
    r"Reuters|REUTERS|AP(?: Photo)?|AFP|EPA|(?:The )?Associated Press|Agence France-Presse"
    r"|Getty(?: Images)?|iStock|Shutterstock|Alamy|Handout|FILE PHOTO"
    r"|(?:File|Courtesy) [Pp]hoto"
)
_ONLY_AGENCY = re.compile(
    rf"(?:(?:Photo|PHOTO|File|FILE) ?:? ?)?(?:{_PICTURE_AGENCY})(?: ?/ ?(?:{_PICTURE_AGENCY}))*"
)
_STRONG = re.compile(
    r"\(?(?:(?:FILE )?PHOTO: |Photo: )?"
    r"(?:REUTERS|Reuters|AP Photo|AFP|EPA|AP|Pool Photo|Getty Images) ?/ ?(?P<slash>\S.*)"
    r"|\(?(?:Photo|Photograph|Picture|Image|Illustration)s? (?:by|courtesy of|from) (?P<by>\S.*)"
)
_SOURCE = re.compile(
    r"(?:/ ?|\bvia )(?:Getty Images|AFP|AP|Reuters|REUTERS|EPA|EPA-EFE|Shutterstock|Alamy|Pool"
    r"|Bloomberg|Xinhua|Anadolu|Associated Press"
    r"|The (?:New York Times|Washington Post|Associated Press|Guardian))(?:/Getty Images)?\)?$"
)
_LABEL = re.compile(
    r"\(?(?:Photo|PHOTO|Image|Picture|Photograph|(?:Photo|Image|Picture) [Cc]redit)s? ?: ?\S"
)
_CREDIT_LABEL = re.compile(r"\(?(?:Credit|CREDIT)s?(?: \.\.\.)? ?: ?(?P<who>\S.*)")
_BETWEEN_NAMES = re.compile(
    r"an?|and|at|by|courtesy|d[aeiou]|das|del|della|den|der|des|dos|el|en|et|for:?|from|für|in|la"
    r"|le|of|on|the|te[nr]|und|van|via|von|with|y|zu"
)
_PARTICLE = re.compile(r"al|bin|d[aeiou]|del|della|der|dos|el|ibn|la|le|te[nr]|van|von|y")
_NO_PERSON = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun|Christmas )day|January|February|March|April|May|June"
    r"|July|August|September|October|November|December|Christmas|Easter|Then|Now|Noon|Midnight"
    r"|Popular|Land|Sea|Air|Night|Day"
)
_BY = re.compile(r"(?:By|BY)[:\s]\s?(?P<who>\S.*)")
_WHO = re.compile(r"[A-Z]\.|[A-ZÀ-Þ][\w.'’-]*|al-[A-Z][\w'’-]*")
_AFFILIATION = re.compile(rf"(?:{_AGENCY})(?:[ ,;|].{{0,40}})?")
_SPLIT = re.compile(r"\s+(?:and|AND|[-–—])\s+|\s*[&,;|]\s*")
_PLACED = re.compile(r"[A-Z].*")

_NOTICE = re.compile(
    r"[(\[](?:Additional |With )?"
    r"(?:[Rr]eporting|[Ww]riting|[Ee]diting|[Cc]ompiled|[Tt]ranslat(?:ion|ed)) by .*"
    r"|(?:Additional )?(?:Reporting|Writing) by .*"
    r"; ?(?:[Ee]diting|[Ww]riting|[Aa]dditional reporting) by .*"
    r"|Our Standards ?: .*"
    r"|(?:.*\b)?[Aa]ll [Rr]ights [Rr]eserved[.!]?"
    r"|(?:©|\([cC]\) ?(?:\d{4}|Copyright)|Copyright (?:©|\(c\)|\d{4})).*"
    r"|(?:Read|See) (?:[Mm]ore|[Aa]lso)(?: (?:on|about) [^:]{1,40})? ?: .*"
    r"|(?:READ (?:MORE|ALSO)|RELATED|Related|Also [Rr]ead) ?: .*"
    r"|Read [Mm]ore|READ MORE|Sign up here\.?|A(?:dvertisement|DVERTISEMENT)"
    r"|(?:Register|Sign up) now for FREE .*|Story continues below.*"
    r"|[^.]*\bcontributed to this (?:report|story|article)\.?"
    r"|#{3,}|- ?30 ?-|\*{3,}|_{3,}"
)
_CLOSING_NOTICE = re.compile(
    r"\((?:Additional |With )?(?:[Rr]eporting|[Ww]riting|[Ee]diting) by [^()]*\)"
)

_DASH = re.compile(r"\s?(?:--|[—–])(?:\s+|$)|\s-(?:\s+|$)")
_AGENCY_MARK = re.compile(
    rf"(?P<place>[^()\n—–]{{0,70}}?)\s?(?P<mark>\((?P<agency>{_AGENCY})\))\s?"
)
_PLACE_WORD = re.compile(r"[A-ZÀ-Þ][A-ZÀ-Þ.'’-]+")
_REGION = re.compile(r"[A-ZÀ-Þ][\w.'’/-]*(?: [A-ZÀ-Þ\d][\w.'’/-]*){0,3}")
_NO_PLACE = re.compile(
    r"NATO|EU|UN|US|USA|UK|UAE|ISIS|COVID|AI|TV|GOP|UPDATED?|BREAKING|EXCLUSIVE|ANALYSIS|OPINION"
    r"|WATCH|LIVE|NOTE|TOPSHOT|Meanwhile|Yes|No|Still|Now|Then|Today|Update|Breaking|Exclusive|Watch"
    r"|Note|And|But|So|Or|If"
)
_OPENS = re.compile(r"[A-ZÀ-Þ0-9\"'“‘«„$€£]")


def is_credit(line: str, *, strong: bool = False) -> bool:
    """Whether a whole line credits a picture; ``strong`` refuses what could end a sentence too."""
    if len(line) > 200 or ends_sentence(line):
        return False
    made = _STRONG.fullmatch(line)
    if made:
        return _named(made["slash"] or made["by"])
    if _SOURCE.search(line):
        return _named(line)
    return not strong and (_is_labelled(line) or bool(_ONLY_AGENCY.fullmatch(line.strip("()[] "))))


def credit_start(line: str) -> int | None:
    """Where the credit begins in a caption that ends with one, as in "He waves. REUTERS/Jo Doe"."""
    if len(line) > 700:
        return None
    cuts = [line.rfind(" (") + 1] if line.endswith(")") else []
    cuts += [line.rfind(" REUTERS/") + 1, line.rfind(". ") + 2]
    return next((cut for cut in cuts if cut > 1 and _is_tail(line[cut:])), None)


def is_byline(line: str) -> bool:
    """Whether a line names writers: "By Jane Doe and John Roe, Reuters", "Jane Doe, Reuters"."""
    if len(line) > 150 or (ends_sentence(line) and not line.endswith("Jr.")):
        return False
    by = _BY.fullmatch(line)
    if by:
        first, *others = _SPLIT.split(by["who"])
        return _is_writer(first) and all(_is_affiliation(other) for other in others)
    first, _, rest = line.partition(", ")
    return _is_person(first) and bool(_AFFILIATION.fullmatch(rest)) and _named(rest)


def notice_start(line: str) -> int | None:
    """Where a notice begins: at 0, or at a closing "(Reporting by …)"; None without one."""
    if len(line) <= 400 and _NOTICE.fullmatch(line):
        return 0
    cut = line.rfind("(", max(0, len(line) - 400)) if line.endswith(")") else -1
    return cut if cut >= 0 and _CLOSING_NOTICE.fullmatch(line[cut:]) else None


def dateline_end(line: str, *, first: bool) -> int | None:
    """Where the sentence starts after a dateline; "Kyiv —" needs the ``first`` paragraph."""
    head = line[:160]
    marked = _AGENCY_MARK.match(head)
    if marked and _named(marked["place"]):
        return _after_mark(head, marked)
    dash = _DASH.search(head[:90])
    if not dash or not _starts_sentence(head, dash.end()):
        return None
    place, *regions = head[: dash.start()].strip().split(", ")
    if len(regions) > 3 or not all(_REGION.fullmatch(region) for region in regions):
        return None
    capital = _is_capital_place(place)
    return dash.end() if capital or (first and _is_mixed_place(place, head, dash)) else None


def _after_mark(head: str, marked: re.Match[str]) -> int | None:
    dash = _DASH.match(head, marked.end("mark"))
    if dash:
        return dash.end()
    return marked.end() if marked["agency"] == "CNN" and marked["place"] else None


def _is_capital_place(place: str) -> bool:
    words = place.replace("/", " ").split()
    return (
        1 <= len(words) <= 6
        and all(_PLACE_WORD.fullmatch(word) for word in words)
        and any(len(word) > 2 for word in words)
        and not _NO_PLACE.fullmatch(words[0])
    )


def _is_mixed_place(place: str, head: str, dash: re.Match[str]) -> bool:
    """One to three capitalised words before a lone dash; a pair of dashes sets off an aside."""
    words = place.split()
    mark = dash.group().strip()
    return (
        mark != "-"
        and 1 <= len(words) <= 3
        and all(_WHO.fullmatch(word) for word in words)
        and not _NO_PLACE.fullmatch(words[0])
        and mark not in head[dash.end() :]
    )


def _starts_sentence(head: str, start: int) -> bool:
    return start == len(head) or bool(_OPENS.match(head, start))


def _is_labelled(line: str) -> bool:
    label = _CREDIT_LABEL.fullmatch(line)
    return bool(_LABEL.match(line)) if label is None else _named(label["who"])


def _is_tail(text: str) -> bool:
    if not is_credit(text, strong=True):
        return False
    named = text.strip("()").partition("/")[2].split()
    return not text.startswith("REUTERS/") or len(named) > 1 or "/File" in text


def _is_writer(name: str) -> bool:
    person, _, tail = name.partition(" in ")
    whole = not tail or bool(_PLACED.fullmatch(tail))
    return whole and (_is_person(person) or bool(_AFFILIATION.fullmatch(person)))


def _is_affiliation(part: str) -> bool:
    return len(part) <= 60 and _named(part) and bool(part)


def _is_person(name: str) -> bool:
    words = name.split()
    return (
        2 <= len(words) <= 5
        and all(_PARTICLE.fullmatch(word) or _WHO.fullmatch(word) for word in words)
        and not any(_NO_PERSON.fullmatch(word.capitalize()) for word in words)
        and not _PARTICLE.fullmatch(words[-1])
    )


def _named(text: str) -> bool:
    """Whether every word begins with a capital or a digit, or may stand between names."""
    words = text.replace("/", " ").strip("()[] ").split()
    return len(words) <= 16 and all(
        word[0].isupper() or not word[0].isalpha() or _BETWEEN_NAMES.fullmatch(word)
        for word in words
    )


def ends_sentence(line: str) -> bool:
    """Whether a line ends as a sentence does, inside quotation marks or not."""
    return line.rstrip("\"'”’)").endswith((".", "!", "?"))
