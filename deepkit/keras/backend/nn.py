"""Activations, cross-entropies, dropout and normalization, under Keras' names."""

from __future__ import annotations

import warnings
from typing import Any

from deepkit import ops
from deepkit.errors import GraphWarning, ShapeError
from deepkit.keras.backend.config import epsilon
from deepkit.keras.backend.creation import draw_seed
from deepkit.keras.backend.tensors import int_shape, lengths, ndim, rank, tensor
from deepkit.layers import dropout as _layers
from deepkit.ops import hard_sigmoid, sigmoid, softplus, softsign
from deepkit.ops.math.elementwise import tanh

__all__ = [
    "batch_normalization", "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
    "categorical_focal_crossentropy", "dropout", "elu", "hard_sigmoid",
    "in_top_k", "l2_normalize", "normalize_batch_in_training", "relu", "sigmoid", "softmax", "softplus", "softsign",
    "sparse_categorical_crossentropy", "tanh",
]


# ---- activations


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """max(x, 0); in general: max_value where x >= max_value, x above the threshold, alpha (x - threshold) below it.

    >>> relu([-1.0, 0.5, 9.0], alpha=0.1, max_value=6.0).numpy().tolist()
    [-0.10000000149011612, 0.5, 6.0]
    """
    x = tensor(x)
    if alpha and max_value is None and not threshold:
        return ops.leaky_relu(x, alpha)
    below = ops.relu(threshold - x) if alpha else None  # how far x lies below the threshold
    y = x * ops.cast(x > threshold, x.dtype) if threshold else ops.relu6(x) if max_value == 6 else ops.relu(x)
    if max_value is not None and (threshold or max_value != 6):
        y = ops.clip_by_value(y, 0.0, max_value)
    return y if below is None else y - alpha * below


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha (exp(x) - 1)."""
    x = tensor(x)
    y = ops.elu(x)
    return y if alpha == 1 else ops.where(x > 0, y, alpha * y)


def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis (or several): positive numbers that add up to 1."""
    x = tensor(x)
    if rank(x) < 2:
        raise ShapeError(
            f"softmax of a tensor of shape {x.shape}", rule="at least two axes: (batch, classes)",
            hint="expand_dims(x, 0) makes a batch of one",
        )
    if isinstance(axis, int):
        return ops.softmax(x, axis)
    return ops.exp(x - ops.reduce_logsumexp(x, axis, keepdims=True))


# ---- cross-entropies


def _logits(output: Any, from_logits: bool, op: str, function: str) -> tuple[Any, bool]:
    """(output, whether these are logits): of the output of a softmax or sigmoid, what went into it.

    The cross-entropy of the logits is exact where a probability is too close to 0 or 1 for its logarithm.
    """
    node = getattr(output, "node", None)
    if node is None or node.op.type != op:
        return output, from_logits
    if from_logits:
        warnings.warn(
            f"{function} was told from_logits=True, but its output comes from {op.lower()}: these are probabilities, "
            f"no logits. Leave from_logits=True out, or the activation {op.lower()!r} of the last layer",
            GraphWarning, stacklevel=4,
        )
    return node.inputs[0], True


def _clipped(probabilities: Any) -> Any:
    return ops.clip_by_value(probabilities, epsilon(), 1.0 - epsilon())


