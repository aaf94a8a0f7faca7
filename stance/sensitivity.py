"""How much a result depends on the wordings of its codebook.

A frame is scored by several wordings whose log-odds are averaged. Here every wording stands alone,
each is left out once, and all are taken together: a specification curve (Simonsohn, Simmons &
Nelson 2020) over the researcher's choice of words, with everything else held as it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stance.calibration import Logistic, read_logistic
from stance.codebooks import Codebook
from stance.errors import DataError
from stance.metrics import Estimate
from stance.notebook import Bar, html_of_rows, short_repr

if TYPE_CHECKING:
    import pyarrow as pa

RESAMPLES = 2_000
_CELLS = 4_000_000
_EXACT = 1e-6

Votes: TypeAlias = Bool[np.ndarray, "sentence wording"]
"""Whether a wording alone tags a sentence."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class WordedFrame:
    """The evidence of one frame: natural-log odds of entailment, one column a wording.

    ``article`` numbers the articles from 0. ``logistic`` and ``threshold`` turn the mean of
    log-odds into a tag; they are those that the result was made with.
    """

    frame: str
    wordings: tuple[str, ...]
    odds: Float64[np.ndarray, "sentence wording"]
    article: Int64[np.ndarray, " sentence"]
    logistic: Logistic
    threshold: float

    def tags(self, kept: Sequence[int]) -> Bool[np.ndarray, " sentence"]:
        """Return which sentences the mean of some wordings tags."""
        p = self.logistic.probability(self.odds[:, list(kept)].mean(axis=1))
        tagged: np.ndarray = p >= self.threshold
        return tagged


@final
@dataclass(frozen=True, slots=True)
class Specification:
    """The share of sentences tagged when only some wordings are asked.

    ``kind`` is all, without (one left out) or only (one alone); ``kept`` are the places of the
    wordings, from 0; ``alpha`` is their agreement (see `alpha`), NaN for fewer than two.
    """

    kind: str
    kept: tuple[int, ...]
    share: Estimate
    alpha: float


@final
@dataclass(frozen=True, slots=True)
class Unstable:
    """A sentence whose tag hangs on the wording: ``row`` in the table of scored sentences.

    ``votes`` counts the wordings that tag it alone; ``low`` and ``high`` are the least and greatest
    probability that a wording alone gives.
    """

    row: int
    votes: int
    low: float
    high: float


