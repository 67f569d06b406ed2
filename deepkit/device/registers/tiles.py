"""Tiles of six by six places on their way through the matrices of `winograd`, sixteen or eight channels at a time.

A line of code takes what stands in a row or a column of a matrix there; a point and the one opposite share their even and
their odd powers. The 36 numbers of a tile lie apart in their arrays: each belongs to a matrix of its own.
"""

from __future__ import annotations

from deepkit.device import compiled
from deepkit.device.registers.lanes import WIDE, flat, fused, load, nothing, same, store

TILE = 6


@compiled.part
def cut(x, image, i, j, size, edge):
    """The square of places from (i, j) on, copied into `edge` with zeros where there is no image."""
    high, wide, channels = x.shape[1], x.shape[2], x.shape[3]
    for a in range(size):
        for b in range(size):
            to, inside = (a * edge.shape[1] + b) * channels, 0 <= i + a < high and 0 <= j + b < wide
            at = ((image * high + i + a) * wide + j + b) * channels
            for begin in range(0, channels, WIDE):
                c = min(begin, channels - WIDE)
                if inside:
                    store(edge, to + c, load(x, at + c))
                else:
                    store(edge, to + c, nothing())


@compiled.part
def seen(x, image, i, j, edge, out, to):
    """B' d B of the tile of x at (i, j) into out[:, to...]."""
    high, wide, channels = x.shape[1], x.shape[2], x.shape[3]
    d, at, line = flat(x), ((image * high + i) * wide + j) * channels, wide * channels
    if i < 0 or i > high - TILE or j < 0 or j > wide - TILE:
        cut(x, image, i, j, TILE, edge)
        d, at, line = flat(edge), 0, TILE * channels
    for begin in range(0, channels, WIDE):
        c = min(begin, channels - WIDE)
        p0, p1, p2, p3, p4, p5 = _b_down(d, at + c, line)
        q0, q1, q2, q3, q4, q5 = _b_down(d, at + c + channels, line)
        r0, r1, r2, r3, r4, r5 = _b_down(d, at + c + 2 * channels, line)
        s0, s1, s2, s3, s4, s5 = _b_down(d, at + c + 3 * channels, line)
        t0, t1, t2, t3, t4, t5 = _b_down(d, at + c + 4 * channels, line)
        u0, u1, u2, u3, u4, u5 = _b_down(d, at + c + 5 * channels, line)
        _store_six(_b_of(p0, q0, r0, s0, t0, u0), out, 0, to + c)
        _store_six(_b_of(p1, q1, r1, s1, t1, u1), out, 1, to + c)
        _store_six(_b_of(p2, q2, r2, s2, t2, u2), out, 2, to + c)
        _store_six(_b_of(p3, q3, r3, s3, t3, u3), out, 3, to + c)
        _store_six(_b_of(p4, q4, r4, s4, t4, u4), out, 4, to + c)
        _store_six(_b_of(p5, q5, r5, s5, t5, u5), out, 5, to + c)


@compiled.part
def _six(x, at, step):
    """Six registers, each `step` numbers after the one before."""
    first, second, third = load(x, at), load(x, at + step), load(x, at + 2 * step)
    return first, second, third, load(x, at + 3 * step), load(x, at + 4 * step), load(x, at + 5 * step)


@compiled.part
def _store_six(numbers, out, line, to):
    """Six registers into line `line` of the six by six places of out."""
    p, q, r, s, t, u = numbers
    at, step = 6 * line * out.shape[1] + to, out.shape[1]
    store(out, at, p)
    store(out, at + step, q)
    store(out, at + 2 * step, r)
    store(out, at + 3 * step, s)
    store(out, at + 4 * step, t)
    store(out, at + 5 * step, u)


@compiled.part
def _b_down(x, at, line):
    """B' of six numbers below each other."""
    p, q, r, s, t, u = _six(x, at, line)
    return _b_of(p, q, r, s, t, u)


@compiled.part
def _b_of(p, q, r, s, t, u):
    """B' of six numbers. A point and the one opposite share their even and their odd powers."""
    even, odd = fused(r, same(-2.25), t), fused(q, same(-2.25), s)
    even2, odd2 = fused(r, same(-0.5625), t), fused(q, same(-0.5625), s)
    first = fused(p, same(1.265625), fused(r, same(-2.8125), t))
    last = fused(q, same(1.265625), fused(s, same(-2.8125), u))
    near, far = same(0.75), same(1.5)
    second, third = fused(odd, near, even), fused(odd, same(-0.75), even)
    return first, second, third, fused(odd2, far, even2), fused(odd2, same(-1.5), even2), last


@compiled.part
def _a4_of(p, q, r, s, t, u):
    """A' of six numbers: four."""
    near, far, near_odd, far_odd = q + r, s + t, q - r, s - t
    second, third = fused(near_odd, same(0.75), far_odd * same(1.5)), fused(near, same(0.5625), far * same(2.25))
    return p + near + far, second, third, fused(near_odd, same(0.421875), fused(far_odd, same(3.375), u))


