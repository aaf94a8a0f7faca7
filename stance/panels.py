"""What the report shows of voices and stances: rows, filters, marks. Text stays text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stance.positions import Estimate, Position, corpus_positions, positions, shown_positions
from stance.profile import NARRATION, SPEECH, ArticleProfile, voice_kind
from stance.records import Label, Polarity, TaggedSentence

MOST_SPEAKERS = 40
"""Speakers that an article can be filtered by; the first ones."""


def panel(profile: ArticleProfile) -> dict[str, Any]:
    """Return the stance and voice tables of an article and the choices of its filters.

    A filter's choices are known to the page by their places only (``p0``, ``t3``), so that no name
    is ever part of a selector.
    """
    found = positions(profile)
    return {
        "stances": [_stance_row(p) for p in shown_positions(found)],
        "voices": list(_voice_rows(profile)),
        "filters": {
            "v": [(v, v) for v in (NARRATION, SPEECH) if profile.by_voice(v)],
            "p": [(f"p{k}", name) for k, name in enumerate(_speakers(profile))],
            "t": [(f"t{k}", name) for k, name in enumerate(_targets(profile))],
            "f": [(f"f{k}", name.replace("_", " ")) for k, name in enumerate(profile.frames)],
        },
    }


def corpus_rows(profiles: Sequence[ArticleProfile]) -> list[dict[str, str]]:
    """Return who says what about whom in all articles; nothing where there is only one."""
    if len(profiles) < 2:
        return []
    return [_stance_row(p) for p in shown_positions(corpus_positions(profiles), most=20)]


def most_options(panels: Sequence[Mapping[str, Any]]) -> int:
    """Return how many choices the longest filter of these panels has, at least 1."""
    return max((len(found) for p in panels for found in p["filters"].values()), default=1)


def _speakers(profile: ArticleProfile) -> list[str]:
    names = (t.sentence.speaker for t in profile.sentences if voice_kind(t.sentence) == SPEECH)
    return list(dict.fromkeys(name for name in names if name))[:MOST_SPEAKERS]


def _targets(profile: ArticleProfile) -> list[str]:
    return list(dict.fromkeys(label.target for t in profile.sentences for label in t.stances))


def marks(profile: ArticleProfile) -> list[str]:
    """Return the classes of every sentence: its voice, speaker, targets and frames, by place."""
    places = [
        {name: f"{kind}{k}" for k, name in enumerate(names)}
        for kind, names in (
            ("p", _speakers(profile)),
            ("t", _targets(profile)),
            ("f", profile.frames),
        )
    ]
    return [" ".join(_marks(tagged, *places)) for tagged in profile.sentences]


def _marks(
    tagged: TaggedSentence,
    speakers: dict[str, str],
    targets: dict[str, str],
    frames: dict[str, str],
) -> Iterator[str]:
    kind = voice_kind(tagged.sentence)
    if kind is not None:
        yield kind
    if kind == SPEECH and tagged.sentence.speaker in speakers:
        yield speakers[tagged.sentence.speaker]
    yield from (targets[label.target] for label in tagged.stances)
    yield from (frames[frame] for frame in tagged.frames)


def told(tagged: TaggedSentence) -> list[str]:
    """Return what is shown at a sentence beside its frames: who speaks, and every stance."""
    sentence = tagged.sentence
    lines = [] if sentence.voice is None else [f"{sentence.voice.value}: {_speaker(tagged)}"]
    return lines + [_told_label(label) for label in tagged.stances]


def _speaker(tagged: TaggedSentence) -> str:
    if voice_kind(tagged.sentence) == NARRATION:
        return "the outlet"
    return tagged.sentence.speaker or "speaker not found"


def _told_label(label: Label) -> str:
    linked = " (linked)" if label.mention is not None and label.mention.linked else ""
    name = "not about it" if label.polarity is Polarity.NA else label.polarity.value
    chances = f"favor {label.p_favor:.0%}, against {label.p_against:.0%}"
    return f"{label.target}{linked}: {name}  ({chances})"


def _stance_row(position: Position) -> dict[str, str]:
    return {
        "who": position.who,
        "target": position.target,
        "favor": in_percent(position.favor),
        "against": in_percent(position.against),
        "net": signed(position.net),
        "n": str(position.n),
        "n_na": str(position.n_na),
    }


def in_percent(estimate: Estimate) -> str:
    """Return a share with its interval in percent."""
    if math.isnan(estimate.value):
        return "–"
    return f"{estimate.value:.0%} ({estimate.low:.0%} to {estimate.high:.0%})"


def signed(estimate: Estimate) -> str:
    """Return a difference with its interval, with signs."""
    if math.isnan(estimate.value):
        return "–"
    return f"{estimate.value:+.2f} ({estimate.low:+.2f} to {estimate.high:+.2f})"


def _voice_rows(profile: ArticleProfile) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield who speaks, in how many sentences, and the share of every frame in these."""
    groups = [(voice, profile.by_voice(voice)) for voice in (NARRATION, SPEECH)]
    for name, shares in [*groups, *profile.by_speaker().items()]:
        if shares:
            cells = [in_percent(Estimate(s.share, s.share_low, s.share_high)) for s in shares]
            yield name, [str(shares[0].n_scored), *cells]
