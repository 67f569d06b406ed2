"""What a sample of an op is, and the arrays that samples are made of."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.op import lookup


class Sample(NamedTuple):
    """Arguments of check_op; `options` are passed on to it."""

    name: str
    attrs: dict[str, Any]
    inputs: tuple[Any, ...]
    reference: Any = None
    options: dict[str, Any] = {}  # noqa: RUF012

    def op(self) -> Any:
        return lookup(self.name)(**self.attrs)


RNG = np.random.default_rng(7)


def real(*shape: int) -> np.ndarray:
    """Numbers in (-1, 1) that keep away from 0, where many functions have their knots."""
    x = RNG.uniform(0.15, 0.95, shape)
    return x * RNG.choice([-1.0, 1.0], shape)


def positive(*shape: int) -> np.ndarray:
    return RNG.uniform(0.3, 2.0, shape)


def distinct(*shape: int) -> np.ndarray:
    """Numbers whose differences are large, so that no maximum changes under a small step."""
    return RNG.permutation(int(np.prod(shape))).reshape(shape) * 0.31 - 1.03


def integers(*shape: int) -> np.ndarray:
    return RNG.integers(-5, 6, shape).astype(np.int32)


A, B, COLUMN, ROW = real(3, 4), real(3, 4), real(3, 1), real(4)
P, Q = positive(3, 4), positive(3, 4)
NO_BATCH = {"batch": False}


def unary(name: str, reference: Any, x: Any = A) -> Sample:
    return Sample(name, {}, (x,), reference)


def binary(name: str, reference: Any, x: Any = A, y: Any = B, **options: Any) -> list[Sample]:
    """Equal shapes, and both ways of broadcasting."""
    row = y[0] if y.dtype != np.float64 else np.abs(y[0]) if (y > 0).all() else y[0]
    return [
        Sample(name, {}, (x, y), reference, options),
        Sample(name, {}, (x, row), reference, {**options, **NO_BATCH}),
        Sample(name, {}, (x[:, :1], y), reference, options),
    ]


def families() -> list[ModuleType]:
    """The modules of this folder: each lists the samples of one family of ops."""
    here = Path(__file__).parent
    return [importlib.import_module(f"samples.{path.stem}") for path in sorted(here.glob("[a-z]*.py"))]
