"""contrib's normalizations of single examples: over all features, over each channel's image, over groups of channels."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.errors import ArgumentError, ShapeError
from deepkit.layers.normalization import normalize_groups, normalize_within, scale_and_offset
from deepkit.v1 import initializers
from deepkit.v1.contrib.framework import add_arg_scope, model_variable
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of


def _known(inputs: Any, axes: Any, what: str) -> list[int]:
    dims = None if inputs.shape.lengths is None else [inputs.shape.lengths[a] for a in axes]
    if dims is None or None in dims:
        raise ShapeError(
            f"{what} of an input of shape {inputs.shape}", rule="the axes that have parameters are known",
            hint="give the placeholder these dimensions",
        )
    return dims  # type: ignore[return-value]


def _parameters(
    center: bool, scale: bool, shape: Any, dtype: Any, starts: Any, collections: Any, trainable: bool
) -> tuple[Any, Any]:
    """The variables beta and gamma as far as they are wanted, else None."""
    made = {}
    for weight in sorted(scale_and_offset(shape, scale, center)):  # beta is made first
        own = collections.get(weight.name) if isinstance(collections, dict) else collections
        start = (starts or {}).get(weight.name, initializers.get(weight.initial))
        made[weight.name] = model_variable(weight.name, weight.shape, dtype, start, None, trainable, own)
    return made.get("beta"), made.get("gamma")


def _finished(outputs: Any, activation_fn: Any, outputs_collections: Any) -> Any:
    outputs = outputs if activation_fn is None else activation_fn(outputs)
    if outputs_collections:
        default_graph().add_to_collections(outputs_collections, outputs)
    return outputs


@add_arg_scope
def layer_norm(
    inputs: Any, center: bool = True, scale: bool = True, activation_fn: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True,
    begin_norm_axis: int = 1, begin_params_axis: int = -1, scope: Any = None,
) -> Any:
    """Each example has mean 0 and variance 1 over the axes from begin_norm_axis on; then * gamma + beta.

    gamma and beta have the shape of the axes from begin_params_axis on. epsilon is 1e-12 (1e-3 for float16).
    Source: J. Ba et al., 2016 (arXiv 1607.06450).
    """
    inputs = constant_of(inputs)
    rank = inputs.shape.rank
    if rank is None or not (-rank <= begin_norm_axis < rank and -rank <= begin_params_axis < rank):
        raise ArgumentError(
            f"layer_norm of {inputs.shape}: begin_norm_axis={begin_norm_axis}, begin_params_axis={begin_params_axis}",
            rule="axes that the input has",
        )
    kind = inputs.dtype
    with variable_scope(scope, "LayerNorm", [inputs], reuse=reuse):
        shape = _known(inputs, range(begin_params_axis % rank, rank), "layer_norm")
        beta, gamma = _parameters(center, scale, shape, kind, None, variables_collections, trainable)
        epsilon = 1e-3 if kind.size == 2 else 1e-12
        outputs = normalize_within(inputs, list(range(begin_norm_axis % rank, rank)), gamma, beta, epsilon)
        outputs.set_shape(inputs.shape)
        return _finished(outputs, activation_fn, outputs_collections)


@add_arg_scope
def instance_norm(
    inputs: Any, center: bool = True, scale: bool = True, epsilon: float = 1e-6, activation_fn: Any = None,
    param_initializers: Any = None, reuse: Any = None, variables_collections: Any = None, outputs_collections: Any = None,
    trainable: bool = True, data_format: str = "NHWC", scope: Any = None,
) -> Any:
    """Each channel of each image has mean 0 and variance 1; then * gamma + beta, one of each for a channel.

    Source: D. Ulyanov et al., 2016 (arXiv 1607.08022).
    """
    inputs = constant_of(inputs)
    rank = inputs.shape.rank
    if rank is None or data_format not in ("NHWC", "NCHW"):
        raise ArgumentError(f"instance_norm of {inputs.shape}, data_format={data_format!r}", rule="'NHWC' or 'NCHW'")
    axis = 1 if data_format == "NCHW" else rank - 1
    with variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse):
        size = _known(inputs, [axis], "instance_norm")
        beta, gamma = _parameters(
            center, scale, size, inputs.dtype, param_initializers, variables_collections, trainable
        )
        if axis == 1 and rank > 2:
            spread = [1, size[0], *[1] * (rank - 2)]
            beta, gamma = (None if p is None else ops.reshape(p, spread) for p in (beta, gamma))
        outputs = normalize_within(inputs, [a for a in range(1, rank) if a != axis], gamma, beta, epsilon)
        outputs.set_shape(inputs.shape)
        return _finished(outputs, activation_fn, outputs_collections)


@add_arg_scope
def group_norm(
    inputs: Any, groups: int = 32, channels_axis: int = -1, reduction_axes: Any = (-3, -2), center: bool = True,
    scale: bool = True, epsilon: float = 1e-6, activation_fn: Any = None, param_initializers: Any = None,
    reuse: Any = None, variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True,
    scope: Any = None, mean_close_to_zero: bool = False,
) -> Any:
    """Each group of channels has mean 0 and variance 1 over reduction_axes; then * gamma + beta, one for a channel.

    Source: Y. Wu, K. He, ECCV 2018 (arXiv 1803.08494).
    """
    inputs = constant_of(inputs)
    rank = inputs.shape.rank
    if rank is None:
        raise ShapeError("group_norm of an input of unknown rank", hint="give the placeholder a shape")
    axis, reduced = channels_axis % rank, sorted(a % rank for a in reduction_axes)
    (size,) = _known(inputs, [axis], "group_norm")
    if size % groups or axis in reduced:
        raise ArgumentError(
            f"group_norm: {groups} groups of {size} channels, reduction_axes={tuple(reduction_axes)}",
            rule="equal groups of channels, and the channels are no axis that is reduced",
        )
    with variable_scope(scope, "GroupNorm", [inputs], reuse=reuse):
        beta, gamma = _parameters(
            center, scale, [size], inputs.dtype, param_initializers, variables_collections, trainable
        )
        outputs = normalize_groups(inputs, groups, axis, reduced, gamma, beta, epsilon)
        return _finished(outputs, activation_fn, outputs_collections)
