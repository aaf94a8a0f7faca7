"""Any sequence classifier trained on entailment, from a hub or a folder, on torch.

A cross-encoder reads every pair of premise and hypothesis. Pairs are sorted by length, so that a
batch holds hardly any padding, and what is padded is masked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np
from jaxtyping import Float32

from stance.errors import MissingExtraError, ScorerError
from stance.records import LogProbs, Question
from stance.scorers.devices import choose_device, choose_dtype, place_suffix
from stance.scorers.entailment_labels import EntailmentColumns, entailment_columns
from stance.scorers.hub_loading import find_source
from stance.scorers.placement import Budget, Placement
from stance.scorers.room import Room

if TYPE_CHECKING:
    import torch

    from stance.scorers.hub_network import Checkpoint

_TOKENS = {"cpu": 2_048, "cuda": 32_768, "mps": 8_192}


def load_transformers(
    *,
    model: str,
    threads: int = 0,
    device: str = "auto",
    dtype: str = "auto",
    labels: Sequence[str] = (),
    tokens: int = 0,
) -> TransformersScorer:
    """Load a classifier whose labels name entailment.

    Args:
        model: ``ORG/NAME``, ``ORG/NAME@REVISION`` or a folder.
        threads: Threads of torch in this process; 0 leaves its own choice.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        dtype: ``auto``, ``float32``, ``bfloat16`` or ``float16``.
        labels: What its columns are, in order, where the checkpoint does not say.
        tokens: Most padded tokens in a batch; 0 chooses by the device. Answers do not depend on it
            beyond rounding.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        ConfigError: There is no such device or dtype.
        ScorerError: The checkpoint cannot be found or used.
    """
    try:
        import torch

        from stance.scorers import hub_network
    except ModuleNotFoundError as error:
        raise MissingExtraError("the transformers scorer", "hf") from error
    place, kind = choose_device(device), choose_dtype(dtype)
    source = find_source(model)
    config = hub_network.read_config(source)
    if config.problem_type in ("regression", "multi_label_classification"):
        raise ScorerError(
            f"{source.place}: its head is for {config.problem_type.replace('_', ' ')}, whose "
            "outputs are not shares of one answer; name a model trained on natural language "
            "inference"
        )
    columns = entailment_columns(config.id2label, labels, place=source.place)
    if threads:
        torch.set_num_threads(threads)
    checkpoint = hub_network.load_checkpoint(source, config)
    fingerprint = (
        f"transformers:{source.identity}:columns={columns}:tokens={checkpoint.most}"
        f"{place_suffix(place, kind)}"
    )
    return TransformersScorer(
        checkpoint, columns, fingerprint, place, kind, tokens or _TOKENS[place.type]
    )


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """The token rows of one pair, and whose answer it is."""

    rows: dict[str, list[int]]
    question: int
    hypothesis: int

    def __len__(self) -> int:
        return len(self.rows["input_ids"])


@final
class TransformersScorer:
    """Reads every pair of premise and hypothesis; only a premise is ever cut, at its end."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        columns: EntailmentColumns,
        fingerprint: str,
        device: torch.device,
        dtype: torch.dtype,
        tokens: int,
    ) -> None:
        import torch

        from stance.scorers.deberta import packed_deberta

        self.fingerprint = fingerprint
        self._columns, self._device, self._dtype = columns, device, dtype
        self._network = checkpoint.network.to(device, dtype)
        self._packed = packed_deberta(self._network)
        self._tokenizer, self._inputs = checkpoint.tokenizer, checkpoint.inputs
        self._most = checkpoint.most
        markers = self._tokenizer.num_special_tokens_to_add(pair=True)
        self._room = Room(checkpoint.most - markers, lambda text: self._lengths([text])[0])
        padded = self._tokenizer.pad_token_id is not None
        self._budget = Budget(tokens if padded else 1, (torch.cuda.OutOfMemoryError,))

    @property
    def has_contradiction(self) -> bool:
        """False for a two-class model, which gives neutral and contradiction the same value."""
        return self._columns.has_contradiction

    @property
    def placement(self) -> Placement:
        """Where it computes, and how often a batch was halved."""
        name = str(self._dtype).removeprefix("torch.")
        return Placement(self._device.type, name, self._budget.halved)

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return natural-log probabilities, float32 (hypothesis, 3), one array a question.

        Raises:
            ScorerError: A hypothesis leaves no room for a premise.
        """
        answers: list[LogProbs] = [
            np.empty((len(question.hypotheses), 3), dtype=np.float32) for question in questions
        ]
        for batch, rows in self._budget.run(self._pairs(questions), len, self._answer):
            for pair, row in zip(batch, rows, strict=True):
                answers[pair.question][pair.hypothesis] = row
        return answers

    def beside(self, hypotheses: Iterable[str]) -> None:
        """Check and remember hypotheses that another scorer answers for it."""
        self._room.beside(hypotheses)

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many premises lose their end beside the longest hypothesis asked so far."""
        return sum(length > self._room.least for length in self._lengths(premises))

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        encoded = self._tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def _pairs(self, questions: Sequence[Question]) -> list[_Pair]:
        places = [
            (q, h) for q, question in enumerate(questions) for h in range(len(question.hypotheses))
        ]
        if not places:
            return []
        self.beside(h for question in questions for h in question.hypotheses)
        encoded = self._tokenizer(
            [questions[q].premise for q, _ in places],
            [questions[q].hypotheses[h] for q, h in places],
            truncation="only_first",
            max_length=self._most,
        )
        names = [name for name in self._inputs if name in encoded]
        columns = zip(*(encoded[name] for name in names), strict=True)
        rows = (dict(zip(names, column, strict=True)) for column in columns)
        return [_Pair(row, q, h) for row, (q, h) in zip(rows, places, strict=True)]

    def _answer(self, batch: Sequence[_Pair]) -> Float32[np.ndarray, "pair 3"]:
        import torch

        with torch.inference_mode():
            logits = self._logits(batch)
        return self._columns.log_probs(np.asarray(logits.float().cpu()))

    def _logits(self, batch: Sequence[_Pair]) -> torch.Tensor:
        if self._packed is not None:
            return self._packed.logits([pair.rows["input_ids"] for pair in batch], self._device)
        found: torch.Tensor = self._network(**self._padded(batch)).logits
        return found

    def _padded(self, batch: Sequence[_Pair]) -> dict[str, Any]:
        """Return the inputs of the network, int64 of shape (pair, token), on its device."""
        import torch

        rows = [pair.rows for pair in batch]
        longest = max(map(len, batch))
        left = self._tokenizer.padding_side == "left"
        fill = {
            "input_ids": self._tokenizer.pad_token_id or 0,
            "token_type_ids": self._tokenizer.pad_token_type_id,
        }
        padded = {
            name: [_filled(row[name], longest, fill.get(name, 0), left=left) for row in rows]
            for name in rows[0]
        }
        return {name: torch.tensor(value).to(self._device) for name, value in padded.items()}


def _filled(row: list[int], length: int, value: int, *, left: bool) -> list[int]:
    padding = [value] * (length - len(row))
    return padding + row if left else row + padding
