"""What a run will do, known before anything heavy is imported: cells, groups and their keys."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, final

from stance.calibration import read_calibration
from stance.codebooks import Codebook, load_codebook, shipped_names
from stance.config import Checks, RunConfig, load_config
from stance.errors import ConfigError, StanceError
from stance.readers import find_files
from stance.runner.cells import Cell, cells_of
from stance.runs import file_hash, versions
from stance.runs.code import code_hash
from stance.runs.directory import Manifest
from stance.runs.files import digest_of
from stance.scorers.models import SHIPPED, file_name, located, model_key, parse_model
from stance.toward import with_targets

_SCORING = ("scorers", "tagging.py", "calibration.py")
_CELL_STAGES = ("profile", "shares")
_SCORED_BY = ("stance", "numpy", "onnxruntime", "tokenizers")
_ON_TORCH = ("torch", "transformers")


@final
@dataclass(frozen=True, slots=True)
class Group:
    """The cells of one model and one codebook, which share their scores.

    ``part_key`` holds all that a score depends on beside the sentence; ``key`` what the stages
    up to the tags depend on.
    """

    model: str
    codebook: Codebook
    cells: tuple[Cell, ...]
    part_key: str
    key: str

    @property
    def name(self) -> str:
        """Model and codebook."""
        return f"{file_name(self.cells[0].model)}_{Path(self.cells[0].codebook).stem}"

    def entry(self) -> dict[str, Any]:
        """Return what the manifest says of the group."""
        content = self.codebook.model_dump(mode="json")
        return {"name": self.name, "model": self.model, "codebook": content}

    @property
    def parts_folder(self) -> str:
        """The folder of its parts, inside the run."""
        return f"tags/{self.name}"


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """A checked config with everything it names found: ``inputs`` pairs files with SHA-256."""

    config: RunConfig
    paths: tuple[Path, ...]
    inputs: tuple[tuple[Path, str], ...]
    groups: tuple[Group, ...]
    calibration: Path | None = None

    @property
    def folder_name(self) -> str:
        """The name of the run directory."""
        return f"{self.config.name}-{self.config.digest()}"

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, in order."""
        return tuple(cell for group in self.groups for cell in group.cells)

    def cell_key(self, group: Group, cell: Cell) -> str:
        """Return what holds all that a cell's result depends on."""
        made_by = (versions(), code_hash())
        return digest_of(group.key, cell.name, self.config.seed, self.config.report, made_by)

    def cell_is_fresh(self, group: Group, cell: Cell, manifest: Manifest) -> bool:
        """Return whether the result and the shares of a cell are there and up to date."""
        key = self.cell_key(group, cell)
        return all(manifest.fresh(stage, cell.name, key) for stage in _CELL_STAGES)

    def is_fresh(self, group: Group, manifest: Manifest) -> bool:
        """Return whether nothing of a group has to be done."""
        tagged = manifest.fresh("tag", group.name, group.key)
        return tagged and all(self.cell_is_fresh(group, cell, manifest) for cell in group.cells)

    def skip_cell(self, cell: Cell, manifest: Manifest) -> None:
        """Take over what was recorded of a cell."""
        for stage in _CELL_STAGES:
            manifest.skip(stage, cell.name)

    def skip(self, group: Group, manifest: Manifest) -> None:
        """Take over what was recorded of a group and its cells."""
        for stage in ("read", "tag"):
            manifest.skip(stage, group.name)
        for cell in group.cells:
            self.skip_cell(cell, manifest)

    def table_key(self) -> str:
        """Return what holds all that the table of cells depends on."""
        keys = [self.cell_key(group, cell) for group in self.groups for cell in group.cells]
        return digest_of(keys, self.config.by, self.config.period)

    def header(self) -> dict[str, Any]:
        """Return what the manifest says of the plan."""
        return {
            "name": self.config.name,
            "config": self.config.model_dump(mode="json"),
            "inputs": [{"path": str(path), "sha256": sha} for path, sha in self.inputs],
            "groups": [group.entry() for group in self.groups],
            "cells": [cell.name for cell in self.cells],
        }


