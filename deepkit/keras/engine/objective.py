"""What training makes smaller: the losses of all outputs, weighted and masked."""

from __future__ import annotations

import functools
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import losses as losses_module
from deepkit.keras.backend.context import mask_of
from deepkit.keras.backend.nested import keras_shape
from deepkit.keras.engine.data_checks import misses_targets
from deepkit.keras.metrics.base import Mean


def per_output(value: Any, names: list[str], what: str) -> list[Any]:
    """One entry for each output from one for all, a list, or a dictionary by name."""
    if isinstance(value, dict):
        unknown = [k for k in value if k not in names]
        if unknown:
            raise ArgumentError(
                f"compile: {what} names an output {unknown[0]!r}", rule="outputs: " + ", ".join(names),
                hint="an output is called as the layer that makes it",
            )
        return [value.get(n) for n in names]
    if isinstance(value, (list, tuple)):
        if len(value) != len(names):
            raise ArgumentError(
                f"compile: {len(value)} entries in {what} for {len(names)} outputs", rule="one for each"
            )
        return list(value)
    return [value] * len(names)


def aligned(y_true: Any, y_pred: Any, weight: Any) -> tuple[Any, Any]:
    """Targets and weights of shape (n,) as columns beside predictions of shape (n, 1), in the predictions' type."""
    rank = len(y_pred.shape)
    if len(y_true.shape) == 1 and rank == 2:
        y_true = ops.expand_dims(y_true, -1)
    if weight is not None:
        if len(weight.shape) == 1 and rank == 2:
            weight = ops.expand_dims(weight, -1)
        weight = ops.cast(weight, y_pred.dtype)
    if y_pred.dtype.is_floating and not y_true.dtype.is_complex:
        y_true = ops.cast(y_true, y_pred.dtype)
    return y_true, weight


class Objective:
    """The losses of a model's outputs and their weighted sum.

    Where there are several outputs, the loss of each is reported, too, as the mean over the batches so far.
    """

    def __init__(self, loss: Any, loss_weights: Any, names: list[str]):
        self.names = names
        self.losses = [_loss(x) for x in per_output(loss, names, "loss")]
        weights = [None] * len(names) if loss_weights is None else per_output(loss_weights, names, "loss_weights")
        self.weights = [1.0 if w is None else w for w in weights]
        several = len(names) > 1
        self._means = [
            Mean(f"{n}_loss") if several and x is not None else None for n, x in zip(names, self.losses, strict=True)
        ]
        self.means: list[Mean] = [m for m in self._means if m is not None]
        """The metrics that keep the losses of single outputs."""

    def __call__(
        self, ys: list[Any], outputs: list[Any], weights: list[Any], penalties: list[Any]
    ) -> tuple[Any, list[Any]]:
        """(the total loss, the updates of the means)."""
        terms, updates = [], []
        rows = zip(ys, outputs, weights, self.losses, self.weights, self._means, self.names, strict=True)
        for y_true, y_pred, weight, loss, factor, mean, name in rows:
            if y_true is None or loss is None:
                continue
            value = _loss_of_output(loss, y_true, y_pred, weight, name)
            if mean is not None:
                with mean.beside(value):
                    updates += mean.update_state(value)
            terms.append(value if factor == 1.0 else value * ops.cast(factor, value.dtype))
        if not terms and not penalties:
            raise misses_targets(self.losses)
        terms += [p if not len(p.shape) else ops.reduce_mean(p) for p in penalties]
        return functools.reduce(lambda total, term: total + ops.cast(term, total.dtype), terms), updates


def _loss_of_output(loss: Any, y_true: Any, y_pred: Any, weight: Any, name: str) -> Any:
    y_true, weight = aligned(y_true, y_pred, weight)
    check_target(loss, y_true, y_pred, name)
    mask = mask_of(y_pred)
    value = loss(y_true, y_pred, sample_weight=weight, **({} if mask is None else {"mask": mask}))
    return ops.reduce_mean(value) if len(value.shape) else value


def _loss(loss: Any) -> Any:
    if loss is None:
        return None
    found = losses_module.get(loss)
    return found if isinstance(found, losses_module.Loss) else losses_module.LossFunctionWrapper(found)


_LIKE_PREDICTIONS = {
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    "squared_hinge", "hinge", "categorical_hinge", "logcosh", "log_cosh", "huber", "categorical_crossentropy",
    "binary_crossentropy", "kl_divergence", "poisson", "cosine_similarity", "cosine_proximity",
}


_ONE_ROW = (
    "one row for each sample: Flatten() or GlobalAveragePooling2D() before the last Dense; "
    "return_sequences=False in the last recurrent layer"
)


def check_target(loss: Any, y_true: Any, y_pred: Any, name: str) -> None:
    """ShapeError if targets and predictions of a loss that compares them one by one have different shapes."""
    fn = getattr(loss, "fn", loss)
    called = getattr(fn, "__name__", type(fn).__name__)
    want, got = keras_shape(y_pred), keras_shape(y_true)
    if want is None or got is None:
        return
    if called == "sparse_categorical_crossentropy" and len(want) > len(got) + 1:
        raise ShapeError(
            f"output {name!r}: one class number for each sample, but the predictions have shape {want}",
            rule=f"{called} takes one class number for each row of probabilities: targets of shape {want[:-1]}",
            hint=_ONE_ROW,
        )
    if called in _LIKE_PREDICTIONS and not _fits(want[1:], got[1:]):
        raise ShapeError(
            f"output {name!r}: the loss {called} compares targets of shape {got} with predictions of shape {want}",
            rule=f"expected shape {want}, got {got}: one target for each predicted number, nothing is broadcast",
            hint=_target_hint(called, want, got),
        )


def _fits(want: tuple[Any, ...], got: tuple[Any, ...]) -> bool:
    """Whether two shapes are the same as far as they are known."""
    return len(want) == len(got) and all(a is None or b is None or a == b for a, b in zip(want, got, strict=True))


def _target_hint(called: str, want: tuple[Any, ...], got: tuple[Any, ...]) -> str:
    """How targets of shape `got` and predictions of shape `want` come together."""
    if called == "categorical_crossentropy" and (len(got) == len(want) - 1 or got[-1] == 1):
        return "the labels look like class numbers: loss='sparse_categorical_crossentropy', or to_categorical(y)"
    if len(got) == 2 < len(want):
        return _ONE_ROW
    if len(got) == len(want) and called.endswith("crossentropy") and None not in (got[-1], want[-1]) and got[-1] > 1:
        return f"the targets have {got[-1]} classes: the last layer is Dense({got[-1]}, ...)"
    if len(got) == 2 and got[-1] == 1 and called != "binary_crossentropy":
        return "one number for each sample: the last layer is Dense(1)"
    return "give the targets the shape of the model's output, or change the last layer"
