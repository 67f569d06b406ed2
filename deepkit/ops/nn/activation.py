"""The non-linear functions of neural networks, and softmax."""

from __future__ import annotations

import math
from typing import Any

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape, normalize_axis, whole
from deepkit.core.typing import AnyTensor, Array, ArrayModule, AxisLike, TensorLike
from deepkit.device import activations, cross_entropy
from deepkit.device.dtypes import accumulator
from deepkit.ops.define import Elementwise, unary
from deepkit.ops.functions import ops

__all__ = [
    "crelu", "elu", "gelu", "hard_sigmoid", "leaky_relu", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu",
    "sigmoid", "softmax", "softplus", "softsign", "swish",
]

SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


class Activation(Elementwise):
    """Base: one float tensor in, one of the same shape out."""

    kinds = "f"


@register
class Relu(Activation):
    """max(x, 0). The derivative at 0 is taken as 0."""

    kinds = "if"
    takes_out = True

    def forward(self, xp: ArrayModule, x: Array, out: Array = None) -> Any:
        return xp.maximum(x, x.dtype.type(0), out=out)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(ReluGrad(), dy, y)


@register
class ReluGrad(Activation):
    """dy where y > 0, else 0."""

    takes_out = True

    def forward(self, xp: ArrayModule, dy: Array, y: Array, out: Array = None) -> Any:
        return activations.relu_gradient(xp, dy, y, out)

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, y: AnyTensor) -> Any:
        return apply(ReluGrad(), ddx, y), ops.zeros_like(y)  # zeros, not None, as in TensorFlow


@register
class Relu6(Activation):
    """min(max(x, 0), 6)."""

    kinds = "if"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.minimum(xp.maximum(x, x.dtype.type(0)), x.dtype.type(6))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(ReluGrad(), apply(ReluGrad(), dy, y), 6 - y)  # whose derivative by x is zeros, as Relu's


@register
class LeakyRelu(Activation):
    """x where x > 0, else alpha x. Source: A. Maas et al., ICML 2013."""

    alpha: float = 0.2

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.where(x > 0, x, x * x.dtype.type(self.alpha))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(LeakyReluGrad(alpha=self.alpha), dy, x)


@register
class LeakyReluGrad(Activation):
    """dy where x > 0, else alpha dy."""

    alpha: float = 0.2
    takes_out = True

    def forward(self, xp: ArrayModule, dy: Array, x: Array, out: Array = None) -> Any:
        return activations.leaky_relu_gradient(xp, dy, x, self.alpha, out)

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, x: AnyTensor) -> Any:
        return apply(LeakyReluGrad(alpha=self.alpha), ddx, x), ops.zeros_like(x)


@register
class Elu(Activation):
    """x where x > 0, else exp(x) - 1. Source: D.-A. Clevert et al., ICLR 2016."""

    takes_out = True

    def forward(self, xp: ArrayModule, x: Array, out: Array = None) -> Any:
        return activations.elu(xp, x, out)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(EluGrad(), dy, y)


@register
class EluGrad(Activation):
    """dy (y + 1) where y = elu(x) < 0, else dy."""

    takes_out = True

    def forward(self, xp: ArrayModule, dy: Array, y: Array, out: Array = None) -> Any:
        return activations.elu_gradient(xp, dy, y, out)

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, y: AnyTensor) -> Any:
        return apply(EluGrad(), ddx, y), ops.where(y < 0, ddx * dy, ops.zeros_like(y))


@register
class Selu(Activation):
    """scale * (x where x > 0, else alpha (exp(x) - 1)). Source: G. Klambauer et al., NIPS 2017."""

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        scale, alpha = x.dtype.type(SELU_SCALE), x.dtype.type(SELU_ALPHA)
        return scale * xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, x.dtype.type(0))))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return ops.where(y < 0, dy * (y + SELU_SCALE * SELU_ALPHA), dy * SELU_SCALE)


@register
class Sigmoid(Activation):
    """1 / (1 + exp(-x)), computed from exp(-|x|) so that nothing overflows."""

    takes_out = True

    def forward(self, xp: ArrayModule, x: Array, out: Array = None) -> Any:
        return activations.sigmoid(xp, x, out)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * y * (1 - y)


@register
class Softplus(Activation):
    """log(1 + exp(x)), which tends to 0 on the left and to x on the right."""

    takes_out = True

    def forward(self, xp: ArrayModule, x: Array, out: Array = None) -> Any:
        return activations.softplus(xp, x, out)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * sigmoid(x)


@register
class Softsign(Activation):
    """x / (1 + |x|)."""

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return x / (1 + xp.abs(x))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy / ops.square(1 + ops.abs(x))


class Normalized(Op):
    """Base of softmax and its logarithm along `axis`."""

    axis: int = -1
    kinds = "f"

    def shape(self, x: Shape) -> Shape:
        if x.rank is not None:
            normalize_axis(self.axis, x.rank)
        return x


@register
class Softmax(Normalized):
    """exp(x) / sum(exp(x)) along an axis; the largest x is subtracted first, which changes nothing but overflow."""

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return cross_entropy.softmax(xp, x, self.axis) if x.size else x.copy()

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return (dy - ops.reduce_sum(dy * y, self.axis, keepdims=True)) * y


