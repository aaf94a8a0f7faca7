"""How many operations a second the machine multiplies matrices with, and how many a task needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from stance.records import Question
from stance.scorers import load_scorer

_SIZE = 1_024


def peaks(threads: int, clock: Callable[[], float]) -> dict[str, float]:
    """Return operations a second of a 1,024-cubed product: float32, int8 and bfloat16."""
    import torch

    torch.set_num_threads(threads)
    draw = np.random.default_rng(0)
    floats = draw.normal(size=(_SIZE, _SIZE)).astype(np.float32)
    codes = draw.integers(-127, 127, (_SIZE, _SIZE)).astype(np.int8)
    half = torch.from_numpy(floats).bfloat16()
    return {
        "float32": _rate(_product("MatMul", floats, floats, threads), clock),
        "int8": _rate(_product("MatMulInteger", codes.view(np.uint8), codes, threads), clock),
        "bfloat16": _rate(lambda: half @ half, clock),
    }


def _product(kind: str, left: np.ndarray, right: np.ndarray, threads: int) -> Callable[[], object]:
    """A product with a constant right side, as a linear layer is."""
    of = helper.np_dtype_to_tensor_dtype
    out = TensorProto.FLOAT if kind == "MatMul" else TensorProto.INT32
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", of(left.dtype), left.shape)],
        [helper.make_tensor_value_info("y", out, None)],
        [numpy_helper.from_array(right, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return lambda: session.run(None, {"x": left})


def _rate(work: Callable[[], object], clock: Callable[[], float]) -> float:
    best = float("inf")
    for _ in range(20):
        started = clock()
        work()
        best = min(best, clock() - started)
    return 2 * _SIZE**3 / best


def operations(questions: Sequence[Question]) -> float:
    """Return the operations of the linear layers and products of one pass over the questions."""
    packer = load_scorer()._packer  # type: ignore[attr-defined]
    width, inner, layers, total = 384, 1_536, 6, 0.0
    sequences = packer.sequences([q.premise for q in questions], [q.hypotheses for q in questions])
    for sequence in sequences:
        tokens, premise, answers = len(sequence), len(sequence.premise), len(sequence.block.ends)
        own = np.diff(sequence.block.ends, prepend=-1)
        seen = premise**2 + float(own.sum()) * premise + float((own**2).sum())
        linear = 4 * width**2 + 2 * width * inner
        total += (layers - 1) * (2 * tokens * linear + 4 * width * seen)
        total += 4 * tokens * width**2 + 2 * answers * (linear - 2 * width**2)
        total += 4 * width * (answers * premise + float(own.sum()))
    return total
