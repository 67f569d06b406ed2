"""Batch normalization as a layer: it learns a scale and an offset and follows the mean and the variance of its input."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.apply import apply
from deepkit.core.op import lookup
from deepkit.core.shape import Shape, normalize_axis
from deepkit.core.static import static_value
from deepkit.device.dtypes import float16, float32, float64
from deepkit.errors import ArgumentError
from deepkit.layers.normalization import batch_moments, batch_norm_weights, normalize, step_to
from deepkit.layers.normalization import unbiased as _unbiased
from deepkit.layers.weights import make_weights
from deepkit.v1 import initializers
from deepkit.v1.layers.base import Layer, known_size

IMAGES = {(4, 1), (4, 3), (5, 1), (5, 4)}  # how many axes, and that of the channels, where TensorFlow has a fused kernel


def moving_update(moving: Any, value: Any, momentum: Any, name: str) -> Any:
    """moving = momentum * moving + (1 - momentum) * value, when it is run."""
    return apply(lookup("AssignSub")(), moving, step_to(moving, value, momentum), name=name)


def normalized(
    x: Any, axis: int, training: Any, moving: tuple[Any, Any], scale: Any, offset: Any, epsilon: float, unbiased: bool
) -> tuple[Any, tuple[Any, Any] | None]:
    """x brought to mean 0 and variance 1 along all axes but `axis`; and what the moving averages should follow.

    training: a bool or a bool tensor. In training mean and variance are those of x, else the moving ones, and there is
    nothing to follow (None, or the moving averages themselves). With `unbiased` the variance that is followed is n / (n -
    1) times that of x, as on graphics cards.
    """
    known = static_value(training)
    if known is None and training.shape.rank is None:  # a placeholder without a shape: it is one bool
        training = ops.reshape(training, [])
    wide = ops.cast(x, float32) if x.dtype is float16 else x
    mean, variance = (m.read() for m in moving)
    follow: tuple[Any, Any] | None = None
    if known is None or known:
        batch_mean, batch_variance = batch_moments(wide, [axis])
        followed = _unbiased(batch_variance, wide) if unbiased else batch_variance
        if known is None:
            follow = ops.where(training, batch_mean, mean), ops.where(training, followed, variance)
            mean, variance = ops.where(training, batch_mean, mean), ops.where(training, batch_variance, variance)
        else:
            follow, mean, variance = (batch_mean, followed), batch_mean, batch_variance
    return ops.cast(normalize(wide, mean, variance, scale, offset, epsilon, [axis]), x.dtype), follow


class BatchNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta for each index of `axis` (-1: the channels).

    In training mean and variance are those of the batch, and the moving averages follow them: moving = momentum *
    moving + (1 - momentum) * batch. These updates are in the collection UPDATE_OPS; the training step must run them.
    Else the moving averages are used. Variables gamma, beta, moving_mean, moving_variance, one number for each channel.
    Source: S. Ioffe, C. Szegedy, ICML 2015.
    """

    def __init__(
        self, axis: Any = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = initializers.zeros, gamma_initializer: Any = initializers.ones,
        moving_mean_initializer: Any = initializers.zeros, moving_variance_initializer: Any = initializers.ones,
        beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
        gamma_constraint: Any = None, renorm: bool = False, renorm_clipping: Any = None, renorm_momentum: float = 0.99,
        fused: bool | None = None, trainable: bool = True, virtual_batch_size: Any = None, adjustment: Any = None,
        name: Any = None, **kwargs: Any,
    ):
        super().__init__(trainable, name, **kwargs)
        if renorm or virtual_batch_size or adjustment:
            raise ArgumentError(
                "batch_normalization with renorm, virtual_batch_size or adjustment",
                rule="the batch is normalized as a whole, by its own mean and variance",
                hint="leave them out; momentum=0.9 helps where batches are few",
            )
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale, self.fused = center, scale, fused
        self.settle(
            beta=(beta_initializer, beta_regularizer, beta_constraint),
            gamma=(gamma_initializer, gamma_regularizer, gamma_constraint),
            moving_mean=(moving_mean_initializer,), moving_variance=(moving_variance_initializer,),
        )
        self.gamma: Any = None
        self.beta: Any = None
        self.moving_mean: Any = None
        self.moving_variance: Any = None

    def build(self, input_shape: Shape) -> None:
        listed = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        if len(listed) != 1:
            raise ArgumentError(f"batch_normalization: axis={self.axis}", rule="one axis, that of the channels")
        size = known_size(self, input_shape, int(listed[0]), "the number of channels")
        self.axis = normalize_axis(int(listed[0]), len(input_shape))
        kind = float32 if self.dtype is float16 else self.dtype
        make_weights(self, batch_norm_weights([size], self.scale, self.center), kind)

    def call(self, inputs: Any, training: Any = False, *args: Any, **kwargs: Any) -> Any:
        # the moving variance of the fused kernel is the unbiased one
        fused = self.fused is not False and self.dtype is not float64 and (len(inputs.shape), self.axis) in IMAGES
        moving = (self.moving_mean, self.moving_variance)
        outputs, follow = normalized(
            inputs, self.axis, training, moving, self.gamma, self.beta, self.epsilon, unbiased=fused
        )
        if follow is not None:
            self.add_update(
                [moving_update(m, v, self.momentum, "AssignMovingAvg") for m, v in zip(moving, follow, strict=True)]
            )
        return outputs


def batch_normalization(
    inputs: Any, axis: Any = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
    beta_initializer: Any = initializers.zeros, gamma_initializer: Any = initializers.ones,
    moving_mean_initializer: Any = initializers.zeros, moving_variance_initializer: Any = initializers.ones,
    beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
    gamma_constraint: Any = None, training: Any = False, trainable: bool = True, name: Any = None, reuse: Any = None,
    renorm: bool = False, renorm_clipping: Any = None, renorm_momentum: float = 0.99, fused: bool | None = None,
    virtual_batch_size: Any = None, adjustment: Any = None,
) -> Any:
    """Batch normalization; `training` is a bool or a placeholder. The updates of the moving averages have to be run:

    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train_op = optimizer.minimize(loss)
    """
    return BatchNormalization(
        axis, momentum, epsilon, center, scale, beta_initializer, gamma_initializer, moving_mean_initializer,
        moving_variance_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint, renorm,
        renorm_clipping, renorm_momentum, fused, trainable, virtual_batch_size, adjustment, name, _scope=name,
        _reuse=reuse,
    )(inputs, training=training)
