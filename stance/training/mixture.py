"""What the shipped model is trained on: labelled pairs by premise, drawn anew every epoch."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any, final
from zlib import crc32

import numpy as np
import pyarrow.parquet as pq
import yaml
from jaxtyping import Float32

from stance.training import claims
from stance.training.labels import CONTRADICTION, ENTAILMENT, LABELS, NEUTRAL, NOT_ENTAILMENT
from stance.training.roles import role_pairs, sometimes_misspelled
from stance.training.written import Family, read_families

FRAMES = ("solidarity", "deterrence", "restraint", "humanitarian")
HELD_OUT_PERCENT = 15
CODEBOOKS = Path(__file__).parent.parent / "assets" / "codebooks"

_STANCES: dict[str, tuple[str, ...]] = {
    "favor": ("The text is favorable to {target}.", "{target} is portrayed positively."),
    "against": ("The text is critical of {target}.", "{target} is portrayed negatively."),
}
"""Wordings that hold whoever the stance is of; those of the codebooks also name the author."""

Answer = tuple[str, int, float]
"""A hypothesis, the index of its label in `LABELS`, and the weight of its loss."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One premise with hypotheses asked of it in one sequence.

    ``taught`` has a row of three probabilities an answer where teachers answered too.
    """

    premise: str
    answers: tuple[Answer, ...]
    taught: Float32[np.ndarray, "answer 3"] | None = None


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file as dictionaries, in file order."""
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def is_held_out(sentence: str) -> bool:
    """Tell whether a NewsMTSC sentence is of the 15 % kept, by hash, for development figures."""
    digest = blake2b(sentence.strip().encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 100 < HELD_OUT_PERCENT


def load_codebook_wordings(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return ``{"codebook.frame": wordings}`` of every codebook in a folder."""
    wordings: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.yaml")):
        book = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, frame in book["frames"].items():
            wordings[f"{book['name']}.{name}"] = tuple(frame["hypotheses"])
    return wordings


def _codes() -> dict[str, Any]:
    path = Path(__file__).parent / "data" / "code_wordings.yaml"
    codes: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return codes


def frames_of_codes() -> dict[str, tuple[str, ...]]:
    """Return the frames (``codebook.frame``) that every code of the wide coding stands for."""
    return {code: tuple(entry["frames"]) for code, entry in _codes().items()}


def load_code_wordings() -> dict[str, tuple[str, ...]]:
    """Return the wordings of every code of the wide coding, the shipped codebooks' first."""
    shipped = load_codebook_wordings(CODEBOOKS)
    return {
        code: tuple(w for frame in entry["frames"] for w in shipped[frame]) + tuple(entry["more"])
        for code, entry in _codes().items()
    }


@final
@dataclass(frozen=True)
class Mixture:
    """The labelled data and the wordings they are asked in.

    ``blocked`` holds every sentence of a development split: a pair whose premise is among them is
    never trained on. ``replay`` is the share of the pairs kept that are not about claims: below 1
    an epoch is about arguments and claims, with enough of the rest not to forget it. A pair whose
    hypothesis is among ``banned`` is left out, and so is a diplomacy frame not in ``codes``. Pairs
    of the written families weigh ``written``. Only a fixed ``share`` of the premises is used.
    Every epoch has ``roles`` made-up sentences about who praises whom, and their counterparts, and
    a share ``typos`` of its premises is misspelled.
    """

    data: Path
    codes: dict[str, tuple[str, ...]]
    stances: dict[str, tuple[str, ...]]
    families: tuple[Family, ...]
    blocked: frozenset[str]
    replay: float = 1.0
    banned: frozenset[str] = frozenset()
    written: float = 1.0
    share: float = 1.0
    roles: int = 0
    typos: float = 0.0

    def epoch(self, seed: int) -> list[Group]:
        """Return the groups of one epoch: all fixed pairs, and wordings drawn with ``seed``."""
        draw = random.Random(seed)
        by_premise: defaultdict[str, list[Answer]] = defaultdict(list)
        for premise, answer in self._pairs(draw):
            if self.wants(premise) and answer[0] not in self.banned:
                by_premise[premise].append(answer)
        return [
            group
            for premise, answers in by_premise.items()
            for group in _split(sometimes_misspelled(premise, self.typos, draw), answers, draw)
        ]

    def wants(self, premise: str) -> bool:
        """Tell whether a premise may be trained on: of no development split, and of the share."""
        if premise.strip() in self.blocked:
            return False
        return self.share >= 1 or crc32(premise.encode()) < self.share * 2**32

    def _pairs(self, draw: random.Random) -> Iterator[tuple[str, Answer]]:
        yield from self._claims(draw)
        rest = chain(
            self._entailment(),
            self._diplomacy(draw),
            self._wide(draw),
            self._written(about_claims=False),
            self._roles(draw),
        )
        yield from (pair for pair in rest if draw.random() < self.replay)

    def _claims(self, draw: random.Random) -> Iterator[tuple[str, Answer]]:
        for row in read_rows(self.data / "entailment/train.parquet"):
            if row["source"] in claims.SOURCES:
                label = LABELS.index(row["label"])
                yield row["premise"], (row["hypothesis"], label, 1.0)
                text, label = claims.reworded(row["hypothesis"], label, draw)
                yield row["premise"], (text, label, 1.0)
        yield from self._written(about_claims=True)

    def _written(self, *, about_claims: bool) -> Iterator[tuple[str, Answer]]:
        for family in self.families:
            if not family.held_out and family.about_claims is about_claims:
                for premise, hypothesis, label in family.pairs():
                    yield premise, (hypothesis, label, self.written)

    def _roles(self, draw: random.Random) -> Iterator[tuple[str, Answer]]:
        for premise, (hypothesis, label) in role_pairs(draw, self.roles):
            yield premise, (hypothesis, label, 1.0)

    def _entailment(self) -> Iterator[tuple[str, Answer]]:
        for row in read_rows(self.data / "entailment/train.parquet"):
            if row["source"] not in claims.SOURCES:
                yield row["premise"], (row["hypothesis"], LABELS.index(row["label"]), 1.0)
        for row in read_rows(self.data / "entailment/news_hypotheses.parquet"):
            if row["split"] == "train":
                yield row["premise"], (row["hypothesis"], LABELS.index(row["label"]), 1.5)

    def _diplomacy(self, draw: random.Random) -> Iterator[tuple[str, Answer]]:
        codes = dict(zip(FRAMES, ("solid", "deter", "restr", "humat"), strict=True))
        for row in read_rows(self.data / "frames/diplomacy_silver.parquet"):
            if row["split"] != "train":
                continue
            for frame, code in codes.items():
                if code not in self.codes:
                    continue
                label, weight = (ENTAILMENT, 2.0) if row[frame] else (NOT_ENTAILMENT, 0.7)
                for wording in draw.sample(self.codes[code], 2):
                    yield row["sentence"], (wording, label, weight)

    def _wide(self, draw: random.Random) -> Iterator[tuple[str, Answer]]:
        for row in read_rows(self.data / "frames/wide_silver.parquet"):
            if row["split"] != "train":
                continue
            positive = [code for code in row["codes"] if code in self.codes]
            negative = draw.sample([code for code in self.codes if code not in row["codes"]], 6)
            for code in positive:
                yield row["sentence"], (draw.choice(self.codes[code]), ENTAILMENT, 1.5)
            for code in negative:
                yield row["sentence"], (draw.choice(self.codes[code]), NOT_ENTAILMENT, 0.7)
            for stance in row["stances"]:
                yield from self._stance(row["sentence"], stance, draw)

    def _stance(
        self, sentence: str, stance: dict[str, str], draw: random.Random
    ) -> Iterator[tuple[str, Answer]]:
        labels = {
            "+": {"favor": ENTAILMENT, "against": CONTRADICTION},
            "-": {"favor": CONTRADICTION, "against": ENTAILMENT},
        }.get(stance["polarity"], {"favor": NEUTRAL, "against": NEUTRAL})
        for side, label in labels.items():
            wording = draw.choice(self.stances[side]).format(target=stance["target"])
            yield sentence, (wording, label, 1.0)


def _split(
    premise: str, answers: list[Answer], draw: random.Random, most: int = 12
) -> Iterator[Group]:
    draw.shuffle(answers)
    for start in range(0, len(answers), most):
        yield Group(premise, tuple(answers[start : start + most]))


def development_sentences(data: Path) -> frozenset[str]:
    """Return every sentence and premise of the development splits, stripped.

    To these belongs a fixed 15 % of the NewsMTSC sentences, for development figures on stance.
    """

    def premises(rows: Iterable[dict[str, Any]], column: str) -> list[str]:
        return [row[column].strip() for row in rows if row.get("split", "dev") == "dev"]

    newsmtsc = premises(read_rows(data / "stance/newsmtsc_train.parquet"), "sentence")
    return frozenset(
        premises(read_rows(data / "entailment/dev.parquet"), "premise")
        + premises(read_rows(data / "entailment/news_hypotheses.parquet"), "premise")
        + premises(read_rows(data / "frames/diplomacy_silver.parquet"), "sentence")
        + premises(read_rows(data / "frames/wide_silver.parquet"), "sentence")
        + [text for text in newsmtsc if is_held_out(text)]
    )


def load_mixture(data: Path, *, replay: float = 1.0, roles: int = 0, typos: float = 0.0) -> Mixture:
    """Return the mixture over a data folder, with the wordings that ship beside the code."""
    return Mixture(
        data=data,
        codes=load_code_wordings(),
        stances=_STANCES,
        families=tuple(read_families()),
        blocked=development_sentences(data),
        replay=replay,
        roles=roles,
        typos=typos,
    )
