"""A part of an image chosen at random that holds enough of the objects in it: `sample_distorted_bounding_box`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import Array, ArrayModule, IntsLike, TensorLike
from deepkit.device.dtypes import DType, as_dtype
from deepkit.device.philox import Stream
from deepkit.errors import ArgumentError


@register
class SampleDistortedBoundingBoxV2(Op):
    """A random part of an image that covers enough of one of its boxes: where it begins, its size, and itself as a box."""

    seed: int | None = None
    aspects: tuple[float, float] = (0.75, 1.33)
    areas: tuple[float, float] = (0.05, 1.0)
    attempts: int = 100
    whole: bool = False
    random = True
    cpu_only = True
    types = ("index", "B", "B")
    gradient = None

    def shape(self, *_: Shape) -> Any:
        return Shape((3,)), Shape((3,)), Shape((1, 1, 4))

    def dtype(self, size: DType, *_: DType) -> Any:
        return size, size, as_dtype("float32")

    def forward(self, xp: ArrayModule, stream: Stream, size: Array, boxes: Array, covered: Array) -> Any:
        height, width = (int(n) for n in size[:2])
        objects = [[int(v) for v in box * np.asarray([height, width, height, width], np.float32)] for box in boxes.reshape(-1, 4)]
        if not objects:
            if not self.whole:
                raise ArgumentError(
                    "sample_distorted_bounding_box: no boxes", hint="use_image_if_no_bounding_boxes=True takes the image"
                )
            objects = [[0, 0, height, width]]
        draws, chosen = _Draws(stream, self.attempts), [0, 0, height, width]
        for _ in range(self.attempts):
            low, high = (np.float32(a) for a in self.aspects)
            tried = self._part(draws, height, width, np.float32(draws.uniform() * (high - low) + low))
            if tried is not None and _covers(tried, objects, float(covered)):
                chosen = tried
                break
        top, left, bottom, right = chosen
        share = np.asarray([top / height, left / width, bottom / height, right / width], np.float32).reshape(1, 1, 4)
        kind = size.dtype
        return np.array([top, left, 0], kind), np.array([bottom - top, right - left, -1], kind), share

    def _part(self, draws: _Draws, height: int, width: int, aspect: np.float32) -> list[int] | None:
        """A part of that proportion (width / height) with an allowed area, at a random place; None where there is none."""
        least, most = (np.float32(a) * np.float32(width) * np.float32(height) for a in self.areas)
        h, highest = _rounded(np.sqrt(least / aspect)), _rounded(np.sqrt(most / aspect))
        if _wide(highest, aspect) > width:
            highest = int((width + 0.5 - 1e-7) / aspect)
            highest -= _wide(highest, aspect) > width
        highest = min(highest, height)
        h = min(h, highest)
        if h < highest:
            h += draws.below(highest - h + 1)
        h += int(_wide(h, aspect) * h < least)  # rounding alone shall not fail
        h -= int(_wide(h, aspect) * h > most)
        w = _wide(h, aspect)
        return self._placed(draws, (height, width), (h, w)) if least <= w * h <= most else None

    @staticmethod
    def _placed(draws: _Draws, size: tuple[int, int], part: tuple[int, int]) -> list[int] | None:
        """A part of that size at a random place of an image; None if it does not fit."""
        if not all(0 < n <= whole for n, whole in zip(part, size, strict=True)):
            return None
        top, left = (draws.below(whole - n) if n < whole else 0 for n, whole in zip(part, size, strict=True))
        return [top, left, top + part[0], left + part[1]]


def _wide(height: int, aspect: np.float32) -> int:
    """The width that goes with a height."""
    return _rounded(np.float32(height) * aspect)


def _rounded(x: np.floating[Any]) -> int:
    return int(np.rint(x))


def _covers(part: Sequence[int], objects: Sequence[Sequence[int]], share: float) -> bool:
    """Whether the part holds so much of one of the boxes."""
    for box in objects:
        area = (box[2] - box[0]) * (box[3] - box[1])
        if area < 1 or box[2] <= box[0]:
            continue
        sides = [min(part[k + 2], box[k + 2]) - max(part[k], box[k]) for k in (0, 1)]
        if (math.prod(sides) if min(sides) > 0 else 0) / area >= np.float32(share):
            return True
    return False


class _Draws:
    """Words of a stream, one by one, as many as the attempts may need."""

    def __init__(self, stream: Stream, attempts: int):
        self._words = iter(stream.words(stream.take(attempts), 4 * attempts).tolist())

    def uniform(self) -> np.float32:
        """A number in [0, 1)."""
        word = np.array([next(self._words)], np.uint32)
        return ((word & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)).view(np.float32)[0] - np.float32(1)

    def below(self, n: int) -> int:
        """A whole number in [0, n), each equally likely."""
        if n & (n - 1) == 0:
            return next(self._words) & (n - 1)
        rest = (2**32 - 1) % n + 1
        word = next(self._words)
        while word < rest:
            word = next(self._words)
        return word % n


def sample_distorted_bounding_box(
    image_size: IntsLike, bounding_boxes: TensorLike, seed: int | None = None, seed2: int | None = None,
    min_object_covered: TensorLike = 0.1, aspect_ratio_range: Sequence[float] | None = None,
    area_range: Sequence[float] | None = None, max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None, name: str | None = None,
) -> Any:
    """(begin, size, box): a random part of an image of image_size = [height, width, channels].

    It holds the share min_object_covered of one of the boxes (1, n, 4), has a proportion (width / height) and a share of the
    area in the given ranges; where max_attempts find none, it is the whole image. begin and size (3,) are for tf.slice, the
    box (1, 1, 4) for draw_bounding_boxes. ArgumentError: no boxes, unless use_image_if_no_bounding_boxes.
    """
    aspects, areas = aspect_ratio_range or (0.75, 1.33), area_range or (0.05, 1.0)
    op = SampleDistortedBoundingBoxV2(
        seed=max(seed or 0, seed2 or 0), aspects=tuple(map(float, aspects)), areas=tuple(map(float, areas)),
        attempts=int(max_attempts or 100), whole=bool(use_image_if_no_bounding_boxes),
    )
    inputs = (image_size, bounding_boxes, min_object_covered)
    with scope(name, "sample_distorted_bounding_box", *inputs):
        found = tuple(apply(op, *inputs))
    seeds = (seed or 0, seed2 or 0)
    if hasattr(found[0], "node"):  # the graph's seed counts for nothing here, and without seeds each run differs
        found[0].node.seeds = seeds if any(seeds) else None
    return found
