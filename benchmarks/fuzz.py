"""Fuzz the readers of what comes from outside, guided by coverage if atheris is there.

    python benchmarks/fuzz.py --minutes 3                  # every target, that long each
    python benchmarks/fuzz.py --minutes 3 --target csv
    python benchmarks/fuzz.py --large                      # seconds that 1 MB of every piece takes

A finding is an exception that is no `StanceError`, a wrong offset, or an input of 64 KB that takes
more than ten seconds of one core.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import click

if "--inside" in sys.argv:
    import atheris

    with atheris.instrument_imports(include=["stance", "yaml"]):
        from fuzz_targets import TARGETS, attempt, pieces_of, seeds
else:
    from fuzz_targets import TARGETS, attempt, pieces_of, seeds

_LONGEST = 65_536
_PATIENCE = 10


def by_atheris(target: str, seconds: int, folder: Path) -> int:
    """Run a target in this process until the time is over; never returns."""
    words = folder / "words.txt"
    escaped = ("".join(f"\\x{b:02x}" for b in p.encode()) for p in pieces_of(target))
    words.write_text("".join(f'"{word}"\n' for word in escaped))
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds(target)):
        (corpus / str(number)).write_bytes(data)
    options = {
        "max_total_time": seconds,
        "max_len": _LONGEST,
        "timeout": _PATIENCE,
        "dict": words,
        "artifact_prefix": f"{folder}/",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    arguments = [sys.argv[0], *(f"-{k}={v}" for k, v in options.items()), str(corpus)]
    atheris.Setup(arguments, lambda data: attempt(target, data))
    atheris.Fuzz()
    return 0


def by_hypothesis(target: str, seconds: int) -> int:
    """Run a target until the time is over; return how many inputs were tried."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    pieces = st.sampled_from(pieces_of(target)).map(str.encode) | st.binary(max_size=8)
    inputs = st.lists(pieces, max_size=60).map(b"".join) | st.binary()
    tried, until = 0, time.monotonic() + seconds

    @settings(max_examples=500, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(inputs)
    def once(data: bytes) -> None:
        nonlocal tried
        tried += 1
        began = time.process_time()
        attempt(target, data)
        assert time.process_time() - began < _PATIENCE

    while time.monotonic() < until:
        once()
    return tried


def large(target: str) -> None:
    """Print the seconds of one core that 1 MB of every piece takes, the worst first."""
    took = []
    for piece, tail in product(pieces_of(target), ("", "x", "\n")):
        unit = (piece + tail).encode()
        data = unit * (2**20 // len(unit))
        began = time.process_time()
        attempt(target, data)
        took.append((time.process_time() - began, piece + tail))
    for seconds, piece in sorted(took, reverse=True)[:3]:
        click.echo(f"{target:<14}{seconds:>8.1f} s  {piece!r}")


@click.command()
@click.option("--minutes", type=float, default=1.0, show_default=True, help="For every target.")
@click.option("--target", "names", multiple=True, type=click.Choice(sorted(TARGETS)))
@click.option("--engine", type=click.Choice(["auto", "atheris", "hypothesis"]), default="auto")
@click.option("--large", "is_large", is_flag=True)
@click.option("--inside", type=click.Path(path_type=Path), hidden=True)
def main(
    minutes: float, names: tuple[str, ...], engine: str, is_large: bool, inside: Path | None
) -> None:
    """Fuzz the targets, all by default."""
    chosen = names or tuple(TARGETS)
    if is_large:
        for target in chosen:
            large(target)
        return
    seconds = max(1, round(minutes * 60))
    if inside is not None:
        by_atheris(chosen[0], seconds, inside)
    guided = engine == "atheris" or (engine == "auto" and find_spec("atheris") is not None)
    found = [target for target in chosen if not tried_well(target, seconds, guided=guided)]
    sys.exit(f"findings: {', '.join(found)}" if found else 0)


def tried_well(target: str, seconds: int, *, guided: bool) -> bool:
    """Fuzz a target, print what came of it, and return whether nothing was found."""
    if not guided:
        click.echo(f"{target:<14}{by_hypothesis(target, seconds):>9,} inputs, nothing found")
        return True
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{target}-"))
    command = [sys.executable, __file__, "--inside", folder, "--target", target]
    command += ["--minutes", str(seconds / 60)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines() + done.stdout.splitlines()
    runs = [line.split()[-1] for line in lines if "number_of_executed_units" in line]
    kept = sorted(path.name for path in folder.iterdir() if path.is_file() and path.suffix == "")
    click.echo(f"{target:<14}{runs[0] if runs else '?':>9} inputs, found {kept or 'nothing'}")
    if done.returncode:
        click.echo("\n".join([*lines[-40:], f"the input is kept in {folder}"]))
    return done.returncode == 0


if __name__ == "__main__":
    main()
