"""Things that a session keeps from run to run, such as queues, readers and iterators: the bases of their ops."""

from __future__ import annotations

from typing import Any, ClassVar

from deepkit.core.op import Op
from deepkit.core.shape import SCALAR, Shape
from deepkit.core.typing import Array, ArrayModule

Kept = Any
"""A thing that a session keeps: a queue, a reader, an iterator."""


class Resource(Op):
    """Base of what gives a thing of the session's. The output is the thing itself, an object, for the ops that use it.

    A subclass says in `make(node, session)` how the thing is made, once for each session.
    """

    shared_name: str | None = None
    cpu_only = True
    resource = True
    stateful = True
    returns = "string"
    gradient = None

    def shape(self, *_: Shape) -> Any:
        return SCALAR

    def forward(self, xp: ArrayModule, thing: Kept, *_: Array) -> Any:
        return thing


class ResourceUse(Op):
    """Base of the ops on such a thing, their first input."""

    cpu_only = True
    types: ClassVar[tuple[str, ...]] = ("string",)
    stateful = True
    gradient = None

    def shape(self, *_: Shape) -> Any:
        return SCALAR
