"""`tf.contrib.layers`: layers as functions with variables `weights` and `biases`, relu by default, and regularizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.errors import ShapeError, check_choice
from deepkit.v1 import initializers as _initializers
from deepkit.v1 import nn
from deepkit.v1.contrib.framework import add_arg_scope, add_model_variable
from deepkit.v1.contrib.layers._batch_norm import batch_norm
from deepkit.v1.contrib.layers._columns import (
    bucketized_column,
    crossed_column,
    embedding_column,
    one_hot_column,
    real_valued_column,
    sparse_column_with_hash_bucket,
    sparse_column_with_integerized_feature,
    sparse_column_with_keys,
)
from deepkit.v1.contrib.layers._further import (
    bow_encoder,
    embedding_lookup_unique,
    maxout,
    spatial_softmax,
    summarize_activation,
    summarize_activations,
    summarize_collection,
    summarize_tensor,
    summarize_tensors,
    summarize_variables,
    summarize_weights,
)
from deepkit.v1.contrib.layers._optimizing import (
    OPTIMIZER_CLS_NAMES,
    OPTIMIZER_SUMMARIES,
    bias_add,
    embed_sequence,
    optimize_loss,
    unit_norm,
)
from deepkit.v1.contrib.layers._other_norms import group_norm, instance_norm, layer_norm
from deepkit.v1.contrib.layers.initializers import (
    variance_scaling_initializer,
    xavier_initializer,
    xavier_initializer_conv2d,
)
from deepkit.v1.contrib.layers.regularizers import (
    apply_regularization,
    l1_l2_regularizer,
    l1_regularizer,
    l2_regularizer,
    sum_regularizer,
)
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.layers import convolution as _convolution
from deepkit.v1.layers import core as _core
from deepkit.v1.layers import pooling as _pooling

__all__ = [
    "OPTIMIZER_CLS_NAMES", "OPTIMIZER_SUMMARIES", "apply_regularization", "avg_pool2d", "batch_norm", "bias_add",
    "bow_encoder", "bucketized_column", "conv1d", "conv2d", "conv2d_transpose", "convolution", "convolution2d",
    "crossed_column", "dropout", "embed_sequence", "embedding_column", "embedding_lookup_unique", "flatten",
    "fully_connected", "group_norm", "instance_norm", "l1_l2_regularizer", "l1_regularizer", "l2_regularizer",
    "layer_norm", "linear", "max_pool2d", "maxout", "one_hot_column", "one_hot_encoding", "optimize_loss",
    "real_valued_column", "relu", "relu6", "repeat", "separable_conv2d", "softmax", "sparse_column_with_hash_bucket",
    "sparse_column_with_integerized_feature", "sparse_column_with_keys", "spatial_softmax", "stack",
    "sum_regularizer", "summarize_activation", "summarize_activations", "summarize_collection", "summarize_tensor",
    "summarize_tensors", "summarize_variables", "summarize_weights", "unit_norm", "variance_scaling_initializer",
    "xavier_initializer", "xavier_initializer_conv2d",
]

_FORMATS = {None: "channels_last", "NHWC": "channels_last", "NWC": "channels_last", "NDHWC": "channels_last",
            "NCHW": "channels_first", "NCW": "channels_first", "NCDHW": "channels_first"}


def _layer_format(data_format: str | None) -> str:
    check_choice("data_format", data_format, _FORMATS)
    return _FORMATS[data_format]


def _renaming(names: dict[str, str]) -> Callable[..., Any]:
    """A custom getter under which the layers' variables have contrib's names and are model variables."""

    def getter(getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        outer, slash, last = name.rpartition("/")
        made = getter(f"{outer}{slash}{names.get(last, last)}", *args, **kwargs)
        add_model_variable(made)
        return made

    return getter


def _collect(collections: Any, kind: str, variable: Any) -> None:
    """Enters a variable into `collections`: a list for all, or a dict with a list for each kind of variable."""
    wanted = collections.get(kind) if isinstance(collections, dict) else collections
    if variable is not None and wanted:
        default_graph().add_to_collections(wanted, variable)


def _finished(
    outputs: Any, normalizer_fn: Any, normalizer_params: Any, activation_fn: Any, outputs_collections: Any
) -> Any:
    """Normalizes, applies the activation, and enters the result into its collections."""
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    if outputs_collections:
        default_graph().add_to_collections(outputs_collections, outputs)
    return outputs


_NAMES = {"kernel": "weights", "bias": "biases"}


@add_arg_scope
def fully_connected(
    inputs: Any, num_outputs: int, activation_fn: Any = nn.relu, normalizer_fn: Any = None, normalizer_params: Any = None,
    weights_initializer: Any = xavier_initializer(), weights_regularizer: Any = None,  # noqa: B008 (holds no state)
    biases_initializer: Any = _initializers.zeros, biases_regularizer: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:
    """activation_fn(inputs @ weights + biases), relu unless activation_fn=None says that there is none.

    With a normalizer_fn (batch_norm) there are no biases. Variables `weights` (n, num_outputs) and `biases`.
    """
    inputs = constant_of(inputs)
    with variable_scope(scope, "fully_connected", [inputs], reuse=reuse, custom_getter=_renaming(_NAMES)) as opened:
        layer = _core.Dense(
            num_outputs, None, normalizer_fn is None and biases_initializer is not None, weights_initializer,
            biases_initializer, weights_regularizer, biases_regularizer, trainable=trainable, _scope=opened, _reuse=reuse,
        )
        outputs = layer(inputs)
        _collect(variables_collections, "weights", layer.kernel)
        _collect(variables_collections, "biases", layer.bias)
        return _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections)


def linear(*args: Any, **kwargs: Any) -> Any:
    """fully_connected without an activation."""
    return fully_connected(*args, **{**kwargs, "activation_fn": None})


def relu(*args: Any, **kwargs: Any) -> Any:
    """fully_connected with relu."""
    return fully_connected(*args, **{**kwargs, "activation_fn": nn.relu})


def relu6(*args: Any, **kwargs: Any) -> Any:
    """fully_connected with relu6."""
    return fully_connected(*args, **{**kwargs, "activation_fn": nn.relu6})


def _convolved(
    cls: type[_convolution.Conv], default: str, inputs: Any, num_outputs: int, kernel_size: Any, stride: Any,
    padding: str, data_format: Any, settings: dict[str, Any], activation_fn: Any, normalizer_fn: Any,
    normalizer_params: Any, weights_initializer: Any, weights_regularizer: Any, biases_initializer: Any,
    biases_regularizer: Any, reuse: Any, variables_collections: Any, outputs_collections: Any, trainable: bool,
    scope: Any,
) -> Any:
    inputs = constant_of(inputs)
    with variable_scope(scope, default, [inputs], reuse=reuse, custom_getter=_renaming(_NAMES)) as opened:
        layer = cls(
            num_outputs, kernel_size, stride, padding, _layer_format(data_format), **settings,
            use_bias=normalizer_fn is None and biases_initializer is not None, kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer, kernel_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer, trainable=trainable, _scope=opened, _reuse=reuse,
        )
        outputs = layer(inputs)
        _collect(variables_collections, "weights", layer.kernel)
        _collect(variables_collections, "biases", layer.bias)
        return _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections)


@add_arg_scope
def convolution(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME", data_format: Any = None,
    rate: Any = 1, activation_fn: Any = nn.relu, normalizer_fn: Any = None, normalizer_params: Any = None,
    weights_initializer: Any = xavier_initializer(), weights_regularizer: Any = None,  # noqa: B008
    biases_initializer: Any = _initializers.zeros, biases_regularizer: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
    conv_dims: int | None = None,
) -> Any:
    """activation_fn(conv(inputs, weights) + biases) over as many space axes as the input has; padding SAME.

    inputs (batch, space..., channels), kernel_size and stride: one number, or one for each space axis.
    """
    rank = constant_of(inputs).shape.rank
    if rank not in (3, 4, 5) or (conv_dims is not None and rank != conv_dims + 2):
        raise ShapeError(
            f"convolution of an input of shape {constant_of(inputs).shape}",
            rule=f"{(conv_dims or 2) + 2} axes: [batch, space..., channels]", hint="tf.reshape(x, [-1, 28, 28, 1])",
        )
    cls = {3: _convolution.Conv1D, 4: _convolution.Conv2D, 5: _convolution.Conv3D}[rank]
    return _convolved(
        cls, "Conv", inputs, num_outputs, kernel_size, stride, padding, data_format, {"dilation_rate": rate},
        activation_fn, normalizer_fn, normalizer_params, weights_initializer, weights_regularizer, biases_initializer,
        biases_regularizer, reuse, variables_collections, outputs_collections, trainable, scope,
    )


@add_arg_scope
def conv1d(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME", data_format: Any = None,
    rate: Any = 1, activation_fn: Any = nn.relu, normalizer_fn: Any = None, normalizer_params: Any = None,
    weights_initializer: Any = xavier_initializer(), weights_regularizer: Any = None,  # noqa: B008
    biases_initializer: Any = _initializers.zeros, biases_regularizer: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:
    """`convolution` of sequences (batch, width, channels)."""
    return convolution(
        inputs, num_outputs, kernel_size, stride, padding, data_format, rate, activation_fn, normalizer_fn,
        normalizer_params, weights_initializer, weights_regularizer, biases_initializer, biases_regularizer, reuse,
        variables_collections, outputs_collections, trainable, scope, 1,
    )


@add_arg_scope
def conv2d(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME", data_format: Any = None,
    rate: Any = 1, activation_fn: Any = nn.relu, normalizer_fn: Any = None, normalizer_params: Any = None,
    weights_initializer: Any = xavier_initializer(), weights_regularizer: Any = None,  # noqa: B008
    biases_initializer: Any = _initializers.zeros, biases_regularizer: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:
    """`convolution` of images (batch, height, width, channels): relu(conv2d(inputs, weights) + biases), padding SAME."""
    return convolution(
        inputs, num_outputs, kernel_size, stride, padding, data_format, rate, activation_fn, normalizer_fn,
        normalizer_params, weights_initializer, weights_regularizer, biases_initializer, biases_regularizer, reuse,
        variables_collections, outputs_collections, trainable, scope, 2,
    )


convolution2d = conv2d


@add_arg_scope
def conv2d_transpose(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME", data_format: Any = "NHWC",
    activation_fn: Any = nn.relu, normalizer_fn: Any = None, normalizer_params: Any = None,
    weights_initializer: Any = xavier_initializer(), weights_regularizer: Any = None,  # noqa: B008
    biases_initializer: Any = _initializers.zeros, biases_regularizer: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:
    """The transposed convolution of images: with padding SAME height and width are multiplied by the stride."""
    return _convolved(
        _convolution.Conv2DTranspose, "Conv2d_transpose", inputs, num_outputs, kernel_size, stride, padding, data_format,
        {}, activation_fn, normalizer_fn, normalizer_params, weights_initializer, weights_regularizer,
        biases_initializer, biases_regularizer, reuse, variables_collections, outputs_collections, trainable, scope,
    )


@add_arg_scope
def separable_conv2d(
    inputs: Any, num_outputs: int, kernel_size: Any, depth_multiplier: int = 1, stride: Any = 1, padding: str = "SAME",
    data_format: Any = "NHWC", rate: Any = 1, activation_fn: Any = nn.relu, normalizer_fn: Any = None,
    normalizer_params: Any = None, weights_initializer: Any = xavier_initializer(),  # noqa: B008
    pointwise_initializer: Any = None, weights_regularizer: Any = None, biases_initializer: Any = _initializers.zeros,
    biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None, outputs_collections: Any = None,
    trainable: bool = True, scope: Any = None,
) -> Any:
    """A depthwise convolution of images, then a 1 x 1 one. Variables depthwise_weights, pointwise_weights, biases."""
    inputs = constant_of(inputs)
    names = {"bias": "biases", "depthwise_kernel": "depthwise_weights", "pointwise_kernel": "pointwise_weights"}
    with variable_scope(scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=_renaming(names)) as opened:
        layer = _convolution.SeparableConv2D(
            num_outputs, kernel_size, stride, padding, _layer_format(data_format), rate, depth_multiplier,
            use_bias=normalizer_fn is None and biases_initializer is not None, depthwise_initializer=weights_initializer,
            pointwise_initializer=pointwise_initializer or weights_initializer, bias_initializer=biases_initializer,
            depthwise_regularizer=weights_regularizer, pointwise_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer, trainable=trainable, _scope=opened, _reuse=reuse,
        )
        outputs = layer(inputs)
        _collect(variables_collections, "weights", layer.depthwise_kernel)
        _collect(variables_collections, "weights", layer.pointwise_kernel)
        _collect(variables_collections, "biases", layer.bias)
        return _finished(outputs, normalizer_fn, normalizer_params, activation_fn, outputs_collections)


@add_arg_scope
def max_pool2d(
    inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID", data_format: str = "NHWC",
    outputs_collections: Any = None, scope: Any = None,
) -> Any:
    """The largest number of each window of images."""
    return _pooled(
        _pooling.MaxPooling2D,
        "MaxPool2D",
        inputs,
        kernel_size,
        stride,
        padding,
        data_format,
        outputs_collections,
        scope,
    )


@add_arg_scope
def avg_pool2d(
    inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID", data_format: str = "NHWC",
    outputs_collections: Any = None, scope: Any = None,
) -> Any:
    """The mean of each window of images."""
    return _pooled(
        _pooling.AveragePooling2D, "AvgPool2D", inputs, kernel_size, stride, padding, data_format, outputs_collections,
        scope,
    )


def _pooled(
    cls: Any, default: str, inputs: Any, kernel_size: Any, stride: Any, padding: str, data_format: str,
    outputs_collections: Any, scope: Any,
) -> Any:
    inputs = constant_of(inputs)
    with default_graph().name_scope(scope or default):
        layer = cls(kernel_size, stride, padding, _layer_format(data_format))
        return _finished(layer.call(inputs), None, None, None, outputs_collections)


@add_arg_scope
def dropout(
    inputs: Any, keep_prob: Any = 0.5, noise_shape: Any = None, is_training: Any = True, outputs_collections: Any = None,
    scope: Any = None, seed: int | None = None,
) -> Any:
    """In training each number stays with probability keep_prob, divided by it, else it is 0. is_training may be a tensor."""
    inputs = constant_of(inputs)
    with variable_scope(scope, "Dropout", [inputs]) as opened:
        layer = _core.Dropout(1 - keep_prob, noise_shape, seed, _scope=opened)
        return _finished(layer(inputs, training=is_training), None, None, None, outputs_collections)


@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Any:
    """All axes but the first become one: (batch, ...) -> (batch, n)."""
    inputs = constant_of(inputs)
    with default_graph().name_scope(scope or "Flatten"):
        return _finished(_core.flatten(inputs), None, None, None, outputs_collections)


@add_arg_scope
def one_hot_encoding(
    labels: Any, num_classes: int, on_value: float = 1.0, off_value: float = 0.0, outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """Class numbers (batch,) as rows (batch, num_classes) with on_value at the class and off_value elsewhere."""
    labels = ops.cast(constant_of(labels), "int64")
    with default_graph().name_scope(scope or "OneHotEncoding"):
        outputs = ops.one_hot(labels, num_classes, on_value, off_value)
        return _finished(outputs, None, None, None, outputs_collections)


@add_arg_scope
def softmax(logits: Any, scope: Any = None) -> Any:
    """softmax along the last axis."""
    logits = constant_of(logits)
    with default_graph().name_scope(scope or "softmax"):
        return ops.softmax(logits)


def repeat(inputs: Any, repetitions: int, layer: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """layer(layer(... inputs ...)), each with the same arguments and a scope of its own: scope/scope_1, scope/scope_2."""
    scope = kwargs.pop("scope", None)
    inputs = constant_of(inputs)
    with variable_scope(scope, "Repeat", [inputs]):
        name = scope or getattr(layer, "__name__", "repeat")
        outputs = inputs
        for i in range(repetitions):
            outputs = layer(outputs, *args, **{**kwargs, "scope": f"{name}_{i + 1}"})
        return outputs


def stack(inputs: Any, layer: Callable[..., Any], stack_args: Any, **kwargs: Any) -> Any:
    """The layer once for each entry of stack_args (its arguments), every output being the next one's input."""
    scope = kwargs.pop("scope", None)
    inputs = constant_of(inputs)
    with variable_scope(scope, "Stack", [inputs]):
        name = scope or getattr(layer, "__name__", "stack")
        outputs = inputs
        for i, arguments in enumerate(stack_args):
            listed = arguments if isinstance(arguments, (list, tuple)) else [arguments]
            outputs = layer(outputs, *listed, **{**kwargs, "scope": f"{name}_{i + 1}"})
        return outputs
