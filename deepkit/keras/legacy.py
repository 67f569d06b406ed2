"""The spellings of Keras 1 that Keras 2 still took: one table of old names, and what turns a call into today's.

`Convolution2D(64, 3, 3, border_mode="same", init="he_normal")` is `Conv2D(64, (3, 3), padding="same",
kernel_initializer="he_normal")`. Each such call gives one DeprecationWarning that shows it as it is written today.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import warnings
from collections.abc import Callable, MutableMapping
from typing import Any

from deepkit.errors import ArgumentError

_WEIGHTS = {
    "init": "kernel_initializer", "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint", "bias": "use_bias",
}
_WINDOW = {"border_mode": "padding", "dim_ordering": "data_format"}
_CONV = {**_WEIGHTS, **_WINDOW, "nb_filter": "filters", "subsample": "strides", "atrous_rate": "dilation_rate"}
_CONV_1D = {**_CONV, "filter_length": "kernel_size", "subsample_length": "strides"}
_RECURRENT = {
    **_WEIGHTS, "output_dim": "units", "inner_init": "recurrent_initializer", "inner_activation": "recurrent_activation",
    "U_regularizer": "recurrent_regularizer", "dropout_W": "dropout", "dropout_U": "recurrent_dropout",
    "consume_less": "implementation", "forget_bias_init": "unit_forget_bias",
}
_POOL_1D = {**_WINDOW, "pool_length": "pool_size", "stride": "strides"}

NAMES: dict[str, dict[str, str]] = {
    "Dense": {**_WEIGHTS, "output_dim": "units"},
    "Dropout": {"p": "rate"}, "SpatialDropout1D": {"p": "rate"},
    "SpatialDropout2D": {"p": "rate", "dim_ordering": "data_format"},
    "SpatialDropout3D": {"p": "rate", "dim_ordering": "data_format"},
    "Embedding": {"init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer",
                  "W_constraint": "embeddings_constraint", "dropout": ""},
    "Conv1D": _CONV_1D, "Conv2D": _CONV, "Conv3D": _CONV,
    "Conv2DTranspose": {**_CONV, "output_shape": ""}, "Conv3DTranspose": {**_CONV, "output_shape": ""},
    "SeparableConv2D": {**_WINDOW, "nb_filter": "filters", "subsample": "strides",
                        "init": "depthwise_initializer pointwise_initializer",
                        "b_regularizer": "bias_regularizer", "b_constraint": "bias_constraint", "bias": "use_bias"},
    "ConvLSTM2D": {**_RECURRENT, **_CONV, "output_dim": "filters", "consume_less": ""},
    "LocallyConnected1D": _CONV_1D, "LocallyConnected2D": _CONV,
    "SimpleRNN": _RECURRENT, "LSTM": _RECURRENT, "GRU": _RECURRENT,
    "MaxPooling1D": _POOL_1D, "AveragePooling1D": _POOL_1D,
    "MaxPooling2D": _WINDOW, "AveragePooling2D": _WINDOW, "MaxPooling3D": _WINDOW, "AveragePooling3D": _WINDOW,
    "GlobalMaxPooling2D": _WINDOW, "GlobalAveragePooling2D": _WINDOW,
    "GlobalMaxPooling3D": _WINDOW, "GlobalAveragePooling3D": _WINDOW,
    "UpSampling1D": {"length": "size"}, "UpSampling2D": _WINDOW, "UpSampling3D": _WINDOW,
    "ZeroPadding2D": _WINDOW, "ZeroPadding3D": _WINDOW, "Cropping2D": _WINDOW, "Cropping3D": _WINDOW, "Flatten": _WINDOW,
    "BatchNormalization": {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer", "mode": ""},
    "PReLU": {"init": "alpha_initializer"},
    "GaussianNoise": {"sigma": "stddev"}, "GaussianDropout": {"p": "rate"},
}
"""For each class the old names of its arguments and the new ones (one value may go to several); "" for those that are gone."""

METHODS: dict[str, str] = {
    "samples_per_epoch": "steps_per_epoch", "nb_epoch": "epochs", "nb_val_samples": "validation_steps",
    "val_samples": "steps", "nb_worker": "workers", "max_q_size": "max_queue_size", "pickle_safe": "use_multiprocessing",
}
"""Old names of the arguments of fit, fit_generator, evaluate_generator and predict_generator."""
_COUNTS_SAMPLES = {"samples_per_epoch", "nb_val_samples", "val_samples"}

_VALUES: dict[str, dict[Any, Any]] = {
    "data_format": {"tf": "channels_last", "th": "channels_first", "default": None},
    "implementation": {"cpu": 0, "mem": 1, "gpu": 2},
    "unit_forget_bias": {"one": True, "zero": False},
}
_SIDES = ("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3")
_KERNELS = {
    "Conv2D": 2, "SeparableConv2D": 2, "Conv2DTranspose": 2, "LocallyConnected2D": 2, "ConvLSTM2D": 2, "Conv3D": 3,
}
_OF_TODAY = {"padding", "strides", "kernel_size", "data_format"}


def accept_old_spellings(space: MutableMapping[str, Any]) -> None:
    """Lets the layer classes of a module take Keras 1's arguments, as `NAMES` has them."""
    for name, table in NAMES.items():
        cls = space[name]
        cls.__init__ = _accepting(cls.__init__, name, table)


