"""The ways to run the shipped graph that `fast.py` compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from stance.records import Question
from stance.scorers.blocks import arrange
from stance.scorers.bundled import MODELS, load_bundled
from stance.scorers.packing import Inputs

Feed: TypeAlias = Callable[[Inputs], np.ndarray]
Rewrite: TypeAlias = Callable[[str, str, np.ndarray, str], list[onnx.NodeProto | onnx.TensorProto]]
"""Name of a layer, its input, its weight (in, out), its output → nodes and constants."""

MINI = MODELS / "mini"


@dataclass(frozen=True)
class Way:
    """How the graph is run, the type whose peak it is measured against, tokens of a batch."""

    run: Feed
    kind: str = "float32"
    tokens: int = 256


def ways(folder: Path, threads: int, asked: Sequence[Question]) -> dict[str, Way]:
    """Return every way that this machine has the libraries for."""
    graph = MINI / "model.onnx"
    shipped = on_onnxruntime(graph, threads)
    smooth = smoothing(folder, threads, asked[:40])

    def quantised(name: str, rewrite: Rewrite, keep: Sequence[str] = ()) -> Feed:
        return on_onnxruntime(rewritten(folder / f"{name}.onnx", rewrite, keep), threads)

    found = {
        "exact, one sentence a batch": Way(shipped, tokens=1),
        "exact, 256 tokens (shipped)": Way(shipped),
        "exact, 512 tokens": Way(shipped, tokens=512),
        "exact, 2,048 tokens": Way(shipped, tokens=2_048),
        "int8 rows": Way(quantised("rows", row_int8), "int8"),
        "int8 rows, smoothed": Way(quantised("smooth", smoothed(smooth)), "int8"),
        "int8 rows, feed-forward only": Way(
            quantised("ff", row_int8, ("query", "key", "value", "attention_output")), "int8"
        ),
        "static int8, smoothed": Way(quantised("static", static_int8(smooth)), "int8"),
        "8-bit weights, float32": Way(quantised("nbits", weights_8bit)),
    }
    try:
        import openvino  # noqa: F401
    except ImportError:
        return found
    for kind in ("f32", "bf16", "f16"):
        peak = "bfloat16" if kind == "bf16" else "float32"
        found[f"OpenVINO {kind}, one sentence a batch"] = Way(
            on_openvino(graph, threads, kind), peak, tokens=1
        )
    half = found["OpenVINO bf16, one sentence a batch"]
    found["OpenVINO bf16, 1,024 tokens"] = Way(half.run, "bfloat16", tokens=1_024)
    partly = rewritten(folder / "halves.onnx", bfloat16, ("query", "key", "value", "attention_"))
    found["OpenVINO, feed-forward in bf16"] = Way(
        on_openvino(partly, threads, "f32"), "bfloat16", tokens=1
    )
    return found


def on_onnxruntime(path: Path, threads: int) -> Feed:
    """Run a graph on onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(["log_probs"], inputs)[0]


def on_openvino(path: Path, threads: int, kind: str) -> Feed:
    """Run a graph on OpenVINO with a hint of precision."""
    import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": kind,
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
    }
    request = openvino.Core().compile_model(str(path), "CPU", settings).create_infer_request()
    return lambda inputs: request.infer(inputs, share_inputs=True)[0].copy()


def rewritten(path: Path, rewrite: Rewrite, keep: Sequence[str] = ()) -> Path:
    """Write the shipped graph with other linear layers in the encoder, but for those to keep."""
    model = onnx.load(MINI / "model.onnx", load_external_data=False)
    weights = load_file(MINI / "model.safetensors")
    made = {node.output[0]: node for node in model.graph.node}
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        name = _layer(node, made)
        if name is None or any(part in name for part in keep):
            nodes.append(node)
            continue
        weight = weights[f"{name}.weight"].astype(np.float32).T
        for part in rewrite(name, node.input[0], weight, node.output[0]):
            (nodes if isinstance(part, onnx.NodeProto) else model.graph.initializer).append(part)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, path)
    return path


def _layer(node: onnx.NodeProto, made: dict[str, onnx.NodeProto]) -> str | None:
    """The linear layer that a product belongs to, if it does."""
    turned = made.get(node.input[1]) if node.op_type == "MatMul" else None
    of_weight = turned is not None and turned.op_type == "Transpose"
    cast = made.get(turned.input[0]) if of_weight else None
    source = cast.input[0] if cast is not None and cast.op_type == "Cast" else ""
    return source.removesuffix(".weight") if source.startswith("layers.") else None


