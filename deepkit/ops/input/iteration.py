"""Iterators over data sets as ops: which element comes next is kept by the session."""

from __future__ import annotations

import inspect
import itertools
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from deepkit.core.node import Node
from deepkit.core.op import register
from deepkit.core.shape import Shape
from deepkit.core.typing import Array, ArrayModule
from deepkit.device.dtypes import DType
from deepkit.errors import ArgumentError, ClosedSessionError, DTypeError, OutOfRangeError, UninitializedError
from deepkit.ops.input.resources import Kept, Resource, ResourceUse

Row = tuple[np.ndarray, ...]
"""One element of a data set: the arrays of its parts, in order."""


def copied(value: Array | Kept) -> Array | Kept:
    """A copy of an array; a queue, a table or an iterator is itself."""
    return np.array(value) if isinstance(value, (np.ndarray, np.generic, bool, int, float, complex, str, bytes)) else value


class Pass:
    """One going through a data set: the values of the tensors that it was made of, and what its steps remember.

    session: plans functions and has the random streams (runtime.resources.Resources). values: tensor -> array.
    """

    def __init__(self, session: Any, values: dict[Any, np.ndarray], outer: Pass | None = None):
        self.session, self.values = session, values
        self._memory: dict[Any, Any] = {}
        self._plans: dict[Any, Callable[[Sequence[Any]], list[Any]]] = {} if outer is None else outer._plans
        self._endings: list[Callable[[], None]] = [] if outer is None else outer._endings

    def remember(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` gave at the first call with this key."""
        if key not in self._memory:
            self._memory[key] = make()
        return self._memory[key]

    def function(self, graph: Any) -> Callable[[Sequence[Any]], list[Any]]:
        """The function that a function graph is, of its inputs and then of what it captured; planned once."""
        if graph not in self._plans:
            self._plans[graph] = self.session.function(graph)
        return self._plans[graph]

    def inside(self, values: dict[Any, np.ndarray]) -> Pass:
        """A pass through a data set that was made for one element of this one."""
        return Pass(self.session, values, self)

    def at_end(self, ending: Callable[[], None]) -> None:
        """Something to call when the pass is given up: it ends waits."""
        self._endings.append(ending)

    def not_at_end(self, ending: Callable[[], None]) -> None:
        """Takes back what at_end said."""
        if ending in self._endings:
            self._endings.remove(ending)

    def give_up(self) -> None:
        for ending in list(self._endings):
            ending()


class DataIterator:
    """Where an iterator stands. Threads take turns; each gets an element of its own."""

    def __init__(self, name: str, session: Any):
        self.name, self._session = name, session
        self._turn = threading.Lock()
        self._rows: Iterator[Row] | None = None
        self._pass: Pass | None = None
        self._failed: BaseException | None = None
        self._closed = False

    @property
    def started(self) -> bool:
        return self._pass is not None

    def start(self, dataset: Any, values: Sequence[Any]) -> None:
        """Goes to the beginning of a data set."""
        with self._turn:
            self._stop()
            copies = [copied(value) for value in values]  # what was fed, or a variable's value, may change later
            self._pass = Pass(self._session, dict(zip(dataset.inputs, copies, strict=True)))
            self._rows, self._failed = dataset.rows(self._pass), None

    def next(self) -> Row:
        """The next element.

        Raises:
            OutOfRangeError: there is none any more.
        """
        with self._turn:
            if self._rows is None:
                raise UninitializedError(
                    f"the iterator {self.name!r} has no data yet", rule="an initializable iterator is started by an operation",
                    hint="sess.run(iterator.initializer) before the first get_next; again for the next epoch",
                )
            if self._failed is not None:  # an error in the middle is not the end of the data
                raise self._failed
            try:
                return next(self._rows)
            except StopIteration:
                raise OutOfRangeError(
                    f"the iterator {self.name!r} has come to the end of its data",
                    rule="every element was given once",
                    hint="except tf.errors.OutOfRangeError: the epoch ends here; or dataset.repeat()",
                ) from None
            except Exception as error:
                ending = self._end_of(error)
                self._failed = ending if self._closed or _ends_a_generator(error) else None
                raise ending from error
            finally:
                if self._closed:
                    self._stop()

    def _end_of(self, error: Exception) -> Exception:
        if not self._closed:
            return error
        return ClosedSessionError(
            "the session was closed while a thread waited for data", rule="closing ends every wait"
        )

    def _stop(self) -> None:
        if self._pass is not None:
            self._pass.give_up()
        if self._rows is not None:
            self._rows.close()  # type: ignore[attr-defined]
        self._rows = self._pass = None

    def cancel(self) -> None:
        """The session is closed: waits end, background threads stop, files are closed."""
        self._closed = True
        going = self._pass
        if going is not None:
            going.give_up()
        if self._turn.acquire(blocking=False):  # else the thread that is at it stops it
            try:
                self._stop()
            finally:
                self._turn.release()


def _ends_a_generator(error: BaseException) -> bool:
    """Whether the error went through a generator, which gives no row any more; the steps that are classes go on."""
    return any(frame.f_code.co_flags & inspect.CO_GENERATOR for frame, _ in traceback.walk_tb(error.__traceback__))


class IteratorHandle(Resource):
    """Base of the iterators."""

    def make(self, node: Any, session: Any) -> Any:
        return DataIterator(node.name, session)


@register
class IteratorV2(IteratorHandle):
    """An iterator that MakeIterator starts."""


@register
class OneShotIterator(IteratorHandle):
    """An iterator that starts by itself, once; the inputs are the tensors that its data set was made of."""

    dataset: Any = None
    types = ("any",)

    def forward(self, xp: ArrayModule, iterator: DataIterator, *values: Array) -> Any:
        if not iterator.started:
            iterator.start(self.dataset, values)
        return iterator

    def key(self) -> Any:
        return id(self)


class _Session:
    """A session, as the ops that look for an iterator by its name need it."""

    def __init__(self, session: Any):
        self.named = session.named

    def cancel(self) -> None:
        """Nothing waits here."""


@register
class IteratorFromStringHandleV2(IteratorHandle):
    """The iterator of the session that has this name."""

    types = ("string",)

    def make(self, node: Any, session: Any) -> Any:
        return _Session(session)

    def forward(self, xp: ArrayModule, session: _Session, handle: Array) -> Any:
        return session.named(np.asarray(handle, object).item().decode())


@register
class MakeIterator(ResourceUse):
    """Starts an iterator at the beginning of a data set; the other inputs are the tensors it was made of."""

    dataset: Any = None
    types = ("string", "any")
    returns = "bool"

    def forward(self, xp: ArrayModule, iterator: DataIterator, *values: Array) -> Any:
        iterator.start(self.dataset, values)
        return np.True_

    def key(self) -> Any:
        return id(self)


@register
class IteratorToStringHandle(ResourceUse):
    """The name under which the session knows an iterator."""

    returns = "string"

    def forward(self, xp: ArrayModule, iterator: DataIterator) -> Any:
        return np.array(iterator.name.encode(), object)


@register
class IteratorGetNext(ResourceUse):
    """The parts of the next element. components and static: their types and shapes."""

    components: tuple[DType, ...] = ()
    static: tuple[Shape, ...] = ()
    waits = True

    def shape(self, iterator: Shape) -> Any:
        return self.static

    def dtype(self, iterator: DType) -> Any:
        return self.components

    def forward(self, xp: ArrayModule, iterator: DataIterator) -> Any:
        row = iterator.next()
        for i, (part, wanted) in enumerate(zip(row, self.components, strict=True)):
            if part.dtype != wanted.numpy:
                raise DTypeError(
                    f"the iterator's data have {part.dtype.name} as part {i}, it was made for {wanted.name}",
                    hint="the data sets of one iterator have the same types: dataset.map(lambda x: tf.cast(x, ...))",
                )
        return row


class _Runner:
    """A session, as the ops that go through a whole data set need it; closing the session ends their waits."""

    def __init__(self, session: Kept):
        self.session = session
        self.going: list[Pass] = []

    def cancel(self) -> None:
        """The session is closed: passes are given up."""
        for each in list(self.going):
            each.give_up()


@register
class DatasetRunner(IteratorHandle):
    """What goes through whole data sets in a run."""

    def make(self, node: Node, session: Kept) -> Any:
        return _Runner(session)


@register
class ReduceDataset(ResourceUse):
    """A state, moved on by a function of itself and each element of a data set.

    Inputs: the runner, the parts of the state, then the tensors, `needs`, that the data set and the function were made of.
    """

    dataset: Any = None
    function: Any = None
    needs: tuple[Any, ...] = ()
    static: tuple[Shape, ...] = ()
    types = ("string", "any")

    def shape(self, runner: Shape, *_: Shape) -> Any:
        return self.static

    def dtype(self, runner: DType, *dtypes: DType) -> Any:
        return dtypes[: len(self.static)]

    def key(self) -> Any:
        return id(self)

    def forward(self, xp: ArrayModule, runner: _Runner, *values: Array) -> Any:
        count = len(self.static)
        state: tuple[Any, ...] = tuple(np.array(value) for value in values[:count])
        go = Pass(runner.session, dict(zip(self.needs, map(copied, values[count:]), strict=True)))
        rows, call = self.dataset.rows(go), self.function.bound(go)
        runner.going.append(go)
        try:
            for row in rows:
                state = call((*state, *row))
        finally:
            runner.going.remove(go)
            go.give_up()
            rows.close()
        return state


@register
class SingleElement(ResourceUse):
    """The only element of a data set; inputs: the runner, and the tensors that the data set was made of."""

    dataset: Any = None
    components: tuple[DType, ...] = ()
    static: tuple[Shape, ...] = ()
    types = ("string", "any")

    def shape(self, runner: Shape, *_: Shape) -> Any:
        return self.static

    def dtype(self, runner: DType, *_: DType) -> Any:
        return self.components

    def key(self) -> Any:
        return id(self)

    def forward(self, xp: ArrayModule, runner: _Runner, *values: Array) -> Any:
        go = Pass(runner.session, dict(zip(self.dataset.inputs, map(copied, values), strict=True)))
        rows = self.dataset.rows(go)
        try:
            found = list(itertools.islice(rows, 2))
        finally:
            go.give_up()
            rows.close()
        if len(found) != 1:
            raise ArgumentError("get_single_element: the data set has " + ("no element" if not found else "more than one"))
        return found[0]
