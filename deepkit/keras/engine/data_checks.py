"""Arrays and labels before they meet the model: whether they are regular, fit the input, and fit the loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, DeepkitError, DTypeError, GraphWarning, ShapeError
from deepkit.site import warn_user

# ---- one array


def regular(value: Any, what: str) -> np.ndarray:
    """`value` (an array, a list, a table of pandas, a tensor) as an array of at least one axis."""
    if hasattr(value, "to_numpy"):  # pandas
        value = value.to_numpy()
    elif hasattr(value, "numpy"):
        value = value.numpy()
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise _irregular(value, what) from None
    if array.dtype == object:
        array = _numbers(array, what)
    if array.dtype.kind in "Mm":
        raise DTypeError(
            f"{what} holds dates or times ({array.dtype})", rule="a model computes with numbers",
            hint=f"say what is meant: days since the first one, ({what} - {what}.min()) / np.timedelta64(1, 'D')",
        )
    return array[..., None] if array.ndim == 0 else array


def _irregular(value: Any, what: str) -> ShapeError:
    shapes = list(dict.fromkeys(np.shape(item) for item in value if not isinstance(item, (list, tuple))))
    lengths = list(dict.fromkeys(len(item) for item in value if hasattr(item, "__len__")))
    arrays = len(shapes) > 1
    found = " and ".join(map(str, shapes[:2])) if arrays else " and ".join(map(str, lengths[:2])) or "different"
    return ShapeError(
        f"{what} is not a regular array: its items have {'shapes' if arrays else 'lengths'} {found}",
        rule="all samples have the same shape",
        hint="sequences of different lengths: keras.preprocessing.sequence.pad_sequences(x); pictures: one size for all",
    )


def _numbers(array: np.ndarray, what: str) -> np.ndarray:
    """An array of Python objects as one of numbers, or of texts, if all of its items are that."""
    kinds = {type(item) for item in array.flat}
    if type(None) in kinds:
        raise _absent(array, what)
    texts = {kind for kind in kinds if issubclass(kind, (str, bytes))}
    if kinds and texts == kinds:
        return array.astype(str)
    if kinds and all(issubclass(kind, (bool, int, float, np.number, np.bool_)) for kind in kinds):
        return np.array(array.tolist())
    if texts:
        at = _first(array, lambda item: isinstance(item, (str, bytes)))
        raise DTypeError(
            f"{what} holds texts beside numbers, first {array[at]!r} at {_place(at)}", rule="every entry is a number",
            hint="a column of texts becomes numbers first: one-hot columns, pandas.get_dummies(table)",
        )
    raise _irregular(array, what) if any(hasattr(item, "__len__") for item in array.flat) else _objects(array, what)


def _absent(array: np.ndarray, what: str) -> DTypeError | ArgumentError:
    if array.ndim == 0:
        return ArgumentError(
            f"{what}: None in the place of an array", rule="an array for each input, or output, of the model",
            hint="an Input(tensor=...) is not among them: it has its values already" if what == "x" else None,
        )
    return DTypeError(
        f"{what} holds None, first at {_place(_first(array, lambda item: item is None))}", rule="every entry is a number",
        hint="fill the gap (with the column's mean, say), or leave the sample out",
    )


def _objects(array: np.ndarray, what: str) -> DTypeError:
    """The error for objects that are neither numbers nor texts."""
    kinds = {type(item).__name__ for item in array.flat}
    return DTypeError(
        f"{what} holds objects of type {' and '.join(sorted(kinds))}",
        rule="a model takes arrays of numbers, or a generator of them",
        hint="a generator function is called: fit(batches(), ...)" if callable(array.flat[0]) else None,
    )


def _first(array: np.ndarray, wanted: Callable[[Any], bool]) -> tuple[int, ...]:
    """Where the first of the wanted items is."""
    return next(index for index, item in np.ndenumerate(array) if wanted(item))


def _place(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


# ---- inputs


def check_output_names(given: Iterable[Any], names: list[str], what: str) -> None:
    """ArgumentError if a dictionary has an entry for an output that there is not."""
    unknown = [key for key in given if key not in names]
    if unknown:
        raise ArgumentError(
            f"{what}: the dictionary has an entry {unknown[0]!r}", rule="outputs: " + ", ".join(names),
            hint="an output is called as the layer that makes it",
        )


def checked_input(model: str, array: np.ndarray, symbol: Any, name: str) -> np.ndarray:
    """The array; one number for each sample as a row of one feature, where the input takes such rows.

    Raises:
        DTypeError, ShapeError: which input, what it expects, what it got, and how to get there.
    """
    if array.dtype.kind in "USc" and symbol.dtype.numpy.kind not in "Oc":
        raise _no_numbers(model, array, symbol, name)
    dims = symbol.shape.lengths
    if dims is None:
        return array
    if array.ndim == 1 and dims[1:] in ((1,), (None,)):
        array = array[:, None]
    got = array.shape
    if len(dims) != len(got) or not _fits(dims[1:], got[1:]):
        raise ShapeError(
            f"input {name!r} of model {model!r}: expected shape {tuple(dims)}, got {tuple(got)}",
            rule="the first axis counts the samples, the others are those of input_shape",
            hint=_way_to(tuple(dims), tuple(got)),
        )
    if dims[0] is not None and got[0] % dims[0]:
        raise ShapeError(
            f"input {name!r} of model {model!r} has the fixed batch size {dims[0]}, got {got[0]} samples",
            rule="a stateful network sees batches of one size", hint="use a number of samples that it divides",
        )
    return array


def _no_numbers(model: str, array: np.ndarray, symbol: Any, name: str) -> DTypeError:
    if array.dtype.kind == "c":
        held, hint = "complex numbers", "x.real and x.imag as two features, or np.abs(x)"
    else:
        held = f"texts, such as {str(array.flat[0])!r}" if array.size else "texts"
        hint = "texts become numbers first: a keras.preprocessing.text.Tokenizer for sentences, one-hot columns for categories"
    return DTypeError(
        f"input {name!r} of model {model!r} takes {symbol.dtype.name}, x holds {held}",
        rule="a model computes with numbers", hint=hint,
    )


def _fits(wanted: tuple[Any, ...], shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape has the wanted lengths, where None stands for any."""
    return len(shape) == len(wanted) and all(d is None or d == n for d, n in zip(wanted, shape, strict=True))


