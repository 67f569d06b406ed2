"""Branches, loops and Python functions inside a graph, with TensorFlow 1's signatures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.apply import apply
from deepkit.core.control_flow import branches, loops
from deepkit.core.graph import default_graph
from deepkit.core.nest import check_nested_as, flatten, parts
from deepkit.core.node import Node
from deepkit.core.op import lookup
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.tensor_array import TensorArray, flat, packed

__all__ = [
    "case", "cond", "foldl", "foldr", "map_fn", "numpy_function", "py_func", "py_function", "scan", "while_loop",
]


def cond(
    pred: Any, true_fn: Callable[[], Any] | None = None, false_fn: Callable[[], Any] | None = None, strict: bool = False,
    name: str | None = None, fn1: Any = None, fn2: Any = None,
) -> Any:
    """What true_fn() returns if `pred` holds when the graph runs, else what false_fn() returns; only that one is run.

    As in TensorFlow 1 the one entry of a list stands for the list, unless `strict` keeps it.
    """
    functions = _two_functions(true_fn or fn1, false_fn or fn2)
    structure: list[Any] = []

    def flattened(function: Any) -> Callable[[], list[Any]]:
        def call() -> list[Any]:
            result = function()
            structure.append(result if strict else _entry(result))
            check_nested_as("cond: false_fn returns", structure[0], structure[-1])
            return [_value_of(r, predicate) for r in flat(result)]

        return call

    predicate = _truth("cond", pred)
    either, other = (flattened(f) for f in functions)
    results = branches.cond(predicate, either, other, name or "cond")
    return packed(structure[0], results)


def _two_functions(*functions: Any) -> Sequence[Callable[[], Any]]:
    if not all(map(callable, functions)):
        raise ArgumentError("cond takes two functions", hint="tf.cond(x < y, lambda: a, lambda: b)")
    return functions


def _truth(what: str, pred: Any) -> Any:
    """A predicate as a tensor: one bool, known as such before the graph runs."""
    predicate = constant_of(pred)
    if predicate.dtype.name != "bool":
        raise DTypeError(
            f"{what}: the predicate is {predicate.dtype.name}", rule="it is bool", hint="tf.not_equal(x, 0), or x > 0"
        )
    if predicate.shape.rank:
        raise ShapeError(
            f"{what}: the predicate has shape {predicate.shape}", rule="it is one bool, of shape ()",
            hint="tf.reduce_all(p) or tf.reduce_any(p); for a choice in each place tf.where(p, x, y)",
        )
    return predicate


def _entry(result: Any) -> Any:
    """The only entry of a list or tuple; anything else as it is."""
    return result[0] if isinstance(result, (list, tuple)) and len(result) == 1 else result


def _value_of(result: Any, predicate: Symbol) -> Symbol:
    """What a branch returns, as a tensor: for an operation the predicate, known once the operation has run."""
    if result is None:
        raise ArgumentError("a branch of cond returns None", rule="both branches return tensors or operations")
    if not isinstance(result, Node):
        return result if isinstance(result, Symbol) else constant_of(result)
    with default_graph().control_dependencies([result]):
        return ops.identity(predicate)


def case(
    pred_fn_pairs: Any, default: Callable[[], Any] | None = None, exclusive: bool = False, strict: bool = False,
    name: str = "case",
) -> Any:
    """The result of the function beside the first predicate that holds, else of `default`.

    exclusive: an error when it runs and more than one predicate holds; without a default it is one if none holds.
    """
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    held = [predicate for predicate, _ in pairs]
    if default is None:
        last, function = pairs.pop()
        default = _checked(last, [f"case without a default: none of its {len(held)} conditions holds"], function)
    chosen = default
    for predicate, function in reversed(pairs):

        def chosen(p: Any = predicate, f: Any = function, otherwise: Any = chosen) -> Any:
            return cond(p, f, otherwise, strict, name=name or "case")

    if exclusive:
        conditions = ops.stack([_truth("case", predicate) for predicate in held])
        most = ops.reduce_sum(ops.cast(conditions, "int32")) <= 1
        return _checked(most, ["case with exclusive=True: more than one condition holds:", conditions], chosen)()
    return chosen()


def _checked(condition: Any, data: list[Any], function: Callable[[], Any]) -> Callable[[], Any]:
    """`function`, whose results are those of a run in which the condition holds; else the run ends with `data`."""

    def call() -> Any:
        with default_graph().control_dependencies([ops.assert_(condition, data)]):  # noqa: PT009
            result = function()
            return packed(result, [r if isinstance(r, Node) else ops.identity(constant_of(r)) for r in flat(result)])

    return call


def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, shape_invariants: Any = None,
    parallel_iterations: int = 10, back_prop: bool = True, swap_memory: bool = False, name: str | None = None,
    maximum_iterations: int | None = None, return_same_structure: bool = False,
) -> Any:
    """`body` applied to the loop variables again and again as long as `cond` of them is True.

    The variables keep their types, and their shapes where shape_invariants do not leave a dimension open.
    """
    variables = [constant_of(v) for v in flat(loop_vars)]
    many = isinstance(loop_vars, (list, tuple))

    def called(function: Callable[..., Any], leaves: Sequence[Any]) -> Any:
        given = packed(loop_vars, leaves)
        return function(*given) if many else function(given)

    leaves = flatten(loop_vars)
    given = [None] * len(leaves) if shape_invariants is None else _shapes(shape_invariants)
    kept = [shape for leaf, told in zip(leaves, given, strict=True) for shape in _kept_shapes(leaf, told)]
    results = loops.while_loop(
        lambda *leaves: called(cond, leaves), lambda *leaves: _next_turn(loop_vars, called(body, leaves)), variables, kept,
        maximum_iterations, name or "while",
    )
    last = packed(loop_vars, results)
    return last[0] if many and len(last) == 1 and not return_same_structure else last


def _next_turn(loop_vars: Any, result: Any) -> list[Any]:
    """The tensors of what a loop's body returns: nested as the loop variables, in a list or in a tuple."""
    like, given = (list(v) if isinstance(v, (list, tuple)) else [v] for v in (loop_vars, result))
    check_nested_as("while_loop: body returns", like, given)
    return flat(result)


