"""The libraries that are compared: how each builds a row, and the process that times it."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmark.errands import Errand
from benchmark.networks import Network

PEERS = ("deepkit", "tensorflow", "keras", "torch", "torch.compile", "jax")
"""TensorFlow in sessions, with Keras 2 (tf_keras), and Keras 3 on it, jit-compiled; PyTorch eagerly and compiled; JAX jit."""


def serve(peer: str, rows: dict[str, Network | Errand]) -> None:
    """Builds each row and says its losses, or why it cannot; then times one block of steps for each line that comes in."""
    steps, said = {}, {}
    for name, row in rows.items():
        try:
            steps[name] = _step(peer, row)
            said[name] = [steps[name]() for _ in range(5)]
        except Exception as error:  # told in the table: this library has no such row
            said[name] = f"{type(error).__name__}: {error}"[:300]
    print(json.dumps(said), flush=True)
    for line in sys.stdin:
        run, count = steps[line.strip()], rows[line.strip()].steps
        run()
        gc.collect()
        start = time.perf_counter()
        for _ in range(count):
            run()
        print((time.perf_counter() - start) / count, flush=True)


def _step(peer: str, row: Network | Errand) -> Callable[[], float]:
    if isinstance(row, Errand):
        return row.build(_module(peer, row.kind))
    if peer in ("deepkit", "tensorflow"):
        from benchmark import sessions

        return sessions.step(_module(peer, "session"), row)
    if peer == "keras":
        from benchmark import keras3

        return keras3.step(_module(peer, "keras"), row)
    if peer == "jax":
        import jax

        from benchmark import jaxes

        return jaxes.step(jax, row)
    import torch

    from benchmark import torches

    return torches.step(torch, row, compiled=peer.endswith("compile"))


def _module(peer: str, kind: str) -> Any:
    """deepkit's or the peer's module for sessions, or for Keras."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1" if peer == "tensorflow" else "0"}
    if (peer, kind) == ("deepkit", "session"):
        import deepkit.v1 as module
    elif (peer, kind) == ("deepkit", "keras"):
        from deepkit import keras as module
    elif (peer, kind) == ("tensorflow", "session"):
        import tensorflow.compat.v1 as module

        module.disable_eager_execution()
    elif (peer, kind) == ("tensorflow", "keras"):
        import tf_keras as module
    elif (peer, kind) == ("keras", "keras"):
        import keras as module
    else:
        raise LookupError(f"{peer} has no {kind}")
    return module
