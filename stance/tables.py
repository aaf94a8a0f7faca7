"""The Arrow schemas of what `stance` writes, and tables as Parquet, CSV and JSON lines."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from stance.records import Article, Label, Sentence, TaggedSentence, Voice

_STANCE = pa.list_(
    pa.struct(
        [
            ("target", pa.string()),
            ("label", pa.string()),
            ("p_favor", pa.float64()),
            ("p_against", pa.float64()),
            ("holder", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("linked", pa.bool_()),
        ]
    )
)


def sentence_schema(frames: Sequence[str]) -> pa.Schema:
    """Return the schema of the ``sentences`` table of a codebook's frames.

    ``start`` and ``end`` are code points of the article's text, end exclusive; ``p_<frame>`` is a
    calibrated probability and ``tag_<frame>`` the decision, both null where ``scored`` is false;
    ``odds_<frame>`` holds the natural-log odds of entailment of every wording. In speech
    ``speaker_resolved`` is false where nobody was found or a pronoun may mean several people;
    ``speaker_start`` and ``speaker_end`` are where the speaker is named.

    ``stance`` has one entry for every target mentioned, in order: ``label`` is favor, against,
    neutral or NA (mentioned, but the relevance gate says no; a target that is not listed is NA
    too); ``holder`` is ``outlet`` or the speaker, null where that is not known; ``start`` and
    ``end`` are code points of the mention, ``linked`` is true where that is a pronoun or "the
    country".
    """
    fixed = [
        ("article_id", pa.string()),
        ("sentence_id", pa.int64()),
        ("section", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("text", pa.string()),
        ("voice", pa.string()),
        ("speaker", pa.string()),
        ("speaker_resolved", pa.bool_()),
        ("speaker_start", pa.int64()),
        ("speaker_end", pa.int64()),
        ("scored", pa.bool_()),
    ]
    kinds = {"p": pa.float64(), "tag": pa.bool_(), "odds": pa.list_(pa.float64())}
    measured = [(f"{kind}_{frame}", kinds[kind]) for kind in kinds for frame in frames]
    return pa.schema([*fixed, *measured, ("stance", _STANCE)])


PROFILE_SCHEMA = pa.schema(
    [
        ("article_id", pa.string()),
        ("frame", pa.string()),
        ("section", pa.string()),
        ("voice", pa.string()),
        ("speaker", pa.string()),
        ("share", pa.float64()),
        ("share_low", pa.float64()),
        ("share_high", pa.float64()),
        ("intensity", pa.float64()),
        ("intensity_low", pa.float64()),
        ("intensity_high", pa.float64()),
        ("n", pa.int64()),
        ("n_scored", pa.int64()),
        ("n_tagged", pa.int64()),
    ]
)
"""One row an article × frame × section × voice × speaker; a share of no scored sentence is NaN.

``voice`` is all, narration or speech; ``speaker`` is null but in rows of one speaker.
"""

STANCE_SCHEMA = pa.schema(
    [
        ("article_id", pa.string()),
        ("target", pa.string()),
        ("holder_kind", pa.string()),
        ("holder", pa.string()),
        *(
            (f"{name}{bound}", pa.float64())
            for name in ("share_favor", "share_against", "net")
            for bound in ("", "_low", "_high")
        ),
        ("n", pa.int64()),
        ("n_favor", pa.int64()),
        ("n_against", pa.int64()),
        ("n_neutral", pa.int64()),
        ("n_na", pa.int64()),
    ]
)
"""One row an article × target × kind of holder, and one for every speaker.