def _accepting(init: Callable[..., None], name: str, table: dict[str, str]) -> Callable[..., None]:
    own = inspect.signature(init).parameters
    # `dropout` of an LSTM is its own; only what the class does not know today is an old name.
    old = {key: new for key, new in table.items() if key not in own}
    has_kernel = name in _KERNELS
    telling = {*old, *(itertools.chain(*_SIDES) if has_kernel else ())}

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if not telling.isdisjoint(kwargs) or (has_kernel and len(args) > 2):
            args, kwargs = _modern(name, old, args, kwargs)
        init(self, *args, **kwargs)

    return __init__


def _modern(
    name: str, old: dict[str, str], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The arguments of a call under their names of today; one warning says how the call is written now."""
    given, found = args, {}
    for key, value in kwargs.items():
        today = old.get(key, key).split()
        if not today:
            _check_gone(name, key, value)
        for new in today:
            if new != key and new in kwargs:
                raise ArgumentError(f"{name}: both {key} and {new} are given", rule=f"{key} is the old name of {new}")
            found[new] = _VALUES.get(new, {}).get(value, value) if isinstance(value, str) else value
    args, found = _kernel(name, args, found, today=not _OF_TODAY.isdisjoint(kwargs))
    if args != given or found != kwargs:
        said = ", ".join([*map(_shown, args), *(f"{k}={_shown(v)}" for k, v in found.items())])
        warnings.warn(f"this call is Keras 1; today it is {name}({said})", DeprecationWarning, stacklevel=3)
    return args, found


def _kernel(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], today: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Conv2D(64, 3, 3) as Conv2D(64, (3, 3)); in a call with a word of `today` the third number is the strides."""
    rank = _KERNELS.get(name)
    if rank is None:
        return args, kwargs
    names = next(group for group in _SIDES if len(group) == rank)
    by_name = [kwargs[s] for s in names if s in kwargs]
    sides = (*args[1:], *by_name)
    if (today and not by_name) or [type(n) for n in sides] != [int] * rank:
        return args, kwargs
    kept = {k: v for k, v in kwargs.items() if k not in names}
    return ((args[0], sides), kept) if args else ((), {**kept, "kernel_size": sides})


def _check_gone(name: str, key: str, value: Any) -> None:
    """What Keras 2 has dropped: an error where leaving it out would change what is computed, else a warning."""
    if key == "mode" and value not in (0, None):
        raise ArgumentError(
            f"{name}(mode={value!r})", rule="Keras 2 normalizes each feature by its batch (mode 0); other modes are gone",
            hint="leave mode out; axis says which axis holds the features",
        )
    if key == "dropout" and value:
        warnings.warn(
            f"{name}(dropout={value!r}) is gone and nothing is dropped; today it is SpatialDropout1D after it",
            DeprecationWarning, stacklevel=4,
        )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 and "object at" not in text else "..."


def modern_arguments(kwargs: dict[str, Any], generator: Any = None) -> dict[str, Any]:
    """Arguments of fit_generator and its kin under today's names.

    Keras 1 counted samples where Keras 2 counts batches: a generator that knows its batch_size has them divided, any
    other number is taken as it is, as Keras 2 did.
    """
    found = {}
    for key, value in kwargs.items():
        new = METHODS.get(key, key)
        if new != key and new in kwargs:
            raise ArgumentError(f"both {key} and {new} are given", rule=f"{key} is the old name of {new}")
        size = getattr(generator, "batch_size", None) if key in _COUNTS_SAMPLES else None
        found[new] = max(int(value) // size, 1) if size and value is not None else value
    changed = sorted(set(kwargs) - set(found))
    if changed:
        written = ", ".join(f"{key} is now {METHODS[key]}" for key in changed)
        note = "" if _COUNTS_SAMPLES.isdisjoint(changed) else "; it counts batches, not samples"
        warnings.warn(f"this call is Keras 1: {written}{note}", DeprecationWarning, stacklevel=3)
    return found
