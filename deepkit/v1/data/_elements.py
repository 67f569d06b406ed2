"""What an element of a data set looks like: tuples, named tuples and dicts, nested, with a type and a shape at each leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from deepkit.core.apply import convert
from deepkit.core.graph import default_graph
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.v1.framework.symbolic import constant_of


class Part(NamedTuple):
    """A leaf of an element."""

    dtype: DType
    shape: Shape


def is_branch(value: Any) -> bool:
    """True for what has parts; a list has none, it is one tensor."""
    return isinstance(value, dict) or (isinstance(value, tuple) and not isinstance(value, Part))


def flatten(structure: Any) -> list[Any]:
    """The leaves; those of a dict in the order of its keys."""
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if is_branch(structure):
        return [leaf for item in structure for leaf in flatten(item)]
    return [structure]


def pack(structure: Any, leaves: Iterable[Any]) -> Any:
    """`leaves` in the form of `structure`."""
    return _packed(structure, iter(leaves))


def _packed(structure: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, dict):
        values = {key: _packed(structure[key], leaves) for key in sorted(structure)}
        return {key: values[key] for key in structure}
    if is_branch(structure):
        items = [_packed(item, leaves) for item in structure]
        return type(structure)(*items) if hasattr(structure, "_fields") else tuple(items)
    return next(leaves)


def map_leaves(function: Callable[[Any], Any], structure: Any) -> Any:
    """The structure with function(leaf) for each leaf."""
    return pack(structure, [function(leaf) for leaf in flatten(structure)])


def like(structure: Any, value: Any, what: str, is_leaf: Callable[[Any], bool]) -> list[Any]:
    """The leaves of `value`, which has the form of `structure` down to what `is_leaf` takes as one; or one for all."""
    if is_leaf(value):
        return [value] * len(flatten(structure)) if not is_branch(structure) else [value for _ in flatten(structure)]
    if isinstance(structure, dict):
        if not isinstance(value, dict) or set(value) != set(structure):
            raise _differs(what, value, structure)
        return [leaf for key in sorted(structure) for leaf in like(structure[key], value[key], what, is_leaf)]
    if not is_branch(structure) or not isinstance(value, (tuple, list)) or len(value) != len(structure):
        raise _differs(what, value, structure)
    return [leaf for s, v in zip(structure, value, strict=True) for leaf in like(s, v, what, is_leaf)]


def _differs(what: str, value: Any, structure: Any) -> ArgumentError:
    return ArgumentError(
        f"{what}={value!r}", rule=f"it has the form of an element, which is {describe(structure)}",
        hint="a tuple for a tuple, a dict with the same names for a dict",
    )


def describe(structure: Any) -> str:
    """An element's form in words: (float32(28, 28), int32())."""
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {describe(value)}" for key, value in structure.items()) + "}"
    if is_branch(structure):
        return "(" + ", ".join(describe(item) for item in structure) + ("," if len(structure) == 1 else "") + ")"
    return f"{structure.dtype.name}{structure.shape}" if isinstance(structure, Part) else str(structure)


def symbols(structure: Any, what: str) -> Any:
    """The structure with every leaf as a tensor of the default graph."""
    return map_leaves(lambda leaf: symbol(leaf, what), structure)


def symbol(value: Any, what: str) -> Symbol:
    """A value as a tensor of the default graph."""
    if isinstance(value, SparseTensor):
        raise ArgumentError(
            f"{what}: a SparseTensor", rule="the parts of an element are dense tensors",
            hint="tf.sparse_tensor_to_dense(x) in the function, or tf.FixedLenFeature instead of VarLenFeature",
        )
    if value is None:
        raise ArgumentError(
            f"{what}: None", rule="a tensor, or a tuple or dict of tensors", hint="is a return missing?"
        )
    graph = default_graph()
    made = constant_of(convert(list(value)) if isinstance(value, list) else value)
    return graph.adopt(made) if made.graph is not graph else made


def part_of(tensor: Symbol) -> Part:
    return Part(tensor.dtype, tensor.shape)


def parts(types: Any, shapes: Any = None) -> Any:
    """A structure of Parts from one of types and one of shapes (None: not known)."""
    typed = map_leaves(lambda t: Part(as_dtype(t), Shape(None)), _tuples(types))
    if shapes is None:
        return typed
    found = like(typed, _tuples_of_shapes(typed, shapes), "output_shapes", is_shape)
    return pack(typed, [Part(p.dtype, Shape(s)) for p, s in zip(flatten(typed), found, strict=True)])


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _tuples_of_shapes(structure: Any, shapes: Any) -> Any:
    return Shape(shapes) if not is_branch(structure) and not isinstance(shapes, Shape) else shapes


def is_shape(value: Any) -> bool:
    """True for a Shape, None, or a list or tuple of dimensions."""
    if value is None or isinstance(value, Shape):
        return True
    return isinstance(value, (list, tuple)) and all(d is None or isinstance(d, int) for d in value)
