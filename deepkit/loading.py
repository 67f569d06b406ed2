"""Modules looked up by their name while a program runs: rooms of deepkit when first used, and optional libraries."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

SHOWN = {
    "tf.contrib": "deepkit.v1.contrib", "tf.test": "deepkit.v1.platform.test",
    "tf.keras": "deepkit.keras", "tf.contrib.keras": "deepkit.keras", "tf.python.keras": "deepkit.keras",
    "keras.utils.plot": "deepkit.viz.graphs.layers", "tf.train.Server": "deepkit.distribute.tasks",
}
"""Names in v1 or keras, and the module behind them, which is imported when it is first asked for.

`tf.keras` is deepkit.keras, though v1 does not import it; a third of v1's start would go into `tf.contrib` and `tf.test`.
"""
LIBRARIES = {
    "PIL": ("Pillow", "image"), "anywidget": ("anywidget", "course"), "argcomplete": ("argcomplete", "course"),
    "cupy": ("CuPy", "gpu"),
    "google": ("protobuf", "io"), "h5py": ("h5py", "io"), "ipywidgets": ("ipywidgets", "course"),
    "matplotlib": ("matplotlib", "course"), "mpi4py": ("mpi4py", "dist"), "onnx": ("onnx", "onnx"),
    "sklearn": ("scikit-learn", "course"),
    "tensorboard": ("tensorboard", "tensorboard"), "yaml": ("PyYAML", "io"),
}
"""What deepkit can do without: for each top-level package its library, and the extra that installs it."""


def listing(names: Iterable[str], module: str | None = None) -> Callable[[], list[str]]:
    """A module's `__dir__`: it shows the names that the module declares, and not what it imports to make them.

    With the module's `__name__` it also answers a name that the module does not have by the one most like it.

    >>> __dir__ = listing(["sgd", "adam"])
    >>> __dir__()
    ['adam', 'sgd']
    """
    if module is not None:
        vars(sys.modules[module])["__getattr__"] = partial(_no_such_name, module.removeprefix("deepkit."), names)
    return lambda: sorted(names)


def _no_such_name(module: str, known: Iterable[str], name: str) -> Any:
    from deepkit.errors import MissingNameError, did_you_mean  # late: `import deepkit` itself costs nothing

    raise MissingNameError(f"{module} has no {name!r}", hint=did_you_mean(name, known))


def load_module(name: str) -> Any:
    """The module of this full name, which this program can rely on."""
    return importlib.import_module(name)


def shown(path: str) -> Any:
    """The module behind a name such as "tf.keras"; None for other names."""
    return load_module(SHOWN[path]) if path in SHOWN else None


def optional(name: str, purpose: str) -> Any:
    """The module of this full name in one of LIBRARIES, needed for `purpose`.

    Raises:
        MissingExtraError: the library is not installed; the error says which extra installs it.
    """
    try:
        return load_module(name)
    except ImportError as error:
        from deepkit.errors import MissingExtraError  # late: `import deepkit` itself costs nothing

        raise MissingExtraError(*LIBRARIES[name.split(".")[0]], purpose) from error
