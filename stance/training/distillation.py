"""Distillation: an ensemble answers pairs that nobody labelled, one network learns its answers.

Every premise of an epoch, and sentences of the unlabelled corpora, are asked further hypotheses.
The target of such a pair is the mean of the probabilities of the teachers (Hinton et al. 2015, at
temperature 1); a labelled pair keeps its label for a share of the loss.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from string import punctuation
from typing import final

import numpy as np
import torch
from jaxtyping import Float32

from stance.scorers.packing import Packed, Packer
from stance.scorers.torch_network import OnePassNetwork
from stance.sentences.boundaries import split_paragraph
from stance.sentences.paragraphs import find_paragraphs
from stance.training.labels import UNLABELLED
from stance.training.mixture import Answer, Group, Mixture, read_rows
from stance.training.network import load_trained
from stance.training.packing import in_order, to_batch
from stance.training.roles import sometimes_misspelled

LEAST_WORDS, MOST_WORDS = 5, 80
NEARBY = 400
"""From how many groups away hypotheses of other premises come: the same kind of text."""
_TOKENS = {"cpu": 4_000, "cuda": 65_536}
"""Most padded tokens in a batch of the teachers."""
_STATEMENTS = ("snli", "snli_para", "conj", "negnli", "med")
"""Sources whose hypotheses are whole sentences about the world, as their premises are."""
_LEAST_LETTERS = 4

Probabilities = Float32[np.ndarray, "pair 3"]
Teach = Callable[[Sequence[Group]], Probabilities]


def unlabelled_sentences(data: Path) -> list[str]:
    """Return the sentences of the corpora whose licence allows training, in file order."""
    with gzip.open(data / "corpus/us_gov_ukraine.jsonl.gz", "rt", encoding="utf-8") as lines:
        documents = [json.loads(line)["article"] for line in lines]
    posts = [row["text_en"] for row in read_rows(data / "corpus/fignews_posts.parquet")]
    speeches = [row["sentence"] for row in read_rows(data / "corpus/unscon_sentences.parquet")]
    found = chain.from_iterable(map(_sentences, chain(documents, posts, speeches)))
    wanted = (text for text in found if LEAST_WORDS <= len(text.split()) <= MOST_WORDS)
    return list(dict.fromkeys(wanted))


def hypotheses_alone(data: Path) -> list[str]:
    """Return the hypotheses of labelled pairs that can be premises themselves, in file order."""
    rows = read_rows(data / "entailment/train.parquet")
    return list(dict.fromkeys(r["hypothesis"] for r in rows if r["source"] in _STATEMENTS))


def _sentences(text: str) -> Iterator[str]:
    for span in find_paragraphs(text):
        paragraph = text[span.start : span.end]
        yield from (paragraph[first:last].strip() for first, last in split_paragraph(paragraph))


@final
@dataclass(frozen=True)
class Taught:
    """A mixture whose groups are filled up with unlabelled pairs, all answered by teachers.

    ``most`` hypotheses are asked of a premise. The answers of an epoch are kept in ``folder``, so
    that a run that is taken up again need not ask again. The teachers read the premise as it is;
    only then is a share ``typos`` of the premises misspelled, so that the student learns to answer
    as if it were not.
    """

    mixture: Mixture
    sentences: tuple[str, ...]
    teach: Teach
    folder: Path
    most: int = 9
    typos: float = 0.0

    def epoch(self, seed: int) -> list[Group]:
        """Return the groups of one epoch, with the answers of the teachers."""
        draw = random.Random(seed)
        wanted = [text for text in self.sentences if self.mixture.wants(text)]
        groups = [*self.mixture.epoch(seed), *(Group(text, ()) for text in wanted)]
        related = Related.of(groups)
        filled = [self._filled(groups, k, related, draw) for k in range(len(groups))]
        answers = self._answers(filled, seed)
        stops = np.cumsum([len(group.answers) for group in filled])[:-1]
        return [
            replace(
                group, premise=sometimes_misspelled(group.premise, self.typos, draw), taught=taught
            )
            for group, taught in zip(filled, np.split(answers, stops), strict=True)
        ]

    def _answers(self, groups: Sequence[Group], seed: int) -> Probabilities:
        kept = self.folder / f"taught-{seed}.npy"
        if not kept.exists() or len(np.load(kept, mmap_mode="r")) != _count(groups):
            temporary = kept.with_suffix(f".{os.getpid()}.tmp")
            with temporary.open("wb") as file:
                np.save(file, self.teach(groups))
            temporary.replace(kept)
        answers: Probabilities = np.load(kept)
        return answers

    def _filled(
        self, groups: Sequence[Group], k: int, related: Related, draw: random.Random
    ) -> Group:
        """Return a group with wordings of codes and with hypotheses of other premises."""
        own = groups[k]
        asked = {hypothesis for hypothesis, _, _ in own.answers}
        more: dict[str, None] = {}
        for turn in range(self.most - len(asked)):
            wordings = self.mixture.codes[draw.choice(tuple(self.mixture.codes))]
            found = draw.choice(wordings)
            if turn % 3:
                near = related.drawn(own.premise, draw) if turn % 3 == 1 else None
                found = near or _of_another(groups, k, draw)
            if found not in asked:
                more[found] = None
        extra: tuple[Answer, ...] = tuple((hypothesis, UNLABELLED, 1.0) for hypothesis in more)
        return replace(own, answers=own.answers + extra)


def _count(groups: Sequence[Group]) -> int:
    return sum(len(group.answers) for group in groups)


@final
@dataclass(frozen=True, slots=True)
class Related:
    """Labelled hypotheses by their words: for pairs that are about the same and not easy."""

    by_word: dict[str, list[str]]

    @classmethod
    def of(cls, groups: Sequence[Group]) -> Related:
        """Gather the hypotheses of the labelled answers of groups, in their order."""
        by_word: defaultdict[str, list[str]] = defaultdict(list)
        every = (hypothesis for group in groups for hypothesis, _, _ in group.answers)
        for hypothesis in dict.fromkeys(every):
            for word in _words(hypothesis):
                by_word[word].append(hypothesis)
        return cls(dict(by_word))

    def drawn(self, premise: str, draw: random.Random) -> str | None:
        """Return a hypothesis that shares the rarer of two words of the premise, if there is."""
        known = [word for word in _words(premise) if word in self.by_word]
        if not known:
            return None
        pair = (draw.choice(known), draw.choice(known))
        return draw.choice(self.by_word[min(pair, key=lambda word: len(self.by_word[word]))])


def _words(text: str) -> list[str]:
    split = (word.strip(punctuation).lower() for word in text.split())
    return list(dict.fromkeys(word for word in split if len(word) >= _LEAST_LETTERS))


def _of_another(groups: Sequence[Group], k: int, draw: random.Random) -> str:
    """Return a labelled hypothesis of a group nearby, or of any where those have none."""
    low, high = max(0, k - NEARBY), min(len(groups), k + NEARBY)
    other = groups[draw.randrange(low, high)]
    while not other.answers:
        other = draw.choice(groups)
    return draw.choice(other.answers)[0]


def weights_of(folder: Path) -> Path:
    """Return the weights of a model folder, or the best ones of a run folder."""
    best = folder / "best.safetensors"
    return best if best.exists() else folder / "model.safetensors"


def taught_by(
    teachers: Sequence[Path],
    mixture: Mixture,
    packer: Packer,
    *,
    folder: Path,
    typos: float,
    device: str = "cpu",
) -> Taught:
    """Return a mixture with the unlabelled sentences of its data, answered by networks in files."""
    networks = [load_trained(path).to(device) for path in teachers]
    sentences = [*unlabelled_sentences(mixture.data), *hypotheses_alone(mixture.data)]
    return Taught(
        mixture=mixture,
        sentences=tuple(dict.fromkeys(sentences)),
        teach=lambda groups: ensemble(networks, packer, groups),
        folder=folder,
        typos=typos,
    )


@torch.inference_mode()
def ensemble(
    teachers: Sequence[OnePassNetwork], packer: Packer, groups: Sequence[Group]
) -> Probabilities:
    """Return the mean probabilities of teachers for every answer of the groups, in their order.

    Matrix products are computed in bfloat16.
    """
    sequences = packer.sequences(
        [group.premise for group in groups],
        [tuple(hypothesis for hypothesis, _, _ in group.answers) for group in groups],
    )
    firsts = np.cumsum([0, *(len(group.answers) for group in groups)])
    answers = np.zeros((firsts[-1], 3), dtype=np.float32)
    for teacher in teachers:
        teacher.eval()
    device = next(teachers[0].parameters()).device.type
    for batch in in_order(sequences, tokens=_TOKENS[device]):
        mean = sum(_probabilities(teacher, batch) for teacher in teachers) / len(teachers)
        answers[_places(batch, firsts)] = mean
    return answers


def _probabilities(teacher: OnePassNetwork, sequences: Sequence[Packed]) -> Probabilities:
    device = next(teacher.parameters()).device.type
    batch = to_batch(sequences).to(device)
    with torch.autocast(device, dtype=torch.bfloat16):
        logits = teacher.answer(
            batch.input_ids, batch.segment_ids, batch.position_ids, batch.read_out
        )
    probabilities: Probabilities = logits[batch.answered].float().softmax(dim=-1).cpu().numpy()
    return probabilities


def _places(batch: Sequence[Packed], firsts: np.ndarray) -> np.ndarray:
    return np.concatenate(
        [firsts[s.question] + s.first + np.arange(len(s.block.ends)) for s in batch]
    )
