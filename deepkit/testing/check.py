"""`check_op`: one op against its contract: value, shape rule, types, first and second derivative, Tensor and Symbol."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import apply
from deepkit.core.autodiff import gradients
from deepkit.core.graph import Graph
from deepkit.core.nest import listed
from deepkit.core.op import Op
from deepkit.core.shape import Shape
from deepkit.core.variable import Variable
from deepkit.device import arrays, compiled
from deepkit.device.dtypes import as_dtype
from deepkit.errors import DeepkitError
from deepkit.runtime.session import Session
from deepkit.testing.bodies import check_bodies, placeholder
from deepkit.testing.comparison import (
    TOLERANCE,
    agree,
    as_array,
    as_tensors,
    compare,
    compute,
    failure,
    outputs_of,
    same,
)
from deepkit.testing.differences import numeric_gradient


def check_op(
    op: Op | type[Op], *inputs: Any, reference: Callable[..., Any] | None = None, wrt: Sequence[int] | None = None,
    batch: bool = True, tolerance: float = 1e-5,
) -> None:
    """Raises CheckFailedError, saying what is wrong, unless `op` keeps its contract at `inputs`.

    inputs: arrays; float ones are tried as float16, float32 and float64 if the op takes floats. reference: a NumPy
    function of the same inputs that gives the right value. wrt: the inputs whose derivatives are checked (default: all
    that are floats). batch: the first axis of every input is one common batch, which may be unknown (None) and empty; say
    False where it is not, as for a matrix and a row that broadcasts against it.

    Checked are: the value; the shape rule, with a None batch and with unknown shapes; the type rule; that the inputs stay
    as they were; the first and second derivative against differences; Tensor against Symbol; the compiled kernel against
    NumPy; the GPU against the CPU where there is one; an empty batch; and that the op gives the same, value and first
    derivative, inside a branch, a while_loop, a scan, and a branch within a scan (an op that draws: the derivative of
    what it drew in the same run, by every float input whatever wrt says).

    >>> from deepkit.ops.math.elementwise import Exp
    >>> check_op(Exp, np.array([[0.5, -1.0]]), reference=np.exp)
    """
    op = op() if isinstance(op, type) else op
    given = [x if isinstance(x, np.ndarray) else np.asarray(arrays.as_array(x)) for x in inputs]
    differentiable = [i for i, x in enumerate(given) if x.dtype.kind == "f"]
    for name in _float_types(op, bool(differentiable)):
        typed = _as_floats(given, name)
        _check_value(op, typed, reference, name)
        _check_symbol(op, typed)
    exact = _as_floats(given, "float64")
    _check_shapes(op, exact, batch)
    _check_compiled(op, exact)
    _check_gpu(op, exact)
    if batch:
        _check_empty(op, exact)
    wanted = differentiable if wrt is None else list(wrt)
    check_bodies(op, exact, differentiable if op.random else wanted)
    _check_derivatives(op, exact, wanted, tolerance)


def _as_floats(values: Sequence[np.ndarray], dtype: str) -> list[np.ndarray]:
    """The arrays, those of floats in the given type."""
    return [x.astype(dtype) if x.dtype.kind == "f" else x for x in values]


def _float_types(op: Op, floats: bool) -> tuple[str, ...]:
    """The types that its float inputs are tried as; of an op that takes none, one run."""
    if not floats or "f" not in op.kinds:
        return ("float64",)
    return ("float64", "float32", "float16") if op.half else ("float64", "float32")


def _check_value(op: Op, typed: list[Any], reference: Any, name: str) -> None:
    tensors = as_tensors(op, typed)
    outputs = outputs_of(op, tensors)
    for i, (x, old) in enumerate(zip(tensors, typed, strict=True)):
        if i not in op.writes and not same(x.value, old):
            raise failure(op, f"forward changed its input {i}", rule="an op leaves its inputs as they are")
    stand_ins = [np.zeros_like(x) if i in op.shape_only else x for i, x in enumerate(typed)]
    if not op.random and not all(map(same, compute(op, stand_ins), outputs)):
        raise failure(
            op, "its value depends on the values of an input listed in shape_only", rule="of these only the shape is used"
        )
    _check_rules(op, typed, outputs, name)
    if reference is not None and not op.random:
        expected = reference(*_as_floats(typed, "float64"))
        expected = expected if isinstance(expected, (list, tuple)) else [expected]
        for i, (y, e) in enumerate(zip(outputs, expected, strict=True)):
            compare(op, y, np.asarray(e), TOLERANCE[name], f"value {i} ({name})")


def _check_rules(op: Op, typed: list[Any], outputs: list[Any], name: str) -> None:
    shapes, dtypes = _rules(op, [x.shape for x in typed], typed)
    for i, y in enumerate(outputs):
        if not hasattr(y, "dtype"):
            raise failure(op, f"output {i} is a {type(y).__name__}", rule="forward returns arrays")
        if as_dtype(y.dtype) is not dtypes[i]:
            raise failure(
                op, f"output {i} is {as_dtype(y.dtype).name}, but the type rule says {dtypes[i].name} for {name} inputs",
                hint="a Python float times a float32 array stays float32, a NumPy float64 number makes it float64",
            )
        if not shapes[i].is_compatible_with(np.shape(y)):
            raise failure(
                op, f"output {i} has shape {np.shape(y)}, but the shape rule says {shapes[i]}",
                rule="shape(*input_shapes) gives the shape that forward returns",
            )


def _rules(op: Op, shapes: Sequence[Any], typed: Sequence[Any]) -> tuple[list[Shape], list[Any]]:
    found = op.shape(*[s if isinstance(s, Shape) else Shape(s) for s in shapes])
    many = isinstance(found, (tuple, list))
    dtypes = op.dtype(*[as_dtype(x.dtype) for x in typed])
    listed = list(found) if many else [found]
    return listed, list(dtypes) if isinstance(dtypes, (tuple, list)) else [dtypes] * len(listed)


def _check_shapes(op: Op, values: list[Any], batch: bool) -> None:
    """With less known about the inputs, the shape rule says less, but nothing wrong."""
    real = [np.shape(y) for y in compute(op, values)]
    variants = [("unknown shapes", [Shape(None) for _ in values])]
    if batch:
        variants.append(("a None batch", [Shape((None, *x.shape[1:])) if x.ndim else Shape(()) for x in values]))
    for what, shapes in variants:
        try:
            inferred, _ = _rules(op, shapes, values)
        except (DeepkitError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise failure(
                op, f"the shape rule fails for {what}: {type(error).__name__}: {error}",
                hint="a dimension can be None, and a whole shape can be unknown (shape.lengths is None)",
            ) from error
        for i, (shape, actual) in enumerate(zip(inferred, real, strict=True)):
            if not shape.is_compatible_with(actual):
                raise failure(op, f"with {what} the shape rule says {shape} for output {i}, which is {actual}")


def _check_symbol(op: Op, values: list[Any]) -> None:
    """The same numbers through a graph and a session."""
    direct = compute(op, values)
    graph = Graph()
    refs = {*op.writes, *op.refs}
    with graph.as_default():
        symbols = [Variable(v) if i in refs else graph.constant(v) for i, v in enumerate(values)]
        result = apply(op, *symbols) if symbols else graph.add(op, ())
        fetches = result if isinstance(result, list) else [result]
        with Session(graph=graph) as session:
            session.run([s.initializer for s in symbols if isinstance(s, Variable)])
            fetched = session.run(fetches)
    if op.random:
        return  # each has a stream of its own
    for i, (a, b) in enumerate(zip(direct, fetched, strict=True)):
        if not agree(np.asarray(a), as_array(b)):
            raise failure(op, f"output {i} differs between Tensor and Symbol: {a} and {b}")


@contextlib.contextmanager
def _without_compiled() -> Iterator[None]:
    saved, compiled.switched_off = compiled.switched_off, True
    try:
        yield
    finally:
        compiled.switched_off = saved


def _check_compiled(op: Op, values: list[Any]) -> None:
    if op.random or not compiled.available():
        return
    fast = compute(op, values)
    with _without_compiled():
        reference = compute(op, values)
    for i, (a, b) in enumerate(zip(fast, reference, strict=True)):
        if not same(np.asarray(a), np.asarray(b)):
            raise failure(op, f"output {i} differs between the compiled kernel and NumPy")


def _check_gpu(op: Op, values: list[Any]) -> None:
    texts = any(x.dtype == object for x in values)
    if op.random or op.cpu_only or texts or not values or not arrays.gpu_device_count():
        return
    cpu, home = compute(op, values), arrays.cupy().ndarray
    gpu = outputs_of(op, as_tensors(op, values, "gpu"))
    for i, (a, b) in enumerate(zip(cpu, gpu, strict=True)):
        if not isinstance(b, home):
            raise failure(op, f"output {i} for inputs on the GPU is a {type(b).__name__}", rule="an op computes where they are")
        compare(op, arrays.to_cpu(b), np.asarray(a), 1e-9, f"value {i} on the GPU")


def _check_empty(op: Op, values: list[Any]) -> None:
    empty = [x[:0] if x.ndim else x for x in values]
    try:
        outputs = compute(op, empty)
    except (DeepkitError, ValueError, IndexError, ZeroDivisionError) as error:
        raise failure(op, f"an empty batch fails: {error}", rule="a batch may be empty: shape (0, ...)") from error
    shapes, _ = _rules(op, [x.shape for x in empty], empty)
    for i, (y, shape) in enumerate(zip(outputs, shapes, strict=True)):
        if not shape.is_compatible_with(np.shape(y)):
            raise failure(op, f"for an empty batch output {i} has shape {np.shape(y)}, the shape rule says {shape}")


def _check_derivatives(op: Op, values: list[Any], wrt: list[int], tolerance: float) -> None:
    """The first derivative, and the slope of it along a direction, against differences."""
    results = compute(op, values)
    if op.gradient is None or not wrt or not any(np.asarray(y).dtype.kind == "f" for y in results):
        return
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.5, 1.5, np.shape(y)) for y in results]
    directions = [rng.uniform(0.5, 1.5, values[i].shape) for i in wrt]

    def value(tensors: list[Any]) -> Any:
        """One number from the outputs, so that it has a gradient."""
        return _weighted(listed(apply(op, *tensors)), weights)

    def slope(tensors: list[Any]) -> Any:
        """One number from the derivatives; None where there are none."""
        return _weighted(gradients(value(tensors), [tensors[i] for i in wrt], warn=False), directions)

    _check_slopes(op, value, values, wrt, tolerance, "the derivative")
    if slope(as_tensors(op, values)) is not None:
        _check_slopes(op, slope, values, wrt, tolerance * 10, "the second derivative")


def _weighted(tensors: Sequence[Any], weights: Sequence[np.ndarray]) -> Any:
    """The sum of the floats among the tensors, each times its weight; None without any."""
    pairs = [(x, w) for x, w in zip(tensors, weights, strict=True) if x is not None and x.dtype.is_floating]
    return ops.add_n([ops.reduce_sum(x * w) for x, w in pairs]) if pairs else None


def _check_slopes(
    op: Op, number: Callable[[list[Any]], Any], values: list[Any], wrt: list[int], tolerance: float, what: str
) -> None:
    """Compares the gradients of a number that is made of the op's inputs with differences."""
    tensors = as_tensors(op, values)
    found = gradients(number(tensors), [tensors[i] for i in wrt], warn=False)
    measured = _measured(op, number, values)
    for i, dx in zip(wrt, found, strict=True):
        expected = numeric_gradient(measured, values, i)
        _compare_gradient(op, dx, expected, tolerance, f"{what} by input {i}")


