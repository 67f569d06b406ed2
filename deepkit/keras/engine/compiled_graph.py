"""What programs around Keras 2 take from inside a compiled model: its loss as a tensor, what that is fed, its functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.keras.backend.nested import keras_shape
from deepkit.keras.backend.session import World, placeholder
from deepkit.keras.base.topology import topology_of
from deepkit.keras.engine.step import loss_of


class CompiledGraph:
    """The targets, the sample weights and the total loss of one model, written into its graph once.

    >>> import numpy as np
    >>> from deepkit import keras
    >>> K = keras.backend
    >>> model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,), kernel_initializer="ones")])
    >>> model.compile("sgd", "mse")
    >>> slopes = K.gradients(model.total_loss, model.trainable_weights)
    >>> f = K.function([*model.inputs, *model.targets, *model.sample_weights], slopes)
    >>> [g.tolist() for g in f([np.ones((1, 2)), np.zeros((1, 1)), np.ones(1)])]
    [[[4.0], [4.0]], [4.0]]
    """

    def __init__(self, training: Any):
        signature, losses = training.signature, training.prepared().losses
        world = World.of(*signature.inputs)
        graph = world.graph
        with graph.as_default(), graph.passing(), graph.name_scope(None), graph.control_dependencies(None):
            ends = list(zip(signature.outputs, signature.output_names, losses, strict=True))
            given = training.targets_of_the_graph()
            targets = [_target(*end, own) for end, own in zip(ends, given, strict=True)]
            weights = [None if loss is None else placeholder((None,), name=f"{name}_sample_weights") for _, name, loss in ends]
            self.total_loss: Any = loss_of(training, training.forward(True), targets, weights)
        self.targets: list[Any] = [y for y in targets if y is not None]
        """A tensor for each output that is trained, of the shape of the output."""
        self.sample_weights: list[Any] = [w for w in weights if w is not None]
        """For each of them a tensor with one weight for each sample."""


def _target(output: Any, name: str, loss: Any, given: Any) -> Any:
    """The tensor that an output is compared with; None where it is not."""
    if loss is None or given is not None:
        return given
    dims = list(keras_shape(output))
    if getattr(getattr(loss, "fn", None), "__name__", "") == "sparse_categorical_crossentropy":
        dims[-1] = 1
    return placeholder([None] * (len(dims) - 1) + dims[-1:], name=f"{name}_target")


def step_function(training: Any, mode: str) -> Callable[[Any], list[Any]]:
    """A function of one list, the inputs, then the targets and their weights (and the phase), that runs a step.

    Targets and weights may be missing from the end. Returns a list of arrays: outputs, or the loss and the metrics.
    """

    def run(values: Any) -> list[Any]:
        signature = training.signature
        begin, count = len(signature.fed), len(signature.outputs)
        inputs, rest = list(values[:begin]), [] if mode == "predict" else list(values[begin:])
        targets, weights = (_filled(part, count) for part in (rest[:count], rest[count : 2 * count]))
        return list(training.step(mode, targets, weights)(inputs, targets, weights))

    return run


def _filled(values: list[Any], count: int) -> list[Any]:
    return [*values, *[None] * (count - len(values))]


def uses_learning_phase(model: Any) -> bool:
    """Whether some layer between a model's inputs and outputs computes otherwise while training."""
    topology = topology_of(model)
    return topology is not None and any(call.uses_phase for call in topology.calls)
