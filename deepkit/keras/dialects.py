"""Which Keras 2 is spoken: one table of everything in which the last Keras 2, Keras 2.3.1 and TensorFlow 1.15 differ.

`deepkit.keras` is the last Keras 2 (tf_keras). A program written for the standalone `keras`, or for `tf.keras` of
TensorFlow 1, counts on the numbers of its own time: mnist_cnn.py with Adadelta() reaches 99.25 % with the learning
rate 1.0 of Keras 2.3.1 and 84 % with today's 0.001. `deepkit run-tf1` lets its process speak what the program imports.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from deepkit.loading import load_module

LAST, STANDALONE, TENSORFLOW_1 = "the last Keras 2", "Keras 2.3.1", "tf.keras of TensorFlow 1.15"
_COLUMNS = (LAST, STANDALONE, TENSORFLOW_1)

_LOSSES = (
    "Loss", "LossFunctionWrapper", "BinaryCrossentropy", "CategoricalCrossentropy", "CategoricalHinge", "CosineSimilarity",
    "Hinge", "Huber", "KLDivergence", "LogCosh", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge",
)

TABLE: tuple[tuple[str, str, Any, Any, Any], ...] = (
    # of the module or class | argument or attribute | the last Keras 2 | Keras 2.3.1 | TensorFlow 1.15
    ("", "__version__", "2.21.0", "2.3.1", "2.2.4-tf"),
    ("backend.session.World", "first_number", 1, 1, 0),  # the documents' listings have dense_1
    ("backend.session.World", "initializes_all", False, True, False),
    ("backend.session", "words_have_digits", False, True, True),
    ("base.history.History", "single_calls", False, True, False),
    ("base.effects.LayerEffects", "penalties_first", False, True, False),  # among the losses of a layer
    ("base.layer.Layer", "penalty_by_example", True, False, True),  # the activity's: a mean or the sum over the batch
    ("backend.ctc", "filled_to_all_steps", True, False, False),
    ("optimizers.Adadelta", "learning_rate", 0.001, 1.0, 0.001),
    ("optimizers.Adagrad", "learning_rate", 0.001, 0.01, 0.001),
    ("optimizers.Adagrad", "initial_accumulator_value", 0.1, 0.0, 0.1),
    ("optimizers.Adamax", "learning_rate", 0.001, 0.002, 0.001),
    ("optimizers.Nadam", "learning_rate", 0.001, 0.002, 0.001),
    ("optimizers.Optimizer", "clipnorm_over_all", False, True, False),
    ("layers.GRU", "reset_after", True, False, False),
    ("layers.GRUCell", "reset_after", True, False, False),
    ("layers.GRU", "recurrent_activation", "sigmoid", "sigmoid", "hard_sigmoid"),
    ("layers.GRUCell", "recurrent_activation", "sigmoid", "sigmoid", "hard_sigmoid"),
    ("layers.GRUCell", "identity_in_each_gate", False, True, False),
    ("layers.LSTMCell", "identity_in_each_gate", False, True, False),
    ("layers.RNN", "cell_knows_constants", False, True, False),  # build of a cell gets their shapes, too
    ("layers.Bidirectional", "penalizes_merged", False, True, False),  # the activity's penalty
    ("layers.Bidirectional", "zeros_masked", True, False, True),
    ("initializers.Initializer", "seed_moves_on", False, True, False),  # a seeded one draws other numbers in each call
    ("layers.LSTM", "recurrent_activation", "sigmoid", "sigmoid", "hard_sigmoid"),
    ("layers.LSTMCell", "recurrent_activation", "sigmoid", "sigmoid", "hard_sigmoid"),
    *((f"losses.{name}", "reduction", "auto", "sum_over_batch_size", "auto") for name in _LOSSES),
    ("losses.reduction.Reduction", "mean_of_unmasked", True, False, False),
    ("metrics.curves._BestUnder", "takes_closest", False, True, True),
    ("losses.KLDivergence", "name", "kl_divergence", "kullback_leibler_divergence", "kullback_leibler_divergence"),
    ("losses.LogCosh", "name", "log_cosh", "logcosh", "logcosh"),
    ("engine.data.Arrays", "held_back_by_class", False, True, False),  # class_weight in the loss of a validation_split
    ("engine.network.Network", "trained_first", False, True, False),  # in the list of a model's weights
    ("engine.model.Model", "resets_before_batch", True, False, False),  # the metrics of train_on_batch
    ("engine.compiled_metrics.CompiledMetrics", "named_by_functions", False, False, True),  # "accuracy" is logged as acc
    ("engine.compiled_metrics.CompiledMetrics", "marks_weighted", True, False, False),  # where its name is taken
    ("callbacks.EarlyStopping", "begins_at_baseline", False, True, True),
    ("callbacks.EarlyStopping", "restores_at_any_end", True, False, False),
    ("callbacks.CSVLogger", "always_validated", True, False, False),  # columns of a validation, made or not
    ("layers.BatchNormalization", "frozen_uses_averages", True, False, False),
    ("layers.BatchNormalization", "follows_larger_variance", False, True, False),
    ("layers.BatchNormalization", "fused_layouts", ("NHWC", "NCHW", "NDHWC", "NCDHW"), ("NHWC",), ("NHWC", "NCHW")),
    ("layers.BatchNormalization", "knows_masks", True, False, False),
)

_spoken: list[str] = [LAST]


def spoken() -> str:
    """The Keras that this process speaks."""
    return _spoken[0]


def version() -> str:
    """The number of that Keras, as models that it saves say it."""
    said: str = _owner("").__version__
    return said


def speak(dialect: str) -> None:
    """From now on constructors have the defaults of `dialect`, one of LAST, STANDALONE and TENSORFLOW_1."""
    column = 2 + _COLUMNS.index(dialect)
    for row in TABLE:
        owner, name, value = _owner(row[0]), row[1], row[column]
        init = vars(owner).get("__init__")
        if init is not None and name in inspect.signature(init).parameters:
            _set_default(inspect.unwrap(init), name, value)
        else:
            setattr(owner, name, value)
    _spoken[0] = dialect


def _owner(path: str) -> Any:
    room, _, cls = path.rpartition(".")
    module = load_module(f"deepkit.keras.{room}" if room else "deepkit.keras")
    return getattr(module, cls) if cls else module


def _set_default(function: Callable[..., Any], name: str, value: Any) -> None:
    """Python keeps the defaults of a function beside it: a tuple for its last arguments, a dictionary for keywords."""
    if function.__kwdefaults__ and name in function.__kwdefaults__:
        function.__kwdefaults__[name] = value
        return
    values = list(function.__defaults__ or ())
    arguments = function.__code__.co_varnames[: function.__code__.co_argcount]
    values[arguments.index(name) - len(arguments)] = value
    function.__defaults__ = tuple(values)
