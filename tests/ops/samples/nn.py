"""Samples of convolution, pooling, normalization and bias, against sums written out element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device.dtypes import as_dtype
from samples import NO_BATCH, Sample, distinct, integers, real


def reach(n: int, k: int, s: int, d: int, padding: Any) -> tuple[int, int]:
    """(zeros before, windows) of one axis, from TensorFlow's documentation of SAME and VALID."""
    wide = (k - 1) * d + 1
    if padding == "SAME":
        out = math.ceil(n / s)
        return max((out - 1) * s + wide - n, 0) // 2, out
    if padding == "VALID":
        return 0, math.ceil((n - wide + 1) / s)
    return padding[0], (n + sum(padding) - wide) // s + 1


def seen(
    x: np.ndarray, kernel: tuple[int, ...], attrs: dict[str, Any]
) -> list[tuple[tuple, list[tuple[tuple, tuple]]]]:
    """For each output position: (tap, position in x) of every number of x that its window holds."""
    padding = attrs["padding"]
    own = [padding if isinstance(padding, str) else padding[i] for i in range(len(kernel))]
    axes = list(zip(x.shape[1:-1], kernel, attrs["strides"], attrs["dilations"], own, strict=True))
    ends = [reach(*axis) for axis in axes]
    found = []
    for p in np.ndindex(*[out for _, out in ends]):
        inside = []
        for k in np.ndindex(*kernel):
            q = tuple(
                p[i] * s + k[i] * d - before
                for i, ((_, _, s, d, _), (before, _)) in enumerate(zip(axes, ends, strict=True))
            )
            if all(0 <= q[i] < n for i, n in enumerate(x.shape[1:-1])):
                inside.append((k, q))
        found.append((p, inside))
    return found


def conv(attrs: dict[str, Any], transpose: str = "") -> Any:
    """The convolution, or the sum it is the derivative of, written out: y[p, o] = sum x[q, c] w[k, c, o]."""
    groups = attrs.get("groups", 1)

    def reference(a: np.ndarray, b: np.ndarray, like: Any = None) -> np.ndarray:
        x = like if transpose == "input" else a
        w = like if transpose == "filter" else b
        each_in, each_out = w.shape[-2], w.shape[-1] // groups
        places = seen(x, w.shape[:-2], attrs)
        space = tuple(max(p[i] for p, _ in places) + 1 for i in range(x.ndim - 2))
        result = np.zeros({"": (x.shape[0], *space, w.shape[-1]), "input": x.shape, "filter": w.shape}[transpose])
        for p, inside in places:
            for k, q in inside:
                for g in range(groups):
                    cs, os = slice(g * each_in, (g + 1) * each_in), slice(g * each_out, (g + 1) * each_out)
                    if transpose == "input":
                        result[(slice(None), *q, cs)] += a[(slice(None), *p, os)] @ w[(*k, slice(None), os)].T
                    elif transpose == "filter":
                        result[(*k, slice(None), os)] += a[(slice(None), *q, cs)].T @ b[(slice(None), *p, os)]
                    else:
                        result[(slice(None), *p, os)] += x[(slice(None), *q, cs)] @ w[(*k, slice(None), os)]
        return result

    return reference


def windows_of(n: tuple[int, ...], k: tuple[int, ...], **attrs: Any) -> dict[str, Any]:
    space = len(n)
    return {"strides": (1,) * space, "padding": "VALID", "dilations": (1,) * space, **attrs}


