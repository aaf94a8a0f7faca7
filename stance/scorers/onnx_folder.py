"""An exported entailment classifier on onnxruntime, pair by pair, without torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float32
from tokenizers import Tokenizer

from stance.errors import ScorerError
from stance.records import LogProbs, Question
from stance.runs import file_hash
from stance.scorers.entailment_labels import EntailmentColumns, entailment_columns
from stance.scorers.pairs import PairEncoder, PairInputs, most_tokens, pair_batches
from stance.scorers.placement import ON_CPU
from stance.scorers.sessions import open_session

GRAPHS = ("model.onnx", "onnx/model.onnx")
"""Where the graph may lie in a folder."""
APART = 1e-4
"""Most that a probability of entailment may differ between a batch and a pair alone."""
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_PROBES = (
    Question("The envoy warned that an attack would be answered.", ("This is about a threat.",)),
    Question("Flour arrived.", ("The text raises hunger.", "It is about trade.")),
    Question("word " * 40 + "1,000,000 ?!", ("Someone stands to gain or lose money.",)),
)


def load_onnx(
    *,
    model: str | Path,
    threads: int = 0,
    labels: Sequence[str] = (),
    tokens: int = 2_048,
) -> PairScorer:
    """Load an entailment classifier from a folder in the layout of optimum.

    The folder holds ``model.onnx`` (or ``onnx/model.onnx``), ``config.json`` with ``id2label``, and
    ``tokenizer.json``; ``stance models export`` writes one.

    Args:
        model: The folder.
        threads: Threads of onnxruntime; 0 takes one a core that this process may use.
        labels: Names of the columns where ``id2label`` says nothing (see `entailment_columns`).
        tokens: Most padded tokens in a batch; memory and speed depend on it, answers do not.

    Raises:
        ScorerError: A file is missing or cannot be read, the model is not a classifier of
            entailment, or its scores depend on the batch.
    """
    folder = Path(model)
    scorer = unchecked(folder, threads=threads, labels=labels, tokens=tokens)
    gap = batch_gap(scorer, _PROBES)
    if gap > APART:
        raise ScorerError(
            f"{folder}: its scores depend on the batch (by up to {gap:.3f}), as those of a "
            "dynamically quantised model do; export it again with stance models export"
        )
    return scorer


def unchecked(
    folder: Path, *, threads: int = 0, labels: Sequence[str] = (), tokens: int = 2_048
) -> PairScorer:
    """Load a folder as `load_onnx` does, without asking whether scores depend on the batch."""
    config = read_config(folder)
    columns = columns_of(config, labels, place=str(folder / "config.json"))
    encoder = pair_encoder(folder, config)
    graph = graph_of(folder)
    run = _runner(open_session(graph, place=graph, threads=threads), graph)
    fingerprint = f"onnx:{_digest(folder, graph, columns)}:tokens={most_tokens(folder, config)}"
    return PairScorer(run, encoder, columns, fingerprint, tokens=tokens)


def graph_of(folder: Path) -> Path:
    """Return the graph of a folder.

    Raises:
        ScorerError: There is none.
    """
    for name in GRAPHS:
        if (folder / name).is_file():
            return folder / name
    raise ScorerError(
        f"{folder}: has neither {' nor '.join(GRAPHS)}; write one with stance models export"
    )


def read_config(folder: Path) -> dict[str, Any]:
    """Return the ``config.json`` of a model's folder.

    Raises:
        ScorerError: It is missing or is not a JSON object.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ScorerError(
            f"{path}: cannot be read ({error}); a model's folder has its config.json beside it"
        ) from error
    if not isinstance(config, dict):
        raise ScorerError(f"{path}: is not an object of JSON")
    return config


def columns_of(config: dict[str, Any], labels: Sequence[str], *, place: str) -> EntailmentColumns:
    """Return the columns that a ``config.json`` names.

    Raises:
        ScorerError: The model is a regression, or its labels cannot be matched.
    """
    if config.get("problem_type") == "regression":
        raise ScorerError(
            f"{place}: problem_type is regression; stance needs a classifier of entailment"
        )
    if "id2label" not in config:
        default = {k: f"LABEL_{k}" for k in range(config.get("num_labels", 2))}
        return entailment_columns(default, labels, place=place)
    return entailment_columns(config["id2label"], labels, place=place)


