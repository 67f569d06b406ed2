"""Signals in time and frequency: windows, frames, short-time Fourier and cosine transforms, the mel scale."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.core.apply import convert, is_tensor, scope
from deepkit.core.shape import normalize_axis
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, AxisLike, DTypeLike, IntLike, NumberLike, TensorLike
from deepkit.device.dtypes import as_dtype, float32
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.ops.functions import ops

__all__ = [
    "dct", "fftshift", "frame", "hamming_window", "hann_window", "idct", "ifftshift", "inverse_stft",
    "inverse_stft_window_fn", "linear_to_mel_weight_matrix", "mfccs_from_log_mel_spectrograms", "overlap_and_add", "stft",
]

Window = Callable[..., Any]


# ---- windows


def _raised_cosine(
    default: str, a: float, length: TensorLike, periodic: bool, dtype: DTypeLike, name: str | None
) -> AnyTensor:
    """a - (1 - a) cos(2 pi k / n) for k = 0 .. length - 1."""
    known = static_value(length) if is_tensor(length) else np.asarray(length)
    if known is not None and known < 0:
        raise ArgumentError(f"{default}: window_length={known}", rule="a whole number, not negative")
    with scope(name, default, length) as full:
        count = ops.cast(convert(length), "int32")
        even = 1 - count % 2
        last = ops.cast(count + (even if periodic else ops.zeros_like(even)) - 1, dtype)
        turns = 2 * math.pi * ops.cast(ops.range(count), dtype) / ops.maximum(last, ops.ones_like(last))
        alone = ops.cast(ops.equal(count, 1), dtype)  # a window of one entry is 1
        return ops.maximum(a - (1 - a) * ops.cos(turns), alone, name=full)


def hann_window(
    window_length: TensorLike, periodic: bool = True, dtype: DTypeLike = float32, name: str | None = None
) -> AnyTensor:
    """The Hann window 1/2 - 1/2 cos(2 pi k / n): (window_length,), n the length if periodic and even, else one less.

    window_length: (), integer. ArgumentError: a negative one.
    Source: R. Blackman and J. Tukey, The Measurement of Power Spectra, 1958.
    """
    return _raised_cosine("hann_window", 0.5, window_length, periodic, dtype, name)


def hamming_window(
    window_length: TensorLike, periodic: bool = True, dtype: DTypeLike = float32, name: str | None = None
) -> AnyTensor:
    """The Hamming window 0.54 - 0.46 cos(2 pi k / n): (window_length,), n as for the Hann window.

    window_length: (), integer. ArgumentError: a negative one.
    Source: R. Blackman and J. Tukey, The Measurement of Power Spectra, 1958.
    """
    return _raised_cosine("hamming_window", 0.54, window_length, periodic, dtype, name)


def inverse_stft_window_fn(
    frame_step: int, forward_window_fn: Window = hann_window, name: str | None = None
) -> Window:
    """The window with which inverse_stft undoes an stft by forward_window_fn: w / (sum of w^2 over overlapping frames).

    forward_window_fn and the window: length -> (length,). ArgumentError: a step that is not positive. Source: D. Griffin
    and J. Lim, IEEE TASSP 32 (1984).
    """
    _check_step(frame_step)

    def window(frame_length: int, dtype: DTypeLike = float32) -> AnyTensor:
        with scope(name, "inverse_stft_window_fn", frame_length):
            length, step = int(frame_length), int(frame_step)
            forward: AnyTensor = forward_window_fn(frame_length, dtype=dtype)
            overlaps = -(-length // step)
            squares = ops.pad(ops.square(forward), [[0, overlaps * step - length]])
            sums = ops.reduce_sum(ops.reshape(squares, [overlaps, step]), 0, True)
            return forward / ops.reshape(ops.tile(sums, [overlaps, 1]), [-1])[:length]

    return window


# ---- frames


def _check_step(frame_step: IntLike) -> None:
    known = static_value(frame_step) if is_tensor(frame_step) else np.asarray(frame_step)
    if known is not None and known < 1:
        raise ArgumentError(f"frame_step={known}", rule="at least 1: where the next piece begins")


def _length(x: AnyTensor, axis: int) -> Any:
    known = None if x.shape.rank is None else x.shape.as_list()[axis]
    return ops.shape(x)[axis] if known is None else known


def _pads(x: AnyTensor, axis: int, beyond: IntLike) -> Any:
    """How much is to be added around each axis, if it is `beyond` at the end of one."""
    if x.shape.rank is None:
        rank = ops.rank(x)
        return ops.expand_dims(ops.one_hot(ops.floormod(axis, rank), rank, dtype="int32"), 1) * [[0, beyond]]
    pads: list[Any] = [[0, 0] for _ in range(x.shape.rank)]
    pads[axis] = [0, beyond if static_value(beyond) is None else int(static_value(beyond))]
    return pads


def frame(
    signal: TensorLike, frame_length: IntLike, frame_step: IntLike, pad_end: bool = False, pad_value: NumberLike = 0,
    axis: int = -1, name: str | None = None,
) -> AnyTensor:
    """Overlapping pieces along `axis`: (..., n, ...) -> (..., pieces, frame_length, ...).

    Any type. Every frame_step entries a piece begins; pad_end lets the last ones reach beyond the end, into pad_value.
    ArgumentError: a step that is not positive. ShapeError: no such axis.

    >>> import deepkit as dk
    >>> dk.frame([1, 2, 3, 4, 5], 3, 2).numpy().tolist()
    [[1, 2, 3], [3, 4, 5]]
    """
    _check_step(frame_step)
    with scope(name, "frame", signal, frame_length, frame_step, pad_value):
        x = convert(signal)
        at = axis if x.shape.rank is None else normalize_axis(axis, x.shape.rank)
        length, step = (static_value(n) if static_value(n) is not None else n for n in (frame_length, frame_step))
        count = _length(x, at)
        if pad_end:
            pieces = -(-count // step)
            beyond = ops.maximum(0, length + step * (pieces - 1) - count)
            x = ops.pad(x, _pads(x, at, beyond), constant_values=pad_value)
        else:
            pieces = (count - length) // step + 1
            pieces = max(0, pieces) if isinstance(pieces, int) else ops.maximum(0, pieces)
        places = ops.expand_dims(ops.range(pieces) * step, 1) + ops.expand_dims(ops.range(length), 0)
        return ops.gather(x, places, axis=at)


def overlap_and_add(signal: TensorLike, frame_step: IntLike, name: str | None = None) -> AnyTensor:
    """Pieces laid over each other, every one frame_step entries after the last, and added up: frame's adjoint.

    signal: (..., pieces, length), a number type; result: (..., (pieces - 1) frame_step + length). ShapeError: one axis.
    """
    with scope(name, "overlap_and_add", signal):
        x = convert(signal)
        if x.shape.rank is not None and x.shape.rank < 2:
            raise ShapeError(f"overlap_and_add of shape {x.shape}", rule="(..., pieces, length)")
        if x.shape.rank is None:
            shape = ops.shape(x)
            flat = ops.reshape(x, ops.concat([ops.expand_dims(ops.reduce_prod(shape[:-2]), 0), shape[-2:]], 0))
            flat.set_shape([None, None, None])
            sums = overlap_and_add(flat, frame_step)
            return ops.reshape(sums, ops.concat([shape[:-2], ops.shape(sums)[1:]], 0))
        pieces, length = _length(x, -2), _length(x, -1)
        total = (pieces - 1) * frame_step + length
        places = ops.expand_dims(ops.range(pieces) * frame_step, 1) + ops.expand_dims(ops.range(length), 0)
        rank = len(x.shape)
        first = ops.transpose(x, [rank - 2, rank - 1, *range(rank - 2)])  # the segments come first
        rows = ops.reshape(first, ops.concat([[-1], ops.shape(first)[2:]], 0))
        sums = ops.unsorted_segment_sum(rows, ops.reshape(places, [-1]), total)
        return ops.transpose(sums, [*range(1, rank - 1), 0])


# ---- short-time Fourier transforms


def _power_of_two(length: int) -> int:
    """The smallest power of two that is not below `length`."""
    return 1 << max(0, int(length) - 1).bit_length()


def stft(
    signals: TensorLike, frame_length: int, frame_step: int, fft_length: int | None = None,
    window_fn: Window | None = hann_window, pad_end: bool = False, name: str | None = None,
) -> AnyTensor:
    """The spectra of overlapping pieces of a signal: (..., n) -> (..., pieces, fft_length // 2 + 1), complex.

    signals: float; each piece is multiplied by window_fn(frame_length, dtype=). fft_length: by default the smallest power
    of two that holds a piece. ShapeError: no axis. Source: J. Allen and L. Rabiner, Proc. IEEE 65 (1977).
    """
    with scope(name, "stft", signals):
        x = convert(signals)
        pieces = frame(x, frame_length, frame_step, pad_end)
        if window_fn is not None:
            pieces = pieces * window_fn(frame_length, dtype=pieces.dtype)
        return ops.rfft(pieces, [_power_of_two(frame_length) if fft_length is None else fft_length])


def inverse_stft(
    stfts: TensorLike, frame_length: int, frame_step: int, fft_length: int | None = None,
    window_fn: Window | None = hann_window, name: str | None = None,
) -> AnyTensor:
    """The signal of overlapping spectra: (..., pieces, fft_length // 2 + 1) -> (..., (pieces - 1) frame_step + frame_length).

    With window_fn=inverse_stft_window_fn(frame_step) it undoes stft, but for the ends. ShapeError: less than two axes.
    Source: D. Griffin and J. Lim, IEEE TASSP 32 (1984).
    """
    with scope(name, "inverse_stft", stfts):
        fft_length = _power_of_two(frame_length) if fft_length is None else fft_length
        pieces = ops.irfft(convert(stfts), [fft_length])[..., :frame_length]
        beyond = int(frame_length) - int(fft_length)
        if beyond > 0:
            pieces = ops.pad(pieces, _pads(pieces, -1, beyond))
        if window_fn is not None:
            pieces = pieces * window_fn(frame_length, dtype=pieces.dtype)
        return overlap_and_add(pieces, frame_step)


def _shifted(x: TensorLike, axes: AxisLike, half: Callable[[Any], Any], default: str, name: str | None) -> AnyTensor:
    with scope(name, default, x):
        x = convert(x)
        given = np.atleast_1d(np.arange(len(x.shape)) if axes is None else np.asarray(axes))
        over = [normalize_axis(axis, len(x.shape)) for axis in given]
        return ops.roll(x, [half(_length(x, axis)) for axis in over], over)


def fftshift(x: TensorLike, axes: AxisLike = None, name: str | None = None) -> AnyTensor:
    """Frequency 0 moved from the first place to the middle, along `axes` (all by default).

    x: any shape and type; result: the same. ShapeError: no such axis.
    """
    return _shifted(x, axes, lambda n: n // 2, "fftshift", name)


def ifftshift(x: TensorLike, axes: AxisLike = None, name: str | None = None) -> AnyTensor:
    """Frequency 0 moved from the middle back to the first place, along `axes` (all by default); undoes fftshift.

    x: any shape and type; result: the same. ShapeError: no such axis.
    """
    return _shifted(x, axes, lambda n: -(n // 2), "ifftshift", name)


# ---- cosine transforms


@functools.cache
def _cosines(type: int, n: int) -> np.ndarray:
    """The matrix C of the transform y = C x of length n, by its definition. Source: K. Rao and P. Yip, 1990."""
    k, m = np.arange(n)[:, None], np.arange(n)[None, :]
    if type == 1:
        ends = np.where((m == 0) | (m == n - 1), 1.0, 2.0)
        return ends * np.cos(np.pi * k * m / max(1, n - 1))
    if type == 2:
        return 2 * np.cos(np.pi * k * (2 * m + 1) / (2 * n))
    if type == 3:
        return np.where(m == 0, 1.0, 2.0) * np.cos(np.pi * (2 * k + 1) * m / (2 * n))
    return 2 * np.cos(np.pi * (2 * k + 1) * (2 * m + 1) / (4 * n))


def _orthonormal(type: int, n: int) -> np.ndarray:
    """The same matrix, its rows and columns scaled so that it keeps lengths."""
    matrix = _cosines(type, n) / math.sqrt(2 * n)
    ends = np.where(np.arange(n) == 0, math.sqrt(0.5), 1.0)
    if type == 2:
        return ends[:, None] * matrix
    return matrix * np.where(np.arange(n) == 0, math.sqrt(2.0), 1.0) if type == 3 else matrix


def _check_cosine(x: AnyTensor, type: int, norm: str | None, axis: int) -> int:
    n = x.shape.as_list()[-1] if x.shape.rank else None
    rules = [
        (axis == -1, f"axis={axis}", "the last axis, -1"), (type in (1, 2, 3, 4), f"type={type}", "1, 2, 3 or 4"),
        (norm in (None, "ortho"), f"norm={norm!r}", "None or 'ortho'"),
        (not (type == 1 and norm), "type=1 with norm='ortho'", "type 1 has no orthonormal form"),
        (n is not None, f"shape {x.shape}", "the length of the last axis is known"),
        (not (type == 1 and n == 1), "type=1 of one number", "two numbers at least"),
    ]
    for holds, what, rule in rules:
        if not holds:
            raise ArgumentError(f"dct: {what}", rule=rule)
    if not x.dtype.is_floating:
        raise DTypeError(f"dct of {x.dtype.name}", rule="float numbers", hint="cast(x, float32)")
    return int(n or 0)


def dct(
    input: TensorLike, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> AnyTensor:
    """The discrete cosine transform of types 1 to 4 along the last axis: any shape, float; result the same.

    Type 2: y[k] = 2 sum of x[m] cos(pi k (2 m + 1) / (2 N)). norm="ortho" scales it to keep lengths. n: the signal is cut
    or filled with zeros to this length first. ArgumentError: another type, norm or axis. DTypeError: no floats. Source: K. Rao
    and P. Yip, 1990.
    """
    with scope(name, "dct", input):
        x = convert(input)
        if n is not None:
            have = _check_cosine(x, type, norm, axis)
            x = x[..., :n] if n <= have else ops.pad(x, [*[[0, 0]] * (len(x.shape) - 1), [0, n - have]])
        length = _check_cosine(x, type, norm, axis)
        matrix = _orthonormal(type, length) if norm else _cosines(type, length)
        return ops.tensordot(x, convert(matrix.T.astype(x.dtype.numpy), beside=x), 1)


def idct(
    input: TensorLike, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: str | None = None
) -> AnyTensor:
    """The inverse of dct but for a factor, as there: type 2 by type 3 and the other way round, 1 and 4 by themselves.

    Any shape, float; with norm="ortho" it is the inverse, otherwise 2 N (type 1: 2 (N - 1)) times it. ArgumentError:
    another type, norm or axis.
    """
    return dct(input, {2: 3, 3: 2}.get(type, type), n, axis, norm, name or "idct")


# ---- the mel scale


def _mel(hertz: np.ndarray | float) -> Any:
    """Source: D. O'Shaughnessy, Speech Communication, 1987: 1127 ln(1 + f / 700)."""
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20, num_spectrogram_bins: int = 129, sample_rate: NumberLike = 8000,
    lower_edge_hertz: float = 125.0, upper_edge_hertz: float = 3800.0, dtype: DTypeLike = float32, name: str | None = None,
) -> AnyTensor:
    """Triangles that gather a spectrum into bands of equal width on the mel scale: (num_spectrogram_bins, num_mel_bins).

    ArgumentError: edges outside 0 <= lower < upper <= sample_rate / 2, or no bins.
    """
    half = float(np.asarray(static_value(sample_rate) if not isinstance(sample_rate, (int, float)) else sample_rate)) / 2
    if not (num_mel_bins > 0 and 0 <= lower_edge_hertz < upper_edge_hertz <= half):
        raise ArgumentError(
            f"linear_to_mel_weight_matrix: {num_mel_bins} bins, {lower_edge_hertz} to {upper_edge_hertz} Hz",
            rule=f"at least one bin, 0 <= lower < upper <= {half:g} Hz, half of the sample rate",
        )
    bins = _mel(np.linspace(0.0, half, num_spectrogram_bins)[1:])[:, None]  # the constant part belongs to no band
    edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0.0, np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)))
    return convert(np.pad(weights, [[1, 0], [0, 0]]).astype(as_dtype(dtype).numpy), name=name)


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: TensorLike, name: str | None = None) -> AnyTensor:
    """Mel-frequency cepstral coefficients: the type-2 cosine transform of log mel bands (..., bins), by sqrt(2 bins).

    Any shape whose last length is known, float; result the same. ArgumentError: it is not known.
    Source: S. Davis and P. Mermelstein, IEEE TASSP 28 (1980).
    """
    with scope(name, "mfccs_from_log_mel_spectrograms", log_mel_spectrograms):
        x = convert(log_mel_spectrograms)
        return dct(x, 2) / math.sqrt(2.0 * _check_cosine(x, 2, None, -1))
