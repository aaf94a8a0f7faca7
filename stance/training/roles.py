"""Made-up sentences about who praises or blames whom: the same words, the roles exchanged.

"A praised B" is favorable to B and says nothing of A. Every epoch makes other sentences, so that
none can be learned by heart; each comes with its holder and target exchanged, or negated.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stance.training.labels import CONTRADICTION, ENTAILMENT, NEUTRAL

_PATH = Path(__file__).parent / "data" / "roles.yaml"
_SIDES = ("favor", "against")


@cache
def _parts() -> dict[str, Any]:
    parts: dict[str, Any] = yaml.safe_load(_PATH.read_text(encoding="utf-8"))
    return parts


def role_pairs(draw: random.Random, n: int) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield premises with a hypothesis and its label, of ``n`` sentences and their counterparts."""
    for _ in range(n):
        side = draw.choice((*_SIDES, *_SIDES, "neutral"))
        a, b = _names(draw)
        why, opening = draw.choice(_parts()["whys"]), draw.choice(_parts()["openings"])
        if side == "neutral":
            said = _parts()["neutral"]
            yield from _asked(_sentence(draw, said, opening, a, b, why), None, a, b, draw)
            continue
        said = _parts()[side]["constructions"]
        wording = draw.choice(said)
        yield from _asked(_sentence(draw, [wording], opening, a, b, why), side, a, b, draw)
        if draw.random() < 0.5:
            yield from _asked(_sentence(draw, [wording], opening, b, a, why), side, b, a, draw)
        else:
            negated = _parts()[side]["negated"]
            yield from _asked(_sentence(draw, negated, opening, a, b, why), None, a, b, draw)


def _names(draw: random.Random) -> tuple[str, str]:
    while True:
        a, b = (draw.choice(draw.choice(_parts()["names"])) for _ in range(2))
        if a != b:
            return a, b


def _sentence(
    draw: random.Random, wordings: list[str], opening: str, a: str, b: str, why: str
) -> str:
    text = opening + draw.choice(wordings).format(a=a, b=b, why=why)
    if opening and text.removeprefix(opening).startswith(('"', "Asked", "For", "In ")):
        text = text.removeprefix(opening)
    return (
        text[:1].upper() + text[1:] if text[0] != '"' else text[:1] + text[1:2].upper() + text[2:]
    )


def _asked(
    text: str, side: str | None, a: str, b: str, draw: random.Random
) -> Iterator[tuple[str, tuple[str, int]]]:
    """Ask about the target, the holder, and who thinks what of whom."""
    for asked in _SIDES:
        toward = _parts()["toward"][asked]
        label = NEUTRAL if side is None else ENTAILMENT if asked == side else CONTRADICTION
        yield text, (_of(draw.choice(toward).format(target=b)), label)
        yield text, (_of(draw.choice(toward).format(target=a)), NEUTRAL)
        between = _parts()["between"][asked]
        if draw.random() < 0.5:
            yield text, (_of(draw.choice(between).format(a=a, b=b)), label)
        else:
            yield text, (_of(draw.choice(between).format(a=b, b=a)), NEUTRAL)


def _of(text: str) -> str:
    return text[:1].upper() + text[1:]


def misspelled(text: str, draw: random.Random) -> str:
    """Return a text with a typo in one or two of its longer words; names are left as they are."""
    words = text.split(" ")
    places = [
        k for k, word in enumerate(words) if len(word) > 4 and word.isalpha() and word.islower()
    ]
    for k in draw.sample(places, min(len(places), draw.randint(1, 2))):
        words[k] = _typo(words[k], draw)
    return " ".join(words)


def sometimes_misspelled(text: str, share: float, draw: random.Random) -> str:
    """Return a text, misspelled in a ``share`` of the cases."""
    return misspelled(text, draw) if share and draw.random() < share else text


def _typo(word: str, draw: random.Random) -> str:
    k = draw.randrange(1, len(word) - 1)
    swapped = word[:k] + word[k + 1] + word[k] + word[k + 2 :]
    dropped, doubled = word[:k] + word[k + 1 :], word[:k] + word[k] + word[k:]
    return draw.choice([wrong for wrong in (swapped, dropped, doubled) if wrong != word])
