"""The engines as a command without a report, in several shards also where a corpus is small."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stance.engine import analyze_corpus
from stance.errors import StanceError


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--codebook", required=True)
@click.option("--engine", required=True)
@click.option("--limit", type=int)
def main(corpus: Path, codebook: str, engine: str, limit: int | None) -> None:
    """Analyse a corpus into the folder out."""
    jobs = 1 if engine == "local" else 2
    try:
        analyze_corpus(
            corpus,
            "out",
            engine=engine,
            jobs=jobs,
            shards=6,
            codebook=codebook,
            model="lexical",
            limit=limit,
            report=False,
        )
    except StanceError as error:
        sys.exit(f"stance: {error}")


if __name__ == "__main__":
    main()
