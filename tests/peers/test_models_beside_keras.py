"""Random Keras programs beside tf_keras: a short run of the generator, and that it would see and shrink a fault."""

from __future__ import annotations

import importlib.util
import os
import random
from collections.abc import Iterator

import pytest
from random_models.generator import program
from random_models.pair import Pair
from random_models.runner import runnable
from random_models.shrinking import shrink

FIRST = int(os.environ.get("DEEPKIT_SEEDS", "0"))
PROGRAMS = 8


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    if "DEEPKIT_PEERS" not in os.environ and importlib.util.find_spec("tf_keras") is None:
        pytest.skip("tf_keras is not installed (extra: peers), and DEEPKIT_PEERS names no interpreter that has it")
    both = Pair()
    yield both
    both.close()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + PROGRAMS))
def test_random_models_give_what_keras_gives(pair: Pair, seed: int):
    found = pair.unexplained(program(seed))
    assert found is None, f"seed {seed}: {found}\n{runnable(found.source)}"


def test_a_difference_is_seen(pair: Pair):
    """The two libraries told two things: what they record differs."""
    lied = "x = numbers((2, 3), 0)\nrecord('sum', x.sum() + len(keras.__name__))\n"
    found = pair.unexplained(lied)
    assert found is not None
    assert found.where == "sum"


def test_a_failing_program_shrinks_to_what_fails():
    source = "a = 1\nb = f([1, 2, 3], wrong=True, right=False)\nc = 2\n"
    assert shrink(source, lambda s: "wrong" in s and "2" in s) == "b = f([2], wrong=True)\n"


def test_a_seed_is_a_program():
    seed = random.Random(3).randrange(10**6)
    assert program(seed) == program(seed)
    assert program(seed) != program(seed + 1)
    for other in range(300):
        compile(program(other), "program", "exec")
