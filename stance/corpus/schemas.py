"""The columns of the tables of a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import pyarrow as pa

from stance.groups import GROUP_SCHEMA

Columns: TypeAlias = Sequence[tuple[str, pa.DataType]]

_TEXT, _REAL, _WHOLE = pa.string(), pa.float64(), pa.int64()
_SHARE = (("share", _REAL), ("share_low", _REAL), ("share_high", _REAL))

CORPUS_SCHEMAS: dict[str, Columns] = {
    "groups": GROUP_SCHEMA,
    "trends": (
        ("group", _TEXT),
        ("period", _TEXT),
        ("start", _TEXT),
        ("frame", _TEXT),
        *_SHARE,
        ("n_articles", _WHOLE),
        ("n_scored", _WHOLE),
        ("n_tagged", _WHOLE),
    ),
    "distances": (
        ("group", _TEXT),
        ("other", _TEXT),
        ("distance", _REAL),
        ("chance", _REAL),
        ("beyond_chance", pa.bool_()),
    ),
    "words": (
        ("frame", _TEXT),
        ("word", _TEXT),
        ("log_odds", _REAL),
        ("z", _REAL),
        ("n", _WHOLE),
        ("n_other", _WHOLE),
        ("n_articles", _WHOLE),
    ),
    "typical": (
        ("group", _TEXT),
        ("frame", _TEXT),
        ("article", _WHOLE),
        ("article_id", _TEXT),
        ("sentence_id", _WHOLE),
        ("text", _TEXT),
        ("probability", _REAL),
        ("typicality", _REAL),
    ),
    "quoted": (
        ("group", _TEXT),
        ("speaker", _TEXT),
        *_SHARE,
        ("n_sentences", _WHOLE),
        ("n_articles", _WHOLE),
        ("n_speech", _WHOLE),
        ("n_tagged", pa.list_(_WHOLE)),
    ),
}
"""The tables of a corpus by name; one row a `GroupShare`, `TrendPoint`, pair of groups, and so on.

``n_tagged`` of ``quoted`` counts by frame, in the order of the codebook.
"""