def _measured(op: Op, number: Callable[[list[Any]], Any], values: list[Any]) -> Callable[..., float]:
    """The number as a function of arrays, for thousands of moved inputs: planned once in a graph, and then only run.

    An op that draws, or writes to its inputs, would go on in a session from where its last run ended: it is called anew.
    """
    if op.random or op.writes or op.refs:
        return lambda *moved: number(as_tensors(op, moved)).item()
    graph = Graph()
    with graph.as_default():
        inputs = [placeholder(graph, x) for x in values]
        return Session(graph=graph).make_callable(number(inputs), inputs)


def _compare_gradient(op: Op, dx: Any, expected: np.ndarray, tolerance: float, what: str) -> None:
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    if dx is None and np.any(np.abs(expected) > tolerance * scale):
        raise failure(
            op, f"{what} is None, but the difference quotient is not 0",
            hint="gradient returned None, or it is made of ops that have no derivative (stop_gradient, comparisons)",
        )
    got = np.zeros_like(expected) if dx is None else dx.numpy()
    if got.shape != expected.shape:
        raise failure(
            op, f"{what} has shape {got.shape}, the input {expected.shape}", hint="undo broadcasting with sum_like"
        )
    wrong = np.abs(got - expected) > tolerance * scale
    if np.any(wrong):
        at = tuple(int(k) for k in np.argwhere(wrong)[0])
        raise failure(
            op, f"{what} is {got[at]:.6g} at {list(at)}, but the difference quotient gives {expected[at]:.6g}",
            rule="gradient(dy, y, *inputs) returns dy times the derivative of y by each input",
        )
