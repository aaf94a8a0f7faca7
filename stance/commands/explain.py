"""``stance explain``: the score of every wording of a sentence, and the words that carry it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands import options

if TYPE_CHECKING:
    from rich.text import Text

    from stance.explain import Explanation, FrameExplanation

_TOP = 5


@click.command()
@options.result
@click.argument("sentence_id", type=click.IntRange(min=0))
@click.option("--article", metavar="ID", help="The article, where the result has several.")
@options.frames("Explain this frame; may be repeated.")
@click.option("--html", type=options.PATH, metavar="FILE", help="Write a page too.")
@options.form("table", "json")
@options.threads
def explain(
    result: Path,
    sentence_id: int,
    article: str | None,
    frames: tuple[str, ...],
    html: Path | None,
    form: str,
    threads: int,
) -> None:
    """Show why sentence SENTENCE_ID of RESULT (a folder of stance analyze) has its frames.

    Every wording's log-odds, and what they lose when a word is left out. By default the frames that
    the sentence has are explained, or the most probable one.
    """
    from dataclasses import asdict

    from stance import explain as explaining
    from stance.commands.printing import print_json
    from stance.restored import article_id
    from stance.results import load_result
    from stance.runs.directory import result_folder
    from stance.runs.files import write_whole
    from stance.scorers.models import open_model

    found = load_result(result_folder(result))
    name = article_id(found, article)
    model = found.manifest["model"]
    scorer = open_model(
        str(model["name"]),
        found.codebook,
        threads=threads,
        dtype=model.get("dtype") or "auto",
        labels=model.get("labels") or (),
    )
    explained = explaining.explain(found, sentence_id, scorer, article_id=name, frames=frames)
    if html is not None:
        write_whole(html, explaining.explanation_page(explained).encode())
    if form == "json":
        print_json(asdict(explained))
    else:
        _print(explained)
    if html is not None:
        click.echo(f"wrote {html}", err=True)


def _print(explained: Explanation) -> None:
    import sys

    from rich.console import Console
    from rich.text import Text

    from stance.errors import harmless

    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    console.print(Text(harmless(explained.text)))
    console.print()
    for one in explained.frames:
        decided = "tagged" if one.present else "not tagged"
        head = f"{one.frame}: probability {one.probability:.2f}, {decided}"
        console.print(Text(head, style="bold" if one.words else ""))
        for wording, odds in zip(one.wordings, one.odds, strict=True):
            console.print(Text(f"  {odds:+6.2f}  {harmless(wording)}"))
        if one.words:
            console.print(_shaded(one, explained.text))
            console.print(Text(f"  carried by {_named(one)}"))
        console.print()


def _named(one: FrameExplanation) -> str:
    from stance.errors import harmless

    top = [word for word in one.top(_TOP) if word.effect > 0]
    return ", ".join(f"{harmless(word.word)} ({word.effect:+.2f})" for word in top) or "no word"


def _shaded(one: FrameExplanation, text: str) -> Text:
    """Return the text, bold and coloured where a word changes the log-odds by half of the most."""
    from rich.text import Text

    from stance.errors import harmless

    strongest = max(1.0, max(abs(word.effect) for word in one.words))
    shown, place = Text("  "), 0
    for word in one.words:
        share = abs(word.effect) / strongest
        colour = "blue" if word.effect > 0 else "yellow"
        style = f"bold {colour}" if share >= 0.5 else colour if share >= 0.2 else ""
        before = text[place : word.start]
        shown.append(_kept(before))
        shown.append(harmless(word.word), style=style)
        place = word.end
    shown.append(_kept(text[place:]))
    return shown


def _kept(between: str) -> str:
    """Return what stands between two words in one line, with its blanks at both ends."""
    from stance.errors import harmless

    first = " " if between[:1].isspace() else ""
    last = " " if between[-1:].isspace() and between.strip() else ""
    return f"{first}{harmless(between)}{last}"
