"""Boxes in images: cut out and scaled, chosen among many, and drawn.

A box is (top, left, bottom, right) in shares of the height and the width, 1 being the last row or column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import Shape
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, IntLike, IntsLike, TensorLike
from deepkit.device.arrays import to_cpu
from deepkit.device.philox import Stream
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops

# ---- cut out


def _sampled(low: AnyTensor, high: AnyTensor, count: int, length: AnyTensor) -> Any:
    """Where `count` samples of an axis lie, between two shares of its last place: (boxes, count)."""
    last = ops.expand_dims(ops.cast(length - 1, "float32"), 0)
    low, high = ops.expand_dims(low, 1), ops.expand_dims(high, 1)
    if count == 1:
        return 0.5 * (low + high) * last
    return low * last + np.arange(count, dtype=np.float32) * ((high - low) * last / float(count - 1))


def crop_and_resize(
    image: TensorLike, boxes: TensorLike, box_ind: TensorLike | None = None, crop_size: IntsLike | None = None,
    method: str = "bilinear", extrapolation_value: float = 0.0, name: str | None = None,
    box_indices: TensorLike | None = None,
) -> Any:
    """Each box cut out of its image and scaled to crop_size = [height, width]: float32 (boxes, height, width, channels).

    image: (batch, h, w, channels); boxes: float32 (n, 4); box_ind: (n,), the image of each. Corners lie on corners;
    method: "bilinear" or "nearest"; outside the image stands extrapolation_value. Both can be differentiated.
    ArgumentError: another method, or a size that is not known. ShapeError: another number of axes.
    """
    known = static_value(crop_size)
    if known is None or method not in ("bilinear", "nearest"):
        raise ArgumentError(
            f"crop_and_resize: crop_size={crop_size!r}, method={method!r}", rule="two numbers; 'bilinear' or 'nearest'"
        )
    height, width = (int(n) for n in np.asarray(known))
    with scope(name, "CropAndResize", image, boxes) as full:
        x = ops.cast(convert(image, beside=boxes), "float32")
        corners, which = convert(boxes, beside=x), convert(box_ind if box_ind is not None else box_indices, beside=x)
        if x.shape.rank not in (4, None) or corners.shape.rank not in (2, None):
            raise ShapeError(f"crop_and_resize: image {x.shape}, boxes {corners.shape}", rule="(batch, h, w, c) and (n, 4)")
        size = ops.shape(x)
        rows = _sampled(corners[:, 0], corners[:, 2], height, size[1])
        columns = _sampled(corners[:, 1], corners[:, 3], width, size[2])
        found = _between(x, ops.cast(which, "int32"), rows, columns, method)
        inside = ops.logical_and(
            ops.expand_dims(_within(rows, size[1]), 2), ops.expand_dims(_within(columns, size[2]), 1)
        )
        mask = ops.broadcast_like(ops.expand_dims(inside, 3), found)
        result = ops.where(mask, found, ops.zeros_like(found) + float(extrapolation_value), name=full)
        if hasattr(result, "set_shape"):
            result.set_shape([corners.shape.as_list()[0] if corners.shape.lengths else None, height, width, None])
        return shown_as(result, "CropAndResize")


def _within(places: AnyTensor, length: AnyTensor) -> Any:
    return ops.logical_and(places >= 0, places <= ops.cast(length - 1, "float32"))


def _between(x: AnyTensor, which: AnyTensor, rows: AnyTensor, columns: AnyTensor, method: str) -> Any:
    """The images' values at places between their pixels: (boxes, rows, columns, channels)."""
    size = ops.shape(x)

    def at(row: AnyTensor, column: AnyTensor) -> Any:
        row, column = (
            ops.clip_by_value(ops.cast(p, "int32"), 0, n - 1) for p, n in ((row, size[1]), (column, size[2]))
        )
        grid = ops.zeros_like(ops.expand_dims(row, 2) + ops.expand_dims(column, 1))
        places = [ops.reshape(which, [-1, 1, 1]) + grid, ops.expand_dims(row, 2) + grid, ops.expand_dims(column, 1) + grid]
        return ops.gather_nd(x, ops.stack(places, -1))

    if method == "nearest":
        return at(ops.floor(rows + 0.5), ops.floor(columns + 0.5))
    top, left = ops.floor(rows), ops.floor(columns)
    bottom, right = ops.ceil(rows), ops.ceil(columns)
    down = ops.expand_dims(ops.expand_dims(rows - ops.stop_gradient(top), 2), 3)
    along = ops.expand_dims(ops.expand_dims(columns - ops.stop_gradient(left), 1), 3)
    above = at(top, left) + (at(top, right) - at(top, left)) * along
    below = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * along
    return above + (below - above) * down


