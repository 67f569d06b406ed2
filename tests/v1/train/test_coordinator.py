"""Coordinators: threads that stop together, and errors that reach the program."""

from __future__ import annotations

import re
import sys
import threading
import time

import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, OutOfRangeError, ThreadError


@pytest.fixture
def coord():
    return tf.train.Coordinator()


def started(target, *args) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, daemon=True)
    thread.start()
    return thread


def test_one_thread_stops_all(coord):
    done = []

    def work(number):
        while not coord.should_stop():
            if number == 3:
                coord.request_stop()
            coord.wait_for_stop(5)
        done.append(number)

    threads = [started(work, i) for i in range(5)]
    coord.join(threads)
    assert sorted(done) == [0, 1, 2, 3, 4]
    assert coord.should_stop()
    assert coord.joined
    assert not any(t.is_alive() for t in threads)


def test_join_ends_with_the_threads_without_a_stop(coord):
    coord.join([started(time.sleep, 0.01)])
    assert coord.joined
    assert not coord.should_stop()


def test_an_error_of_a_thread_is_raised_by_join(coord):
    def work():
        with coord.stop_on_exception():
            raise KeyError("lost")

    with pytest.raises(KeyError, match="lost") as found:
        coord.join([started(work)])
    assert found.traceback[-1].name == "work"
    with pytest.raises(KeyError):
        coord.raise_requested_exception()


def test_exc_info_and_only_the_first_error_counts(coord):
    try:
        raise ValueError("first")
    except ValueError:
        coord.request_stop(sys.exc_info())
    coord.request_stop(TypeError("second"))
    with pytest.raises(ValueError, match="first"):
        coord.join()
    with pytest.raises(TypeError, match="late"):
        coord.request_stop(TypeError("late"))


def test_the_end_of_the_data_is_no_error(coord):
    coord.request_stop(OutOfRangeError("the queue is empty"))
    assert coord.should_stop()
    coord.join()
    strict = tf.train.Coordinator(clean_stop_exception_types=())
    strict.request_stop(tf.errors.OutOfRangeError("the queue is empty"))
    with pytest.raises(OutOfRangeError):
        strict.join()


def test_clear_stop(coord):
    coord.request_stop(ValueError())
    coord.clear_stop()
    assert not coord.should_stop()
    assert not coord.joined
    coord.join()


def test_registered_threads_are_waited_for(coord):
    finished = []
    coord.register_thread(started(lambda: (time.sleep(0.02), finished.append(1))))
    coord.join()
    assert finished == [1]


def test_stragglers(coord):
    release = threading.Event()
    deaf = started(release.wait)
    coord.request_stop()
    begin = time.monotonic()
    with pytest.raises(ThreadError, match=re.escape(deaf.name)) as found:
        coord.join([deaf], stop_grace_period_secs=0.1)
    assert time.monotonic() - begin < 5
    assert isinstance(found.value, RuntimeError)
    coord.clear_stop()
    coord.request_stop()
    coord.join([deaf], stop_grace_period_secs=0.05, ignore_live_threads=True)
    release.set()


def test_what_is_no_thread_and_no_error_is_said(coord):
    with pytest.raises(ArgumentError, match=r"start\(\) returns None"):
        coord.join([threading.Thread(target=int).start()])
    with pytest.raises(ArgumentError, match="an exception"):
        coord.request_stop("enough")