def _codes(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signed 8-bit codes and a scale for every output."""
    scale = np.abs(weight).max(axis=0) / 127
    return np.rint(weight / scale).astype(np.int8), scale.astype(np.float32)


def _product(
    name: str, codes: str, weight: np.ndarray, scale: np.ndarray | float, out: str
) -> list[onnx.NodeProto | onnx.TensorProto]:
    integers, of_output = _codes(weight)
    own = {"w": integers, "s": of_output, "a": np.float32(scale), "z": np.uint8(128)}
    tensors = [numpy_helper.from_array(np.asarray(v), f"{name}:{k}") for k, v in own.items()]
    inputs = [codes, f"{name}:w", f"{name}:a", f"{name}:s", f"{name}:z"]
    node = helper.make_node("MatMulIntegerToFloat", inputs, [out], domain="com.microsoft")
    return [*tensors, node]


def row_int8(
    name: str, source: str, weight: np.ndarray, out: str
) -> list[onnx.NodeProto | onnx.TensorProto]:
    """Quantise every token by its own largest value; symmetric, 8 bits."""
    constants = {
        "one": np.array([1]),
        "per": np.float32(1 / 127),
        "least": np.float32(1e-12),
        "half": np.uint8(128),
    }
    tensors = [numpy_helper.from_array(np.asarray(v), f"{name}:{k}") for k, v in constants.items()]

    def op(kind: str, inputs: list[str], result: str, **attributes: int) -> onnx.NodeProto:
        return helper.make_node(
            kind, [i if i in (source, out) else f"{name}:{i}" for i in inputs],
            [result if result == out else f"{name}:{result}"], **attributes,
        )  # fmt: skip

    return [
        *tensors,
        op("Abs", [source], "abs"),
        op("ReduceMax", ["abs", "one"], "most", keepdims=1),
        op("Mul", ["most", "per"], "scaled"),
        op("Max", ["scaled", "least"], "scale"),
        op("Squeeze", ["scale", "one"], "flat"),
        op("Shape", ["flat"], "rows"),
        op("Expand", ["half", "rows"], "zeros"),
        op("QuantizeLinear", [source, "flat", "zeros"], "codes", axis=0),
        *_product(name, f"{name}:codes", weight, 1.0, f"{name}:raw"),
        op("Mul", ["raw", "scale"], out),
    ]


def smoothed(largest: dict[str, np.ndarray]) -> Rewrite:
    """Row-wise int8 after moving size from activations to weights (Xiao et al. 2023)."""

    def rewrite(
        name: str, source: str, weight: np.ndarray, out: str
    ) -> list[onnx.NodeProto | onnx.TensorProto]:
        factor = _factor(largest[name], weight)
        divisor = numpy_helper.from_array(1 / factor, f"{name}:divisor")
        eased = helper.make_node("Mul", [source, f"{name}:divisor"], [f"{name}:eased"])
        return [divisor, eased, *row_int8(name, f"{name}:eased", weight * factor[:, None], out)]

    return rewrite


def static_int8(largest: dict[str, np.ndarray]) -> Rewrite:
    """One scale a layer, fixed by calibration on 40 sentences, after smoothing."""

    def rewrite(
        name: str, source: str, weight: np.ndarray, out: str
    ) -> list[onnx.NodeProto | onnx.TensorProto]:
        factor = _factor(largest[name], weight)
        scale = float((largest[name] / factor).max() / 127)
        own = {"divisor": 1 / factor, "x": np.float32(scale), "half": np.uint8(128)}
        tensors = [numpy_helper.from_array(np.asarray(v), f"{name}:{k}") for k, v in own.items()]
        inputs = [f"{name}:{k}" for k in ("eased", "x", "half")]
        return [
            *tensors,
            helper.make_node("Mul", [source, f"{name}:divisor"], [f"{name}:eased"]),
            helper.make_node("QuantizeLinear", inputs, [f"{name}:codes"]),
            *_product(name, f"{name}:codes", weight * factor[:, None], scale, out),
        ]

    return rewrite


def _factor(largest: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Smoothing factors of the inputs, with exponent 0.6."""
    factor = largest**0.6 / np.abs(weight).max(axis=1) ** 0.4
    return np.maximum(factor, 1e-4).astype(np.float32)


def weights_8bit(
    name: str, source: str, weight: np.ndarray, out: str
) -> list[onnx.NodeProto | onnx.TensorProto]:
    """8-bit weights in blocks of 128 inputs, float32 activations."""
    inputs, outputs = weight.shape
    blocks = weight.T.reshape(outputs, inputs // 128, 128)
    scale = np.abs(blocks).max(axis=-1) / 127
    codes = np.clip(np.rint(blocks / scale[..., None]) + 128, 0, 255).astype(np.uint8)
    return [
        numpy_helper.from_array(codes, f"{name}:w"),
        numpy_helper.from_array(scale, f"{name}:s"),
        helper.make_node(
            "MatMulNBits", [source, f"{name}:w", f"{name}:s"], [out], domain="com.microsoft",
            K=inputs, N=outputs, bits=8, block_size=128,
        ),
    ]  # fmt: skip


def bfloat16(
    name: str, source: str, weight: np.ndarray, out: str
) -> list[onnx.NodeProto | onnx.TensorProto]:
    """Both sides and the result in bfloat16."""
    half, tensor = TensorProto.BFLOAT16, numpy_helper.from_array(weight.copy(), f"{name}:w")
    return [
        tensor,
        helper.make_node("Cast", [f"{name}:w"], [f"{name}:wh"], to=half),
        helper.make_node("Cast", [source], [f"{name}:xh"], to=half),
        helper.make_node("MatMul", [f"{name}:xh", f"{name}:wh"], [f"{name}:yh"]),
        helper.make_node("Cast", [f"{name}:yh"], [out], to=TensorProto.FLOAT),
    ]


def smoothing(folder: Path, threads: int, asked: Sequence[Question]) -> dict[str, np.ndarray]:
    """Return the largest absolute value of every input of every linear layer."""
    model = onnx.load(MINI / "model.onnx", load_external_data=False)
    made = {node.output[0]: node for node in model.graph.node}
    sources = {name: node.input[0] for node in model.graph.node if (name := _layer(node, made))}
    for source in sorted(set(sources.values())):
        model.graph.output.append(helper.make_tensor_value_info(source, TensorProto.FLOAT, None))
    onnx.save(model, folder / "watched.onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    session = onnxruntime.InferenceSession(str(folder / "watched.onnx"), options)
    names, found = sorted(set(sources.values())), dict[str, np.ndarray]()
    packer = load_bundled(threads=threads)._packer
    sequences = packer.sequences([q.premise for q in asked], [q.hypotheses for q in asked])
    for batch in ([sequence] for sequence in sequences):
        for name, value in zip(names, session.run(names, arrange(batch)), strict=True):
            most = np.abs(value).max(axis=0)
            found[name] = np.maximum(found.get(name, most), most)
    return {layer: found[source] for layer, source in sources.items()}
