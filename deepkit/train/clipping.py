"""Gradients kept from exploding: the norm of a whole list of tensors, and scaling by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.core.apply import scope
from deepkit.core.nest import listed
from deepkit.core.slices import IndexedSlices


def global_norm(t_list: Sequence[Any], name: str | None = None) -> Any:
    """The Euclidean norm of all numbers in a list of tensors together (None entries are left out)."""
    present = [_numbers(t) for t in t_list if t is not None]
    with scope(name, "global_norm", present):
        halves = ops.stack([ops.l2_loss(t) for t in present])
        return ops.sqrt(ops.reduce_sum(halves) * 2.0, name="global_norm")


def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """The tensors scaled by clip_norm / max(global_norm, clip_norm), and the norm before. Source: R. Pascanu et al. 2013."""
    t_list = listed(t_list)
    norm = global_norm(t_list) if use_norm is None else use_norm
    with scope(name, "clip_by_global_norm", [_numbers(t) for t in t_list if t is not None]):
        scale = clip_norm * ops.minimum(1.0 / norm, ops.ones_like(norm) / clip_norm)
        scale = ops.where(ops.is_finite(norm), scale, ops.zeros_like(norm) + float("nan"))
        return [None if t is None else _with_numbers(t, _numbers(t) * scale) for t in t_list], norm


def _numbers(t: Any) -> Any:
    """The numbers of a tensor; of IndexedSlices those of their rows, where a row that is named twice counts twice."""
    return t.values if isinstance(t, IndexedSlices) else t


def _with_numbers(t: Any, numbers: Any) -> Any:
    return t.with_values(numbers) if isinstance(t, IndexedSlices) else numbers
