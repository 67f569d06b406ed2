"""How good are invented pictures? What a classifier says to them, and how near the training images they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deepkit.errors import ShapeError

SURE = 0.9  # a probability above it counts as sure


class Judged(NamedTuple):
    """certainty: mean of the largest probability; sure: share of pictures with more than 0.9; counts: (classes,) pictures that
    were taken for each; nearest: (n,) index of the known image that is nearest to each; distances: (n,) how far that is."""

    certainty: float
    sure: float
    counts: np.ndarray
    nearest: np.ndarray
    distances: np.ndarray


def nearest(pictures: Any, known: Any) -> tuple[np.ndarray, np.ndarray]:
    """(indices, distances) of the known image that is nearest to each picture, the distance being the root of the summed squares.

    Raises:
        ShapeError: for images of another size.
    """
    made, there = (np.asarray(x, np.float64).reshape(len(x), -1) for x in (pictures, known))
    if made.shape[1] != there.shape[1]:
        raise ShapeError(f"pictures of {made.shape[1]} pixels, known images of {there.shape[1]}", rule="as many pixels in each")
    squares = (made**2).sum(axis=1)[:, None] + (there**2).sum(axis=1) - 2 * made @ there.T
    indices = squares.argmin(axis=1)
    return indices, np.sqrt(((made - there[indices]) ** 2).sum(axis=1))


def judge(says: Callable[[np.ndarray], Any], pictures: Any, known: Any) -> Judged:
    """Judge pictures (n, height, width) of 0..1 by a classifier and by the known images (m, height, width).

    says: pictures to (n, classes) probabilities.
    """
    said = np.asarray(says(np.asarray(pictures)))
    if said.ndim != 2 or len(said) != len(pictures):
        raise ShapeError(f"{len(pictures)} pictures, answers of shape {said.shape}", rule="(n, classes) probabilities")
    most = said.max(axis=1)
    indices, distances = nearest(pictures, known)
    counts = np.bincount(said.argmax(axis=1), minlength=said.shape[1])
    return Judged(float(most.mean()), float((most > SURE).mean()), counts, indices, distances)
