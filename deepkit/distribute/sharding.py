"""Each rank its part of the data."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.distribute import ranks
from deepkit.errors import ArgumentError


def shard(*arrays: Any) -> Any:
    """This rank's rows of each array: rank(), rank() + size(), rank() + 2 size(), ..., as many on every rank.

    What is left over when the rows are dealt out, fewer than size() rows, goes to nobody: a rank with a batch more than the
    others would wait for them in vain. Batch k of all ranks together is batch k of the whole data, size() times as long. For
    a Dataset: `dataset.shard(size(), rank())`.

    Returns:
        An array for one array, else a tuple.

    >>> from deepkit import distribute
    >>> distribute.init()
    >>> distribute.shard([[1.0], [2.0]]).tolist()  # alone: everything
    [[1.0], [2.0]]
    """
    world = ranks.here()
    whole = [np.asarray(array) for array in arrays]
    lengths = {len(array) for array in whole}
    if len(lengths) != 1 or min(lengths) < world.size:
        raise ArgumentError(
            f"shard: {[len(array) for array in whole]} rows for {world.size} ranks",
            rule="arrays of one length, with at least a row for each rank",
        )
    each = min(lengths) // world.size
    parts = tuple(array[world.rank : each * world.size : world.size] for array in whole)
    return parts if len(parts) > 1 else parts[0]
