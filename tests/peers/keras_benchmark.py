"""How fast fit is beside Keras 3 on TensorFlow, jit-compiled: `python tests/peers/keras_benchmark.py`.

Time per step of fit over the same random images, batch 128, the two taking turns in one run; printed are the best
times and their ratio. Keras runs in a process of its own, by the interpreter that DEEPKIT_PEERS names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

ROUNDS, BATCH, STEPS = 5, 128, 24


def mlp(k: Any) -> Any:
    """784-256-256-10, relu, dropout 0.45, Adam."""
    layers = k.layers
    return [
        layers.Dense(256, activation="relu"), layers.Dropout(0.45), layers.Dense(256, activation="relu"),
        layers.Dropout(0.45), layers.Dense(10, activation="softmax"),
    ], (784,), "adam"


def sigmoid_mlp(k: Any) -> Any:
    """784-128-128-10, sigmoid, dropout 0.1, gradient descent."""
    layers = k.layers
    return [
        layers.Dense(128, activation="sigmoid"), layers.Dropout(0.1), layers.Dense(128, activation="sigmoid"),
        layers.Dropout(0.1), layers.Dense(10, activation="softmax"),
    ], (784,), "sgd"


def cnn(k: Any) -> Any:
    """Three 3x3 convolutions of 64 channels, two poolings, dropout 0.2, Adam."""
    layers = k.layers
    return [
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2), layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2), layers.Conv2D(64, 3, activation="relu"), layers.Flatten(), layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ], (28, 28, 1), "adam"


def rnn(k: Any) -> Any:
    """SimpleRNN(256) over the 28 rows, dropout 0.2, gradient descent."""
    return [k.layers.SimpleRNN(256, dropout=0.2), k.layers.Dense(10, activation="softmax")], (28, 28), "sgd"


def small_rnn(k: Any) -> Any:
    """SimpleRNN(16, relu), RMSprop."""
    return [k.layers.SimpleRNN(16, activation="relu"), k.layers.Dense(10, activation="softmax")], (28, 28), "rmsprop"


MODELS = {
    "MLP 256": mlp,
    "MLP sigmoid 128": sigmoid_mlp,
    "CNN 64-64-64": cnn,
    "SimpleRNN 256": rnn,
    "SimpleRNN 16": small_rnn,
}


def build(k: Any, name: str, **compiled: Any) -> Any:
    """The compiled model, and images and labels for it."""
    parts, shape, optimizer = MODELS[name](k)
    model = k.models.Sequential([k.layers.Input(shape), *parts])
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"], **compiled)
    rng = np.random.default_rng(0)
    x = rng.random((BATCH * STEPS, *shape), np.float32)
    return model, x, np.eye(10, dtype=np.float32)[rng.integers(0, 10, len(x))]


def serve(which: str) -> None:
    """Measures one model for each name on standard input."""
    if which == "keras":
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import keras as k

        compiled = {"jit_compile": True}
    else:
        from deepkit import keras as k

        compiled = {}
    ready: dict[str, Any] = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in ready:
            ready[name] = build(k, name, **compiled)
            ready[name][0].fit(*ready[name][1:], batch_size=BATCH, epochs=1, verbose=0)
        model, x, y = ready[name]
        start = time.perf_counter()
        model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)
        print(json.dumps((time.perf_counter() - start) / STEPS), flush=True)


def main(names: list[str]) -> None:
    """Prints the table."""
    peers = {"deepkit": sys.executable, "keras": os.environ.get("DEEPKIT_PEERS", sys.executable)}
    servers = {
        which: subprocess.Popen(
            [python, __file__, "--serve", which], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )
        for which, python in peers.items()
    }
    print(f"{'':<20}{'deepkit':>12}{'Keras 3 jit':>14}{'ratio':>8}")
    for name in names or MODELS:
        best = dict.fromkeys(servers, float("inf"))
        for _ in range(ROUNDS):
            for which, server in servers.items():
                assert server.stdin is not None
                assert server.stdout is not None
                server.stdin.write(f"{name}\n")
                server.stdin.flush()
                line = server.stdout.readline()
                if not line:
                    raise SystemExit(f"{which} cannot run {name!r}; is it installed for {peers[which]}?")
                best[which] = min(best[which], json.loads(line))
        ours, theirs = best["deepkit"], best["keras"]
        print(f"{name:<20}{ours * 1e3:>9.3f} ms{theirs * 1e3:>11.3f} ms{ours / theirs:>8.2f}", flush=True)
    for server in servers.values():
        server.terminate()


if __name__ == "__main__":
    serve(sys.argv[2]) if sys.argv[1:2] == ["--serve"] else main(sys.argv[1:])
