"""The matrix product of large matrices, shared by the cores in strips of its result.

BLAS could use several threads by itself, but they wait for each other by spinning (see `threads`). A strip of columns is
the product with those columns of b, a strip of rows that of those rows of a; each is one thread's, who takes the next
when it is done.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device import threads

ENOUGH = 25 * 10**6
"""Multiplications from which two cores are faster: a fifth of a millisecond on one, three times what it costs to hand a part
out."""
STRIP = 10**7
"""The fewest multiplications of one of up to eight strips; of one of more ten times as many, since BLAS copies the whole other
matrix for each."""


def matmul(xp: Any, a: Any, b: Any) -> Any:
    """a (n, k) times b (k, m), or stacks of them: as NumPy's matmul."""
    plain = xp is np and a.ndim == b.ndim == 2 and a.dtype == b.dtype and a.dtype.kind == "f"
    if not plain or a.shape[1] != b.shape[0] or a.size * b.shape[1] < ENOUGH:
        return xp.matmul(a, b)
    n, m = a.shape[0], b.shape[1]
    y = np.empty((n, m), a.dtype)
    step = -(-max(n, m) // strips(a.size * m))

    def some(first: int, last: int) -> None:
        if m >= n:
            np.matmul(a, b[:, first:last], out=y[:, first:last])
        else:
            np.matmul(a[first:last], b, out=y[first:last])

    threads.share(some, max(n, m), step)
    return y


def strips(work: int) -> int:
    """Into how many strips that many multiplications are cut, a power of two.

    BLAS rounds a strip otherwise than the whole: their number must not depend on the cores, or the digits would.
    """
    number = max(min(8, work // STRIP), work // (10 * STRIP))
    return 1 << (number.bit_length() - 1)