def convolutions(n: tuple[int, ...], k: tuple[int, ...], c: int, o: int, **given: Any) -> list[Sample]:
    """The op and its two derivatives. (A filter has no batch: None and empty batches are in test_convolution.py.)"""
    attrs = windows_of(n, k, **given)
    x, w = real(2, *n, c), real(*k, c // attrs.get("groups", 1), o)
    dy, bias = real(*conv(attrs)(x, w).shape), np.linspace(-1, 1.1, o)
    return [
        Sample("Conv", attrs, (x, w), conv(attrs), NO_BATCH),
        Sample("ConvInputGrad", attrs, (dy, w, x), conv(attrs, "input"), {**NO_BATCH, "wrt": [0, 1]}),
        Sample("ConvFilterGrad", attrs, (x, dy, w), conv(attrs, "filter"), {**NO_BATCH, "wrt": [0, 1]}),
        Sample("ConvBias", attrs, (x, w, bias), lambda x, w, b: conv(attrs)(x, w) + b, NO_BATCH),
        Sample("ConvBiasRelu", attrs, (x, w, bias), lambda x, w, b: np.maximum(conv(attrs)(x, w) + b, 0), NO_BATCH),
    ]


def pooled(attrs: dict[str, Any], how: str) -> Any:
    """What pooling gives, written out window by window."""

    def pool(x: np.ndarray, pick: np.ndarray | None = None) -> np.ndarray:
        places = seen(x, attrs["kernel"], attrs)
        space = tuple(max(p[i] for p, _ in places) + 1 for i in range(x.ndim - 2))
        y = np.zeros((x.shape[0], *space, x.shape[-1]))
        for p, inside in places:
            block = np.stack([x[(slice(None), *q)] for _, q in inside])
            other = block if pick is None else np.stack([pick[(slice(None), *q)] for _, q in inside])
            best = np.take_along_axis(other, block.argmax(0)[None], 0)[0]
            y[(slice(None), *p)] = block.mean(0) if how == "mean" else best
        return y

    def back(dy: np.ndarray, x: np.ndarray, y: Any = None) -> np.ndarray:
        dx = np.zeros(x.shape)
        for p, inside in seen(x, attrs["kernel"], attrs):
            block = np.stack([x[(slice(None), *q)] for _, q in inside])
            for i, (_, q) in enumerate(inside):
                share = 1 / len(inside) if how == "mean" else block.argmax(0) == i
                dx[(slice(None), *q)] += dy[(slice(None), *p)] * share
        return dx

    def position(x: np.ndarray, y: Any) -> np.ndarray:
        images = 0 if not attrs.get("with_batch") else np.arange(x.shape[0]).reshape(-1, *(1,) * (x.ndim - 1))
        numbers = np.broadcast_to(np.arange(x[0].size).reshape(x.shape[1:]), x.shape)
        return (pool(x, numbers) + images * x[0].size).astype(np.int64)

    return {"pool": pool, "pick": lambda t, x, y: pool(x, t), "back": back, "position": position}


def poolings(n: tuple[int, ...], k: tuple[int, ...], **given: Any) -> list[Sample]:
    attrs = {**windows_of(n, k, **given), "kernel": k}
    x, t = distinct(2, *n, 2), real(2, *n, 2)
    most, mean = pooled(attrs, "max"), pooled(attrs, "mean")
    y = most["pool"](x)
    dy = real(*y.shape)
    return [
        Sample("MaxPool", attrs, (x,), most["pool"]),
        Sample("MaxPoolGrad", attrs, (dy, x, y), most["back"], {"wrt": [0]}),
        Sample("MaxPoolReluGrad", attrs, (dy, x, y), lambda dy, x, y: most["back"](dy * (y > 0), x, y), {"wrt": [0]}),
        Sample("MaxPoolPick", attrs, (t, x, y), most["pick"], {"wrt": [0]}),
        Sample("MaxPoolPosition", attrs, (x, y), most["position"]),
        Sample("AvgPool", attrs, (x,), mean["pool"]),
        Sample("AvgPoolGrad", attrs, (dy, x), mean["back"], {"wrt": [0]}),
    ]


def neighbours(radius: int) -> Any:
    def reference(x: np.ndarray) -> np.ndarray:
        c = x.shape[-1]
        return np.stack([x[..., max(i - radius, 0) : i + radius + 1].sum(-1) for i in range(c)], -1)

    return reference


def response(radius: int, bias: float, alpha: float, beta: float) -> Any:
    return lambda x: x / (bias + alpha * neighbours(radius)(x * x)) ** beta


def batch_norm(x: np.ndarray, scale: np.ndarray, offset: np.ndarray) -> list[np.ndarray]:
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    return [(x - mean) / np.sqrt(variance + 0.01) * scale + offset, mean, variance]


def batch_norm_grad(
    dy: np.ndarray, x: np.ndarray, scale: np.ndarray, mean: np.ndarray, variance: np.ndarray
) -> list[np.ndarray]:
    """The chain rule through the mean and the variance, one after the other."""
    axes, n = tuple(range(x.ndim - 1)), x.size // x.shape[-1]
    spread = np.sqrt(variance + 0.01)
    normal = (x - mean) / spread
    dvariance = (dy * scale * (x - mean)).sum(axes) * -0.5 / spread**3
    dmean = -(dy * scale).sum(axes) / spread - 2 * dvariance * (x - mean).sum(axes) / n
    return [dy * scale / spread + 2 * dvariance * (x - mean) / n + dmean / n, (dy * normal).sum(axes), dy.sum(axes)]


TIES = integers(2, 5, 6, 2)
TIED = {**windows_of((5, 6), (3, 2)), "kernel": (3, 2), "strides": (2, 1), "padding": "SAME"}
WITH_BATCH = {**TIED, "with_batch": True, "to": as_dtype("int64")}
X, BIAS = real(2, 3, 4), real(4)
NORM = {"epsilon": 0.01}

SAMPLES: list[Sample] = [
    *convolutions((5, 4), (3, 2), 2, 3),
    *convolutions((5, 4), (3, 2), 2, 3, strides=(2, 3), padding="SAME"),
    *convolutions((7, 4), (3, 2), 2, 2, strides=(2, 1), dilations=(2, 3), padding="SAME"),
    *convolutions((4, 3), (2, 2), 1, 2, strides=(3, 1), padding=((2, 1), (0, 1))),
    *convolutions((4, 3), (2, 2), 4, 2, groups=2, padding="SAME"),
    *convolutions((4, 3), (2, 2), 3, 3, groups=3, strides=(2, 1), padding="SAME"),
    *convolutions((3, 3), (1, 1), 2, 3, strides=(2, 2)),
    *convolutions((3, 2), (1, 1), 2, 3),
    *convolutions((6,), (3,), 2, 2, strides=(2,), padding="SAME"),
    *convolutions((3, 4, 2), (2, 2, 2), 1, 2, strides=(1, 2, 1), padding="SAME"),
    *poolings((5, 6), (3, 2), strides=(2, 1), padding="SAME"),
    *poolings((4, 4), (2, 2), strides=(2, 2)),
    *poolings((7,), (2,), dilations=(3,)),
    *poolings((3, 3, 4), (2, 3, 2), strides=(1, 2, 2), padding="SAME"),
    Sample("MaxPool", TIED, (TIES,), lambda x: pooled(TIED, "max")["pool"](x).astype(np.int32)),
    Sample("MaxPoolPosition", WITH_BATCH, (TIES, pooled(TIED, "max")["pool"](TIES).astype(np.int32)),
           pooled(WITH_BATCH, "max")["position"]),
    Sample("BiasAdd", {}, (X, BIAS), lambda x, b: x + b, NO_BATCH),
    Sample("BiasAddRelu", {}, (X, BIAS), lambda x, b: np.maximum(x + b, 0), NO_BATCH),
    Sample("BiasAdd", {}, (integers(3, 2), integers(2)), lambda x, b: x + b, NO_BATCH),
    Sample("Moments", {"axis": (0, 2)}, (X,), lambda x: [x.mean((0, 2), keepdims=True), x.var((0, 2), keepdims=True)]),
    Sample("Moments", {"axis": (-1,)}, (X,), lambda x: [x.mean(-1, keepdims=True), x.var(-1, keepdims=True)]),
    Sample("Moments", {}, (X,), lambda x: [x.mean(keepdims=True), x.var(keepdims=True)]),
    Sample("BatchNorm", NORM, (X, BIAS, real(4)), batch_norm, NO_BATCH),
    Sample("BatchNormGrad", NORM, (real(2, 3, 4), X, BIAS, X.mean((0, 1)), X.var((0, 1))), batch_norm_grad, NO_BATCH),
    Sample("NeighbourSum", {"radius": 2}, (X,), neighbours(2)),
    Sample("NeighbourSum", {"radius": 9}, (X,), neighbours(9)),
    Sample("LocalResponseNorm", {"radius": 1, "bias": 1.5, "alpha": 0.3, "beta": 0.75}, (real(2, 2, 1, 5),),
           response(1, 1.5, 0.3, 0.75)),
    Sample("LocalResponseNorm", {}, (real(2, 1, 2, 3),), response(5, 1.0, 1.0, 0.5)),
]
