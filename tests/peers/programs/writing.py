"""The page a random program is written on: its lines, the values they name, and what a new line may read."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FLOATS = ("float32", "float64")
INTEGERS = ("int32", "int64")
NUMBERS = FLOATS + INTEGERS
LARGEST = 64  # numbers in one value: programs stay small and quick
DEEPEST = 2  # bodies within bodies
BODIES = r"tf\.(cond|case|switch_case|while_loop|scan|foldl|foldr|map_fn)\("
DRAWS = r"tf\.(random\.|random_[a-z]+\(|truncated_normal\(|multinomial|nn\.dropout|layers\.dropout|image\.random)|Dropout"


@dataclass(frozen=True)
class Value:
    """A tensor of the program: its name, dtype, the shape it will have, and whether the graph knows that shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    known: bool = True

    @property
    def rank(self) -> int:
        return len(self.shape)


class Unfit(Exception):
    """Nothing on the page suits this recipe: another is tried."""


Recipe = Callable[["Page"], Value | None]
RECIPES: list[tuple[Recipe, float]] = []


def recipe(weight: float = 1.0) -> Callable[[Recipe], Recipe]:
    """Makes a function that writes one line (or a few) part of the vocabulary; weight: how often it is tried."""

    def add(function: Recipe) -> Recipe:
        RECIPES.append((function, weight))
        return function

    return add


@dataclass
class Page:
    """The lines of a program, or of one body within it, and the values that may be read there.

    Variables that the program assigns are touched in a fixed order, or the program would have no single result:
    `order` maps each to the value that the next touch must come after (None: nothing before). `streams` are the outermost
    values that draw or run bodies, which may draw.
    """

    rng: random.Random
    values: list[Value] = field(default_factory=list)
    states: list[Value] = field(default_factory=list)
    order: dict[str, str | None] = field(default_factory=dict)
    depth: int = 0
    ordered: bool = True  # false in a body whose calls have no order among themselves
    entry: str | None = None  # what the first touch within a body comes after
    lines: list[str] = field(default_factory=list)
    serial: Iterator[int] = field(default_factory=itertools.count)
    streams: list[str] = field(default_factory=list)

    def fresh(self, letter: str) -> str:
        return f"{letter}{next(self.serial)}"

    def add(self, value: Value) -> Value:
        if np.prod(value.shape, dtype=int) > LARGEST:
            raise Unfit
        self.values.append(value)
        return value

    def line(self, text: str, dtype: str, shape: Sequence[int], known: bool = True, after: Sequence[str] = ()) -> Value:
        """Writes `name = text`, under control dependencies where `after` names any."""
        value = self.add(Value(self.fresh("v"), dtype, tuple(int(n) for n in shape), known))
        whole, part = re.fullmatch(r"(.*?)(\[\d\])?", text, re.DOTALL).groups()  # type: ignore[union-attr]
        if part and re.match(BODIES, text):  # all results of the body are kept at hand: TensorFlow always computes them all
            self.statement(f"{value.name}s = {whole}\n{value.name} = {value.name}s{part}", after)
            self.streams.append(f"{value.name}s")
        else:
            self.statement(f"{value.name} = {text}", after)
            self.streams += [value.name] if re.search(f"{BODIES}|{DRAWS}", text) else []
        return value

    def statement(self, text: str, after: Sequence[str] = ()) -> None:
        if after:
            self.lines += [
                f"with tf.control_dependencies([{', '.join(after)}]):",
                *("    " + t for t in text.split("\n")),
            ]
        else:
            self.lines += text.split("\n")

    def like(self, text: str, *operands: Value, dtype: str | None = None, shape: Sequence[int] | None = None) -> Value:
        """A line whose result is like its first operand, but for what is given; its shape is known if all theirs are."""
        first = operands[0]
        return self.line(
            text, dtype or first.dtype, first.shape if shape is None else shape, all(v.known for v in operands)
        )

    def pick(self, dtypes: Sequence[str] = FLOATS, test: Callable[[Value], bool] = lambda v: True) -> Value:
        """A value of these dtypes that passes the test; values written lately are likelier."""
        found = [v for v in self.values if v.dtype in dtypes and test(v)]
        if not found:
            raise Unfit
        return found[-1 - int(len(found) * self.rng.random() ** 2)]

    def array(self, dtype: str, shape: Sequence[int], low: float = -2, high: float = 2) -> str:
        """An array of random numbers with two digits, now and then of small whole numbers (ties, zeros), as text."""
        size = int(np.prod(shape, dtype=int))
        if dtype == "bool":
            numbers: list[Any] = [self.rng.random() < 0.5 for _ in range(size)]
        elif dtype in INTEGERS:
            numbers = [self.rng.randint(int(low), int(high)) for _ in range(size)]
        elif self.rng.random() < 0.15:
            numbers = [float(self.rng.randint(int(np.ceil(low)), int(high))) for _ in range(size)]
        else:
            numbers = [round(self.rng.uniform(low, high), 2) for _ in range(size)]
        return (
            f"np.array({np.array(numbers, dtype=object).reshape(shape).tolist()}, np.{dtype.replace('bool', 'bool_')})"
        )

    def constant(self, dtype: str, shape: Sequence[int], low: float = -2, high: float = 2) -> Value:
        return self.line(f"tf.constant({self.array(dtype, shape, low, high)})", dtype, shape)

    def write(self, lines: int) -> None:
        """Writes random lines; a recipe that nothing suits is left out."""
        recipes, weights = zip(*RECIPES, strict=True)
        for chosen in self.rng.choices(recipes, weights, k=lines):
            before = len(self.lines), len(self.values), dict(self.order), len(self.streams)
            try:
                chosen(self)
            except Unfit:
                del self.lines[before[0] :], self.values[before[1] :]
                del self.streams[before[3] :]
                self.order = before[2]