@register
class LogSoftmax(Normalized):
    """x - log(sum(exp(x))) along an axis."""

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        if not x.size:
            return x.copy()
        shifted = (x - x.max(axis=self.axis, keepdims=True)).astype(accumulator(x.dtype), copy=False)
        return (shifted - xp.log(xp.exp(shifted).sum(axis=self.axis, keepdims=True))).astype(x.dtype, copy=False)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy - ops.exp(y) * ops.reduce_sum(dy, self.axis, keepdims=True)


relu = unary(Relu, "relu")
relu6 = unary(Relu6, "relu6")
elu = unary(Elu, "elu")
selu = unary(Selu, "selu")
sigmoid = unary(Sigmoid, "sigmoid")
softplus = unary(Softplus, "softplus")
softsign = unary(Softsign, "softsign")


def leaky_relu(features: TensorLike, alpha: float = 0.2, name: str | None = None) -> AnyTensor:
    """x where x > 0, else alpha x.

    features: any shape; result: the same shape and type, float32 for integers. Source: A. Maas et al., ICML 2013.
    DTypeError: texts.
    """
    x = convert(features)
    return apply(LeakyRelu(alpha=float(alpha)), ops.cast(x, "float32") if x.dtype.is_integer else x, name=name)


def log_sigmoid(x: TensorLike, name: str | None = None) -> AnyTensor:
    """log(sigmoid(x)), exact also where sigmoid is almost 0.

    x: any shape, float; result: the same shape and type. DTypeError: no float.
    """
    with scope(name, "LogSigmoid", x) as full:
        return ops.negative(softplus(-x if is_tensor(x) else ops.negative(x)), name=full)


def hard_sigmoid(x: TensorLike, name: str | None = None) -> AnyTensor:
    """0.2 x + 0.5 limited to [0, 1]: a sigmoid made of three straight lines.

    x: any shape, float; result: the same shape and type. DTypeError: no float.
    """
    with scope(name, "HardSigmoid", x) as full:
        return ops.clip_by_value(ops.multiply(x, 0.2) + 0.5, 0.0, 1.0, name=full)


def swish(features: TensorLike, beta: float = 1.0, name: str | None = None) -> AnyTensor:
    """x sigmoid(beta x). Source: P. Ramachandran et al., Searching for activation functions, 2017.

    features: any shape, float; result: the same shape and type. DTypeError: no float.
    """
    with scope(name, "swish", features) as full:
        x = convert(features)
        return ops.multiply(x, sigmoid(x if beta == 1.0 else x * beta), name=full)


def mish(x: TensorLike, name: str | None = None) -> AnyTensor:
    """x tanh(softplus(x)). Source: D. Misra, BMVC 2020.

    x: any shape, float; result: the same shape and type. DTypeError: no float.
    """
    with scope(name, "mish", x) as full:
        x = convert(x)
        return ops.multiply(x, ops.tanh(softplus(x)), name=full)


def gelu(features: TensorLike, approximate: bool = False, name: str | None = None) -> AnyTensor:
    """x P(X <= x) for a standard normal X: x (1 + erf(x / sqrt 2)) / 2, or an approximation by tanh.

    Source: D. Hendrycks, K. Gimpel, Gaussian error linear units, 2016.
    features: any shape, float; result: the same shape and type. DTypeError: no float.
    """
    with scope(name, "gelu", features) as full:
        x = convert(features)
        inner = (
            ops.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * ops.pow(x, 3.0)))
            if approximate
            else ops.erf(x / math.sqrt(2))
        )
        return ops.multiply(x * 0.5, 1.0 + inner, name=full)


def crelu(features: TensorLike, name: str | None = None, axis: int = -1) -> AnyTensor:
    """relu(x) and relu(-x) side by side along `axis`: twice as many channels. Source: W. Shang et al., ICML 2016.

    features: any shape, a number; result: features' shape with axis `axis` twice as long, of its type. ShapeError: no such
    axis. DTypeError: texts.
    """
    with scope(name, "CRelu", features) as full:
        x = convert(features)
        return relu(ops.concat([x, -x], axis), name=full)


def softmax(logits: TensorLike, axis: AxisLike = None, name: str | None = None, dim: AxisLike = None) -> AnyTensor:
    """exp(x) / sum(exp(x)) along `axis` (the last one): positive numbers that add up to 1.

    logits: any shape but (), float; result: the same shape and type. ShapeError: no such axis. DTypeError: no float.

    >>> import deepkit as dk
    >>> dk.softmax([1.0, 1.0]).numpy().tolist()
    [0.5, 0.5]
    """
    return apply(Softmax(axis=_axis(axis, dim)), logits, name=name)


def log_softmax(logits: TensorLike, axis: AxisLike = None, name: str | None = None, dim: AxisLike = None) -> AnyTensor:
    """The logarithm of softmax, exact also where softmax is almost 0.

    logits: any shape but (), float; result: the same shape and type. ShapeError: no such axis. DTypeError: no float.
    """
    return apply(LogSoftmax(axis=_axis(axis, dim)), logits, name=name)


def _axis(axis: Any, dim: Any) -> int:
    chosen = dim if axis is None else axis
    return -1 if chosen is None else whole(chosen)
