"""How wrong an output is: the cross-entropies, computed from logits so that no log(0) can happen."""

from __future__ import annotations

import math
import warnings
from typing import Any

from deepkit.core.apply import apply, check_same_shape, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, AxisLike, NumberLike, TensorLike
from deepkit.device import cross_entropy
from deepkit.device.arrays import may_look
from deepkit.device.dtypes import accumulator
from deepkit.errors import ArgumentError, DTypeError, GraphWarning, ShapeError
from deepkit.ops.functions import ops

__all__ = [
    "l2_loss", "l2_normalize", "log_poisson_loss", "sigmoid_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits", "softmax_cross_entropy_with_logits_v2",
    "sparse_softmax_cross_entropy_with_logits", "weighted_cross_entropy_with_logits",
]


@register
class SoftmaxCrossEntropy(Op):
    """-sum(labels * log_softmax(logits)) over the last axis. Derivative by the logits: softmax(logits) - labels.

    (That is the derivative where each row of labels sums to 1; TensorFlow uses it always.)
    """

    label = "softmax_cross_entropy_with_logits"
    kinds = "f"

    def shape(self, logits: Shape, labels: Shape) -> Shape:
        if not logits.is_compatible_with(labels):
            raise ShapeError(
                f"softmax_cross_entropy_with_logits: logits {logits} and labels {labels}",
                rule="one row of class probabilities for each row of logits: equal shapes",
                hint="integer class numbers belong to sparse_softmax_cross_entropy_with_logits, "
                "or become rows with one_hot(labels, classes)",
            )
        both = logits.merge(labels)
        return UNKNOWN if both.lengths is None else Shape.of(both.lengths[:-1])

    def forward(self, xp: ArrayModule, logits: Array, labels: Array) -> Any:
        return cross_entropy.dense(xp, logits, labels, gradient=False)[0]

    def gradient(self, dy: AnyTensor, y: AnyTensor, logits: AnyTensor, labels: AnyTensor) -> Any:
        return apply(SoftmaxCrossEntropyGrad(), dy, logits, labels), -ops.expand_dims(dy, -1) * ops.log_softmax(logits)


class CrossEntropyGrad(Op):
    """Base: dy * (softmax(logits) - labels), what a cross-entropy sends back to its logits in one pass. Linear in dy."""

    kinds = "f"

    def shape(self, dy: Shape, logits: Shape, labels: Shape) -> Shape:
        return logits

    def gradient(self, ddz: AnyTensor, dz: AnyTensor, dy: AnyTensor, logits: AnyTensor, labels: AnyTensor) -> Any:
        p, difference = ops.softmax(logits), apply(type(self)(), ops.ones_like(dy), logits, labels)
        column, along = ops.expand_dims(dy, -1), ddz - ops.reduce_sum(ddz * p, -1, keepdims=True)
        return ops.reduce_sum(ddz * difference, -1), column * p * along, None


@register
class SoftmaxCrossEntropyGrad(CrossEntropyGrad):
    """dy * (softmax(logits) - labels) for rows of probabilities."""

    def forward(self, xp: ArrayModule, dy: Array, logits: Array, labels: Array) -> Any:
        return cross_entropy.dense_gradient(xp, dy, logits, labels)

    def gradient(self, ddz: AnyTensor, dz: AnyTensor, dy: AnyTensor, logits: AnyTensor, labels: AnyTensor) -> Any:
        return *super().gradient(ddz, dz, dy, logits, labels)[:2], -ops.expand_dims(dy, -1) * ddz


def softmax_cross_entropy(logits: Any, labels: Any, name: str | None = None) -> Any:
    """The cross-entropy of each row, gradients flowing into logits and labels. Shapes (..., classes) -> (...).

    Labels of another type are cast to that of the logits. The leading axes of both are taken as one list of rows, so
    that labels may have more of them; the result has those of the logits.
    """
    _warn_if_softmax(logits)
    logits = convert(logits, beside=labels)
    labels = convert(labels, beside=logits)
    _refuse_class_numbers(labels, logits)
    labels = ops.cast(labels, logits.dtype)
    if logits.shape.rank == labels.shape.rank is not None or (labels.shape.rank or 2) < 2:
        return apply(SoftmaxCrossEntropy(), logits, labels, name=name)
    with scope(name, "softmax_cross_entropy_with_logits", logits, labels) as full:
        leading = ops.shape(logits)[:-1]
        losses = ops.reshape(apply(SoftmaxCrossEntropy(), _rows(logits), _rows(labels)), leading, name=full)
        if logits.shape.rank is not None and hasattr(losses, "set_shape"):
            losses.set_shape(logits.shape[:-1])
        return losses


