"""Nested states: zeros for them, and checks that say in words what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.core.nest import flatten
from deepkit.core.shape import UNKNOWN, Shape, UnknownDimension
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.site import user_site
from deepkit.v1.framework.symbolic import symbolic
from deepkit.v1.framework.tensor_array import TensorArray, flat, packed

_zeros = symbolic(ops.zeros)


class _Pair(NamedTuple):
    c: Any
    h: Any


class LSTMStateTuple(_Pair):
    """The state of an LSTM cell: `c`, the memory, and `h`, the output. Both (batch, units)."""

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The one type of both parts."""
        if self.c.dtype is not self.h.dtype:
            raise DTypeError(
                f"LSTMStateTuple: c is {self.c.dtype.name}, h is {self.h.dtype.name}",
                rule="both parts of a state have one data type",
            )
        return self.c.dtype


def mapped(function: Callable[..., Any], *structures: Any) -> Any:
    """`function` of the leaves of equally nested structures, in that structure."""
    return packed(structures[0], [function(*leaves) for leaves in zip(*map(flat, structures), strict=True)])


def shape_of(size: Any) -> tuple[int, ...]:
    """One entry of a state_size or output_size, a number or a shape, as the shape without the batch."""
    shape = size if isinstance(size, Shape) else Shape([size])
    if not shape.is_full:
        raise ShapeError(f"a state of size {size}", rule="all but the batch is known before the graph runs")
    return tuple(int(d) for d in shape)


def zeros_of(sizes: Any, batch: Any, dtype: Any) -> Any:
    """Zeros (batch, size) for each entry of nested sizes. The batch is a number, or a tensor where it is not known."""
    if isinstance(batch, UnknownDimension) or batch is None:
        raise ShapeError(
            "zero_state: the size of the batch is not known", rule="a number, or a tensor that has it when the graph runs",
            hint="zero_state(tf.shape(x)[0], tf.float32)",
        )
    first = batch if isinstance(batch, Symbol) else int(batch)
    return mapped(lambda size: _zeros([first, *shape_of(size)], dtype), sizes)


def shape_text(structure: Any) -> str:
    """The shapes of a nested structure of tensors, or the numbers of one of sizes."""
    if isinstance(structure, (list, tuple)):
        inner = ", ".join(shape_text(item) for item in structure)
        return f"{type(structure).__name__ if hasattr(structure, '_fields') else ''}({inner})"
    return str(getattr(structure, "shape", structure))


def check_state(where: str, state: Any, sizes: Any) -> None:
    """ShapeError unless `state` is nested as `sizes` are and each part can be (batch, size).

    A size of rank 0 is one number for the whole batch; a list that grows has the shape of what was written so far.
    """
    expected = f"state_size is {shape_text(sizes)}: the first axis of each part is the batch"
    if not same_nesting(state, sizes):
        hint = (
            "LSTMStateTuple(c, h)" if isinstance(sizes, LSTMStateTuple) else "cell.zero_state(batch_size, tf.float32)"
        )
        raise ShapeError(f"{where}: the state is {shape_text(state)}", where=here(), rule=expected, hint=hint)
    for part, size in zip(flatten(state), flat(sizes), strict=True):
        whole = shape_of(size)
        if not isinstance(part, TensorArray) and not part.shape.is_compatible_with((None, *whole) if whole else ()):
            raise ShapeError(
                f"{where}: a part of the state has shape {part.shape}, but the cell keeps {size} numbers for each example",
                where=here(), rule=expected, hint="cell.zero_state(batch_size, tf.float32), or the state of an equal cell",
            )


def same_nesting(a: Any, b: Any) -> bool:
    """True if two structures are nested alike (a list counts as a tuple)."""
    nested = isinstance(a, (list, tuple)), isinstance(b, (list, tuple))
    if not any(nested):
        return isinstance(a, dict) == isinstance(b, dict) and (not isinstance(a, dict) or a.keys() == b.keys())
    return all(nested) and len(a) == len(b) and all(same_nesting(x, y) for x, y in zip(a, b, strict=True))


def check_cell(where: str, cell: Any) -> None:
    """ArgumentError unless `cell` can be used as one; what it lacks is named."""
    if isinstance(cell, type):
        raise ArgumentError(
            f"{where} takes a cell, not the class {cell.__name__}", where=here(), hint=f"{cell.__name__}(num_units=...)"
        )
    if isinstance(cell, (list, tuple)):
        raise ArgumentError(
            f"{where} takes one cell, not a list", where=here(), hint="tf.nn.rnn_cell.MultiRNNCell(cells) stacks them"
        )
    if not callable(cell) or not hasattr(cell, "state_size") or not hasattr(cell, "output_size"):
        raise ArgumentError(
            f"{where}: {cell!r} is not a cell", where=here(), hint="tf.nn.rnn_cell.BasicLSTMCell(num_units=128)",
            rule="a cell has state_size and output_size, and cell(inputs, state) gives (output, new state)",
        )


def batch_of(tensors: Sequence[Symbol], axis: int) -> Any:
    """The size of the batch: a number if one of the tensors knows it, else a tensor."""
    for x in tensors:
        known = None if x.shape.lengths is None else x.shape.lengths[axis]
        if known is not None:
            return known
    return ops.shape(tensors[0])[axis]


def select(live: Symbol, new: Symbol, old: Symbol) -> Symbol:
    """Row i of `new` where live[i], else of `old`; the batch is the first axis."""
    if new.shape.rank == 0:
        return new
    shape = new.shape
    new = ops.where(live, new, old)
    new.shape = new.shape.merge(shape if shape.lengths is not None else UNKNOWN)
    return new


def kept(new: Any, old: Any, choose: Callable[[Any, Any], Any]) -> Any:
    """`choose(new, old)` of every tensor of a state; lists that are written as time goes on are left alone."""
    lists = [isinstance(leaf, TensorArray) for leaf in flatten(new)]
    pairs = zip(flat(new), flat(old), lists, strict=True)
    return packed(new, [a if is_list else choose(a, b) for a, b, is_list in pairs])


def opened(state: Any) -> list[Any]:
    """The tensors of a state; of lists that grow nothing is known about the shape."""
    found = []
    for leaf in flatten(state):
        tensor = ops.identity(leaf.flow) if isinstance(leaf, TensorArray) else leaf
        if isinstance(leaf, TensorArray):
            tensor.shape = UNKNOWN
        found.append(tensor)
    return found


def here() -> str | None:
    """The user's line, for an error that no op raises."""
    site = user_site()
    return None if site is None else str(site)


def root_graph() -> Any:
    """The graph that variables belong to, also while the body of a loop is being written down."""
    return default_graph().root