def _kept_shapes(leaf: Any, told: Any) -> list[Any]:
    """What holds in every turn of the shapes of a loop variable's tensors: of lists and sparse tensors little."""
    if isinstance(leaf, TensorArray):
        return [UNKNOWN]  # it grows as it is written
    if isinstance(leaf, SparseTensor):
        rank = leaf.indices.shape[1]
        return [Shape([None, rank]), Shape([None]), Shape([rank])]
    return [constant_of(part).shape for part in parts(leaf)] if told is None or hasattr(leaf, "with_parts") else [told]


def _shapes(structure: Any) -> list[Any]:
    if isinstance(structure, (list, tuple)) and not all(isinstance(s, int) or s is None for s in structure):
        return [leaf for item in structure for leaf in _shapes(item)]
    return [structure]


def _with_rows(what: str, elems: Any) -> list[Any]:
    """The tensors whose rows a function is called with; ShapeError for a scalar, which has none."""
    xs = [constant_of(x) for x in flat(elems)]
    if any(x.shape.rank == 0 for x in xs):
        raise ShapeError(f"{what} over a scalar", rule="elems have at least one axis: along it are their rows")
    return xs


def map_fn(
    fn: Callable[..., Any], elems: Any, dtype: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
    swap_memory: bool = False, infer_shape: bool = True, name: str | None = None,
) -> Any:
    """`fn` applied to each row of `elems` (or of each tensor in it), the results stacked.

    fn returns what is nested as `dtype`, and of these types; without dtype, as `elems`. ArgumentError, DTypeError: it
    returns something else.
    """
    xs = _with_rows("map_fn", elems)
    like = dtype or elems
    types = [as_dtype(t) for t in flatten(dtype)] if dtype else [x.dtype for x in xs]
    structure: list[Any] = []

    def body(_: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        result = fn(packed(elems, rows))
        check_nested_as("map_fn: fn returns", like, result)
        structure.append(result)
        return [], _of_types("map_fn: fn returns", flat(result), types)

    _, ys = loops.scan(body, [], xs, name=name or "map")
    return packed(structure[0], ys)


def _of_types(what: str, values: Sequence[Any], types: Sequence[Any]) -> list[Any]:
    """Values as tensors of these types, which those that are tensors must have."""
    if len(values) != len(types):
        raise ArgumentError(
            f"{what} {len(values)} tensors where {len(types)} were expected", hint="tf.sparse_tensor_to_dense(result)"
        )
    made = [v if isinstance(v, Symbol) else constant_of(v, t) for v, t in zip(values, types, strict=True)]
    for value, dtype in zip(made, types, strict=True):
        if value.dtype is not dtype:
            raise DTypeError(
                f"{what} {value.dtype.name} where {dtype.name} was expected", rule="dtype says what fn returns",
                hint=f"dtype=tf.{value.dtype.name}, or tf.cast(result, tf.{dtype.name})",
            )
    return made


def scan(
    fn: Callable[..., Any], elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
    swap_memory: bool = False, infer_shape: bool = True, reverse: bool = False, name: str | None = None,
) -> Any:
    """All the intermediate values of state = fn(state, row), stacked; the first state is the initializer or row 0."""
    xs = _with_rows("scan", elems)
    like = elems if initializer is None else initializer

    def body(states: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        result = _next_state("scan", fn, like, states, packed(elems, rows))
        return result, result

    if initializer is not None:
        start = [constant_of(x) for x in flat(initializer)]
        return packed(like, loops.scan(body, start, xs, reverse, name or "scan")[1])
    at, others = (-1, slice(None, -1)) if reverse else (0, slice(1, None))
    with default_graph().name_scope(name or "scan") as full:
        first, rest = [x[at] for x in xs], [x[others] for x in xs]
        rows = [ops.expand_dims(x, 0) for x in first]
    _, ys = loops.scan(body, first, rest, reverse, f"{full}while/")
    pairs = zip(ys, rows, strict=True) if reverse else zip(rows, ys, strict=True)
    with default_graph().name_scope(full):
        return packed(like, [ops.concat(list(pair), 0) for pair in pairs])


def _next_state(what: str, fn: Callable[..., Any], like: Any, states: Sequence[Any], row: Any) -> list[Any]:
    """The tensors of fn(state, row), nested as the state is."""
    result = fn(packed(like, states), row)
    check_nested_as(f"{what}: fn returns", like, result)
    return _of_types(f"{what}: fn returns", flat(result), [state.dtype for state in states])


def foldl(
    fn: Callable[..., Any], elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
    swap_memory: bool = False, name: str | None = None, reverse: bool = False,
) -> Any:
    """The last value of state = fn(state, row) over the rows of `elems`, from the first to the last."""
    xs = _with_rows("foldl", elems)
    if initializer is None:
        at = -1 if reverse else 0
        start = [x[at] for x in xs]
        xs = [x[:-1] if reverse else x[1:] for x in xs]
        like = elems
    else:
        start, like = [constant_of(x) for x in flat(initializer)], initializer

    def body(states: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        return _next_state("foldl", fn, like, states, packed(elems, rows)), []

    states, _ = loops.scan(body, start, xs, reverse, name or ("foldr" if reverse else "foldl"))
    return packed(like, states)


def foldr(fn: Callable[..., Any], elems: Any, initializer: Any = None, **options: Any) -> Any:
    """As foldl, from the last row to the first."""
    return foldl(fn, elems, initializer, reverse=True, **options)


def py_func(func: Callable[..., Any], inp: Any, Tout: Any, stateful: bool = True, name: str | None = None) -> Any:
    """What the Python function `func` returns for the values of `inp`, as tensors of the types Tout, each time it runs.

    If Tout is empty it is an operation: the function is called for what it does, and may return None.
    """
    many = isinstance(Tout, (list, tuple))
    op = lookup("PyFunc")(function=func, outputs_=tuple(as_dtype(t) for t in (Tout if many else [Tout])))
    inputs = [constant_of(x) for x in inp]
    if many and not Tout:
        return default_graph().make_node(op, inputs, name)
    results = apply(op, *inputs, name=name) if inputs else default_graph().add(op, (), name)
    return list(results) if many else results[0]


def py_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """`tf.py_func`: what a Python function returns, computed in every run. It gets NumPy arrays."""
    return py_func(func, inp, Tout, True, name)


numpy_function = py_function
