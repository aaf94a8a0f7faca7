"""Is `stance explain` faithful: do the words it names carry the score more than random words?

Of sentences that the silver labels give a frame and that `mini` tags with it, the three words of
the greatest effect are left out together, and three words drawn at random instead. The fall of the
mean log-odds is compared sentence by sentence, with a bootstrap interval of the paired difference.

    python benchmarks/explain.py DATA/frames/diplomacy_silver.parquet --most 150 --out explain.png
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq

import stance
from stance.explain import explain, text_without
from stance.plots.style import PAPER, frame_colours, new_axes, render, style
from stance.records import Question
from stance.results import Result, load_result
from stance.scorers import Scorer, load_scorer
from stance.tagging import ask_all, log_odds

WORDS = 3
DRAWS = 10
LEAST_WORDS = 8


def main() -> None:
    """Measure, print the table, draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("silver", type=Path)
    parser.add_argument("--most", type=int, default=150)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    rows = [row for row in pq.read_table(asked.silver).to_pylist() if row["split"] == "dev"]
    with TemporaryDirectory() as place:
        result = _result(rows, Path(place))
    scorer = load_scorer("bundled", threads=1)
    chosen = _chosen(result, rows, asked.most)
    begun = time.monotonic()
    falls = np.array([_falls(result, scorer, *one) for one in chosen])
    seconds = (time.monotonic() - begun) / len(chosen)
    frames = np.array([frame for _, frame in chosen])
    print(f"{len(chosen)} sentences, {seconds:.2f} s each")
    for frame in ("all", *result.frames):
        own = falls if frame == "all" else falls[frames == frame]
        if len(own):
            print(f"{frame:14}{len(own):5}  {_told(own)}")
    if asked.out:
        asked.out.write_bytes(_drawn(falls, frames, result.frames))


def _result(rows: Sequence[dict[str, object]], place: Path) -> Result:
    source = place / "silver-sentences.jsonl"
    source.write_text(
        "".join(
            json.dumps({"id": str(k), "text": row["sentence"]}) + "\n" for k, row in enumerate(rows)
        )
    )
    analysis = stance.analyze(source, targets="none", threads=1)
    return load_result(analysis.save(place / "silver-result", report=False))


def _chosen(
    result: Result, rows: Sequence[dict[str, object]], most: int
) -> list[tuple[dict[str, object], str]]:
    found = [
        (dict(row), frame)
        for row in result.rows
        for frame in result.frames
        if row["sentence_id"] == 0
        and row["scored"]
        and row[f"tag_{frame}"]
        and rows[int(row["article_id"])][frame]
        and len(row["text"].split()) >= LEAST_WORDS
    ]
    drawn = np.random.default_rng(0).permutation(len(found))[:most]
    return [found[k] for k in sorted(drawn)]


def _falls(
    result: Result, scorer: Scorer, row: dict[str, object], frame: str
) -> tuple[float, float]:
    """Return the fall without the top words, and the mean fall without random ones."""
    text = str(row["text"])
    explained = explain(result, 0, scorer, article_id=str(row["article_id"]), frames=[frame])
    (one,) = explained.explained
    spans = [(word.start, word.end) for word in one.words]
    generator = np.random.default_rng([1, int(str(row["article_id"]))])
    removed = [[(word.start, word.end) for word in one.top(WORDS)]]
    for _ in range(DRAWS):
        drawn = generator.choice(len(spans), WORDS, replace=False)
        removed.append([spans[k] for k in drawn])
    questions = [Question(text_without(text, own), one.wordings) for own in removed]
    means = [float(log_odds(answer).mean()) for answer in ask_all(questions, scorer)]
    return one.mean - means[0], one.mean - float(np.mean(means[1:]))


def _told(falls: np.ndarray) -> str:
    difference = falls[:, 0] - falls[:, 1]
    drawn = np.random.default_rng(0).integers(0, len(falls), (10_000, len(falls)))
    low, high = np.quantile(difference[drawn].mean(axis=1), [0.025, 0.975])
    return (
        f"top {falls[:, 0].mean():.2f}  random {falls[:, 1].mean():.2f}  "
        f"difference {difference.mean():.2f} ({low:.2f} to {high:.2f})  "
        f"top falls more in {(difference > 0).mean():.0%}"
    )


def _drawn(falls: np.ndarray, frames: np.ndarray, names: Sequence[str]) -> bytes:
    with style(PAPER):
        figure, axes = new_axes(3.4, PAPER)
        for frame, colour in frame_colours(names).items():
            own = falls[frames == frame]
            axes.plot(own[:, 1], own[:, 0], "o", color=colour, markersize=2.5, label=frame)
        low, high = float(falls.min()), float(falls.max())
        axes.plot([low, high], [low, high], color="#666666", linestyle="--")
        axes.set_xlabel("fall of the log-odds without 3 random words")
        axes.set_ylabel("… without the 3 top words")
        axes.legend(frameon=False, loc="lower right")
    return render(figure, "png", look=PAPER)


if __name__ == "__main__":
    main()
