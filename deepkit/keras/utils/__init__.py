"""Helpers around models: class numbers to one-hot rows, data sets, pictures and tables of models; loaded when used."""

from __future__ import annotations

from typing import Any

from deepkit.loading import listing, load_module

_MODULE_OF = {
    **dict.fromkeys(("normalize", "to_categorical"), "np_utils"),
    **dict.fromkeys(("GeneratorEnqueuer", "OrderedEnqueuer", "Sequence", "SequenceEnqueuer", "get_file"), "data_utils"),
    **dict.fromkeys(
        ("CustomObjectScope", "Progbar", "custom_object_scope", "deserialize_keras_object", "get_custom_objects",
         "register_keras_serializable", "serialize_keras_object"), "generic_utils",
    ),
    **dict.fromkeys(("count_params", "get_source_inputs", "print_summary"), "layer_utils"),
    **dict.fromkeys(("model_to_dot", "plot_model"), "vis_utils"),
    "HDF5Matrix": "io_utils", "multi_gpu_model": "multi_gpu_utils",
}
_MODULES = (
    "argument_utils", "conv_utils", "data_utils", "generic_utils", "io_utils", "layer_utils", "multi_gpu_utils", "np_utils",
    "vis_utils",
)

__all__ = sorted(_MODULE_OF)
__dir__ = listing([*_MODULES, *__all__])


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return load_module(f"deepkit.keras.utils.{name}")
    if name in _MODULE_OF:
        return getattr(load_module(f"deepkit.keras.utils.{_MODULE_OF[name]}"), name)
    from deepkit.errors import MissingNameError

    raise MissingNameError(f"keras.utils has no {name!r}", rule="its names: " + ", ".join(__all__))