def make_plan(path: Path, settings: Sequence[str] = ()) -> Plan:
    """Load a config, find all that it names, and work out the cells and keys.

    Raises:
        ConfigError: The config cannot be used; the message tells every fault with its path.
        DataError: The inputs hold no articles.
    """
    base = path.parent
    checks = Checks(
        _check(lambda text: parse_model(located(text, base))),
        _check(lambda name: _codebook(base, name)),
        _check(_input_at(base)),
        _check(lambda text: read_calibration(_at(base, text))),
    )
    config = load_config(path, settings, checks=checks)
    grid = config.grid
    names = grid.codebooks or (config.codebook,)
    books = {name: with_targets(_codebook(base, name), config.targets) for name in names}
    try:
        cells = cells_of(config, lambda name: _fewest_wordings(books[name]))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    paths = tuple(_at(base, text) for text in config.inputs)
    inputs = tuple((file, file_hash(file)) for file in find_files(paths))
    read = [(_name(file, paths), sha) for file, sha in inputs]
    groups = groupby(cells, key=lambda cell: (cell.model, cell.codebook))
    own = None if config.calibration is None else _at(base, config.calibration)
    key = None if own is None else file_hash(own)
    made = [
        _group(config, books[name], located(model, base), tuple(cells), read, key)
        for (model, name), cells in groups
    ]
    return Plan(config, paths, inputs, tuple(made), own)


def _check(find: Callable[[str], object]) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        try:
            find(value)
        except StanceError as error:
            return str(error)
        return None

    return check


def _at(base: Path, text: str) -> Path:
    return Path(os.path.normpath(base / text))


def _name(file: Path, paths: Sequence[Path]) -> str:
    """Return the name of a file inside the folder that was given, wherever that lies."""
    within = next((path for path in paths if path != file and path in file.parents), file.parent)
    return file.relative_to(within).as_posix()


def _codebook(base: Path, name: str) -> Codebook:
    if name in shipped_names() or (Path(name).suffix == "" and len(Path(name).parts) == 1):
        return load_codebook(name)
    return load_codebook(_at(base, name))


def _input_at(base: Path) -> Callable[[str], object]:
    def find(text: str) -> object:
        if text == "-":
            raise ConfigError("standard input cannot be read again; name a file or a folder")
        return find_files([_at(base, text)])

    return find


def _fewest_wordings(book: Codebook) -> int:
    return min(len(frame.hypotheses) for frame in book.frames.values())


def _group(
    config: RunConfig,
    book: Codebook,
    model: str,
    cells: tuple[Cell, ...],
    read: Sequence[tuple[str, str]],
    calibration: str | None,
) -> Group:
    libraries = _SCORED_BY if model in SHIPPED else (*_SCORED_BY, *_ON_TORCH)
    made_by: Mapping[str, str] = {k: v for k, v in versions().items() if k in libraries}
    code = code_hash(_SCORING)
    place = (config.dtype, "" if config.dtype in ("auto", "float32") else config.device)
    content = (model_key(model), place, config.labels, book.model_dump_json())
    part_key = digest_of(*content, made_by, code)
    how = (dict(config.columns), config.skip_bad, config.limit, config.part, calibration)
    return Group(model, book, cells, part_key, digest_of(part_key, read, how, code_hash()))


def derived_codebook(book: Codebook, cell: Cell) -> Codebook:
    """Return a codebook with the wordings and the threshold of a cell."""
    frames = dict(book.frames)
    if cell.wordings != "all":
        for name, frame in frames.items():
            kept = tuple(frame.hypotheses[number - 1] for number in cell.wordings)
            frames[name] = frame.model_copy(update={"hypotheses": kept})
    if cell.threshold is None:
        return book.model_copy(update={"frames": frames})
    own = {name: frame.model_copy(update={"threshold": None}) for name, frame in frames.items()}
    return book.model_copy(update={"frames": own, "threshold": cell.threshold})
