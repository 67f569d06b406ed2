"""Invented points of two classes in the plane, for looking at what a network makes of them."""

from __future__ import annotations

import numpy as np

from deepkit.errors import ArgumentError

SETS = ("clouds", "corners", "ring", "spirals")


def invent_points(name: str, count: int = 160, noise: float = 0.1, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(points, classes): (count, 2) float32 within about [-1, 1] and (count,) of 0 and 1, half of each.

    Args:
        name: "clouds" (two heaps), "corners" (XOR: opposite corners belong together), "ring" (one around the other) or
            "spirals" (two arms, one turn each).
        noise: standard deviation of what is added to each coordinate.

    >>> invent_points("ring", 4)[1]
    array([0, 1, 0, 1])
    """
    if name not in SETS or count < 2 or not noise >= 0:
        raise ArgumentError(f"{name!r}, {count} points, noise {noise}", rule=f"one of {', '.join(SETS)}; 2 points or more")
    random = np.random.default_rng(seed)
    classes = np.arange(count) % 2
    way, turn = random.uniform(0, 1, count), random.uniform(0, 2 * np.pi, count)
    if name == "clouds":
        points = np.where(classes, 0.45, -0.45)[:, None] + random.normal(0, 0.12, (count, 2))
    elif name == "corners":
        signs = random.choice([-1, 1], count)
        points = np.column_stack([signs, signs * np.where(classes, -1, 1)]) * random.uniform(0.15, 0.9, (count, 2))
    elif name == "ring":
        points = _round(np.where(classes, 0.75, 0.3 * np.sqrt(way)), turn)
    else:
        points = _round(0.1 + 0.85 * way, 2 * np.pi * way + np.pi * classes)
    return (points + random.normal(0, noise, (count, 2)) * 0.5).astype(np.float32), classes


def _round(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
