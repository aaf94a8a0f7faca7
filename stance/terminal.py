"""What the command line prints of a result."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stance.errors import harmless
from stance.positions import Position, corpus_positions, positions, shown_positions
from stance.profile import NARRATION, SPEECH, ArticleProfile, FrameShare
from stance.readers import Skipped
from stance.tagging import OnProgress

if TYPE_CHECKING:
    from stance.analysis import Analysis

SHOWN = 20
_BAR = 20


@contextmanager
def progress(*, quiet: bool, unit: str = "sentences") -> Iterator[OnProgress | None]:
    """Give a progress callable that draws a bar on standard error, None where that is no tty."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(unit, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def report_skip(skipped: Skipped) -> None:
    """Say on standard error what was left out."""
    sys.stderr.write(f"skipped {harmless(f'{skipped.place}: {skipped.reason}')}\n")


def print_profiles(result: Analysis) -> None:
    """Print one table an article, for at most the first 20 articles."""
    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    for profile in result.profiles[:SHOWN]:
        console.print(_heading(profile))
        console.print(_table(profile))
        _print_voices(console, profile)
        _print_stances(console, profile)
    if len(result.profiles) > 1:
        _print_positions(
            console, shown_positions(corpus_positions(result.profiles)), "all articles"
        )
    if len(result.profiles) > SHOWN:
        console.print(f"… and {len(result.profiles) - SHOWN} more articles in the files\n")


def print_corpus(first: Analysis, counts: Mapping[str, Any]) -> None:
    """Print a corpus that its first articles are known of: as any result if these are all."""
    if len(first.profiles) == counts["articles"]:
        print_profiles(first)
        return
    told = (f"{counts[name]:,} {name}" for name in ("articles", "sentences", "scored"))
    Console(highlight=False).print(", ".join(told))


def print_files(out: Path, *, to_stderr: bool) -> None:
    """Say where the files are."""
    stream = sys.stderr if to_stderr else sys.stdout
    if (out / "corpus.html").is_file():
        stream.write(f"groups   {out / 'corpus.html'} (and the folder corpus beside it)\n")
    stream.write(f"report   {out / 'report.html'}\ntables   {out / 'sentences.csv'}, ")
    stream.write(f"{out / 'profiles.csv'}, {out / 'stances.csv'}, ")
    stream.write(f"{out / 'articles.csv'} (and .parquet)\n")
    stream.write(f"figures  {out / 'figures'}\n")


def _heading(profile: ArticleProfile) -> Text:
    scored = profile.overall[0].n_scored
    head = Text(harmless(profile.article.title or profile.article.id), style="bold")
    head.append(f"\n{scored} of {len(profile.sentences)} sentences scored; ", style="not bold")
    head.append(f"dominant frame: {_dominant(profile)}", style="not bold")
    return head


def _dominant(profile: ArticleProfile) -> str:
    if profile.leading is None:
        return "none"
    leads = f"{profile.leading} leads alone in {profile.support:.0%} of the resamples"
    return f"{profile.dominant or 'none'} ({leads})"


def _table(profile: ArticleProfile) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, justify in (("frame", "left"), ("share", "right"), ("95 % interval", "right")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("", no_wrap=True)
    table.add_column("the sentence that shows it best", ratio=1)
    for share in profile.overall:
        table.add_row(*_cells(share), _best(profile, share.frame))
    return table


def _print_voices(console: Console, profile: ArticleProfile) -> None:
    groups = [(voice, profile.by_voice(voice)) for voice in (NARRATION, SPEECH)]
    rows = [(name, shares) for name, shares in [*groups, *profile.by_speaker().items()] if shares]
    if not rows:
        return
    table = _plain_table("voice", "n", *(share.frame for share in profile.overall))
    for name, shares in rows:
        cells = [f"{s.share:.0%}" if s.n_scored else "–" for s in shares]
        table.add_row(Text(harmless(name)), str(shares[0].n_scored), *cells)
    console.print(table)


def _print_stances(console: Console, profile: ArticleProfile) -> None:
    _print_positions(console, shown_positions(positions(profile), most=8))


def _print_positions(console: Console, shown: Sequence[Position], title: str = "") -> None:
    if not shown:
        return
    if title:
        console.print(Text(title, style="bold"))
    table = _plain_table("who", "about whom", "n", "favor", "against", "favor − against")
    for p in shown:
        shares = (f"{p.favor.value:.0%}", f"{p.against.value:.0%}")
        net = f"{p.net.value:+.2f} ({p.net.low:+.2f} to {p.net.high:+.2f})"
        table.add_row(Text(harmless(p.who)), Text(harmless(p.target)), str(p.n), *shares, net)
    console.print(table)


def _plain_table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _cells(share: FrameShare) -> tuple[Text, ...]:
    if share.n_scored == 0:
        return Text(share.frame), Text("–"), Text("not scored"), Text("")
    interval = f"{share.share_low:.0%} to {share.share_high:.0%}"
    bar = "█" * round(share.share * _BAR)
    return Text(share.frame), Text(f"{share.share:.0%}"), Text(interval), Text(f"{bar:<{_BAR}}")


def _best(profile: ArticleProfile, frame: str) -> Text:
    best = profile.clearest(frame)
    text = "–" if best is None else harmless(best.sentence.text)
    return Text(text if len(text) <= 140 else f"{text[:139]}…")


def machine_readable(result: Analysis, form: str) -> bytes:
    """Return the result as ``csv`` or ``jsonl`` (its sentences) or ``json`` (all of it), UTF-8."""
    from stance import tables

    if form == "csv":
        return tables.csv_bytes(result.sentence_table())
    lines = list(tables.json_rows(result.sentence_table()))
    if form == "jsonl":
        return "".join(f"{line}\n" for line in lines).encode()
    whole: dict[str, Any] = {
        "articles": [_article(profile) for profile in result.profiles],
        "profiles": [json.loads(row) for row in tables.json_rows(result.profile_table())],
        "stances": [json.loads(row) for row in tables.json_rows(result.stance_table())],
        "sentences": [json.loads(line) for line in lines],
        "manifest": dict(result.manifest),
    }
    return json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n"


def _article(profile: ArticleProfile) -> dict[str, Any]:
    article = profile.article
    return {
        "id": article.id,
        "title": article.title,
        "date": article.date,
        "outlet": article.outlet,
        "url": article.url,
        "path": article.path,
        "metadata": dict(article.metadata),
        "dominant": profile.dominant,
        "leading": profile.leading,
        "support": profile.support,
        "entropy": None if math.isnan(profile.entropy) else profile.entropy,
    }