@final
@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How much one frame depends on its wordings.

    ``alpha`` is Krippendorff's, nominal, with wordings as coders; ``contested`` is the share of
    sentences that some wordings tag alone and others do not.
    """

    frame: str
    wordings: tuple[str, ...]
    alpha: Estimate
    contested: Estimate
    specifications: tuple[Specification, ...]
    unstable: tuple[Unstable, ...]

    __repr__ = short_repr

    def _repr_html_(self) -> str:
        told = {"alpha": self.alpha, "contested": self.contested, "of": self.contested.n}
        rows = [
            {
                "asked": one.kind,
                "wordings": " ".join(str(k + 1) for k in one.kept),
                "share": Bar(one.share.value, one.share.low, one.share.high),
                "alpha": one.alpha,
            }
            for one in self.specifications
        ]
        return html_of_rows([{"frame": self.frame, **told}]) + html_of_rows(rows)


def assess(
    worded: WordedFrame, *, most: int = 10, resamples: int = RESAMPLES, seed: int = 0
) -> Sensitivity:
    """Ask how much a frame depends on its wordings.

    Intervals are percentile intervals of a bootstrap over articles, over sentences where there is
    one article; the same resamples serve every specification, so that differences are not noise.

    Args:
        worded: The evidence.
        most: Most unstable sentences to return.
        resamples: Number of bootstrap resamples.
        seed: Seed of the bootstrap.

    Raises:
        DataError: No sentence was scored.
    """
    if len(worded.odds) == 0:
        raise DataError(f"{worded.frame}: no sentence was scored; there is nothing to compare")
    choices = specifications_of(len(worded.wordings))
    tags = np.stack([worded.tags(kept) for _, kept in choices], axis=1)
    votes = _votes(worded)
    contested = votes.any(axis=1) & ~votes.all(axis=1)
    columns = np.column_stack([tags, contested, *_disagreement(votes)]).astype(np.float64)
    drawn = _resampled_means(columns, worded.article, resamples, np.random.default_rng(seed))
    shares = [
        _estimate(m, d, len(tags)) for m, d in zip(columns.mean(axis=0), drawn.T, strict=True)
    ]
    return Sensitivity(
        worded.frame,
        worded.wordings,
        _alpha_estimate(votes, drawn[:, -2:]),
        shares[len(choices)],
        tuple(
            Specification(kind, kept, share, alpha(votes[:, list(kept)]))
            for (kind, kept), share in zip(choices, shares, strict=False)
        ),
        _most_unstable(worded, votes, most),
    )


def _votes(worded: WordedFrame) -> Votes:
    return np.stack([worded.tags((k,)) for k in range(len(worded.wordings))], axis=1)


def specifications_of(n: int) -> list[tuple[str, tuple[int, ...]]]:
    """Return the choices of n wordings: all, without each in turn (from three on), only each."""
    every = tuple(range(n))
    without = [("without", every[:k] + every[k + 1 :]) for k in every if n > 2]
    only = [("only", (k,)) for k in every if n > 1]
    return [("all", every), *without, *only]


def alpha(votes: Votes) -> float:
    """Return Krippendorff's alpha (2018, ch. 12) of votes that are all there, for nominal values.

    NaN for fewer than two wordings, and where all votes are alike: no variation, no reliability.
    """
    if votes.shape[1] < 2:
        return math.nan
    means = np.array(_disagreement(votes)).mean(axis=1)
    return float(_alpha(means[None], votes.shape)[0])


def _disagreement(votes: Votes) -> tuple[np.ndarray, np.ndarray]:
    """Return, per sentence, its positive votes and how often one meets a negative vote."""
    n = votes.shape[1]
    positive = votes.sum(axis=1).astype(np.float64)
    return positive, positive * (n - positive) / max(n - 1, 1)


def _alpha(
    means: Float64[np.ndarray, "resample 2"], shape: tuple[int, ...]
) -> Float64[np.ndarray, " resample"]:
    """Return alpha from the means over sentences of `_disagreement`."""
    n_sentences, n = shape
    chance = means[:, 0] * (n - means[:, 0])
    ratio = np.full(len(means), math.nan)
    np.divide((n - 1 / n_sentences) * means[:, 1], chance, out=ratio, where=chance > 1e-12)
    return 1 - ratio


def _alpha_estimate(votes: Votes, drawn: Float64[np.ndarray, "resample 2"]) -> Estimate:
    value = alpha(votes)
    if math.isnan(value):
        return Estimate(math.nan, math.nan, math.nan, 0)
    return _estimate(value, _alpha(drawn, votes.shape), len(votes))


def _estimate(value: float, drawn: Float64[np.ndarray, " resample"], n: int) -> Estimate:
    """Return the percentile interval; none where all resamples agree, which proves nothing."""
    defined = drawn[~np.isnan(drawn)]
    if np.ptp(defined) < 1e-12:
        return Estimate(float(value), math.nan, math.nan, n)
    low, high = np.quantile(defined, [0.025, 0.975])
    return Estimate(float(value), float(low), float(high), n)


def _resampled_means(
    columns: Float64[np.ndarray, "sentence column"],
    article: Int64[np.ndarray, " sentence"],
    resamples: int,
    generator: np.random.Generator,
) -> Float64[np.ndarray, "resample column"]:
    """Return the means of resamples of whole articles; of sentences where there is one article."""
    places, unit = np.unique(article, return_inverse=True)
    if len(places) == 1:
        unit = np.arange(len(article))
    whole = np.column_stack([np.ones(len(unit)), columns])
    sums = np.stack([np.bincount(unit, column) for column in whole.T], axis=1)
    n = len(sums)
    step = max(1, _CELLS // n)
    parts = [
        generator.multinomial(n, np.full(n, 1 / n), size=min(step, resamples - start)) @ sums
        for start in range(0, resamples, step)
    ]
    drawn = np.concatenate(parts)
    means: np.ndarray = drawn[:, 1:] / drawn[:, :1]
    return means


def _most_unstable(worded: WordedFrame, votes: Votes, most: int) -> tuple[Unstable, ...]:
    """Return the most contested sentences: the most even votes first, then the widest range."""
    p = worded.logistic.probability(worded.odds)
    positive = votes.sum(axis=1)
    even = np.minimum(positive, votes.shape[1] - positive)
    order = np.lexsort((np.arange(len(p)), -np.ptp(p, axis=1), -even))
    return tuple(
        Unstable(int(row), int(positive[row]), float(p[row].min()), float(p[row].max()))
        for row in order[:most]
        if even[row] > 0
    )


def worded_frames(sentences: pa.Table, codebook: Codebook) -> tuple[WordedFrame, ...]:
    """Return the evidence of every frame from a ``sentences`` table.

    The logistic is read off the table: it is the line that the log-odds of ``p_<frame>`` make
    against the mean of ``odds_<frame>``.

    Raises:
        DataError: A column is missing, or probabilities and tags do not follow from the log-odds of
            the wordings of this codebook.
    """
    asked = [f"{kind}_{name}" for name in codebook.frames for kind in ("odds", "p", "tag")]
    for column in ("article_id", "scored", *asked):
        if column not in sentences.column_names:
            raise DataError(f"the sentences table has no column {column}; tag the articles again")
    scored = sentences.filter(sentences["scored"])
    _, article = np.unique(scored["article_id"].to_pylist(), return_inverse=True)
    return tuple(_worded(scored, article, name, codebook) for name in codebook.frames)


def _worded(scored: pa.Table, article: np.ndarray, name: str, codebook: Codebook) -> WordedFrame:
    wordings = codebook.frames[name].hypotheses
    rows = scored[f"odds_{name}"].to_pylist()
    if any(len(row) != len(wordings) for row in rows):
        raise DataError(f"odds_{name}: a sentence has not one value for each of the wordings")
    odds = np.array(rows, dtype=np.float64).reshape(-1, len(wordings))
    p = np.array(scored[f"p_{name}"].to_pylist(), dtype=np.float64)
    tagged = np.array(scored[f"tag_{name}"].to_pylist(), dtype=bool)
    mean = odds.mean(axis=1)
    logistic = read_logistic(mean, p)
    threshold = _threshold(p, tagged, codebook.threshold_of(name))
    near = np.abs(logistic.probability(mean) - p) < _EXACT
    sure = np.abs(p - threshold) > _EXACT
    if not (near.all() and (tagged == (p >= threshold))[sure].all()):
        raise DataError(
            f"{name}: its probabilities and tags are not a logistic and a threshold of the mean "
            "log-odds of its wordings, as when a head or another calibration made them; analyze "
            "again without it"
        )
    return WordedFrame(name, wordings, odds, article, logistic, threshold)


def _threshold(
    p: Float64[np.ndarray, " sentence"], tagged: Bool[np.ndarray, " sentence"], asked: float
) -> float:
    """Return the codebook's threshold, or one between the tagged and the others if it is not."""
    least, most = float(p[tagged].min(initial=1.0)), float(p[~tagged].max(initial=0.0))
    return asked if most < asked <= least else (least + most) / 2
