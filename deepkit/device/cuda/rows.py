"""Launches rows.cu: rows added up where their numbers say, as device/rows.py has it."""

from __future__ import annotations

import math
from typing import Any

from deepkit.device.cuda import loader

INDICES = {"int32": "int", "int64": "long long"}


def fits(xp: Any, total: Any, ids: Any, x: Any) -> bool:
    """True if the kernel takes these arrays."""
    return loader.fits(xp, total, x) and ids.dtype.name in INDICES and total.flags.c_contiguous


def add_at(xp: Any, total: Any, ids: Any, x: Any) -> None:
    """total[ids] += x, where what is added to one row adds up: total (rows, ...), ids (...), x (ids..., ...).

    Rows whose number total does not have are left out.
    """
    columns, index = math.prod(total.shape[1:]), f"-DINDEX={INDICES[ids.dtype.name]}"
    arrays = xp.ascontiguousarray(x), xp.ascontiguousarray(ids), total
    loader.one_each(xp, "rows.add_at", x.size, *arrays, x.size, columns, total.shape[0], dtype=x.dtype, options=(index,))
