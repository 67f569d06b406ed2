"""Samples of choosing, partitioning, scattering, segments, sparse tensors and reinterpreted bytes."""

from __future__ import annotations

import numpy as np

from deepkit.device.dtypes import as_dtype
from samples import NO_BATCH, A, B, Sample, distinct, integers, positive, real

I32 = lambda *numbers: np.array(numbers, np.int32)  # noqa: E731
ONLY_DATA = {"wrt": [0], "batch": False}
IDS = I32(0, 0, 2, 2, 3)
UNSORTED = I32(3, -1, 0, 3, 5)
DATA = distinct(5, 3)
LEADING = np.array([[1, 0, 4, 2], [0, 1, 2, 3], [3, 2, 1, 0]], np.int32)


def by_segment(reduce, empty, count=None):
    """The reference of a segment op: a loop over the segments."""

    def reference(data, ids, *num):
        n = int(num[0]) if num else int(ids.max()) + 1
        rows = data.reshape(ids.size, *data.shape[ids.ndim :])
        flat = ids.reshape(-1)
        return np.stack(
            [reduce(rows[flat == i]) if (flat == i).any() else np.full(rows.shape[1:], empty) for i in range(n)]
        )

    return reference


def product_of_others(data, ids):
    y = np.zeros_like(data)
    for i in range(len(data)):
        others = [j for j in range(len(data)) if j != i and ids[j] == ids[i]]
        y[i] = data[others].prod(0)
    return y


def scattered(indices, updates, dims):
    y = np.zeros(dims, updates.dtype)
    for index, update in zip(indices, updates, strict=True):
        y[tuple(index)] += update
    return y


def reversed_sequences(x, lengths):
    y = x.copy()
    for i, n in enumerate(lengths):
        y[i, :n] = x[i, :n][::-1]
    return y


def top_k(x, k):
    order = np.argsort(-x, axis=-1, kind="stable")[..., : int(k)]
    return [np.take_along_axis(x, order, -1), order.astype(np.int32)]


def in_top_k(predictions, targets, k):
    return np.array([(p > p[t]).sum() < k for p, t in zip(predictions, targets, strict=True)])


def put(dy, like, indices):
    dx = np.zeros_like(like)
    for row, positions, values in zip(dx, indices, dy, strict=True):
        for i, v in zip(positions, values, strict=True):
            row[i] += v
    return dx


def unique(x):
    values = list(dict.fromkeys(x.tolist()))
    place = [values.index(v) for v in x.tolist()]
    return [np.array(values, x.dtype), np.array(place, np.int32), np.bincount(place).astype(np.int32)]


def stitched(i, j, x, y):
    result = np.zeros((max(i.max(), j.max()) + 1, *x.shape[1:]))
    result[i], result[j] = x, y
    return result


