"""How far a shuffle carries elements: the place before against the place after, one panel for each buffer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from deepkit.errors import ShapeError
from deepkit.viz.picture import Picture
from deepkit.viz.style import GREY, PALETTE, pyplot_free_figure, rc


def show_shuffle(orders: Mapping[str, Sequence[int]]) -> Picture:
    """Draw shuffled orders.

    orders: by name the former places of the elements, in their new order; each of 0 ... n - 1 once.

    Raises:
        ShapeError: an order in which a place is missing.

    >>> viz.show_shuffle({"as it was": range(100), "turned": range(99, -1, -1)})
    as it was: moved by 0 places on average; turned: moved by 50 places on average
    """
    known = {name: np.asarray(order, np.int64) for name, order in orders.items()}
    for name, order in known.items():
        if not np.array_equal(np.sort(order), np.arange(order.size)):
            raise ShapeError(f"{name!r} is no order of {order.size} elements", rule="each of 0 ... n - 1 once")
    figure = pyplot_free_figure(min(2.3 * len(known), 9.2), 2.6)
    import matplotlib

    with matplotlib.rc_context(rc()):
        panels = figure.subplots(1, len(known), sharey=True, squeeze=False)[0]
        for ax, (name, order) in zip(panels, known.items(), strict=True):
            ax.plot([0, order.size - 1], [0, order.size - 1], color=GREY, linestyle="-", linewidth=0.8)
            ax.plot(order, np.arange(order.size), ".", color=PALETTE["blue"], markersize=2.2)
            ax.set(title=name, xlabel="place before", xticks=[0, order.size], yticks=[0, order.size])
        panels[0].set_ylabel("place after")
    far = {name: np.abs(order - np.arange(order.size)).mean() for name, order in known.items()}
    return Picture(figure, "; ".join(f"{name}: moved by {mean:.0f} places on average" for name, mean in far.items()))
