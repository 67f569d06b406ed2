"""Writing ONNX files: nodes, constants, inputs and outputs are collected, checked by the onnx library, and saved whole.

Needs the library onnx (extra `onnx`). What the operators mean: https://onnx.ai/onnx/operators (operator set 17).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.files import whole_file
from deepkit.loading import optional

OPERATOR_SET = 17
_FORMAT = 8  # the version of the file format that came with operator set 17


def library() -> Any:
    """The library onnx."""
    return optional("onnx", "an ONNX file")


class OnnxGraph:
    """An ONNX graph in the making. Values go by their names; `results` are kept free for its outputs.

    >>> graph = OnnxGraph("double")
    >>> x = graph.input("x", "float32", ("batch", 3))
    >>> graph.output("y", graph.add("Mul", x, graph.constant(np.float32(2))), "float32", ("batch", 3))
    >>> [node.op_type for node in graph.model().graph.node]
    ['Mul', 'Identity']
    """

    def __init__(self, name: str, results: Iterable[str] = ()):
        self.name, self._onnx = name, library()
        self._reserved = set(results)
        self._nodes: list[Any] = []
        self._constants: dict[tuple[Any, ...], str] = {}
        self._initializers: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._taken: set[str] = set()

    def _unique(self, name: str) -> str:
        made, number = name, 1
        while made in self._taken or made in self._reserved:
            made, number = f"{name}_{number}", number + 1
        self._taken.add(made)
        return made

    def _kind(self, dtype: Any) -> int:
        return self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))

    def input(self, name: str, dtype: Any, shape: tuple[int | str, ...]) -> str:
        """A value that is given at each run; an axis of unknown length has a name."""
        made = self._unique(name)
        self._inputs.append(self._onnx.helper.make_tensor_value_info(made, self._kind(dtype), shape))
        return made

    def output(self, name: str, value: str, dtype: Any, shape: tuple[int | str, ...]) -> None:
        """Makes `value` a result of the graph, called `name`."""
        self._reserved.discard(name)
        made = self._unique(name)
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [made]))
        self._outputs.append(self._onnx.helper.make_tensor_value_info(made, self._kind(dtype), shape))

    def constant(self, array: Any, name: str = "constant") -> str:
        """An array that is part of the file; small equal ones are stored once."""
        value = np.asarray(array)
        key = (value.dtype.str, value.shape, value.tobytes()) if value.size <= 16 else (id(array), value.shape)
        if key not in self._constants or value.size > 16:
            made = self._unique(name)
            self._initializers.append(
                self._onnx.numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), made)
            )
            self._constants[key] = made
        return self._constants[key]

    def add(self, operator: str, *inputs: str | None, outputs: int = 1, **attributes: Any) -> Any:
        """A node; returns the name of its output, or a list of names. None is an input that is left out."""
        names = [self._unique(operator.lower()) for _ in range(outputs)]
        wanted = ["" if value is None else value for value in inputs]
        while wanted and not wanted[-1]:
            wanted.pop()
        self._nodes.append(self._onnx.helper.make_node(operator, wanted, names, **attributes))
        return names[0] if outputs == 1 else names

    def ints(self, *values: int) -> str:
        """A constant list of whole numbers, as shapes and axes are given."""
        return self.constant(np.array(values, np.int64))

    def model(self) -> Any:
        """The finished model, after onnx has checked it."""
        helper = self._onnx.helper
        graph = helper.make_graph(self._nodes, self.name, self._inputs, self._outputs, self._initializers)
        opset = [helper.make_opsetid("", OPERATOR_SET)]
        model = helper.make_model(graph, producer_name="deepkit", opset_imports=opset, ir_version=_FORMAT)
        if model.ByteSize() >= 1 << 31:
            raise ArgumentError(
                f"{self.name} has {model.ByteSize():,} bytes", rule="an ONNX file holds less than 2 GiB in one piece",
                hint="model.save writes files of any size",
            )
        self._onnx.checker.check_model(model, full_check=True)
        return model

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model to a file, whole or not at all."""
        data = self.model().SerializeToString()
        with whole_file(Path(path)) as file:
            file.write(data)
