"""The 64-bit hash functions behind string_to_hash_bucket*: of bytes, the same numbers on every machine."""

from __future__ import annotations

_MASK = 0xFFFFFFFFFFFFFFFF
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


_State = tuple[int, int, int, tuple[int, int], tuple[int, int]]


def _word(text: bytes, at: int) -> int:
    return int.from_bytes(text[at : at + 8], "little")


def _half(text: bytes, at: int) -> int:
    return int.from_bytes(text[at : at + 4], "little")


def _right(x: int, bits: int) -> int:
    """x with its 64 bits turned to the right."""
    return (x >> bits | x << (64 - bits)) & _MASK


def _left(x: int, bits: int) -> int:
    return _right(x, 64 - bits)


def _fold(x: int, shift: int = 47) -> int:
    return x ^ x >> shift


def _mix(a: int, b: int, factor: int) -> int:
    """One 64-bit number from two."""
    c = _fold((a ^ b) * factor & _MASK)
    return _fold((b ^ c) * factor & _MASK) * factor & _MASK


def farm_fingerprint(text: bytes) -> int:
    """FarmHash's Fingerprint64.

    Source: G. Pike, FarmHash (https://github.com/google/farmhash), namespace farmhashna.
    """
    n = len(text)
    factor = _K2 + 2 * n
    if n > 64:
        return _farm_long(text)
    if n > 16:
        return _farm_middle(text, factor)
    if n >= 8:
        a, b = _word(text, 0) + _K2 & _MASK, _word(text, n - 8)
        return _mix(_right(b, 37) * factor + a & _MASK, (_right(a, 25) + b) * factor & _MASK, factor)
    if n >= 4:
        return _mix(n + 8 * _half(text, 0), _half(text, n - 4), factor)
    if n:
        y, z = text[0] + (text[n >> 1] << 8), n + 4 * text[-1]
        return _fold((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK
    return _K2


def _farm_middle(text: bytes, factor: int) -> int:
    """Of 17 to 64 bytes."""
    n = len(text)
    short = n <= 32
    a, b = _word(text, 0) * (_K1 if short else _K2) & _MASK, _word(text, 8)
    c, d = _word(text, n - 8) * factor & _MASK, _word(text, n - 16) * _K2 & _MASK
    y = _right(a + b & _MASK, 43) + _right(c, 30) + d & _MASK
    z = a + _right(b + _K2 & _MASK, 18) + c & _MASK
    if short:
        return _mix(y, z, factor)
    z = _mix(y, z, factor)
    e, f = _word(text, 16) * factor & _MASK, _word(text, 24)
    g, h = (y + _word(text, n - 32)) * factor & _MASK, (z + _word(text, n - 24)) * factor & _MASK
    return _mix(
        _right(e + f & _MASK, 43) + _right(g, 30) + h & _MASK, e + _right(f + a & _MASK, 18) + g & _MASK, factor
    )


def _farm_long(text: bytes) -> int:
    """Of more than 64 bytes: 64 at a time, and the last 64 once more."""
    x, y = 81, 81 * _K1 + 113 & _MASK
    z = _fold(y * _K2 + 113 & _MASK) * _K2 & _MASK
    v, w = (0, 0), (0, 0)
    x = x * _K2 + _word(text, 0) & _MASK
    last = len(text) - 64
    for at in range(0, (len(text) - 1) // 64 * 64, 64):
        x, y, z, v, w = _farm_step(text, at, (x, y, z, v, w), _K1, 1)
        x, z = z, x
    factor = _K1 + 2 * (z & 0xFF) & _MASK
    w0 = w[0] + (len(text) - 1 & 63) & _MASK
    v0 = v[0] + w0 & _MASK
    w0 = w0 + v0 & _MASK
    x, y, z, v, w = _farm_step(text, last, (x, y, z, (v0, v[1]), (w0, w[1])), factor, 9)
    x, z = z, x
    return _mix(_mix(v[0], w[0], factor) + _fold(y) * _K0 + z & _MASK, _mix(v[1], w[1], factor) + x & _MASK, factor)


def _farm_step(text: bytes, at: int, state: _State, factor: int, weight: int) -> _State:
    x, y, z, v, w = state
    x = _right(x + y + v[0] + _word(text, at + 8) & _MASK, 37) * factor & _MASK
    y = _right(y + v[1] + _word(text, at + 48) & _MASK, 42) * factor & _MASK
    x ^= w[1] * weight & _MASK
    y = y + v[0] * weight + _word(text, at + 40) & _MASK
    z = _right(z + w[0] & _MASK, 33) * factor & _MASK
    v = _farm_weak(text, at, v[1] * factor, x + w[0])
    w = _farm_weak(text, at + 32, z + w[1], y + _word(text, at + 16))
    return x, y, z, v, w


def _farm_weak(text: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """Two numbers from 32 bytes and two seeds."""
    first, second, third, fourth = (_word(text, at + i) for i in (0, 8, 16, 24))
    a = a + first & _MASK
    b = _right(b + a + fourth & _MASK, 21)
    total = a + second + third & _MASK
    return total + fourth & _MASK, b + _right(total, 44) + a & _MASK


def sip_hash(text: bytes, key: tuple[int, int]) -> int:
    """SipHash-2-4 under a key of two 64-bit numbers.

    Source: J.-P. Aumasson and D. Bernstein, SipHash: a fast short-input PRF, 2012.
    """
    k0, k1 = (k & _MASK for k in key)
    v0, v1 = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D
    v2, v3 = k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573
    whole = len(text) // 8 * 8
    words = [_word(text, at) for at in range(0, whole, 8)]
    words.append(int.from_bytes(text[whole:], "little") | (len(text) & 0xFF) << 56)
    for word in words:
        v0, v1, v2, v3 = _sip_rounds(2, v0, v1, v2, v3 ^ word)
        v0 ^= word
    v0, v1, v2, v3 = _sip_rounds(4, v0, v1, v2 ^ 0xFF, v3)
    return v0 ^ v1 ^ v2 ^ v3


def _sip_rounds(count: int, v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    for _ in range(count):
        v0, v2 = v0 + v1 & _MASK, v2 + v3 & _MASK
        v1, v3 = _left(v1, 13) ^ v0, _left(v3, 16) ^ v2
        v0, v2 = _left(v0, 32) + v3 & _MASK, v2 + v1 & _MASK
        v1, v3 = _left(v1, 17) ^ v2, _left(v3, 21) ^ v0
        v2 = _left(v2, 32)
    return v0, v1, v2, v3


def murmur_hash(text: bytes, seed: int = 0xDECAFCAFFE) -> int:
    """MurmurHash64A. Source: A. Appleby, MurmurHash2 (https://github.com/aappleby/smhasher)."""
    factor = 0xC6A4A7935BD1E995
    h = seed ^ len(text) * factor & _MASK
    whole = len(text) // 8 * 8
    for at in range(0, whole, 8):
        h = (h ^ _fold(_word(text, at) * factor & _MASK) * factor & _MASK) * factor & _MASK
    if text[whole:]:
        h = (h ^ int.from_bytes(text[whole:], "little")) * factor & _MASK
    return _fold(_fold(h) * factor & _MASK)
