"""Windows that slide over arrays: the one place that knows TensorFlow's padding, and the views of what they cover.

Arrays are (batch, space axes..., channels). Along one axis of length n, window p covers the positions
s p + d k - before for k = 0 ... kernel - 1, where s is the stride and d the dilation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from deepkit.errors import ShapeError

Padding = str | tuple[tuple[int, int], ...]
"""SAME, VALID, or (before, after) for each space axis."""
Ints = tuple[int, ...]


def span(kernel: int, dilation: int) -> int:
    """How many positions a window stretches over: its taps and the gaps between them."""
    return (kernel - 1) * dilation + 1


def amounts(length: int, kernel: int, stride: int, dilation: int, padding: str | tuple[int, int]) -> tuple[int, int]:
    """How many zeros go before and after an axis. SAME with an odd number puts the extra zero after it."""
    if padding == "SAME":
        total = max((-(-length // stride) - 1) * stride + span(kernel, dilation) - length, 0)
        return total // 2, total - total // 2
    return (0, 0) if isinstance(padding, str) else padding


def count(length: int | None, kernel: int, stride: int, dilation: int, padding: str | tuple[int, int]) -> int | None:
    """How many windows fit on an axis: ceil(n / s) for SAME, ceil((n - span + 1) / s) for VALID; None if n is unknown.

    >>> count(28, 5, 2, 1, "SAME"), count(28, 5, 2, 1, "VALID")
    (14, 12)
    """
    if length is None:
        return None
    if padding == "SAME":
        return -(-length // stride)
    before, after = amounts(length, kernel, stride, dilation, padding)
    padded, wide = length + before + after, span(kernel, dilation)
    if padded < wide:
        raise ShapeError(
            f"a window that spans {wide} does not fit on an axis of length {padded}",
            rule="without padding a window lies inside the axis: length >= (kernel - 1) * dilation + 1",
            hint="padding='SAME', a smaller kernel, or fewer layers that shrink the image before this one",
        )
    return (padded - wide) // stride + 1


def enlarged(length: Any, kernel: int, stride: int, dilation: int, padding: str, more: int | None = None) -> Any:
    """How long a transposed convolution makes an axis, of all the lengths n with count(n) == length.

    Without `more` it is length * s for SAME and so much for VALID that every tap of every window fits. With it, it is the
    smallest one for zeros of half the span (SAME) or none (VALID) at either end, plus `more`.

    >>> enlarged(7, 3, 2, 1, "SAME"), enlarged(7, 3, 2, 1, "VALID"), enlarged(7, 3, 2, 1, "SAME", 0)
    (14, 15, 13)
    """
    wide = span(kernel, dilation)
    if more is None:
        return length * stride + (max(wide - stride, 0) if padding == "VALID" else 0)
    return (length - 1) * stride + wide - 2 * (wide // 2 if padding == "SAME" else 0) + more


class Windows(NamedTuple):
    """How windows lie over the space axes; each field has one entry for each of them."""

    kernel: Ints
    strides: Ints
    dilations: Ints
    before: Ints
    after: Ints
    out: Ints


def fit(space: Ints, kernel: Ints, strides: Ints, dilations: Ints, padding: Padding) -> Windows:
    """The windows over axes of the lengths `space`."""
    pads, out = [], []
    for axis, (n, k, s, d) in enumerate(zip(space, kernel, strides, dilations, strict=True)):
        own = padding if isinstance(padding, str) else padding[axis]
        pads.append(amounts(n, k, s, d, own))
        out.append(count(n, k, s, d, own) or 0)
    before, after = zip(*pads, strict=True)
    return Windows(kernel, strides, dilations, before, after, tuple(out))


def pad(xp: Any, x: Any, before: Sequence[int], after: Sequence[int], value: Any = 0) -> Any:
    """x with `value` around its space axes (itself if there is nothing to add)."""
    if not any(before) and not any(after):
        return x
    space = [b + n + a for b, n, a in zip(before, x.shape[1:-1], after, strict=True)]
    padded = xp.full((x.shape[0], *space, x.shape[-1]), value, dtype=x.dtype)
    padded[inside(x.shape[1:-1], before)] = x
    return padded


def padded_shape(shape: Sequence[int], windows: Windows) -> Ints:
    """The shape of an array (batch, space..., channels) with what the windows see around it."""
    space = [b + n + a for b, n, a in zip(windows.before, shape[1:-1], windows.after, strict=True)]
    return (shape[0], *space, shape[-1])


def inside(space: Sequence[int], before: Sequence[int]) -> tuple[slice, ...]:
    """The index of the part of a padded array that is not padding."""
    return (slice(None), *[slice(b, b + n) for b, n in zip(before, space, strict=True)])


def slide(xp: Any, padded: Any, kernel: Ints, strides: Ints, dilations: Ints, out: Ints) -> Any:
    """A view (batch, out..., kernel..., channels) of a padded array: no number is copied."""
    steps = padded.strides
    return xp.lib.stride_tricks.as_strided(
        padded,
        shape=(padded.shape[0], *out, *kernel, padded.shape[-1]),
        strides=(
            steps[0],
            *[s * step for s, step in zip(strides, steps[1:-1], strict=True)],
            *[d * step for d, step in zip(dilations, steps[1:-1], strict=True)],
            steps[-1],
        ),
    )


def taps(windows: Windows) -> Iterator[tuple[slice, ...]]:
    """For each place in the window, first axis slowest, the index of what stands there under all windows at once."""
    for place in itertools.product(*[range(k) for k in windows.kernel]):
        yield (
            slice(None),
            *[
                slice(d * k, d * k + s * (out - 1) + 1, s) if out else slice(0, 0)
                for k, s, d, out in zip(place, windows.strides, windows.dilations, windows.out, strict=True)
            ],
        )


def planar(x: Any, windows: Windows) -> tuple[Any, Windows]:
    """An array with one or two space axes, and its windows, as one with two: a line is an image of height 1."""
    return (x if len(windows.kernel) == 2 else x.reshape(x.shape[0], 1, *x.shape[1:])), planar_windows(windows)


def planar_windows(windows: Windows) -> Windows:
    """Windows over one or two axes as windows over two."""
    if len(windows.kernel) == 2:
        return windows
    fill = Windows((1,), (1,), (1,), (0,), (0,), (1,))
    return Windows(*[a + b for a, b in zip(fill, windows, strict=True)])