def _way_to(dims: tuple[Any, ...], got: tuple[int, ...]) -> str:
    """How an array of shape `got` comes to the shape `dims`, whose first entry is the batch."""
    one = dims[1:]
    return _missing_axis(one, got) or _moved_axis(one, got) or _reshaped(one, got) or "compare x.shape with model.input_shape"


def _missing_axis(one: tuple[Any, ...], got: tuple[int, ...]) -> str | None:
    """The way for one axis too many or too few; `one` is the shape of a sample."""
    if one[:1] == (None,) and _fits(one[1:], got[1:]):
        return f"input_shape leaves the batch axis out: input_shape={one[1:]}"
    if _fits(one, got):
        return "a single sample still needs the batch axis: x[None]"
    if one[-1:] == (1,) and _fits(one[:-1], got[1:]):
        return f"x[..., None] adds the {'channel axis at the end' if len(one) == 3 else 'last axis'}"
    return None


def _moved_axis(one: tuple[Any, ...], got: tuple[int, ...]) -> str | None:
    """The way for axes that stand elsewhere."""
    if len(got) == len(one) + 2 and got[0] < got[1] and _fits(one, got[2:]):
        return f"a list of {got[0]} arrays for one input? np.concatenate(x) joins them"
    if len(one) == 3 and len(got) == 4 and _fits(one, (*got[2:], got[1])):
        return "the channels are in front: np.moveaxis(x, 1, -1) puts them last (a reshape would mix the pixels up)"
    return None


def _reshaped(one: tuple[Any, ...], got: tuple[int, ...]) -> str | None:
    """The way for the same numbers in another shape."""
    if len(one) == 2 and len(got) == 2:
        return f"x.reshape(len(x), steps, {one[-1] or 'features'}): a recurrent layer takes (samples, steps, features)"
    size = math.prod(got[1:])
    if one == (size,):
        return f"x.reshape(len(x), {size}) makes each sample one row, or start the model with Flatten(input_shape=...)"
    if None not in one and size == math.prod(one):
        return f"x.reshape(-1, {', '.join(map(str, one))})"
    return None


# ---- targets


def check_labels(ends: Any, targets: list[Any], losses: list[Any]) -> None:
    """Errors for labels that the loss cannot use, whatever their shapes: texts, numbers that are no class.

    ends: the signature of the model, with `outputs` and `output_names`.
    """
    for name, y, y_pred, loss in zip(ends.output_names, targets, ends.outputs, losses, strict=True):
        if y is None or loss is None:
            continue
        if y.dtype.kind in "USO":
            raise DTypeError(
                f"the targets of output {name!r} are texts, such as {str(y.flat[0])!r}" if y.size else "no targets",
                rule="a loss compares numbers",
                hint="classes, y = np.unique(y, return_inverse=True) numbers them from 0; classes[i] is the name of class i",
            )
        check = _CHECKS.get(getattr(getattr(loss, "fn", None), "__name__", ""))
        if check is not None and y.size and getattr(loss, "ignore_class", None) is None:
            check(name, y, y_pred.shape.lengths)


def _class_numbers(name: str, y: np.ndarray, dims: Any) -> None:
    """Class numbers are whole, and below the number of units."""
    units = dims[-1] if dims else None
    if y.dtype.kind == "b" or (y.ndim > 1 and y.shape[-1] == units != 1):
        return  # one-hot rows: the loss itself tells
    if y.dtype.kind == "f" and not np.array_equal(y, np.floor(y)):
        odd = y.flat[int(np.argmax(y != np.floor(y)))]
        raise ArgumentError(
            f"output {name!r}: the target {odd} is no class number",
            rule="sparse_categorical_crossentropy takes whole numbers from 0",
            hint="targets that are quantities need a loss such as 'mse' and a last layer without softmax",
        )
    if units is not None:
        _check_range(name, y, units)


