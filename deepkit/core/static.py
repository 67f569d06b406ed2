"""What is known about values and shapes before the graph runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import lookup
from deepkit.core.shape import Shape, whole
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.arrays import to_cpu
from deepkit.errors import DeepkitError, ShapeError

FEW = 1000  # elements: a tensor of more is no list of lengths, axes or positions


def static_value(x: Any) -> Any:
    """The value of a tensor as far as it is known without running the graph: an array, or None.

    Entries that are not known are None in an array of objects.
    """
    if isinstance(x, Tensor):
        return to_cpu(x.value)
    if not isinstance(x, Symbol):
        return x
    return _known_output(x, {})


def _known_output(x: Symbol, found: dict[Symbol, Any]) -> Any:
    """As static_value; `found` remembers what was asked already."""
    if x not in found:
        value = x.node.op.static_value(x.node.inputs, lambda y: _known_output(y, found))
        found[x] = _computed(x, found) if value is None else value
    return found[x]


def _computed(x: Symbol, found: dict[Symbol, Any]) -> Any:
    """A few integers made of others that are all known: lengths, axes, positions."""
    node = x.node
    small = x.dtype.is_integer and (x.shape.num_elements() or 0) <= FEW
    if not small or not node.inputs or not _is_function(node):
        return None
    values = []
    for y in node.inputs:
        value = _known_output(y, found) if y.dtype.is_integer else None
        if value is None or np.asarray(value).dtype == object:
            return None
        values.append(np.asarray(value, y.dtype.numpy))
    try:
        return node.op.forward(np, *values)
    except (DeepkitError, ValueError, ArithmeticError, IndexError):
        return None  # it fails when it runs, where the message can say so


def _is_function(node: Any) -> bool:
    """Whether a node's one output depends on its inputs alone."""
    return node.op.is_pure and not node.op.subgraphs and not node.many


def settled(x: Symbol) -> Any:
    """The value that x has in every run in which what its graph assumes holds, or None. See Graph.assuming."""
    assumed = x.graph.root.assumed
    if x in assumed:
        return np.asarray(assumed[x], x.dtype.numpy)
    node = x.node
    if not assumed or not (node.inputs or node.op.is_constant) or not _is_function(node) or node.control_inputs:
        return None
    values = [settled(i) for i in node.inputs]
    return None if any(v is None for v in values) else node.op.forward(np, *values)


def passed_on(node: Any) -> int | None:
    """Which input the node hands on as its output, as far as its graph's assumptions say; None if it computes."""
    if node.op.passes is None or not isinstance(node.inputs[0], Symbol):
        return None
    return node.op.passes(*[settled(x) if i == 0 else None for i, x in enumerate(node.inputs)])


def numbers(x: Any) -> Any:
    """Integers as they stand in an attribute: an int, or nested tuples of ints; one tensor if any is not known yet.

    x is a number, a tensor, an array, or a list of such.
    """
    known = _known(x)
    return known if known is not None else x if is_tensor(x) else convert(x)


def _known(x: Any) -> Any:
    """As `numbers`; None if anything is not known."""
    if isinstance(x, (list, tuple)):
        entries = [_known(entry) for entry in x]
        return None if any(entry is None for entry in entries) else tuple(entries)
    value = static_value(x) if is_tensor(x) else x
    if value is None:
        return None
    return _known(value.tolist()) if isinstance(value, np.ndarray) else whole(value)


def entries(known: Any) -> np.ndarray:
    """Numbers, or None, as an array."""
    array = np.array(list(known), dtype=object)
    return array if None in array.reshape(-1).tolist() else array.astype(np.int32)


def static_shape_value(x: Any) -> tuple[int | None, ...] | None:
    """A vector tensor read as a shape: its entries as far as they are known, or None."""
    value = static_value(x)
    if value is not None:
        return tuple(None if d is None else int(d) for d in np.asarray(value).reshape(-1).tolist())
    length = x.shape.lengths[0] if x.shape.lengths else None
    return None if length is None else (None,) * length


def static_shape(shape: Any) -> tuple[tuple[int | None, ...] | None, Any]:
    """What is known about a shape argument, and the argument as a vector of integers (a tensor if it holds one)."""
    if is_tensor(shape):
        return static_shape_value(shape), shape
    lengths = _lengths(shape)
    if any(is_tensor(d) for d in lengths):
        known = [static_value(d) for d in lengths]
        return tuple(None if k is None else int(k) for k in known), apply(lookup("Pack")(), *lengths)
    if None in lengths:
        raise ShapeError(
            f"shape {lengths} is not known before the graph runs",
            hint="use shape(x), which is a tensor, instead of x.shape",
        )
    known_lengths = [whole(d) for d in lengths]
    return tuple(known_lengths), np.array(known_lengths, np.int32).reshape(-1)


def _lengths(shape: Any) -> list[Any]:
    """A shape, one length, or several, as a list of integers, tensors and None."""
    if isinstance(shape, Shape):
        return shape.as_list()
    if isinstance(shape, np.ndarray):
        return np.atleast_1d(shape).tolist()
    listed = shape if isinstance(shape, Iterable) and not isinstance(shape, (str, bytes)) else [shape]
    return [d if is_tensor(d) else getattr(d, "value", d) for d in listed]
