"""Samples of writing to chosen places, of order, of bits and angles, and of drawing classes."""

from __future__ import annotations

import numpy as np

from deepkit.device.dtypes import as_dtype
from samples import NO_BATCH, A, B, Sample, binary, distinct, positive, real, unary

ROWS = np.array([2, 0, 2], np.int32)
PLACES = np.array([[0, 1], [2, 3], [0, 1]], np.int32)
APART = np.array([[0, 1], [2, 3], [1, 0]], np.int32)
INTEGERS, MORE = np.array([[12, -7, 5], [3, 0, 1]], np.int32), np.array([[10, 3, -2], [1, 1, 4]], np.int32)
FUNCTIONS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "min": np.minimum, "max": np.maximum,
    "update": lambda old, new: new,
}


def written(how):
    """The reference: a loop over the updates."""

    def reference(x, indices, updates):
        y = x.copy()
        for index, update in zip(
            indices, np.broadcast_to(updates, (len(indices), *np.shape(updates)[1:])), strict=True
        ):
            place = tuple(index) if np.ndim(index) else index
            y[place] = FUNCTIONS[how](y[place], update)
        return y

    return reference


def places(row, values):
    return np.array([[int((r < v).sum()) for v in vs] for r, vs in zip(row, values, strict=True)], np.int32)


def places_after(row, values):
    return np.array([[int((r <= v).sum()) for v in vs] for r, vs in zip(row, values, strict=True)], np.int64)


def rows_from_1(ref, value):
    y = ref.copy()
    for row in range(1, len(y)):
        y[row, 2] = value[row - 1]
    return y


def with_row(entries, i, value, size):
    y = entries.copy()
    y[i] = value
    return y


SORTED, WANTED = np.sort(distinct(3, 4), -1), np.concatenate([np.sort(distinct(3, 4), -1)[:, :2], real(3, 3)], 1)
WORDS = np.array([[1, 2], [0, 7]], np.int64)
SAMPLES = [
    *[Sample("ScatterRef", {"how": how}, (positive(4, 3), ROWS, positive(3, 3)), written(how), NO_BATCH) for how in FUNCTIONS],
    Sample("ScatterRef", {"how": "add", "nd": True}, (A, PLACES, real(3)), written("add"), NO_BATCH),
    *[
        Sample("TensorScatter", {"how": how, "nd": True}, (A, PLACES if how in ("add", "sub") else APART, distinct(3)),
               written(how), NO_BATCH)
        for how in ("update", "add", "sub", "min", "max")
    ],
    Sample("StridedSliceAssign", {"key_": (("slice", 1, None, None), 2)}, (A, real(len(A) - 1)), rows_from_1, NO_BATCH),
    Sample("SearchSorted", {}, (SORTED, WANTED), places),
    Sample("SearchSorted", {"side": "right", "index": as_dtype("int64")}, (SORTED, WANTED), places_after),
    *binary("Atan2", np.arctan2), unary("Asinh", np.arcsinh), unary("Acosh", np.arccosh, 1.1 + positive(3, 4)),
    unary("Atanh", np.arctanh),
    Sample("BitwiseAnd", {}, (INTEGERS, MORE), lambda x, y: x & y), Sample("BitwiseOr", {}, (INTEGERS, MORE), lambda x, y: x | y),
    Sample("BitwiseXor", {}, (INTEGERS, MORE), lambda x, y: x ^ y), Sample("Invert", {}, (INTEGERS,), lambda x: ~x),
    Sample("LeftShift", {}, (INTEGERS, np.abs(MORE)), lambda x, y: x * 2**y),
    Sample("RightShift", {}, (INTEGERS, np.abs(MORE)), lambda x, y: x // 2**y),
    Sample("CheckInside", {}, (ROWS, np.array(3, np.int32)), lambda x, n: x, NO_BATCH),
    Sample("EnsureShape", {"static": (None, 4)}, (B,), lambda x: x),
    Sample("ListWrite", {}, (A, np.array(1, np.int32), real(4), np.array(3, np.int32)), with_row, NO_BATCH),
    Sample("ListWriteGrad", {}, (A, B, np.array(1, np.int32)), lambda dy, like, i: with_row(dy, i, np.zeros(4), 3),
           {"wrt": [0], **NO_BATCH}),
    Sample("Multinomial", {"seed": 3, "static": 5}, (A, np.array(5, np.int32)), None, NO_BATCH),
    *[
        Sample("CandidateSampler", {"distribution": d, "count": 4, "largest": 9, "seed": 3, "weights": tuple(range(1, 10))},
               (WORDS,), None, NO_BATCH)
        for d in ("uniform", "log_uniform", "unigrams")
    ],
]
