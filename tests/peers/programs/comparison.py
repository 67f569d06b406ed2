"""The differences between what two libraries made of one program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

# By the coarsest type that went into the results (an optimizer's rates are float32 in TensorFlow).
TOLERANCE = {"float32": 2e-4, "float64": 1e-7, "float16": 5e-3}


@dataclass(frozen=True)
class Difference:
    """kind: refused, error, fetches, dtype, shape, value or static; where: the run and name; what: both sides."""

    kind: str
    where: str
    what: str

    def like(self, other: Difference | None) -> bool:
        """Whether a smaller program still shows this difference."""
        if other is None or self.kind != other.kind:
            return False
        if self.kind == "error":
            return self.what[:60] == other.what[:60]
        return self.where.split(", ")[-1] == other.where.split(", ")[-1]


def numbers(result: dict[str, Any]) -> np.ndarray:
    if result["dtype"].startswith("complex"):
        parts = np.array(result["numbers"], f"f{np.dtype(result['dtype']).itemsize // 2}")
        return parts.view(result["dtype"]).reshape(result["shape"])
    return np.array(result["numbers"], result["dtype"]).reshape(result["shape"])


def differ(ours: dict[str, Any], theirs: dict[str, Any], coarsest: str) -> tuple[str, str] | None:
    """The kind of difference between two arrays, and both; None: there is none."""
    for kind in ("dtype", "shape"):
        if ours[kind] != theirs[kind]:
            return kind, f"{ours[kind]} for {theirs[kind]}"
    a, b = numbers(ours), numbers(theirs)
    if b.dtype.kind == "c":
        a, b = (z.reshape(-1).view(z.real.dtype) for z in (a, b))
    if b.dtype.kind != "f":
        return None if np.array_equal(a, b) else ("value", f"{a.tolist()} for {b.tolist()}")
    finite = np.abs(b[np.isfinite(b)])
    tolerance = max(TOLERANCE[coarsest], TOLERANCE[b.dtype.name])
    largest = max(1.0, float(finite.max(initial=0)))
    with np.errstate(invalid="ignore"):
        near = np.allclose(a.astype("d"), b.astype("d"), tolerance, tolerance * largest, equal_nan=True)
    return None if near else ("value", f"{a.tolist()} for {b.tolist()}")


def differences(text: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Difference]:
    """All differences. Of kind "refused": TensorFlow refuses the program itself, so it says nothing."""
    if theirs["error"]:
        yield Difference("refused", *theirs["error"])
    elif ours["error"]:
        yield Difference("error", *ours["error"])
    else:
        coarsest = "float16" if "float16" in text else "float32" if "float32" in text or "tf.train." in text else "float64"
        for run, pair in enumerate(zip(ours["results"], theirs["results"], strict=True)):
            yield from _of_a_run(run, *pair, coarsest)
        for name, shape in theirs["static"].items():
            if ours["static"].get(name, shape) != shape:
                yield Difference("static", name, f"{ours['static'][name]} for {shape}")


def _of_a_run(run: int, ours: dict[str, Any], theirs: dict[str, Any], coarsest: str) -> Iterator[Difference]:
    for key in sorted(ours.keys() ^ theirs.keys()):
        found = numbers(ours[key] if key in ours else theirs[key])
        what = "zeros" if not found.any() else str(found.tolist())
        yield Difference("fetches", f"run {run}, {key}", f"{what} for nothing" if key in ours else f"nothing for {what}")
    for key in sorted(ours.keys() & theirs.keys()):
        if different := differ(ours[key], theirs[key], coarsest):
            yield Difference(different[0], f"run {run}, {key}", different[1])
