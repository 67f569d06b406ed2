"""The layers of a file and their arrays, which are read when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Stored:
    """An array in a file: `read` fetches it, after its shape has been found to be the right one."""

    name: str
    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]


@dataclass(frozen=True)
class StoredLayer:
    """A layer in a file, with its weights in order."""

    name: str
    weights: Sequence[Stored]