@compiled.part
def _a2_of(p, q, r, s, t, u):
    """A' of six numbers: two."""
    return p + (q + r) + (s + t), fused(q - r, same(0.75), fused(s - t, same(1.5), u))


@compiled.part
def results(made, at, y, image, i, j, size):
    """A' m A of made[:, at...] to the size by size places of y at (i, j), or as many as there are."""
    if size == 4:
        _four_by_four(made, at, y, image, i, j)
    else:
        _two_by_two(made, at, y, image, i, j)


@compiled.part
def _made_six(made, place, at):
    """Six registers below each other in the six by six places, from `place` on."""
    step = made.shape[1]
    return _six(made, place * step + at, 6 * step)


@compiled.part
def _four_by_four(made, at, y, image, i, j):
    """A' m A of made[:, at...] to the four by four places of y at (i, j), or as many as there are."""
    high, wide, columns = y.shape[1], y.shape[2], y.shape[3]
    to, line = ((image * high + i) * wide + j) * columns, wide * columns
    for begin in range(0, columns, WIDE):
        c = min(begin, columns - WIDE)
        p0, p1, p2, p3 = _a4_of(*_made_six(made, 0, at + c))
        q0, q1, q2, q3 = _a4_of(*_made_six(made, 1, at + c))
        r0, r1, r2, r3 = _a4_of(*_made_six(made, 2, at + c))
        s0, s1, s2, s3 = _a4_of(*_made_six(made, 3, at + c))
        t0, t1, t2, t3 = _a4_of(*_made_six(made, 4, at + c))
        u0, u1, u2, u3 = _a4_of(*_made_six(made, 5, at + c))
        _store_some(_a4_of(p0, q0, r0, s0, t0, u0), y, to + c, columns, wide - j)
        if i + 1 < high:
            _store_some(_a4_of(p1, q1, r1, s1, t1, u1), y, to + c + line, columns, wide - j)
        if i + 2 < high:
            _store_some(_a4_of(p2, q2, r2, s2, t2, u2), y, to + c + 2 * line, columns, wide - j)
        if i + 3 < high:
            _store_some(_a4_of(p3, q3, r3, s3, t3, u3), y, to + c + 3 * line, columns, wide - j)


@compiled.part
def _store_some(numbers, y, to, columns, room):
    """Up to four registers beside each other: as many as there is room for."""
    p, q, r, s = numbers
    store(y, to, p)
    if room > 1:
        store(y, to + columns, q)
    if room > 2:
        store(y, to + 2 * columns, r)
    if room > 3:
        store(y, to + 3 * columns, s)


@compiled.part
def _two_by_two(made, at, y, image, i, j):
    """A' m A of made[:, at...] to the two by two places of y at (i, j), or as many as there are."""
    high, wide, columns = y.shape[1], y.shape[2], y.shape[3]
    to, line = ((image * high + i) * wide + j) * columns, wide * columns
    for begin in range(0, columns, WIDE):
        c = min(begin, columns - WIDE)
        p0, p1 = _a2_of(*_made_six(made, 0, at + c))
        q0, q1 = _a2_of(*_made_six(made, 1, at + c))
        r0, r1 = _a2_of(*_made_six(made, 2, at + c))
        s0, s1 = _a2_of(*_made_six(made, 3, at + c))
        t0, t1 = _a2_of(*_made_six(made, 4, at + c))
        u0, u1 = _a2_of(*_made_six(made, 5, at + c))
        first, second = _a2_of(p0, q0, r0, s0, t0, u0)
        third, fourth = _a2_of(p1, q1, r1, s1, t1, u1)
        store(y, to + c, first)
        if j + 1 < wide:
            store(y, to + c + columns, second)
        if i + 1 < high:
            store(y, to + c + line, third)
            if j + 1 < wide:
                store(y, to + c + line + columns, fourth)


@compiled.part
def send(dy, image, i, j, size, square, out, to):
    """A dy A' of the results of the tile at (i, j) into out[:, to...]."""
    cut(dy, image, i, j, size, square)
    if size == 4:
        _sent_four(square, out, to)
    else:
        _sent_two(square, out, to)


@compiled.part
def _at4_of(p, q, r, s):
    """A of four numbers: six."""
    even, odd = fused(r, same(0.5625), p), fused(s, same(0.421875), q * same(0.75))
    even2, odd2 = fused(r, same(2.25), p), fused(s, same(3.375), q * same(1.5))
    return p, even + odd, even - odd, even2 + odd2, even2 - odd2, s


@compiled.part
def _at2_of(p, q):
    """A of two numbers: six."""
    return p, fused(q, same(0.75), p), fused(q, same(-0.75), p), fused(q, same(1.5), p), fused(q, same(-1.5), p), q


