"""contrib.layers' helpers of whole models: embeddings of sequences, unit vectors, and one call for a training step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.slices import IndexedSlices
from deepkit.device.dtypes import float32
from deepkit.errors import ArgumentError, check_choice
from deepkit.layers.embedding import embedding, embedding_weights
from deepkit.train import clip_by_global_norm
from deepkit.v1 import train
from deepkit.v1.contrib.framework import add_arg_scope, model_variable
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of

OPTIMIZER_CLS_NAMES = {
    "Adagrad": train.AdagradOptimizer, "Adam": train.AdamOptimizer, "Ftrl": train.FtrlOptimizer,
    "Momentum": lambda learning_rate: train.MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": train.RMSPropOptimizer, "SGD": train.GradientDescentOptimizer,
}
OPTIMIZER_SUMMARIES = ["learning_rate", "loss", "gradients", "gradient_norm", "global_gradient_norm"]


def embed_sequence(
    ids: Any, vocab_size: int | None = None, embed_dim: int | None = None, unique: bool = False, initializer: Any = None,
    regularizer: Any = None, trainable: bool = True, scope: Any = None, reuse: Any = None,
) -> Any:
    """Class numbers (batch, time) as vectors (batch, time, embed_dim), from a variable `embeddings`.

    Found again with reuse=True; then vocab_size and embed_dim may be left out. `unique` is accepted for old programs.
    """
    if not reuse and (vocab_size is None or embed_dim is None):
        raise ArgumentError(
            f"embed_sequence(vocab_size={vocab_size}, embed_dim={embed_dim})", rule="both, unless reuse=True"
        )
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        (table,) = embedding_weights(vocab_size or 0, embed_dim or 0)
        shape = None if vocab_size is None or embed_dim is None else table.shape
        made = model_variable(table.name, shape, float32, initializer, regularizer, trainable)
        return embedding(made, constant_of(ids))


@add_arg_scope
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: Any = None) -> Any:
    """The vectors along axis `dim` divided by (epsilon + their length)."""
    inputs = constant_of(inputs)
    with variable_scope(scope, "UnitNorm", [inputs]):
        length = ops.sqrt(ops.reduce_sum(ops.square(inputs), dim, keepdims=True))
        return inputs / (epsilon + length)


@add_arg_scope
def bias_add(
    inputs: Any, activation_fn: Any = None, initializer: Any = None, regularizer: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True,
    data_format: str = "NHWC", scope: Any = None,
) -> Any:
    """inputs + biases, one for each channel: a variable `biases`, zeros at first."""
    from deepkit.v1 import initializers

    inputs = constant_of(inputs)
    axis = 1 if data_format == "NCHW" else -1
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse):
        biases = model_variable(
            "biases", [inputs.shape.lengths[axis]], inputs.dtype, initializer or initializers.zeros, regularizer, trainable,
            variables_collections,
        )
        outputs = ops.bias_add(inputs, biases, data_format=data_format)
        outputs = outputs if activation_fn is None else activation_fn(outputs)
        if outputs_collections:
            default_graph().add_to_collections(outputs_collections, outputs)
        return outputs


def _changed(pairs: list[Any], noise: float | None, multipliers: Any, clip: Any) -> list[Any]:
    """The gradients with noise, times a number for each variable, and clipped: as far as each is wanted."""
    if noise is not None:
        pairs = [(_noisy(g, noise), v) for g, v in pairs]
    if multipliers is not None:
        pairs = [(_times(g, _multiplier(multipliers, v)), v) for g, v in pairs]
    if callable(clip):
        return list(clip(pairs))
    if clip is None:
        return pairs
    found, _ = clip_by_global_norm([g for g, _ in pairs], clip)
    return list(zip(found, [v for _, v in pairs], strict=True))


def optimize_loss(
    loss: Any, global_step: Any, learning_rate: Any, optimizer: Any, gradient_noise_scale: float | None = None,
    gradient_multipliers: Any = None, clip_gradients: Any = None, learning_rate_decay_fn: Callable[..., Any] | None = None,
    update_ops: Any = None, variables: Any = None, name: str | None = None, summaries: Any = None,
    colocate_gradients_with_ops: bool = False, increment_global_step: bool = True,
) -> Any:
    """One training step as a tensor: it computes the loss and, each time it is run, changes the variables.

    optimizer: a name such as "Adam" or "SGD", a class, a function of the learning rate, or an optimizer. clip_gradients: the
    largest global norm, or a function of [(gradient, variable)]. gradient_multipliers: {variable or its name: number}.
    learning_rate_decay_fn(learning_rate, global_step). The ops in the collection UPDATE_OPS run before the loss is taken.
    """
    loss = constant_of(loss)
    with variable_scope(name, "OptimizeLoss", [loss, global_step]):
        graph = default_graph()
        step = train.get_global_step() if global_step is None else global_step
        wanted = graph.get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else list(update_ops)
        if wanted:
            with graph.control_dependencies(wanted):
                loss = ops.identity(loss)
        rate = learning_rate
        if learning_rate_decay_fn is not None:
            if learning_rate is None or step is None:
                raise ArgumentError("optimize_loss: learning_rate_decay_fn", rule="needs learning_rate and global_step")
            rate = learning_rate_decay_fn(learning_rate, step)
        chosen = _optimizer(optimizer, rate)
        pairs = chosen.compute_gradients(loss, variables or graph.get_collection(GraphKeys.TRAINABLE_VARIABLES))
        pairs = _changed(pairs, gradient_noise_scale, gradient_multipliers, clip_gradients)
        update = chosen.apply_gradients(pairs, global_step=step if increment_global_step else None, name="train")
        with graph.control_dependencies([update]):
            return ops.identity(loss, name="train_op")


def _optimizer(given: Any, rate: Any) -> Any:
    if isinstance(given, str):
        check_choice("optimizer", given, OPTIMIZER_CLS_NAMES)
        given = OPTIMIZER_CLS_NAMES[given]
    if hasattr(given, "compute_gradients") and not isinstance(given, type):
        return given
    if not callable(given):
        raise ArgumentError(
            f"optimizer={given!r}", rule="a name, a class, a function of the learning rate, or an optimizer"
        )
    return given() if rate is None else given(rate)


def _times(gradient: Any, factor: Any) -> Any:
    if gradient is None or factor is None:
        return gradient
    if isinstance(gradient, IndexedSlices):
        return gradient.with_values(gradient.values * factor)
    return gradient * factor


def _multiplier(multipliers: Any, variable: Any) -> Any:
    found = multipliers.get(variable)
    return multipliers.get(variable.op.name) if found is None else found


def _noisy(gradient: Any, scale: float) -> Any:
    if gradient is None:
        return None
    values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
    noisy = values + scale * ops.truncated_normal(ops.shape(values), dtype=values.dtype)
    return gradient.with_values(noisy) if isinstance(gradient, IndexedSlices) else noisy
