"""x w + b and its parts: adding a bias to the channels, dense layers, and how many outputs are zero."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device import activations
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops
from deepkit.ops.nn.activation import Relu, ReluGrad

__all__ = ["bias_add", "relu_layer", "xw_plus_b", "zero_fraction"]


def one_for_each_channel(x: Shape, bias: Shape) -> bool:
    """Whether these shapes are known to be those of a tensor and a bias for it."""
    return bias.rank == 1 and bias[0] is not None and x.rank is not None and x[-1] == bias[0]


@register
class BiasAdd(Op):
    """x (..., channels) + bias (channels)."""

    kinds = "ifc"

    def shape(self, x: Shape, bias: Shape) -> Shape:
        if x.rank is not None and x.rank < 2:
            raise ShapeError(f"the value has shape {x}", rule="at least 2 axes: [batch, ..., channels]")
        if not bias.is_compatible_with((x.lengths[-1] if x.lengths is not None else None,)):
            raise ShapeError(
                f"a bias of shape {bias} for a value of shape {x}",
                rule="one number for each channel: bias (channels,), value (..., channels)",
                hint=f"a bias of shape [{x[-1]}]; channels in the second axis need data_format='NCHW'",
            )
        return x if x.rank is None or bias.rank is None else x.merge([None] * (x.rank - 1) + [bias[0]])

    def elementwise(self, *shapes: Shape) -> bool:
        return True

    takes_out = True

    def forward(self, xp: ArrayModule, x: Array, bias: Array, out: Array = None) -> Any:
        return xp.add(x, bias, out=out)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, bias: AnyTensor) -> Any:
        return dy, ops.sum_like(dy, bias)

    def with_next(self, following: Op, others: tuple[int, ...], *shapes: Shape) -> Op | None:
        fits = isinstance(following, Relu) and one_for_each_channel(*shapes)
        return BiasAddRelu() if fits else None


@register
class BiasAddRelu(BiasAdd):
    """max(x + bias, 0): what a plan makes of BiasAdd and the Relu behind it."""

    kinds = "f"

    def forward(self, xp: ArrayModule, x: Array, bias: Array, out: Array = None) -> Any:
        return activations.bias_relu(xp, x, bias, out)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, bias: AnyTensor) -> Any:
        dx = apply(ReluGrad(), dy, y)
        return dx, ops.sum_like(dx, bias)


def bias_add(value: TensorLike, bias: TensorLike, data_format: str | None = None, name: str | None = None) -> AnyTensor:
    """A bias (channels,) added to value (batch, ..., channels), or with data_format NCHW to (batch, channels, ...).

    Result: value's shape and type. ShapeError: not as many biases as channels. ArgumentError: another data_format.
    DTypeError: two types.

    >>> import deepkit as dk
    >>> dk.ops.bias_add([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0]).numpy().tolist()
    [[11.0, 22.0], [13.0, 24.0]]
    """
    if data_format is None or not data_format.startswith("NC"):
        if data_format is not None and not (data_format.startswith("N") and data_format.endswith("C")):
            raise ArgumentError(
                f"data_format={data_format!r}", rule="'NHWC' (channels last) or 'NCHW' (channels second)"
            )
        return apply(BiasAdd(), value, bias, name=name)
    with scope(name, "BiasAdd", value, bias) as full:
        value = convert(value, beside=bias)
        if value.shape.rank is None:
            raise ShapeError("bias_add to a value of unknown rank", hint="give the placeholder a shape")
        last = [0, *range(2, value.shape.rank), 1]
        first = [0, value.shape.rank - 1, *range(1, value.shape.rank - 1)]
        return ops.transpose(apply(BiasAdd(), ops.transpose(value, last), bias), first, name=full)


def xw_plus_b(x: TensorLike, weights: TensorLike, biases: TensorLike, name: str | None = None) -> AnyTensor:
    """x (batch, in) times weights (in, out) plus biases (out).

    Result (batch, out), of their type. ShapeError: sizes that do not fit. DTypeError: texts.
    """
    with scope(name, "xw_plus_b", x, weights, biases) as full:
        return bias_add(ops.matmul(x, weights), biases, name=full)


def relu_layer(x: TensorLike, weights: TensorLike, biases: TensorLike, name: str | None = None) -> AnyTensor:
    """relu(x weights + biases): one dense layer.

    x (batch, in), weights (in, out), biases (out); result (batch, out). ShapeError: sizes that do not fit.
    """
    with scope(name, "relu_layer", x, weights, biases) as full:
        return ops.relu(bias_add(ops.matmul(x, weights), biases), name=full)


def zero_fraction(value: TensorLike, name: str | None = None) -> AnyTensor:
    """How large a part of a tensor is exactly zero, as float32: after relu, how many units are silent.

    value: any shape and type; result: ().
    """
    with scope(name, "zero_fraction", value) as full:
        value = convert(value)
        return ops.reduce_mean(ops.cast(ops.equal(value, ops.zeros_like(value)), "float32"), name=full)
