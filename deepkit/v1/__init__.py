"""Floor 4: TensorFlow 1's names. `import deepkit.v1 as tf` runs a graph-and-session program with one line changed.

Nothing is computed here. `ops/` makes TensorFlow's functions of the op families, by topic; `framework/` holds what builds
graphs; `input/` queues, readers and pipelines; the other rooms are TensorFlow's own public modules, `tf.train` to
`tf.contrib`, and `namespaces/` the tidier names of TensorFlow 1.13.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import Graph, reset_default_graph
from deepkit.core.graph import default_graph as get_default_graph
from deepkit.core.graph import default_session as get_default_session
from deepkit.core.node import Node as Operation
from deepkit.core.shape import Dimension
from deepkit.core.shape import Shape as TensorShape
from deepkit.core.slices import IndexedSlices
from deepkit.core.symbol import Symbol as Tensor
from deepkit.core.variable import Variable
from deepkit.device.dtypes import (
    DType,
    as_dtype,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
)
from deepkit.device.dtypes import bool_ as bool
from deepkit.device.dtypes import float16 as half
from deepkit.device.dtypes import float64 as double
from deepkit.errors import OpError
from deepkit.ops.input.features import FixedLenFeature, FixedLenSequenceFeature, VarLenFeature
from deepkit.runtime.session import InteractiveSession, Session
from deepkit.train import clip_by_global_norm, global_norm
from deepkit.v1 import (
    compat,
    data,
    distributions,
    errors,
    estimator,
    feature_column,
    image,
    initializers,
    layers,
    losses,
    metrics,
    nn,
    python_io,
    saved_model,
    summary,
    train,
)
from deepkit.v1.client import device_lib, timeline
from deepkit.v1.compat import (
    dimension_at_index,
    dimension_value,
    disable_eager_execution,
    disable_resource_variables,
    disable_v2_behavior,
    enable_resource_variables,
)
from deepkit.v1.framework import protocol_messages as _protocol_messages
from deepkit.v1.framework import unknown_names as _unknown_names
from deepkit.v1.framework.config import *
from deepkit.v1.framework.control_flow import *
from deepkit.v1.framework.creators import *
from deepkit.v1.framework.creators import global_variables as all_variables
from deepkit.v1.framework.creators import global_variables_initializer as initialize_all_variables
from deepkit.v1.framework.creators import local_variables_initializer as initialize_local_variables
from deepkit.v1.framework.creators import tuple_ as tuple
from deepkit.v1.framework.creators import variables_initializer as initialize_variables
from deepkit.v1.framework.derivatives import *
from deepkit.v1.framework.eager import enable_eager_execution, executing_eagerly
from deepkit.v1.framework.graph_messages import *
from deepkit.v1.framework.partitions import *
from deepkit.v1.framework.scopes import *
from deepkit.v1.framework.tape import GradientTape
from deepkit.v1.framework.templates import *
from deepkit.v1.framework.tensor_array import *
from deepkit.v1.framework.tensor_messages import *
from deepkit.v1.framework.tensor_messages import constant_value as get_static_value
from deepkit.v1.initializers import constant as constant_initializer
from deepkit.v1.initializers import glorot_normal as glorot_normal_initializer
from deepkit.v1.initializers import glorot_uniform as glorot_uniform_initializer
from deepkit.v1.initializers import ones as ones_initializer
from deepkit.v1.initializers import orthogonal as orthogonal_initializer
from deepkit.v1.initializers import random_normal as random_normal_initializer
from deepkit.v1.initializers import random_uniform as random_uniform_initializer
from deepkit.v1.initializers import truncated_normal as truncated_normal_initializer
from deepkit.v1.initializers import uniform_unit_scaling as uniform_unit_scaling_initializer
from deepkit.v1.initializers import variance_scaling as variance_scaling_initializer
from deepkit.v1.initializers import zeros as zeros_initializer
from deepkit.v1.input.queues import *
from deepkit.v1.input.readers import *
from deepkit.v1.input.tables import *
from deepkit.v1.input.tutorials import examples
from deepkit.v1.namespaces import (
    bitwise,
    config,
    debugging,
    dtypes,
    graph_util,
    io,
    linalg,
    lookup,
    manip,
    math,
    nest,
    queue,
    random,
    signal,
    sparse,
    spectral,
    strings,
)
from deepkit.v1.ops.arrays import *
from deepkit.v1.ops.checks import *
from deepkit.v1.ops.linalg import *
from deepkit.v1.ops.math import *
from deepkit.v1.ops.parsing import *
from deepkit.v1.ops.random import *
from deepkit.v1.ops.signal import *
from deepkit.v1.ops.sparse import *
from deepkit.v1.ops.state import *
from deepkit.v1.ops.strings import *
from deepkit.v1.platform import app, flags, gfile, logging

if TYPE_CHECKING:
    from deepkit.v1 import contrib as contrib
    from deepkit.v1.platform import test as test

__version__ = VERSION = "1.15.0"  # the interface that is offered, not deepkit's own version
compat.v1 = sys.modules[__name__]  # type: ignore[attr-defined]

_ROOMS = {"client", "device_lib", "framework", "input", "namespaces", "ops", "platform", "timeline"}  # not TensorFlow's
__all__ = [name for name in globals() if name[0] != "_" and name not in {*_ROOMS, "annotations", "sys", "TYPE_CHECKING"}]
__all__ += ["contrib", "test", *_protocol_messages.NAMES]

__getattr__ = _protocol_messages.or_missing()
_unknown_names.install("tf", sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted(__all__)
