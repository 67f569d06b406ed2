"""BLAS threads: half of the cores in any program, what the environment says where it says something, never a silent guess."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from deepkit.device import threads
from deepkit.device.machine import usable_cores
from deepkit.errors import ArgumentError

PROGRAM = """
import numpy as np, deepkit as dk
dk.matmul([[1.0]], [[1.0]])
from deepkit.device.threads import threads
print(threads())
"""
OURS = (threads.VARIABLE, *threads.THEIRS)


def in_a_program(**chosen: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**environment, **chosen}, capture_output=True, text=True, timeout=120
    )
    return (done.stdout + done.stderr).strip()


@pytest.mark.skipif(threads.threads() is None, reason="NumPy's BLAS is not an OpenBLAS here")
@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, str(max(1, usable_cores() // 2))),
        ({"DEEPKIT_THREADS": "3"}, "3"),
        ({"OPENBLAS_NUM_THREADS": "2"}, "2"),
        ({"OPENBLAS_NUM_THREADS": "2", "DEEPKIT_THREADS": "1"}, "1"),
    ],
)
def test_the_library_limits_blas_however_it_is_started(chosen: dict[str, str], expected: str) -> None:
    assert in_a_program(**chosen) == expected


def test_a_number_that_is_none_is_told() -> None:
    assert "DEEPKIT_THREADS is 'many'" in in_a_program(DEEPKIT_THREADS="many")


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "two"])
def test_only_whole_numbers_of_threads(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(threads.VARIABLE, value)
    with pytest.raises(ArgumentError, match="whole number"):
        threads.wanted()


def test_a_blas_that_cannot_be_asked_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_openblas", lambda: None)
    threads.limit()
    assert threads.threads() is None


def test_no_work_is_not_done() -> None:
    threads.share(lambda first, last: pytest.fail("there is nothing to do"), 0, 4)
