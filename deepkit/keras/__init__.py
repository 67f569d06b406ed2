"""Keras 2 on deepkit: `from deepkit import keras`, or in a document's code `import keras`.

Its parts are loaded when first used. A model is a graph of layers; fit compiles one plan for a training step.

The floors of Keras; each imports from its own and lower floors only, and no two modules import each other:

    0  backend/        the graph and session that models live in, weights, the call that is going on; K's functions
    0  registry        objects by their names; with it user_functions and dialects
    1  losses/         functions with names: with initializers, regularizers, constraints
    2  base/           Layer and Input: layers inside layers, weights, losses, the checked call, the record of calls, topology
    3  layers/         the layers themselves, and activations, some of which are layers; legacy: Keras 1's spellings
    3  metrics/        what is measured; optimizers/: what moves weights
    4  saving/         a model as configuration, arrays and files
    4  callbacks/      what happens around epochs and batches; utils/: summaries, pictures of models, sequences, files
    5  engine/         Network, Model, Sequential; the training of a model: data, objective, metrics, one step, loops
    6  models          the names around models; applications/, preprocessing/, datasets/, wrappers/

>>> from deepkit import keras
>>> model = keras.models.Sequential([keras.layers.Dense(10, input_shape=(784,), activation="softmax")])
>>> model.count_params()
7850
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepkit.loading import listing, load_module

if TYPE_CHECKING:
    from deepkit.keras import activations as activations
    from deepkit.keras import applications as applications
    from deepkit.keras import backend as backend
    from deepkit.keras import callbacks as callbacks
    from deepkit.keras import constraints as constraints
    from deepkit.keras import datasets as datasets
    from deepkit.keras import engine as engine
    from deepkit.keras import initializers as initializers
    from deepkit.keras import layers as layers
    from deepkit.keras import losses as losses
    from deepkit.keras import metrics as metrics
    from deepkit.keras import models as models
    from deepkit.keras import optimizers as optimizers
    from deepkit.keras import preprocessing as preprocessing
    from deepkit.keras import regularizers as regularizers
    from deepkit.keras import saving as saving
    from deepkit.keras import utils as utils
    from deepkit.keras import wrappers as wrappers
    from deepkit.keras.layers import Input as Input
    from deepkit.keras.models import Model as Model
    from deepkit.keras.models import Sequential as Sequential

__version__ = "2.21.0"
"""The version of Keras whose interface this is: tf_keras, the last Keras 2. dialects.py says what came before."""

_ROOMS = (
    "activations", "applications", "backend", "callbacks", "constraints", "datasets", "engine", "initializers",
    "layers", "losses", "metrics", "models", "optimizers", "preprocessing", "regularizers", "saving", "utils", "wrappers",
)
_SHORT = {"Input": "layers", "Model": "models", "Sequential": "models"}

__all__ = ["__version__", *_ROOMS, *_SHORT]
__dir__ = listing(__all__)


if not TYPE_CHECKING:  # a checker takes it as the promise that every name is there

    def __getattr__(name: str) -> Any:
        if name in _ROOMS:
            return load_module(f"deepkit.keras.{name}")
        if name in _SHORT:
            return getattr(load_module(f"deepkit.keras.{_SHORT[name]}"), name)
        from deepkit.errors import MissingNameError, did_you_mean

        parts = [*_ROOMS, *_SHORT]
        raise MissingNameError(
            f"keras has no {name!r}", rule="its parts: " + ", ".join(parts), hint=did_you_mean(name, parts)
        )
