"""A convolution drawn: the window that slides, the products under it, their sum, and the feature map that fills."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.device.windows import amounts
from deepkit.errors import ArgumentError, ShapeError, check_choice
from deepkit.viz.grids import BLUE, ORANGE, document, frame, grid, label, number
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY

_WIDE = 300.0  # pixels of the input at most
_GAP, _TOP = 44.0, 26.0
_LETTERED = 24.0  # from this many pixels on, a cell has room for its number


class Sliding:
    """One convolution of one image by one kernel, with what every step of it sees.

    The convolution is `conv2d` of the library, of one image with one channel and one filter:
    y[i, j] = bias + sum over a, b of image[s i + a - top, s j + b - left] kernel[a, b], zero outside of the image.

    Args:
        image: (height, width) of numbers.
        kernel: (kernel height, kernel width).
        stride: cells that the window moves at a time.
        padding: "SAME" or "VALID".
        bias: added to every sum.
        relu: max(0, y) after it.
        pool: "max" or "average" of blocks of 2 x 2, or None.

    Raises:
        ShapeError: for an image or a kernel that is not a matrix, or a window that does not fit.
        ArgumentError: for numbers that are not finite, a stride below 1, or names that do not exist.
    """

    def __init__(self, image: Any, kernel: Any, stride: int = 1, padding: str = "VALID", bias: float = 0.0,
                 relu: bool = False, pool: str | None = None):
        self.image, self.kernel = matrix(image, "image"), matrix(kernel, "kernel")
        self.stride, self.padding = stride, str(padding).upper()
        self.bias, self.relu, self.pool = float(bias), relu, pool
        check_choice("padding", self.padding, ("SAME", "VALID"))
        check_choice("pool", pool, (None, "max", "average"))
        if isinstance(stride, bool) or not isinstance(stride, int | np.integer) or stride < 1:
            raise ArgumentError(f"stride={stride!r}", rule="a whole number of cells, 1 or more")
        self.sums = self._sums()
        pads = [
            amounts(n, k, stride, 1, self.padding) for n, k in zip(self.image.shape, self.kernel.shape, strict=True)
        ]
        self.pads = (pads[0], pads[1])
        self.padded = np.pad(self.image, pads)

    def _sums(self) -> np.ndarray:
        x, w, s = self.image[None, :, :, None], self.kernel[:, :, None, None], self.stride
        y = ops.conv2d(x, w, strides=[1, s, s, 1], padding=self.padding)
        return y.numpy()[0, :, :, 0] + self.bias

    @cached_property
    def map(self) -> np.ndarray:
        """The feature map: the sums, or what ReLU leaves of them."""
        return np.asarray(ops.relu(self.sums).numpy()) if self.relu else self.sums

    @cached_property
    def pooled(self) -> np.ndarray | None:
        """The map in blocks of 2 x 2 (a last odd row or column is dropped, as VALID says); None without pooling."""
        if self.pool is None or min(self.map.shape) < 2:
            return None
        pool = ops.max_pool if self.pool == "max" else ops.avg_pool
        return np.asarray(
            pool(self.map[None, :, :, None], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID").numpy()
        )[0, :, :, 0]

    @property
    def steps(self) -> int:
        """How many windows there are."""
        return self.sums.size

    def at(self, step: int) -> tuple[int, int]:
        """Row and column in the map of a step, counted from 0 row by row."""
        if not 0 <= step < self.steps:
            raise ArgumentError(f"step={step}", rule=f"0 <= step < {self.steps}, the number of windows")
        row, column = divmod(int(step), self.sums.shape[1])
        return row, column

    def window(self, step: int) -> np.ndarray:
        """The numbers under the window, zeros of the padding included."""
        row, column = (place * self.stride for place in self.at(step))
        height, width = self.kernel.shape
        return self.padded[row : row + height, column : column + width]

    def rule(self) -> str:
        """Where the size of the map comes from, in symbols."""
        said = []
        for name, n, k, m in zip(("rows", "columns"), self.image.shape, self.kernel.shape, self.map.shape, strict=True):
            top = f"{n}" if self.padding == "SAME" else f"({n} − {k} + 1)"
            said.append(f"⌈{top} / {self.stride}⌉ = {m} {name}")
        if self.image.shape[0] == self.image.shape[1] and self.kernel.shape[0] == self.kernel.shape[1]:
            said = [said[0].replace("rows", "rows and columns")]
        return f"{self.padding}, stride {self.stride}: {', '.join(said)}"

    def sentence(self, step: int) -> str:
        """What happens at a step, in words."""
        (row, column), (rows, columns) = self.at(step), self.map.shape
        return (
            f"window {step + 1} of {self.steps}: sum {number(self.sums[row, column])} "
            f"at row {row}, column {column} of the {rows}x{columns} map"
        )


def show_convolution(image: Any, kernel: Any, stride: int = 1, padding: str = "VALID", *, step: int | None = None,
                     bias: float = 0.0, relu: bool = False, pool: str | None = None) -> Drawing:
    """Draw the convolution of an image by a kernel at one step; arguments as for `Sliding`.

    Args:
        step: how far the window has slid, from 0; all the way by default.

    >>> show_convolution([[1, -1, 0], [-1, 2, 1], [0, 2, -2]], [[1, -1], [0, 2]], stride=2, padding="SAME", bias=1)
    window 4 of 4: sum -1 at row 1, column 1 of the 2x2 map
    """
    sliding = Sliding(image, kernel, stride, padding, bias, relu, pool)
    step = sliding.steps - 1 if step is None else step
    return Drawing(draw(sliding, step), sliding.sentence(step))


def draw(sliding: Sliding, step: int) -> str:
    """The SVG: input, map and pooled map above, the arithmetic of the step below."""
    cell = min(40.0, _WIDE / max(sliding.padded.shape))
    if cell >= 8:
        cell = float(int(cell))
    width, tall, above = _panels(sliding, step, cell)
    rule = sliding.rule()
    below, right, bottom = _arithmetic(sliding, step, _TOP + tall + 62)
    parts = [*above, label(rule, 8, _TOP + tall + 20), *below]
    return document(parts, max(width, right, _width(rule)) + 14, bottom + 10, sliding.sentence(step))


def _panels(sliding: Sliding, step: int, cell: float) -> tuple[float, float, list[str]]:
    """Input, map and pooled map side by side: (width, height, parts)."""
    (rows, columns), (row, column) = sliding.padded.shape, sliding.at(step)
    (top, _), (left, _) = sliding.pads
    height, width = sliding.image.shape
    x, y, lettered = 8.0, _TOP, cell >= _LETTERED
    title, parts = f"input {height}×{width}", []
    if any(sum(pad) for pad in sliding.pads):
        title += f", padded {rows}×{columns}"
        parts.append(frame(x, y, columns * cell, rows * cell, dash="3 3"))
        if lettered:
            parts += _zeros(sliding, x, y, cell)
    parts.append(label(title, x, y - 9))
    parts.append(grid(sliding.image, x + left * cell, y + top * cell, cell, numbers=lettered))
    high, wide = (k * cell for k in sliding.kernel.shape)
    down, across = y + row * sliding.stride * cell, x + column * sliding.stride * cell
    parts.append(frame(across, down, wide, high, stroke=ORANGE, wide=3))
    tall, corner = rows * cell, (across + wide, down + high / 2)
    x += max(columns * cell, _width(title)) + _GAP
    known = np.arange(sliding.steps).reshape(sliding.map.shape) <= step
    title = f"feature map {sliding.map.shape[0]}×{sliding.map.shape[1]}" + (" after ReLU" if sliding.relu else "")
    parts.append(label(title, x, y - 9))
    parts.append(grid(sliding.map, x, y, cell, known=known, numbers=lettered, signed=True))
    to = (x + column * cell, y + (row + 0.5) * cell)
    parts.append(frame(to[0], to[1] - cell / 2, cell, cell, stroke=ORANGE, wide=3 if lettered else 2))
    bend = (corner[0] + to[0]) / 2
    parts.append(
        f'<path d="M{corner[0]:.1f},{corner[1]:.1f} C{bend:.1f},{corner[1]:.1f} {bend:.1f},{to[1]:.1f} '
        f'{to[0]:.1f},{to[1]:.1f}" stroke="{ORANGE}" stroke-width="1.6" fill="none"/>'
    )
    x += max(sliding.map.shape[1] * cell, _width(title))
    if sliding.pooled is not None:
        x += _GAP - 14
        n, m = sliding.pooled.shape
        done = known[: 2 * n, : 2 * m].reshape(n, 2, m, 2).all(axis=(1, 3))
        title = f"{sliding.pool} pool {n}×{m}"
        parts.append(label(title, x, y - 9))
        scale = float(np.abs(sliding.map).max())
        parts.append(grid(sliding.pooled, x, y, cell, known=done, numbers=lettered, signed=True, scale=scale))
        x += max(m * cell, _width(title))
    return x, tall, parts


def _width(text: str) -> float:
    return 7.3 * len(text)  # of 12 px monospace


def _zeros(sliding: Sliding, x: float, y: float, cell: float) -> list[str]:
    """The zeros of the padding, written where they lie."""
    inside = np.pad(np.ones(sliding.image.shape, bool), sliding.pads)
    return [
        label("0", x + (j + 0.5) * cell, y + (i + 0.5) * cell + 4, anchor="middle", size=min(13, cell / 3.1))
        for i, j in np.argwhere(~inside)
    ]


def _arithmetic(sliding: Sliding, step: int, y: float) -> tuple[list[str], float, float]:
    """Window times kernel, number by number, and the sum: (parts, right end, lower end)."""
    window, kernel = sliding.window(step), sliding.kernel
    row, column = sliding.at(step)
    cell = {1: 40.0, 2: 40.0, 3: 40.0, 4: 36.0, 5: 34.0}.get(max(kernel.shape), 30.0)
    high, wide = (k * cell for k in kernel.shape)
    middle, x = y + high / 2 + 6, 8.0
    parts, full = [], float(np.abs(sliding.image).max())
    pictures = (
        ("window", window, {"scale": full, "signed": bool((sliding.image < 0).any())}, "×"),
        ("kernel", kernel, {"signed": True}, "="),
        ("products", window * kernel, {"signed": True}, ""),
    )
    for name, numbers, looks, sign in pictures:
        parts.append(label(name, x, y - 9))
        parts.append(grid(numbers, x, y, cell, numbers=True, **looks))  # type: ignore[arg-type]
        if name == "window":
            parts.append(frame(x, y, wide, high, stroke=ORANGE, wide=3))
        parts.append(label(sign, x + wide + 19, middle, size=18, anchor="middle"))
        x += wide + 38
    x -= 18
    total, value = sliding.sums[row, column], sliding.map[row, column]
    parts.append(label(f"Σ = {number(total - sliding.bias)}", x, middle - 2, size=15, bold=True))
    lines = [f"+ bias {number(sliding.bias)} = {number(total)}"] if sliding.bias else []
    lines += [f"ReLU → {number(value)}"] if sliding.relu else []
    for i, text in enumerate(lines):
        parts.append(label(text, x, middle + 18 * (i + 1), size=13, fill=BLUE if "ReLU" in text else GREY))
    return parts, x + 150, max(y + high, middle + 18 * len(lines) + 4)


def matrix(values: Any, name: str) -> np.ndarray:
    """The numbers of one image or kernel, (height, width); ShapeError or ArgumentError for anything else."""
    array = np.asarray(values.numpy() if hasattr(values, "numpy") else values)
    if array.ndim != 2 or not array.size or array.dtype.kind not in "biuf":
        raise ShapeError(
            f"the {name} has shape {array.shape} and type {array.dtype}",
            rule="one image and one kernel: (height, width) of numbers",
            hint="of images (n, height, width, channels) take one: images[0, :, :, 0]",
        )
    if not np.isfinite(array).all():
        raise ArgumentError(f"the {name} holds NaN or infinity")
    return array.astype(np.float64)
