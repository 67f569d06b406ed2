"""Where in the user's code something happened: the line outside deepkit, and the notebook cell that is running."""

from __future__ import annotations

import contextlib
import functools
import linecache
import os
import sys
import warnings
from typing import Any, NamedTuple

_HOME = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Site(NamedTuple):
    """One line of the user's code."""

    file: str
    line: int
    function: str

    @property
    def text(self) -> str:
        return linecache.getline(self.file, self.line).strip()

    def __str__(self) -> str:
        cell = _cell_number(self.file)
        place = f'File "{self.file}", line {self.line}' if cell is None else f"cell In[{cell}], line {self.line}"
        inside = "" if self.function == "<module>" else f", in {self.function}"
        return f"{place}{inside}" + (f":  {self.text}" if self.text else "")


@functools.cache
def is_users(file: str) -> bool:
    """Whether code in this file is the user's: not deepkit's own, nor NumPy's that calls it back (np.mean(tensor))."""
    numpy = sys.modules.get("numpy")
    home = os.path.dirname(numpy.__file__ or "") + os.sep if numpy is not None else _HOME
    return not file.startswith((_HOME, home)) and file != contextlib.__file__


def user_site() -> Site | None:
    """The innermost frame that is the user's; None if there is none (deepkit calling itself)."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if is_users(code.co_filename):
            return Site(code.co_filename, frame.f_lineno, code.co_name)
        frame = frame.f_back
    return None


def warn_user(text: str, category: type[Warning]) -> None:
    """Warns, and names the innermost line of the user's own as the one that is warned of."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and not is_users(frame.f_code.co_filename):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, category, stacklevel=level)


def _shell() -> Any:
    """The running IPython shell, if this program runs inside one (IPython is never imported from here)."""
    module = sys.modules.get("IPython")
    get = getattr(module, "get_ipython", None)
    return get() if get is not None else None


def _cell_number(file: str) -> int | None:
    shell = _shell()
    compiler = getattr(shell, "compile", None)
    numbers = getattr(compiler, "_filename_map", {})
    return numbers.get(file)


class Cell(NamedTuple):
    """A notebook cell being executed: `key` stays the same when the cell is run again, `run` does not."""

    key: str
    run: int


def running_cell() -> Cell | None:
    """The notebook cell that is being executed, or None outside IPython and Jupyter.

    JupyterLab tells the kernel the cell's id; where a front end does not, the cell's source stands for it.
    """
    shell = _shell()
    if shell is None:
        return None
    history = shell.user_ns.get("_ih") or [""]
    return Cell(_cell_id(shell) or history[-1], shell.execution_count)


def _cell_id(shell: Any) -> str | None:
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return None
    parent = kernel.get_parent("shell") or {}
    return parent.get("metadata", {}).get("cellId")
