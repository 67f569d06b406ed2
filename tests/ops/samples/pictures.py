"""Samples of ops on boxes in images, of positions, and of sparse tensors' places."""

from __future__ import annotations

import numpy as np

from samples import NO_BATCH, Sample, positive

BOXES = np.array([[0, 0, 1, 1], [0, 0, 1, 0.9], [0, 2, 1, 3], [0, 0, 0.2, 0.2]], np.float32)
SCORES = np.array([0.6, 0.9, 0.5, 0.1], np.float32)
ONE = np.array([[[[0.25, 0.25, 0.75, 1.0]]]], np.float32)[0]
PLACES = np.array([[1, 0], [0, 2], [0, 1]])


def framed(images, boxes):
    """The images of 5 x 5 pixels with the frame from row and column 1 to row 3 and column 4 in yellow."""
    y = images.copy()
    yellow = np.array([1, 1, 0], images.dtype)
    y[:, [1, 3], 1:5] = yellow
    y[:, 1:4, 1] = yellow
    y[:, 1:4, 4] = yellow
    return y


SAMPLES: list[Sample] = [
    Sample("NonMaxSuppressionV3", {}, (BOXES, SCORES, np.array(3, np.int32), np.float32(0.5), np.float32(0.2)),
           lambda *_: np.array([1, 2], np.int32), {**NO_BATCH, "wrt": []}),
    Sample("DrawBoundingBoxes", {}, (positive(1, 5, 5, 3), ONE), framed, {**NO_BATCH, "wrt": []}),
    Sample("ExtractGlimpse", {"size": (2, 2), "noise": "zero", "seed": 3}, (positive(1, 4, 4, 1).astype("f"), np.zeros((1, 2), np.float32)),
           lambda x, o: x[:, 1:3, 1:3], {"wrt": []}),
    Sample("SampleDistortedBoundingBoxV2", {"seed": 3}, (np.array([20, 30, 3], np.int32), ONE, np.float32(0.1)), None,
           {**NO_BATCH, "wrt": []}),
    Sample("RandomPoissonV2", {"seed": 3, "static": (5,)}, (np.array([5], np.int32), np.array([0.5, 4, 40])), None,
           {**NO_BATCH, "wrt": []}),
    Sample("UnravelIndex", {}, (np.array([2, 5], np.int32), np.array([3, 3], np.int32)), lambda i, d: np.array([[0, 1], [2, 2]]),
           NO_BATCH),
    Sample("SparseOrder", {}, (PLACES,), lambda p: np.array([2, 1, 0])),
    Sample("SparseUnion", {}, (PLACES, np.array([[0, 2], [1, 1]])),
           lambda a, b: [np.array([[0, 1], [0, 2], [1, 0], [1, 1]]), np.array([2, 1, 0, 1, 3])], NO_BATCH),
    Sample("EmptyRows", {}, (PLACES, np.array(4)), lambda p, n: [np.array([2, 3]), np.array([0, 0, 1, 1], bool)], NO_BATCH),
]
