"""`tf.assign` and its kin: what changes variables."""

from __future__ import annotations

from deepkit import ops
from deepkit.v1.framework.symbolic import symbolic

__all__ = [
    "assign", "assign_add", "assign_sub", "batch_scatter_update", "count_up_to", "is_variable_initialized", "scatter_add",
    "scatter_div", "scatter_max", "scatter_min", "scatter_mul", "scatter_nd_add", "scatter_nd_sub", "scatter_nd_update",
    "scatter_sub", "scatter_update",
]

assign = symbolic(ops.assign)
assign_add = symbolic(ops.assign_add)
assign_sub = symbolic(ops.assign_sub)
batch_scatter_update = symbolic(ops.batch_scatter_update)
count_up_to = symbolic(ops.count_up_to)
is_variable_initialized = symbolic(ops.is_variable_initialized)
scatter_add = symbolic(ops.scatter_add)
scatter_div = symbolic(ops.scatter_div)
scatter_max = symbolic(ops.scatter_max)
scatter_min = symbolic(ops.scatter_min)
scatter_mul = symbolic(ops.scatter_mul)
scatter_nd_add = symbolic(ops.scatter_nd_add)
scatter_nd_sub = symbolic(ops.scatter_nd_sub)
scatter_nd_update = symbolic(ops.scatter_nd_update)
scatter_sub = symbolic(ops.scatter_sub)
scatter_update = symbolic(ops.scatter_update)
