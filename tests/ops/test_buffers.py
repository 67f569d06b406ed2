"""The inside of queues: turns, what is given back, and random words."""

from __future__ import annotations

import threading

import pytest

from deepkit.device.philox import Stream
from deepkit.errors import CancelledError, ClosedSessionError, OutOfRangeError
from deepkit.ops.input.buffers import Buffer, ShufflingBuffer, SortedBuffer, random_words


def in_thread(function, *args):
    """A thread that calls function(*args), and the list that gets its result."""
    result: list = []
    thread = threading.Thread(target=lambda: result.append(function(*args)), daemon=True)
    thread.start()
    return thread, result


@pytest.mark.parametrize("line", ["_taking", "_putting"])
def test_who_came_first_goes_first(line):
    buffer = Buffer("q", 10)
    buffer.put([1])
    earlier = object()
    getattr(buffer, line).append(earlier)  # somebody who waits already, for three elements, or for room for them
    thread, result = in_thread(*((buffer.take, 1, 1) if line == "_taking" else (buffer.put, [2])))
    thread.join(0.1)
    assert not result
    with buffer._changed:
        getattr(buffer, line).remove(earlier)
        buffer._changed.notify_all()
    thread.join(5)
    assert result == ([[1]] if line == "_taking" else [None])


@pytest.mark.parametrize("kind", [Buffer, SortedBuffer, ShufflingBuffer])
def test_what_is_given_back_comes_out_as_before(kind):
    def made():
        buffer = kind("q", 9, 0, Stream(1, 2)) if kind is ShufflingBuffer else kind("q", 9)
        buffer.put([(3, "c"), (1, "a"), (2, "b"), (1, "d")])
        buffer.close()
        return buffer

    buffer, twin = made(), made()
    with pytest.raises(OutOfRangeError, match="4 of the 6"):
        buffer.take(6, 6)
    assert len(buffer) == 4
    found = buffer.take(4, 4)
    if kind is ShufflingBuffer:
        assert sorted(found) == sorted(twin.take(4, 4))
    else:
        assert found == twin.take(4, 4)


def test_the_end():
    buffer = Buffer("q", 0)
    buffer.put(range(5))
    buffer.close()
    with pytest.raises(CancelledError):
        buffer.put([1])
    assert buffer.take(3, 1) == [0, 1, 2]
    assert buffer.take(3, 1) == [3, 4]
    with pytest.raises(OutOfRangeError):
        buffer.take(3, 1)
    buffer.cancel()
    with pytest.raises(ClosedSessionError):
        buffer.take(1, 1)
    assert repr(buffer) == "<FIFOQueue 'q': 0 elements, closed>"


def test_random_words_are_the_streams():
    words = random_words(Stream(42, 7))
    assert [next(words) for _ in range(150)] == Stream(42, 7).words(0, 150).tolist()
