"""Tagging in parts that are kept on the disk, so that a killed run goes on where it stood."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

import pyarrow as pa
import pyarrow.parquet as pq

from stance import tables
from stance.calibration import IDENTITY, Calibration
from stance.codebooks import Codebook
from stance.records import Mention, Sentence, Tag, TaggedSentence
from stance.restored import restored_label
from stance.runs.files import digest_of, replace_file
from stance.scorers import Scorer
from stance.tagging import OnProgress, tag_sentences

KEY = b"stance.key"
"""Where a part keeps what its content depends on, in the metadata of its schema."""


@final
class PartTagger:
    """Tags sentences part by part; a part whose file has the same key is read, not scored.

    A part is always scored as one, so that its scores are the same to the last bit whenever and
    however often the run was stopped. ``begun`` and ``ended`` are the monotonic seconds of its one
    call.
    """

    def __init__(self, folder: Path, *, size: int, key: str) -> None:
        self._folder, self._size, self._key = folder, size, key
        self.calibration = IDENTITY
        self.fingerprint = ""
        self.parts = self.reused = 0
        self.begun = self.ended = 0.0

    def __call__(
        self,
        sentences: Sequence[Sentence],
        codebook: Codebook,
        scorer: Scorer,
        *,
        calibration: Calibration = IDENTITY,
        mentions: Sequence[Sequence[Mention]] = (),
        on_progress: OnProgress | None = None,
    ) -> list[TaggedSentence]:
        """Return the sentences with their tags and stances."""
        self.begun = time.monotonic()
        self._folder.mkdir(parents=True, exist_ok=True)
        self.calibration, self.fingerprint = calibration, scorer.fingerprint
        tagged: list[TaggedSentence] = []
        for start in range(0, len(sentences), self._size):
            part = sentences[start : start + self._size]
            toward = mentions[start : start + self._size]
            tagged += self._part(part, toward, codebook, scorer)
            if on_progress is not None:
                on_progress(len(tagged), len(sentences))
        self._remove_rest()
        self.ended = time.monotonic()
        return tagged

    def _part(
        self,
        sentences: Sequence[Sentence],
        mentions: Sequence[Sequence[Mention]],
        codebook: Codebook,
        scorer: Scorer,
    ) -> list[TaggedSentence]:
        path = self._folder / f"part-{self.parts:05d}.parquet"
        self.parts += 1
        calibration, frames = self.calibration, tuple(codebook.frames)
        scored_by = (self._key, self.fingerprint, calibration.model_dump_json())
        key = digest_of(scored_by, [repr(sentence) for sentence in sentences], repr(mentions))
        found = read_part(path, key, sentences, frames)
        if found is not None:
            self.reused += 1
            return found
        tagged = tag_sentences(
            sentences, codebook, scorer, calibration=calibration, mentions=mentions
        )
        write_part(path, key, tagged, frames)
        return tagged

    def _remove_rest(self) -> None:
        for path in sorted(self._folder.glob("part-*.parquet"))[self.parts :]:
            path.unlink()


def write_part(
    path: Path, key: str, tagged: Sequence[TaggedSentence], frames: Sequence[str]
) -> None:
    """Write a part whole or not at all, with its key."""
    table = tables.sentence_table(tagged, frames)
    table = table.replace_schema_metadata({KEY: key.encode()})
    replace_file(path, tables.parquet_bytes(table))


def read_part(
    path: Path, key: str, sentences: Sequence[Sentence], frames: Sequence[str]
) -> list[TaggedSentence] | None:
    """Return the sentences with the tags of a part; None if it is not there, damaged or another."""
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException):
        return None
    if (table.schema.metadata or {}).get(KEY) != key.encode() or table.num_rows != len(sentences):
        return None
    rows = table.to_pylist()
    return [
        tagged_sentence(sentence, row, frames)
        for sentence, row in zip(sentences, rows, strict=True)
    ]


def tagged_sentence(
    sentence: Sentence, row: Mapping[str, Any], frames: Sequence[str]
) -> TaggedSentence:
    """Return a sentence with the tags and stances of its row in the ``sentences`` table."""
    if not row["scored"]:
        return TaggedSentence(sentence, (), scored=False)
    tags = (
        Tag(frame, row[f"p_{frame}"], row[f"tag_{frame}"], tuple(row[f"odds_{frame}"]))
        for frame in frames
    )
    return TaggedSentence(sentence, tuple(tags), tuple(map(restored_label, row["stance"])))
