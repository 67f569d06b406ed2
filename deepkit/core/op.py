"""What an op is: its shape rule, its forward computation and its gradient, in one class; and the list of all ops."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from deepkit.core.shape import Shape
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError

KINDS = {"b": "bool", "i": "integer", "f": "float", "c": "complex", "O": "string"}
"""NumPy's letters for kinds of data types, in words."""


class Op:
    """One kind of computation. A subclass says, next to each other:

    - its attributes: annotated class variables with defaults (`axis: int = 0`), fixed when the op is made;
    - `shape(*shapes)`: the output's shape from the inputs' shapes, None being a dimension not known yet;
    - `dtype(*dtypes)`: the output's type (default: that of the first input whose type is "T");
    - `forward(xp, *arrays)`: the computation, where xp is numpy or cupy;
    - `gradient(dy, y, *inputs)`: from the derivative of some scalar by the output y, its derivative by
      each input (None where there is none). Written in public ops, so it serves Tensors and Symbols and can
      itself be differentiated. `gradient = None` says that no derivative exists.

    An op with several outputs returns tuples; `dy` and `y` are then tuples. Ops hold no state: what is remembered
    between runs are variables (which an op names in `writes`), random streams (which `random` ops are handed), and the
    objects behind queues, readers and iterators (which `resource` ops are handed).
    """

    attrs: ClassVar[tuple[str, ...]] = ()
    label: ClassVar[str | None] = None
    """Name of a node of this op when the user gives none; default: the class's name."""
    types: ClassVar[tuple[str, ...]] = ("T",)
    """Type of each input, the last one repeating: a data type's name, "index" (int32 or int64), "any", or a letter
    that stands for the same type everywhere."""
    kinds: ClassVar[str] = "bifcO"
    """NumPy kind letters allowed for "T": b bool, i (un)signed int, f float, c complex, O string."""
    half: ClassVar[bool] = True
    """False if float16 is not allowed for "T"."""
    returns: ClassVar[str | None] = None
    """Type of the output where it does not depend on the inputs."""
    random: ClassVar[bool] = False
    """forward takes a random Stream before its arrays; every run draws on."""
    stateful: ClassVar[bool] = False
    """Has an effect beside its output: never merged with an equal node, never computed ahead."""
    writes: ClassVar[tuple[int, ...]] = ()
    """Inputs that are variables; output i becomes the new value of variable input writes[i]."""
    resource: ClassVar[bool] = False
    """forward takes first the object that the session keeps for the node from its first run on; `make` gives it."""
    waits: ClassVar[bool] = False
    """May wait for what another op of the same run does: it runs as late as its users allow."""
    begins: ClassVar[bool] = False
    """Begins what then goes on by itself: it runs as early as its inputs allow."""
    reads_old: ClassVar[bool] = True
    """False if forward does not need the old values of the variables it writes (they are passed as None)."""
    refs: ClassVar[tuple[int, ...]] = ()
    """Inputs that are variables themselves although they are not written."""
    subgraphs: tuple[Any, ...] = ()
    """Graphs that the op runs: the body of a loop, the branches of a condition. forward then takes, after xp, a
    function call(i, *values) that runs graph i, and a list that says which outputs anybody uses. For results of a
    graph that these do not need (see `live`), call gives None."""
    records: ClassVar[tuple[type[Any], ...]] = ()
    """The named tuples that its attributes hold, if any: a stored graph makes them again."""
    shape_only: ClassVar[tuple[int, ...] | range] = ()
    """Inputs of which only the shape is used: where it is known, their values are not computed."""
    host: ClassVar[tuple[int, ...] | range] = ()
    """Inputs that forward reads as Python numbers, such as a shape: they stay in CPU memory wherever the op runs."""
    cpu_only: ClassVar[bool] = False
    """forward computes with NumPy alone: on texts, files, queues, or step by step. It is handed arrays in CPU memory."""
    is_constant: ClassVar[bool] = False
    """The value is an attribute: known before anything runs."""
    is_placeholder: ClassVar[bool] = False
    """The value is given to a run, not computed in it."""
    reads_variable: ClassVar[bool] = False
    """The output is the value that its input, a variable, has at this point of the run."""
    idle: ClassVar[bool] = False
    """Nothing runs: the node stands for a variable, or for all that it waits for."""
    takes_none: ClassVar[bool | tuple[int, ...]] = False
    """Outputs for which gradient is handed None, not zeros, if no derivative arrived: all of them (True), or those
    listed. The other outputs of an op always count."""
    takes_out: ClassVar[bool] = False
    """Whether forward has an argument `out`, an array to put the result into, which may be the first input itself."""
    aliases: ClassVar[bool | tuple[int, ...]] = False
    """The output may share memory with an input: the first one (True), or those listed."""

    gradient: Any = None
    inplace: Any = None
    """For an op with `writes`: inplace(*arrays), the same computation in the memory of the variable itself."""
    passes: Any = None
    """For an op that may hand one of its inputs on as it is: passes(*values) says which, None while it is not known.
    `values` are those of the inputs that are known before the graph runs, None for the others."""

    def __init_subclass__(cls) -> None:
        own = tuple(n for n in cls.__annotations__ if not n.startswith("_") and n not in Op.__annotations__)
        cls.attrs = tuple(dict.fromkeys(cls.attrs + own))

    def __init__(self, **attrs: Any):
        for name, value in attrs.items():
            if name not in self.attrs:
                raise ArgumentError(f"{self.type} has no attribute {name!r}", hint="one of " + ", ".join(self.attrs))
            setattr(self, name, tuple(value) if isinstance(value, list) else value)

    @property
    def type(self) -> str:
        return type(self).__name__

    @property
    def is_pure(self) -> bool:
        """Same inputs, same output, nothing else happens."""
        inside = all(node.op.is_pure for graph in self.subgraphs for node in graph.get_operations())
        return inside and not (self.random or self.stateful or self.writes)

    def type_of(self, i: int) -> str:
        """The type rule of input i."""
        return self.types[min(i, len(self.types) - 1)]

    def shape(self, *shapes: Shape) -> Any:
        """Default: the shape of the first input."""
        return shapes[0]

    def dtype(self, *dtypes: DType) -> Any:
        if self.returns is not None:
            return as_dtype(self.returns)
        for i, dtype in enumerate(dtypes):
            if self.type_of(i) == "T":
                return dtype
        return dtypes[0]

    def specs(self, inputs: Sequence[Any]) -> Any:
        """(shape, dtype) of the output for these inputs, or a list of such pairs for an op with several outputs."""
        shapes = self.shape(*[x.shape for x in inputs])
        dtypes = self.dtype(*[x.dtype for x in inputs])
        if isinstance(shapes, (tuple, list)):
            each = dtypes if isinstance(dtypes, (tuple, list)) else [dtypes] * len(shapes)
            return list(zip(shapes, each, strict=True))
        return shapes if isinstance(shapes, Shape) else Shape(shapes), dtypes

    def forward(self, xp: Any, *arrays: Any) -> Any:
        raise TypeError(f"op {self.type} does not define forward")

    def spares_zeros(self, output: int) -> bool:
        """Whether gradient takes None for the derivative by that output."""
        return self.takes_none if isinstance(self.takes_none, bool) else output in self.takes_none

    def static_value(self, inputs: Any, known: Callable[[Any], Any]) -> Any:
        """What is known of the output before the graph runs though not all inputs are: an array, with None for an entry
        that is not known, or None. `known` says the same of an input. See core.static."""
        return None

    def make(self, node: Any, session: Any) -> Any:
        """For a resource op: a new object for `node`, with a method cancel(); `session` is a runtime.resources.Resources."""
        raise TypeError(f"op {self.type} is no resource")

    def live(self, used: Sequence[bool]) -> list[list[bool]]:
        """For an op that runs graphs: which results of each graph must be computed if these outputs are used."""
        raise TypeError(f"op {self.type} runs no graphs")

    def reads(self, used: Sequence[bool], shapes: Sequence[Shape]) -> list[bool]:
        """For an op that runs graphs: which inputs, of these shapes, must be computed if these outputs are used. Any array
        will do in the place of another, of the input's shape where that is known."""
        raise TypeError(f"op {self.type} runs no graphs")

    def elementwise(self, *shapes: Shape) -> bool:
        """Whether, for inputs of these shapes, each number of the output is made of the numbers that stand at its place in
        the inputs, which are broadcast against each other."""
        return False

    def bind(self, xp: Any) -> Callable[..., Any]:
        """The function a plan calls: forward with xp filled in."""
        return functools.partial(self.forward, xp)

    def with_next(self, following: Op, others: tuple[int, ...], *shapes: Shape) -> Op | None:
        """The op that computes what `following` makes of this one's only output, its first input, and of `others`, the numbers
        of its other inputs among this one's and those that come after them; None where there is none. `shapes` are those of
        all inputs. It must never fail where this one and the following one would not."""
        return None

    def bind_reusing(self, xp: Any) -> Callable[..., Any]:
        """The function a plan calls where the first input's memory is free to take the result (see `takes_out`)."""

        def call(first: Any, *others: Any) -> Any:
            free = first.flags.writeable if xp is np else first.flags.c_contiguous  # a view that repeats a row is not
            return self.forward(xp, first, *others, out=first if free else None)  # type: ignore[call-arg]

        return call

    def key(self) -> Any:
        """Two ops with equal keys compute the same."""
        return (type(self), *(getattr(self, name) for name in self.attrs))

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.attrs)
        return f"{self.type}({listed})"


registry: dict[str, type[Op]] = {}
"""Every op by its name."""

stand_ins: dict[type[Op], type[Op]] = {}
"""Ops that are computed in the place of others, wherever these are applied; `testing.bring` puts them here."""

OpClass = TypeVar("OpClass", bound=type[Op])


def register(cls: OpClass) -> OpClass:
    """Class decorator: adds an op to the registry. A class made again in a notebook replaces the one before it."""
    known = registry.get(cls.__name__)
    if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ArgumentError(
            f"an op named {cls.__name__} exists already, in {known.__module__}", hint="choose another name"
        )
    if "gradient" not in cls.__dict__ and cls.gradient is not None and cls.__mro__[1] is Op:
        raise ArgumentError(f"op {cls.__name__} says nothing about its gradient")
    registry[cls.__name__] = cls
    return cls


def standing_for(op: Op) -> Op:
    """The op that stands in the place of `op`, with the attributes it was given; `op` itself where none does or can."""
    cls = stand_ins.get(type(op))
    given = {name: value for name, value in vars(op).items() if name in op.attrs}
    return op if cls is None or not given.keys() <= set(cls.attrs) else cls(**given)


def lookup(name: str) -> type[Op]:
    """The op class of that name."""
    return registry[name]