@compiled.part
def _sent_four(square, out, to):
    """A s A' of a square of four by four places into out[:, to...]."""
    columns = square.shape[2]
    line = 4 * columns
    for begin in range(0, columns, WIDE):
        c = min(begin, columns - WIDE)
        p0, p1, p2, p3, p4, p5 = _at4_down(square, c, line)
        q0, q1, q2, q3, q4, q5 = _at4_down(square, c + columns, line)
        r0, r1, r2, r3, r4, r5 = _at4_down(square, c + 2 * columns, line)
        s0, s1, s2, s3, s4, s5 = _at4_down(square, c + 3 * columns, line)
        _store_six(_at4_of(p0, q0, r0, s0), out, 0, to + c)
        _store_six(_at4_of(p1, q1, r1, s1), out, 1, to + c)
        _store_six(_at4_of(p2, q2, r2, s2), out, 2, to + c)
        _store_six(_at4_of(p3, q3, r3, s3), out, 3, to + c)
        _store_six(_at4_of(p4, q4, r4, s4), out, 4, to + c)
        _store_six(_at4_of(p5, q5, r5, s5), out, 5, to + c)


@compiled.part
def _at4_down(x, at, line):
    return _at4_of(load(x, at), load(x, at + line), load(x, at + 2 * line), load(x, at + 3 * line))


@compiled.part
def _sent_two(square, out, to):
    """A s A' of a square of two by two places into out[:, to...]."""
    columns = square.shape[2]
    line = 4 * columns
    for begin in range(0, columns, WIDE):
        c = min(begin, columns - WIDE)
        p0, p1, p2, p3, p4, p5 = _at2_of(load(square, c), load(square, c + line))
        q0, q1, q2, q3, q4, q5 = _at2_of(load(square, c + columns), load(square, c + columns + line))
        _store_six(_at2_of(p0, q0), out, 0, to + c)
        _store_six(_at2_of(p1, q1), out, 1, to + c)
        _store_six(_at2_of(p2, q2), out, 2, to + c)
        _store_six(_at2_of(p3, q3), out, 3, to + c)
        _store_six(_at2_of(p4, q4), out, 4, to + c)
        _store_six(_at2_of(p5, q5), out, 5, to + c)


@compiled.part
def back(back, at, dx, image, i, j):
    """B b B' of back[:, at...] added to the six by six places of dx at (i, j), or to as many as there are."""
    high, wide, channels = dx.shape[1], dx.shape[2], dx.shape[3]
    to, line = ((image * high + i) * wide + j) * channels, wide * channels
    for begin in range(0, channels, WIDE):
        c = min(begin, channels - WIDE)
        p0, p1, p2, p3, p4, p5 = _bt_of(*_made_six(back, 0, at + c))
        q0, q1, q2, q3, q4, q5 = _bt_of(*_made_six(back, 1, at + c))
        r0, r1, r2, r3, r4, r5 = _bt_of(*_made_six(back, 2, at + c))
        s0, s1, s2, s3, s4, s5 = _bt_of(*_made_six(back, 3, at + c))
        t0, t1, t2, t3, t4, t5 = _bt_of(*_made_six(back, 4, at + c))
        u0, u1, u2, u3, u4, u5 = _bt_of(*_made_six(back, 5, at + c))
        if 0 <= i < high:
            _add_some(_bt_of(p0, q0, r0, s0, t0, u0), dx, to + c, channels, j, wide)
        if 0 <= i + 1 < high:
            _add_some(_bt_of(p1, q1, r1, s1, t1, u1), dx, to + c + line, channels, j, wide)
        if 0 <= i + 2 < high:
            _add_some(_bt_of(p2, q2, r2, s2, t2, u2), dx, to + c + 2 * line, channels, j, wide)
        if 0 <= i + 3 < high:
            _add_some(_bt_of(p3, q3, r3, s3, t3, u3), dx, to + c + 3 * line, channels, j, wide)
        if 0 <= i + 4 < high:
            _add_some(_bt_of(p4, q4, r4, s4, t4, u4), dx, to + c + 4 * line, channels, j, wide)
        if 0 <= i + 5 < high:
            _add_some(_bt_of(p5, q5, r5, s5, t5, u5), dx, to + c + 5 * line, channels, j, wide)


@compiled.part
def _bt_of(p, q, r, s, t, u):
    """B of six numbers."""
    near, far, near_odd, far_odd = q + r, s + t, q - r, s - t
    first, second = p * same(1.265625), fused(near_odd, same(-1.6875), fused(far_odd, same(-0.84375), u * same(1.265625)))
    third = fused(near, same(-2.25), fused(far, same(-0.5625), p * same(-2.8125)))
    fourth = fused(near_odd, same(0.75), fused(far_odd, same(1.5), u * same(-2.8125)))
    return first, second, third, fourth, p + near + far, u


@compiled.part
def _add_some(numbers, x, to, channels, j, wide):
    """Six registers beside each other, from place j of a line on, added to those that are on it."""
    p, q, r, s, t, u = numbers
    _add(p, x, to, j, wide)
    _add(q, x, to + channels, j + 1, wide)
    _add(r, x, to + 2 * channels, j + 2, wide)
    _add(s, x, to + 3 * channels, j + 3, wide)
    _add(t, x, to + 4 * channels, j + 4, wide)
    _add(u, x, to + 5 * channels, j + 5, wide)


@compiled.part
def _add(number, x, to, j, wide):
    if 0 <= j < wide:
        store(x, to, load(x, to) + number)
