"""The counter-based random generator Philox-4x32-10 and the number distributions TensorFlow builds on it.

Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A stream has a 64-bit
key (the graph's seed) and a 128-bit counter whose upper half is the op's seed; block i of the stream
is the encryption of counter + i and holds four 32-bit words. Nothing is sequential, so whole arrays are
made at once, and the same seeds give the same digits on every device.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.device import compiled, cuda

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)  # golden ratio and sqrt(3) - 1: what each round adds to the key
RESERVED = 256  # blocks kept back per output, so that rejection never runs into the next draw
_MASK = 0xFFFFFFFF
_turn = threading.Lock()


def blocks_reference(key: int, high: int, start: np.ndarray) -> np.ndarray:
    """Blocks at the counters `high * 2**64 + start`, shape start.shape + (4,), uint32."""
    low, mask = start.astype(np.uint64), np.uint64(_MASK)
    shift = np.uint64(32)
    c0, c1 = low & mask, low >> shift
    c2 = np.full_like(c0, high & _MASK)
    c3 = np.full_like(c0, (high >> 32) & _MASK)
    k0, k1 = key & _MASK, (key >> 32) & _MASK
    for _ in range(ROUNDS):
        p0, p1 = c0 * np.uint64(MULTIPLIERS[0]), c2 * np.uint64(MULTIPLIERS[1])
        c0, c1, c2, c3 = (
            (p1 >> shift) ^ c1 ^ np.uint64(k0),
            p1 & mask,
            (p0 >> shift) ^ c3 ^ np.uint64(k1),
            p0 & mask,
        )
        k0, k1 = (k0 + WEYL[0]) & _MASK, (k1 + WEYL[1]) & _MASK
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


def _blocks_compiled(key, high, start, out):  # compiled by numba
    for i in range(start.size):
        low = start[i]
        c0, c1 = np.uint32(low), np.uint32(low >> np.uint64(32))
        c2, c3 = np.uint32(high), np.uint32(high >> np.uint64(32))
        k0, k1 = np.uint32(key), np.uint32(key >> np.uint64(32))
        for _ in range(10):
            p0 = np.uint64(0xD2511F53) * np.uint64(c0)
            p1 = np.uint64(0xCD9E8D57) * np.uint64(c2)
            c0, c1, c2, c3 = (
                np.uint32(p1 >> np.uint64(32)) ^ c1 ^ k0,
                np.uint32(p1),
                np.uint32(p0 >> np.uint64(32)) ^ c3 ^ k1,
                np.uint32(p0),
            )
            k0, k1 = np.uint32(k0 + np.uint32(0x9E3779B9)), np.uint32(k1 + np.uint32(0xBB67AE85))
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = c0, c1, c2, c3


def blocks(key: int, high: int, start: np.ndarray) -> np.ndarray:
    """As `blocks_reference`, by the compiled kernel where numba is installed; the bits are the same."""
    kernel = compiled.kernel(_blocks_compiled)
    if kernel is None:
        return blocks_reference(key, high, start)
    flat = np.ascontiguousarray(start, dtype=np.uint64).reshape(-1)
    out = np.empty((flat.size, 4), np.uint32)
    kernel(np.uint64(key), np.uint64(high), flat, out)
    return out.reshape(*start.shape, 4)


class Stream:
    """One op's stream of random numbers; every draw starts where the one before stopped.

    `seed` is the graph's seed (the key), `seed2` the op's (upper half of the counter), both 64 bits.
    """

    def __init__(self, seed: int, seed2: int):
        self.key, self.high, self.position = seed & (2**64 - 1), seed2 & (2**64 - 1), 0

    def _reserve(self, count: int) -> int:
        with _turn:  # two threads never draw the same numbers
            start = self.position
            self.position = (start + count) & (2**64 - 1)
        return start

    def take(self, blocks: int) -> int:
        """The first of so many blocks; from now on they are used up."""
        return self._reserve(blocks)

    def doubles(self, start: int, count: int) -> np.ndarray:
        """`count` uniform numbers in [0, 1) of 64 bits, from block `start` on."""
        return _uniforms(self.words(start, 2 * count))

    def words(self, start: int, count: int) -> np.ndarray:
        """`count` 32-bit words from block `start` on."""
        index = np.arange(-(-count // 4), dtype=np.uint64) + np.uint64(start)
        return blocks(self.key, self.high, index).reshape(-1)[:count]

    def _output(self, shape: tuple[int, ...], words_each: int) -> np.ndarray:
        size = int(np.prod(shape, dtype=np.int64))
        return self.words(self._reserve(size * RESERVED), size * words_each)

    def place(self, size: int) -> tuple[int, int, int]:
        """Where a draw of so many outputs stands: key, upper half of the counter, first block; they are used up."""
        return self.key, self.high, self._reserve(size * RESERVED)

    def uniform(self, shape: tuple[int, ...], dtype: np.dtype, xp: Any = np) -> Any:
        """Uniform on [0, 1): the mantissa is filled with random bits under the exponent of 1, then 1 is taken away.

        xp: where the numbers should be; on a GPU that makes them itself they have the same digits.
        """
        dtype = np.dtype(dtype)
        if xp is not np:
            return self._made(xp, "uniform", shape, dtype)
        words = self._output(shape, 2 if dtype == np.float64 else 1)
        return _unit_interval(words, dtype).reshape(shape)

    def integers(self, shape: tuple[int, ...], low: int, high: int, dtype: np.dtype) -> np.ndarray:
        """Integers low <= n < high, as low + word mod (high - low) (a slight bias for huge ranges, as in TensorFlow)."""
        dtype = np.dtype(dtype)
        if dtype.itemsize == 8:
            pairs = self._output(shape, 2).astype(np.uint64).reshape(-1, 2)
            words = pairs[:, 0] | (pairs[:, 1] << np.uint64(32))
        else:
            words = self._output(shape, 1)
        span = words.dtype.type(high - low)
        return (np.array(low, dtype) + (words % span).astype(dtype)).reshape(shape)

    def _made(self, xp: Any, kind: str, shape: tuple[int, ...], dtype: np.dtype) -> Any:
        """Numbers of this kind on a GPU: made there, or for types without a kernel brought over."""
        if cuda.philox.fits(xp, dtype, shape):
            return getattr(cuda.philox, kind)(xp, self.place(math.prod(shape)), shape, dtype)
        return xp.asarray(getattr(self, kind)(shape, dtype))

    def normal(self, shape: tuple[int, ...], dtype: np.dtype, xp: Any = np) -> Any:
        """Standard normal numbers by the Box-Muller transform on pairs; xp: where they should be."""
        dtype = np.dtype(dtype)
        if xp is not np:
            return self._made(xp, "normal", shape, dtype)
        words_each = 2 if dtype == np.float64 else 1
        size = int(np.prod(shape, dtype=np.int64))
        even = size + size % 2
        start = self._reserve(size * RESERVED)
        return _box_muller(self.words(start, even * words_each), dtype)[:size].reshape(shape)

    def truncated_normal(self, shape: tuple[int, ...], dtype: np.dtype, xp: Any = np) -> Any:
        """Standard normal numbers of absolute value below 2, by rejection; xp: where they should be.

        Outputs come in groups (four, or two for float64); group g reads its own region of 256 blocks
        per four outputs, so that all groups are filled independently.
        """
        dtype = np.dtype(dtype)
        if xp is not np:
            return self._made(xp, "truncated_normal", shape, dtype)
        group = 2 if dtype == np.float64 else 4
        stride = group * RESERVED // 4
        size = int(np.prod(shape, dtype=np.int64))
        groups = -(-size // group)
        result = np.empty((groups, group), dtype)
        base = self._reserve(size * RESERVED)
        todo, depth = np.arange(groups), 4
        while todo.size:
            first = todo.astype(np.uint64) * np.uint64(stride) + np.uint64(base)
            words = blocks(self.key, self.high, first[:, None] + np.arange(depth, dtype=np.uint64))
            draws = _box_muller(words.reshape(-1), dtype).reshape(todo.size, -1)
            inside = np.abs(draws) < 2
            enough = inside.sum(axis=1) >= group
            chosen = np.argsort(~inside[enough], axis=1, kind="stable")[:, :group]  # the first `group` that fit
            result[todo[enough]] = np.take_along_axis(draws[enough], chosen, axis=1)
            todo, depth = todo[~enough], depth * 4
        return result.reshape(-1)[:size].reshape(shape)

    def gamma(self, count: int, alphas: np.ndarray) -> np.ndarray:
        """`count` gamma numbers for each of the shape parameters `alphas`: float64, shape (count, len(alphas)).

        Source: G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", TOMS 26 (2000): d v^3 with
        v = 1 + x / sqrt(9 d) of a normal x is a gamma number, where a uniform u accepts it. Below alpha = 1 the number
        is drawn for alpha + 1 and multiplied by u^(1 / alpha); at alpha = 1 it is -log(1 - u). Each output has its own
        region of 256 blocks, from which it takes normal and uniform numbers in pairs, as it needs them.
        """
        size = count * alphas.size
        base = self._reserve(size * RESERVED)
        position = np.arange(size, dtype=np.uint64) * np.uint64(RESERVED) + np.uint64(base)
        alpha = np.repeat(alphas.reshape(-1).astype(np.float64), count)
        normals, uniforms = _Pairs(self, position, _normals), _Pairs(self, position, _uniforms)
        result = np.empty(size)
        at_one = np.flatnonzero(alpha == 1)
        result[at_one] = -np.log1p(-uniforms.next(at_one))
        shift = np.where(alpha < 1, 1.0, 0.0)
        d = alpha + shift - 1 / 3
        todo = np.flatnonzero(alpha != 1)
        while todo.size:
            x = normals.next(todo)
            v = (1 + x / np.sqrt(9 * d[todo])) ** 3
            tried = v > 0
            chosen, x, v = todo[tried], x[tried], v[tried]
            u = uniforms.next(chosen)
            good = (u < 1 - 0.0331 * x**4) | (np.log(u) < 0.5 * x * x + d[chosen] * (1 - v + np.log(v)))
            done = chosen[good]
            result[done] = d[done] * v[good]
            todo = np.setdiff1d(todo, done, assume_unique=True)
        small = np.flatnonzero(shift)
        result[small] *= uniforms.next(small) ** (1 / alpha[small])
        return result.reshape(alphas.size, count).T

    def poisson(self, count: int, rates: np.ndarray) -> np.ndarray:
        """`count` Poisson numbers for each of the `rates`: float64, shape (count, len(rates)).

        Below a rate of 10 uniform numbers are multiplied until they fall below exp(-rate) (D. Knuth, The Art of Computer
        Programming, vol. 2); above by transformed rejection, PTRS of W. Hormann, "The transformed rejection method for
        generating Poisson random variables", 1993. Each output has its own region of 256 blocks.
        """
        size = count * rates.size
        base = self._reserve(size * RESERVED)
        position = np.arange(size, dtype=np.uint64) * np.uint64(RESERVED) + np.uint64(base)
        rate = np.repeat(rates.reshape(-1).astype(np.float64), count)
        uniforms, result = _Pairs(self, position, _uniforms), np.full(size, np.nan)
        small, large = np.flatnonzero((rate >= 0) & (rate < 10)), np.flatnonzero(rate >= 10)
        result[small], product = 0, np.ones(size)
        while small.size:
            product[small] *= uniforms.next(small)
            small = small[product[small] > np.exp(-rate[small])]
            result[small] += 1
        while large.size:
            k, accepted = _transformed_rejection(rate[large], uniforms.next(large) - 0.5, uniforms.next(large))
            result[large[accepted]] = k[accepted]
            large = large[~accepted]
        return result.reshape(rates.size, count).T

    def permutation(self, count: int) -> np.ndarray:
        """A random order of range(count) by Fisher and Yates' shuffle."""
        swaps = max(count - 1, 0)
        words = self.words(self._reserve(-(-swaps // 4)), swaps).tolist()
        order = list(range(count))
        for i, word in enumerate(words):
            j = i + word % (count - i)
            order[i], order[j] = order[j], order[i]
        return np.array(order, dtype=np.int64)


class _Pairs:
    """Numbers that come in pairs, one pair a block, for many outputs side by side; of each pair the second comes first.

    `position` holds each output's next block; several _Pairs that share it take turns.
    """

    def __init__(self, stream: Stream, position: np.ndarray, draw: Callable[[np.ndarray], np.ndarray]):
        self.stream, self.position, self.draw = stream, position, draw
        self.left = np.zeros(len(position), np.int64)
        self.pairs = np.empty((len(position), 2))

    def next(self, which: np.ndarray) -> np.ndarray:
        """One more number for each of the outputs `which`."""
        empty = which[self.left[which] == 0]
        words = blocks(self.stream.key, self.stream.high, self.position[empty])
        self.pairs[empty] = self.draw(words.reshape(-1)).reshape(-1, 2)
        self.position[empty] += np.uint64(1)
        self.left[empty] = 2
        self.left[which] -= 1
        return self.pairs[which, self.left[which]]


def _normals(words: np.ndarray) -> np.ndarray:
    return _box_muller(words, np.dtype(np.float64))


def _uniforms(words: np.ndarray) -> np.ndarray:
    return _unit_interval(words, np.dtype(np.float64))


def _unit_interval(words: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype == np.float32:
        return ((words & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)
    if dtype == np.float64:
        pairs = words.reshape(-1, 2).astype(np.uint64)
        bits = ((pairs[:, 0] & np.uint64(0xFFFFF)) << np.uint64(32)) | pairs[:, 1] | np.uint64(0x3FF << 52)
        return bits.view(np.float64) - 1.0
    bits16 = (words.astype(np.uint16) & np.uint16(0x3FF)) | np.uint16(0x3C00)
    return bits16.view(np.float16) - np.float16(1)


def _box_muller(words: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """(u, v) -> sqrt(-2 ln u) (sin 2 pi v, cos 2 pi v); half precision is computed in single."""
    work = np.float64 if dtype == np.float64 else np.float32
    unit = _unit_interval(words, np.dtype(work)).reshape(-1, 2)
    radius = np.sqrt(work(-2) * np.log(np.maximum(unit[:, 0], work(1e-7))))
    angle = work(2 * np.pi) * unit[:, 1]
    return np.stack([np.sin(angle) * radius, np.cos(angle) * radius], axis=1).reshape(-1).astype(dtype)


def _transformed_rejection(rate: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Proposed Poisson numbers, and which of them are accepted: PTRS, with Hormann's constants."""
    b = 0.931 + 2.53 * np.sqrt(rate)
    a = -0.059 + 0.02483 * b
    shifted = 0.5 - np.abs(u)
    with np.errstate(divide="ignore", invalid="ignore"):
        k = np.floor((2 * a / shifted + b) * u + rate + 0.43)
        at_once = (shifted >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2))
        never = (k < 0) | ((shifted < 0.013) & (v > shifted)) | ~np.isfinite(k)
        log_factorial = np.array([math.lgamma(n + 1) for n in np.where(never, 0, k).tolist()])
        below = np.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (shifted * shifted) + b))
        density = -rate + k * np.log(rate) - log_factorial
    return k, at_once | (~never & (below <= density))
