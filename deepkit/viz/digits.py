"""A sheet of digit images with their labels, wrong predictions marked by words, frame and colour."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.picture import Picture
from deepkit.viz.style import GREY, PALETTE, pyplot_free_figure, rc

_MOST = 400


def show_digits(images: Any, labels: Any = None, predictions: Any = None, columns: int = 10) -> Picture:
    """Draw `images` in a grid of `columns` columns.

    images: (n, height, width), (n, height, width, 1) or (n, side * side); any numbers, drawn from the darkest to the
    brightest of them all. labels, predictions: (n,) classes, or (n, classes) scores of which the largest counts.
    Right predictions show their class; wrong ones say `4, not 9` in a thick frame. At most 400 images.

    >>> show_digits(data.x_test[:20], data.y_test[:20], model.predict(data.x_test[:20]))
    """
    pictures = _as_images(images)
    n = len(pictures)
    if not 0 < n <= _MOST:
        raise ArgumentError(f"cannot draw {n} images", rule=f"from 1 to {_MOST}", hint="show_digits(images[:50])")
    if columns < 1:
        raise ArgumentError(f"a grid needs at least one column, got columns={columns}")
    truth, guess = _classes(labels, n, "labels"), _classes(predictions, n, "predictions")
    columns = min(columns, n)
    rows = -(-n // columns)
    low, high = float(pictures.min()), float(pictures.max())
    import matplotlib

    with matplotlib.rc_context(rc()):
        named = truth if truth is not None else guess
        figure = pyplot_free_figure(0.72 * columns, (0.72 if named is None else 0.92) * rows)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax in axes[n:]:
            ax.set_axis_off()
        for i, ax in enumerate(axes[:n]):
            ax.imshow(pictures[i], vmin=low, vmax=high if high > low else low + 1, interpolation="nearest")
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            ax.spines[:].set(visible=True, color=GREY, linewidth=0.6)
            if truth is not None and guess is not None and truth[i] != guess[i]:
                ax.spines[:].set(color=PALETTE["orange"], linewidth=2.5)
                ax.set_title(f"{guess[i]}, not {truth[i]}", fontsize=8, color=PALETTE["orange"], weight="bold", pad=3)
            elif named is not None:
                ax.set_title(str(named[i]), fontsize=8, pad=3)
    return Picture(figure, _sentence(n, truth, guess))


def _as_images(images: Any) -> np.ndarray:
    array = np.asarray(images.numpy() if hasattr(images, "numpy") else images)
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == 2 and (side := round(array.shape[1] ** 0.5)) ** 2 == array.shape[1]:
        array = array.reshape(-1, side, side)
    if array.ndim != 3 or array.dtype.kind not in "biuf" or not array.size:
        raise ShapeError(
            f"cannot draw images of shape {array.shape} and type {array.dtype}",
            rule="(n, height, width), (n, height, width, 1) or (n, side * side), numbers",
            hint="a single image is image[None]",
        )
    if not np.isfinite(array).all():
        raise ArgumentError("the images hold NaN or infinity", hint="look for what made them: a diverged training?")
    return array


def _classes(values: Any, n: int, name: str) -> np.ndarray | None:
    if values is None:
        return None
    array = np.asarray(values.numpy() if hasattr(values, "numpy") else values)
    if array.ndim == 2 and array.shape[1] > 1:
        array = array.argmax(axis=1)
    array = array.reshape(-1) if array.ndim == 2 else array
    if array.shape != (n,):
        raise ShapeError(f"{n} images, but {name} of shape {array.shape}", rule=f"{name} are ({n},) or ({n}, classes)")
    return array


def _sentence(n: int, truth: np.ndarray | None, guess: np.ndarray | None) -> str:
    images = f"{n} image{'s' if n > 1 else ''}"
    if truth is None or guess is None:
        return images
    return f"{images}, {int((truth != guess).sum())} predicted wrong"
