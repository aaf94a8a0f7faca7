"""Coverage of the 95 % intervals of every estimator over synthetic corpora of known prevalence.

Sentences come in articles; the share of the frame differs between articles, and so do the errors of
the model, which is biased: it tags too much or too little, and in a different way for two outlets.
Labels are a random sample of sentences, plain or stratified by score with unequal chances.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import click
import numpy as np

from stance.estimation import METHODS, Corpus, Prevalence, measure

SIZES = (5, 35)
BETWEEN = 1.0
OUTLETS = ("a", "b")


@dataclass(frozen=True)
class Scenario:
    """How corpora are made: log-odds of the frame per outlet, bias of the model, the sample."""

    name: str
    level: tuple[float, float]
    bias: tuple[float, float]
    labels: int
    stratified: bool = False
    accuracy: float = 1.5
    articles: int = 200


SCENARIOS = (
    Scenario("common frame, plain sample", (-1.0, -1.0), (0.8, 0.8), 300),
    Scenario("common frame, stratified by score", (-1.0, -1.0), (0.8, 0.8), 300, stratified=True),
    Scenario("rare frame, plain sample", (-3.2, -3.2), (0.8, 0.8), 300),
    Scenario("rare frame, stratified by score", (-3.2, -3.2), (0.8, 0.8), 300, stratified=True),
    Scenario("very rare frame, plain sample", (-4.2, -4.2), (0.8, 0.8), 500),
    Scenario("few labels, plain sample", (-1.0, -1.0), (0.8, 0.8), 100),
    Scenario("few labels, stratified by score", (-1.0, -1.0), (0.8, 0.8), 120, stratified=True),
    Scenario("few articles, plain sample", (-1.0, -1.0), (0.8, 0.8), 150, articles=20),
    Scenario("useless scores, plain sample", (-1.0, -1.0), (0.8, 0.8), 300, accuracy=0.0),
    Scenario("two outlets, bias in one", (-1.0, -1.0), (0.0, 1.2), 300),
    Scenario("two outlets that differ", (-1.0, -0.4), (0.0, -0.8), 300, stratified=True),
)


def prevalence(level: float) -> float:
    """Return the expected share: the mean of a logistic of a normal, by Gauss-Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    values = 1 / (1 + np.exp(-(level + BETWEEN * nodes)))
    return float((weights * values).sum() / weights.sum())


def draw(scenario: Scenario, generator: np.random.Generator) -> tuple[Corpus, list[str]]:
    """Return a synthetic corpus and the outlet of every sentence."""
    sizes = generator.integers(*SIZES, size=scenario.articles)
    article = np.repeat(np.arange(scenario.articles), sizes)
    outlet = article % 2
    effect = generator.normal(0, BETWEEN, scenario.articles)[article]
    level, bias = np.array(scenario.level)[outlet], np.array(scenario.bias)[outlet]
    truth = generator.random(len(article)) < 1 / (1 + np.exp(-(level + effect)))
    shared = generator.normal(0, 0.7, scenario.articles)[article]
    seen = scenario.accuracy * (2 * truth - 1.0) + bias + shared
    score = 1 / (1 + np.exp(-(seen + generator.normal(0, 1, len(article)))))
    inclusion = chances(score, scenario)
    drawn = sample(inclusion, generator)
    label = np.where(drawn, truth.astype(np.float64), np.nan)
    _, stratum = np.unique(inclusion, return_inverse=True)
    corpus = Corpus(article, score >= 0.5, score, label, inclusion, stratum)
    return corpus, [OUTLETS[k] for k in outlet]


def chances(score: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Return inclusion probabilities: equal, or equal numbers from three strata of the score."""
    n = len(score)
    if not scenario.stratified:
        return np.full(n, scenario.labels / n)
    stratum = np.searchsorted([0.2, 0.6], score)
    share = np.bincount(stratum, minlength=3)
    return np.minimum(scenario.labels / 3 / share[stratum], 1.0)


def sample(inclusion: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw a fixed number of every set of sentences with the same inclusion probability."""
    drawn = np.zeros(len(inclusion), dtype=bool)
    for value in np.unique(inclusion):
        inside = np.flatnonzero(inclusion == value)
        n = round(value * len(inside))
        drawn[generator.choice(inside, n, replace=False)] = True
    return drawn


def unclustered(corpus: Corpus) -> Corpus:
    """Return the corpus as if every sentence were an article of its own."""
    return replace(corpus, article=np.arange(len(corpus.article)))


def measured(scenario: Scenario, corpora: int, seed: int) -> Iterator[list[tuple[str, Prevalence]]]:
    """Yield the estimates of every corpus, by name of the quantity."""
    for number in range(corpora):
        generator = np.random.default_rng([seed, number])
        corpus, outlets = draw(scenario, generator)
        found = [
            (e.method, e)
            for e in measure(corpus, outlets)
            if (e.group, e.reference) in (("all", None), ("b", "a"))
        ]
        apart = measure(unclustered(corpus))[1:]
        yield [*found, *((f"{e.method}, unclustered", e) for e in apart)]


def row(name: str, truth: float, found: Sequence[Prevalence]) -> str:
    """Return one line of the table."""
    values = np.array([(e.estimate.value, e.estimate.low, e.estimate.high) for e in found])
    inside = (values[:, 1] <= truth) & (truth <= values[:, 2])
    half = (values[:, 2] - values[:, 1]).mean() / 2
    gain = np.nanmedian([e.gain for e in found]) if found[0].gain == found[0].gain else np.nan
    shown = "–" if np.isnan(gain) else f"{gain:.2f}"
    bias = values[:, 0].mean() - truth
    return f"| {name} | {truth:.3f} | {bias:+.3f} | {half:.3f} | {inside.mean():.3f} | {shown} |"


def table(scenario: Scenario, corpora: int, seed: int) -> Iterator[str]:
    """Yield the lines of one scenario."""
    shares = [prevalence(level) for level in scenario.level]
    everywhere, apart = float(np.mean(shares)), shares[1] - shares[0]
    runs = list(measured(scenario, corpora, seed))
    for place, (name, first) in enumerate(runs[0]):
        found = [run[place][1] for run in runs]
        label = (
            f"{scenario.name} | {name}"
            if first.reference is None
            else (f"{scenario.name} | {name}: b − a")
        )
        yield row(label, everywhere if first.reference is None else apart, found)


@click.command()
@click.option("--only", default="", help="Scenarios whose name holds this.")
@click.option("--corpora", default=1_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(only: str, corpora: int, seed: int) -> None:
    """Print the table of coverage in Markdown."""
    started = time.perf_counter()
    click.echo("| corpora | estimator | truth | bias | half-width | coverage | gain |")
    click.echo("|---|---|---|---|---|---|---|")
    for scenario in (s for s in SCENARIOS if only in s.name):
        for line in table(scenario, corpora, seed):
            click.echo(line)
    click.echo(
        f"\n{corpora} corpora a row, {len(METHODS)} estimators, seed {seed}; "
        f"{time.perf_counter() - started:.0f} s",
        err=True,
    )


if __name__ == "__main__":
    main()
