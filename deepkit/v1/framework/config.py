"""`tf.ConfigProto`: how a session should run."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError

__all__ = [
    "ConfigProto", "GPUOptions", "GraphOptions", "OptimizerOptions",
]


class _Fields:
    """Named settings with defaults; an unknown name is an error."""

    _defaults: dict[str, Any] = {}

    def __init__(self, **fields: Any):
        for name, value in {**self._defaults, **fields}.items():
            if name not in self._defaults:
                raise ArgumentError(
                    f"{type(self).__name__} has no field {name!r}", hint="one of " + ", ".join(self._defaults)
                )
            super().__setattr__(name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._defaults:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}; it has {', '.join(self._defaults)}")
        super().__setattr__(name, value)


class GPUOptions(_Fields):
    """Which GPUs count, and how much of their memory a session takes from its beginning on.

    visible_device_list: numbers of CUDA's, "1,0": the first becomes /gpu:0; once in a program. per_process_gpu_memory_fraction:
    the limit of CuPy's memory pool as a share of each GPU; 0 for no limit. Without allow_growth the limit is taken at once;
    without a limit the pool grows as needed anyway.
    """

    _defaults = {
        "per_process_gpu_memory_fraction": 0.0, "allow_growth": False, "visible_device_list": "", "allocator_type": "",
        "deferred_deletion_bytes": 0, "force_gpu_compatible": False, "polling_active_delay_usecs": 0,
        "polling_inactive_delay_msecs": 0,
    }


class OptimizerOptions(_Fields):
    """How TensorFlow would simplify graphs and compile them by XLA; accepted, since plans have passes of their own.

    ConfigProto's `passes` switches those. L1, L0: levels of opt_level; OFF, ON_1, ON_2: of global_jit_level.
    """

    L1, L0 = 0, -1
    DEFAULT, OFF, ON_1, ON_2 = 0, -1, 1, 2
    _defaults = {
        "do_common_subexpression_elimination": False, "do_constant_folding": False, "do_function_inlining": False,
        "max_folded_constant_in_bytes": 0, "opt_level": L1, "global_jit_level": DEFAULT, "cpu_global_jit": False,
    }


class _Rewriting(_Fields):
    """TensorFlow's graph rewriter: each of its passes can be set, none is run."""

    DEFAULT, ON, OFF, AGGRESSIVE = 0, 1, 2, 3
    _defaults = {
        "layout_optimizer": DEFAULT, "constant_folding": DEFAULT, "shape_optimization": DEFAULT, "remapping": DEFAULT,
        "arithmetic_optimization": DEFAULT, "dependency_optimization": DEFAULT, "loop_optimization": DEFAULT,
        "function_optimization": DEFAULT, "debug_stripper": DEFAULT, "memory_optimization": DEFAULT,
        "auto_mixed_precision": DEFAULT, "disable_model_pruning": False, "disable_meta_optimizer": False,
        "min_graph_nodes": 0, "meta_optimizer_iterations": 0,
    }


class GraphOptions(_Fields):
    """How TensorFlow would treat a graph before it runs; accepted, see OptimizerOptions."""

    _defaults = {
        "optimizer_options": None, "rewrite_options": None, "infer_shapes": False, "build_cost_model": 0,
        "build_cost_model_after": 0, "enable_recv_scheduling": False, "place_pruned_graph": False, "timeline_step": 0,
        "enable_bfloat16_sendrecv": False,
    }

    def __init__(self, **fields: Any):
        super().__init__(**{"optimizer_options": OptimizerOptions(), "rewrite_options": _Rewriting(), **fields})


class ConfigProto(_Fields):
    """Settings of a session. `passes` switches plan passes off, as DEEPKIT_PASSES does: "-fold,-merge".

    operation_timeout_in_ms: so long each run waits for queues, then there is a DeadlineExceededError; 0 for without end.
    """

    _defaults = {
        "device_count": None, "intra_op_parallelism_threads": 0, "inter_op_parallelism_threads": 0,
        "allow_soft_placement": False, "log_device_placement": False, "gpu_options": None, "passes": None,
        "operation_timeout_in_ms": 0, "graph_options": None, "use_per_session_threads": False, "placement_period": 0,
        "device_filters": None, "isolate_session_state": False, "share_cluster_devices_in_session": False,
    }

    def __init__(self, **fields: Any):
        parts = {"gpu_options": GPUOptions(), "graph_options": GraphOptions(), "device_count": {}, "device_filters": []}
        super().__init__(**{**parts, **fields})
