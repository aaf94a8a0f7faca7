"""The one-pass network as an ONNX graph whose weights lie in the safetensors file beside it.

The graph is written node by node, so that one float16 file serves torch and onnxruntime alike: its
tensors are named by offset as external data and cast to float32 before anything is computed.

Nothing is computed that no answer needs. Tokens lie in one row each, without padding; premise
tokens look at the premise only; a hypothesis looks at the premise and at itself, in one softmax
over two products, so that no score between two hypotheses is ever formed. In the last layer only
the tokens at which an answer is read become queries, and no key or value is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from onnx import checker, save

from stance.scorers.torch_network import Shape
from stance.training.nodes import Dims, Nodes, external_tensors

_BLOCKED = -1e9
_INPUTS: dict[str, Dims] = {
    "input_ids": ["token"],
    "type_ids": ["token"],
    "position_ids": ["token"],
    "premises": ["sequence", "premise"],
    "hypotheses": ["sequence", "answer", "slot"],
    "places": ["token"],
    "read_out": ["sequence", "answer"],
}
_OUTPUTS: dict[str, Dims] = {"log_probs": ["sequence", "answer", 3]}
_HEADS_FIRST = [0, 2, 1, 3]
_TURNED = [0, 2, 1]


def write_graph(weights: Path, path: Path, shape: Shape) -> None:
    """Write the graph over ``weights`` (safetensors) to ``path``, in the same folder.

    Its inputs are those that `stance.scorers.blocks.arrange` makes.
    """
    nodes = Nodes(external_tensors(weights))
    _Network(nodes, shape).write()
    save(nodes.model("one_pass", _INPUTS, _OUTPUTS), path)
    checker.check_model(path)


@final
@dataclass(frozen=True, slots=True)
class _Asking:
    """How the queries of the hypotheses are laid out.

    ``bias`` is (sequence, 1, query, premise + slot); ``apart`` (sequence, head, answer, slot, -1)
    sets the hypotheses apart, ``together`` (sequence, head, query, -1) joins them.
    """

    bias: str
    apart: str
    together: str


@final
class _Network:
    def __init__(self, nodes: Nodes, shape: Shape) -> None:
        self._nodes, self._shape = nodes, shape
        self._size = shape.width // shape.heads
        self._scale = nodes.constant(np.float32(self._size**-0.5))

    def write(self) -> None:
        nodes, shape = self._nodes, self._shape
        self._premise_bias = nodes.op("Unsqueeze", self._bias("premises"), nodes.constant([1, 2]))
        self._keys = self._lengths()
        self._slots = nodes.reshape("hypotheses", [0, -1])
        every = self._asking()
        hidden = self._embeddings()
        for index in range(shape.layers - 1):
            hidden = self._layer(f"layers.{index}", hidden, every)
        answers = self._last_layer(f"layers.{shape.layers - 1}", hidden)
        pooled = nodes.op("Tanh", nodes.linear("pooler", answers))
        logits = nodes.linear("classifier", pooled)
        sizes = nodes.concat(nodes.op("Shape", "read_out"), nodes.constant([3]))
        nodes.op("LogSoftmax", nodes.reshape(logits, sizes), out="log_probs", axis=-1)

    def _bias(self, places: str) -> str:
        """Return 0 where there is a token, far below where there is padding (-1)."""
        nodes = self._nodes
        absent = nodes.op("Less", places, nodes.constant(0))
        blocked, open_ = nodes.constant(np.float32(_BLOCKED)), nodes.constant(np.float32(0))
        return nodes.op("Where", absent, blocked, open_)

    def _lengths(self) -> str:
        """Return how many keys are of the premise and how many are slots of a hypothesis."""
        nodes = self._nodes
        return nodes.concat(
            nodes.op("Shape", "premises", start=1, end=2),
            nodes.op("Shape", "hypotheses", start=2, end=3),
        )

    def _asking(self) -> _Asking:
        nodes = self._nodes
        sequences = nodes.op("Shape", "hypotheses", start=0, end=1)
        answers = nodes.op("Shape", "hypotheses", start=1, end=2)
        heads, one, rest = (nodes.constant([n]) for n in (self._shape.heads, 1, -1))
        slots = nodes.op("Shape", "hypotheses", start=2, end=3)
        queries = nodes.op("Mul", answers, slots)
        premise = nodes.op("Shape", "premises", start=1, end=2)
        own = nodes.op("Unsqueeze", self._bias("hypotheses"), nodes.constant([2]))
        own = nodes.op("Expand", own, nodes.concat(sequences, answers, slots, slots))
        own = nodes.reshape(own, nodes.concat(sequences, one, queries, slots))
        of_premise = nodes.concat(sequences, one, queries, premise)
        shared = nodes.op("Expand", self._premise_bias, of_premise)
        return _Asking(
            bias=nodes.concat(shared, own, axis=-1),
            apart=nodes.concat(sequences, heads, answers, slots, rest),
            together=nodes.concat(sequences, heads, queries, rest),
        )

    def _embeddings(self) -> str:
        nodes = self._nodes
        kinds = {"word": "input_ids", "position": "position_ids", "token_type": "type_ids"}
        word, position, kind = (
            nodes.as_float32(nodes.op("Gather", f"embeddings.{name}_embeddings.weight", ids))
            for name, ids in kinds.items()
        )
        total = nodes.op("Add", nodes.op("Add", word, position), kind)
        return nodes.norm("embeddings.LayerNorm", total, self._shape.epsilon)

    def _layer(self, name: str, hidden: str, asking: _Asking) -> str:
        nodes = self._nodes
        q, k, v = (nodes.linear(f"{name}.{part}", hidden) for part in ("query", "key", "value"))
        premise = self._premise(q, k, v)
        own = self._hypotheses(self._heads(q, self._slots), k, v, asking)
        context = nodes.op("Gather", nodes.concat(premise, own), "places")
        return self._feed_forward(name, context, hidden)

    def _last_layer(self, name: str, hidden: str) -> str:
        """Return the answers, one a row.

        The few queries go through the key weights instead of all the keys, and the few mixtures
        through the value weights instead of all the values: q(Wx + b) = (qW)x + qb, of which qb is
        the same for every key and leaves a softmax as it is.
        """
        nodes, shape = self._nodes, self._shape
        of_heads = [shape.heads, self._size, shape.width]
        key, value = (
            nodes.reshape(nodes.as_float32(f"{name}.{part}.weight"), of_heads)
            for part in ("key", "value")
        )
        read = nodes.op("Gather", hidden, nodes.reshape("read_out", [-1]))
        q = self._heads_of_rows(nodes.linear(f"{name}.query", read), self._size)
        mixed = self._mixtures(nodes.op("MatMul", q, key), hidden)
        values = nodes.op("MatMul", mixed, nodes.op("Transpose", value, perm=_TURNED))
        joined = nodes.reshape(nodes.op("Transpose", values, perm=[1, 0, 2]), [-1, shape.width])
        context = nodes.op("Add", joined, nodes.as_float32(f"{name}.value.bias"))
        return self._feed_forward(name, context, read)

    def _mixtures(self, q: str, hidden: str) -> str:
        """Return tokens mixed as queries (head, answer row, width) weigh them, in that shape."""
        nodes, shape = self._nodes, self._shape
        answers = nodes.op("Shape", "read_out")
        of_answers = nodes.concat(answers, nodes.constant([shape.heads, -1]))
        together = nodes.concat(
            nodes.op("Shape", "read_out", end=1), nodes.constant([-1, shape.width])
        )
        q = nodes.reshape(nodes.op("Transpose", q, perm=[1, 0, 2]), of_answers)
        premise, own = (nodes.op("Gather", hidden, x) for x in ("premises", "hypotheses"))
        shared = nodes.op(
            "MatMul", nodes.reshape(q, together), nodes.op("Transpose", premise, perm=_TURNED)
        )
        alone = nodes.op("MatMul", q, nodes.op("Transpose", own, perm=[0, 1, 3, 2]))
        scores = nodes.concat(nodes.reshape(shared, of_answers), alone, axis=-1)
        bias = nodes.op("Unsqueeze", self._bias("hypotheses"), nodes.constant([2]))
        of_shared = nodes.concat(answers, nodes.constant([1, 1]))
        opened = nodes.op("Expand", self._premise_bias, of_shared)
        bias = nodes.concat(opened, bias, axis=-1)
        scaled = nodes.op("Add", nodes.op("Mul", scores, self._scale), bias)
        shared, alone = nodes.split(nodes.op("Softmax", scaled, axis=-1), self._keys, axis=-1)
        flat = nodes.concat(
            nodes.op("Shape", "read_out", end=1),
            nodes.constant([-1]),
            nodes.op("Shape", "premises", start=1),
        )
        mixed = nodes.op("MatMul", nodes.reshape(shared, flat), premise)
        total = nodes.op("Add", nodes.reshape(mixed, of_answers), nodes.op("MatMul", alone, own))
        return self._heads_of_rows(total, shape.width)

    def _heads_of_rows(self, x: str, size: int) -> str:
        """(row, head x size) → (head, row, size)."""
        split = self._nodes.reshape(x, [-1, self._shape.heads, size])
        return self._nodes.op("Transpose", split, perm=[1, 0, 2])

    def _feed_forward(self, name: str, context: str, hidden: str) -> str:
        nodes, epsilon = self._nodes, self._shape.epsilon
        attended = nodes.linear(f"{name}.attention_output", context)
        hidden = nodes.norm(f"{name}.attention_norm", nodes.op("Add", attended, hidden), epsilon)
        inner = nodes.op("Gelu", nodes.linear(f"{name}.intermediate", hidden))
        output = nodes.linear(f"{name}.output", inner)
        return nodes.norm(f"{name}.output_norm", nodes.op("Add", output, hidden), epsilon)

    def _premise(self, q: str, k: str, v: str) -> str:
        """Return the contexts of the premise tokens, one a row, padding included."""
        nodes = self._nodes
        q, k, v = (self._heads(x, "premises") for x in (q, k, v))
        scores = nodes.op("MatMul", q, nodes.op("Transpose", k, perm=[0, 1, 3, 2]))
        biased = nodes.op("Add", nodes.op("Mul", scores, self._scale), self._premise_bias)
        weights = nodes.op("Softmax", biased, axis=-1)
        return self._join_heads(nodes.op("MatMul", weights, v))

    def _hypotheses(self, q: str, k: str, v: str, asking: _Asking) -> str:
        """Return the contexts of queries (sequence, head, query, size), one a row."""
        nodes = self._nodes
        of_premise, of_own = (
            (self._heads(k, places), self._heads(v, places)) for places in ("premises", self._slots)
        )
        keys, values = (self._apart(x) for x in of_own)
        shared = nodes.op("MatMul", q, nodes.op("Transpose", of_premise[0], perm=[0, 1, 3, 2]))
        own = nodes.op(
            "MatMul",
            nodes.reshape(q, asking.apart),
            nodes.op("Transpose", keys, perm=[0, 1, 2, 4, 3]),
        )
        scores = nodes.concat(shared, nodes.reshape(own, asking.together), axis=-1)
        biased = nodes.op("Add", nodes.op("Mul", scores, self._scale), asking.bias)
        shared, own = nodes.split(nodes.op("Softmax", biased, axis=-1), self._keys, axis=-1)
        mixed = nodes.op("MatMul", nodes.reshape(own, asking.apart), values)
        context = nodes.op(
            "Add",
            nodes.op("MatMul", shared, of_premise[1]),
            nodes.reshape(mixed, asking.together),
        )
        return self._join_heads(context)

    def _apart(self, x: str) -> str:
        """(sequence, head, answer x slot, size) → (sequence, head, answer, slot, size)."""
        nodes = self._nodes
        sizes = nodes.op("Shape", "hypotheses", start=1, end=3)
        kept, size = nodes.constant([0, 0]), nodes.constant([self._size])
        return nodes.reshape(x, nodes.concat(kept, sizes, size))

    def _heads(self, x: str, places: str) -> str:
        """Rows at places (sequence, n) → (sequence, head, n, size)."""
        return self._split_heads(self._nodes.op("Gather", x, places))

    def _split_heads(self, x: str) -> str:
        split = self._nodes.reshape(x, [0, 0, self._shape.heads, self._size])
        return self._nodes.op("Transpose", split, perm=_HEADS_FIRST)

    def _join_heads(self, x: str) -> str:
        return self._nodes.reshape(
            self._nodes.op("Transpose", x, perm=_HEADS_FIRST), [-1, self._shape.width]
        )