@register
class ExtractGlimpse(Op):
    """A window of `size` of each image around its offset; where it leaves the image, noise stands."""

    size: tuple[int, int] = (1, 1)
    centered: bool = True
    normalized: bool = True
    noise: str = "uniform"
    seed: int | None = None
    random = True
    kinds = "f"
    types = ("T", "B")
    gradient = None
    host = (1,)

    def shape(self, x: Shape, offsets: Shape) -> Shape:
        if x.rank not in (4, None) or offsets.rank not in (2, None):
            raise ShapeError(f"extract_glimpse: images {x}, offsets {offsets}", rule="(batch, h, w, c) and (batch, 2)")
        dims = x.lengths or (None, None, None, None)
        return Shape((dims[0], *self.size, dims[3]))

    def forward(self, xp: ArrayModule, stream: Stream, x: Array, offsets: Array) -> Any:
        batch, *lengths, channels = x.shape
        result = self._filled(xp, stream, (batch, *self.size, channels), x.dtype)
        for i, offset in enumerate(to_cpu(offsets).tolist()):
            cuts = [self._cut(o, n, size) for o, n, size in zip(offset, lengths, self.size, strict=True)]
            (from_y, to_y), (from_x, to_x) = cuts
            result[i][to_y, to_x] = x[i][from_y, from_x]
        return result

    def _filled(self, xp: ArrayModule, stream: Stream, shape: tuple[int, ...], dtype: np.dtype) -> Any:
        if self.noise == "zero":
            return xp.zeros(shape, dtype)
        drawn = stream.uniform if self.noise == "uniform" else stream.normal
        return xp.asarray(drawn(shape, dtype))

    def _cut(self, offset: float, length: int, size: int) -> tuple[slice, slice]:
        """Which places of an axis are copied, and where to."""
        middle = offset * length if self.normalized else offset
        middle = middle / 2 + length / 2 if self.centered else middle
        start = int(middle - size / 2)
        first, last = max(start, 0), min(start + size, length)
        last = max(last, first)
        return slice(first, last), slice(first - start, last - start)


def extract_glimpse(
    input: TensorLike, size: IntsLike, offsets: TensorLike, centered: bool = True, normalized: bool = True,
    uniform_noise: bool = True, name: str | None = None,
) -> Any:
    """A window of size = [height, width] of each image, its middle at offsets (batch, 2) = (y, x); noise beyond the image.

    centered: offset (0, 0) is the middle of the image, and 1 its edge, else the upper left corner; normalized: offsets are
    shares, else pixels. float32 (batch, height, width, channels). ShapeError: another number of axes.
    """
    known = static_value(size)
    if known is None:
        raise ArgumentError("extract_glimpse: a size that is not known", rule="two numbers")
    op = ExtractGlimpse(
        size=tuple(int(n) for n in np.asarray(known)), centered=bool(centered), normalized=bool(normalized),
        noise="uniform" if uniform_noise else "gaussian",
    )
    return apply(op, input, offsets, name=name)


# ---- chosen


@register
class NonMaxSuppressionV3(Op):
    """Numbers of the boxes that stay: by falling score, none that overlaps a better one too much."""

    cpu_only = True
    kinds = "f"
    types = ("T", "T", "int32", "T", "T")
    returns = "int32"
    gradient = None

    def shape(self, boxes: Shape, scores: Shape, *_: Shape) -> Shape:
        if boxes.rank not in (2, None) or scores.rank not in (1, None):
            raise ShapeError(f"non_max_suppression: boxes {boxes}, scores {scores}", rule="(n, 4) and (n,)")
        return Shape((None,))

    def forward(
        self, xp: ArrayModule, boxes: Array, scores: Array, most: Array, overlap: Array, least: Array
    ) -> np.ndarray:
        if not 0 <= float(overlap) <= 1:
            raise ArgumentError(f"non_max_suppression: iou_threshold={float(overlap)}", rule="0 <= threshold <= 1")
        low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
        kept: list[int] = []
        for i in np.argsort(-scores, kind="stable").tolist():
            if len(kept) >= int(most):
                break
            if scores[i] > least and not any(_overlap(low, high, i, j) > overlap for j in kept):
                kept.append(i)
        return np.array(kept, np.int32)


