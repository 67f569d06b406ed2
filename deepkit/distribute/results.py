"""What goes to launched ranks and comes back: plain data in a file of arrays, never pickled."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from deepkit.distribute import ranks
from deepkit.errors import ArgumentError
from deepkit.files import whole_file

_ARRAY, _TUPLE = "array", "tuple"


def begin(folder: str, is_task: bool = False) -> list[Any]:
    """Connects the ranks; the arguments of the function that they run, a task's job and number before them."""
    ranks.start()
    task = [word.partition("=")[2] for word in sys.argv[1:3]] if is_task else []  # --job_name=ps --task_index=0
    return [*task[:1], *map(int, task[1:]), *read(Path(folder) / "arguments.npz")]


def end(folder: str, value: Any) -> None:
    """Keeps what this rank's function returned."""
    write(Path(folder) / f"{ranks.here().rank}.npz", value)


def write(path: Path, value: Any) -> None:
    """Writes a value made of None, booleans, numbers, texts, arrays, lists, tuples and dictionaries with texts as keys.

    ArgumentError: there is something else in it.
    """
    arrays: list[np.ndarray] = []
    plan = json.dumps(_described(value, arrays))
    with whole_file(path) as file:
        np.savez(file, allow_pickle=False, plan=np.array(plan), **{f"a{i}": array for i, array in enumerate(arrays)})


def read(path: Path) -> Any:
    """The value that `write` wrote."""
    with np.load(path, allow_pickle=False) as file:
        return _made(json.loads(str(file["plan"])), file)


def _described(value: Any, arrays: list[np.ndarray]) -> Any:
    """The value as JSON knows it: a container as [kind, content], an array as its number."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.ndarray() | np.generic() if np.asarray(value).dtype.kind in "biufcSU":
            arrays.append(np.asarray(value))
            return [_ARRAY, len(arrays) - 1]
        case list() | tuple():
            return [_TUPLE if isinstance(value, tuple) else "list", [_described(v, arrays) for v in value]]
        case dict() if set(map(type, value)) <= {str}:
            return ["dict", {key: _described(v, arrays) for key, v in value.items()}]
    raise ArgumentError(
        f"a {type(value).__name__} does not travel between ranks and launch",
        rule="numbers, texts, arrays, and lists and dictionaries of them", hint="model.get_weights() instead of the model",
    )


def _made(plan: Any, file: Any) -> Any:
    if not isinstance(plan, list):
        return plan
    kind, content = plan
    if kind == _ARRAY:
        return file[f"a{content}"][()]
    if kind == "dict":
        return {key: _made(v, file) for key, v in content.items()}
    made = [_made(v, file) for v in content]
    return tuple(made) if kind == _TUPLE else made
