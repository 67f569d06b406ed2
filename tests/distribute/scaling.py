"""Steps of one and of two processes, ours and torch.distributed's (gloo, DDP), on one model in one run; and the bytes sent.

    python tests/distribute/scaling.py [--torch /path/of/a/python/with/torch] [--steps 60]

Each process has its own batch (weak scaling): efficiency is the time of a step alone over that of a step together. Medians.
Needs a machine that does nothing else, and a core for each process.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from deepkit import distribute

SIZES, BATCH = (784, 512, 512, 10), 256
NUMBERS = sum(a * b + b for a, b in itertools.pairwise(SIZES))


def ours(sizes, batch, steps):
    import time

    import numpy as np

    import deepkit.v1 as tf
    from deepkit import distribute

    rng = np.random.default_rng(distribute.rank())
    x, y = tf.placeholder(tf.float32, [None, sizes[0]]), tf.placeholder(tf.int32, [None])
    h = x
    for n in sizes[1:-1]:
        h = tf.layers.dense(h, n, activation=tf.nn.relu)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=tf.layers.dense(h, sizes[-1])))
    optimizer = distribute.DistributedOptimizer(tf.train.MomentumOptimizer(0.01, 0.9), bucket_bytes=2**20)
    train = optimizer.minimize(loss)
    feed = {x: rng.normal(size=(batch, sizes[0])).astype("f"), y: rng.integers(0, sizes[-1], batch)}
    times = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(distribute.broadcast_global_variables(0))
        for _ in range(steps + 5):
            begin = time.perf_counter()
            sess.run(train, feed)
            times.append(time.perf_counter() - begin)
        with distribute.recorded() as events:
            sess.run(train, feed)
    return times[5:], [list(event) for event in events]


TORCH = """
import os, sys, time
import torch, torch.nn as nn, torch.distributed as dist
sizes, batch, steps = eval(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
layers = []
for a, b in zip(sizes, sizes[1:]):
    layers += [nn.Linear(a, b), nn.ReLU()]
model = nn.Sequential(*layers[:-1])
if world > 1:
    dist.init_process_group("gloo")
    model = nn.parallel.DistributedDataParallel(model, bucket_cap_mb=1)
optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
x, y, loss = torch.randn(batch, sizes[0]), torch.randint(0, sizes[-1], (batch,)), nn.CrossEntropyLoss()
times = []
for _ in range(steps + 5):
    begin = time.perf_counter()
    optimizer.zero_grad(); loss(model(x), y).backward(); optimizer.step()
    times.append(time.perf_counter() - begin)
if rank == 0:
    print("times", *times[5:])
"""


def theirs(python: str, processes: int, steps: int) -> list[float]:
    """The times of PyTorch's steps, on rank 0."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(processes), "GLOO_SOCKET_IFNAME": "lo",
             "OMP_NUM_THREADS": "1"}
    command = [python, "-c", TORCH, repr(SIZES), str(BATCH), str(steps)]
    started = [
        subprocess.Popen(command, env={**os.environ, **known, "RANK": str(rank)}, stdout=subprocess.PIPE, text=True)
        for rank in range(processes)
    ]
    said = [process.communicate()[0] for process in started]
    return [float(text) for text in re.search(r"times (.*)", said[0])[1].split()]


def bytes_sent(ranks: int, steps: int = 10) -> float:
    """Bytes that rank 0 sends in a step, as Open MPI's monitoring counts them."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"enable": "1", "enable_output": "3", "filename": f"{folder}/sent"}
        os.environ.update({f"OMPI_MCA_pml_monitoring_{name}": value for name, value in settings.items()}, OMPI_MCA_pml="^ucx,cm")
        totals = []
        try:
            for count in (steps, 2 * steps):  # the difference is what steps alone cost
                distribute.launch(ours, ranks, [list(SIZES), BATCH, count])
                lines = Path(f"{folder}/sent.0.prof").read_text().splitlines()
                totals.append(sum(int(line.split()[3]) for line in lines if line.startswith("E")))
        finally:
            for name in [name for name in os.environ if name.startswith(("OMPI_MCA_pml",))]:
                del os.environ[name]
    return (totals[1] - totals[0]) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--torch", default=sys.executable, help="a Python that has torch")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--bytes", type=int, nargs="*", default=[], help="count the bytes of so many ranks, too")
    args = parser.parse_args()
    for ranks in args.bytes:
        bound = 2 * (ranks - 1) / ranks * 4 * NUMBERS
        sent = bytes_sent(ranks) / bound
        print(f"{ranks} ranks send {sent:.4f} of the lower bound, 2 (N - 1) / N of {4 * NUMBERS / 1e6:.2f} MB", flush=True)
    if args.steps:
        rows = {}
        for name, run in {
            "deepkit": lambda n: distribute.launch(ours, n, [list(SIZES), BATCH, args.steps])[0][0],
            "PyTorch DDP, gloo": lambda n: theirs(args.torch, n, args.steps),
        }.items():
            one, two = (1e3 * statistics.median(run(n)) for n in (1, 2))
            rows[name] = one / two
            print(f"{name:18} {one:7.2f} ms alone, {two:7.2f} ms with two: efficiency {one / two:.2f}", flush=True)
        print(f"ours over theirs: {rows['deepkit'] / rows['PyTorch DDP, gloo']:.2f}")


if __name__ == "__main__":
    main()
