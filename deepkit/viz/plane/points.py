"""Invented points of two classes in the plane, for looking at what a network makes of them."""

from __future__ import annotations

import numpy as np

from deepkit.errors import ArgumentError

SETS = ("clouds", "corners", "ring", "spirals", "circle")


def invent_points(name: str, count: int = 160, noise: float = 0.1, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(points, classes): (count, 2) float32 within about [-1, 1] and (count,) of 0 and 1, half of each.

    Args:
        name: "clouds" (two heaps), "corners" (XOR: opposite corners belong together), "ring" (one around the other),
            "spirals" (two arms, one turn each) or "circle" (inside and outside of one line, moved by noise twice as large
            after their class was settled: some end on the wrong side).
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
    elif name == "circle":
        return (_beside_a_circle(classes, random) + random.normal(0, noise, (count, 2))).astype(np.float32), classes
    else:
        points = _round(0.1 + 0.85 * way, 2 * np.pi * way + np.pi * classes)
    return (points + random.normal(0, noise, (count, 2)) * 0.5).astype(np.float32), classes


def _beside_a_circle(classes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Points of [-1, 1]^2: of class 0 inside the circle that halves its area, of class 1 outside."""
    count = len(classes)
    drawn = random.uniform(-1, 1, (8 * count + 80, 2))
    outside = (drawn**2).sum(axis=1) > 2 / np.pi
    points = np.empty((count, 2))
    for one in (0, 1):
        points[classes == one] = drawn[outside == one][: np.sum(classes == one)]
    return points


def _round(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