def read_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of a model's folder.

    Raises:
        ScorerError: ``tokenizer.json`` is missing or cannot be read.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ScorerError(f"{path}: is missing; save the model with its fast tokenizer")
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare exceptions
        raise ScorerError(f"{path}: cannot be read as a tokenizer: {error}") from error


def pair_encoder(folder: Path, config: dict[str, Any]) -> PairEncoder:
    """Return what encodes pairs for the model of a folder.

    Raises:
        ScorerError: Its tokenizer cannot be read, or it reads too few tokens.
    """
    pad = config.get("pad_token_id") or 0
    return PairEncoder(read_tokenizer(folder), most=most_tokens(folder, config), pad=pad)


def _runner(session: Any, graph: Path) -> Callable[[PairInputs], Float32[np.ndarray, "pair label"]]:
    wanted = {given.name: given.type for given in session.get_inputs()}
    outputs = [output.name for output in session.get_outputs()]
    strange = [name for name in wanted if name not in _INPUTS]
    if strange or "logits" not in outputs:
        raise ScorerError(
            f"{graph}: takes {', '.join(wanted)} and gives {', '.join(outputs)}; a sequence "
            f"classifier takes {', '.join(_INPUTS)} and gives logits"
        )
    types = {n: np.int32 if kind == "tensor(int32)" else np.int64 for n, kind in wanted.items()}

    def run(inputs: PairInputs) -> Float32[np.ndarray, "pair label"]:
        given = {name: inputs[name].astype(kind, copy=False) for name, kind in types.items()}
        logits: np.ndarray = session.run(["logits"], given)[0]
        return logits

    return run


def _digest(folder: Path, graph: Path, columns: EntailmentColumns) -> str:
    weights = sorted(path for path in graph.parent.glob("*.onnx_data") if path.is_file())
    files = [graph, *weights, folder / "config.json", folder / "tokenizer.json"]
    seen = [*map(file_hash, files), repr(columns)]
    return sha256("".join(seen).encode()).hexdigest()[:32]


@final
class PairScorer:
    """Asks a cross-encoder every pair, in batches of similar length; cuts only premises."""

    placement = ON_CPU

    def __init__(
        self,
        run: Callable[[PairInputs], Float32[np.ndarray, "pair label"]],
        encoder: PairEncoder,
        columns: EntailmentColumns,
        fingerprint: str,
        *,
        tokens: int,
    ) -> None:
        self._run, self._encoder, self._columns, self._tokens = run, encoder, columns, tokens
        self.fingerprint = fingerprint

    @property
    def has_contradiction(self) -> bool:
        """False for a two-class model."""
        return self._columns.has_contradiction

    def score(self, questions: Sequence[Question]) -> list[LogProbs]:
        """Return natural-log probabilities, float32 (hypothesis, 3), one array a question.

        Raises:
            ScorerError: A hypothesis leaves no room for a premise.
        """
        answers: list[LogProbs] = [
            np.empty((len(question.hypotheses), 3), dtype=np.float32) for question in questions
        ]
        for batch in pair_batches(self._encoder.pairs(questions), self._tokens):
            rows = self._columns.log_probs(self._run(self._encoder.collate(batch)))
            for pair, row in zip(batch, rows, strict=True):
                answers[pair.question][pair.row] = row
        return answers

    def beside(self, hypotheses: Iterable[str]) -> None:
        """Check and remember hypotheses that another scorer answers for it."""
        self._encoder.room.beside(hypotheses)

    def forget(self) -> None:
        """Forget what was asked so far, where the model was only tried."""
        self._encoder.room.forget()

    def truncated(self, premises: Sequence[str]) -> int:
        """Return how many premises lose their end beside the longest hypothesis asked so far."""
        return self._encoder.truncated(premises)


def batch_gap(scorer: PairScorer, questions: Sequence[Question]) -> float:
    """Return the largest difference of a probability between one batch and every pair alone."""
    pairs = [Question(q.premise, (h,)) for q in questions for h in q.hypotheses]
    alone = [scorer.score([pair])[0] for pair in pairs]
    together = scorer.score(pairs)
    scorer.forget()
    gaps = [np.abs(np.exp(a) - np.exp(b)).max() for a, b in zip(alone, together, strict=True)]
    return float(max(gaps, default=0.0))
