"""deepkit: deep learning from the inside, on NumPy and CuPy.

The rooms of the house; each imports only from rooms on lower floors:

    0  device/    arrays on CPU and GPU, data types, random streams; heavy kernels: plain NumPy first, then compiled
    1  core/      shapes, Op and registry, the one door (apply), Node, Tensor, Symbol, Variable, Graph, gradients;
                  control_flow/: loops and branches and the graphs that are their bodies
    2  ops/       every op, one file per family: math, arrays, nn, image, text, input, summary, random, state
    3  runtime/   plans (what a session really executes) and their passes, feeds, fetches, placement, sessions
    3  train/     update rules, optimizers, schedules, initializers, clipping, moving averages
    3  layers/    what layers compute and which weights they have, what metrics sum up: once for v1 and keras
    3  datasets/  digits and texts that travel with deepkit, other sets on disk and their downloads
    3  io/        checkpoints, graphs, records, event files, safetensors, ONNX
    4  v1/        the TensorFlow-1 names, by TensorFlow's own modules: `import deepkit.v1 as tf`
    4  keras/     Keras 2: `from deepkit import keras`
    5  models/    the networks of the course, written as a program of your own would be
    5  distribute/ several ranks train one model: MPI underneath, Horovod's names on top
    5  testing/   check_op, the contract that every op passes
    5  viz/       graphs, layers, pictures, tables and curves, drawn
    5  grade/     exercises: answers run in processes of their own and are judged
    6  commands/  what the command `deepkit` can do, with its front, cli.py; learner/: dk.check, dk.hint and dk.solution;
                  tf1/: runs a TensorFlow-1 program as it is, `import tensorflow` included

Single files beside them: errors and site (the user's line they happened at), files (whole or absent), resources (what
travels with deepkit), loading (modules by their name), api (the names of `import deepkit as dk`, among them show_source).
Keras and v1 do not import each other.

Tensors compute at once; gradients walk back over what was computed:

>>> import deepkit as dk
>>> x = dk.tensor([1.0, 2.0, 3.0])
>>> dk.gradients(dk.reduce_sum(x * x), [x])[0].numpy().tolist()
[2.0, 4.0, 6.0]
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from deepkit.loading import load_module

if TYPE_CHECKING:
    from deepkit import datasets as datasets
    from deepkit import distribute as distribute
    from deepkit import errors as errors
    from deepkit import grade as grade
    from deepkit import io as io
    from deepkit import keras as keras
    from deepkit import ops as ops
    from deepkit import testing as testing
    from deepkit import train as train
    from deepkit import v1 as v1
    from deepkit import viz as viz
    from deepkit.api import *  # noqa: F403
    from deepkit.commands.learner import check as check
    from deepkit.commands.learner import hint as hint
    from deepkit.commands.learner import progress as progress
    from deepkit.commands.learner import solution as solution

__version__ = "0.2.0"

_ROOMS = ("datasets", "distribute", "errors", "grade", "io", "keras", "ops", "testing", "train", "v1", "viz")
_LEARNER = ("check", "hint", "progress", "solution")


if not TYPE_CHECKING:  # a checker takes it as the promise that every name is there

    def __getattr__(name: str) -> Any:
        """Opens a room, or the public names of deepkit.api, when they are first used: `import deepkit` itself costs nothing."""
        if name in _ROOMS or f"deepkit.{name}" in sys.modules:  # being imported this moment: another thread waits for it
            return load_module(f"deepkit.{name}")
        if name in _LEARNER:
            return getattr(load_module("deepkit.commands.learner"), name)
        if not name.startswith("_"):
            api = load_module("deepkit.api")
            public = {key: getattr(api, key) for key in api.__all__}
            if name in public:
                globals().update(public)
                return public[name]
        from deepkit.core.other_names import elsewhere
        from deepkit.errors import MissingNameError, did_you_mean

        raise MissingNameError(f"deepkit has no {name!r}", hint=elsewhere(name) or did_you_mean(name, __dir__()))


def __dir__() -> list[str]:
    api = load_module("deepkit.api")
    return sorted({*api.__all__, *_ROOMS, *_LEARNER, "__version__"})
