"""Chains of element-wise ops as one kernel: each op with NumPy's rules for types, NaN and broadcasting, alone and in plans."""

from __future__ import annotations

import numpy as np
import pytest
import standin

import deepkit.v1 as tf
from deepkit.core.op import Op, registry
from deepkit.device import cuda
from deepkit.device.cuda.chains import OF_ALL_TYPES, OPERATIONS, Step, source
from deepkit.device.dtypes import as_dtype

INEXACT = {
    "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atan2", "Atanh", "Cos", "Cosh", "Elu", "Erf", "Erfc", "Exp", "Expm1", "Log",
    "Log1p", "Pow", "Sigmoid", "Sin", "Sinh", "Softplus", "Tan", "Tanh",
}
"""Ops whose last bits differ between two mathematical libraries; all others are exact."""
TRUTHS = {"LogicalAnd", "LogicalNot", "LogicalOr", "LogicalXor"}
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.3, -0.7, 2.5, 7.0, -3.0, 1e-30, np.inf, -np.inf, np.nan]


def op_of(name: str) -> Op:
    """An op of this name."""
    return registry[name](to=as_dtype("float64")) if name == "Cast" else registry[name]()


def operands(name: str, dtype: str) -> list[np.ndarray]:
    """All pairs of remarkable numbers, and a third one; truths where the op takes some."""
    a, b = (x.ravel().astype(dtype) for x in np.meshgrid(NUMBERS, NUMBERS))
    if name in TRUTHS:
        return [np.isfinite(a), b > 0][: 1 if name == "LogicalNot" else 2]
    if name == "Select":
        return [a > 0, a, b]
    count = {"AddN": 3, "ClipByValue": 3, "BroadcastLike": 2, "EluGrad": 2, "LeakyReluGrad": 2, "ReluGrad": 2}.get(name)
    two = name in (
        "Add", "Atan2", "BiasAdd", "Maximum", "Minimum", "Mul", "Pow", "RealDiv", "SquaredDifference", "Sub", "Equal", "Greater",
        "GreaterEqual", "Less", "LessEqual", "NotEqual",
    )
    return [a, b, b[::-1].copy()][: count or (2 if two else 1)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_op_of_a_chain_gives_what_numpy_gives(gpu, dtype):
    """Also for NaN, infinities and zeros of either sign."""
    cases, texts = [], []
    for name in sorted(OPERATIONS.keys() | OF_ALL_TYPES.keys()):
        op, given = op_of(name), operands(name, dtype)
        with np.errstate(all="ignore"):
            wanted = np.asarray(op.forward(np, *given))
        attributes = tuple((a, getattr(op, a)) for a in op.attrs if a == "alpha")
        step = Step(name, tuple(range(len(given))), wanted.dtype.name, attributes)
        code = source((step,), [x.dtype.name for x in given], [(True,)] * len(given))
        cases.append((name, given, wanted))
        texts.append(code[code.index('extern "C"') :].replace("chain(", f"{name}_("))
        helpers = code[: code.index('extern "C"')]
    module = gpu.RawModule(helpers + "\n".join(texts))  # all in one: a compiler's start takes longest
    for name, given, wanted in cases:
        y = gpu.empty(wanted.shape, wanted.dtype)
        module.get_function(f"{name}_")((2,), (128,), (*given, y, np.int32(y.size)))
        if name in INEXACT:
            digits = {"float32": 1e-6, "float64": 1e-14}[dtype]
            np.testing.assert_allclose(y, wanted, rtol=digits, atol=digits, err_msg=name)
        else:
            np.testing.assert_array_equal(y, wanted, err_msg=name)


def test_inputs_are_broadcast_as_numpy_does(gpu, normal):
    steps = (Step("Mul", (0, 1), "float64"), Step("Sub", (3, 2), "float64"))
    for shapes in (
        [(4, 1, 65), (65,), ()], [(3, 4), (3, 1), (4,)], [(2, 1, 4, 1), (3, 1, 5), (2, 3, 4, 5)], [(1,), (1, 1), ()],
        [(7,), (7, 1), (1, 7)], [(2, 3, 4), (3, 1), (2, 1, 1)], [(5, 1), (1, 6), (5, 6)], [(0, 4), (4,), ()],
    ):
        a, b, c = (normal(shape) for shape in shapes)
        gpu.launched.clear()
        got = cuda.chains.run(gpu, steps, [a, b, c])
        assert gpu.launched == (["chain"] if got.size else [])
        np.testing.assert_array_equal(got, a * b - c)


def test_inputs_that_lie_in_any_way(gpu, normal):
    a, row = normal((6, 4)), normal(4)
    steps = (Step("Add", (0, 1), "float64"),)
    np.testing.assert_array_equal(cuda.chains.run(gpu, steps, [a.T, a.T[::-1]]), a.T + a.T[::-1])
    stretched = np.broadcast_to(row, (6, 4))
    np.testing.assert_array_equal(cuda.chains.run(gpu, steps, [a, stretched]), a + row)
    np.testing.assert_array_equal(cuda.chains.run(gpu, steps, [stretched, stretched]), [row + row] * 6)


def test_what_no_chain_takes(gpu):
    x, fits, takes = np.ones((3, 4)), cuda.chains.fits, cuda.chains.takes
    assert fits(gpu, ["float64"] * 2, [x, x[:1]])
    assert not fits(gpu, ["float64"] * 2, [x, x[:, :3]])  # the op itself says what is wrong
    assert not fits(gpu, ["float32"] * 2, [x, x])
    assert not fits(np, ["float64"], [x])
    assert not fits(gpu, ["float32"] * 2, [np.broadcast_to(np.float32(1), (2**16, 1)), np.broadcast_to(np.float32(1), 2**15)])
    assert takes("Add", ["float32"] * 2, "float32")
    assert not takes("Add", ["int32"] * 2, "int32")  # C++ leaves an overflow open
    assert not takes("Cast", ["float32"], "int32")  # and what a large number becomes
    assert not takes("Add", ["float16"] * 2, "float16")
    assert not takes("Cumsum", ["float32"], "float32")


# ---- in plans

X = np.random.default_rng(3).normal(size=(6, 5)).astype(np.float32)


def programs(build, feeds=(X,), config=None):
    """The values of what `build` makes of placeholders and the program, with chains and without."""
    with tf.Graph().as_default():
        given = [tf.placeholder(tf.float32, [None, *a.shape[1:]]) for a in feeds]
        fetched = build(*given)
        for passes in ("", "-fuse"):
            with tf.Session(config=tf.ConfigProto(passes=passes)) as sess:
                sess.run(tf.global_variables_initializer())
                values = sess.run(fetched, dict(zip(given, feeds, strict=True)))
                yield [np.asarray(v) for v in values if v is not None], str(sess.plan(fetched, given))


@pytest.fixture
def on_gpu(monkeypatch):
    return standin.install(monkeypatch)


def test_a_plan_computes_neighbours_in_one_kernel(on_gpu):
    def normalized(x):
        mean = tf.reduce_mean(x, 1, keepdims=True)
        return [tf.maximum((x - mean) * 2.0, 0.5) / (tf.abs(mean) + 1.0)]

    (fused, program), (plain, steps) = programs(normalized)
    np.testing.assert_array_equal(fused[0], plain[0])
    assert "= Sub_Mul_Maximum_RealDiv_gpu(" in program
    assert "= Abs_Add_gpu(" in program  # a column is not computed again for each number of its row
    assert "Sub_Mul" not in steps
    assert len(program.splitlines()) == len(steps.splitlines()) - 4


def test_types_mix_in_a_chain(on_gpu):
    def masked(x):
        return [tf.where(tf.logical_and(x > 0.0, tf.cast(x, tf.float64) < 1.0), x, tf.zeros_like(x)) * 2.0]

    (fused, program), (plain, _) = programs(masked)
    np.testing.assert_array_equal(fused[0], plain[0])
    assert fused[0].dtype == np.float32
    assert "= Greater_4_more_Mul_gpu(" in program


def test_what_somebody_else_needs_is_computed_by_itself(on_gpu):
    def with_middle(x):
        middle = x + 1.0
        return [middle, tf.square(middle) * 0.5, tf.reduce_sum(middle)]

    (fused, program), (plain, _) = programs(with_middle)
    for a, b in zip(fused, plain, strict=True):
        np.testing.assert_array_equal(a, b)
    assert "= Add_gpu(" in program
    assert "= Square_Mul_gpu(" in program


def test_no_chain_reaches_over_a_variable_that_changes(on_gpu):
    """Else the old value would have to be kept, and the variable could not be changed in place."""
    def counting(x):
        v = tf.Variable(tf.ones([5]))
        before = x * v
        with tf.control_dependencies([v.assign_add(tf.ones([5]))]):
            return [tf.square(before) + v.read_value()]

    for values, program in programs(counting):
        np.testing.assert_array_equal(values[0], X * X + 2)
        assert "= Mul_gpu(" in program


def test_a_wrong_shape_is_the_ops_own_error(on_gpu):
    with tf.Graph().as_default(), tf.Session() as sess:
        a, b = tf.placeholder(tf.float32, [None, None]), tf.placeholder(tf.float32, [None, None])
        y = tf.sqrt(a + b)
        assert "Add_Sqrt_gpu(" in str(sess.plan(y, [a, b]))
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"\(2,3\) \(2,4\)"):
            sess.run(y, {a: np.ones((2, 3)), b: np.ones((2, 4))})


def test_random_graphs_give_the_same_bits(on_gpu):
    """Exact ops on operands of many shapes, in any order, some of them fetched."""
    rng = np.random.default_rng(11)
    two = [tf.add, tf.subtract, tf.multiply, tf.maximum, tf.minimum, tf.squared_difference]
    one = [tf.abs, tf.negative, tf.square, tf.nn.relu, tf.nn.relu6, tf.floor, tf.sign, tf.nn.leaky_relu]
    kernels = 0
    for _ in range(4):
        def grown(x, row, column):
            made = [x, row, column]
            for _ in range(12):
                a, b = (made[k] for k in rng.integers(len(made), size=2))
                made.append(one[rng.integers(len(one))](a) if rng.random() < 0.4 else two[rng.integers(len(two))](a, b))
            return [made[-1], made[-3], tf.reduce_max(made[-2])]

        (fused, program), (plain, _) = programs(grown, (X, X[:1], X[:, :1]))
        for a, b in zip(fused, plain, strict=True):
            np.testing.assert_array_equal(a, b)
        kernels += program.count("_more_") + program.count("_Add_gpu") + program.count("_Mul_gpu")
    assert kernels >= 4
