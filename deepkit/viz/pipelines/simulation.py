"""Threads that fill a queue and one that empties it, reckoned event by event: no clock decides, and no chance."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from deepkit.errors import ArgumentError


class Span(NamedTuple):
    """A stretch of time, in milliseconds, in which a thread works, or waits for room or for an element."""

    begin: float
    end: float
    works: bool


@dataclass(frozen=True)
class Pipeline:
    """Producers, a queue, a consumer. Times are in milliseconds.

    Args:
        produce, consume: what one element costs a producer, and the consumer.
        producers: how many threads fill the queue. They share one source: each takes the element that comes next.
        capacity: the most elements that the queue holds. A producer with an element and no room for it waits.
        spare: so many elements stay inside as long as the queue is open (min_after_dequeue).
        elements: how many the source has.
        pause, every: element 0, `every`, 2 `every`, ... costs its producer so much more: there a new file is opened.
        start: when the consumer takes its first element, if there is one.
        closes: the last producer closes the queue; else the consumer waits for ever.

    >>> played = Pipeline(produce=4, consume=1, producers=2).play()
    >>> played.taken, played.elapsed, played.waiting
    (40, 82.0, 0.512...)
    """

    produce: float = 2.0
    consume: float = 2.0
    producers: int = 1
    capacity: int = 10
    spare: int = 0
    elements: int = 40
    pause: float = 0.0
    every: int = 8
    start: float = 0.0
    closes: bool = True

    def __post_init__(self) -> None:
        if self.spare >= self.capacity:
            raise ArgumentError(
                f"spare={self.spare}, capacity={self.capacity}", rule="the queue has room for more than what stays inside"
            )
        if min(self.produce, self.consume) <= 0 or min(self.producers, self.elements, self.every) < 1:
            raise ArgumentError(f"{self}", rule="times above 0, and at least one producer and one element")

    def play(self) -> Played:
        """What happens, until nothing more can happen."""
        return _Play(self).go()


@dataclass
class Played:
    """What happened: the queue's `levels` as (time, elements inside from then on), and the spans of each thread."""

    pipeline: Pipeline
    levels: list[tuple[float, int]] = field(default_factory=lambda: [(0.0, 0)])
    producing: list[list[Span]] = field(default_factory=list)
    consuming: list[Span] = field(default_factory=list)
    taken: int = 0
    elapsed: float = 0.0
    """When the last thread ended its work."""
    stuck: bool = False
    """The consumer waits for an element that will never come."""

    @property
    def waiting(self) -> float:
        """The share of the elapsed time that the consumer waits."""
        return 1 - self.taken * self.pipeline.consume / self.elapsed

    @property
    def left(self) -> int:
        """Elements that stay in the queue."""
        return self.levels[-1][1]


class _Play:
    """The state at a moment. Threads have numbers: the producers 0, 1, ..., the consumer comes last."""

    def __init__(self, pipeline: Pipeline):
        self._asked, self._consumer = pipeline, pipeline.producers
        self._made = Played(pipeline, producing=[[] for _ in range(pipeline.producers)])
        self._ends: list[tuple[float, int]] = []  # when a thread's work ends: a heap
        self._full: deque[int] = deque()  # producers with an element in their hands, in the order they came
        self._since = [0.0] * (pipeline.producers + 1)  # when a thread began to wait
        self._now, self._level, self._begun, self._put, self._hungry = 0.0, 0, 0, 0, False

    def go(self) -> Played:
        for producer in range(self._consumer):
            self._produce(producer)
        heapq.heappush(self._ends, (self._asked.start, self._consumer))
        while self._ends:
            self._now, thread = heapq.heappop(self._ends)
            self._since[thread] = self._now
            if thread == self._consumer:
                self._hungry = True
            else:
                self._full.append(thread)
            while self._enqueue() or self._dequeue():
                pass
        self._made.elapsed, self._made.stuck = self._now, not self._closed
        return self._made

    @property
    def _closed(self) -> bool:
        return self._asked.closes and self._put == self._asked.elements

    def _produce(self, producer: int) -> None:
        if self._begun < self._asked.elements:
            opens = self._begun % self._asked.every == 0
            self._begun += 1
            self._work(producer, self._asked.produce + self._asked.pause * opens)

    def _enqueue(self) -> bool:
        """The producer who has waited longest puts his element in, if there is room."""
        if not self._full or self._level >= self._asked.capacity:
            return False
        producer = self._full.popleft()
        self._put += 1
        self._change(producer, 1)
        self._produce(producer)
        return True

    def _dequeue(self) -> bool:
        """The consumer takes an element and works on it, if there is one that may come out."""
        if not self._hungry or self._level <= (0 if self._closed else self._asked.spare):
            return False
        self._hungry = False
        self._made.taken += 1
        self._change(self._consumer, -1)
        self._work(self._consumer, self._asked.consume)
        return True

    def _change(self, thread: int, by: int) -> None:
        """The level changes, and the thread's wait is over."""
        self._level += by
        self._made.levels.append((self._now, self._level))
        if self._now > self._since[thread]:
            self._spans(thread).append(Span(self._since[thread], self._now, False))

    def _work(self, thread: int, cost: float) -> None:
        self._spans(thread).append(Span(self._now, self._now + cost, True))
        heapq.heappush(self._ends, (self._now + cost, thread))

    def _spans(self, thread: int) -> list[Span]:
        return self._made.consuming if thread == self._consumer else self._made.producing[thread]
