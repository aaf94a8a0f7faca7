"""The one-pass network as an ONNX graph whose weights lie in the safetensors file beside it.

The graph is written node by node, so that one float16 file serves torch and onnxruntime alike: its
tensors are named by offset as external data and cast to float32 before anything is computed. The
mask is built inside the graph from the segment ids. In the last layer only the tokens at which an
answer is read become queries; that changes no answer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, final

import numpy as np
from onnx import ModelProto, NodeProto, StringStringEntryProto, TensorProto, checker, helper, save

from stance.scorers.torch_network import Shape

OPSET = 20
_BLOCKED = -1e9
_TYPES = {"F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}


def write_graph(weights: Path, path: Path, shape: Shape) -> None:
    """Write the graph over ``weights`` (safetensors) to ``path``, in the same folder."""
    writer = _Writer(weights)
    writer.network(shape)
    model = writer.model()
    save(model, path)
    checker.check_model(path)


def _external_tensors(weights: Path) -> dict[str, TensorProto]:
    with weights.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header: dict[str, Any] = json.loads(file.read(length))
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in sorted(header.items()):
        start, stop = entry["data_offsets"]
        place = {"location": weights.name, "offset": 8 + length + start, "length": stop - start}
        tensors[name] = TensorProto(
            name=name,
            dims=entry["shape"],
            data_type=_TYPES[entry["dtype"]],
            data_location=TensorProto.EXTERNAL,
            external_data=[
                StringStringEntryProto(key=key, value=str(value)) for key, value in place.items()
            ],
        )
    return tensors


@final
class _Writer:
    """Collects nodes; every method returns the name of its result."""

    def __init__(self, weights: Path) -> None:
        self._weights = _external_tensors(weights)
        self._constants: dict[str, TensorProto] = {}
        self._nodes: list[NodeProto] = []

    def model(self) -> ModelProto:
        integers = {
            "input_ids": ["sequence", "token"],
            "segment_ids": ["sequence", "token"],
            "position_ids": ["sequence", "token"],
            "read_out": ["sequence", "answer"],
        }
        graph = helper.make_graph(
            self._nodes,
            "one_pass",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, dims)
                for name, dims in integers.items()
            ],
            [
                helper.make_tensor_value_info(
                    "log_probs", TensorProto.FLOAT, ["sequence", "answer", 3]
                )
            ],
            [*self._weights.values(), *self._constants.values()],
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=9,
            producer_name="stance",
        )

    def network(self, shape: Shape) -> None:
        hidden = self._embeddings(shape)
        bias = self._mask()
        for index in range(shape.layers - 1):
            hidden = self._layer(f"layers.{index}", hidden, hidden, bias, shape)
        width = self._constant("width", [1, 1, shape.width])
        places = self._op(
            "Expand", self._op("Unsqueeze", "read_out", self._constant("2", [2])), width
        )
        read = self._op("GatherElements", hidden, places, axis=1)
        read_bias = self._read_bias(bias)
        last = f"layers.{shape.layers - 1}"
        read = self._layer(last, read, hidden, read_bias, shape)
        pooled = self._op("Tanh", self._linear("pooler", read))
        self._op("LogSoftmax", self._linear("classifier", pooled), out="log_probs", axis=-1)

    def _embeddings(self, shape: Shape) -> str:
        zero = self._constant("zero", 0)
        types = self._op("Cast", self._op("Greater", "segment_ids", zero), to=TensorProto.INT64)
        kinds = {"word": "input_ids", "position": "position_ids", "token_type": types}
        parts = [
            self._float(self._op("Gather", f"embeddings.{kind}_embeddings.weight", ids))
            for kind, ids in kinds.items()
        ]
        total = self._op("Add", self._op("Add", parts[0], parts[1]), parts[2])
        return self._norm("embeddings.LayerNorm", total, shape)

    def _mask(self) -> str:
        """(sequence, 1, query, key): 0 where a token may look, far below elsewhere."""
        keys = self._op("Unsqueeze", "segment_ids", self._constant("1,2", [1, 2]))
        queries = self._op("Unsqueeze", "segment_ids", self._constant("1,3", [1, 3]))
        premise = self._op("Equal", keys, self._constant("zero", 0))
        seen = self._op("Or", premise, self._op("Equal", keys, queries))
        open_, blocked = (
            self._constant(n, np.float32(v)) for n, v in (("open", 0), ("shut", _BLOCKED))
        )
        return self._op("Where", seen, open_, blocked)

    def _read_bias(self, bias: str) -> str:
        """The rows of the mask that belong to the tokens at which an answer is read."""
        length = self._op("Shape", "segment_ids", start=1, end=2)
        ones = self._constant("1,1", [1, 1])
        rows = self._op("Unsqueeze", "read_out", self._constant("1,3", [1, 3]))
        target = self._op("Concat", ones, self._constant("one", [1]), length, axis=0)
        return self._op("GatherElements", bias, self._op("Expand", rows, target), axis=2)

    def _layer(self, name: str, queries: str, tokens: str, bias: str, shape: Shape) -> str:
        context = self._attention(name, queries, tokens, bias, shape)
        attended = self._linear(f"{name}.attention_output", context)
        hidden = self._norm(f"{name}.attention_norm", self._op("Add", attended, queries), shape)
        inner = self._op("Gelu", self._linear(f"{name}.intermediate", hidden))
        output = self._linear(f"{name}.output", inner)
        return self._norm(f"{name}.output_norm", self._op("Add", output, hidden), shape)

    def _attention(self, name: str, queries: str, tokens: str, bias: str, shape: Shape) -> str:
        size = shape.width // shape.heads
        split = self._constant("split", [0, 0, shape.heads, size])
        asked = {"query": queries, "key": tokens, "value": tokens}
        q, k, v = (
            self._op("Reshape", self._linear(f"{name}.{part}", source), split)
            for part, source in asked.items()
        )
        q, v = (self._op("Transpose", x, perm=[0, 2, 1, 3]) for x in (q, v))
        scores = self._op("MatMul", q, self._op("Transpose", k, perm=[0, 2, 3, 1]))
        scaled = self._op("Mul", scores, self._constant("scale", np.float32(size**-0.5)))
        weights = self._op("Softmax", self._op("Add", scaled, bias), axis=-1)
        context = self._op("Transpose", self._op("MatMul", weights, v), perm=[0, 2, 1, 3])
        return self._op("Reshape", context, self._constant("join", [0, 0, shape.width]))

    def _linear(self, name: str, source: str) -> str:
        weight = self._op("Transpose", self._float(f"{name}.weight"), perm=[1, 0])
        product = self._op("MatMul", source, weight)
        return self._op("Add", product, self._float(f"{name}.bias"))

    def _norm(self, name: str, source: str, shape: Shape) -> str:
        weight, bias = self._float(f"{name}.weight"), self._float(f"{name}.bias")
        return self._op("LayerNormalization", source, weight, bias, axis=-1, epsilon=shape.epsilon)

    def _float(self, source: str) -> str:
        return self._op("Cast", source, to=TensorProto.FLOAT)

    def _constant(self, name: str, value: object) -> str:
        array = np.asarray(value)
        key = f"constant:{name}"
        tensor = helper.make_tensor(
            key, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, array.ravel().tolist()
        )
        self._constants.setdefault(key, tensor)
        return key

    def _op(self, kind: str, *inputs: str, out: str | None = None, **attributes: Any) -> str:
        result = out or f"{kind.lower()}:{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [result], **attributes))
        return result
