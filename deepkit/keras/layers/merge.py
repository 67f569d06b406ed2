"""Layers that make one tensor of several: sum, product, mean, concatenation, dot product, ..."""

from __future__ import annotations

import functools
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import backend
from deepkit.keras.backend.nested import kept
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, naming

__all__ = [
    "Add", "Average", "Concatenate", "Dot", "Maximum", "Merge", "Minimum", "Multiply", "Subtract", "add", "average",
    "concatenate", "dot", "maximum", "minimum", "multiply", "subtract",
]


class Merge(Layer):
    """Base: `_merge_function`, which a subclass gives, makes one tensor of a list of tensors.

    Where numbers of axes differ, those with fewer get axes of length 1 after the batch axis.
    """

    count: int | None = None
    """How many inputs the layer takes; None for any number."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def _merge_function(self, inputs: list[Any]) -> Any:
        """The result of tensors with equally many axes."""
        return inputs[0]

    def build(self, input_shape: Any) -> None:
        if not isinstance(input_shape, list) or (self.count is not None and len(input_shape) != self.count):
            got = f"{len(input_shape)} inputs" if isinstance(input_shape, list) else "one tensor"
            raise ArgumentError(
                f"layer {self.name!r} ({type(self).__name__}) was called on {got}",
                rule=f"it takes a list of {self.count or 'several'} tensors", hint=f"{type(self).__name__}()([a, b])",
            )
        batches = {shape[0] for shape in input_shape if shape} - {None}
        if len(batches) > 1:
            raise ShapeError(
                f"layer {self.name!r}: inputs of shapes {', '.join(map(str, input_shape))}",
                rule="the first axis counts the examples: it has the same length in all inputs",
            )
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        axes = max(len(x.shape) for x in inputs)
        with naming(self):
            return self._merge_function([self._widened(x, axes) for x in inputs])

    def _widened(self, x: Any, axes: int) -> Any:
        while len(x.shape) < axes:
            x = ops.expand_dims(x, 1)
        return x

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where all inputs that have a mask count."""
        given = [ops.cast(m, "bool") for m in self._masks(inputs, mask) if m is not None]
        return functools.reduce(ops.logical_and, given) if given else None

    def _masks(self, inputs: Any, mask: Any) -> list[Any]:
        """A mask or None for each input."""
        if mask is None:
            return [None] * len(inputs)
        if not isinstance(inputs, list) or not isinstance(mask, list) or len(mask) != len(inputs):
            raise ArgumentError(f"layer {self.name!r}: compute_mask", rule="a list of inputs, and of a mask or None for each")
        return mask


_Merge = Merge  # as Keras calls it: a merge of one's own derives from it


class Add(Merge):
    """The sum of the inputs."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        return functools.reduce(ops.add, inputs)


class Subtract(Merge):
    """The first input minus the second."""

    count = 2

    def _merge_function(self, inputs: list[Any]) -> Any:
        return inputs[0] - inputs[1]


class Multiply(Merge):
    """The product of the inputs, element by element."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        return functools.reduce(ops.multiply, inputs)


class Average(Merge):
    """The mean of the inputs."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        return functools.reduce(ops.add, inputs) / len(inputs)


class Maximum(Merge):
    """The largest of the inputs, element by element."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        return functools.reduce(ops.maximum, inputs)


class Minimum(Merge):
    """The smallest of the inputs, element by element."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        return functools.reduce(ops.minimum, inputs)


class Concatenate(Merge):
    """The inputs one after the other along `axis`; all other axes have equal lengths."""

    def __init__(self, axis: int = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        if isinstance(input_shape, list):
            self._check_shapes(input_shape)
        Layer.build(self, input_shape)

    def _check_shapes(self, shapes: list[Any]) -> None:
        ranks = {len(shape) for shape in shapes}
        rank = max(ranks) or 1
        others = [
            set(lengths) - {None} for i, lengths in enumerate(zip(*shapes, strict=False)) if i != self.axis % rank
        ]
        if len(ranks) > 1 or not -rank <= self.axis < rank or any(len(lengths) > 1 for lengths in others):
            raise ShapeError(
                f"layer {self.name!r} (Concatenate, axis={self.axis}): inputs of shapes {', '.join(map(str, shapes))}",
                rule="they have equally many axes, of equal lengths except along the axis of the concatenation",
                hint="axis=-1 joins features or channels, axis=1 steps or rows",
            )

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            raise ArgumentError(
                f"layer {self.name!r} (Concatenate) was called on one tensor", rule="it takes a list of tensors",
                hint="Concatenate()([a, b])",
            )
        with naming(self):
            return backend.concatenate(inputs, self.axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks one after the other; a step counts if all of its features do."""
        masks = self._masks(inputs, mask)
        if all(m is None for m in masks):
            return None
        steps = [_step_mask(x, m) for x, m in zip(inputs, masks, strict=True)]
        features = self.axis % len(inputs[0].shape) == len(inputs[0].shape) - 1
        joined = functools.reduce(ops.logical_and, steps) if features else backend.concatenate(steps, self.axis)
        return backend.all(joined, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "axis")}


class Dot(Merge):
    """For each example the dot product of two tensors over one axis of each: axes=1, or axes=(2, 1).

    With normalize both are scaled to length 1 along these axes first: the result is the cosine of the angle.
    """

    count = 2

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        fits = isinstance(axes, int) or (
            isinstance(axes, (list, tuple)) and len(axes) == 2 and all(isinstance(a, int) for a in axes)
        )
        if not fits:
            raise ArgumentError(
                f"Dot: axes={axes!r}", rule="one axis for both inputs, or a pair", hint="Dot(axes=(2, 1))"
            )
        self.axes, self.normalize = kept(axes), normalize

    def call(self, inputs: Any) -> Any:
        pair = (self.axes,) * 2 if isinstance(self.axes, int) else self.axes
        over = [axis % len(x.shape) for x, axis in zip(inputs, pair, strict=True)]
        if self.normalize:
            inputs = [backend.l2_normalize(x, axis) for x, axis in zip(inputs, over, strict=True)]
        with naming(self):
            return backend.batch_dot(inputs[0], inputs[1], tuple(over))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "axes", "normalize")}


def _step_mask(x: Any, mask: Any) -> Any:
    """A mask of x with one entry for each step: (..., 1)."""
    if mask is None:
        return ops.ones_like(x[..., :1], dtype="bool")
    return ops.cast(mask, "bool")[..., None] if len(mask.shape) < len(x.shape) else backend.all(mask, -1, keepdims=True)


def add(inputs: Any, **kwargs: Any) -> Any:
    """The sum of a list of tensors, as a layer."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """The first of two tensors minus the second, as a layer."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """The product of a list of tensors, as a layer."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """The mean of a list of tensors, as a layer."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """The largest of a list of tensors, element by element, as a layer."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """The smallest of a list of tensors, element by element, as a layer."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """A list of tensors one after the other along `axis`, as a layer."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any, normalize: bool = False, **kwargs: Any) -> Any:
    """The dot product of two tensors for each example, as a layer."""
    return Dot(axes=axes, normalize=normalize, **kwargs)(inputs)