def _overlap(low: np.ndarray, high: np.ndarray, i: int, j: int) -> float:
    """The area that two boxes share, divided by the area of both together; 0 for boxes without area."""
    areas = [float((high[k] - low[k]).prod()) for k in (i, j)]
    if min(areas) <= 0:
        return 0.0
    shared = float(np.maximum(np.minimum(high[i], high[j]) - np.maximum(low[i], low[j]), 0).prod())
    return shared / (sum(areas) - shared)


def non_max_suppression(
    boxes: TensorLike, scores: TensorLike, max_output_size: IntLike, iou_threshold: TensorLike = 0.5,
    score_threshold: TensorLike = float("-inf"), name: str | None = None,
) -> Any:
    """Numbers of at most max_output_size boxes, by falling score: those that share with no better one more than
    iou_threshold of the area of both, and whose score is above score_threshold.

    boxes: float32 (n, 4), scores: (n,); result: int32. ArgumentError: a threshold outside [0, 1]. ShapeError.

    >>> from deepkit.ops.image.boxes import non_max_suppression
    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.9], [0.0, 2.0, 1.0, 3.0]]
    >>> non_max_suppression(boxes, [0.6, 0.9, 0.5], 3).numpy().tolist()
    [1, 2]
    """
    inputs = (boxes, scores, max_output_size, iou_threshold, score_threshold)
    with scope(name, "non_max_suppression", *inputs):
        return apply(NonMaxSuppressionV3(), *inputs)


# ---- drawn

_COLOURS = np.array(
    [
        [1, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1], [0.5, 0, 0.5, 1], [0.5, 0.5, 0, 1], [0.5, 0, 0, 1],
        [0, 0, 0.5, 1], [0, 1, 1, 1], [1, 0, 1, 1],
    ]
)


@register
class DrawBoundingBoxes(Op):
    """The images with the edges of their boxes in ten colours by turns; on grey images they are white."""

    types = ("T", "B")
    kinds = "f"
    gradient = None
    host = (1,)

    def shape(self, images: Shape, boxes: Shape) -> Shape:
        if images.rank not in (4, None) or boxes.rank not in (3, None):
            raise ShapeError(f"draw_bounding_boxes: images {images}, boxes {boxes}", rule="(batch, h, w, c), (batch, n, 4)")
        return images

    def forward(self, xp: ArrayModule, images: Array, boxes: Array) -> Any:
        drawn = xp.array(images)
        _, height, width, channels = images.shape
        for image, own in zip(drawn, to_cpu(boxes), strict=True):
            for i, (top, left, bottom, right) in enumerate(own.tolist()):
                colour = xp.asarray(_COLOURS[i % len(_COLOURS)][:channels], images.dtype)
                if channels == 1:
                    colour = xp.ones_like(colour)
                edges = [int(v * (n - 1)) for v, n in ((top, height), (left, width), (bottom, height), (right, width))]
                _draw(image, edges, colour)
        return drawn


def _draw(image: Array, edges: Sequence[int], colour: Array) -> None:
    """The four edges of a box into an image, as far as they lie in it."""
    height, width, _ = image.shape
    top, left, bottom, right = edges
    rows, columns = slice(max(top, 0), min(bottom, height - 1) + 1), slice(max(left, 0), min(right, width - 1) + 1)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    for row in (top, bottom):
        if 0 <= row < height:
            image[row, columns] = colour
    for column in (left, right):
        if 0 <= column < width:
            image[rows, column] = colour


def draw_bounding_boxes(images: TensorLike, boxes: TensorLike, name: str | None = None) -> Any:
    """The images with the edges of boxes drawn into them.

    images: floats (batch, h, w, channels); boxes: float32 (batch, n, 4); result: as the images. ShapeError: other axes.
    """
    return apply(DrawBoundingBoxes(), images, boxes, name=name)
