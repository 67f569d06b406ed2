"""`tf.ConfigProto`: how a session should run."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError

__all__ = [
    "ConfigProto", "GPUOptions",
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
            setattr(self, name, value)


class GPUOptions(_Fields):
    """Which GPUs count, and how much of their memory a session takes from its beginning on.

    visible_device_list: numbers of CUDA's, "1,0": the first becomes /gpu:0; once in a program. per_process_gpu_memory_fraction:
    the limit of CuPy's memory pool as a share of each GPU; 0 for no limit. Without allow_growth the limit is taken at once;
    without a limit the pool grows as needed anyway.
    """

    _defaults = {"per_process_gpu_memory_fraction": 0.0, "allow_growth": False, "visible_device_list": ""}


class ConfigProto(_Fields):
    """Settings of a session. `passes` switches plan passes off, as DEEPKIT_PASSES does: "-fold,-merge".

    operation_timeout_in_ms: so long each run waits for queues, then there is a DeadlineExceededError; 0 for without end.
    """

    _defaults = {
        "device_count": None, "intra_op_parallelism_threads": 0, "inter_op_parallelism_threads": 0,
        "allow_soft_placement": False, "log_device_placement": False, "gpu_options": None, "passes": None,
        "operation_timeout_in_ms": 0,
    }

    def __init__(self, **fields: Any):
        super().__init__(**{"gpu_options": GPUOptions(), "device_count": {}, **fields})
