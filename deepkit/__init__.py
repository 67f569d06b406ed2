"""deepkit: deep learning from the inside, on NumPy and CuPy.

The rooms of the house; each imports only from rooms on lower floors:

    0  device/    arrays on CPU and GPU, data types, random streams, compiled kernels
    1  core/      shapes, Op and registry, the one door (apply), Node, Tensor, Symbol, Variable, Graph, gradients
    2  ops/       every op, one file per family
    3  runtime/   plans (what a session really executes), sessions
    3  train/     update rules, optimizers, schedules
    3  datasets/  digits that travel with deepkit, MNIST on disk and its download
    4  v1/        the TensorFlow-1 names: `import deepkit.v1 as tf`
    5  testing/   check_op, the contract that every op passes
    5  viz/  5 grade/  6 commands/, cli.py

Tensors compute at once; gradients walk back over what was computed:

>>> import deepkit as dk
>>> x = dk.tensor([1.0, 2.0, 3.0])
>>> dk.gradients(dk.reduce_sum(x * x), [x])[0].numpy().tolist()
[2.0, 4.0, 6.0]
"""

from __future__ import annotations

import importlib
from typing import Any

from deepkit import ops
from deepkit.core.apply import apply
from deepkit.core.apply import convert as convert_to_tensor
from deepkit.core.autodiff import gradients
from deepkit.core.op import Op, register, registry
from deepkit.core.seeds import set_eager_seed as set_random_seed
from deepkit.core.shape import Shape
from deepkit.core.tensor import Parameter, Tensor
from deepkit.device.dtypes import (
    bool_,
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
)  # fmt: skip
from deepkit.ops import *  # noqa: F403
from deepkit.source import show_source

__version__ = "0.1.0"

_ROOMS = ("datasets", "errors", "grade", "testing", "train", "v1", "viz")


def tensor(value: Any, dtype: Any = None) -> Tensor:
    """A tensor that holds `value`: numbers, strings, nested lists, a NumPy array.

    Whole numbers become int32, others float32, unless `dtype` or the array says otherwise.

    >>> import deepkit as dk
    >>> dk.tensor([[1, 2], [3, 4]])
    <dk.Tensor shape=(2, 2) dtype=int32
    [[1 2]
     [3 4]]>
    """
    return Tensor(value.value if isinstance(value, Tensor) else value, dtype=dtype)


def __getattr__(name: str) -> Any:
    """Rooms that take longer to enter are opened when they are used."""
    if name in _ROOMS:
        return importlib.import_module(f"deepkit.{name}")
    raise AttributeError(f"deepkit has no {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