SAMPLES: list[Sample] = [
    # choosing
    Sample("TopK", {"static": 2}, (distinct(3, 5), I32(2)[0]), top_k),
    Sample("TopK", {}, (distinct(2, 3, 5), I32(3)[0]), top_k),
    Sample("TopK", {}, (np.array([[1, 2, 2, 0, 2]], np.int32), I32(3)[0]),
           lambda x, k: [np.array([[2, 2, 2]]), np.array([[1, 2, 4]])]),
    Sample("TakeAlongLast", {}, (A, LEADING[:, :3] % 4), lambda x, i: np.take_along_axis(x, i.astype(int), -1)),
    Sample("PutAlongLast", {}, (real(3, 2), A, I32(1, 1, 0, 3, 2, 2).reshape(3, 2)), put, {"wrt": [0]}),
    Sample("InTopK", {}, (distinct(3, 5), I32(4, 0, 2), I32(2)[0]), in_top_k),
    Sample("InTopK", {}, (np.array([[1.0, 1, 1], [np.nan, 2, 3], [1, 2, 3]]), I32(2, 2, 7), I32(1)[0]),
           lambda p, t, k: np.array([True, False, False])),
    Sample("UniqueValues", {}, (integers(9),), unique),
    Sample("UniqueValues", {}, (np.array([b"b", b"a", b"b"], object),), unique),
    Sample("SetDiff1d", {}, (I32(1, 2, 3, 2, 5), I32(2, 4)), lambda x, y: [np.array([1, 3, 5]), np.array([0, 2, 4])],
           NO_BATCH),
    Sample("InvertPermutation", {}, (I32(2, 0, 3, 1),), np.argsort),
    # parts
    Sample("DynamicPartition", {"num": 3}, (real(4, 2), I32(0, 2, 0, 2)),
           lambda x, p: [x[p == 0], x[p == 1], x[p == 2]]),
    Sample("DynamicPartition", {"num": 2}, (A[:2], np.array([[0, 1, 1, 0], [1, 1, 1, 1]])), lambda x, p: [x[p == 0], x[p == 1]]),
    Sample("DynamicPartitionGrad", {}, (real(3, 2), I32(1, 0, 1), real(1, 2), real(2, 2)),
           lambda like, p, x, y: np.stack([y[0], x[0], y[1]]), {"wrt": [2, 3], "batch": False}),
    Sample("DynamicStitch", {"count": 2}, (I32(2, 0), I32(4), real(2, 3), real(1, 3)), stitched, NO_BATCH),
    Sample("ReverseSequence", {}, (real(3, 4, 2), I32(3, 0, 4)), reversed_sequences),
    Sample("ReverseSequence", {"seq": 0, "batch": -1}, (real(4, 2, 3), I32(3, 0, 4)),
           lambda x, n: reversed_sequences(x.transpose(2, 0, 1), n).transpose(1, 2, 0), NO_BATCH),
    Sample("ScatterNd", {"static": (4, 3)}, (np.array([[2, 0], [2, 0], [1, 1]], np.int32), real(3), I32(4, 3)), scattered, NO_BATCH),
    Sample("ScatterNd", {}, (np.array([[1], [3]]), real(2, 3), np.array([4, 3])), scattered, NO_BATCH),
    Sample("Bincount", {"static": 4}, (I32(1, 1, 3, 5), I32(4)[0]), lambda x, n: np.array([0, 2, 0, 1])),
    Sample("Bincount", {}, (I32(1, 1, 3, 5), I32(4)[0], real(4)), lambda x, n, w: np.bincount(x, w)[:4]),
    # segments
    *[
        Sample(name, attrs, inputs, by_segment(reduce, empty), ONLY_DATA)
        for name, reduce, empty, extreme in (
            ("SegmentSum", lambda r: r.sum(0), 0, 0),
            ("SegmentProd", lambda r: r.prod(0), 1, 1),
        )
        for attrs, inputs in (
            ({}, (DATA, IDS)),
            ({"static": 7}, (DATA, UNSORTED, I32(7)[0])),
            ({}, (real(2, 3, 2), np.array([[0, 3, 1], [3, 0, 0]]), I32(4)[0])),
            ({}, (integers(5, 2), IDS)),
        )
    ],
    *[
        Sample(name, {}, (DATA, IDS), by_segment(reduce, 0), ONLY_DATA)
        for name, reduce in (("SegmentMax", lambda r: r.max(0)), ("SegmentMin", lambda r: r.min(0)))
    ],
    Sample("SegmentMax", {}, (integers(5, 2), UNSORTED, I32(6)[0]),
           by_segment(lambda r: r.max(0), np.iinfo(np.int32).min), NO_BATCH),
    Sample("SegmentMin", {}, (integers(5, 2), UNSORTED, I32(6)[0]),
           by_segment(lambda r: r.min(0), np.iinfo(np.int32).max), NO_BATCH),
    Sample("SegmentSum", {}, (np.zeros((0, 2)), I32()), lambda x, i: np.zeros((0, 2)), NO_BATCH),
    Sample("SegmentProdOfOthers", {}, (positive(5, 3), IDS), product_of_others, ONLY_DATA),
    Sample("SegmentProdOfOthers", {}, (np.array([0.0, 2, 0, 0, 5]), I32(0, 0, 1, 1, 2)), product_of_others, {"wrt": [], "batch": False}),
    Sample("RowsOfSegments", {}, (B, I32(2, -1, 0, 2)), lambda x, i: np.where(i[:, None] < 0, 0, x[i]), ONLY_DATA),
    # sparse
    Sample("SparseToDense", {"static": (3, 4)}, (np.array([[0, 1], [2, 2]]), np.array([3, 4]), real(2), np.array(0.5)),
           lambda i, n, v, d: np.array([[d, v[0], d, d], [d, d, d, d], [d, d, v[1], d]]), NO_BATCH),
    Sample("SparseToDense", {}, (I32(1, 3), I32(4), real(2), np.array(0.0)), lambda i, n, v, d: np.array([0, v[0], 0, v[1]]), NO_BATCH),
    # bytes
    Sample("Bitcast", {"to": as_dtype("uint8"), "width": 4}, (integers(3, 2),), lambda x: x[..., None].view(np.uint8)),
    Sample("Bitcast", {"to": as_dtype("int32"), "width": 2}, (np.arange(8, dtype=np.int16).reshape(2, 2, 2),),
           lambda x: x.view(np.int32)[..., 0]),
]
