"""Two results of the same sentences: differences with paired intervals, and what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np
import pyarrow as pa
from jaxtyping import Bool

from stance.errors import RunError
from stance.intervals import ratio_interval
from stance.notebook import SHOWN, Rows, cells_of, html_of_rows, short_repr
from stance.parquet_rows import result_table
from stance.runs.directory import result_folder


@final
@dataclass(frozen=True, slots=True)
class Difference:
    """How the share of a frame differs between two results, over sentences scored in both.

    ``difference`` is second minus first, with a 95 % interval of the paired bootstrap; what it drew
    is in ``resampled`` (see `stance.intervals.ratio_interval`). ``only_first`` and
    ``only_second`` count the sentences tagged in one result alone; ``p`` is the exact two-sided p
    of McNemar's test on them and ``p_holm`` the same after Holm's correction over the frames. Both
    take sentences as independent, which those of one article are not.
    """

    frame: str
    n: int
    n_articles: int
    share_first: float
    share_second: float
    difference: float
    low: float
    high: float
    only_first: int
    only_second: int
    p: float
    p_holm: float
    resampled: str

    def notebook_cells(self) -> dict[str, Any]:
        """Return what one row of a table shows."""
        return {
            "frame": self.frame,
            "first": f"{self.share_first:.0%}",
            "second": f"{self.share_second:.0%}",
            "difference": f"{self.difference:+.1%} [{self.low:+.1%}, {self.high:+.1%}]",
            "only first": self.only_first,
            "only second": self.only_second,
            "p (Holm)": self.p_holm,
        }


@final
@dataclass(frozen=True, slots=True)
class Change:
    """A sentence whose tag of a frame is another in the second result."""

    article_id: str
    sentence_id: int
    frame: str
    first: bool
    second: bool
    p_first: float
    p_second: float
    text: str


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences by frame and the changed sentences; what is in one result alone is counted."""

    first: Path
    second: Path
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    only_first: int
    only_second: int
    frames_first: tuple[str, ...]
    frames_second: tuple[str, ...]

    __repr__ = short_repr

    def _repr_html_(self) -> str:
        differences = html_of_rows([one.notebook_cells() for one in self.differences])
        changes = html_of_rows(
            [cells_of(change) for change in self.changes[:SHOWN]], of=len(self.changes)
        )
        return f"{differences}<p>changed:</p>{changes}" if self.changes else differences


def compare(first: str | Path, second: str | Path, *, seed: int = 0) -> Comparison:
    """Compare two results, or runs of one cell, sentence by sentence.

    McNemar 1947; Holm 1979; the paired cluster bootstrap draws whole articles.

    Args:
        first: A result, a run of one cell, or a cell of a run.
        second: Another one, of the same articles.
        seed: Seed of the bootstrap.

    Raises:
        RunError: One of them is no result, or they have no sentence or no frame in common.
    """
    folders = result_folder(Path(first)), result_folder(Path(second))
    tables = [result_table(folder / "sentences.parquet") for folder in folders]
    frames = [_frames(table) for table in tables]
    shared = [frame for frame in frames[0] if frame in frames[1]]
    if not shared:
        raise RunError(f"{first} and {second} have no frame in common; compare one codebook's")
    one, two = ({_identity(row): row for row in table.to_pylist()} for table in tables)
    pairs = [(one[key], two[key]) for key in one if key in two]
    _check_same(pairs, str(first), str(second))
    scored = [(a, b) for a, b in pairs if a["scored"] and b["scored"]]
    found = [_difference(frame, scored, seed) for frame in shared]
    return Comparison(
        *folders,
        differences=_corrected(found),
        changes=Rows(_changes(scored, shared)),
        only_first=len(one) - len(pairs),
        only_second=len(two) - len(pairs),
        frames_first=tuple(frame for frame in frames[0] if frame not in shared),
        frames_second=tuple(frame for frame in frames[1] if frame not in shared),
    )


def _frames(table: pa.Table) -> list[str]:
    names: list[str] = table.column_names
    return [name.removeprefix("tag_") for name in names if name.startswith("tag_")]


def _identity(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["article_id"], row["sentence_id"]


_Pair = tuple[Mapping[str, Any], Mapping[str, Any]]


def _check_same(pairs: Sequence[_Pair], first: str, second: str) -> None:
    if not any(a["scored"] and b["scored"] for a, b in pairs):
        raise RunError(f"{first} and {second} have no scored sentence in common")
    for a, b in pairs:
        if a["text"] != b["text"]:
            raise RunError(
                f"{first} and {second}: sentence {a['sentence_id']} of {a['article_id']} has "
                "another text in each; compare results of the same articles"
            )


def _difference(frame: str, scored: Sequence[_Pair], seed: int) -> Difference:
    tags = np.array([(a[f"tag_{frame}"], b[f"tag_{frame}"]) for a, b in scored], dtype=bool)
    numbers: dict[str, int] = {}
    cluster = np.array([numbers.setdefault(a["article_id"], len(numbers)) for a, _ in scored])
    moved = tags[:, 1].astype(np.float64) - tags[:, 0]
    low, high, unit = ratio_interval(moved[:, None], cluster, seed=seed)
    shares = tags.mean(axis=0)
    return Difference(
        frame,
        len(tags),
        len(numbers),
        float(shares[0]),
        float(shares[1]),
        float(moved.mean()),
        float(low[0]),
        float(high[0]),
        *_mcnemar(tags),
        p_holm=float("nan"),
        resampled=unit,
    )


def _mcnemar(tags: Bool[np.ndarray, "sentence 2"]) -> tuple[int, int, float]:
    """Return the discordant counts and the exact two-sided p of McNemar's test."""
    from scipy.stats import binomtest

    first = int((tags[:, 0] & ~tags[:, 1]).sum())
    second = int((~tags[:, 0] & tags[:, 1]).sum())
    if first + second == 0:
        return 0, 0, 1.0
    return first, second, float(binomtest(first, first + second).pvalue)


def _corrected(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """Return the differences with Holm's step-down corrected p."""
    order = sorted(range(len(found)), key=lambda k: found[k].p)
    corrected, most = list(found), 0.0
    for rank, k in enumerate(order):
        most = max(most, min(1.0, (len(found) - rank) * found[k].p))
        corrected[k] = replace(found[k], p_holm=most)
    return tuple(corrected)


def _changes(scored: Sequence[_Pair], frames: Sequence[str]) -> list[Change]:
    return [
        Change(
            a["article_id"],
            a["sentence_id"],
            frame,
            a[f"tag_{frame}"],
            b[f"tag_{frame}"],
            a[f"p_{frame}"],
            b[f"p_{frame}"],
            a["text"],
        )
        for a, b in scored
        for frame in frames
        if a[f"tag_{frame}"] != b[f"tag_{frame}"]
    ]
