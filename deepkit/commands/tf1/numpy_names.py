"""Names that NumPy once had and old programs use: np.int, np.float, np.NaN, np.product, array.tostring()."""

from __future__ import annotations

import ast
import functools
import inspect
import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_INSTALLED = tuple({*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), str(Path(__file__).parents[2])})


def _asscalar(a: Any) -> Any:
    return a.item()


def _in1d(a: Any, b: Any, **options: Any) -> np.ndarray:
    return np.isin(np.ravel(a), b, **options)


def _rank(a: Any) -> int:
    return np.asarray(a).ndim


REMOVED: dict[str, Any] = {
    "bool": bool, "int": int, "float": float, "complex": complex, "object": object, "str": str, "long": int,
    "unicode": str, "bool8": np.bool_, "float_": np.float64, "complex_": np.complex128, "string_": np.bytes_,
    "unicode_": np.str_, "NaN": np.nan, "NAN": np.nan, "Inf": np.inf, "infty": np.inf, "Infinity": np.inf,
    "PINF": np.inf, "NINF": -np.inf, "PZERO": 0.0, "NZERO": -0.0, "product": np.prod, "cumproduct": np.cumprod,
    "alltrue": np.all, "sometrue": np.any, "round_": np.round, "row_stack": np.vstack, "in1d": _in1d,
    "asfarray": lambda a, dtype=np.float64: np.asarray(a, dtype), "asscalar": _asscalar, "rank": _rank,
    "msort": lambda a: np.sort(a, axis=0), "trapz": getattr(np, "trapezoid", None),
}


def restore() -> list[str]:
    """Put back what this NumPy lacks; returns the names. It lasts as long as the process."""
    import warnings

    restored = []
    for name, value in REMOVED.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns when it is asked for what it has given up
            there = hasattr(np, name)
        if not there and value is not None:
            setattr(np, name, value)
            restored.append(name)
    return restored


def allow_ragged(say: Callable[[str], None]) -> None:
    """np.array of lists of unequal lengths is an array of objects again where the program itself asks; `say` tells of the first.

    Code of installed libraries, and with a dtype the program too, gets today's ValueError.
    """
    make, told = np.array, list[str]()

    @functools.wraps(make)
    def array(object: Any, dtype: Any = None, **options: Any) -> np.ndarray:
        try:
            return make(object, dtype, **options)
        except ValueError as error:
            file = sys._getframe(1).f_code.co_filename
            if dtype is not None or "inhomogeneous" not in str(error) or file.startswith(_INSTALLED):
                raise
            if not told:
                told.append(file)
                say(f"np.array of lists of unequal lengths ({os.path.basename(file)}): dtype=object, as NumPy once chose")
            return make(object, "O", **options)

    np.array = array  # type: ignore[assignment]


def print_as_then() -> None:
    """Scalars show as 10, not as np.int32(10), also inside lists."""
    if int(np.__version__.split(".")[0]) >= 2:
        np.set_printoptions(legacy="1.25")


class ToBytes(ast.NodeTransformer):
    """Reads `x.tostring()` as `x.tobytes()`: an array's method is part of compiled NumPy and cannot be put back."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr == "tostring" and not node.args and not node.keywords:
            called.attr = "tobytes"
        return node


class ToShape(ast.NodeTransformer):
    """Reads `reshape(x, newshape=s)` as `reshape(x, shape=s)`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "reshape":
            for keyword in node.keywords:
                keyword.arg = "shape" if keyword.arg == "newshape" else keyword.arg
        return node


def modernize(tree: ast.Module) -> ast.Module:
    """The program without the methods and arguments that this NumPy has lost."""
    if not hasattr(np.ndarray, "tostring"):
        tree = ToBytes().visit(tree)
    return tree if "newshape" in inspect.signature(np.reshape).parameters else ToShape().visit(tree)
