"""Who may change a task's variables: one at a time, in the order in which they asked."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Turns:
    """A turn begins by a call of the function that was handed in for it, and ends by `done`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[Callable[[], None]] = deque()

    def ask(self, begin: Callable[[], None]) -> None:
        """Calls `begin` when it is its turn: at once if nobody has one."""
        with self._lock:
            if self._taken:
                self._waiting.append(begin)
                return
            self._taken = True
        begin()

    def done(self) -> None:
        """The turn is over; the next begins."""
        with self._lock:
            following = self._waiting.popleft() if self._waiting else None
            self._taken = following is not None
        if following is not None:
            following()
