"""What an element of a data set looks like: tuples, named tuples and dicts, nested, with a type and a shape at each leaf.

A SparseTensor is a branch of three leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from deepkit.core.apply import convert
from deepkit.core.graph import default_graph
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import DType, as_dtype, int64
from deepkit.errors import ArgumentError
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.ops.sparse import SparseTensor


class Part(NamedTuple):
    """A leaf of an element."""

    dtype: DType
    shape: Shape


class SparseParts(NamedTuple):
    """The leaves of a sparse tensor in an element: indices (n, rank), values (n,), dense_shape (rank,)."""

    indices: Part
    values: Part
    dense_shape: Part

    @staticmethod
    def of(dtype: DType, rank: int | None) -> SparseParts:
        return SparseParts(Part(int64, Shape((None, rank))), Part(dtype, Shape((None,))), Part(int64, Shape((rank,))))

    @property
    def dtype(self) -> DType:
        return self.values.dtype

    @property
    def shape(self) -> Shape:
        """The dense shape: the number of its axes, if that is known."""
        rank = self.dense_shape.shape.dims[0] if self.dense_shape.shape.dims else None
        return Shape(None if rank is None else [None] * rank)


def is_branch(value: Any) -> bool:
    """True for what has parts; a list has none, it is one tensor."""
    return isinstance(value, (dict, SparseTensor)) or (isinstance(value, tuple) and not isinstance(value, Part))


def is_sparse(value: Any) -> bool:
    return isinstance(value, (SparseTensor, SparseParts))


def components(structure: Any) -> list[Any]:
    """The tensors of an element, dense ones and sparse ones: Parts and SparseParts."""
    if is_sparse(structure) or not is_branch(structure):
        return [structure]
    items = [structure[key] for key in sorted(structure)] if isinstance(structure, dict) else structure
    return [component for item in items for component in components(item)]


def map_components(function: Callable[[Any], Any], structure: Any) -> Any:
    """The structure with function(tensor) for each tensor, sparse ones as a whole."""
    if is_sparse(structure) or not is_branch(structure):
        return function(structure)
    if isinstance(structure, dict):
        made = {key: map_components(function, structure[key]) for key in sorted(structure)}
        return {key: made[key] for key in structure}
    items = [map_components(function, item) for item in structure]
    return type(structure)(*items) if hasattr(structure, "_fields") else tuple(items)


def flatten(structure: Any) -> list[Any]:
    """The leaves; those of a dict in the order of its keys."""
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, SparseTensor):
        return [structure.indices, structure.values, structure.dense_shape]
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
    if is_sparse(structure):
        items = [next(leaves) for _ in range(3)]
        return SparseTensor(*items) if isinstance(items[0], Symbol) else SparseParts(*items)
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
        return [value] * len(flatten(structure))
    return [leaf for s, v in _paired(structure, value, what) for leaf in like(s, v, what, is_leaf)]


def _paired(structure: Any, value: Any, what: str) -> list[tuple[Any, Any]]:
    """The branches of a structure, those of a dict in the order of their keys, each beside that of the value."""
    if isinstance(structure, dict):
        if isinstance(value, dict) and set(value) == set(structure):
            return [(structure[key], value[key]) for key in sorted(structure)]
    elif is_branch(structure) and isinstance(value, (tuple, list)) and len(value) == len(structure):
        return list(zip(structure, value, strict=True))
    raise _differs(what, value, structure)


def _differs(what: str, value: Any, structure: Any) -> ArgumentError:
    return ArgumentError(
        f"{what}={value!r}", rule=f"it has the form of an element, which is {describe(structure)}",
        hint="a tuple for a tuple, a dict with the same names for a dict",
    )


def describe(structure: Any) -> str:
    """An element's form in words: (float32(28, 28), int32())."""
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {describe(value)}" for key, value in structure.items()) + "}"
    if is_sparse(structure):
        return f"sparse {structure.dtype.name}{structure.shape}"
    if is_branch(structure):
        return "(" + ", ".join(describe(item) for item in structure) + ("," if len(structure) == 1 else "") + ")"
    return f"{structure.dtype.name}{structure.shape}" if isinstance(structure, Part) else str(structure)


def symbols(structure: Any, what: str) -> Any:
    """The structure with every leaf as a tensor of the default graph."""
    return map_leaves(lambda leaf: symbol(leaf, what), structure)


def symbol(value: Any, what: str) -> Symbol:
    """A value as a tensor of the default graph."""
    if value is None:
        raise ArgumentError(
            f"{what}: None", rule="a tensor, or a tuple or dict of tensors", hint="is a return missing?"
        )
    graph = default_graph()
    made = constant_of(convert(list(value)) if isinstance(value, list) else value)
    return graph.adopt(made) if made.graph is not graph else made


def part_of(tensor: Symbol) -> Part:
    return Part(tensor.dtype, tensor.shape)


def parts(types: Any, shapes: Any = None, classes: Any = None) -> Any:
    """A structure of Parts from one of types, one of shapes (None: not known) and one of classes (None: all dense)."""
    typed = map_leaves(lambda t: Part(as_dtype(t), Shape(None)), _tuples(types))
    if shapes is not None:
        found = like(typed, _tuples_of_shapes(typed, shapes), "output_shapes", is_shape)
        typed = pack(typed, [Part(p.dtype, Shape(s)) for p, s in zip(flatten(typed), found, strict=True)])
    if classes is None:
        return typed
    kinds = iter(like(typed, _tuples(classes), "output_classes", lambda c: isinstance(c, type)))
    return map_components(lambda p: SparseParts.of(p.dtype, p.shape.rank) if next(kinds) is SparseTensor else p, typed)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _tuples_of_shapes(structure: Any, shapes: Any) -> Any:
    return Shape(shapes) if not is_branch(structure) and not isinstance(shapes, Shape) else shapes


def is_shape(value: Any) -> bool:
    """True for a Shape, None, or a list or tuple of dimensions."""
    if value is None or isinstance(value, Shape):
        return True
    return isinstance(value, (list, tuple)) and all(d is None or isinstance(d, int) for d in value)
