"""Samples of the first families: arithmetic, comparison, reduction, creation, layout, matrices, activations, losses, state."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from deepkit.device.dtypes import as_dtype
from samples import COLUMN, NO_BATCH, RNG, ROW, A, B, P, Q, Sample, binary, distinct, integers, real, unary

BOOL = RNG.random((3, 4)) > 0.5
BOOL2 = RNG.random((3, 4)) > 0.5
SPD = (lambda m: m @ m.swapaxes(-1, -2) + 2 * np.eye(3))(real(2, 3, 3))
LABELS = np.array([2, 0, 3], np.int32)
PROBABILITIES = sp.softmax(real(3, 4), axis=-1)

ONLY_FIRST = {"wrt": [0], "batch": False}

SAMPLES: list[Sample] = [
    # arithmetic
    *binary("Add", np.add),
    *binary("Sub", np.subtract),
    *binary("Mul", np.multiply),
    Sample("Add", {}, (integers(3, 4), integers(3, 4)), np.add),
    *binary("RealDiv", np.true_divide, A, Q),
    Sample("RealDiv", {}, (integers(3), np.array([1, 2, -3], np.int32)), np.true_divide),
    Sample("FloorDiv", {}, (A * 7, Q), np.floor_divide, {"batch": True}),
    Sample("FloorDiv", {}, (integers(5), np.array([1, -2, 3, -3, 2], np.int32)), np.floor_divide),
    Sample("FloorMod", {}, (A * 7, Q + 2), np.mod),
    Sample("FloorMod", {}, (integers(5), np.array([1, -2, 3, -3, 2], np.int32)), np.mod),
    Sample(
        "TruncateDiv",
        {},
        (integers(5), np.array([1, -2, 3, -3, 2], np.int32)),
        lambda x, y: np.trunc(x / y).astype(np.int32),
    ),
    Sample("TruncateMod", {}, (integers(5), np.array([1, -2, 3, -3, 2], np.int32)), np.fmod),
    Sample("TruncateMod", {}, (A * 7, Q + 2), np.fmod),
    *binary("Pow", np.power, P, Q),
    Sample("Pow", {}, (np.array([2, -3, 4], np.int32), np.array([3, 2, 0], np.int32)), np.power),
    Sample("Maximum", {}, (A, B), np.maximum),
    Sample("Minimum", {}, (A, B), np.minimum),
    *binary("SquaredDifference", lambda x, y: (x - y) ** 2),
    Sample("AddN", {}, (A, B, P), lambda a, b, c: a + b + c),
    Sample("AddN", {}, (A,), lambda a: a),
    Sample("SumLike", {}, (A, COLUMN), lambda x, like: x.sum(1, keepdims=True), {"wrt": [0]}),
    Sample("SumLike", {}, (A, ROW), lambda x, like: x.sum(0), {"wrt": [0], "batch": False}),
    Sample("BroadcastLike", {}, (COLUMN, A), lambda x, like: np.broadcast_to(x, (3, 4)), {"wrt": [0]}),
    unary("Conj", np.conj),
    # functions of one number
    unary("Neg", np.negative),
    unary("Abs", np.abs),
    unary("Sign", np.sign),
    unary("Reciprocal", lambda x: 1 / x, P),
    unary("Square", np.square),
    unary("Sqrt", np.sqrt, P),
    unary("Rsqrt", lambda x: 1 / np.sqrt(x), P),
    unary("Exp", np.exp),
    unary("Expm1", np.expm1),
    unary("Log", np.log, P),
    unary("Log1p", np.log1p, P),
    unary("Sin", np.sin),
    unary("Cos", np.cos),
    unary("Tan", np.tan),
    unary("Asin", np.arcsin),
    unary("Acos", np.arccos),
    unary("Atan", np.arctan),
    unary("Sinh", np.sinh),
    unary("Cosh", np.cosh),
    unary("Tanh", np.tanh),
    unary("Floor", np.floor, A * 3),
    unary("Ceil", np.ceil, A * 3),
    unary("Rint", np.rint, A * 3),
    unary("Round", np.rint, A * 3),
    unary("Round", lambda x: x, integers(4)),
    Sample("Cast", {"to": as_dtype("int32")}, (A * 5,), lambda x: np.trunc(x).astype(np.int32)),
    Sample("Cast", {"to": as_dtype("float64")}, (A,), lambda x: x),
    Sample("Cast", {"to": as_dtype("bool")}, (integers(4),), lambda x: x != 0),
    # comparison and choice
    *[
        Sample(n, {}, (integers(3, 4), integers(3, 4)), f)
        for n, f in (
            ("Equal", np.equal),
            ("NotEqual", np.not_equal),
            ("Less", np.less),
            ("LessEqual", np.less_equal),
            ("Greater", np.greater),
            ("GreaterEqual", np.greater_equal),
        )
    ],
    *[
        Sample(n, {}, (BOOL, BOOL2), f)
        for n, f in (("LogicalAnd", np.logical_and), ("LogicalOr", np.logical_or), ("LogicalXor", np.logical_xor))
    ],
    Sample("LogicalNot", {}, (BOOL,), np.logical_not),
    *[
        Sample(n, {}, (np.array([1.0, np.nan, np.inf, -np.inf]),), f)
        for n, f in (("IsNan", np.isnan), ("IsInf", np.isinf), ("IsFinite", np.isfinite))
    ],
    Sample("Select", {}, (BOOL, A, B), np.where),
    Sample("Choose", {}, (np.array(True), A, B), lambda c, x, y: x),
    Sample("Choose", {}, (np.array(False), A, B), lambda c, x, y: y),
    Sample("Select", {}, (BOOL[:, 0], A, B), lambda c, x, y: np.where(c[:, None], x, y)),
    Sample("Where", {}, (BOOL,), np.argwhere),
    Sample("ClipByValue", {}, (A * 2, np.array(-0.8), np.array(0.9)), np.clip, {"batch": False}),
    Sample("CheckNumerics", {}, (A,), lambda x: x),
    # reductions
    *[
        Sample(
            n,
            attrs,
            (x,),
            (lambda f, at, keep: lambda x: f(x, axis=at, keepdims=keep))(
                f, attrs.get("axis"), attrs.get("keepdims", False)
            ),
            NO_BATCH,
        )
        for n, f, x in (
            ("Sum", np.sum, A),
            ("Mean", np.mean, A),
            ("Prod", np.prod, A),
            ("Max", np.max, distinct(3, 4)),
            ("Min", np.min, distinct(3, 4)),
            ("LogSumExp", sp.logsumexp, A),
        )
        for attrs in ({}, {"axis": 1}, {"axis": (0, 1), "keepdims": True}, {"axis": -1, "keepdims": True})
    ],
    Sample("Sum", {"axis": 1}, (A,), lambda x: x.sum(1)),
    Sample("Mean", {"axis": (1,)}, (A,), lambda x: x.mean(1)),
    Sample("Max", {}, (integers(3, 4),), np.max),
    Sample("Mean", {}, (np.array([0, 1, 2, 3], np.int32),), lambda x: np.array(1, np.int32)),
    Sample("All", {"axis": 1}, (BOOL,), lambda x: x.all(1)),
    Sample("Any_", {"axis": 0}, (BOOL,), lambda x: x.any(0)),
    Sample("KeepDims", {"axis": 1}, (real(3), A), lambda t, x: t[:, None], {"wrt": [0]}),
    Sample("SizeRatio", {}, (A, real(3)), lambda x, y: np.array(4, np.int32)),
    Sample("ProdOfOthers", {"axis": 1}, (P,), lambda x: x.prod(1, keepdims=True) / x),
    Sample("ArgMax", {"axis": 1}, (A,), lambda x: x.argmax(1)),
    Sample("ArgMin", {"axis": 0}, (A,), lambda x: x.argmin(0), NO_BATCH),
    Sample("Cumsum", {"axis": 1}, (A,), lambda x: np.cumsum(x, 1)),
    Sample("Cumsum", {"axis": 0, "exclusive": True, "reverse": True}, (A,), lambda x: np.cumsum(x[::-1], 0)[::-1] - x),
    Sample("Cumprod", {"axis": 1}, (P,), lambda x: np.cumprod(x, 1)),
    Sample("Cumprod", {"axis": 1, "exclusive": True}, (P,), lambda x: np.cumprod(x, 1) / x),
    # creation
    Sample("Const", {"value": A.astype(np.float32)}, ()),
    Sample("ZerosLike", {}, (A,), np.zeros_like),
    Sample("OnesLike", {}, (A,), np.ones_like),
    Sample("Fill", {}, (np.array([2, 3], np.int32), np.array(1.5)), lambda d, v: np.full((2, 3), v), NO_BATCH),
    Sample("Range", {}, (np.array(1.0), np.array(2.0), np.array(0.25)), np.arange, NO_BATCH),
    Sample(
        "Range",
        {"static": 4},
        (np.array(9, np.int32), np.array(1, np.int32), np.array(-2, np.int32)),
        np.arange,
        NO_BATCH,
    ),
    Sample("LinSpace", {}, (np.array(1.0), np.array(2.0), np.array(5, np.int32)), np.linspace, NO_BATCH),
    Sample(
        "Eye",
        {"to": as_dtype("float64")},
        (np.array([2, 3, 4], np.int32),),
        lambda d: np.broadcast_to(np.eye(3, 4), (2, 3, 4)),
        NO_BATCH,
    )._replace(attrs={"to": as_dtype("float64"), "static": (2, 3, 4)}),
    Sample(
        "OneHot",
        {"static": 4},
        (LABELS, np.array(4, np.int32), np.array(2.0), np.array(-1.0)),
        lambda i, d, on, off: np.where(np.eye(4)[i] > 0, on, off),
        {"batch": False},
    ),
    # layout
    unary("Identity", lambda x: x),
    unary("StopGradient", lambda x: x),
    unary("ShapeOf", lambda x: np.array(x.shape, np.int32)),
    unary("Size", lambda x: np.array(12, np.int32)),
    unary("Rank", lambda x: np.array(2, np.int32)),
    Sample("Reshape", {"static": (2, -1)}, (A,), lambda x: x.reshape(2, -1), NO_BATCH),
    Sample("Reshape", {"static": (-1, 2, 2)}, (A,), lambda x: x.reshape(-1, 2, 2)),
    Sample("Reshape", {}, (A, np.array([4, 3], np.int32)), lambda x, s: x.reshape(4, 3), NO_BATCH),
    Sample("ReshapeLike", {}, (A, real(2, 6)), lambda x, like: x.reshape(2, 6), {"wrt": [0], "batch": False}),
    Sample("Transpose", {}, (A,), np.transpose),
    Sample("Transpose", {"perm": (1, 2, 0)}, (real(2, 3, 4),), lambda x: x.transpose(1, 2, 0)),
    Sample("ExpandDims", {"axis": -1}, (A,), lambda x: x[..., None]),
    Sample("Squeeze", {"axis": (1,)}, (COLUMN,), lambda x: x[:, 0]),
    Sample(
        "BroadcastTo", {}, (COLUMN, np.array([2, 3, 4], np.int32)), lambda x, s: np.broadcast_to(x, (2, 3, 4)), NO_BATCH
    ),
    Sample("Concat", {"axis": 1}, (A, B, COLUMN), lambda *x: np.concatenate(x, 1)),
    Sample("ConcatGrad", {"axis": 1}, (real(3, 5), A, COLUMN), lambda d, *x: [d[:, :4], d[:, 4:]], {"wrt": [0]}),
    Sample("Pack", {"axis": 1}, (A, B), lambda *x: np.stack(x, 1)),
    Sample("Unpack", {"axis": 1, "num": 4}, (A,), lambda x: [x[:, i] for i in range(4)]),
    Sample("Slice", {"begin": (1, 0), "size": (1, -1)}, (A,), lambda x: x[1:2, :], NO_BATCH),
    Sample("Roll", {"shift": (1, -2), "axis": (0, 1)}, (A,), lambda x: np.roll(x, (1, -2), (0, 1)), NO_BATCH),
    Sample(
        "Late",
        {"kind": "Transpose", "late": ("perm",), "static": (None, None)},
        (A, np.array([1, 0], np.int32)),
        lambda x, perm: x.T,
        ONLY_FIRST,
    ),
    Sample(
        "Late",
        {"kind": "Pad", "late": ("paddings",), "static": (None, None), "fixed": (("constant", 3.0),)},
        (A, np.array([[1, 0], [0, 2]], np.int32)),
        lambda x, p: np.pad(x, p, constant_values=3.0),
        ONLY_FIRST,
    ),
    Sample(
        "Late",
        {"kind": "Concat", "late": ("axis",), "static": (None, None), "count": 2},
        (A, B, np.array(1, np.int32)),
        lambda a, b, axis: np.concatenate([a, b], 1),
        {"wrt": [0, 1], "batch": False},
    ),
    Sample(
        "Late",
        {"kind": "Split", "late": ("axis",), "static": ((3, None), (3, None)), "many": True, "fixed": (("num", 2),)},
        (A, np.array(1, np.int32)),
        lambda x, axis: np.split(x, 2, 1),
        ONLY_FIRST,
    ),
    Sample(
        "LateGradient",
        {"kind": "Concat", "late": ("axis",), "static": (None, None), "count": 2},
        (real(3, 8), A, B, np.array(1, np.int32)),
        lambda dy, a, b, axis: [dy[:, :4], dy[:, 4:]],
        ONLY_FIRST,
    ),
    Sample("Split", {"axis": 1, "num": 2}, (A,), lambda x: np.split(x, 2, 1)),
    Sample("Split", {"axis": 1, "sizes": (1, -1)}, (A,), lambda x: [x[:, :1], x[:, 1:]]),
    Sample("Tile", {"multiples": (2, 3)}, (A,), lambda x: np.tile(x, (2, 3))),
    Sample(
        "TileGrad",
        {},
        (np.tile(A, (2, 3)), B),
        lambda d, like: sum(d[i : i + 3, j : j + 4] for i in (0, 3) for j in (0, 4, 8)),
        {"wrt": [0], "batch": False},
    ),
    Sample("TileLike", {}, (A, np.tile(A, (2, 3))), lambda x, like: np.tile(x, (2, 3)), {"wrt": [0], "batch": False}),
    *[
        Sample(
            "Pad",
            {"paddings": ((0, 0), (2, 1)), "mode": m},
            (A,),
            (lambda m: lambda x: np.pad(x, ((0, 0), (2, 1)), m.lower()))(m),
        )
        for m in ("CONSTANT", "REFLECT", "SYMMETRIC")
    ],
    *[
        Sample("PadGrad", {"paddings": ((0, 0), (2, 1)), "mode": m}, (real(3, 7), A), None, {"wrt": [0]})
        for m in ("CONSTANT", "REFLECT", "SYMMETRIC")
    ],
    Sample("Reverse", {"axis": (1,)}, (A,), lambda x: x[:, ::-1]),
    # parts
    Sample("StridedSlice", {"key_": (Ellipsis, ("slice", None, None, -2), None)}, (A,), lambda x: x[..., ::-2, None]),
    Sample("StridedSlice", {"key_": (("slice", 1, None, None), 2)}, (A,), lambda x: x[1:, 2]),
    Sample("StridedSlice", {"key_": (1,)}, (np.array([b"a", b"b\0"], object),), lambda x: np.array(x[1], object), NO_BATCH),
    Sample(
        "StridedSliceGrad", {"key_": (("slice", 1, None, None), 2)}, (real(2), A), None, {"wrt": [0], "batch": False}
    ),
    Sample("Gather", {"axis": 0}, (A, np.array([[2, 0], [0, 1]], np.int32)), lambda p, i: p[i], NO_BATCH),
    Sample("Gather", {"axis": 1}, (A, np.array([2, 2], np.int32)), lambda p, i: p[:, i], NO_BATCH),
    Sample("GatherGrad", {"axis": 1}, (real(3, 2), A, np.array([2, 2], np.int32)), None, {"wrt": [0], "batch": False}),
    Sample("GatherNd", {}, (A, np.array([[2, 0], [0, 1]], np.int32)), lambda p, i: p[i[:, 0], i[:, 1]], NO_BATCH),
    Sample("ScatterNdLike", {}, (real(2), A, np.array([[2, 0], [2, 0]], np.int32)), None, {"wrt": [0], "batch": False}),
    Sample("BooleanMask", {}, (A, np.array([True, False, True])), lambda x, m: x[m]),
    Sample("BooleanMaskGrad", {}, (real(2, 4), A, np.array([True, False, True])), None, {"wrt": [0], "batch": False}),
    # matrices
    Sample("MatMul", {}, (real(3, 4), real(4, 2)), np.matmul, NO_BATCH),
    Sample(
        "MatMul", {"transpose_a": True, "transpose_b": True}, (real(4, 3), real(2, 4)), lambda a, b: a.T @ b.T, NO_BATCH
    ),
    Sample("MatMul", {"transpose_b": True}, (real(2, 3, 4), real(2, 5, 4)), lambda a, b: a @ b.swapaxes(1, 2)),
    Sample("MatMul", {}, (real(2, 3, 4), real(4, 2)), np.matmul, NO_BATCH),
    Sample("MatrixInverse", {}, (SPD,), np.linalg.inv),
    Sample("MatrixInverse", {"adjoint": True}, (SPD + np.triu(SPD),), lambda x: np.linalg.inv(x.swapaxes(1, 2))),
    Sample("MatrixDeterminant", {}, (SPD,), np.linalg.det),
    Sample("MatrixSolve", {}, (SPD, real(2, 3, 2)), np.linalg.solve),
    Sample(
        "MatrixSolve",
        {"adjoint": True},
        (SPD + np.triu(SPD), real(2, 3, 2)),
        lambda a, b: np.linalg.solve(a.swapaxes(1, 2), b),
    ),
    Sample("MatrixDiag", {}, (A,), lambda x: np.stack([np.diag(r) for r in x])),
    Sample("MatrixDiagPart", {}, (real(2, 3, 4),), lambda x: np.diagonal(x, axis1=1, axis2=2)),
    Sample("Diag", {}, (A,), lambda x: np.einsum("ij,ik,jl->ijkl", x, np.eye(len(x)), np.eye(x.shape[1]))),
    Sample("DiagPart", {}, (real(2, 3, 2, 3),), lambda x: np.einsum("ijij->ij", x), {"batch": False}),
    Sample("DiagonalLike", {}, (real(2, 3), real(2, 3, 4)), None, {"wrt": [0]}),
    Sample("MatrixBandPart", {"lower": 1, "upper": 0}, (real(2, 3, 4),), lambda x: np.tril(x) - np.tril(x, -2)),
    # activations
    unary("Relu", lambda x: np.maximum(x, 0)),
    unary("Relu6", lambda x: np.clip(x, 0, 6), A * 9),
    Sample("ReluGrad", {}, (A, B), lambda d, y: d * (y > 0), {"wrt": [0]}),
    Sample("LeakyRelu", {"alpha": 0.3}, (A,), lambda x: np.where(x > 0, x, 0.3 * x)),
    Sample("LeakyReluGrad", {"alpha": 0.3}, (A, B), lambda d, x: d * np.where(x > 0, 1, 0.3), {"wrt": [0]}),
    unary("Elu", lambda x: np.where(x > 0, x, np.expm1(x))),
    Sample("EluGrad", {}, (A, B), lambda d, y: d * np.where(y < 0, y + 1, 1)),
    unary("Selu", lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
    unary("Sigmoid", sp.expit, A * 20),
    unary("Sigmoid", sp.expit),
    unary("Softplus", lambda x: np.log1p(np.exp(x))),
    unary("Softsign", lambda x: x / (1 + np.abs(x))),
    Sample("Softmax", {}, (A * 5,), lambda x: sp.softmax(x, -1)),
    Sample("Softmax", {"axis": 0}, (A,), lambda x: sp.softmax(x, 0), NO_BATCH),
    Sample("LogSoftmax", {}, (A * 5,), lambda x: sp.log_softmax(x, -1)),
    # losses
    Sample(
        "SoftmaxCrossEntropy",
        {},
        (A * 5, PROBABILITIES),
        lambda x, p: -(p * sp.log_softmax(x, -1)).sum(-1),
        {"wrt": [0]},
    ),
    Sample("SparseSoftmaxCrossEntropy", {}, (A * 5, LABELS), lambda x, i: -sp.log_softmax(x, -1)[np.arange(len(i)), i]),
    Sample(
        "SoftmaxCrossEntropyGrad", {}, (A[:, 0], A * 5, PROBABILITIES),
        lambda dy, x, p: dy[:, None] * (sp.softmax(x, -1) - p),
    ),
    Sample(
        "SparseSoftmaxCrossEntropyGrad", {}, (A[:, 0], A * 5, LABELS),
        lambda dy, x, i: dy[:, None] * (sp.softmax(x, -1) - np.eye(4)[i]),
    ),
    Sample("L2Loss", {}, (A,), lambda x: np.sum(x * x) / 2),
    # random: shapes and types here, the digits in test_random.py
    *[
        Sample(n, {"to": as_dtype(t), "seed": 3}, (np.array([2, 3], np.int32),), None, NO_BATCH)
        for n in ("RandomStandardNormal", "TruncatedNormal", "RandomUniform")
        for t in ("float16", "float32", "float64")
    ],
    Sample(
        "RandomUniformInt",
        {"to": as_dtype("int32"), "seed": 3},
        (np.array([2, 3], np.int32), np.array(0, np.int32), np.array(9, np.int32)),
        None,
        NO_BATCH,
    ),
    Sample("RandomShuffle", {"seed": 3}, (A,)),
    Sample("Dropout", {"seed": 3}, (A, np.array(0.5)), None, {"wrt": [0]}),
    # state
    Sample("ReadVariable", {}, (A,), lambda x: x),
    Sample("IsVariableInitialized", {}, (A,), lambda x: np.array(True)),
    Sample("InitializedValue", {}, (A, B), lambda x, start: x),
    Sample("PlaceholderWithDefault", {}, (A,), lambda x: x),
    Sample("Assign", {}, (A, B), lambda x, v: v),
    Sample("AssignAdd", {}, (A, B), np.add),
    Sample("AssignSub", {}, (A, B), np.subtract),
]

WITHOUT_SAMPLE = {
    "Placeholder": "has no value of its own; tests/runtime/test_session.py",
    "VariableV2": "computes nothing; tests/runtime/test_session.py",
    "NoOp": "computes nothing; tests/runtime/test_session.py",
}
"""Ops that compute nothing, and where they are tested."""
