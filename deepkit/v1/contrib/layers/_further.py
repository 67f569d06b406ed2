"""Layers that few programs use: the largest of several pieces, where a map is bright, bags of words; and summaries of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.errors import ShapeError
from deepkit.v1 import summary
from deepkit.v1.contrib.framework import add_arg_scope, add_model_variable
from deepkit.v1.contrib.layers._optimizing import embed_sequence
from deepkit.v1.framework.scopes import get_variable, variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.initializers import ones


@add_arg_scope
def maxout(inputs: Any, num_units: int, axis: int = -1, scope: Any = None) -> Any:
    """The largest of each piece of an axis that is cut into num_units pieces: (..., n) -> (..., num_units).

    ShapeError: num_units does not divide n. Source: I. Goodfellow et al., Maxout networks, ICML 2013.
    """
    inputs = constant_of(inputs)
    with variable_scope(scope, "MaxOut", [inputs]):
        shape = inputs.shape.as_list()
        n, at = shape[axis], axis % len(shape)
        if n is None or n % num_units:
            raise ShapeError(f"maxout of {n} numbers in {num_units} units", rule="num_units divides them")
        dims = [ops.shape(inputs)[i] if d is None else d for i, d in enumerate(shape)]
        return ops.reduce_max(ops.reshape(inputs, [*dims[:at], num_units, n // num_units, *dims[at + 1 :]]), at + 1)


@add_arg_scope
def spatial_softmax(
    features: Any, temperature: float | None = None, name: str | None = None, variables_collections: Any = None,
    trainable: bool = True, data_format: str = "NHWC",
) -> Any:
    """Where each channel is bright: the means of x and y over its softmax, both from -1 to 1: (batch, 2 channels).

    features (batch, height, width, channels), of a known size. temperature: None for a variable that is learned. Source:
    S. Levine et al., JMLR 17 (2016).
    """
    features = constant_of(features)
    with variable_scope(name, "spatial_softmax"):
        if data_format == "NHWC":
            features = ops.transpose(features, [0, 3, 1, 2])
        channels, height, width = features.shape.as_list()[1:]
        if temperature is None:
            kept = [GraphKeys.GLOBAL_VARIABLES, *(variables_collections or [])]
            temperature = get_variable("temperature", (), "float32", ones(), trainable=trainable, collections=kept)
            add_model_variable(temperature)
        bright = ops.softmax(ops.reshape(features, [-1, height * width]) / temperature)
        x, y = ops.meshgrid(ops.linspace(-1.0, 1.0, width), ops.linspace(-1.0, 1.0, height))
        means = [ops.reduce_sum(ops.reshape(place, [-1]) * bright, 1, True) for place in (x, y)]
        return ops.reshape(ops.concat(means, 1), [-1, 2 * channels])


def bow_encoder(
    ids: Any, vocab_size: int, embed_dim: int, sparse_lookup: bool = True, initializer: Any = None, regularizer: Any = None,
    trainable: bool = True, scope: Any = None, reuse: Any = None,
) -> Any:
    """The mean of the embeddings of a text's words: ids (batch, words) -> (batch, embed_dim)."""
    with variable_scope(scope, "bow_encoder", [constant_of(ids)], reuse=reuse):
        words = embed_sequence(
            ids, vocab_size, embed_dim, initializer=initializer, regularizer=regularizer, trainable=trainable
        )
        return ops.reduce_mean(words, 1)


def embedding_lookup_unique(
    params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None
) -> Any:
    """`tf.nn.embedding_lookup` that looks up each number once: ids of any shape -> that shape and the rows' length."""
    ids = constant_of(ids)
    with default_graph().name_scope(name or "EmbeddingLookupUnique"):
        different, places = ops.unique(ops.reshape(ids, [-1]))
        rows = ops.gather(ops.embedding_lookup(params, different, partition_strategy), places)
        found = ops.reshape(rows, ops.concat([ops.shape(ids), ops.shape(rows)[1:]], 0))
        found.set_shape([*ids.shape.as_list(), *rows.shape.as_list()[1:]])
        return found


# ---- summaries


def summarize_tensor(tensor: Any, tag: str | None = None) -> Any:
    """A summary of a tensor for TensorBoard: of one number the number, of several a histogram."""
    name = tag or f"{tensor.op.name}_summary"
    return summary.scalar(name, tensor) if tensor.shape.rank == 0 else summary.histogram(name, tensor)


def summarize_activation(op: Any) -> Any:
    """A histogram of an activation, and of relu's the share of zeros."""
    tensor = op.outputs[0] if hasattr(op, "outputs") else op
    name, kind = tensor.op.name, tensor.op.type
    if kind in ("Relu", "Softplus", "Relu6"):
        summary.scalar(f"{name}/zeros", ops.zero_fraction(tensor))
    if kind == "Relu6":
        summary.scalar(f"{name}/sixes", ops.reduce_mean(ops.cast(ops.equal(tensor, 6.0), tensor.dtype)))
    return summary.histogram(f"{name}/activation", tensor)


def summarize_tensors(tensors: Sequence[Any], summarizer: Callable[[Any], Any] = summarize_tensor) -> list[Any]:
    """A summary of each."""
    return [summarizer(tensor) for tensor in tensors]


def summarize_collection(
    collection: Any, name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_tensor
) -> list[Any]:
    """A summary of each member of a collection whose name has the pattern."""
    return summarize_tensors(default_graph().get_collection(collection, name_filter), summarizer)


def summarize_variables(name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_tensor) -> list[Any]:
    """A summary of each variable."""
    return summarize_collection(GraphKeys.GLOBAL_VARIABLES, name_filter, summarizer)


def summarize_weights(name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_tensor) -> list[Any]:
    """A summary of each variable of the collection WEIGHTS."""
    return summarize_collection(GraphKeys.WEIGHTS, name_filter, summarizer)


def summarize_activations(
    name_filter: str | None = None, summarizer: Callable[[Any], Any] = summarize_activation
) -> list[Any]:
    """A summary of each tensor of the collection ACTIVATIONS."""
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)
