"""What stands beside an article: profile, stances, voices, filters, marks. Text stays text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stance.positions import Estimate, Position, corpus_positions, positions, shown_positions
from stance.profile import EVERY, NARRATION, SPEECH, ArticleProfile, FrameShare, voice_kind
from stance.records import Label, Polarity, TaggedSentence

MOST_SPEAKERS = 40
"""Speakers that an article can be filtered by; the first ones."""
MOST_TARGETS = 12
"""Targets that have a bar; those of most sentences."""
MOST_LISTED = 20
"""Entries of a list of the manifest that a page tells."""
_UNTOLD = frozenset({"seconds", "status", "files"})


def panel(profile: ArticleProfile) -> dict[str, Any]:
    """Return the bars, tables and filters of an article.

    A filter's choices are known to the page by their places only (``p0``, ``t3``), so that no name
    is ever part of a selector.
    """
    found, targets = positions(profile), _targets(profile)
    every = [p for p in found if p.holder_kind == EVERY and p.n]
    return {
        "shares": [_share_bar(profile, k, share) for k, share in enumerate(profile.overall)],
        "targets": [
            _target_bar(profile, targets.index(p.target), p)
            for p in sorted(every, key=lambda p: -p.n)[:MOST_TARGETS]
        ],
        "stances": [_stance_row(p) for p in shown_positions(found)],
        "voices": list(_voice_rows(profile)),
        "filters": {
            "v": [(v, v) for v in (NARRATION, SPEECH) if profile.by_voice(v)],
            "p": [(f"p{k}", name) for k, name in enumerate(_speakers(profile))],
            "t": [(f"t{k}", name) for k, name in enumerate(targets)],
            "f": [(f"f{k}", shown(name)) for k, name in enumerate(profile.frames)],
        },
    }


def corpus_rows(profiles: Sequence[ArticleProfile]) -> list[dict[str, Any]]:
    """Return who says what about whom in all articles; nothing where there is only one."""
    if len(profiles) < 2:
        return []
    return [_stance_row(p) for p in shown_positions(corpus_positions(profiles), most=20)]


def most_options(panels: Sequence[Mapping[str, Any]]) -> int:
    """Return how many choices the longest filter of these panels has, at least 1."""
    return max((len(found) for p in panels for found in p["filters"].values()), default=1)


def shown(frame: str) -> str:
    """Return the name of a frame for people."""
    return frame.replace("_", " ")


def in_percent(value: float) -> str:
    """Return a share or probability in percent, a dash where there is none."""
    return "–" if math.isnan(value) else f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def _share_bar(profile: ArticleProfile, k: int, share: FrameShare) -> dict[str, Any]:
    carrying = (t.sentence.id for t in profile.sentences if share.frame in t.frames)
    return {
        "place": f"f{k}",
        "name": shown(share.frame),
        "first": next(carrying, None),
        "share": share,
        "value": in_percent(share.share),
        "range": _range(share.share_low, share.share_high),
        "intensity": in_percent(share.intensity),
        "bar": _bar(Estimate(share.share, share.share_low, share.share_high)),
    }


def _target_bar(profile: ArticleProfile, k: int, position: Position) -> dict[str, Any]:
    named = (
        t.sentence.id
        for t in profile.sentences
        for label in t.stances
        if label.target == position.target and label.polarity is not Polarity.NA
    )
    sides = {"favor": position.favor, "against": position.against}
    return {
        "place": f"t{k}",
        "name": position.target,
        "first": next(named, None),
        "n": position.n,
        **{side: in_percent(estimate.value) for side, estimate in sides.items()},
        **{f"{side}_bar": _bar(estimate) for side, estimate in sides.items()},
        **{f"{side}_range": _range(e.low, e.high) for side, e in sides.items()},
    }


def _bar(estimate: Estimate) -> str:
    """Return value, lower and upper bound, in percent, as the style of a bar; empty without one."""
    if math.isnan(estimate.value):
        return ""
    named = {"v": estimate.value, "l": estimate.low, "h": estimate.high}
    return "; ".join(f"--{name}: {100 * value:.1f}" for name, value in named.items())


def _range(low: float, high: float) -> str:
    return "–" if math.isnan(low) else f"{100 * low:.0f} to {100 * high:.0f}\N{NO-BREAK SPACE}%"


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


def told(tagged: TaggedSentence) -> dict[str, Any]:
    """Return what is shown at a sentence beside its frames: who speaks, and every stance."""
    voice = tagged.sentence.voice
    return {
        "voice": None if voice is None else f"{voice.value}: {_speaker(tagged)}",
        "stances": [_told_label(label) for label in tagged.stances],
    }


def _speaker(tagged: TaggedSentence) -> str:
    if voice_kind(tagged.sentence) == NARRATION:
        return "the outlet"
    return tagged.sentence.speaker or "speaker not found"


def _told_label(label: Label) -> dict[str, str]:
    linked = " (linked)" if label.mention is not None and label.mention.linked else ""
    return {
        "target": f"{label.target}{linked}",
        "stance": "not about it" if label.polarity is Polarity.NA else label.polarity.value,
        "chances": f"favor {in_percent(label.p_favor)}, against {in_percent(label.p_against)}",
    }


def _stance_row(position: Position) -> dict[str, Any]:
    return {
        "who": position.who,
        "target": position.target,
        "favor": _with_range(position.favor),
        "against": _with_range(position.against),
        "net": signed(position.net),
        "n": str(position.n),
        "n_na": str(position.n_na),
    }


def _with_range(estimate: Estimate) -> tuple[str, str]:
    """Return a share and its interval in percent."""
    return in_percent(estimate.value), _range(estimate.low, estimate.high)


def signed(estimate: Estimate) -> tuple[str, str]:
    """Return a difference and its interval, with signs; dashes where there is none."""
    if math.isnan(estimate.value):
        return "–", "–"
    texts = f"{estimate.value:+.2f}", f"{estimate.low:+.2f} to {estimate.high:+.2f}"
    return texts[0].replace("-", "−"), texts[1].replace("-", "−")


def _voice_rows(profile: ArticleProfile) -> Iterator[dict[str, Any]]:
    """Yield who speaks, in how many sentences, and the share of every frame in these."""
    groups = [(voice, profile.by_voice(voice)) for voice in (NARRATION, SPEECH)]
    for name, shares in [*groups, *profile.by_speaker().items()]:
        if shares:
            cells = [
                {
                    "value": in_percent(s.share),
                    "range": _range(s.share_low, s.share_high),
                    "heat": "0" if math.isnan(s.share) else f"{s.share:.2f}",
                }
                for s in shares
            ]
            yield {"name": name, "n": shares[0].n_scored, "cells": cells}


def made_rows(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a manifest tells of how a result was made, a name and a value each.

    Nothing that hangs on the time, and of a list only its beginning.
    """
    told = {key: value for key, value in manifest.items() if key not in _UNTOLD}
    if "engine" in told:
        told["engine"] = {key: n for key, n in told["engine"].items() if key != "reused"}
    yield from _flat(told)


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, entry in value.items():
        if key == "content":
            continue
        name = f"{prefix}{key.replace('_', ' ')}"
        if isinstance(entry, Mapping):
            yield from _flat(entry, f"{name} ")
        elif isinstance(entry, list):
            more = f" … ({len(entry)})" if len(entry) > MOST_LISTED else ""
            yield name, "; ".join(map(_in_line, entry[:MOST_LISTED])) + more or "–"
        else:
            yield name, _in_line(entry)


def _in_line(entry: object) -> str:
    if isinstance(entry, Mapping):
        told = ((key, _in_line(value)) for key, value in entry.items() if value not in ("", []))
        return ", ".join(f"{key} {value}" for key, value in told)
    if isinstance(entry, list):
        return " ".join(map(_in_line, entry))
    if isinstance(entry, bool):
        return "yes" if entry else "no"
    return "–" if entry is None else str(entry)