def _check_range(name: str, y: np.ndarray, units: int) -> None:
    wrong = (y < 0) | (y >= units)
    if wrong.any():
        at = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), y.shape))
        raise ArgumentError(
            f"output {name!r}: label {y[at]:.0f} (y{_place(at)}) is out of range for {units} classes",
            rule=f"labels are the class numbers 0 to {units - 1}: the last layer has {units} units",
            hint=f"labels that start at 1 need y - 1; or the last layer needs {int(y.max()) + 1} units",
        )


def _yes_or_no(name: str, y: np.ndarray, dims: Any) -> None:
    """What the binary cross-entropy takes is a probability; class numbers and grey values are none."""
    if y.dtype.kind not in "iuf" or not (y.min() < 0 or y.max() > 1):
        return
    odd = y.max() if y.max() > 1 else y.min()
    text = f"output {name!r}: binary_crossentropy compares probabilities, and the target {odd:g} is none"
    if y.dtype.kind == "f" and not np.array_equal(y, np.floor(y)):
        warn_user(
            f"{text}: the loss can fall below 0 without end. Scale the targets to 0 ... 1, or use loss='mse'",
            RuntimeWarning,
        )
        return
    if y.max() > 100:
        hint = "grey values are scaled first: y.astype('float32') / 255"
    elif y.min() < 0:
        hint = "labels -1 and 1: (y + 1) / 2, or loss='hinge'"
    else:
        hint = (
            f"{int(y.max()) + 1} classes: Dense({int(y.max()) + 1}, activation='softmax') and "
            "loss='sparse_categorical_crossentropy'; two classes that are called 1 and 2: y - 1"
        )
    raise ArgumentError(text, rule="targets are 0 or 1 (or between them)", hint=hint)


_CHECKS: dict[str, Callable[[str, np.ndarray, Any], None]] = {
    "sparse_categorical_crossentropy": _class_numbers, "binary_crossentropy": _yes_or_no,
}


def warn_if_no_probabilities(outputs: list[tuple[str, Any, Any]], losses: list[Any]) -> None:
    """Warns of a last layer whose numbers are no probabilities beside a loss that takes their logarithms.

    outputs: (name, activation of the last layer or None, number of units) of each output.
    """
    for (name, activation, units), loss in zip(outputs, losses, strict=True):
        called, ends = (getattr(f, "__name__", "") for f in (getattr(loss, "fn", None), activation))
        if ends == "softmax" and units == 1:
            text = "softmax of 1 unit is always 1: two classes take Dense(1, activation='sigmoid')"
        elif called in _OF_PROBABILITIES and ends in _NO_PROBABILITIES and not loss.get_config().get("from_logits"):
            wanted = "'sigmoid'" if called == "binary_crossentropy" else "'softmax'"
            text = (
                f"{called} takes probabilities, and the last layer ends with {ends}: activation={wanted}, "
                "or a loss object with from_logits=True"
            )
        else:
            continue
        warn_user(f"output {name!r}: {text}", GraphWarning)


_OF_PROBABILITIES = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")
_NO_PROBABILITIES = ("linear", "relu", "tanh", "elu", "selu", "softplus")


def misses_targets(losses: list[Any]) -> DeepkitError:
    """The error of training, or testing, in which no output has both a loss and a target."""
    if all(loss is None for loss in losses):
        return ArgumentError(
            "the model was compiled without a loss", rule="training makes a loss smaller: a number that says how wrong",
            hint="compile(optimizer, loss='mse'), loss='sparse_categorical_crossentropy', ..., or add_loss inside the model",
        )
    return ArgumentError(
        "there is nothing to compare the outputs with: no targets (y) were given",
        rule="a loss compares the outputs with targets", hint="fit(x, y); validation_data=(x, y); a generator of (x, y)",
    )


# ---- a loss that is no number


def explain_nan(loss: float, batch: Any, number: int) -> None:
    """Warns that the loss is no number any more, and says whether the data brought it in."""
    inputs, targets, weights = batch
    for what, arrays in (("x", inputs), ("y", targets), ("sample_weight", weights)):
        for a in arrays:
            bad = None if a is None or a.dtype.kind != "f" else ~np.isfinite(a)
            if bad is not None and bad.any():
                at = _place(tuple(int(i) for i in np.argwhere(bad)[0]))
                reason = (
                    f"{what} holds {int(bad.sum())} NaN or infinite numbers in this batch, the first at {at} of it: "
                    "leave these samples out, or fill the gaps (np.nan_to_num)"
                )
                break
        else:
            continue
        break
    else:
        reason = (
            "the data are finite, so the weights have grown too large or a logarithm met 0: scale the inputs, "
            "take a smaller learning rate, or clipnorm=1"
        )
    warn_user(
        f"the loss of batch {number} is {loss}; {reason}. callbacks=[TerminateOnNaN()] ends training at once",
        RuntimeWarning,
    )
