"""What a manifest tells of a result: the codebook, the inputs, and what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from stance import runs
from stance.calibration import Calibration
from stance.codebooks import Codebook
from stance.records import Article, Sentence, TaggedSentence
from stance.scorers import Scorer
from stance.scorers.placement import placement_of
from stance.tagging import premise_of


def model_entry(model: str, scorer: Scorer, labels: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a manifest says of a model: which it is, where and in what it computed."""
    placement = placement_of(scorer)
    return {
        "name": model,
        "fingerprint": scorer.fingerprint,
        "device": None if placement is None else placement.device,
        "dtype": None if placement is None else placement.dtype,
        "halved_batches": 0 if placement is None else placement.halved,
        "labels": list(labels),
    }


def codebook_entry(book: Codebook, calibration: Calibration) -> dict[str, Any]:
    """Return what a manifest says of a codebook: all of it, and which frames are calibrated."""
    content = book.model_dump_json()
    return {
        "name": book.name,
        "version": book.version,
        "sha256": sha256(content.encode()).hexdigest(),
        "content": book.model_dump(mode="json"),
        "calibrated": {
            name: calibration.of(book.name, name, frame.hypotheses) is not calibration.default
            for name, frame in book.frames.items()
        },
    }


def counts_entry(
    articles: Sequence[Article],
    tagged: Sequence[TaggedSentence],
    scorer: Scorer,
    skipped: Mapping[str, int],
    unbalanced: int,
) -> dict[str, Any]:
    """Return what was counted on the way: what was scored, cut, omitted, skipped."""
    scored: list[Sentence] = [t.sentence for t in tagged if t.scored]
    return {
        "articles": len(articles),
        "sentences": len(tagged),
        "scored": len(scored),
        "truncated_premises": scorer.truncated([premise_of(sentence) for sentence in scored]),
        "omitted": dict(Counter(o.reason for article in articles for o in article.omissions)),
        "skipped": dict(skipped),
        "unbalanced_quotation_marks": unbalanced,
    }


def inputs_entry(articles: Sequence[Article]) -> list[dict[str, str]]:
    """Return the SHA-256 of every input file, or of the text of an article without one."""
    paths = dict.fromkeys(article.path for article in articles if article.path)
    from_files = [{"path": path, "sha256": runs.file_hash(Path(path))} for path in paths]
    others = [
        {"article_id": article.id, "sha256": sha256(article.text.encode()).hexdigest()}
        for article in articles
        if not article.path
    ]
    return from_files + others
