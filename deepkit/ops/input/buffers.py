"""The inside of a queue: elements on their way from threads that put them in to threads that take them out."""

from __future__ import annotations

import heapq
import itertools
import threading
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from deepkit.device.philox import Stream
from deepkit.errors import CancelledError, ClosedSessionError, GraphWarning, OutOfRangeError
from deepkit.ops.input import deadline

PATIENCE = 10.0  # seconds that the main thread waits for an element before it says what it waits for
_WORDS = 64  # random words drawn at once

_fillers: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


def fills_queues(thread: threading.Thread) -> threading.Thread:
    """Says that a thread is there to put things into queues: while it lives, however slow, who takes is not starved."""
    _fillers.add(thread)
    return thread


def _being_filled() -> bool:
    """Whether another thread lives that puts things into queues."""
    return any(thread in _fillers for thread in threading.enumerate() if thread is not threading.current_thread())


def random_words(stream: Stream) -> Iterator[int]:
    """The 32-bit words of a stream, one after the other, without end."""
    while True:
        yield from stream.words(stream.take(_WORDS // 4), _WORDS).tolist()


class Buffer:
    """First in, first out. Who puts in waits while it is full, who takes out while it is empty, each in his turn.

    capacity: the most elements (0 or less: any number). After close() nothing comes in any more; what is inside can
    still be taken out, and then there is an OutOfRangeError. cancel() ends every wait at once.
    """

    kind = "FIFOQueue"

    def __init__(self, name: str, capacity: int):
        self.name, self.capacity = name, capacity
        self._changed = threading.Condition()
        self._putting: deque[object] = deque()  # one ticket for each thread that waits, in the order they came
        self._taking: deque[object] = deque()
        self._closed = self._refusing = self._cancelled = self._warned = False
        self._items = self._empty()

    # ---- how elements are kept: what the kinds of queues differ in

    def _empty(self) -> Any:
        return deque()

    def _add(self, element: Any) -> None:
        self._items.append(element)

    def _remove(self) -> Any:
        return self._items.popleft()

    def _give_back(self, elements: list[Any]) -> None:
        """`elements`, taken out last and not needed after all, are inside again as before."""
        self._items.extendleft(reversed(elements))

    def _ready(self) -> bool:
        """An element may be taken out now."""
        return len(self._items) > 0

    # ---- the threads

    def put(self, elements: Sequence[Any]) -> None:
        """Puts elements in one by one, waiting for room; no other thread's elements come between.

        Raises:
            CancelledError: the queue is closed, or was closed with cancel_pending_enqueues meanwhile.
        """
        ticket = object()
        fills_queues(threading.current_thread())
        with self._changed:
            if self._closed and not self._cancelled:
                raise CancelledError(
                    f"the queue {self.name!r} is closed", rule="after close() nothing can be put into a queue",
                    hint="close it after the last enqueue; a new session has a new, open queue",
                )
            self._putting.append(ticket)
            try:
                for element in elements:
                    self._wait(lambda: self._refusing or (self._putting[0] is ticket and self._has_room()))
                    if self._refusing:
                        raise CancelledError(
                            f"enqueue given up: the queue {self.name!r} was closed while it waited for room",
                            rule="close(cancel_pending_enqueues=True) ends the enqueues that wait",
                        )
                    self._add(element)
                    self._changed.notify_all()
            finally:
                self._putting.remove(ticket)
                self._changed.notify_all()

    def take(self, count: int, fewest: int) -> list[Any]:
        """`count` elements, waiting for them; when the queue is closed and has fewer, these, if they are `fewest`.

        Raises:
            OutOfRangeError: the queue is closed and cannot give `fewest` any more; what it has stays inside.
        """
        ticket, found = object(), list[Any]()
        with self._changed:
            self._taking.append(ticket)
            try:
                while len(found) < count:
                    self._wait(lambda: self._taking[0] is ticket and (self._ready() or self._ended()), taking=True)
                    if not self._ready():
                        if len(found) >= max(fewest, 1):
                            break
                        raise self._too_few(len(found), max(count, 1))
                    found.append(self._remove())
                    self._changed.notify_all()
            except BaseException:  # an error, or Ctrl-C while it waited
                self._give_back(found)
                raise
            finally:
                self._taking.remove(ticket)
                self._changed.notify_all()
        return found

    def _too_few(self, there: int, asked: int) -> OutOfRangeError:
        smaller = "for the last, smaller batch: dequeue_up_to, or allow_smaller_final_batch=True"
        caught = "except tf.errors.OutOfRangeError: the data end here; if that is too early, coord.join(threads)"
        return OutOfRangeError(
            f"{self.kind} {self.name!r} is closed and has {there} of the {asked} elements that are asked for",
            rule="a closed queue gives what is left, then it is at its end",
            hint=smaller if there else f"{caught} raises the error of the thread that failed",
        )

    def _wait(self, condition: Callable[[], bool], taking: bool = False) -> None:
        """Waits for the condition; ClosedSessionError when the queue is cancelled, DeadlineExceededError when it is late."""

        def over() -> bool:
            return self._cancelled or condition()

        what = f"{'an element' if taking else 'room'} in {self!r}"
        if not deadline.wait(self._changed, over, PATIENCE, what):
            if taking and not _being_filled() and threading.current_thread() is threading.main_thread():
                self._warn()
            deadline.wait(self._changed, over, None, what)
        if self._cancelled:
            raise ClosedSessionError(
                f"the session was closed while a thread waited for the queue {self.name!r}",
                rule="closing a session ends every wait in it",
                hint="coord.request_stop() and coord.join(threads) inside the with block, before the session is closed",
            )

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"dequeue has waited for {PATIENCE:.0f} s: {self!r}, and no thread lives that puts things into queues\n"
                "  try:   tf.train.start_queue_runners(sess=sess, coord=coord) before the first run; or run an enqueue",
                GraphWarning, stacklevel=2,
            )

    def _has_room(self) -> bool:
        return self.capacity <= 0 or len(self._items) < self.capacity

    def _ended(self) -> bool:
        return self._closed and (self._refusing or not self._putting)

    def close(self, cancel_pending: bool = False) -> None:
        """Nothing may come in from now on; who waits to put something in may still do so, unless cancel_pending."""
        with self._changed:
            self._closed = True
            self._refusing = self._refusing or cancel_pending
            self._changed.notify_all()

    def cancel(self) -> None:
        """Ends every wait with a ClosedSessionError, and forgets the elements: the session is closed."""
        with self._changed:
            self._cancelled = self._closed = True
            self._items = self._empty()
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def __len__(self) -> int:
        return len(self._items)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        of = f" of at most {self.capacity}" if self.capacity > 0 else ""
        return f"<{self.kind} {self.name!r}: {len(self)}{of} elements{', closed' if self._closed else ''}>"


class ShufflingBuffer(Buffer):
    """Any of the elements comes out next, each as likely; as long as it is open, `spare` of them stay inside.

    With seeds the order is repeatable, and that of TensorFlow: the random word modulo the number of elements is the
    place of the one that comes out, and the last one moves there.
    """

    kind = "RandomShuffleQueue"

    def __init__(self, name: str, capacity: int, spare: int, stream: Stream):
        super().__init__(name, capacity)
        self._spare, self._words = spare, random_words(stream)

    def _empty(self) -> Any:
        return []

    def _remove(self) -> Any:
        i = next(self._words) % len(self._items)
        self._items[i], self._items[-1] = self._items[-1], self._items[i]
        return self._items.pop()

    def _give_back(self, elements: list[Any]) -> None:
        self._items.extend(reversed(elements))

    def _ready(self) -> bool:
        return len(self._items) > (0 if self._closed else self._spare)


class SortedBuffer(Buffer):
    """The element with the smallest key comes out next; of equal ones the one that came first. Its key is part 0."""

    kind = "PriorityQueue"

    def __init__(self, name: str, capacity: int):
        super().__init__(name, capacity)
        self._number = itertools.count()

    def _empty(self) -> Any:
        return []

    def _add(self, element: Any) -> None:
        heapq.heappush(self._items, (int(element[0]), next(self._number), element))

    def _remove(self) -> Any:
        return heapq.heappop(self._items)[-1]

    def _give_back(self, elements: list[Any]) -> None:
        for number, element in enumerate(elements, -len(elements)):  # before those that came later
            heapq.heappush(self._items, (int(element[0]), number, element))
