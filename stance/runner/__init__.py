"""From a config to a run directory: every cell of the grid, each stage done once.

::

    runs/<name>-<digest>/
        manifest.json               first with status started, at last success, cancelled or error
        tags/<model>_<codebook>/    part-00000.parquet …, the scores and tags of all wordings
        cells/<cell>/               a result as `stance analyze` writes it
        shares/<cell>.parquet       shares by group
        table/cells.parquet, .csv   the shares of all cells
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from stance.errors import RunError
from stance.notebook import SHOWN, Bar, html_of_rows
from stance.parquet_rows import parquet_rows
from stance.runner.plan import Plan, make_plan
from stance.runs import MANIFEST, versions
from stance.runs.code import code_state
from stance.runs.directory import Manifest, read_run
from stance.runs.files import locked

if TYPE_CHECKING:
    import pandas as pd

    from stance.tagging import OnProgress

__all__ = ["Run", "run"]


@final
@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its folder and its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def cells(self) -> tuple[Path, ...]:
        """The folder of every cell, each a result as `stance analyze` writes it."""
        return tuple(self.folder / "cells" / name for name in self.manifest["cells"])

    @property
    def skipped(self) -> bool:
        """Whether nothing had to be done."""
        return all(row["status"] == "skipped" for row in self.manifest["stages"])

    def rows(self) -> list[dict[str, Any]]:
        """Return the table of cells (see `stance.runner.stages.TABLE_SCHEMA`), row by row."""
        return list(parquet_rows(self.folder / "table" / "cells.parquet"))

    def to_pandas(self) -> pd.DataFrame:
        """Return the table of cells as a pandas data frame."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}, {len(self.manifest['cells']):,} cells)"

    def _repr_html_(self) -> str:
        shown: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self.rows():
            own = {"cell": row["cell"], "group": row["group"], "n": row["n_scored"]}
            bar = Bar(row["share"], row["share_low"], row["share_high"])
            shown.setdefault((row["cell"], row["group"]), own)[row["frame"]] = bar
        rows = list(shown.values())
        return html_of_rows(rows[:SHOWN], of=len(rows))


def run(
    config: str | Path,
    *,
    settings: Sequence[str] = (),
    runs: str | Path = "runs",
    on_progress: OnProgress | None = None,
) -> Run:
    """Do what a config says, in its run directory; what was done before is not done again.

    Args:
        config: A YAML file (see `stance.config.RunConfig`).
        settings: Changes of the config, such as ``seed=3`` or ``grid.thresholds=[0.3, 0.5]``.
        runs: The folder of run directories.
        on_progress: Called with the numbers of sentences tagged and of all, for every group.

    Raises:
        ConfigError: The config cannot be used; the message tells every fault.
        RunError: Another run is at work in the directory, or it has another form.
        StanceError: An input, a codebook or a model cannot be used.
    """
    with _told(Path(runs)):
        return _run(make_plan(Path(config), settings), Path(runs), on_progress)


def _run(plan: Plan, runs: Path, on_progress: OnProgress | None) -> Run:
    folder = runs / plan.folder_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"{folder}: cannot be made ({reason}); name another with --runs") from error
    with locked(folder):
        before = read_run(folder) if (folder / MANIFEST).exists() else {}
        header = {**plan.header(), "code": code_state(), "versions": versions()}
        manifest = Manifest(folder, header, before)
        with manifest.closing():
            _work(plan, folder, manifest, on_progress)
    return Run(folder, read_run(folder))


@contextmanager
def _told(runs: Path) -> Iterator[None]:
    """Turn what the system says of a file into one sentence."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RunError(
            f"{error.filename or runs}: cannot be read or written ({reason}); mend it and run it "
            "again: what is done is kept"
        ) from error


def _work(plan: Plan, folder: Path, manifest: Manifest, on_progress: OnProgress | None) -> None:
    for half_written in (folder / "cells").glob(".*"):
        shutil.rmtree(half_written)
    for group in plan.groups:
        if plan.is_fresh(group, manifest):
            plan.skip(group, manifest)
        else:
            from stance.runner.stages import measure_group

            measure_group(plan, group, folder, manifest, on_progress)
    if manifest.fresh("table", "cells", plan.table_key()):
        manifest.skip("table", "cells")
    else:
        from stance.runner.stages import write_table

        write_table(plan, folder, manifest)
