"""Tab in a notebook: IPython's completer, which asks jedi, answers within a second of the processor's time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("IPython", reason="IPython is not installed (extra: course)")

PROGRAM = """
import json, sys, time
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_cell("import deepkit as dk, deepkit.v1 as tf; from deepkit import keras")
shell.run_cell("model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])")
found = {}
for text in 2 * ["dk.", "tf.nn.", "keras.layers.", "model.", "model.fi"]:
    began = time.process_time()
    with provisionalcompleter():
        names = [one.text for one in shell.Completer.completions(text, len(text))]
    found[text] = (time.process_time() - began, names)  # of the second time: jedi keeps what it has parsed on disk
print(json.dumps(found), file=sys.__stdout__)
"""


@pytest.fixture(scope="module")
def found():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dk.", {"matmul", "gradients", "keras", "tensor"}), ("tf.nn.", {"relu", "conv2d", "softmax"}),
        ("keras.layers.", {"Dense", "Conv2D", "LSTM"}), ("model.", {"fit", "evaluate", "summary"}), ("model.fi", {"fit"}),
    ],
)
def test_tab_answers_within_a_second(found, text, expected):
    seconds, names = found[text]
    assert expected <= set(names)
    assert seconds < 1.0
    assert not [name for name in names if name.startswith("_")]
