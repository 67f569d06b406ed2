"""Damaged and hostile model files: a clear error, or a model; never another exception, a hang, or much memory.

DEEPKIT_FUZZ=2000 makes that many files for each reader instead of 200. HDF5 files are read in a process of their own,
because there the C library reads them.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from damage import FILES, STEPS, spoilt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepkit import keras
from deepkit.errors import DataError, DeepkitError
from deepkit.keras import layers as L

fuzz = settings(max_examples=FILES, deadline=10000, database=None, suppress_health_check=list(HealthCheck))


def small():
    return keras.models.Sequential(
        [L.Dense(3, input_shape=(4,), activation="tanh"), L.BatchNormalization(), L.Dense(2)]
    )


def connected():
    x = L.Input((4,), name="x")
    shared = L.Dense(4)
    return keras.models.Model(x, L.concatenate([shared(x), shared(shared(x))]))


@pytest.fixture(autouse=True)
def _fresh():
    keras.backend.clear_session()


def error_of(read) -> DeepkitError | None:
    """The error that `read` raises on purpose, or None; all others are the test's failure."""
    try:
        read()
    except DeepkitError as error:
        return error
    return None


# ---- architectures

words = st.sampled_from(["name", "units", "class_name", "config", "layers", "relu", "Dense", "x"])
plain = st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), st.text(max_size=6), words)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=5
)


def ways(value, so_far=()):
    """The paths to everything in a nested configuration."""
    yield so_far
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, item in inner:
        yield from ways(item, (*so_far, key))


@pytest.mark.parametrize("make", [small, connected], ids=["small", "connected"])
def test_architectures_with_anything_in_them(make):
    text = make().to_json()
    paths = [p for p in ways(json.loads(text)) if p]

    @fuzz
    @given(st.lists(st.tuples(st.sampled_from(paths), values, st.booleans()), min_size=1, max_size=2))
    def check(changes):
        keras.backend.clear_session()
        said = json.loads(text)
        for path, value, remove in changes:
            place = said
            try:
                for key in path[:-1]:
                    place = place[key]
                if remove:
                    del place[path[-1]]
                else:
                    place[path[-1]] = value
            except (LookupError, TypeError):
                continue  # the change before it took the place away
        error = error_of(lambda: keras.models.model_from_json(json.dumps(said)))
        assert error is None or str(error)

    check()


def test_damaged_texts():
    text = small().to_json().encode()

    @fuzz
    @given(STEPS)
    def check(steps):
        keras.backend.clear_session()
        error = error_of(lambda: keras.models.model_from_json(spoilt(text, steps)))
        assert error is None or str(error)

    check()


# ---- weights


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_damaged_weights(ending, tmp_path):
    model, path = small(), tmp_path / f"w.{ending}"
    model.save_weights(path)
    whole, before = path.read_bytes(), model.get_weights()
    model.load_weights(path)

    @fuzz
    @given(STEPS)
    def check(steps):
        path.write_bytes(spoilt(whole, steps))
        tracemalloc.start()
        error = error_of(lambda: model.load_weights(path))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        if error is None:
            model.set_weights(before)
        else:
            assert isinstance(error, DataError)
            assert str(path) in str(error)
            assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))
        assert peak < 2 * len(whole) + (1 << 20)

    check()


READER = """
import resource, sys, warnings
resource.setrlimit(resource.RLIMIT_CPU, (600, 600))
warnings.simplefilter("ignore")
from deepkit import keras
from deepkit.errors import DeepkitError
print("ready", flush=True)
for line in sys.stdin:
    keras.backend.clear_session()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        model = keras.models.load_model(line.strip())
        said = "model" if all(a.size >= 0 for a in model.get_weights()) else "?"
    except DeepkitError as error:
        said = "error " + str(error).splitlines()[0]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(grown, said, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of processes are those of POSIX systems")
def test_damaged_hdf5_files(tmp_path):
    pytest.importorskip("h5py", reason="h5py is not installed (extra: io)")
    model = small()
    model.compile("adam", "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.train_on_batch(np.ones((2, 4)), np.ones((2, 2)))
        model.save(tmp_path / "whole.h5")
    whole = (tmp_path / "whole.h5").read_bytes()
    reader = subprocess.Popen([sys.executable, "-c", READER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdout.readline() == "ready\n"
    outcomes = []

    def ask(data: bytes) -> str:
        with tempfile.NamedTemporaryFile(dir=tmp_path, suffix=".h5", delete=False) as file:
            file.write(data)
        reader.stdin.write(file.name + "\n")
        reader.stdin.flush()
        ready, _, _ = select.select([reader.stdout], [], [], 30)
        if not ready:
            reader.kill()
        answer = reader.stdout.readline()
        assert answer, f"the process that reads files died of {file.name} or hung"
        Path(file.name).unlink()
        grown, _, said = answer.strip().partition(" ")
        assert int(grown) < 64 << 10, f"{grown} KiB of memory for a file of {len(data)} bytes: {said}"
        assert said.startswith(("model", "error"))
        outcomes.append(said.split()[0])
        return said

    @fuzz
    @given(STEPS)
    def check(steps):
        ask(spoilt(whole, steps))

    try:
        assert ask(whole) == "model"
        check()
        assert "error" in outcomes
        reader.stdin.close()
        assert reader.wait(60) == 0
    finally:
        reader.kill()
        reader.wait(60)
        reader.stdout.close()