def _refuse_class_numbers(labels: Any, logits: Any) -> None:
    """DTypeError for integer labels with fewer axes than the logits: they are no rows."""
    ranks = labels.shape.rank, logits.shape.rank
    if labels.dtype.is_integer and None not in ranks and ranks[0] < ranks[1]:
        raise DTypeError(
            f"softmax_cross_entropy_with_logits: the labels are {labels.dtype.name} of shape {labels.shape}",
            rule="it compares two rows of class probabilities: labels have the shape of the logits",
            hint="class numbers belong to sparse_softmax_cross_entropy_with_logits, or become rows with one_hot(labels, classes)",
        )


def _rows(x: AnyTensor) -> Any:
    """(..., n) as (rows, n)."""
    return ops.reshape(x, ops.concat([[-1], ops.shape(x)[-1:]], 0))


def _warn_if_softmax(logits: Any) -> None:
    node = getattr(logits, "node", None)
    if node is not None and node.op.type == "Softmax":
        warnings.warn(
            "the logits of this cross-entropy went through softmax already; it applies softmax itself, and twice "
            "makes learning slow: pass the layer's output before softmax",
            GraphWarning, stacklevel=4,
        )


def softmax_cross_entropy_with_logits_v2(
    _sentinel: None = None, labels: TensorLike | None = None, logits: TensorLike | None = None, axis: int | None = None,
    name: str | None = None, dim: int | None = None,
) -> AnyTensor:
    """-sum(labels * log softmax(logits)) along `axis`; gradients flow into the labels too.

    labels, logits: (..., classes), float; result: (...), of the logits' type. ShapeError: different shapes. DTypeError: class
    numbers for labels.
    """
    _named_only("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    along = dim if axis is None else axis
    if along is None or along == -1:
        return softmax_cross_entropy(logits, labels, name)
    logits = convert(logits, beside=labels)
    labels = convert(labels, beside=logits)
    order = [i for i in range(len(logits.shape)) if i != along % len(logits.shape)] + [along % len(logits.shape)]
    return softmax_cross_entropy(ops.transpose(logits, order), ops.transpose(labels, order), name)


def softmax_cross_entropy_with_logits(
    _sentinel: None = None, labels: TensorLike | None = None, logits: TensorLike | None = None, dim: int = -1,
    name: str | None = None, axis: int | None = None,
) -> AnyTensor:
    """-sum(labels * log softmax(logits)) along `dim`; the labels count as constants.

    labels, logits: (..., classes), float; result: (...), of the logits' type. ShapeError: different shapes. ArgumentError:
    arguments without their names. DTypeError: class numbers for labels.
    """
    _named_only("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    labels = ops.stop_gradient(convert(labels, beside=logits))
    return softmax_cross_entropy_with_logits_v2(
        labels=labels, logits=logits, axis=dim if axis is None else axis, name=name
    )


def _named_only(function: str, sentinel: Any, *given: Any) -> None:
    if sentinel is not None or any(v is None for v in given):
        raise ArgumentError(f"{function} takes named arguments", hint=f"{function}(labels=..., logits=...)")


@register
class SparseSoftmaxCrossEntropy(Op):
    """-log_softmax(logits)[label] for each row; labels are class numbers."""

    label = "SparseSoftmaxCrossEntropyWithLogits"
    kinds = "f"
    types = ("T", "index")

    def shape(self, logits: Shape, labels: Shape) -> Shape:
        if logits.lengths is not None and not logits[:-1].is_compatible_with(labels):
            raise ShapeError(
                f"sparse_softmax_cross_entropy_with_logits: logits {logits} and labels {labels}",
                rule="logits (..., classes) and labels (...): one class number for each row",
                hint="one-hot rows belong to softmax_cross_entropy_with_logits; a column (n, 1) needs reshape(labels, [-1])",
            )
        return labels if logits.lengths is None else logits[:-1].merge(labels)

    def forward(self, xp: ArrayModule, logits: Array, labels: Array) -> Any:
        check_labels(xp, labels, logits.shape[-1])
        return cross_entropy.sparse(xp, logits, labels, gradient=False)[0]

    def gradient(self, dy: AnyTensor, y: AnyTensor, logits: AnyTensor, labels: AnyTensor) -> Any:
        return apply(SparseSoftmaxCrossEntropyGrad(), dy, logits, labels), None


@register
class SparseSoftmaxCrossEntropyGrad(CrossEntropyGrad):
    """dy * (softmax(logits) - labels) where labels are 1 at each row's class number, 0 elsewhere."""

    types = ("T", "T", "index")

    def forward(self, xp: ArrayModule, dy: Array, logits: Array, labels: Array) -> Any:
        return cross_entropy.sparse_gradient(xp, dy, logits, labels)


def check_labels(xp: ArrayModule, labels: Array, classes: int) -> None:
    """ArgumentError unless all labels are class numbers; on a GPU nobody looks."""
    if may_look(xp) and labels.size and (int(labels.min()) < 0 or int(labels.max()) >= classes):
        bad = labels[(labels < 0) | (labels >= classes)].reshape(-1)[0]
        raise ArgumentError(
            f"label {int(bad)} is out of range for {classes} classes",
            rule=f"labels are the class numbers 0 to {classes - 1}",
            hint="labels that start at 1 need labels - 1; or the last layer needs more units",
        )


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: None = None, labels: TensorLike | None = None, logits: TensorLike | None = None, name: str | None = None
) -> AnyTensor:
    """-log softmax(logits)[label] for each row: logits (..., classes), labels integers (...).

    Result: (...), of the logits' type. ShapeError: other numbers of axes. DTypeError: labels that are no integers.
    ArgumentError: a label outside [0, classes).
    """
    _named_only("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    _warn_if_softmax(logits)
    return apply(SparseSoftmaxCrossEntropy(), logits, labels, name=name)


def sigmoid_cross_entropy_with_logits(
    _sentinel: None = None, labels: TensorLike | None = None, logits: TensorLike | None = None, name: str | None = None
) -> AnyTensor:
    """-z log(sigmoid x) - (1 - z) log(1 - sigmoid x) for each element, as softplus(x) - x z.

    labels z, logits x: one shape, float; result: the same shape. ShapeError: different shapes. ArgumentError: arguments without
    their names.
    """
    _named_only("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with scope(name, "logistic_loss", logits, labels) as full:
        logits = convert(logits, beside=labels)
        labels = convert(labels, logits.dtype, beside=logits)
        check_same_shape("logits and labels", logits, labels)
        return ops.subtract(ops.softplus(logits), logits * labels, name=full)


def weighted_cross_entropy_with_logits(
    labels: TensorLike | None = None, logits: TensorLike | None = None, pos_weight: NumberLike | None = None,
    name: str | None = None, targets: TensorLike | None = None,
) -> AnyTensor:
    """As the sigmoid cross-entropy, with the term of the positive labels multiplied by pos_weight.

    labels, logits: one shape, float; pos_weight: broadcast against it; result: the same shape. ShapeError: different shapes.
    """
    z = targets if labels is None else labels
    with scope(name, "logistic_loss", logits, z) as full:
        x = convert(logits, beside=z)
        z = convert(z, x.dtype, beside=x)
        check_same_shape("logits and targets", x, z)
        weight = 1 + (pos_weight - 1) * z  # type: ignore[operator]
        softplus = ops.log1p(ops.exp(-ops.abs(x))) + ops.relu(-x)  # TensorFlow's gradient at x = 0 is that of this form
        return ops.add((1 - z) * x, weight * softplus, name=full)


@register
class L2Loss(Op):
    """sum(x * x) / 2."""

    kinds = "f"

    def shape(self, x: Shape) -> Shape:
        return Shape(())

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        flat = x.reshape(-1).astype(accumulator(x.dtype), copy=False)
        return xp.asarray(xp.dot(flat, flat) / flat.dtype.type(2), dtype=x.dtype)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy * x


def l2_loss(t: TensorLike, name: str | None = None) -> AnyTensor:
    """sum(t * t) / 2: half the squared Euclidean norm.

    t: any shape, float; result: (), of its type. DTypeError: no float.
    """
    return apply(L2Loss(), t, name=name)


def l2_normalize(
    x: TensorLike, axis: AxisLike = None, epsilon: float = 1e-12, name: str | None = None, dim: AxisLike = None
) -> AnyTensor:
    """x divided by its Euclidean norm along `axis`; a norm below sqrt(epsilon) counts as that.

    x: any shape, float; result: the same shape and type. ShapeError: no such axis. DTypeError: texts.
    """
    along = dim if axis is None else axis
    with scope(name, "l2_normalize", x) as full:
        x = convert(x) if not is_tensor(x) else x
        total = ops.reduce_sum(ops.square(x), along, keepdims=True)
        return ops.multiply(x, ops.rsqrt(ops.maximum(total, epsilon)), name=full)


def log_poisson_loss(
    targets: TensorLike, log_input: TensorLike, compute_full_loss: bool = False, name: str | None = None
) -> AnyTensor:
    """exp(c) - targets c, with c = log_input the logarithm of the expected count: how unlikely a count is (Poisson).

    The full loss adds log(targets!) in Stirling's approximation where targets > 1; it does not depend on c.
    targets, log_input: one shape, float; result: the same shape and type. ShapeError: different shapes. DTypeError: texts.
    """
    with scope(name, "log_poisson_loss", targets, log_input) as full:
        c = convert(log_input, beside=targets)
        z = convert(targets, c.dtype, beside=c)
        check_same_shape("targets and log_input", z, c)
        result = ops.exp(c) - c * z
        if compute_full_loss:
            stirling = z * ops.log(z) - z + 0.5 * ops.log(2 * math.pi * z)
            small = ops.logical_and(z >= 0, z <= 1)
            result = result + ops.where(small, ops.zeros_like(z), stirling)
        return ops.identity(result, name=full)