``holder_kind`` is all, outlet (narration), speech (anybody's), speaker (the one in ``holder``) or
unknown; ``n`` counts the sentences with a stance toward the target, favor, against or neutral, and
``n_na`` those that mention it while the relevance gate says no. ``net`` is the share in favor minus
the share against. Shares of n = 0 are NaN.
"""


ARTICLE_SCHEMA = pa.schema(
    [
        ("article_id", pa.string()),
        ("title", pa.string()),
        ("outlet", pa.string()),
        ("date", pa.string()),
        ("url", pa.string()),
        ("path", pa.string()),
        ("metadata", pa.string()),
    ]
)
"""One row an article; ``metadata`` is a JSON object of the columns that stance does not know."""


def article_table(articles: Sequence[Article]) -> pa.Table:
    """Return the ``articles`` table, one row an article."""
    known = ("title", "outlet", "date", "url", "path")
    rows = [
        {
            "article_id": article.id,
            **{name: getattr(article, name) for name in known},
            "metadata": json.dumps(dict(article.metadata), ensure_ascii=False),
        }
        for article in articles
    ]
    return table_of(rows, ARTICLE_SCHEMA)


def sentence_table(sentences: Sequence[TaggedSentence], frames: Sequence[str]) -> pa.Table:
    """Return the ``sentences`` table, one row a sentence."""
    return table_of([_sentence_row(tagged) for tagged in sentences], sentence_schema(frames))


def _speaker_entry(sentence: Sentence) -> dict[str, Any]:
    span = sentence.speaker_span
    speech = sentence.voice not in {None, Voice.NARRATION}
    return {
        "speaker_resolved": sentence.speaker_resolved if speech else None,
        "speaker_start": None if span is None else span.start,
        "speaker_end": None if span is None else span.end,
    }


def _sentence_row(tagged: TaggedSentence) -> dict[str, Any]:
    sentence = tagged.sentence
    row: dict[str, Any] = {
        "article_id": sentence.article_id,
        "sentence_id": sentence.id,
        "section": sentence.section.value,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "voice": None if sentence.voice is None else sentence.voice.value,
        "speaker": sentence.speaker,
        **_speaker_entry(sentence),
        "scored": tagged.scored,
        "stance": [_label_entry(label) for label in tagged.stances],
    }
    for tag in tagged.tags:
        row[f"p_{tag.frame}"] = tag.probability
        row[f"tag_{tag.frame}"] = tag.present
        row[f"odds_{tag.frame}"] = list(tag.entailment)
    return row


def _label_entry(label: Label) -> dict[str, Any]:
    mention = label.mention
    return {
        "target": label.target,
        "label": label.polarity.value,
        "p_favor": label.p_favor,
        "p_against": label.p_against,
        "holder": label.holder,
        "start": None if mention is None else mention.span.start,
        "end": None if mention is None else mention.span.end,
        "linked": None if mention is None else mention.linked,
    }


def stance_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return the ``stances`` table from its rows."""
    return table_of(rows, STANCE_SCHEMA)


def profile_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return the ``profiles`` table from its rows."""
    return table_of(rows, PROFILE_SCHEMA)


def table_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table of a schema by way of JSON lines.

    ``pyarrow.Table.from_pylist`` imports pandas, which takes a quarter of a second.
    """
    if not rows:
        return schema.empty_table()
    parts = []
    for start in range(0, len(rows), 10_000):
        lines = "\n".join(json.dumps(dict(row)) for row in rows[start : start + 10_000]).encode()
        parts.append(
            pyarrow.json.read_json(
                pa.BufferReader(lines),
                read_options=pyarrow.json.ReadOptions(block_size=len(lines) + 1),
                parse_options=pyarrow.json.ParseOptions(
                    explicit_schema=schema, unexpected_field_behavior="error"
                ),
            )
        )
    return pa.concat_tables(parts)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet; the same table gives the same bytes."""
    pyarrow.parquet.write_table(table, path, compression="zstd")


def parquet_bytes(table: pa.Table) -> bytes:
    """Return a table as Parquet; the same table gives the same bytes."""
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content


def csv_bytes(table: pa.Table, *, header: bool = True) -> bytes:
    """Return a table as CSV (UTF-8, header first); lists are written as JSON, null as nothing."""
    sink = pa.BufferOutputStream()
    options = pyarrow.csv.WriteOptions(include_header=header)
    pyarrow.csv.write_csv(_flat(table), sink, options)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _flat(table: pa.Table) -> pa.Table:
    lists = [field.name for field in table.schema if pa.types.is_list(field.type)]
    kinds = [(f.name, pa.string() if f.name in lists else f.type) for f in table.schema]
    rows = table.to_pylist()
    for row in rows:
        row |= {name: json.dumps(row[name]) for name in lists if row[name] is not None}
    return table_of(rows, pa.schema(kinds))


def json_rows(table: pa.Table) -> Iterator[str]:
    """Yield every row as one line of JSON; NaN is written as null."""
    return _json_lines(table.to_batches(max_chunksize=1_000))


def json_rows_of(path: Path) -> Iterator[str]:
    """Yield every row of a Parquet file as one line of JSON, a little at a time."""
    with pyarrow.parquet.ParquetFile(path) as file:
        yield from _json_lines(file.iter_batches(batch_size=1_000))


def _json_lines(batches: Iterable[pa.RecordBatch]) -> Iterator[str]:
    for batch in batches:
        for row in batch.to_pylist():
            clean = {key: None if _is_nan(value) else value for key, value in row.items()}
            yield json.dumps(clean, ensure_ascii=False)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
