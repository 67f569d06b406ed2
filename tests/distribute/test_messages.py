"""What tasks of a cluster say to each other, and whose turn it is."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.distribute.messages import packed, unpacked
from deepkit.distribute.tasks import Task, task_of
from deepkit.distribute.turns import Turns
from deepkit.errors import ArgumentError


@pytest.mark.parametrize("array", [
    None, np.float32(3.5), np.arange(6, dtype=np.int64).reshape(2, 3).T, np.zeros((0, 4), np.float16), np.array([True, False]),
    np.array([1 + 2j]), np.array([-0.0, np.nan, np.inf]),
])
def test_an_array_travels_whole(array):
    words, found = unpacked(packed({"do": "put", "name": "ä/b"}, None if array is None else np.asarray(array)))
    assert (words["do"], words["name"]) == ("put", "ä/b")
    if array is None:
        assert found is None
    else:
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert np.ascontiguousarray(array).tobytes() == found.tobytes()
        assert found.flags.writeable


def test_texts_do_not_travel():
    with pytest.raises(ArgumentError, match="a variable of texts does not travel between tasks: name"):
        packed({"name": "name"}, np.array(["a"], object))


def test_turns_come_in_the_order_in_which_they_were_asked_for():
    turns, begun = Turns(), []
    for name in "abc":
        turns.ask(lambda name=name: begun.append(name))
    assert begun == ["a"]
    turns.done()
    assert begun == ["a", "b"]
    turns.ask(lambda: begun.append("d"))
    turns.done()
    turns.done()
    assert begun == ["a", "b", "c", "d"]
    turns.done()
    turns.ask(lambda: begun.append("e"))
    assert begun[-1] == "e"


def test_a_devices_name_says_the_task():
    me = Task("worker", 1)
    assert task_of("", me) == task_of("/cpu:0", me) == me
    assert task_of("/job:ps/task:2/device:CPU:0", me) == Task("ps", 2)
    assert task_of("/job:ps", me) == Task("ps", 0)
    assert str(me) == "/job:worker/task:1"
