"""Nodes of an ONNX graph, collected one by one, over the tensors of a safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, final

import numpy as np
from onnx import ModelProto, NodeProto, StringStringEntryProto, TensorProto, helper

OPSET = 20
_TYPES = {"F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}

Dims: TypeAlias = Sequence[str | int]
"""The axes of an input or output: a name where the size may vary."""


def external_tensors(weights: Path) -> dict[str, TensorProto]:
    """Return the tensors of a safetensors file as external data, named as they are there."""
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
class Nodes:
    """Collects nodes; every method but `model` returns the name of its result."""

    def __init__(self, tensors: Mapping[str, TensorProto]) -> None:
        self._tensors = dict(tensors)
        self._constants: dict[str, TensorProto] = {}
        self._nodes: list[NodeProto] = []

    def model(
        self, name: str, inputs: Mapping[str, Dims], outputs: Mapping[str, Dims]
    ) -> ModelProto:
        """Return the graph of all nodes; inputs are int64, outputs float32."""
        graph = helper.make_graph(
            self._nodes,
            name,
            [_value(name, TensorProto.INT64, dims) for name, dims in inputs.items()],
            [_value(name, TensorProto.FLOAT, dims) for name, dims in outputs.items()],
            [*self._tensors.values(), *self._constants.values()],
        )
        opset = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opset, ir_version=9, producer_name="stance")

    def op(self, kind: str, *inputs: str, out: str | None = None, **attributes: Any) -> str:
        """Add a node of one output."""
        result = out or f"{kind.lower()}:{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [result], **attributes))
        return result

    def split(self, source: str, lengths: str, *, axis: int) -> tuple[str, str]:
        """Cut a tensor in two along an axis."""
        left, right = (f"split:{len(self._nodes)}:{part}" for part in (0, 1))
        self._nodes.append(helper.make_node("Split", [source, lengths], [left, right], axis=axis))
        return left, right

    def constant(self, value: object) -> str:
        """Return the name of a constant; the same value is stored once."""
        array = np.asarray(value)
        key = f"constant:{array.dtype}:{array.tolist()}"
        tensor = helper.make_tensor(
            key, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, array.ravel().tolist()
        )
        self._constants.setdefault(key, tensor)
        return key

    def concat(self, *parts: str, axis: int = 0) -> str:
        """Join tensors along an axis."""
        return self.op("Concat", *parts, axis=axis)

    def reshape(self, source: str, shape: str | Sequence[int]) -> str:
        """Give a tensor another shape: a tensor of sizes, or the sizes (0 keeps, -1 infers)."""
        return self.op(
            "Reshape", source, shape if isinstance(shape, str) else self.constant(list(shape))
        )

    def as_float32(self, source: str) -> str:
        """Cast a tensor to float32."""
        return self.op("Cast", source, to=TensorProto.FLOAT)

    def linear(self, name: str, source: str) -> str:
        """Multiply rows by the weight of a layer and add its bias."""
        weight = self.op("Transpose", self.as_float32(f"{name}.weight"), perm=[1, 0])
        return self.op("Add", self.op("MatMul", source, weight), self.as_float32(f"{name}.bias"))

    def norm(self, name: str, source: str, epsilon: float) -> str:
        """Normalise every row and apply the weight and bias of a layer."""
        weight, bias = self.as_float32(f"{name}.weight"), self.as_float32(f"{name}.bias")
        return self.op("LayerNormalization", source, weight, bias, axis=-1, epsilon=epsilon)


def _value(name: str, kind: int, dims: Dims) -> Any:
    return helper.make_tensor_value_info(name, kind, list(dims))
