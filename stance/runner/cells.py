"""The cells of a grid: every combination of models, codebooks, wordings and thresholds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal, final

from stance.config import RunConfig
from stance.errors import ConfigError
from stance.scorers.models import file_name


@final
@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of a grid. A threshold of None leaves those of the codebook."""

    model: str
    codebook: str
    wordings: Literal["all"] | tuple[int, ...] = "all"
    threshold: float | None = None

    @property
    def name(self) -> str:
        """What its folder is called: model, codebook, wordings, threshold."""
        book = Path(self.codebook).stem
        chosen = "all" if self.wordings == "all" else "w" + "-".join(map(str, self.wordings))
        cut = "own" if self.threshold is None else f"t{self.threshold:g}"
        return "_".join((file_name(self.model), book, chosen, cut))

    @property
    def folder(self) -> str:
        """The folder of its result, inside the run."""
        return f"cells/{self.name}"

    @property
    def shares_file(self) -> str:
        """The file of its shares by group, inside the run."""
        return f"shares/{self.name}.parquet"


def cells_of(config: RunConfig, count: Callable[[str], int]) -> tuple[Cell, ...]:
    """Return every combination of the grid, models outermost.

    Args:
        config: The config.
        count: Returns how many wordings every frame of a codebook has at least.

    Raises:
        ConfigError: A wording is asked for that a frame does not have, or two cells would have one
            name.
    """
    grid = config.grid
    cells = [
        Cell(model, codebook, wordings, threshold)
        for model, codebook in product(
            grid.models or (config.model,), grid.codebooks or (config.codebook,)
        )
        for wordings in _wordings(config, codebook, count(codebook))
        for threshold in grid.thresholds or (config.threshold,)
    ]
    names = [cell.name for cell in cells]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            f"grid: two cells would be called {twice[0]!r}; rename a codebook file, or "
            "take thresholds farther apart"
        )
    return tuple(cells)


def _wordings(
    config: RunConfig, codebook: str, count: int
) -> list[Literal["all"] | tuple[int, ...]]:
    asked = config.grid.wordings or (config.wordings,)
    if asked == "each":
        asked = ("all", *((number,) for number in range(1, count + 1)))
    beyond = [n for numbers in asked if numbers != "all" for n in numbers if n > count]
    if beyond:
        raise ConfigError(
            f"wordings: there is no wording {beyond[0]} in every frame of {codebook}; "
            f"name 1 to {count}"
        )
    return list(asked)
