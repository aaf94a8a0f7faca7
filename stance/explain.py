"""Why a sentence has a frame: the score of every wording, and the words that carry it.

A word carries what the log-odds of entailment lose when it is left out (leave-one-out or erasure,
Li, Monroe & Jurafsky 2016, arXiv 1612.08220). That asks the model about a sentence that nobody
wrote; it says what the score hangs on, not what the model "thinks".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, final

from stance.errors import ConfigError, DataError, ScorerError
from stance.records import Question
from stance.results import Result, Row
from stance.scorers import Scorer
from stance.tagging import ask_all, log_odds

MOST_WORDS = 1_000
"""Words of a sentence that can be explained: every one of them is a question."""
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


@final
@dataclass(frozen=True, slots=True)
class WordEffect:
    """A word, where it stands in the sentence, and what it carries.

    ``start`` and ``end`` are code points of the text of the sentence; ``effect`` is by how much the
    mean natural-log odds of the wordings fall without it, and ``by_wording`` those of each.
    """

    word: str
    start: int
    end: int
    effect: float
    by_wording: tuple[float, ...]


@final
@dataclass(frozen=True, slots=True)
class FrameExplanation:
    """A frame of a sentence: ``odds`` are the natural-log odds of entailment of every wording.

    ``probability`` and ``present`` are those of the result. ``words`` are in order of the text, and
    empty where the frame was not asked about.
    """

    frame: str
    probability: float
    present: bool
    wordings: tuple[str, ...]
    odds: tuple[float, ...]
    words: tuple[WordEffect, ...]

    @property
    def mean(self) -> float:
        """The mean log-odds of the wordings, which the probability is made of."""
        return sum(self.odds) / len(self.odds)

    def top(self, most: int = 5) -> tuple[WordEffect, ...]:
        """Return the words that carry most, the first one the most."""
        return tuple(sorted(self.words, key=lambda word: -word.effect)[:most])


@final
@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a sentence of a result has its frames; ``fingerprint`` is that of the scorer."""

    article_id: str
    sentence_id: int
    text: str
    fingerprint: str
    frames: tuple[FrameExplanation, ...]

    @property
    def explained(self) -> tuple[FrameExplanation, ...]:
        """The frames whose words were looked at."""
        return tuple(one for one in self.frames if one.words)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a frame × word."""
        return [
            {
                "article_id": self.article_id,
                "sentence_id": self.sentence_id,
                "frame": one.frame,
                "word": word.word,
                "start": word.start,
                "end": word.end,
                "effect": word.effect,
            }
            for one in self.explained
            for word in one.words
        ]

    def _repr_html_(self) -> str:
        return "".join(_html_of(one, self.text) for one in self.frames)


def explain(
    result: Result,
    sentence_id: int,
    scorer: Scorer,
    *,
    article_id: str,
    frames: Collection[str] = (),
) -> Explanation:
    """Explain the frames of a sentence of a result.

    The sentence, and it without each of its words in turn, is asked about in one call of the
    scorer, by the wordings of those frames alone; the other log-odds are those of the result.

    Args:
        result: The result.
        sentence_id: The number of the sentence in its article.
        scorer: The scorer that the result was made with.
        article_id: The article.
        frames: Frames whose words are looked at; by default those that the sentence has, the most
            probable one if it has none.

    Raises:
        ConfigError: The result has no such frame.
        DataError: It has no such sentence, or the sentence was not scored or has over 1,000 words.
        ScorerError: The scorer is another than that of the result, or broke its contract.
    """
    check_same_scorer(result, scorer)
    row = _row_of(result, article_id, sentence_id)
    asked = _asked(result, row, frames)
    spans = [match.span() for match in _WORD.finditer(row["text"])]
    if len(spans) > MOST_WORDS:
        raise DataError(
            f"{article_id} {sentence_id}: has {len(spans)} words; at most {MOST_WORDS} are left "
            "out one by one"
        )
    wordings = tuple(w for frame in asked for w in result.codebook.frames[frame].hypotheses)
    texts = [_premise(row["text"]), *(text_without(row["text"], [span]) for span in spans)]
    answers = ask_all([Question(text, wordings) for text in texts], scorer)
    whole, *without = [
        dict(zip(wordings, log_odds(answer).tolist(), strict=True)) for answer in answers
    ]
    effects = [{w: whole[w] - odds[w] for w in wordings} for odds in without]
    found = tuple(_frame(result, row, frame, asked, spans, effects) for frame in result.frames)
    return Explanation(article_id, sentence_id, row["text"], scorer.fingerprint, found)


def check_same_scorer(result: Result, scorer: Scorer) -> None:
    """Check that a scorer is the one that a result was made with.

    Raises:
        ScorerError: It is another; the message names both.
    """
    if scorer.fingerprint != result.fingerprint:
        raise ScorerError(
            f"{result.folder}: was made with the scorer {result.fingerprint}, not with "
            f"{scorer.fingerprint}; make the result again to explain it"
        )


def _row_of(result: Result, article_id: str, sentence_id: int) -> Row:
    own = [row for row in result.rows if row["article_id"] == article_id]
    for row in own:
        if row["sentence_id"] == sentence_id:
            if not row["scored"]:
                raise DataError(f"{article_id} {sentence_id}: the sentence was not scored")
            return row
    raise DataError(
        f"{result.folder}: article {article_id!r} has no sentence {sentence_id}; its sentences "
        f"are 0 to {len(own) - 1}"
    )


def _asked(result: Result, row: Row, frames: Collection[str]) -> tuple[str, ...]:
    for frame in frames:
        if frame not in result.frames:
            known = ", ".join(result.frames)
            raise ConfigError(f"{result.folder}: has no frame {frame!r}; name {known}")
    if frames:
        return tuple(frame for frame in result.frames if frame in frames)
    present = tuple(frame for frame in result.frames if row[f"tag_{frame}"])
    return present or (max(result.frames, key=lambda frame: row[f"p_{frame}"]),)


def _premise(text: str) -> str:
    return " ".join(text.split())


def text_without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return what a scorer reads of a text without some of its parts."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return _premise(text)


_Odds = dict[str, float]


def _frame(
    result: Result,
    row: Row,
    frame: str,
    asked: Collection[str],
    spans: Sequence[tuple[int, int]],
    effects: Sequence[_Odds],
) -> FrameExplanation:
    wordings = result.codebook.frames[frame].hypotheses
    words = _words(row["text"], wordings, spans, effects) if frame in asked else ()
    return FrameExplanation(
        frame,
        row[f"p_{frame}"],
        row[f"tag_{frame}"],
        wordings,
        tuple(row[f"odds_{frame}"]),
        tuple(words),
    )


def _words(
    text: str,
    wordings: Sequence[str],
    spans: Sequence[tuple[int, int]],
    effects: Sequence[_Odds],
) -> Iterator[WordEffect]:
    for (start, end), effect in zip(spans, effects, strict=True):
        own = tuple(effect[wording] for wording in wordings)
        yield WordEffect(text[start:end], start, end, sum(own) / len(own), own)


def _html_of(one: FrameExplanation, text: str) -> str:
    decided = "tagged" if one.present else "not tagged"
    rows = "".join(
        f"<tr><td>{escape(wording)}</td><td>{odds:+.2f}</td></tr>"
        for wording, odds in zip(one.wordings, one.odds, strict=True)
    )
    shaded = f"<p><bdi>{''.join(_shaded(one, text))}</bdi></p>" if one.words else ""
    return (
        f"<h4>{escape(one.frame)}: {one.probability:.0%}, {decided}</h4>{shaded}"
        f"<table><tr><th>wording</th><th>log-odds</th></tr>{rows}</table>"
    )


def _shaded(one: FrameExplanation, text: str) -> Iterator[str]:
    """Yield the text with every word on blue that carries the frame, on orange that speaks against.

    The colour is as strong as the effect beside the strongest, or beside 1 if that is weaker.
    """
    strongest = max(1.0, max(abs(word.effect) for word in one.words))
    place = 0
    for word in one.words:
        colour = "0, 114, 178" if word.effect > 0 else "213, 94, 0"
        strength = min(1.0, abs(word.effect) / strongest) * 0.55
        yield escape(text[place : word.start])
        yield (
            f'<span style="background: rgba({colour}, {strength:.2f})" '
            f'title="{word.effect:+.2f}">{escape(word.word)}</span>'
        )
        place = word.end
    yield escape(text[place:])


def explanation_page(explanation: Explanation) -> str:
    """Return an explanation as an HTML page without any outside address."""
    name = escape(f"{explanation.article_id}, sentence {explanation.sentence_id}")
    return _PAGE.format(
        name=name,
        body=explanation._repr_html_(),
        fingerprint=escape(explanation.fingerprint),
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{name}</title><style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }}
body {{ overflow-wrap: anywhere; background: Canvas; color: CanvasText; }} p {{ font-size: 1.2em; }}
td, th {{ text-align: left; padding: 0 1em 0 0; }} td + td {{ white-space: nowrap; }}
</style></head><body><main><h1><bdi>{name}</bdi></h1>
{body}
<p><small>Blue words carry the frame: its mean log-odds fall without them. Orange words speak
against it. Scorer {fingerprint}.</small></p></main></body></html>
"""
