"""`python -m deepkit.testing.gpu`: what deepkit computes on this machine's GPU, beside its CPU, as a table.

A network trains on both and must give the same losses; a step must move its batch up, its loss down and nothing else; ops
fused into one kernel must give what they give one after the other; many steps must not take more and more memory; a matrix
product and a step are timed on both. On a machine without a GPU it says so.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.autodiff import gradients
from deepkit.core.graph import Graph
from deepkit.core.tensor import Tensor
from deepkit.core.variable import Variable
from deepkit.device import arrays, devices
from deepkit.files import write_whole
from deepkit.runtime.session import Session
from deepkit.train.rules import ApplyGradientDescent, moved

Row = tuple[str, str, bool]
CLOSE = 1e-4
"""By how much losses of float32 may differ after some steps, relative: each device adds in an order of its own."""

ROUNDING = 1e-6
"""By how much the last digits of exp and tanh may differ between CuPy's kernels and ours."""


class OnCPU:
    """The ConfigProto of a session that leaves GPUs alone."""

    device_count = {"GPU": 0}  # noqa: RUF012


class Apart:
    """The ConfigProto of a session that runs each element-wise op by itself."""

    passes = "-fuse"


class Training:
    """A network of two layers, in a session on the CPU or, if there is one, on the GPU."""

    def __init__(self, width: int, on_cpu: bool = False):
        rng = np.random.default_rng(0)
        self.batch = rng.normal(size=(64, width)).astype(np.float32), rng.integers(0, 10, 64).astype(np.int32)
        weights = [rng.normal(size=(width, n)).astype(np.float32) / np.float32(width**0.5) for n in (width, 10)]
        with Graph().as_default() as graph:
            self.fed = x, y = [graph.constant(a) for a in self.batch]
            kernels = [Variable(w) for w in weights]
            logits = ops.matmul(ops.relu(ops.matmul(x, kernels[0])), kernels[1])
            self.loss = ops.reduce_mean(ops.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
            slopes = gradients(self.loss, kernels)
            self.updates = [moved(ApplyGradientDescent(), [w], g, 0.1) for w, g in zip(kernels, slopes, strict=True)]
        self.session = Session(graph=graph, config=OnCPU() if on_cpu else None)
        self.session.initialize(kernels)
        self.run = self.session.make_callable([self.loss, *[u.op for u in self.updates]], self.fed)

    def step(self) -> float:
        """The loss of one step."""
        return float(self.run(*self.batch)[0])


def same_losses(width: int, steps: int) -> Row:
    """The losses of some steps on both."""
    here, there = Training(width, on_cpu=True), Training(width)
    pairs = np.array([(here.step(), there.step()) for _ in range(steps)])
    worst = float(np.max(np.abs(pairs[:, 1] / pairs[:, 0] - 1)))
    return "training", f"losses of {steps} steps differ by {worst:.1e} of the CPU's", worst < CLOSE


def transfers(width: int) -> Row:
    """What the program of a step copies."""
    training = Training(width)
    lines = str(training.session.plan([training.loss, *[u.op for u in training.updates]], training.fed))
    up, down = lines.count("= to_gpu("), lines.count("= to_cpu(")
    return "transfers", f"a step copies {up} arrays up, {down} down", (up, down) == (2, 1)


def chains(width: int) -> Row:
    """Neighbouring element-wise ops in one kernel against one after the other, NaN and infinity among the numbers."""
    x = np.random.default_rng(0).normal(size=(64, width)).astype(np.float32)
    x[0, :3] = np.nan, np.inf, -np.inf
    with Graph().as_default() as graph:
        fed, row = graph.constant(x), graph.constant(x[1])
        made = [ops.relu(fed * 2.0 - row) * row, ops.sigmoid(fed) * ops.where(fed > 0, fed, ops.tanh(fed)) / (1.0 + ops.abs(fed))]
        sessions = [Session(graph=graph, config=config) for config in (None, Apart())]
    one, apart = (session.run(made, {fed: x}) for session in sessions)
    calls = [len(re.findall(r"= (?!to_)\w+_gpu\w*\(", str(session.plan(made, [fed])))) for session in sessions]
    equal = all(np.allclose(a, b, rtol=ROUNDING, atol=ROUNDING, equal_nan=True) for a, b in zip(one, apart, strict=True))
    fine = equal and calls[0] < calls[1]
    return "chains", f"{calls[1]} calls become {calls[0]}, with {'equal' if equal else 'other'} numbers", fine


def leaks(width: int, steps: int) -> Row:
    """The memory of the pool after many steps, against that after some."""
    training, pool = Training(width), arrays.cupy().get_default_memory_pool()
    for _ in range(20):
        training.step()
    before = pool.used_bytes()
    for _ in range(steps):
        training.step()
    grown = pool.used_bytes() - before
    return "memory", f"{steps} steps: {grown:+,} bytes in use", grown <= 0


def product(n: int) -> Row:
    """A matrix product on both, and its time there against here."""
    a = np.random.default_rng(0).normal(size=(n, n)).astype(np.float32)
    here, there = Tensor(a), Tensor(a, device="gpu")
    found = [ops.matmul(x, x).numpy() for x in (here, there)]
    rounding = np.finfo(np.float32).eps * np.sqrt(n) * (np.abs(a) @ np.abs(a))  # of n sums, in whatever order they are added
    fine = bool((np.abs(found[0] - found[1]) <= rounding).all())
    ratio = seconds(lambda: ops.matmul(there, there)) / seconds(lambda: ops.matmul(here, here))
    return "product", f"{n} x {n}: {ratio:.3f} times the CPU's time", fine


def speed(width: int) -> Row:
    """The time of a step there against here."""
    here, there = Training(width, on_cpu=True), Training(width)
    return "step", f"width {width}: {seconds(there.step) / seconds(here.step):.3f} times the CPU's time", True


def seconds(call: Callable[[], Any], repeats: int = 5) -> float:
    """The least time of a call of which the GPU, too, has finished; the first one warms up."""
    times = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        call()
        devices.finish(devices.Device("GPU", 0))
        times.append(time.perf_counter() - begin)
    return min(times[1:])


def rows(small: bool) -> list[Row]:
    """All checks; `small` ones take seconds."""
    width, steps = (16, 20) if small else (1024, 10_000)
    return [same_losses(width, 10), transfers(width), chains(width), leaks(width, steps), product(width), speed(width)]


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table; the exit code is 1 if something is wrong, 2 without a GPU."""
    parser = argparse.ArgumentParser(prog="python -m deepkit.testing.gpu", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--small", action="store_true", help="the same checks with small numbers, in seconds")
    parser.add_argument("--out", help="a file for the table, too")
    options = parser.parse_args(argv)
    if not devices.gpu_count():
        print("no GPU can be used here, so nothing was measured; `deepkit doctor` says what is missing", file=sys.stderr)
        return 2
    found = rows(options.small)
    table = "".join(f"{'ok' if fine else 'WRONG':6}{name:12}{text}\n" for name, text, fine in found)
    print(table, end="")
    if options.out:
        write_whole(Path(options.out), table)
    return 0 if all(fine for *_, fine in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
