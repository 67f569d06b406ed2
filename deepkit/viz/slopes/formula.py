"""A formula that the learner types, such as `(a + b) * sin(a)`, as a function of tensors; nothing is evaluated by Python."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError

FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(ops, name)
    for name in ("abs", "cos", "exp", "log", "maximum", "minimum", "relu", "sigmoid", "sin", "sqrt", "square", "tanh")
}
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg, ast.UAdd: lambda x: x,
}
_LONGEST = 200  # characters


class Formula:
    """A formula over named numbers.

    Args:
        text: names, numbers, `+ - * / **`, brackets, and the functions in `FUNCTIONS`.

    Attributes:
        names: the variables, in alphabetical order.

    Raises:
        ArgumentError: for anything else, with the part that is not understood.

    >>> f = Formula("(a + b) * a")
    >>> f.names, f(a=2.0, b=-3.0).item()
    (['a', 'b'], -2.0)
    """

    def __init__(self, text: str):
        self.text = text.strip()
        if not 0 < len(self.text) <= _LONGEST:
            raise ArgumentError(f"a formula of {len(self.text)} characters", rule=f"from 1 to {_LONGEST}")
        try:
            self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError) as error:
            raise ArgumentError(f"{self.text!r} is not a formula", hint="a product needs its sign: 2 * x") from error
        names: set[str] = set()
        _check(self._tree, self.text, names)
        self.names = sorted(names)
        if not self.names:
            raise ArgumentError(f"{self.text!r} has no variable", rule="a derivative is by something: a, b, x, ...")

    def __call__(self, **values: Any) -> Any:
        """The formula's value: a Tensor that remembers how it was made. Numbers become float64 tensors."""
        missing = [name for name in self.names if name not in values]
        if missing:
            raise ArgumentError(f"{self.text!r} needs {', '.join(missing)}", hint=f"{missing[0]}=1.0")
        tensors = {name: values[name] if isinstance(values[name], Tensor) else Tensor(np.float64(values[name]))
                   for name in self.names}
        with np.errstate(all="ignore"):  # log of a negative number is NaN, and the picture shows it
            return _value(self._tree, tensors)


def _check(tree: ast.AST, text: str, names: set[str]) -> None:
    """Collects the names of variables; ArgumentError where the formula holds anything that is not arithmetic."""
    if isinstance(tree, ast.Name):
        names.add(tree.id)
        return
    parts = _parts(tree)
    if parts is None:
        power = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.BitXor)
        raise ArgumentError(
            f"{ast.unparse(tree)!r} in {text!r} is not understood",
            rule=f"names, numbers, + - * / **, brackets, {', '.join(FUNCTIONS)}", hint="a power is **" if power else None,
        )
    for part in parts:
        _check(part, text, names)


def _parts(tree: ast.AST) -> list[ast.expr] | None:
    """What an operation, a call or a number is made of; None for anything else."""
    if isinstance(tree, ast.Constant):
        return [] if type(tree.value) in (int, float) else None
    if isinstance(tree, ast.Call):
        return _arguments(tree)
    if not isinstance(tree, (ast.BinOp, ast.UnaryOp)) or type(tree.op) not in _OPERATORS:
        return None
    return [tree.left, tree.right] if isinstance(tree, ast.BinOp) else [tree.operand]


def _arguments(call: ast.Call) -> list[ast.expr] | None:
    """The arguments of a known function; None for an unknown one."""
    name = ast.unparse(call.func)
    if name not in FUNCTIONS:
        return None
    takes = 2 if name in ("maximum", "minimum") else 1
    if len(call.args) != takes or call.keywords:
        raise ArgumentError(f"{ast.unparse(call)}: {name} takes {takes} number(s)")
    return call.args


def _value(tree: Any, tensors: Mapping[str, Any]) -> Any:
    """The value of a tree that `_check` has seen."""
    if isinstance(tree, ast.Name):
        return tensors[tree.id]
    if isinstance(tree, ast.Constant):
        return Tensor(np.float64(tree.value))  # type: ignore[arg-type]
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.operand, ast.Constant):  # -2 is a number, not an operation
        return Tensor(np.float64(_OPERATORS[type(tree.op)](tree.operand.value)))
    if isinstance(tree, ast.Call):
        return FUNCTIONS[ast.unparse(tree.func)](*(_value(part, tensors) for part in tree.args))
    parts = [tree.left, tree.right] if isinstance(tree, ast.BinOp) else [tree.operand]
    return _OPERATORS[type(tree.op)](*(_value(part, tensors) for part in parts))
