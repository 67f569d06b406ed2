"""The progress bar: what it shows, when, and where."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError
from deepkit.keras.utils import generic_utils
from deepkit.keras.utils.generic_utils import Progbar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class NotebookStream(io.StringIO):
    """As JupyterLab's stream: no terminal, but a carriage return goes back to the start of the line."""


NotebookStream.__module__ = "ipykernel.iostream"


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    now = [100.0]
    monkeypatch.setattr(generic_utils, "_clock", lambda: now[0])
    monkeypatch.setenv("COLUMNS", "200")
    return now


def steps(stream, monkeypatch, clock, target, count, seconds, **options) -> list[str]:
    """What is written while `count` steps of equal length pass."""
    monkeypatch.setattr(sys, "stdout", stream)
    bar = Progbar(target, **options)
    for step in range(count):
        clock[0] += seconds
        bar.update(step + 1, [("loss", 2.0 + step)], finalize=step + 1 == count)
    return re.split(r"[\r\n]", stream.getvalue())


def test_bar_grows_in_place(monkeypatch, clock) -> None:
    lines = steps(Terminal(), monkeypatch, clock, 4, 4, 2.0, width=8)
    assert lines == [
        "",
        "1/4 [=>......] - ETA: 6s - loss: 2.0000",
        "2/4 [===>....] - ETA: 4s - loss: 2.5000",
        "3/4 [=====>..] - ETA: 2s - loss: 3.0000",
        "4/4 [========] - 8s 2s/step - loss: 3.5000",
        "",
    ]


@pytest.mark.parametrize("stream", [Terminal, NotebookStream])
def test_not_more_than_ten_changes_a_second(stream, monkeypatch, clock) -> None:
    lines = steps(stream(), monkeypatch, clock, 1000, 1000, 0.003)
    assert 25 <= len(lines) <= 3 * 10 + 4
    assert lines[-2].startswith("1000/1000 [==============================] - 3s 3ms/step")
    assert lines[-1] == ""


def test_file_or_pipe_gets_the_last_line_only(monkeypatch, clock) -> None:
    assert steps(io.StringIO(), monkeypatch, clock, 10, 10, 1.0, width=4) == [
        "10/10 [====] - 10s 1s/step - loss: 6.5000",
        "",
    ]


def test_shorter_line_covers_the_longer_one(monkeypatch, clock) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    bar = Progbar(2, stateful_metrics=["x"])
    clock[0] += 1
    bar.update(1, [("x", 123456789.0)])
    clock[0] += 1
    bar.update(2, [("x", 1.0)])
    first, second = stream.getvalue().rstrip("\n").split("\r")[1:]
    assert len(second) >= len(first)


def test_narrow_terminal_does_not_wrap(monkeypatch, clock) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    lines = steps(Terminal(), monkeypatch, clock, 5, 5, 1.0)
    assert {len(line) for line in lines[1:-2]} == {29}
    assert "loss" in lines[-2]  # the last line stays, and may wrap


def test_unknown_number_of_steps(monkeypatch, clock) -> None:
    lines = steps(Terminal(), monkeypatch, clock, None, 2, 1.0)
    assert lines[1:3] == ["      1/Unknown - 1s 1s/step - loss: 2.0000", "      2/Unknown - 2s 1s/step - loss: 2.5000"]


@pytest.mark.parametrize(("left", "text"), [(7300, "2:01:40"), (130, "2:10"), (60, "60s"), (3.9, "3s")])
def test_time_that_is_left(left: float, text: str, monkeypatch, clock) -> None:
    monkeypatch.setattr(sys, "stdout", stream := Terminal())
    bar = Progbar(3)
    clock[0] += left / 2
    bar.update(1)
    assert f"ETA: {text}" in stream.getvalue()


def test_verbose_2_and_0(monkeypatch, clock) -> None:
    assert steps(Terminal(), monkeypatch, clock, 3, 3, 0.002, verbose=0) == [""]
    lines = steps(Terminal(), monkeypatch, clock, 3, 3, 0.002, verbose=2)
    assert lines == ["3/3 - 0s - loss: 3.0000 - 6ms/epoch - 2ms/step", ""]


