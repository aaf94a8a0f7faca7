"""How far the wording of a written hypothesis alone tells its label; chance is one third."""

from __future__ import annotations

import click
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from stance.training.written import LETTERS, read_families


@click.command()
def main() -> None:
    """Train on the topics that are trained on, print the accuracy on the six held out."""
    rows = [
        (family.held_out, premise, text, LETTERS[letter])
        for family in read_families()
        for text, labels in family.hypotheses
        for premise, letter in zip(family.premises, labels, strict=True)
        if "x" not in labels
    ]
    held_out = np.array([row[0] for row in rows])
    gold = np.array([row[3] for row in rows])
    for name, column in (("hypothesis", 2), ("premise", 1)):
        texts = np.array([row[column] for row in rows])
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(C=1.0, max_iter=2_000),
        )
        model.fit(texts[~held_out], gold[~held_out])
        right = model.predict(texts[held_out]) == gold[held_out]
        spread = 1.96 * float(np.sqrt(right.mean() * (1 - right.mean()) / right.size))
        click.echo(f"{name} only: {right.mean():.3f} ± {spread:.3f} (n = {right.size:,})")


if __name__ == "__main__":
    main()
