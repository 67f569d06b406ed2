"""Values put around a tensor: constants, or its own numbers mirrored."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.static import numbers, static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.late import late, unknown

__all__ = ["pad"]


@register
class Pad(Op):
    """More elements before and after along each axis: a constant, or the inner ones mirrored."""

    paddings: tuple[tuple[int, int], ...] = ()
    mode: str = "CONSTANT"
    constant: float = 0

    def shape(self, x: Shape) -> Shape:
        pairs = [_pair(p) for p in self.paddings]
        if x.lengths is None:
            return Shape([None] * len(pairs))
        if len(x.lengths) != len(pairs):
            raise ShapeError(f"pad of {x} by {len(pairs)} pairs", rule="one pair (before, after) for each axis")
        for d, pair in zip(x.lengths, pairs, strict=True):
            self._check_mirrored(d, pair)
        return Shape(None if d is None else d + a + b for d, (a, b) in zip(x.lengths, pairs, strict=True))

    def _check_mirrored(self, length: int | None, pair: tuple[int, int]) -> None:
        most = None if length is None else max(length - (self.mode == "REFLECT"), 0)
        if most is not None and self.mode != "CONSTANT" and max(pair) > most:
            raise ShapeError(
                f"pad: {pair} mirrored elements around an axis of length {length}",
                rule=f"mode {self.mode} has at most {most} of them on each side",
            )

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        if not self.paddings:
            return x
        if self.mode == "CONSTANT":
            fill = xp.array(self.constant or b"", object) if x.dtype == object else self.constant
            return xp.pad(x, self.paddings, constant_values=fill)
        self.shape(Shape(x.shape))  # NumPy would mirror more often than once
        return xp.pad(x, self.paddings, mode=self.mode.lower())

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(PadGrad(paddings=self.paddings, mode=self.mode), dy, x)


def _pair(numbers: object) -> tuple[int, int]:
    """How many elements an axis gets before and after; ShapeError for anything but two numbers of at least 0."""
    pair = numbers if isinstance(numbers, tuple) else (numbers,)
    if len(pair) != 2 or not all(isinstance(n, int) and n >= 0 for n in pair):
        raise ShapeError(f"pad: {numbers} for one axis", rule="a pair (before, after) of numbers that are not below 0")
    return pair


@register
class PadGrad(Op):
    """Folds dy, padded, back into the shape of `like`: mirrored elements are added to those they mirror."""

    paddings: tuple[tuple[int, int], ...] = ()
    mode: str = "CONSTANT"
    types = ("T", "any")
    shape_only = (1,)

    def shape(self, dy: Shape, like: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, dy: Array, like: Array) -> Any:
        inner = tuple(slice(a, dy.shape[i] - b) for i, (a, b) in enumerate(self.paddings))
        if self.mode == "CONSTANT":
            return dy[inner]
        skip = 1 if self.mode == "REFLECT" else 0
        for axis, (before, after) in enumerate(self.paddings):
            dy = xp.moveaxis(dy, axis, 0)
            length = dy.shape[0] - before - after
            core = dy[before : before + length].copy()
            if before:
                core[skip : skip + before] += dy[:before][::-1]
            if after:
                core[length - skip - after : length - skip] += dy[before + length :][::-1]
            dy = xp.moveaxis(core, 0, axis)
        return dy

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, like: AnyTensor) -> Any:
        return apply(Pad(paddings=self.paddings, mode=self.mode), ddx), None


def pad(
    tensor: TensorLike, paddings: TensorLike, mode: str = "CONSTANT", name: str | None = None,
    constant_values: TensorLike = 0,
) -> AnyTensor:
    """More elements before and after along each axis: constants, or the inner ones mirrored (REFLECT, SYMMETRIC).

    tensor: (d1, ..., dn); paddings: (n, 2), integers, how many before and after; result: (before + d1 + after, ...).
    ShapeError: another number of pairs, a negative number, more mirrored elements than there are. ArgumentError: an unknown mode.
    """
    if mode.upper() not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        raise ArgumentError(f"pad: mode {mode!r}", hint="CONSTANT, REFLECT (without the edge) or SYMMETRIC (with it)")
    pairs, fill = numbers(paddings), static_value(constant_values)
    constant = fill.item() if hasattr(fill, "item") else fill
    name = name or ("MirrorPad" if mode.upper() != "CONSTANT" else "PadV2" if constant else "Pad")
    if is_tensor(pairs):
        x, axes = convert(tensor, beside=pairs), pairs.shape.lengths[0] if pairs.shape.lengths else None
        rank = axes if x.shape.rank is None else x.shape.rank
        return late(Pad, [x], {"paddings": pairs}, unknown(rank), name=name, mode=mode.upper(), constant=constant)
    return apply(Pad(paddings=pairs, mode=mode.upper(), constant=constant), tensor, name=name)
