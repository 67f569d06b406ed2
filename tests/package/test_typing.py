"""What type checkers make of the public names: wrong calls are found, right ones pass, and the wheel carries the mark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import deepkit

HOME = Path(deepkit.__file__).parent

RIGHT = """
import numpy as np

import deepkit as dk
import deepkit.v1 as tf
from deepkit import keras

x = dk.tensor([[1.0, 2.0], [3.0, 4.0]])
y = dk.matmul(x, np.ones((2, 2), np.float32), transpose_b=True, name="y")
total: dk.Tensor = dk.reduce_sum(dk.exp(y) + 1.0, axis=[0, 1])
number: float = total.item()
values, places = dk.top_k([3.0, 1.0], k=1)
s, u, v = dk.svd(x)
alone = dk.svd(x, compute_uv=False).numpy()
parts = [part.shape for part in dk.split(x, 2, axis=0)]
a = tf.placeholder(tf.float32, [None, 2])
step = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_mean(tf.nn.relu(tf.matmul(a, a, transpose_b=True))))
model = keras.Sequential([keras.layers.Dense(3, input_shape=(2,))])
model.compile("adam", "mse")
history = model.fit(np.ones((4, 2)), np.ones((4, 3)), epochs=1, verbose=0).history
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
    "an unknown argument of TensorFlow's": "tf.matmul(a, a, transpose_q=True)",
    "a name that TensorFlow has not": "tf.nn.rleu(a)",
    "a method that a model has not": "model.fitt(x, x)",
    "a layer that Keras has not": "keras.layers.Dens(3)",
}


def _program() -> tuple[str, set[int]]:
    """A user's program: right lines, then the wrong ones, whose numbers are told."""
    first = RIGHT.count("\n") + 1
    return RIGHT + "\n".join(WRONG.values()) + "\n", set(range(first, first + len(WRONG)))


def _report(command: list[str], folder: Path) -> str:
    """What a checker says of the program, which lies outside deepkit's own settings."""
    (folder / "program.py").write_text(_program()[0], encoding="utf-8")
    environment = {**os.environ, "MYPYPATH": str(HOME.parent)}
    return subprocess.run([*command, "program.py"], cwd=folder, capture_output=True, text=True, env=environment).stdout


def test_mypy_checks_a_user_s_program(tmp_path):
    pytest.importorskip("mypy", reason="needs mypy")
    (tmp_path / "mypy.ini").write_text("[mypy]\nignore_missing_imports = True\nfollow_imports = silent\n", encoding="utf-8")
    said = _report([sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache")], tmp_path)
    assert {int(line.split(":")[1]) for line in said.splitlines() if ": error:" in line} == _program()[1], said


def test_pyright_checks_a_user_s_program(tmp_path):
    pytest.importorskip("pyright", reason="needs pyright")
    settings = {"extraPaths": [str(HOME.parent)], "pythonVersion": "3.11", "reportMissingImports": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    said = _report([sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"], tmp_path)
    found = [error for error in json.loads(said)["generalDiagnostics"] if error["severity"] == "error"]
    assert {error["range"]["start"]["line"] + 1 for error in found} == _program()[1], found


def test_the_package_says_that_it_has_types():
    assert (HOME / "py.typed").is_file()
