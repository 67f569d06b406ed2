"""What an element of a data set looks like: tuples, named tuples and dicts, nested, with a type and a shape at each leaf.

A SparseTensor is a branch of three leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from deepkit.core import nest
from deepkit.core.apply import convert
from deepkit.core.graph import default_graph
from deepkit.core.shape import SCALAR, Shape
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import DType, as_dtype, int64, string
from deepkit.errors import ArgumentError
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
        rank = self.dense_shape.shape.lengths[0] if self.dense_shape.shape.lengths else None
        return Shape(None if rank is None else [None] * rank)


@dataclass(frozen=True)
class DatasetPart:
    """A leaf of an element that is a data set itself: its rows, in one array of objects.

    element: the form of its elements; `of` makes the data set of a tensor that holds such rows.
    """

    element: Any
    of: Callable[[Symbol], Any]

    @property
    def dtype(self) -> DType:
        return string

    @property
    def shape(self) -> Shape:
        return SCALAR


class Elements:
    """Base of what gives elements of one form, `element`: a structure of Parts."""

    element: Any

    @property
    def output_types(self) -> Any:
        return map_components(lambda p: p.dtype, self.element)

    @property
    def output_shapes(self) -> Any:
        return map_components(lambda p: p.shape, self.element)

    @property
    def output_classes(self) -> Any:
        return map_components(lambda p: SparseTensor if is_sparse(p) else Symbol, self.element)


def is_branch(value: Any) -> bool:
    """True for what has parts; a list has none, it is one tensor."""
    return isinstance(value, (dict, SparseTensor)) or (isinstance(value, tuple) and not isinstance(value, Part))


def is_sparse(value: Any) -> bool:
    return isinstance(value, (SparseTensor, SparseParts))


def _entries(value: Any) -> list[Any] | None:
    """What an element is made of; None for one tensor, or for its Part."""
    if isinstance(value, SparseTensor):
        return [value.indices, value.values, value.dense_shape]
    return nest.entries(value) if is_branch(value) else None


def _whole_tensors(value: Any) -> list[Any] | None:
    return None if is_sparse(value) else _entries(value)


def _rebuilt(like: Any, items: list[Any]) -> Any:
    if is_sparse(like):
        return SparseTensor(*items) if isinstance(items[0], Symbol) else SparseParts(*items)
    return nest.rebuilt(like, items)


def components(structure: Any) -> list[Any]:
    """The tensors of an element, dense ones and sparse ones: Parts and SparseParts."""
    return nest.flatten(structure, _whole_tensors)


def map_components(function: Callable[[Any], Any], structure: Any) -> Any:
    """The structure with function(tensor) for each tensor, sparse ones as a whole."""
    return nest.map_leaves(function, structure, _whole_tensors)


def flatten(structure: Any) -> list[Any]:
    """The leaves; those of a dict in the order of its keys."""
    return nest.flatten(structure, _entries)


def map_leaves(function: Callable[[Any], Any], structure: Any) -> Any:
    """The structure with function(leaf) for each leaf."""
    return nest.map_leaves(function, structure, _entries, _rebuilt)


def pack(structure: Any, leaves: Iterable[Any]) -> Any:
    """`leaves` in the form of `structure`; a tensor that holds the rows of a data set as that."""
    rest = iter(leaves)

    def taken(part: Any) -> Any:
        leaf = next(rest)
        return part.of(leaf) if isinstance(part, DatasetPart) and isinstance(leaf, Symbol) else leaf

    return map_leaves(taken, structure)


def like(structure: Any, value: Any, what: str, is_leaf: Callable[[Any], bool]) -> list[Any]:
    """The leaves of `value`, which has the form of `structure` down to what `is_leaf` takes as one; or one for all."""
    if is_leaf(value):
        return [value] * len(flatten(structure))
    beside = paired(structure, value)
    if beside is None:
        raise ArgumentError(
            f"{what}={value!r}", rule=f"it has the form of an element, which is {describe(structure)}",
            hint="a tuple for a tuple, a dict with the same names for a dict",
        )
    return [leaf for s, v in beside for leaf in like(s, v, what, is_leaf)]


def paired(structure: Any, value: Any) -> list[tuple[Any, Any]] | None:
    """The branches of a structure, those of a dict in the order of their keys, each beside that of the value.

    None where the value has no such branches.
    """
    if isinstance(structure, dict):
        fits = isinstance(value, dict) and set(value) == set(structure)
        return [(structure[key], value[key]) for key in sorted(structure)] if fits else None
    fits = is_branch(structure) and isinstance(value, (tuple, list)) and len(value) == len(structure)
    return list(zip(structure, value, strict=True)) if fits else None


def describe(structure: Any) -> str:
    """An element's form in words: (float32(28, 28), int32())."""
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {describe(value)}" for key, value in structure.items()) + "}"
    if is_sparse(structure):
        return f"sparse {structure.dtype.name}{structure.shape}"
    if is_branch(structure):
        return "(" + ", ".join(describe(item) for item in structure) + ("," if len(structure) == 1 else "") + ")"
    if isinstance(structure, DatasetPart):
        return f"data set of {describe(structure.element)}"
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
    made = convert(list(value) if isinstance(value, list) else value)
    made = made if isinstance(made, Symbol) else graph.constant(made)
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
