"""An ONNX file in float32 → the same graph with smaller weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from stance.errors import ConfigError, MissingExtraError, ScorerError

PRECISIONS = ("float32", "float16", "int8", "int8-dynamic")
"""How weights are kept: in full; in 16 bits; in 8 bits with a scale a row; quantised by the usual
dynamic recipe, activations too, whose scores depend on the batch. All but the last compute in
float32."""

_LEAST = 256
"""Numbers in a tensor from which it is worth being kept smaller."""
_MOST_BYTES = 1_900_000_000
"""Bytes that one file of the format can hold; above that the weights lie in a second file."""


def convert(path: Path, precision: str) -> None:
    """Rewrite an ONNX file in another precision.

    Raises:
        ConfigError: There is no such precision.
        ScorerError: A weight does not fit it.
        MissingExtraError: onnx is not installed.
    """
    if precision not in PRECISIONS:
        raise ConfigError(f"unknown precision {precision!r}; name {', '.join(PRECISIONS)}")
    if precision == "float32":
        return
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError(f"exporting in {precision}", "hf,onnx") from error
    if precision == "int8-dynamic":
        _quantise_dynamically(path)
        return
    model = onnx.load(path)
    shrink = {"float16": _halved, "int8": _by_rows}[precision]
    _replace_weights(model, shrink, path)
    _save(model, path)


def _quantise_dynamically(path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    scratch = path.with_name("float32.onnx")
    path.rename(scratch)
    quantize_dynamic(scratch, path, weight_type=QuantType.QInt8)
    scratch.unlink()


def _save(model: Any, path: Path) -> None:
    import onnx

    large = sum(len(tensor.raw_data) for tensor in model.graph.initializer) > _MOST_BYTES
    for stale in {*path.parent.glob("network.*"), *path.parent.glob("onnx__*")}:
        stale.unlink()
    onnx.save(model, path, save_as_external_data=large, location=f"{path.name}_data")


def _replace_weights(
    model: Any, shrink: Callable[[str, np.ndarray, int], Iterator[Any]], path: Path
) -> None:
    from onnx import NodeProto, TensorProto, numpy_helper

    axes = _axes(model)
    kept: list[Any] = []
    nodes: list[Any] = []
    for tensor in model.graph.initializer:
        size = int(np.prod(tensor.dims))
        if tensor.data_type != TensorProto.FLOAT or tensor.name not in axes or size < _LEAST:
            kept.append(tensor)
            continue
        weights = numpy_helper.to_array(tensor)
        if not np.isfinite(weights).all():
            raise ScorerError(f"{path}: the tensor {tensor.name} holds NaN or infinity")
        for made in shrink(tensor.name, weights, axes[tensor.name]):
            (nodes if isinstance(made, NodeProto) else kept).append(made)
    whole = [*nodes, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(whole)


def _axes(model: Any) -> dict[str, int]:
    """Return, for the tensors of embeddings and linear layers, the axis along which rows lie."""
    found = {}
    for node in model.graph.node:
        if node.op_type == "Gather":
            found[node.input[0]] = 0
        elif node.op_type == "MatMul":
            found[node.input[1]] = -1
        elif node.op_type == "Gemm":
            transposed = any(a.name == "transB" and a.i for a in node.attribute)
            found[node.input[1]] = 0 if transposed else -1
    return found


def _halved(name: str, weights: np.ndarray, axis: int) -> Iterator[Any]:  # noqa: ARG001
    from onnx import TensorProto, helper, numpy_helper

    if np.abs(weights).max() > np.finfo(np.float16).max:
        raise ScorerError(f"the tensor {name} does not fit float16; export in float32 or int8")
    yield numpy_helper.from_array(weights.astype(np.float16), f"{name}:half")
    yield helper.make_node("Cast", [f"{name}:half"], [name], to=TensorProto.FLOAT)


def _by_rows(name: str, weights: np.ndarray, axis: int) -> Iterator[Any]:
    from onnx import TensorProto, helper, numpy_helper

    others = tuple(k for k in range(weights.ndim) if k != axis % weights.ndim)
    scale = np.maximum(np.abs(weights).max(axis=others, keepdims=True) / 127, 1e-12)
    bytes_ = np.round(weights / scale).astype(np.int8)
    yield numpy_helper.from_array(bytes_, f"{name}:int8")
    yield numpy_helper.from_array(scale.astype(np.float32), f"{name}:scale")
    yield helper.make_node("Cast", [f"{name}:int8"], [f"{name}:whole"], to=TensorProto.FLOAT)
    yield helper.make_node("Mul", [f"{name}:whole", f"{name}:scale"], [name])
