"""A value made of tensors as a graph of its own, which can be written down and computed of other tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.description import Description, describe
from deepkit.core.graph import Graph
from deepkit.core.rebuild import rebuild
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.errors import DataError
from deepkit.keras.backend.phase import Phase, learning_phase
from deepkit.keras.backend.session import get_value, placeholder
from deepkit.keras.base.replay import replayed, sources_of


class Formula:
    """`result` as a function of `inputs`, all of them in one graph; `phase` stands for the learning phase."""

    def __init__(self, inputs: Sequence[Symbol], phase: Symbol, result: Symbol):
        self.inputs, self.phase, self.result = list(inputs), phase, result

    @classmethod
    def of(cls, value: Symbol, sources: Sequence[Symbol]) -> Formula:
        """How `value` is made of `sources`; other variables stand for the values that they have now."""
        with Graph().as_default():
            stand_ins = {id(x): placeholder(x.shape, dtype=x.dtype.name) for x in sources}
            phase = placeholder((), dtype="int32", name="phase")
            fixed = {id(x): Tensor(get_value(x)) for x in sources_of(value) if id(x) not in stand_ins}
            now = {id(Phase.of(value).value): phase, **fixed, **stand_ins}
            return cls(list(stand_ins.values()), phase, ops.identity(replayed([value], now)[0], name="result"))

    def __call__(self, tensors: Sequence[Any]) -> Any:
        """The value that is made of these tensors in the same way."""
        now = {id(x): y for x, y in zip([*self.inputs, self.phase], [*tensors, learning_phase()], strict=True)}
        return replayed([self.result], now)[0]

    def get_config(self) -> dict[str, Any]:
        """The graph as JSON knows it; GraphError if it calls a Python function."""
        description = describe(self.result.graph)
        arrays = {
            name: {"dtype": a.dtype.name, "shape": list(a.shape), "values": a.ravel().tolist()}
            for name, a in description.arrays.items()
        }
        names = {"inputs": [x.name for x in self.inputs], "phase": self.phase.name, "result": self.result.name}
        return {**names, "graph": description.content, "arrays": arrays}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Formula:
        """The formula that `get_config` wrote; DataError if it is damaged."""
        arrays = {
            name: np.array(said["values"], said["dtype"]).reshape(said["shape"])
            for name, said in config["arrays"].items()
        }
        graph = Graph()
        nodes = rebuild(graph, Description(config["graph"], arrays))

        def tensor(name: str) -> Symbol:
            node, _, place = name.rpartition(":")
            if node not in nodes or not place.isdecimal() or int(place) >= len(nodes[node].outputs):
                raise DataError(f"the formula has no tensor {name!r}")
            return nodes[node].outputs[int(place)]

        return cls([tensor(name) for name in config["inputs"]], tensor(config["phase"]), tensor(config["result"]))
