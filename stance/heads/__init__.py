"""From a few labels: a logistic head on the log-odds of all wordings, frame by frame.

Zero-shot, a frame is the mean of its own wordings. With labels a logistic regression corrects that:
it may weigh every wording, its own and those of other frames (stacking, Wolpert 1992), and is held
to zero-shot by a penalty, so that a few labels do little harm and many may do good. If asked, the
dimensions of a sentence embedding stand beside the log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float64
from pydantic import BaseModel, ConfigDict, ValidationError

from stance.calibration import Labels, wordings_hash
from stance.codebooks import Codebook
from stance.errors import ConfigError
from stance.heads.coded import (
    Coded,
    check_labels,
    coded_of,
    embeddings,
    fit_weights,
    probability_of,
)
from stance.heads.curve import Point, learning_curve
from stance.records import Tag, TaggedSentence
from stance.scorers.embedding import Encoder, open_encoder

__all__ = [
    "Coded",
    "FrameHead",
    "Head",
    "Point",
    "apply_head",
    "check_labels",
    "coded_of",
    "fit_frame",
    "learning_curve",
    "load_head",
    "new_head",
    "use_head",
]

_FROZEN = ConfigDict(extra="forbid", frozen=True)


class FrameHead(BaseModel):
    """The logistic regression of one frame: an intercept and a weight for every column."""

    model_config = _FROZEN

    intercept: float
    weights: tuple[float, ...]
    n: int
    n_positive: int


@final
class Head(BaseModel):
    """The heads of a codebook, valid for exactly its wordings and one scorer.

    ``scorer`` is the fingerprint of the scorer of the log-odds; ``labels`` names what it was
    trained on, so that nothing is evaluated or estimated on the same labels. With ``embedding`` the
    ``width`` last weights are those of the embedding by that model; ``encoder`` is its fingerprint.
    """

    model_config = _FROZEN

    codebook: str
    wordings_sha256: str
    scorer: str
    labels: Labels
    frames: dict[str, FrameHead]
    embedding: str | None = None
    encoder: str | None = None
    width: int = 0

    def probability(
        self, frame: str, odds: Float64[np.ndarray, "sentence wording"]
    ) -> Float64[np.ndarray, " sentence"]:
        """Return the probability of a frame from the log-odds of all wordings of the codebook.

        With an embedding its columns follow those of the wordings.
        """
        own = self.frames[frame]
        return probability_of(odds, own.intercept, np.array(own.weights))


def fit_frame(coded: Coded) -> FrameHead:
    """Fit the head of a frame on all its labels.

    Raises:
        DataError: There are fewer than `LEAST_LABELS` labels, fewer than `LEAST_ALIKE` of one kind,
            or they lie in fewer than `LEAST_ARTICLES` articles.
    """
    check_labels(coded)
    intercept, weights = fit_weights(coded, np.arange(len(coded.gold)))
    rounded = tuple(float(w) + 0.0 for w in weights.round(6))
    return FrameHead(
        intercept=round(intercept, 6),
        weights=rounded,
        n=len(coded.gold),
        n_positive=int(coded.gold.sum()),
    )


def new_head(
    codebook: Codebook,
    scorer: str,
    labels: Labels,
    frames: dict[str, FrameHead],
    *,
    embedding: tuple[str, Encoder] | None = None,
) -> Head:
    """Return the head of a codebook's wordings and of the scorer of a fingerprint.

    ``embedding`` is the model, and the encoder, whose embeddings the frames were fitted with.
    """
    n = len(codebook.hypotheses)
    width = max((len(own.weights) for own in frames.values()), default=n) - n
    return Head(
        codebook=codebook.name,
        wordings_sha256=wordings_hash(codebook.hypotheses),
        scorer=scorer,
        labels=labels,
        frames=frames,
        embedding=embedding and embedding[0],
        encoder=embedding and embedding[1].name,
        width=width,
    )


def load_head(path: Path, codebook: Codebook, scorer: str) -> Head:
    """Load a head for a codebook and the scorer of a fingerprint.

    Raises:
        ConfigError: The file is not a head, or was trained with other wordings or another scorer.
    """
    try:
        head = Head.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigError(f"{path}: is not a head of stance fit; give the file it wrote") from error
    n = len(codebook.hypotheses) + head.width
    weights = {name: len(own.weights) for name, own in head.frames.items()}
    if head.wordings_sha256 != wordings_hash(codebook.hypotheses) or set(weights.values()) - {n}:
        raise ConfigError(
            f"{path}: was trained with other wordings than those of the codebook {codebook.name}; "
            "fit it again"
        )
    if head.scorer != scorer:
        raise ConfigError(
            f"{path}: was trained on scores of {head.scorer}, not of {scorer}; fit it again"
        )
    return head


def apply_head(
    tagged: Sequence[TaggedSentence],
    head: Head,
    codebook: Codebook,
    *,
    encoder: Encoder | None = None,
) -> list[TaggedSentence]:
    """Return the sentences with the probabilities and tags of a head; the evidence stays.

    Frames that the head does not have keep their zero-shot probability. ``encoder`` is needed by a
    head with an embedding.
    """
    scored = [sentence for sentence in tagged if sentence.scored]
    if encoder is None:
        extra = np.empty((len(scored), 0))
    else:
        extra = embeddings([sentence.sentence.text for sentence in scored], encoder)
    rows = iter(extra)
    return [
        _headed(sentence, next(rows), head, codebook) if sentence.scored else sentence
        for sentence in tagged
    ]


def use_head(
    path: str | Path | None, tagged: list[TaggedSentence], codebook: Codebook, scorer: str
) -> tuple[list[TaggedSentence], dict[str, Any] | None]:
    """Return the sentences with the head of a file, and its entry in a manifest; None is no head.

    Raises:
        ConfigError: As in `load_head`.
    """
    if path is None:
        return tagged, None
    head = load_head(Path(path), codebook, scorer)
    entry = {
        "path": str(path),
        "sha256": sha256(Path(path).read_bytes()).hexdigest(),
        "labels": head.labels.model_dump(),
        "frames": list(head.frames),
    }
    encoder = _encoder_of(head, path)
    return apply_head(tagged, head, codebook, encoder=encoder), entry


def _encoder_of(head: Head, path: str | Path) -> Encoder | None:
    if head.embedding is None:
        return None
    encoder = open_encoder(head.embedding)
    if encoder.name != head.encoder:
        raise ConfigError(
            f"{path}: was trained on embeddings of {head.encoder}, not of {encoder.name}; fit it "
            "again"
        )
    return encoder


def _headed(
    tagged: TaggedSentence, extra: Float64[np.ndarray, " width"], head: Head, codebook: Codebook
) -> TaggedSentence:
    own = [x for tag in tagged.tags for x in tag.entailment]
    odds = np.concatenate([own, extra])[None]
    return replace(tagged, tags=tuple(_tag(tag, odds, head, codebook) for tag in tagged.tags))


def _tag(tag: Tag, odds: Float64[np.ndarray, "1 wording"], head: Head, codebook: Codebook) -> Tag:
    if tag.frame not in head.frames:
        return tag
    p = float(head.probability(tag.frame, odds)[0])
    return replace(tag, probability=p, present=p >= codebook.threshold_of(tag.frame))
