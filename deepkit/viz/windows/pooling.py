"""Pooling drawn: a map in blocks, and the one number that is kept of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError
from deepkit.viz.grids import ORANGE, document, frame, grid, label
from deepkit.viz.picture import Drawing
from deepkit.viz.windows.convolution import matrix

_WIDE, _GAP, _TOP, _CELL = 300.0, 40.0, 26.0, 40.0
_LETTERED = 24.0  # from this many pixels on, a cell has room for its number
POOLS = {"max": ops.max_pool, "average": ops.avg_pool}


def show_pooling(feature_map: Any, pool: str = "max", block: int = 2) -> Drawing:
    """Draw how a map becomes smaller: its blocks, and what is kept of each.

    Args:
        feature_map: (height, width) of numbers.
        pool: "max" or "average".
        block: side of the blocks, which do not overlap; a last row or column without a whole block is dropped (VALID).

    Raises:
        ShapeError: for a map that is no matrix, or smaller than a block.
        ArgumentError: for another pool, or a block below 1.

    >>> show_pooling([[1, 3], [5, 2]])
    max pooling of 2x2 makes 2x2 to 1x1
    """
    values = matrix(feature_map, "map")
    if pool not in POOLS or block < 1:
        raise ArgumentError(f"pool={pool!r}, block={block}", rule=f"{' or '.join(POOLS)}, blocks of at least 1")
    size = [1, block, block, 1]
    kept = np.asarray(POOLS[pool](values[None, :, :, None], ksize=size, strides=size, padding="VALID").numpy())[0, :, :, 0]
    (rows, columns), (n, m) = values.shape, kept.shape
    said = f"{pool} pooling of {block}x{block} makes {rows}x{columns} to {n}x{m}"
    cell = min(_CELL, _WIDE / max(rows, columns))
    looks = {"scale": float(np.abs(values).max()), "signed": bool((values < 0).any()), "numbers": cell >= _LETTERED}
    x = 8 + columns * cell + _GAP
    parts = [label(f"map {rows}×{columns}", 8, _TOP - 9), grid(values, 8, _TOP, cell, **looks)]  # type: ignore[arg-type]
    parts += [frame(8 + j * block * cell, _TOP + i * block * cell, block * cell, block * cell, stroke=ORANGE, wide=2)
              for i in range(n) for j in range(m)]
    parts += [label(f"{pool} of each", x, _TOP - 9), grid(kept, x, _TOP, cell, **looks)]  # type: ignore[arg-type]
    parts.append(frame(x, _TOP, m * cell, n * cell, stroke=ORANGE, wide=2))
    return Drawing(document(parts, max(x + m * cell, x + 110) + 10, _TOP + rows * cell + 10, said), said)
