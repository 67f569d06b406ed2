"""Numbers as a computer has them: how far apart they lie, and how often each is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.viz.picture import Picture
from deepkit.viz.style import GREY, pyplot_free_figure, rc

_SMALLEST, _LARGEST = -6, 60  # exponents of 2


def show_gaps(types: Sequence[str] = ("float16", "float32", "float64")) -> Picture:
    """Draw how far each number is from the next one of its type, from 1/64 to 2^60, and where the gap outgrows 1.

    >>> show_gaps()
    gaps outgrow 1 at 2,048 (float16), 16,777,216 (float32), 9,007,199,254,740,992 (float64)
    """
    kinds = [np.dtype(kind) for kind in types]
    if not kinds or any(kind.kind != "f" for kind in kinds):
        raise ArgumentError(f"gaps of {list(types)}", rule="one or more types of floats, such as float32")
    import matplotlib

    with matplotlib.rc_context(rc()):
        figure = pyplot_free_figure(6.4, 3.2)
        axes = figure.subplots()
        said = []
        for kind in kinds:
            last = min(_LARGEST, int(np.finfo(kind).maxexp) - 1)
            exponents = np.arange(_SMALLEST, last + 1)
            gaps = np.spacing(np.exp2(exponents).astype(kind)).astype(np.float64)
            axes.step(exponents, np.log2(gaps), where="post", label=str(kind))
            full = int(np.finfo(kind).nmant) + 1  # from here on the next number is 2 away
            axes.plot([full], [0], "o", color=axes.lines[-1].get_color(), clip_on=False, zorder=3)
            axes.annotate(f"{2**full:,}", (full, 0), (-6, 8), textcoords="offset points", fontsize=8, ha="right")
            said.append(f"{2**full:,} ({kind})")
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set(xlabel="the number, as a power of 2", ylabel="gap to the next, power of 2", xlim=(_SMALLEST, _LARGEST))
        axes.legend(loc="lower right")
    return Picture(figure, f"gaps outgrow 1 at {', '.join(said)}")


def show_histograms(draws: Mapping[str, Any], bins: int = 80, columns: int = 2) -> Picture:
    """Draw how often each value occurs in arrays of numbers, one panel each, all over the same range.

    >>> show_histograms({"normal": rng.normal(size=10_000)})
    normal: 10,000 numbers from -3.9 to 4.1
    """
    values = {name: _finite(name, given) for name, given in draws.items()}
    if not values:
        raise ArgumentError("nothing to count", hint='show_histograms({"normal": values})')
    low, high = (function([function(array) for array in values.values()]) for function in (min, max))
    import matplotlib

    with matplotlib.rc_context(rc()):
        rows = -(-len(values) // columns)
        figure = pyplot_free_figure(6.6, 1.5 * rows + 0.3)
        panels = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
        for place in panels[len(values) :]:
            place.set_axis_off()
        for place, (name, array) in zip(panels, values.items(), strict=False):
            place.hist(array, bins=np.linspace(low, high, bins + 1), density=True)
            place.set_title(name, fontsize=9)
            place.set_yticks([])
    said = (f"{name}: {array.size:,} numbers from {array.min():.1f} to {array.max():.1f}" for name, array in values.items())
    return Picture(figure, "; ".join(said))


def _finite(name: str, given: Any) -> np.ndarray:
    array = np.asarray(given, np.float64).ravel()
    if not array.size or not np.isfinite(array).all():
        raise ArgumentError(f"{name!r}: nothing to count, or NaN or infinity among it", rule="finite numbers, at least one")
    return array
