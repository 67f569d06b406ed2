"""What `fit` is given, as batches: arrays, dictionaries of arrays, generators and Sequences."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, GraphWarning, ShapeError
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.nested import listed
from deepkit.keras.base.input_layer import Input
from deepkit.keras.engine.data_checks import check_labels, check_output_names, checked_input, regular
from deepkit.keras.engine.graph_data import stream_of
from deepkit.keras.engine.sample_weights import weights_of
from deepkit.site import warn_user

Batch = tuple[list[np.ndarray], list[Any], list[Any]]
"""Inputs, targets and sample weights, each a list with one entry for each input or output (None where there is none)."""


def arrays_of(value: Any, names: list[str], what: str) -> list[np.ndarray]:
    """One array for each name, from an array, a list of them or a dictionary by name."""
    if isinstance(value, dict):
        missing = [n for n in names if n not in value]
        if missing:
            raise ArgumentError(
                f"{what}: the dictionary has no entry {missing[0]!r}", rule="one entry for each of: " + ", ".join(names),
                hint=f"it has: {', '.join(map(repr, value))}",
            )
        return [regular(value[n], what) for n in names]
    found = [regular(v, what) for v in (value if _is_several(value, len(names)) else [value])]
    if len(found) != len(names):
        raise ArgumentError(
            f"{what}: {len(found)} arrays for {len(names)} ({', '.join(names)})",
            rule=f"the model has {len(names)} of them",
            hint=f"pass a list of {len(names)} arrays, or a dictionary by name" if len(names) > 1 else "pass one array",
        )
    return found


def _is_several(value: Any, wanted: int) -> bool:
    """Whether a list holds one array for each of the wanted ones, and is not itself one array."""
    if not isinstance(value, (list, tuple)) or wanted > 1:
        return isinstance(value, (list, tuple))
    if len(value) != 1:
        return False
    return value[0] is None or (np.ndim(value[0]) > 0 and hasattr(value[0], "shape"))  # [array] for a model of one input


class Arrays:
    """Arrays cut into batches, shuffled anew for every epoch; with `steps`, each of so many steps takes them whole.

    unclassed: the weights of the samples without the factors of their classes, by which what `split` holds back counts.
    """

    counts_anew = False
    held_back_by_class = False
    """Whether the factors of the classes count in what `split` holds back, too."""

    def __init__(
        self, inputs: list[np.ndarray], targets: list[Any], weights: list[Any], batch_size: int, shuffle: Any,
        steps: int | None = None, unclassed: list[Any] | None = None,
    ):
        self.inputs, self.targets, self.weights = inputs, targets, weights
        self.samples = _number_of_samples(inputs, targets, weights, steps)
        self.shuffle, self.whole_steps = shuffle, steps
        self.unclassed = weights if unclassed is None or self.held_back_by_class else unclassed
        self._batch_size, self._pattern = _checked_batch_size(batch_size), None

    @property
    def batch_size(self) -> int:
        return self._batch_size if self._pattern is None else self._pattern.batch_size or self._batch_size

    def take_batch_size_of(self, source: Any) -> None:
        """Makes batches as large as those of the other source, which may learn their size only when it is read."""
        self._pattern = source

    @property
    def steps(self) -> int:
        return -(-(self.samples or 0) // self.batch_size) if self.whole_steps is None else self.whole_steps

    def rewind(self) -> None:
        """Every epoch begins with the first batch."""

    def batches(self) -> Iterator[Batch]:
        """One epoch."""
        if self.whole_steps is not None:
            yield from itertools.repeat((self.inputs, self.targets, self.weights), self.whole_steps)
            return
        for rows in self._rows():
            yield _rows_of((self.inputs, self.targets, self.weights), rows)

    def _rows(self) -> Iterator[Any]:
        """Which samples go into each batch of an epoch: a slice, or their numbers in the order of the shuffling."""
        size, count = self.batch_size, self.samples or 0
        if self.shuffle and self.shuffle != "batch":
            order = np.arange(count)
            np.random.shuffle(order)
            yield from (order[start : start + size] for start in range(0, count, size))
            return
        starts = np.random.permutation(self.steps) if self.shuffle else np.arange(self.steps)
        yield from (slice(start, start + size) for start in starts * size)

    @property
    def arrays(self) -> list[Any]:
        """Inputs, targets and weights in one list; where no weights were given, ones."""
        pairs = [(a, w) for a, w in zip(self.targets, self.weights, strict=True) if a is not None]
        ones = np.ones(self.samples or 1, floatx())
        return [*self.inputs, *[a for a, _ in pairs], *[ones if w is None else w for _, w in pairs]]

    def split(self, fraction: float, steps: int | None = None) -> tuple[Arrays, Arrays]:
        """The first part for training and the last `fraction` for validation (in `steps`), before any shuffling."""
        if not 0 < fraction < 1:
            raise ArgumentError(f"validation_split={fraction}", rule="a number between 0 and 1: the part held back")
        if self.samples is None:
            raise ArgumentError("validation_split of tensors of the graph", rule="how many samples they give is not known",
                                hint="validation_data=, of tensors with validation_steps= or of arrays")
        at = int(self.samples * (1 - fraction))
        if at in (0, self.samples):
            raise ArgumentError(f"validation_split={fraction} of {self.samples} samples leaves one part empty")

        def part(rows: slice, weights: list[Any], shuffle: Any, steps: int | None) -> Arrays:
            return Arrays(*_rows_of((self.inputs, self.targets, weights), rows), self.batch_size, shuffle, steps)

        trained = part(slice(0, at), self.weights, self.shuffle, self.whole_steps)
        return trained, part(slice(at, None), self.unclassed, False, steps)


def _rows_of(groups: Batch, rows: Any) -> Batch:
    """These rows of all arrays."""
    inputs, targets, weights = ([None if a is None else a[rows] for a in group] for group in groups)
    return inputs, targets, weights  # type: ignore[return-value]


def _number_of_samples(
    inputs: list[Any], targets: list[Any], weights: list[Any], steps: int | None = None
) -> int | None:
    """The length of the arrays, None where there are none for so many steps; ShapeError if it is not one for all."""
    groups = (("x", inputs), ("y", targets), ("sample_weight", weights))
    lengths = [(what, len(a)) for what, group in groups for a in group if a is not None]
    if not lengths and steps is not None:
        return None
    if not lengths:
        raise ArgumentError(
            "all data are tensors of the graph", rule="only the number of steps says where an epoch ends",
            hint="fit(epochs=..., steps_per_epoch=...); steps= of evaluate and predict",
        )
    if len({length for _, length in lengths}) != 1:
        raise ShapeError(
            "the arrays have different numbers of samples: " + ", ".join(f"{what} {n}" for what, n in lengths),
            rule="the first axis counts the samples, and is as long in x as in y",
            hint="was one of them split or filtered without the other?",
        )
    return lengths[0][1]


def _checked_batch_size(batch_size: Any) -> int:
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        shown = "an array" if hasattr(batch_size, "shape") else repr(batch_size)
        raise ArgumentError(
            f"batch_size is {shown}", rule="a whole number of samples, at least 1",
            hint="predict(x) takes the inputs alone" if shown == "an array" else "batch_size=32; n // 2 is whole",
        )
    return int(batch_size)


class Stream:
    """Batches from a generator, or anything that can be iterated over: (x), (x, y) or (x, y, weights).

    What can be read again is read round and round: with fewer steps than there are batches an epoch goes on where the
    last one has ended.
    """

    def __init__(
        self, source: Any, training: Any, steps: int | None, class_weight: Any = None, compared: bool = True
    ):
        self.source, self.training, self.class_weight, self.compared = source, training, class_weight, compared
        self.samples = None
        self.batch_size: int | None = None  # of the last batch
        self._said_steps = steps
        self._once = hasattr(source, "__next__")
        self._left: Iterator[Any] | None = iter(source) if self._once else None
        if self.steps is None and isinstance(source, Generator):
            warn_user(
                "a generator without steps_per_epoch: the epoch lasts until the generator ends, and one with "
                "`while True` never does. steps_per_epoch = number of samples // batch size",
                GraphWarning,
            )
        if not training.signature.inputs:  # the model learns their shapes from the first batch, which is put back
            self._batch(self._first())

    @property
    def counts_anew(self) -> bool:
        """Whether each epoch has as many batches as the source says then: it may be longer or shorter in each."""
        return self._said_steps is None and hasattr(self.source, "__len__")

    @property
    def steps(self) -> int | None:
        """The batches of the next epoch, if that is known."""
        return len(self.source) if self.counts_anew else self._said_steps

    def _first(self) -> Any:
        if self._left is None:
            return next(iter(self.source))
        first = next(self._left)
        self._left = itertools.chain([first], self._left)
        return first

    def rewind(self) -> None:
        """Lets the next epoch begin with the first batch, if the source can be read again."""
        if not self._once:
            self._left = None

    def batches(self) -> Iterator[Batch]:
        """One epoch: `steps` batches, or all there are."""
        steps, count = self.steps, 0
        for item in self._items():
            yield self._batch(item)
            count += 1
        if not count and steps != 0:
            raise ArgumentError(
                "the generator gave no batch", rule="a generator can be read once; every epoch needs one that goes on",
                hint="`while True: yield x, y` with steps_per_epoch=..., or a keras.utils.Sequence",
            )
        if steps is not None and count < steps:
            raise ArgumentError(
                f"the generator ended after {count} of {steps} batches",
                rule="a generator for fit goes on for ever: `while True: yield x, y`",
                hint=f"steps_per_epoch={max(count, 1)}, or a keras.utils.Sequence",
            )

    def _items(self) -> Iterator[Any]:
        """What the source gives in one epoch."""
        steps = self.steps
        if steps is None:
            yield from self._left if self._left is not None else iter(self.source)
            return
        count = 0
        while count < steps:
            before = count if self._left is None else -1  # a round that has just begun and gives nothing is the last
            self._left = iter(self.source) if self._left is None else self._left
            for item in itertools.islice(self._left, steps - count):
                yield item
                count += 1
            if count < steps:
                if self._once or count == before:
                    return
                self._left = None

    def _batch(self, item: Any) -> Batch:
        self._check_item(item)
        x, y, weights = (*(item if isinstance(item, tuple) else (item,)), None, None)[:3]
        batch = batch_of(self.training, x, *((y, weights, self.class_weight) if self.compared else ()))
        self.batch_size = len(batch[0][0]) if batch[0] else None
        return batch

    def _check_item(self, item: Any) -> None:
        pair = isinstance(item, list) and len(item) in (2, 3) and len(self.training.signature.fed) == 1
        if item is None or pair:
            got, hint = "None" if item is None else f"a list of {len(item)}", "yield x, y"
        elif isinstance(item, tuple) and not 1 <= len(item) <= 3:
            got, hint = f"a tuple of {len(item)}", None
        else:
            return
        raise ArgumentError(
            f"the generator gave {got}",
            rule="each batch is a tuple (x, y) or (x, y, sample_weight); x and y may be lists", hint=hint,
        )


class SequenceStream(Stream):
    """Batches from a Sequence, in another order in each round if they are shuffled."""

    def __init__(
        self, source: Any, training: Any, steps: int | None, class_weight: Any = None, compared: bool = True,
        shuffle: bool = False,
    ):
        self.shuffle = shuffle
        self._order: list[int] = []  # of the batches of this round that are left, the next one at the end
        super().__init__(source, training, steps, class_weight, compared)

    def _first(self) -> Any:
        return self.source[0]

    def rewind(self) -> None:
        self._order = []

    def _items(self) -> Iterator[Any]:
        for _ in range(self.steps or 0):
            if not self._order:
                order = np.arange(len(self.source))
                if self.shuffle:
                    np.random.shuffle(order)
                self._order = order[::-1].tolist()
                if not self._order:
                    return
            yield self.source[self._order.pop()]
            if not self._order and hasattr(self.source, "on_epoch_end"):
                self.source.on_epoch_end()


def batch_of(training: Any, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None) -> Batch:
    """Arrays for each input and output of the model."""
    if not training.signature.inputs:
        training.model.begin_with(_inputs_like(x))
    ends = training.signature
    inputs = [] if x is None and not ends.fed else arrays_of(x, ends.input_names, "x")
    inputs = [
        checked_input(training.model.name, a, symbol, name)
        for a, symbol, name in zip(inputs, ends.fed, ends.input_names, strict=True)
    ]
    targets: list[Any] = [None] * len(ends.output_names)
    if y is not None:
        losses = training.prepared().losses if training.target_tensors is None else _losses_of_data(training)
        targets = _targets(y, ends.output_names, losses)
        check_labels(ends, targets, losses)
    if sample_weight is None and class_weight is None:
        return inputs, targets, [None] * len(targets)
    return inputs, targets, weights_of(sample_weight, class_weight, targets, ends.output_names)


def _losses_of_data(training: Any) -> list[Any]:
    """The losses of the outputs whose targets come as data; None for the others."""
    losses: list[Any] = training.prepared().losses
    return [loss if mine is None else None for loss, mine in zip(losses, training.targets_of_the_graph(), strict=True)]


def _inputs_like(x: Any) -> list[Any]:
    """Inputs for a model that did not know them, from the shapes of the first batch."""
    arrays = [np.asarray(a) for a in (x if isinstance(x, (list, tuple)) else [x])]
    return [Input(shape=a.shape[1:], dtype=None if a.dtype.kind == "f" else a.dtype.name) for a in arrays]


def _targets(y: Any, names: list[str], losses: list[Any]) -> list[Any]:
    """The targets of the outputs that have a loss; a list may leave the others out, or hold what nobody looks at."""
    compared = [name for name, loss in zip(names, losses, strict=True) if loss is not None]
    given = _targets_by_name(y, names, compared)
    missing = [name for name in compared if given.get(name) is None]
    if missing:
        raise ArgumentError(
            f"y has no targets for output {missing[0]!r}", rule="an output with a loss is compared with targets",
            hint=f"compile(loss={{...}}) without {missing[0]!r} leaves this output out of training",
        )
    return [regular(given[name], "y") if name in given else None for name in names]


def _targets_by_name(y: Any, names: list[str], compared: list[str]) -> dict[str, Any]:
    """What was given for the outputs that are compared with targets."""
    if isinstance(y, dict):
        check_output_names(y, names, "y")
        return {name: y[name] for name in compared if name in y}
    if not compared:
        return {}
    if _is_one_each(y, names):
        return {name: part for name, part in zip(names, y, strict=True) if name in compared}
    return dict(zip(compared, arrays_of(y, compared, "y"), strict=True))


def _is_one_each(y: Any, names: list[str]) -> bool:
    """Whether y is a list of targets for the outputs in their order, None for those that are not compared."""
    listed = isinstance(y, (list, tuple)) and len(y) == len(names) > 1
    return listed and all(a is None or hasattr(a, "shape") for a in y)


def source_of_batches(
    training: Any, x: Any, y: Any = None, sample_weight: Any = None, batch_size: Any = None, shuffle: Any = False,
    steps: int | None = None, class_weight: Any = None, compared: bool = True,
) -> Any:
    """Arrays or a Stream, whatever `x` is. compared: whether the targets that a stream gives are looked at."""
    if type(x) is not np.ndarray or type(y) is not np.ndarray:  # arrays are the quick way
        source = _stream(training, x, y, sample_weight, batch_size, shuffle, steps, class_weight, compared)
        if source is not None:
            return source
    inputs, targets, weights = batch_of(training, x, y, sample_weight, class_weight)
    size = training.signature.batch_size or 32 if batch_size is None else batch_size
    unclassed = None
    if class_weight is not None:
        unclassed = weights_of(sample_weight, None, targets, training.signature.output_names)
    return Arrays(inputs, targets, weights, size, shuffle, steps, unclassed)


def _stream(
    training: Any, x: Any, y: Any, sample_weight: Any, batch_size: Any, shuffle: Any, steps: int | None, class_weight: Any,
    compared: bool,
) -> Stream | None:
    """What gives the batches one by one; None where arrays are cut into batches."""
    source = stream_of(x, y, sample_weight, steps)
    if source is not None:
        return Stream(source, training, steps, class_weight, compared)
    if x is None and (training.signature.fed or not training.signature.inputs):
        raise ArgumentError("x is None", hint="fit(x, y): the inputs first, then the targets")
    if x is None or not _is_stream(x):
        return None
    _check_generator_alone(y, batch_size)
    if hasattr(x, "__getitem__") and hasattr(x, "__len__"):
        return SequenceStream(x, training, steps, class_weight, compared, bool(shuffle))
    return Stream(x, training, steps, class_weight, compared)


def _check_generator_alone(y: Any, batch_size: Any) -> None:
    if y is not None:
        raise ArgumentError("y beside a generator", rule="a generator gives (x, y) itself", hint="leave y out")
    if batch_size is not None:
        raise ArgumentError(
            "batch_size beside a generator", rule="a generator makes the batches itself",
            hint="leave batch_size out; steps_per_epoch says how many batches make an epoch",
        )


def _is_stream(x: Any) -> bool:
    """Whether batches are read from `x`, and it is no array, no table, and no list or dictionary of them."""
    if isinstance(x, (list, tuple, dict)) or hasattr(x, "shape") or hasattr(x, "to_numpy"):
        return False
    return any(hasattr(x, method) for method in ("__next__", "__iter__", "__getitem__"))


def validation_parts(data: Any) -> tuple[Any, Any, Any]:
    """(x, y, weights) of validation_data."""
    parts = listed(data)
    if not isinstance(data, (tuple, list)) or len(parts) not in (2, 3):
        raise ArgumentError(
            "validation_data without targets" if hasattr(data, "shape") else f"validation_data of {len(parts)} parts",
            rule="(x, y) or (x, y, sample_weight)",
            hint="validation_data=(x_test, y_test)",
        )
    return parts[0], parts[1], parts[2] if len(parts) == 3 else None
