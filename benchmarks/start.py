"""`stance analyze seeds/` from process start to written report: time, memory, where it goes."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
_STAGES = """
import json, time
clock = [("start", time.perf_counter())]
def done(name): clock.append((name, time.perf_counter()))
import stance; done("import stance")
import stance.experiment as e, stance.report, stance.plots, onnxruntime, tokenizers, matplotlib
done("import what analyze needs")
from stance.scorers import load_scorer
from stance.readers import read_articles
from stance.sentences import split
scorer = load_scorer(); done("check and load the model")
articles = list(read_articles("seeds")); sentences = [s for a in articles for s in split(a)]
done("read and split")
book = e.load_codebook(e.DEFAULT)
e.open_model = lambda *_, **__: scorer
done("codebook")
result = stance.analyze("seeds"); done("read, split, score, calibrate, bootstrap")
result.save(OUT); done("tables, figures, report, manifest")
print(json.dumps([(b[0], b[1] - a[1]) for a, b in zip(clock, clock[1:])]))
"""
_SENTENCES = """
import sys
from pathlib import Path
from stance.readers import read_articles
from stance.sentences import split
texts = [" ".join(s.text.split()) for article in read_articles("seeds") for s in split(article)]
Path(sys.argv[1]).write_text("\\n".join(texts))
"""
_PEER = """
import sys
from pathlib import Path
from transformers import pipeline
from stance.codebooks import load_codebook
texts = Path(sys.argv[2]).read_text().split("\\n")
ask = pipeline("zero-shot-classification", model=sys.argv[1], device="cpu")
ask(texts, candidate_labels=list(load_codebook("diplomacy").hypotheses), hypothesis_template="{}",
    multi_label=True, batch_size=16)
"""


def measure(command: list[str]) -> tuple[float, float]:
    """Return seconds and peak MB (resident) of a command.

    A child starts with the memory of its parent counted, so this script imports nothing heavy.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - started
    assert status == 0, command
    return taken, usage.ru_maxrss / 1024


def report(name: str, command: list[str], repeat: int) -> tuple[float, float]:
    """Measure a command a few times; print and return the median seconds and the peak MB."""
    measure(command)
    runs = [measure(command) for _ in range(repeat)]
    taken, peak = statistics.median(r[0] for r in runs), max(r[1] for r in runs)
    best = min(r[0] for r in runs)
    click.echo(f"{name}: median {taken:.2f} s, best {best:.2f} s, peak {peak:,.0f} MB")
    return taken, peak


@click.command()
@click.option("--repeat", default=5, show_default=True)
@click.option("--peer/--no-peer", default=True, help="Also measure the zero-shot pipeline.")
def main(repeat: int, peer: bool) -> None:
    """Print start-up figures, each against its peer."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out"
        report("python -c pass", [python, "-c", "pass"], repeat)
        report("import stance", [python, "-c", "import stance"], repeat)
        report("stance --help", [python, "-m", "stance", "--help"], repeat)
        analyze = [python, "-m", "stance", "analyze", "seeds", "--quiet", "--out", str(out)]
        ours = report("stance analyze seeds/", analyze, repeat)
        code = _STAGES.replace("OUT", repr(str(Path(scratch) / "stages")))
        found = subprocess.run(
            [python, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
        )
        for name, taken in json.loads(found.stdout):
            click.echo(f"  {name}: {taken:.2f} s")
        if not peer:
            return
        model, texts = Path(scratch) / "model", Path(scratch) / "texts.txt"
        make = f"import ordinary, pathlib; ordinary.write_ordinary(pathlib.Path({str(model)!r}))"
        subprocess.run([python, "-c", make], cwd=Path(__file__).parent, check=True)
        subprocess.run([python, "-c", _SENTENCES, str(texts)], cwd=ROOT, check=True)
        theirs = report("zero-shot pipeline", [python, "-c", _PEER, str(model), str(texts)], 2)
    click.echo(f"seconds, ours / theirs: {ours[0] / theirs[0]:.2f}")
    click.echo(f"peak memory, ours / theirs: {ours[1] / theirs[1]:.2f}")


if __name__ == "__main__":
    main()
