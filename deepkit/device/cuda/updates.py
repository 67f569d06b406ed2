"""Launches updates.cu: a step of an optimizer in one pass over its arrays, as device/updates.py has the rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device.cuda import loader


def fits(xp: Any, arrays: tuple[Any, ...]) -> bool:
    """True if a kernel takes these arrays, which it changes where they are."""
    return loader.fits(xp, *arrays) and all(a.flags.c_contiguous for a in arrays)


def run(xp: Any, rule: str, arrays: tuple[Any, ...], *numbers: Any) -> None:
    """Runs the kernel of this rule in place; numbers: scalars of the arrays' type, on the host or on the GPU, and truths."""
    dtype, flags = arrays[0].dtype, [int(n) for n in numbers if isinstance(n, bool)]
    scalars = [n for n in numbers if not isinstance(n, bool)]
    on_gpu = any(not isinstance(n, (float, np.generic)) for n in scalars)
    passed = [xp.asarray(n, dtype=dtype) if on_gpu else dtype.type(n) for n in scalars]
    options, size = ("-DON_GPU",) if on_gpu else (), arrays[0].size
    loader.one_each(xp, f"updates.{rule}", size, *arrays, *passed, *flags, size, dtype=dtype, options=options)
