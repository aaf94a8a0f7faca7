"""The tables of a result as other programs read them."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from stance.errors import ConfigError, DataError, MissingExtraError
from stance.gold.label_studio import labelling_config
from stance.gold.spreadsheets import guarded
from stance.parquet_rows import parquet_table
from stance.results import Result, Row
from stance.runs import save_folder, write_manifest
from stance.runs.files import write_whole
from stance.tables import json_rows, parquet_bytes

if TYPE_CHECKING:
    from datasets import Dataset

TABLES = ("sentences", "profiles", "stances", "articles")
FORMS = ("label-studio", "csv-excel", "parquet", "jsonl", "datasets")


def export(
    result: Result, path: str | Path, form: str, *, table: str = "sentences", blind: bool = False
) -> tuple[Path, ...]:
    """Write a table of a result for another program; return the files that were written.

    A file that is already there is replaced, whole or not at all. ``datasets`` writes a folder, and
    ``label-studio`` the labelling configuration beside the tasks.

    Args:
        result: The result.
        path: Where to.
        form: One of `FORMS`.
        table: One of `TABLES`; Label Studio takes sentences only.
        blind: Leave the model's predictions out of the tasks of Label Studio.

    Raises:
        ConfigError: There is no such form or table, or they do not go together.
        DataError: The table cannot be read, or the file or folder cannot be written.
        MissingExtraError: ``datasets`` is not installed.
    """
    _check(form, table, blind)
    target = Path(path)
    if form == "label-studio":
        return _write_tasks(result, target, blind=blind)
    content = _table(result, table)
    if form == "datasets":
        save_dataset(dataset_of(content), target, option="--to")
    else:
        write_whole(target, _bytes(content, form))
    return (target,)


def _check(form: str, table: str, blind: bool) -> None:
    if form not in FORMS:
        raise ConfigError(f"a result is not exported as {form!r}; name {', '.join(FORMS)}")
    if table not in TABLES:
        raise ConfigError(f"there is no table {table!r}; name {', '.join(TABLES)}")
    if form == "label-studio" and table != "sentences":
        raise ConfigError(f"Label Studio takes sentences, not the table {table!r}")
    if blind and form != "label-studio":
        raise ConfigError(f"blind is for Label Studio only, not for {form}")


def _table(result: Result, name: str) -> pa.Table:
    path = result.folder / f"{name}.parquet"
    try:
        table: pa.Table = parquet_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read ({error}); make the result again") from error
    return table


def _bytes(table: pa.Table, form: str) -> bytes:
    if form == "parquet":
        return parquet_bytes(table)
    if form == "csv-excel":
        return excel_csv(table)
    return "".join(f"{line}\n" for line in json_rows(table)).encode()


def excel_csv(table: pa.Table) -> bytes:
    """Return a table as CSV that Excel opens by a double click: UTF-8 with its mark, CRLF.

    Text that Excel would take for a formula gets an apostrophe before it (OWASP, "CSV Injection");
    numbers stay numbers, NaN and null are empty, and lists are JSON.
    """
    sink = StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in table.column_names])
    for batch in table.to_batches(max_chunksize=1_000):
        writer.writerows([_cell(value) for value in row.values()] for row in batch.to_pylist())
    return sink.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return guarded(text)


def dataset_of(table: pa.Table) -> Dataset:
    """Return a table as a `datasets.Dataset`.

    Raises:
        MissingExtraError: The library is not installed.
    """
    try:
        from datasets import Dataset
        from datasets.table import InMemoryTable
    except ImportError as error:
        raise MissingExtraError("datasets.Dataset", "hf") from error
    bare = table.replace_schema_metadata(None)
    return Dataset(InMemoryTable(bare), fingerprint=sha256(parquet_bytes(bare)).hexdigest()[:16])


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library from drawing a bar, and leave its switch as it was."""
    from datasets import (
        disable_progress_bars,
        enable_progress_bars,
        is_progress_bar_enabled,
    )

    shown = is_progress_bar_enabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            enable_progress_bars()


def save_dataset(dataset: Dataset, folder: Path, *, option: str = "--out") -> None:
    """Write a dataset for `datasets.load_from_disk`, with a manifest of its files.

    ``option`` is what a user names the folder with.

    Raises:
        DataError: The folder holds something that stance did not write, or cannot be written.
    """

    def write(place: Path) -> None:
        with _quiet():
            dataset.save_to_disk(str(place))
        write_manifest(place, {"kind": "dataset"})

    save_folder(folder, write, option=option)


def _write_tasks(result: Result, target: Path, *, blind: bool) -> tuple[Path, ...]:
    frames = {name: frame.definition for name, frame in result.codebook.frames.items()}
    tasks = list(label_studio_tasks(result, blind=blind))
    config = target.with_suffix(".xml")
    if config == target:
        raise ConfigError(f"{target}: tasks are written as .json; end the name so")
    write_whole(target, json.dumps(tasks, ensure_ascii=False, indent=1).encode() + b"\n")
    write_whole(config, labelling_config(frames).encode())
    return target, config


def label_studio_tasks(result: Result, *, blind: bool = False) -> Iterator[dict[str, Any]]:
    """Yield one task a scored sentence, with its neighbours and, unless blind, the model's tags.

    The score of a prediction is the probability of its least certain tag, so that sorting by it
    puts the doubtful first.
    """
    texts = result.texts
    for row in result.scored:
        article, sentence = row["article_id"], row["sentence_id"]
        data = {
            "article_id": article,
            "sentence_id": sentence,
            "outlet": result.outlet_of(article) or "",
            "before": texts.get((article, sentence - 1), ""),
            "text": row["text"],
            "after": texts.get((article, sentence + 1), ""),
        }
        yield {"data": data} if blind else {"data": data, "predictions": [_prediction(result, row)]}


def _prediction(result: Result, row: Row) -> Mapping[str, Any]:
    chosen = {frame: bool(row[f"tag_{frame}"]) for frame in result.frames}
    certain = {f: row[f"p_{f}"] if tag else 1 - row[f"p_{f}"] for f, tag in chosen.items()}
    return {
        "model_version": result.fingerprint,
        "score": min(certain.values()),
        "result": [
            {
                "id": frame,
                "from_name": frame,
                "to_name": "text",
                "type": "choices",
                "score": certain[frame],
                "value": {"choices": [str(int(tag))]},
            }
            for frame, tag in chosen.items()
        ],
    }
