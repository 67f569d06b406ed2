"""`tf.contrib.layers.batch_norm`: batch normalization that by default learns an offset, but no scale."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.shape import Shape
from deepkit.device.dtypes import float16, float32
from deepkit.errors import ArgumentError, ShapeError
from deepkit.layers.normalization import batch_norm_weights
from deepkit.layers.weights import Declared
from deepkit.v1 import initializers
from deepkit.v1.contrib.framework import add_arg_scope, model_variable
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.layers.normalization import moving_update, normalized


def _channels(shape: Shape, data_format: str) -> tuple[int, int]:
    """The axis of the channels, and how many there are."""
    if shape.rank is None or shape.rank < 2:
        raise ShapeError(f"batch_norm of an input of shape {shape}", rule="(batch, ..., channels)")
    axis = 1 if data_format.startswith("NC") and shape.rank > 2 else shape.rank - 1
    size = shape.as_list()[axis]
    if size is None:
        raise ShapeError(
            f"batch_norm of an input of shape {shape}", rule="the number of channels is known",
            hint="give the placeholder that dimension",
        )
    return axis, size


def _after(updates: list[Any], outputs: Any, collections: Any) -> Any:
    """Outputs that wait for the updates; or, with collections, the outputs as they are and the updates put into these."""
    if collections is None:
        with default_graph().control_dependencies(updates):
            return ops.identity(outputs)
    for update in updates:
        default_graph().add_to_collections(collections, update)
    return outputs


@add_arg_scope
def batch_norm(
    inputs: Any, decay: float = 0.999, center: bool = True, scale: bool = False, epsilon: float = 0.001,
    activation_fn: Any = None, param_initializers: Any = None, param_regularizers: Any = None,
    updates_collections: Any = GraphKeys.UPDATE_OPS, is_training: Any = True, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True, batch_weights: Any = None,
    fused: bool | None = None, data_format: str = "NHWC", zero_debias_moving_mean: bool = False, scope: Any = None,
    renorm: bool = False, renorm_clipping: Any = None, renorm_decay: float = 0.99, adjustment: Any = None,
) -> Any:
    """(x - mean) / sqrt(variance + epsilon) + beta, times gamma before if `scale`; is_training may be a tensor.

    The moving averages (decay 0.999; 0.9 learns faster from few batches) follow when the ops in the collection
    UPDATE_OPS are run; with updates_collections=None they follow whenever the output is computed in training.
    Source: S. Ioffe, C. Szegedy, ICML 2015.
    """
    if any((batch_weights is not None, renorm, adjustment is not None, zero_debias_moving_mean)):
        raise ArgumentError(
            "batch_norm with batch_weights, renorm, adjustment or zero_debias_moving_mean",
            rule="the batch is normalized by its own mean and variance, all examples alike", hint="leave them out",
        )
    inputs = constant_of(inputs)
    axis, size = _channels(inputs.shape, data_format)
    kind = float32 if inputs.dtype is float16 else inputs.dtype
    starts, penalties = param_initializers or {}, param_regularizers or {}

    def made(weight: Declared) -> Any:
        own = variables_collections
        own = own.get(weight.name) if isinstance(own, dict) else own
        start = starts.get(weight.name, initializers.get(weight.initial))
        learned = trainable and weight.trained
        return model_variable(weight.name, weight.shape, kind, start, penalties.get(weight.name), learned, own)

    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse):
        variables = {w.name: made(w) for w in sorted(batch_norm_weights([size], scale, center))}  # beta is made first
        moving = variables["moving_mean"], variables["moving_variance"]
        unbiased = inputs.shape.rank in (2, 4) and fused is not False  # as TensorFlow's fused kernel
        gamma, beta = variables.get("gamma"), variables.get("beta")
        outputs, follow = normalized(inputs, axis, is_training, moving, gamma, beta, epsilon, unbiased)
        if follow is not None:
            updates = [moving_update(m, v, decay, "AssignMovingAvg") for m, v in zip(moving, follow, strict=True)]
            outputs = _after(updates, outputs, updates_collections)
        outputs = outputs if activation_fn is None else activation_fn(outputs)
        if outputs_collections:
            default_graph().add_to_collections(outputs_collections, outputs)
        return outputs
