"""What type checkers make of the public names: wrong calls are found, right ones pass, and the wheel carries the mark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import deepkit

HOME = Path(deepkit.__file__).parent

RIGHT = """
import numpy as np

import deepkit as dk

x = dk.tensor([[1.0, 2.0], [3.0, 4.0]])
y = dk.matmul(x, np.ones((2, 2), np.float32), transpose_b=True, name="y")
total: dk.Tensor = dk.reduce_sum(dk.exp(y) + 1.0, axis=[0, 1])
number: float = total.item()
values, places = dk.top_k([3.0, 1.0], k=1)
s, u, v = dk.svd(x)
alone = dk.svd(x, compute_uv=False).numpy()
parts = [part.shape for part in dk.split(x, 2, axis=0)]
"""
WRONG = {
    "an unknown argument": 'dk.matmul(x, 3, transpose_q=True)',
    "a result that is no number": "z: int = dk.reduce_sum(x)",
    "one argument too many": "dk.exp(x, 'name', 3)",
    "a missing argument": "dk.add(x)",
    "a text for a flag": "dk.cumsum(x, reverse='yes')",
    "a number for a list of tensors": "dk.stack(3)",
    "a name that is not there": "dk.matmull(x, x)",
    "an attribute that is not there": "dk.abs(x).numpyy()",
}


def _checked(program: str, folder: Path) -> str:
    """What mypy says of a user's program, which lies outside deepkit's own settings."""
    pytest.importorskip("mypy", reason="needs mypy")
    (folder / "program.py").write_text(program, encoding="utf-8")
    (folder / "mypy.ini").write_text("[mypy]\nignore_missing_imports = True\nfollow_imports = silent\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "program.py", "--cache-dir", str(folder / "cache")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=_found()).stdout


def _found() -> dict[str, str]:
    import os

    return {**os.environ, "MYPYPATH": str(HOME.parent)}


def test_a_user_s_program_is_checked(tmp_path):
    lines = ["import deepkit as dk", "x = dk.tensor([1.0])", *WRONG.values()]
    wrong = _checked(RIGHT + "\n".join(lines), tmp_path)
    first = RIGHT.count("\n") + 3
    found = {int(line.split(":")[1]) for line in wrong.splitlines() if ": error:" in line}
    assert found == set(range(first, first + len(WRONG))), wrong


def test_the_package_says_that_it_has_types():
    assert (HOME / "py.typed").is_file()
