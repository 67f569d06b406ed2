"""The op that a plan makes of neighbouring element-wise ops on a GPU: one kernel computes them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.core.op import Op, registry
from deepkit.core.shape import Shape
from deepkit.core.typing import Array, ArrayModule
from deepkit.device.cuda import chains
from deepkit.device.dtypes import DType, float32

SHOWN = 4
"""Ops whose names a chain's own name lists."""


class Chain(Op):
    """The last of several element-wise ops, each computed from inputs and from ops before it; no derivative: plans have it.

    ops: the ops in their order; steps: what each reads and gives, as `chains.Step`; given: the types of the inputs.
    """

    ops: tuple[Op, ...] = ()
    steps: chains.Steps = ()
    given: tuple[str, ...] = ()
    gradient = None

    @property
    def type(self) -> str:
        """The names of its ops, "BiasAdd_Relu"; of many the first and the last."""
        names = [op.type for op in self.ops]
        return "_".join(names if len(names) <= SHOWN else [names[0], f"{len(names) - 2}_more", names[-1]])

    def forward(self, xp: ArrayModule, *arrays: Array) -> Any:
        """By its kernel; op by op where there is none for these arrays."""
        if chains.fits(xp, self.given, arrays):
            return chains.run(xp, self.steps, arrays)
        values = list(arrays)
        for op, step in zip(self.ops, self.steps, strict=True):
            values.append(op.bind(xp)(*[values[k] for k in step.operands]))
        return values[-1]

    def key(self) -> Any:
        return (Chain, tuple(op.key() for op in self.ops), self.steps, self.given)


def can_be_part(op: Op, given: Sequence[DType], made: DType, shapes: Sequence[Shape]) -> bool:
    """Whether a chain may compute this op, for inputs of these types and shapes and a result of that type."""
    known = registry.get(op.type) is type(op) and all(s.rank is not None for s in shapes)
    return known and op.elementwise(*shapes) and chains.takes(op.type, [t.name for t in given], made.name)


def step_of(op: Op, operands: tuple[int, ...], made: DType) -> chains.Step:
    """The step that computes this op."""
    numbers = tuple((name, value) for name in op.attrs if isinstance(value := getattr(op, name), float))
    return chains.Step(op.type, operands, made.name, numbers)


def is_worth_a_kernel(op: Op) -> bool:
    """Whether this op by itself is faster as a chain, for CuPy would call several kernels."""
    return step_of(op, (), float32).name in chains.WORTH_A_KERNEL