def _same_shape(function: str, target: Any, output: Any) -> None:
    if not target.shape.is_compatible_with(output.shape):
        raise ShapeError(
            f"{function}: target {target.shape} and output {output.shape}",
            rule="one target for each output: equal shapes",
        )


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-sum(target * log(output)) along `axis`: target and output are class probabilities of one shape.

    The output is scaled so that it adds up to 1. With from_logits, or where it comes from softmax, logits are used.
    """
    target, output = tensor(target, beside=output), tensor(output, beside=target)
    _same_shape("categorical_crossentropy", target, output)
    output, from_logits = _logits(output, from_logits, "Softmax", "categorical_crossentropy")
    if from_logits:
        return ops.softmax_cross_entropy_with_logits_v2(labels=target, logits=output, axis=axis)
    output = _clipped(output / ops.reduce_sum(output, axis, keepdims=True))
    return -ops.reduce_sum(target * ops.log(output), axis)


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Any:
    """-log(output[target]) for each example: target holds class numbers, output (..., classes) their probabilities.

    Examples of the class `ignore_class` count 0. The target may have a last axis of length 1.
    """
    target, output = tensor(target), tensor(output)
    target = ops.cast(target, "int64")
    output, from_logits = _logits(output, from_logits, "Softmax", "sparse_categorical_crossentropy")
    if not from_logits:
        output = ops.log(_clipped(output))
    output = _with_last(output, axis)
    axes, rows = rank(output), lengths(output)
    other = ndim(target) is not None and ndim(target) != axes - 1
    if other:
        target, output = ops.reshape(target, [-1]), ops.reshape(output, [-1, rows[-1]])
    valid = None if ignore_class is None else ops.not_equal(target, ignore_class)
    if valid is not None:
        target = ops.where(valid, target, ops.zeros_like(target))
    result = ops.sparse_softmax_cross_entropy_with_logits(labels=target, logits=output)
    if valid is not None:
        result = ops.where(valid, result, ops.zeros_like(result))
    return ops.reshape(result, rows[:-1]) if other and axes >= 3 else result


def _with_last(x: Any, axis: int) -> Any:
    """x with that axis as its last one."""
    axes = rank(x)
    if axis % axes == axes - 1:
        return x
    return ops.transpose(x, [i for i in range(axes) if i != axis % axes] + [axis % axes])


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """-target log(output) - (1 - target) log(1 - output) for each number: output is the probability of a 1.

    With from_logits, or where the output comes from sigmoid, logits are used.
    """
    target, output = tensor(target, beside=output), tensor(output, beside=target)
    output, from_logits = _logits(output, from_logits, "Sigmoid", "binary_crossentropy")
    if from_logits:
        return ops.sigmoid_cross_entropy_with_logits(labels=target, logits=output)
    output = _clipped(output)
    return -(target * ops.log(output + epsilon()) + (1 - target) * ops.log(1 - output + epsilon()))


def binary_focal_crossentropy(
    target: Any, output: Any, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0,
    from_logits: bool = False,
) -> Any:
    """binary_crossentropy times (1 - p)^gamma, where p is the probability of the right answer.

    apply_class_balancing: ones count alpha times, zeros 1 - alpha times. Source: T.-Y. Lin et al., ICCV 2017.
    """
    target, output = tensor(target, beside=output), tensor(output, beside=target)
    p = sigmoid(output) if from_logits else output
    right = target * p + (1 - target) * (1 - p)
    loss = ops.pow(1.0 - right, gamma) * binary_crossentropy(target, output, from_logits)
    return (target * alpha + (1 - target) * (1 - alpha)) * loss if apply_class_balancing else loss


def categorical_focal_crossentropy(
    target: Any, output: Any, alpha: Any = 0.25, gamma: float = 2.0, from_logits: bool = False, axis: int = -1
) -> Any:
    """categorical_crossentropy, each class weighted by alpha (1 - its probability)^gamma."""
    target, output = tensor(target, beside=output), tensor(output, beside=target)
    _same_shape("categorical_focal_crossentropy", target, output)
    logits, from_logits = _logits(output, from_logits, "Softmax", "categorical_focal_crossentropy")
    p = ops.softmax(logits, axis) if from_logits else output
    p = _clipped(p / ops.reduce_sum(p, axis, keepdims=True))
    return ops.reduce_sum(ops.pow(1.0 - p, gamma) * alpha * -target * ops.log(p), axis)


# ---- dropout and normalization


def dropout(x: Any, level: float, noise_shape: Any = None, seed: int | None = None) -> Any:
    """Sets numbers to 0 with probability `level` and divides the others by 1 - level.

    noise_shape: the shape of the random mask, 1 along the axes where numbers stay or go together.
    """
    return _layers.dropout(tensor(x), level, noise_shape, draw_seed(seed))


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """x divided by its Euclidean norm along `axis`."""
    return ops.l2_normalize(x, axis)


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """For each row: is the target (a class number) among the k largest predictions?"""
    return ops.in_top_k(predictions, targets, k)


def _channels(x: Any, axis: int) -> str | None:
    """The data format of images whose channels are `axis`; None if x are no images, or it is another axis."""
    return {3: "NHWC", 1: "NCHW"}.get(axis % 4) if rank(x) == 4 else None


def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """gamma (x - mean) / sqrt(var + epsilon) + beta; beta and gamma may be None."""
    x = tensor(x, beside=mean)
    layout = _channels(x, axis)
    if layout is None:
        return ops.batch_normalization(x, mean, var, beta, gamma, epsilon)
    mean, var = ops.reshape(mean, [-1]), ops.reshape(var, [-1])
    beta = ops.zeros_like(mean) if beta is None else ops.reshape(beta, [-1])
    gamma = ops.ones_like(mean) if gamma is None else ops.reshape(gamma, [-1])
    return ops.fused_batch_norm(x, gamma, beta, mean, var, epsilon, layout, is_training=False)[0]


def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Any, epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """(normalized x, mean, variance): batch normalization with the mean and variance of x over reduction_axes.

    gamma and beta have the shape of the other axes, or are None. For images the variance returned is that over
    n - 1, which the moving average of a layer follows.
    """
    x = tensor(x, beside=gamma)
    axes = sorted(int(a) % rank(x) for a in reduction_axes)
    others = [i for i in range(rank(x)) if i not in axes]
    layout = _channels(x, others[0]) if len(others) == 1 else None
    if layout is not None:
        return _normalized_images(x, gamma, beta, (int_shape(x) or ())[others[0]], epsilon, layout)
    mean, variance = ops.moments(x, axes)
    wide = [1 if i in axes else n for i, n in enumerate(lengths(x))]
    m, v = ops.reshape(mean, wide), ops.reshape(variance, wide)
    b, g = (None if t is None else ops.reshape(t, wide) for t in (beta, gamma))
    return ops.batch_normalization(x, m, v, b, g, epsilon), mean, variance


def _normalized_images(x: Any, gamma: Any, beta: Any, channels: Any, epsilon: float, layout: str) -> tuple[Any, Any, Any]:
    scale = ops.ones([channels], x.dtype) if gamma is None else gamma
    offset = ops.zeros([channels], x.dtype) if beta is None else beta
    return ops.fused_batch_norm(x, scale, offset, epsilon=epsilon, data_format=layout)
