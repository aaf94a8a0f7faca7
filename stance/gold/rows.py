"""Rows of any source to gold labels; every fault names its row."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from hashlib import sha256
from typing import Any, NoReturn

from stance.errors import DataError
from stance.gold import Gold, GoldLabel, GoldStance, SentenceKey
from stance.records import Polarity

ABOUT = (
    "article_id",
    "sentence_id",
    "coder",
    "annotator",
    "inclusion_probability",
    "stratum",
    "text",
    "before",
    "after",
    "outlet",
    "date",
    "title",
    "section",
    "voice",
    "speaker",
    "start",
    "end",
    "split",
    "note",
    "targets",
    "drawn",
    "id",
    "annotation_id",
    "created_at",
    "updated_at",
    "lead_time",
)
"""Columns that are no frames; nor are those that begin with p_, score_, tag_ or odds_."""

STANCE = "stance:"
"""How the column of a target begins, as in ``stance:Israel``."""

NOT_ASKED = "-"
"""What stands in the column of a target that a sheet does not ask about."""

CODER = "coder"
_NAMED = ("article_id", "sentence_id", "coder", "inclusion_probability", "text", "outlet")
_SCORES = ("p_", "score_", "tag_", "odds_")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_LABELS: dict[str, int | None] = {
    **dict.fromkeys(("1", "1.0", "True"), 1),
    **dict.fromkeys(("0", "0.0", "False"), 0),
    **dict.fromkeys(("", "NA", "N/A", "nan"), None),
}
_POLARITIES: dict[str, Polarity | None] = {
    **{polarity.value: polarity for polarity in Polarity},
    **dict.fromkeys(("", NOT_ASKED), None),
}


def gold_of_rows(
    rows: Iterable[Mapping[str, Any]],
    *,
    place: str,
    frames: Collection[str] | None = None,
    targets: Collection[str] | None = None,
    digest: str | None = None,
    design: Mapping[SentenceKey, tuple[float, str]] | None = None,
) -> Gold:
    """Return the gold labels of rows in wide form, one row a sentence and coder.

    Args:
        rows: Mappings with ``article_id``, ``sentence_id``, optionally ``coder``, ``text``,
            ``outlet``, ``inclusion_probability``, one column a frame with 1, 0 or NA, and one
            column ``stance:NAME`` a target with favor, against, neutral or NA (not about it).
        place: What names the source in messages.
        frames: The frames there are; None takes every other column for one.
        targets: The targets there are; None takes every column that begins with ``stance:``.
        digest: SHA-256 of the source; by default that of the rows.
        design: Inclusion probability and stratum of sentences, kept elsewhere.

    Raises:
        DataError: A column, an id or a label cannot be used, or a row is there twice.
    """
    listed = [dict(row) for row in rows]
    columns = list(dict.fromkeys(name for row in listed for name in row))
    asked = _targets(columns, targets, place)
    found = _frames(columns, frames, place, needed=not asked)
    reader = _Reader(place, found, asked)
    for number, row in enumerate(listed, start=1):
        reader.read(row, number)
    whole = json.dumps(listed, sort_keys=True, default=str).encode()
    return Gold(
        place,
        digest or sha256(whole).hexdigest(),
        found,
        tuple(reader.labels),
        reader.first,
        reader.texts,
        reader.outlets,
        {**{key: chance for key, (chance, _) in (design or {}).items()}, **reader.inclusion},
        asked,
        tuple(reader.stances),
        {key: stratum for key, (_, stratum) in (design or {}).items()},
    )


def _targets(
    columns: Sequence[str], targets: Collection[str] | None, place: str
) -> tuple[str, ...]:
    found = tuple(c.removeprefix(STANCE) for c in columns if c.startswith(STANCE))
    for name in found:
        if not name.strip():
            raise DataError(f"{place}: column {STANCE!r} names no target; write stance:NAME")
        if targets is not None and name not in targets:
            near = get_close_matches(name, targets, n=1)
            known = f"the targets are {', '.join(targets)}" if targets else "no stance was measured"
            hint = f"did you mean {STANCE}{near[0]}?" if near else known
            raise DataError(
                f"{place}: column {STANCE + name!r} is no target of the result ({hint}); rename "
                "or remove it"
            )
    return found


def _frames(
    columns: Sequence[str], frames: Collection[str] | None, place: str, *, needed: bool
) -> tuple[str, ...]:
    for name in ("article_id", "sentence_id"):
        if name not in columns:
            raise DataError(f"{place}: has no column {name}; gold needs it to find the sentence")
    free = [c for c in columns if c not in ABOUT and not c.startswith((*_SCORES, STANCE))]
    for column in free:
        if (column not in frames) if frames is not None else not _NAME.match(column):
            _unknown(column, frames or (), place)
    if needed and not free:
        known = f", for instance {next(iter(frames))}" if frames else ""
        raise DataError(f"{place}: has no column of a frame; add one{known} with 1, 0 or NA")
    return tuple(free)


def _unknown(column: str, frames: Collection[str], place: str) -> NoReturn:
    near = get_close_matches(column, [*frames, *_NAMED], n=1)
    hint = f"did you mean {near[0]}?" if near else f"the frames are {', '.join(frames) or 'lower'}"
    if not frames:
        hint = "a frame is named in lower case letters, digits and _"
    raise DataError(f"{place}: column {column!r} is not a frame ({hint}); rename or remove it")


class _Reader:
    """Collects what rows say."""

    def __init__(self, place: str, frames: Sequence[str], targets: Sequence[str]) -> None:
        self._place, self._frames, self._targets = place, frames, targets
        self._seen: dict[tuple[SentenceKey, str], int] = {}
        self.labels: list[GoldLabel] = []
        self.stances: list[GoldStance] = []
        self.first: dict[SentenceKey, int] = {}
        self.texts: dict[SentenceKey, str] = {}
        self.outlets: dict[SentenceKey, str] = {}
        self.inclusion: dict[SentenceKey, float] = {}

    def read(self, row: Mapping[str, Any], number: int) -> None:
        key = self._key(row, number)
        coder = str(row.get("coder") or row.get("annotator") or CODER)
        self._only_once(key, coder, number)
        self.first.setdefault(key, number)
        for column, kept in (("text", self.texts), ("outlet", self.outlets)):
            if row.get(column):
                kept[key] = str(row[column])
        if not _empty(row.get("inclusion_probability")):
            self.inclusion[key] = self._probability(row["inclusion_probability"], number)
        self.labels += [
            GoldLabel(*key, coder, frame, self._label(row.get(frame), frame, number))
            for frame in self._frames
        ]
        self.stances += [
            GoldStance(
                *key, coder, target, self._polarity(row.get(STANCE + target), target, number)
            )
            for target in self._targets
        ]

    def _fault(self, number: int, what: str) -> NoReturn:
        raise DataError(f"{self._place}: row {number}: {what}")

    def _key(self, row: Mapping[str, Any], number: int) -> SentenceKey:
        article, sentence = row.get("article_id"), row.get("sentence_id")
        if _empty(article):
            self._fault(number, "article_id is empty; fill it in")
        text = str(sentence).strip().removesuffix(".0")
        if not text.isascii() or not text.isdecimal():
            self._fault(number, f"sentence_id is {sentence!r}; write a whole number from 0 on")
        return str(article), int(text)

    def _only_once(self, key: SentenceKey, coder: str, number: int) -> None:
        earlier = self._seen.setdefault((key, coder), number)
        if earlier != number:
            who = "" if coder == CODER else f" of coder {coder!r}"
            self._fault(
                number,
                f"sentence {key[1]} of article {key[0]!r}{who} is already in row {earlier}; "
                "keep one of them, or name the coders in a column coder",
            )

    def _label(self, value: Any, frame: str, number: int) -> int | None:
        if _empty(value):
            return None
        text = str(value).strip()
        if text not in _LABELS:
            self._fault(number, f"{frame} is {value!r}; write 1, 0 or NA")
        return _LABELS[text]

    def _polarity(self, value: Any, target: str, number: int) -> Polarity | None:
        text = "" if _empty(value) else str(value).strip()
        if text not in _POLARITIES:
            self._fault(
                number, f"{STANCE}{target} is {value!r}; write favor, against, neutral or NA"
            )
        return _POLARITIES[text]

    def _probability(self, value: Any, number: int) -> float:
        try:
            found = float(value)
        except (TypeError, ValueError):
            found = math.nan
        if not 0 < found <= 1:
            self._fault(number, f"inclusion_probability is {value!r}; it lies in (0, 1]")
        return found


def _empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))
