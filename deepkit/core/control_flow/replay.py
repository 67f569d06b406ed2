"""An op that ran, in the graph of a derivative: its outputs are known, its gradient rule is the op's own."""

from __future__ import annotations

from typing import Any

from deepkit.core.autodiff import pulled_back
from deepkit.core.node import Node
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.variable import Variable
from deepkit.device.dtypes import DType


@register
class Replay(Op):
    """The outputs of an op as they were when it ran, in place of running it again: they are the last inputs.

    Numbers that were drawn, the value of a variable at that time, what a Python function returned: a second run would
    not give them again. What came before them is still differentiated, by the gradient rule of the op.
    """

    played: Any = None
    many: bool = False
    refs: tuple[int, ...] = ()  # type: ignore[misc]
    outputs_: tuple[tuple[Shape, DType], ...] = ()
    attrs = ("refs",)
    types = ("any",)
    reads_old = False
    takes_none = True
    aliases = True

    @classmethod
    def of(cls, node: Node) -> Replay:
        """The replay of a node."""
        refs = [i for i, x in enumerate(node.inputs) if isinstance(x, Variable)]
        return cls(played=node.op, many=node.many, refs=refs, outputs_=[(y.shape, y.dtype) for y in node.outputs])

    def shape(self, *_: Shape) -> Any:
        return tuple(shape for shape, _ in self.outputs_)

    def dtype(self, *_: DType) -> Any:
        return tuple(dtype for _, dtype in self.outputs_)

    def forward(self, xp: Any, *inputs: Any) -> Any:
        return inputs[-len(self.outputs_) :]

    @property
    def gradient(self) -> Any:
        """None, too, where the op has none: a shuffle, an assignment."""
        return None if self.played.gradient is None else self._pull_back

    def _pull_back(self, dys: Any, ys: Any, *inputs: Any) -> Any:
        count = len(self.outputs_)
        return (*pulled_back(self.played, self.many, dys, ys, inputs[:-count]), *[None] * count)

    def key(self) -> Any:
        return id(self)
