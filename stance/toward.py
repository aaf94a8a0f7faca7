"""Toward whom or what a codebook's stance is asked: declared targets, proposed ones, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

from stance.calibration import Calibration
from stance.codebooks import Codebook, StanceWordings, Target
from stance.records import Mention, Sentence, TargetName
from stance.targets import check_targets, propose_targets

Targets: TypeAlias = Literal["auto", "none"] | Sequence[TargetName]
"""Declared targets; the most-named of the articles; or no stance at all."""


def with_targets(book: Codebook, targets: Targets | None) -> Codebook:
    """Return a codebook whose stance part asks about other targets; None leaves it as it is.

    Raises:
        ConfigError: The targets cannot be told apart or a name cannot be used.
    """
    if targets is None:
        return book
    if targets == "none":
        return book.model_copy(update={"stance": None})
    asked: Literal["auto"] | tuple[Target, ...] = "auto"
    if not isinstance(targets, str):
        check_targets(targets)
        asked = tuple(Target(name=t.name, aliases=t.aliases) for t in targets)
    stance = (book.stance or StanceWordings()).model_copy(update={"targets": asked})
    return book.model_copy(update={"stance": stance})


def choose_targets(book: Codebook, sentences: Iterable[Sentence]) -> tuple[TargetName, ...]:
    """Return the declared targets, or those proposed from the sentences; none without stance.

    The sentences are gone through more than once, and only where targets are proposed.
    """
    if book.stance is None:
        return ()
    return propose_targets(sentences) if book.stance.targets == "auto" else book.stance.names


def targets_entry(
    book: Codebook,
    calibration: Calibration,
    targets: Sequence[TargetName],
    mentions: Sequence[Sequence[Mention]],
) -> dict[str, Any]:
    """Return what a manifest tells of targets: how chosen, and how often named and linked."""
    found = [mention for own in mentions for mention in own]
    counts = Counter(mention.target for mention in found)
    linked = Counter(mention.target for mention in found if mention.linked)
    return mention_counts_entry(book, calibration, targets, counts, linked)


def mention_counts_entry(
    book: Codebook,
    calibration: Calibration,
    targets: Sequence[TargetName],
    counts: Counter[str],
    linked: Counter[str],
) -> dict[str, Any]:
    """Return what `targets_entry` does, from the numbers of mentions and of linked ones."""
    if book.stance is None:
        return {"chosen": "none"}
    fitted = calibration.of_stance(book.stance.wordings).n > 0
    return {
        "chosen": "auto" if book.stance.targets == "auto" else "declared",
        "calibrated": fitted,
        "mentions": counts.total(),
        "linked": linked.total(),
        "names": [
            {
                "name": target.name,
                "aliases": ", ".join(target.aliases),
                "mentions": counts[target.name],
                "linked": linked[target.name],
            }
            for target in targets
        ],
    }