def test_means_small_numbers_and_arrays(monkeypatch, clock) -> None:
    monkeypatch.setattr(sys, "stdout", stream := io.StringIO())
    bar = Progbar(4, stateful_metrics=["last", "classes"])
    bar.update(1, [("a", 1.0), ("last", 5.0)])
    bar.add(3, [("a", 5.0), ("last", 1e-5), ("classes", np.array([0.25, 0.75]))])
    assert stream.getvalue().endswith(" - a: 4.0000 - last: 1.0000e-05 - classes: 0.5000\n")


# ---- in fit, evaluate and predict

X, Y = np.ones((25, 2)), np.ones((25, 1))


def model():
    keras.backend.clear_session()
    made = keras.models.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    made.compile("sgd", "mse", metrics=["mae"])
    return made


def timeless(text: str) -> list[str]:
    return re.sub(r"\d+(s|ms|us)\b", "#", re.sub(r"\d\.\d{4}(e-\d+)?", "x", text)).splitlines()


def test_fit_evaluate_predict(capsys) -> None:
    made = model()
    made.fit(X, Y, batch_size=10, epochs=2, validation_split=0.2)
    bar = "2/2 [==============================] - # #/step"
    values = " - loss: x - mae: x - val_loss: x - val_mae: x"
    assert timeless(capsys.readouterr().out) == ["Epoch 1/2", bar + values, "Epoch 2/2", bar + values]
    made.evaluate(X, Y, batch_size=13)
    made.predict(X, batch_size=13, verbose=1)
    assert timeless(capsys.readouterr().out) == [bar + " - loss: x - mae: x", bar]
    made.fit(X, Y, batch_size=13, verbose=2, epochs=3, initial_epoch=2)
    assert timeless(capsys.readouterr().out) == ["Epoch 3/3", "2/2 - # - loss: x - mae: x - #/epoch - #/step"]
    for verbose in (0, False):
        made.fit(X, Y, verbose=verbose)
    made.predict(X)
    assert capsys.readouterr().out == ""


def test_generator_of_unknown_length_is_known_after_the_first_epoch(capsys) -> None:
    class Batches:
        def __iter__(self):
            return iter([(X, Y)] * 3)

    model().fit(Batches(), epochs=2, verbose=1)
    assert [line[:5] for line in timeless(capsys.readouterr().out)] == ["Epoch", "3/3 [", "Epoch", "3/3 ["]


def test_samples(capsys) -> None:
    model().fit(X, Y, batch_size=10, callbacks=[keras.callbacks.ProgbarLogger()])
    assert timeless(capsys.readouterr().out) == [
        "25/25 [==============================] - # #/sample - loss: x - mae: x"
    ]
    with pytest.raises(ArgumentError, match="'samples' or 'steps'"):
        keras.callbacks.ProgbarLogger("batches")


def test_message_of_a_callback_stands_on_a_line_of_its_own(capsys) -> None:
    say = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print("said"))
    model().fit(X, Y, callbacks=[say])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "said"
    assert len(lines) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")
def test_real_terminal() -> None:
    """In a pseudo-terminal the line is drawn over."""
    import os
    import pty

    program = (
        "import numpy as np; from deepkit import keras\n"
        "m = keras.models.Sequential([keras.layers.Dense(1, input_shape=(2,))]); m.compile('sgd', 'mse')\n"
        "m.fit(np.ones((40, 2)), np.ones((40, 1)), batch_size=10)\n"
    )
    here, there = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", program], stdout=there, stderr=subprocess.PIPE) as process:
        os.close(there)
        assert process.wait() == 0
        assert process.stderr is not None
        shown = os.read(here, 10000).decode().removesuffix("\x1b[0m")  # colorama's farewell, where numba finds it
    os.close(here)
    assert shown.startswith("\r1/4 [=")
    assert shown.rstrip("\r\n").rpartition("\r")[2].startswith("4/4 [")
