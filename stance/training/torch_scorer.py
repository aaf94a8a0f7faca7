"""A scorer over a network in memory: what the shipped file is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
import torch

from stance.records import LogProbs, Question
from stance.training.network import OnePassNetwork
from stance.training.packing import Packer, bucket, collate


@final
class TorchScorer:
    """Scores with a `OnePassNetwork`, float32."""

    fingerprint = "torch:in-memory"

    def __init__(self, network: OnePassNetwork, packer: Packer, *, tokens: int = 8_000) -> None:
        self._network, self._packer, self._tokens = network, packer, tokens

    @torch.inference_mode()
    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return natural-log probabilities, one array of shape (hypothesis, 3) a question, in order."""
        self._network.eval()
        packed = self._packer.pack([q.premise for q in questions], [q.hypotheses for q in questions])
        answers: list[LogProbs] = [np.empty((0, 3), np.float32)] * len(questions)
        for rows in bucket(packed, tokens=self._tokens):
            batch = collate(packed, rows)
            logits = self._network(
                batch.input_ids, batch.segment_ids, batch.position_ids, batch.read_out
            )
            log_p = torch.log_softmax(logits, dim=-1).numpy()
            splits = np.cumsum([len(packed[row].hypotheses) for row in rows])[:-1]
            for row, part in zip(rows, np.split(log_p, splits), strict=True):
                answers[row] = part
        return answers
