"""Layers that bring numbers to mean 0 and variance 1: over the batch, or within each example."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import backend
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, settle
from deepkit.layers.normalization import (
    batch_moments,
    batch_norm_weights,
    normalize,
    normalize_within,
    scale_and_offset,
    step_to,
    unbiased,
)
from deepkit.layers.weights import make_weights

__all__ = ["BatchNormalization", "LayerNormalization"]

_GAMMA_BETA = (
    "epsilon", "center", "scale", "beta_initializer", "gamma_initializer", "beta_regularizer", "gamma_regularizer",
    "beta_constraint", "gamma_constraint",
)


class _Normalization(Layer):
    """Base: an optional trained factor gamma and offset beta for each index along `axis` (one axis or several)."""

    def __init__(
        self, axis: Any, epsilon: float, center: bool, scale: bool, beta_initializer: Any, gamma_initializer: Any,
        beta_regularizer: Any, gamma_regularizer: Any, beta_constraint: Any, gamma_constraint: Any, **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not isinstance(axis, int) and not (
            isinstance(axis, (list, tuple)) and all(isinstance(a, int) for a in axis)
        ):
            raise ArgumentError(
                f"{type(self).__name__}: axis={axis!r}", rule="the number of an axis, or a list of them"
            )
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon, self.center, self.scale = epsilon, center, scale
        settle(
            self, beta=(beta_initializer, beta_regularizer, beta_constraint),
            gamma=(gamma_initializer, gamma_regularizer, gamma_constraint),
        )
        self.gamma: Any = None
        self.beta: Any = None
        self.supports_masking = True

    def take_axes(self, input_shape: Any) -> list[int]:
        """`axis` as a list of numbers that are not negative."""
        rank = len(input_shape)
        listed = [self.axis] if isinstance(self.axis, int) else self.axis
        if any(not -rank <= a < rank for a in listed) or len({a % rank for a in listed}) < len(listed):
            raise ArgumentError(
                f"layer {self.name!r} ({type(self).__name__}): axis={self.axis} for an input of shape {tuple(input_shape)}",
                rule=f"different axes between {-rank} and {rank - 1}", hint="axis=-1: the features or channels",
            )
        self.axis = [a % rank for a in listed]
        if any(input_shape[a] is None for a in self.axis):
            raise ShapeError(
                f"layer {self.name!r}: the length of axis {self.axis} of an input of shape {tuple(input_shape)} is not known",
                rule="gamma and beta have a number for each index of these axes",
            )
        return self.axis

    @property
    def _axes(self) -> list[int]:
        return self.axis if isinstance(self.axis, list) else [self.axis]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "axis", *_GAMMA_BETA)}


class BatchNormalization(_Normalization):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta for each index of `axis` (-1: the features or channels).

    While training mean and variance are those of the batch, and moving averages follow them: moving = momentum * moving
    + (1 - momentum) * batch. Otherwise, and while the layer is frozen, the moving averages are used: a model's steps go
    by what compile saw, K.function by the first call. (Keras 2.3.1 and TensorFlow 1.15 normalize by the batch even where
    the layer is frozen, and let the averages stand: dialects.py.) For images and volumes the
    moving variance follows that over n - 1, as TensorFlow's fused kernel computes it; in Keras 2.3.1 it follows
    n / (n - 1 - epsilon) times what was computed. Where a mask leaves out examples, they count in neither mean nor variance.
    Source: S. Ioffe, C. Szegedy, ICML 2015.
    """

    frozen_uses_averages = True
    fused_layouts = ("NHWC", "NCHW", "NDHWC", "NCDHW")
    follows_larger_variance = False
    knows_masks = True

    def __init__(
        self, axis: Any = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones", beta_regularizer: Any = None, gamma_regularizer: Any = None,
        beta_constraint: Any = None, gamma_constraint: Any = None, fused: bool | None = None, **kwargs: Any,
    ):
        super().__init__(
            axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer,
            beta_constraint, gamma_constraint, **kwargs,
        )
        self.momentum, self.fused = momentum, fused
        settle(self, moving_mean=(moving_mean_initializer,), moving_variance=(moving_variance_initializer,))
        self.moving_mean: Any = None
        self.moving_variance: Any = None
        self.image_layout: str | None = None

    def build(self, input_shape: Any) -> None:
        rank, axes = len(input_shape), self.take_axes(input_shape)
        layouts = {(4, 3): "NHWC", (4, 1): "NCHW", (5, 4): "NDHWC", (5, 1): "NCDHW"}
        if len(axes) == 1 and self.fused is not False and self.dtype != "float64":
            layout = layouts.get((rank, axes[0]))
            self.image_layout = layout if layout in self.fused_layouts else None
        one = len(axes) == 1
        shape = (input_shape[axes[0]],) if one else tuple(n if i in axes else 1 for i, n in enumerate(input_shape))
        kind = "float32" if self.dtype == "float16" else self.dtype
        make_weights(self, batch_norm_weights(shape, self.scale, self.center), kind)
        self.input_spec = InputSpec(ndim=rank, axes={a: input_shape[a] for a in axes})
        super().build(input_shape)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if isinstance(inputs, Symbol) and (is_tensor(training) or training):
            return self._for_either_phase(inputs, training, mask)
        trains = training and (self.trainable or not self.frozen_uses_averages)
        return self._by_batch(inputs, mask) if trains else self._by_averages(inputs)

    def _for_either_phase(self, inputs: Any, training: Any, mask: Any) -> Any:
        """Both results, of which the phase chooses one when the graph runs; in a test the averages stay."""
        thawed = self.trains_in_graph(inputs) if self.frozen_uses_averages else True
        phase = ops.logical_and(ops.cast(training, "bool"), thawed)
        trained, mean, variance = self._normalized(inputs, mask)
        self._follow(inputs, mean, variance, phase)
        return backend.in_train_phase(trained, self._by_averages(inputs), phase)

    def _by_batch(self, inputs: Any, mask: Any) -> Any:
        outputs, mean, variance = self._normalized(inputs, mask)
        if self.trainable:
            self._follow(inputs, mean, variance)
        return outputs

    def _normalized(self, inputs: Any, mask: Any) -> tuple[Any, Any, Any]:
        """(inputs normalized by their own mean and variance, what the moving averages follow: mean, variance)."""
        if self.image_layout is not None:
            gamma, beta = self._gamma_and_beta()
            return ops.fused_batch_norm(inputs, gamma, beta, epsilon=self.epsilon, data_format=self.image_layout)
        wide = ops.cast(inputs, self.moving_mean.dtype)
        mean, variance = batch_moments(wide, self._axes, mask if self.knows_masks else None, keepdims=len(self._axes) > 1)
        return self._scaled(inputs, mean, variance), mean, variance

    def _by_averages(self, inputs: Any) -> Any:
        if self.image_layout is None:
            return self._scaled(inputs, self.moving_mean, self.moving_variance)
        gamma, beta = self._gamma_and_beta()
        return ops.fused_batch_norm(
            inputs, gamma, beta, self.moving_mean, self.moving_variance, self.epsilon, self.image_layout,
            is_training=False,
        )[0]

    def _gamma_and_beta(self) -> tuple[Any, Any]:
        mean = self.moving_mean
        return (
            ops.ones_like(mean) if self.gamma is None else self.gamma,
            ops.zeros_like(mean) if self.beta is None else self.beta,
        )

    def _scaled(self, inputs: Any, mean: Any, variance: Any) -> Any:
        wide = ops.cast(inputs, self.moving_mean.dtype)
        outputs = normalize(wide, mean, variance, self.gamma, self.beta, self.epsilon, self._axes)
        return ops.cast(outputs, inputs.dtype)

    def _follow(self, inputs: Any, mean: Any, variance: Any, when: Any = True) -> None:
        if self.follows_larger_variance:
            variance = unbiased(variance, inputs, 1.0 + self.epsilon)
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            before = moving.read()
            after = before - step_to(before, value, self.momentum)
            self.add_update(moving.assign(backend.in_train_phase(after, before, when)))

    def get_config(self) -> dict[str, Any]:
        own = ("momentum", "moving_mean_initializer", "moving_variance_initializer")
        return {**super().get_config(), **described(self, *own)}


class LayerNormalization(_Normalization):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta, with the mean and variance of each example over `axis`.

    Source: J. Ba et al., 2016 (arXiv 1607.06450).
    """

    def __init__(
        self, axis: Any = -1, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", beta_regularizer: Any = None,
        gamma_regularizer: Any = None, beta_constraint: Any = None, gamma_constraint: Any = None, **kwargs: Any,
    ):
        super().__init__(
            axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer,
            beta_constraint, gamma_constraint, **kwargs,
        )

    def build(self, input_shape: Any) -> None:
        axes = self.take_axes(input_shape)
        make_weights(self, scale_and_offset([input_shape[a] for a in axes], self.scale, self.center))
        self._spread = [n if a in axes else 1 for a, n in enumerate(input_shape)]
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        gamma, beta = (None if t is None else ops.reshape(t, self._spread) for t in (self.gamma, self.beta))
        return normalize_within(inputs, self._axes, gamma, beta, self.epsilon)
