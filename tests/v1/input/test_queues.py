"""Queues: order, waiting, shapes and types, closing, and the messages of mistakes."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import (
    ArgumentError,
    CancelledError,
    ClosedSessionError,
    DTypeError,
    GraphWarning,
    OutOfRangeError,
    ShapeError,
)
from deepkit.ops.input import buffers


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


@pytest.fixture
def sess(graph):
    with tf.Session(graph=graph) as session:
        yield session


def in_thread(function, *args):
    """function(*args) in a thread; join() gives what it returned or raised."""
    result: list = []

    def work():
        try:
            result.append(function(*args))
        except Exception as error:
            result.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def join(seconds=5.0):
        thread.join(seconds)
        return result[0] if result else "waiting"

    return join


def still(join):
    return join(0.05) == "waiting"


def test_a_number_goes_round(sess):
    q = tf.FIFOQueue(3, "float")
    init = q.enqueue_many(([0.0, 0.0, 0.0],))
    x = q.dequeue()
    step = q.enqueue([x + 1])
    init.run()
    for _ in range(5):
        step.run()
    assert [sess.run(x) for _ in range(3)] == [1.0, 2.0, 2.0]


def test_names_are_those_of_tensorflow(graph):
    q = tf.FIFOQueue(3, "float", shapes=[[]])
    made = [q.enqueue([1.0]), q.enqueue_many([[1.0]]), q.dequeue(), q.dequeue_many(2), q.dequeue_up_to(2)]
    made += [q.size(), q.close(), q.is_closed()]
    names = [x.name for x in made]
    assert names == [
        "fifo_queue_enqueue", "fifo_queue_EnqueueMany", "fifo_queue_Dequeue:0", "fifo_queue_DequeueMany:0",
        "fifo_queue_DequeueUpTo:0", "fifo_queue_Size:0", "fifo_queue_Close", "fifo_queue_Is_Closed:0",
    ]
    assert graph.get_operation_by_name("fifo_queue_enqueue/component_0").type == "Const"
    with tf.name_scope("input"):
        inner = tf.FIFOQueue(3, "float")
    assert (inner.queue_ref.name, inner.name, inner.dequeue().name) == (
        "input/fifo_queue:0",
        "fifo_queue",
        "fifo_queue_Dequeue_1:0",
    )


def test_elements_of_several_parts_keep_together(sess):
    q = tf.FIFOQueue(10, [tf.int32, tf.string], shapes=[[2], []])
    sess.run(q.enqueue([[1, 2], "a"]))
    sess.run(q.enqueue_many([[[3, 4], [5, 6]], ["b", "c"]]))
    number, word = q.dequeue()
    assert number.shape.as_list() == [2]
    n, w = sess.run([number, word])
    assert (n.tolist(), w) == ([1, 2], b"a")
    numbers, words = q.dequeue_many(2)
    assert numbers.shape.as_list() == [2, 2]
    n, w = sess.run([numbers, words])
    assert (n.tolist(), w.tolist()) == ([[3, 4], [5, 6]], [b"b", b"c"])


def test_names_of_parts(sess):
    q = tf.FIFOQueue(4, [tf.int32, tf.float32], shapes=[[], []], names=["id", "x"])
    sess.run(q.enqueue({"x": 0.5, "id": 7}))
    assert sess.run(q.dequeue()) == {"id": 7, "x": 0.5}
    with pytest.raises(ArgumentError, match="a dict with the names"):
        q.enqueue([7, 0.5])
    with pytest.raises(ArgumentError, match=r"\['id', 'y'\]"):
        q.enqueue({"id": 7, "y": 0.5})


def test_what_was_put_in_is_a_copy(sess):
    v = tf.Variable([1.0, 2.0])
    q = tf.FIFOQueue(4, tf.float32, shapes=[[2]])
    sess.run(tf.global_variables_initializer())
    sess.run(q.enqueue([v]))
    sess.run(v.assign_add([10.0, 10.0]))
    fed = np.array([5.0, 6.0], np.float32)
    x = tf.placeholder(tf.float32, [2])
    sess.run(q.enqueue([x]), {x: fed})
    fed[:] = 0
    assert sess.run(q.dequeue_many(2)).tolist() == [[1, 2], [5, 6]]


def test_each_session_has_its_own_queue(graph):
    q = tf.FIFOQueue(4, tf.int32)
    put, size = q.enqueue([1]), q.size()
    with tf.Session(graph=graph) as a, tf.Session(graph=graph) as b:
        a.run(put)
        assert (a.run(size), b.run(size)) == (1, 0)
    p, r = tf.FIFOQueue(4, tf.int32, shared_name="one"), tf.FIFOQueue(4, tf.int32, shared_name="one")
    with tf.Session(graph=graph) as a:
        a.run(p.enqueue([3]))
        assert a.run(r.dequeue()) == 3


def test_shuffled_order_is_repeatable_and_tensorflows(graph):
    def order(seed, graph_seed=None):
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.set_random_seed(graph_seed)
            q = tf.RandomShuffleQueue(20, 0, tf.int32, [[]], seed=seed)
            sess.run(q.enqueue_many([list(range(10))]))
            return sess.run(q.dequeue_many(10)).tolist()

    assert order(42) == [2, 1, 5, 7, 6, 3, 0, 9, 8, 4]  # printed by TensorFlow 2.21
    assert order(43) != order(42)
    assert sorted(order(None)) == list(range(10))
    assert order(None, graph_seed=3) == order(None, graph_seed=3)


def test_min_after_dequeue_stay_inside_until_the_queue_is_closed(sess):
    q = tf.RandomShuffleQueue(capacity=10, min_after_dequeue=2, dtypes="float32", shapes=[[]])
    sess.run(q.enqueue_many([np.arange(10.0, dtype=np.float32)]))
    x, size = q.dequeue(), q.size()
    found = [float(sess.run(x)) for _ in range(8)]
    ninth = in_thread(sess.run, x)
    assert still(ninth)
    assert sess.run(size) == 2
    sess.run(q.close())
    found += [float(ninth()), float(sess.run(x))]
    assert sorted(found) == list(range(10))
    with pytest.raises(OutOfRangeError, match="closed and has 0 of the 1 elements"):
        sess.run(x)


def test_priorities(sess):
    q = tf.PriorityQueue(10, [tf.string], shapes=[[]])
    sess.run(q.enqueue_many([np.array([3, 1, 2, 1]), ["c", "a", "b", "a2"]]))
    assert sess.run(q.dequeue_many(4)[1]).tolist() == [b"a", b"a2", b"b", b"c"]


def test_padding(sess):
    q = tf.PaddingFIFOQueue(10, [tf.int32, tf.string], shapes=[[None], [None]])
    x = tf.placeholder(tf.int32, [None])
    put = q.enqueue([x, tf.fill(tf.shape(x), "w")])
    for n in (1, 3, 2):
        sess.run(put, {x: np.arange(1, n + 1)})
    numbers, words = q.dequeue_many(3)
    assert numbers.shape.as_list() == [3, None]
    n, w = sess.run([numbers, words])
    assert n.tolist() == [[1, 0, 0], [1, 2, 3], [1, 2, 0]]
    assert w.tolist() == [[b"w", b"", b""], [b"w"] * 3, [b"w", b"w", b""]]


def test_a_full_queue_waits_for_room_and_holds_up_nobody_else(sess):
    q = tf.FIFOQueue(2, tf.int32, shapes=[[]])
    put, take, size = q.enqueue_many([[1, 2, 3, 4]]), q.dequeue(), q.size()
    waiting = in_thread(sess.run, put)
    assert still(waiting)
    assert sess.run(size) == 2
    assert sess.run(tf.constant(5) + 1) == 6
    assert [int(sess.run(take)) for _ in range(4)] == [1, 2, 3, 4]
    assert waiting() is None


def test_a_batch_larger_than_the_queue_comes_through(sess):
    q = tf.FIFOQueue(2, tf.int32, shapes=[[]])
    batch = in_thread(sess.run, q.dequeue_many(7))
    sess.run(q.enqueue_many([list(range(7))]))
    assert batch().tolist() == list(range(7))


def test_enqueue_and_dequeue_in_one_run(sess):
    q = tf.FIFOQueue(2, tf.int32)
    x = q.dequeue()  # made first, but it has to wait for the other
    assert sess.run([x, q.enqueue([8])])[0] == 8


def test_who_waits_first_is_served_first(sess):
    q = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    three, one, x = q.dequeue_many(3), q.dequeue(), tf.placeholder(tf.int32, [None])
    put = q.enqueue_many([x])
    first = in_thread(sess.run, three)
    assert still(first)
    second = in_thread(sess.run, one)
    sess.run(put, {x: [1, 2]})
    assert still(first)
    assert still(second)
    sess.run(put, {x: [3, 4]})
    assert (first().tolist(), int(second())) == ([1, 2, 3], 4)


def test_the_end_of_a_closed_queue(sess):
    q = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    put = q.enqueue_many([[1, 2, 3, 4, 5]])
    many, up_to, closed = q.dequeue_many(3), q.dequeue_up_to(3), q.is_closed()
    sess.run(put)
    assert not sess.run(closed)
    assert sess.run(many).tolist() == [1, 2, 3]
    waiting = in_thread(sess.run, many)
    assert still(waiting)
    sess.run(q.close())
    assert sess.run(closed)
    error = waiting()
    assert isinstance(error, OutOfRangeError)
    assert "2 of the 3 elements" in str(error)
    assert sess.run(up_to).tolist() == [4, 5]  # what dequeue_many could not use is inside again
    with pytest.raises(tf.errors.OutOfRangeError):
        sess.run(up_to)
    with pytest.raises(tf.errors.CancelledError, match="is closed"):
        sess.run(put)


def test_closing_lets_waiting_enqueues_go_on_or_gives_them_up(sess):
    for cancel in (False, True):
        q = tf.FIFOQueue(1, tf.int32, shapes=[[]])
        waiting = in_thread(sess.run, q.enqueue_many([[1, 2]]))
        assert still(waiting)
        sess.run(q.close(cancel_pending_enqueues=cancel))
        if cancel:
            assert isinstance(waiting(), CancelledError)
            assert sess.run(q.dequeue_up_to(5)).tolist() == [1]
        else:
            assert sess.run(q.dequeue_many(2)).tolist() == [1, 2]
            assert waiting() is None


def test_closing_the_session_ends_every_wait(graph):
    q = tf.FIFOQueue(1, tf.int32)
    full = tf.FIFOQueue(1, tf.int32)
    sess = tf.Session(graph=graph)
    taking = in_thread(sess.run, q.dequeue())
    putting = in_thread(sess.run, full.enqueue_many([[1, 2]]))
    assert still(taking)
    assert still(putting)
    sess.close()
    for error in (taking(), putting()):
        assert isinstance(error, ClosedSessionError)
        assert isinstance(error, tf.errors.CancelledError)
    with pytest.raises(ClosedSessionError):
        sess.run(q.size())


def test_ctrl_c_while_it_waits_loses_nothing(sess, monkeypatch):
    q = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    sess.run(q.enqueue_many([[1, 2]]))
    inside = sess.run(q.queue_ref)
    wait_for = inside._changed.wait_for

    def interrupted(condition, timeout=None):
        if not condition():
            raise KeyboardInterrupt
        return wait_for(condition, timeout)

    monkeypatch.setattr(inside._changed, "wait_for", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sess.run(q.dequeue_many(3))
    assert sess.run(q.dequeue_many(2)).tolist() == [1, 2]


def test_a_long_wait_says_what_it_waits_for(sess, monkeypatch):
    monkeypatch.setattr(buffers, "PATIENCE", 0.02)
    q = tf.FIFOQueue(2, tf.int32, name="files")
    later = in_thread(lambda put: (time.sleep(0.3), sess.run(put)), q.enqueue([1]))
    with pytest.warns(GraphWarning, match=r"'files': 0 of at most 2 elements.*(?s:.*)start_queue_runners"):
        assert sess.run(q.dequeue()) == 1
    later()


@pytest.mark.filterwarnings("error")
def test_a_slow_thread_is_no_reason_to_warn(sess, monkeypatch):
    """Nothing came for longer than the patience, since the machine is busy: a queue runner lives, or a thread that put once."""
    monkeypatch.setattr(buffers, "PATIENCE", 0.02)
    slow = tf.py_func(lambda: time.sleep(0.2) or np.int32(3), [], tf.int32)
    by_runner, by_thread = tf.FIFOQueue(2, tf.int32, shapes=[[]]), tf.FIFOQueue(2, tf.int32)
    coord = tf.train.Coordinator()
    threads = tf.train.QueueRunner(by_runner, [by_runner.enqueue(slow)]).create_threads(sess, coord, start=True)
    assert sess.run(by_runner.dequeue()) == 3
    coord.request_stop()
    coord.join(threads)
    putting = in_thread(lambda put: (sess.run(put), time.sleep(0.2), sess.run(put)), by_thread.enqueue([1]))
    assert sess.run([by_thread.dequeue(), by_thread.dequeue()]) == [1, 1]
    putting()


def test_many_threads_lose_and_double_nothing(sess):
    q = tf.FIFOQueue(5, tf.int32, shapes=[[]])
    x = tf.placeholder(tf.int32, [None])
    put, take = q.enqueue_many([x]), q.dequeue_many(10)
    putters = [in_thread(sess.run, put, {x: np.arange(i * 50, i * 50 + 50)}) for i in range(8)]
    takers = [in_thread(lambda: [sess.run(take) for _ in range(10)]) for _ in range(4)]
    assert [p() for p in putters] == [None] * 8
    assert sorted(np.concatenate([n for t in takers for n in t()]).tolist()) == list(range(400))


def test_mistakes_are_explained(sess):
    q = tf.FIFOQueue(3, [tf.int32, tf.float32], shapes=[[2], []])
    with pytest.raises(ShapeError, match=r"part 0 has shape \(3,\)"):
        q.enqueue([[1, 2, 3], 1.0])
    with pytest.raises(ShapeError, match="enqueue_many puts the rows in"):
        q.enqueue([[[1, 2], [3, 4]], 1.0])
    with pytest.raises(ShapeError, match="2 and 3 rows"):
        q.enqueue_many([[[1, 2], [3, 4]], [1.0, 2.0, 3.0]])
    with pytest.raises(DTypeError, match="int32"):
        q.enqueue([tf.constant([1.0, 2.0]), 1.0])
    with pytest.raises(ArgumentError, match="1 values"):
        q.enqueue(1.0)
    with pytest.raises(ShapeError, match="part 0 is a single number"):
        tf.FIFOQueue(3, tf.int32).enqueue_many([1])
    with pytest.raises(ShapeError, match="needs the shapes"):
        tf.FIFOQueue(3, tf.int32).dequeue_many(2)
    with pytest.raises(ArgumentError, match="must be room"):
        tf.RandomShuffleQueue(3, 3, tf.int32)
    with pytest.raises(ArgumentError, match="1 shapes for 2 types"):
        tf.FIFOQueue(3, [tf.int32, tf.int32], shapes=[[2]])
    with pytest.raises(ShapeError, match="how many axes"):
        tf.PaddingFIFOQueue(3, tf.int32, [tf.TensorShape(None)])
    x = tf.placeholder(tf.int32)
    put = q.enqueue([x, 1.0])
    with pytest.raises(ShapeError, match=r"part 0 has shape \(3,\)(?s:.*)test_queues.py"):
        sess.run(put, {x: [1, 2, 3]})


def test_a_body_may_use_a_queue(sess):
    q = tf.FIFOQueue(10, tf.int32, shapes=[[]])
    sess.run(q.enqueue_many([[1, 2, 3]]))
    total = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s + q.dequeue()), (0, 0))[1]
    assert sess.run(total) == 6


def test_from_list(sess):
    queues = [tf.FIFOQueue(3, tf.int32), tf.FIFOQueue(3, tf.int32)]
    assert tf.QueueBase.from_list(1, queues) is queues[1]
    with pytest.raises(ArgumentError, match="different elements"):
        tf.QueueBase.from_list(0, [queues[0], tf.FIFOQueue(3, tf.float32)])


def test_a_padding_queue_with_scalars_beside_lists():
    queue = tf.PaddingFIFOQueue(10, [tf.float32, tf.int64, tf.string], [[], [None], []])
    value, row, word = tf.placeholder(tf.float32, []), tf.placeholder(tf.int64, [None]), tf.placeholder(tf.string, [])
    put, take = queue.enqueue([value, row, word]), queue.dequeue_many(3)
    with tf.Session() as sess:
        for k in range(3):
            sess.run(put, {value: k + 0.5, row: list(range(k)), word: f"row{k}"})
        values, rows, words = sess.run(take)
    assert values.tolist() == [0.5, 1.5, 2.5]
    assert rows.tolist() == [[0, 0], [0, 0], [0, 1]]
    assert words.tolist() == [b"row0", b"row1", b"row2"]
