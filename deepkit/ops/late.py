"""Ops whose numbers, an axis or a list of lengths, are known only when the graph runs.

The numbers of most ops are attributes, fixed when the op is made. Where one is a tensor, or a list with a tensor in it,
a Late op takes it as a further input and makes the op anew in every run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.core.apply import apply, convert
from deepkit.core.op import Op, lookup, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule
from deepkit.device.dtypes import DType

Dims = tuple[int | None, ...] | None


class OfKind(Op):
    """Base. `kind` names the op, `late` its attributes that come after its `count` tensors, `fixed` the other attributes.

    `static` is the shape of the op's output as far as it is known, or, with `many`, a tuple of shapes.
    """

    kind: str = ""
    fixed: tuple[tuple[str, Any], ...] = ()
    late: tuple[str, ...] = ()
    count: int = 1
    static: Any = None
    many: bool = False

    def made(self, numbers: Sequence[Any] = ()) -> Op:
        """The op itself; without numbers it has its default ones and serves for types alone."""
        given = {name: _read(n.tolist()) for name, n in zip(self.late, numbers, strict=False)}
        return lookup(self.kind)(**dict(self.fixed), **given)

    def settings(self) -> dict[str, Any]:
        """All attributes: those of the op, and of its derivative."""
        return {name: getattr(self, name) for name in OfKind.attrs}

    def type_of_input(self, i: int) -> str:
        """The type rule of input i of the Late op."""
        return self.made().type_of(i) if i < self.count else "index"

    @property
    def host(self) -> range:  # type: ignore[override]
        """The numbers, which come last."""
        return range(self.count, self.count + len(self.late))

    def tensors(self) -> list[int]:
        """The inputs that derivatives are of."""
        return [i for i in range(self.count) if self.type_of_input(i) == "T"]


@register
class Late(OfKind):
    """What the op gives. The op is linear in its tensors, or has no gradient."""

    def type_of(self, i: int) -> str:
        return self.type_of_input(i)

    def shape(self, *shapes: Shape) -> Any:
        return tuple(Shape(s) for s in self.static) if self.many else Shape(self.static)

    def dtype(self, *dtypes: DType) -> Any:
        return self.made().dtype(*dtypes[: self.count])

    def forward(self, xp: ArrayModule, *arrays: Array) -> Any:
        op, xs = self.made(arrays[self.count :]), arrays[: self.count]
        op.shape(*[Shape(x.shape) for x in xs])  # says what is wrong with numbers that do not fit
        return op.forward(xp, *xs)

    def gradient(self, dy: AnyTensor, y: AnyTensor, *inputs: AnyTensor) -> Any:
        result: list[Any] = [None] * len(inputs)
        if self.made().gradient is not None:
            found = apply(LateGradient(**self.settings()), *(dy if self.many else (dy,)), *inputs)
            for i, d in zip(self.tensors(), found, strict=True):
                result[i] = d
        return tuple(result)


@register
class LateGradient(OfKind):
    """The derivatives by the tensors of a Late op, from those by its outputs."""

    @property
    def outputs(self) -> int:
        return len(self.static) if self.many else 1

    @property
    def host(self) -> range:  # type: ignore[override]
        first = self.outputs + self.count
        return range(first, first + len(self.late))

    def type_of(self, i: int) -> str:
        return "T" if i < self.outputs else self.type_of_input(i - self.outputs)

    def shape(self, *shapes: Shape) -> Any:
        return [shapes[self.outputs + i] for i in self.tensors()]

    def dtype(self, *dtypes: DType) -> Any:
        return [dtypes[0]] * len(self.tensors())

    def forward(self, xp: ArrayModule, *arrays: Array) -> Any:
        dys, inputs = arrays[: self.outputs], arrays[self.outputs :]
        op, xs = self.made(inputs[self.count :]), [convert(x) for x in inputs[: self.count]]
        dy = tuple(convert(d) for d in dys) if self.many else convert(dys[0])
        found = op.gradient(dy, dy, *xs)
        found = found if isinstance(found, (tuple, list)) else [found]
        return tuple(found[i].value for i in self.tensors())

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, *arrays: AnyTensor) -> Any:
        # the derivative A^T dy of a linear op y = A x is itself linear: its own derivative is A again
        inputs = list(arrays[self.outputs :])
        for i, d in zip(self.tensors(), ddx, strict=True):
            inputs[i] = d
        linear = tuple((name, value) for name, value in self.fixed if name != "constant")
        back = apply(Late(**{**self.settings(), "fixed": linear}), *inputs)
        return (*(back if self.many else [back]), *[None for _ in inputs])


def _read(numbers: Any) -> Any:
    """Lists as tuples, for attributes cannot change."""
    return tuple(_read(n) for n in numbers) if isinstance(numbers, list) else numbers


def late(
    kind: type[Op], inputs: Sequence[Any], numbers: dict[str, Any], static: Shape | Dims | tuple[Dims, ...] = None,
    many: bool = False, name: str | None = None, **fixed: Any,
) -> Any:
    """`kind` applied to the inputs; its attributes in `numbers` are tensors of integers, the others are given as they are."""
    settings = {
        "fixed": tuple(fixed.items()),
        "late": tuple(numbers),
        "count": len(inputs),
        "static": static,
        "many": many,
    }
    op = Late(kind=kind.__name__, **settings)
    return apply(op, *inputs, *numbers.values(), name=name or kind.label or kind.__name__)


def unknown(rank: int | None, more: int = 0) -> Dims:
    """A shape of which only the number of axes is known: `more` than `rank`."""
    return None if rank is None else (None,) * (rank + more)
