"""Keras' backend: what layers are written in, `from keras import backend as K`. Thin over deepkit.ops."""

from contextlib import contextmanager as _contextmanager

from deepkit.core.graph import default_graph as _default_graph
from deepkit.keras.backend import (
    arithmetic,
    config,
    control,
    convolution,
    creation,
    ctc,
    nn,
    phase,
    session,
    shaping,
    tensors,
)
from deepkit.keras.backend.arithmetic import *
from deepkit.keras.backend.config import *
from deepkit.keras.backend.control import *
from deepkit.keras.backend.convolution import *
from deepkit.keras.backend.creation import *
from deepkit.keras.backend.ctc import *
from deepkit.keras.backend.nn import *
from deepkit.keras.backend.phase import *
from deepkit.keras.backend.session import *
from deepkit.keras.backend.shaping import *
from deepkit.keras.backend.tensors import *
from deepkit.keras.backend.weights import variable
from deepkit.loading import listing

__all__ = [
    *arithmetic.__all__, *config.__all__, *control.__all__, *convolution.__all__, *creation.__all__, *ctc.__all__,
    *nn.__all__, *phase.__all__, *session.__all__, *shaping.__all__, *tensors.__all__,
    "backend", "get_graph", "name_scope", "variable",
]
__dir__ = listing(__all__)


@_contextmanager
def name_scope(name):  # type: ignore[no-untyped-def]
    """Puts `name/` before the names of what is made inside."""
    with _default_graph().name_scope(name) as full:
        yield full


def get_graph():  # type: ignore[no-untyped-def]
    """The graph that layers are written into now."""
    return _default_graph()


def backend() -> str:
    """The name that Keras 2 programs ask for: the functions here are those of its TensorFlow backend."""
    return "tensorflow"


def _get_available_gpus() -> list[str]:
    """The names of the GPUs that models compute on, which programs ask Keras 2 for: none, sessions compute on the CPU."""
    return []
