"""Pipelines: what the simulation reckons agrees with formulas and with real queues; the pictures say what they show."""

from __future__ import annotations

import itertools

import pytest

import deepkit.v1 as tf
from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError


@pytest.mark.parametrize(("produce", "consume", "producers"), [(4, 1, 1), (4, 1, 3), (1, 4, 1), (2, 2, 5), (6, 2, 2)])
def test_the_slower_side_decides(produce, consume, producers):
    """In the long run an element takes max(produce / producers, consume)."""
    played = viz.Pipeline(produce, consume, producers, elements=600).play()
    assert played.taken == 600
    assert played.elapsed == pytest.approx(600 * max(produce / producers, consume), abs=2 * (produce + consume))
    assert played.left == 0
    assert not played.stuck


@pytest.mark.parametrize("options", [
    {}, {"producers": 3, "capacity": 2}, {"pause": 30, "capacity": 4}, {"spare": 5, "start": 50}, {"consume": 9, "producers": 5},
])
def test_every_moment_keeps_the_books(options):
    """The level changes by one and stays within the capacity; each thread's spans follow each other."""
    asked = viz.Pipeline(**options)
    played = asked.play()
    levels = [level for _, level in played.levels]
    assert all(abs(b - a) == 1 for a, b in itertools.pairwise(levels))
    assert min(levels) == 0
    assert max(levels) <= asked.capacity
    times = [when for when, _ in played.levels]
    assert times == sorted(times)
    for spans in (*played.producing, played.consuming):
        assert all(a.end == b.begin for a, b in itertools.pairwise(spans))
    works = [span for spans in played.producing for span in spans if span.works]
    assert len(works) == asked.elements
    assert sum(span.end - span.begin for span in works) == asked.elements * asked.produce + 5 * asked.pause


def test_a_queue_evens_pauses_out_but_does_not_make_the_slower_side_faster():
    slow = [viz.Pipeline(1, 3, pause=16, capacity=size).play() for size in (1, 10)]
    assert slow[1].elapsed < slow[0].elapsed
    assert slow[1].waiting < 0.2 < slow[0].waiting
    even = [viz.Pipeline(4, 3, capacity=size).play().elapsed for size in (1, 10)]
    assert even[0] == even[1]


@pytest.mark.parametrize(("spare", "closes"), [(0, False), (2, False), (2, True), (0, True)])
def test_how_many_come_out_is_what_a_real_queue_gives(spare, closes):
    with tf.Graph().as_default():
        q = tf.RandomShuffleQueue(10, spare, tf.float32, [[]], seed=1)
        fill, take, close = q.enqueue_many([list(range(10))]), q.dequeue(), q.close()
        with tf.Session() as sess:
            sess.run(fill)
            if closes:
                sess.run(close)
            taken = 0
            try:
                while True:
                    sess.run(take, options=tf.RunOptions(timeout_in_ms=50))
                    taken += 1
            except (tf.errors.OutOfRangeError, tf.errors.DeadlineExceededError) as error:
                stuck = isinstance(error, tf.errors.DeadlineExceededError)
    played = viz.Pipeline(spare=spare, elements=10, start=40, closes=closes).play()
    assert (played.taken, played.stuck) == (taken, stuck)


def test_what_cannot_be_is_refused():
    with pytest.raises(ArgumentError, match="room for more"):
        viz.Pipeline(capacity=3, spare=3)
    with pytest.raises(ArgumentError, match="at least one"):
        viz.Pipeline(producers=0)


def test_the_picture_says_who_waits():
    drawing = viz.show_pipeline(viz.Pipeline(1, 1, capacity=10, spare=2, elements=10, start=10, closes=False))
    assert repr(drawing) == ("8 of 10 elements taken: then the consumer waits for ever, 2 inside; the queue held 10 at most; "
                             "the consumer waited 56% of its time")
    assert "waits for ever" in drawing.svg.split("</title>")[1]
    whole = viz.show_pipeline(viz.Pipeline(producers=2))
    assert "waits for ever" not in whole.svg
    assert all(name in whole.svg for name in ("producer 1", "producer 2", "consumer"))


def test_the_explorer_follows_its_sliders():
    made = viz.queue_explorer(viz.Pipeline(produce=4, consume=1))
    slow = made.pipeline.play().elapsed
    made.controls["producers"].value = 4
    assert made.pipeline.play().elapsed < slow / 3
    made.controls["capacity"].value = 3
    made.controls["spare"].value = 9
    assert made.pipeline.spare == 2
    made.controls["end"].value = "nothing happens"
    assert "waits for ever" in repr(made.picture())


def test_bytes_have_names_and_letters():
    drawing = viz.show_bytes(b"\x02hi", [(1, "length"), (2, "text")], marked=[1])
    assert repr(drawing) == "3 bytes: length (1), text (2)"
    assert all(f">{text}</text>" in drawing.svg for text in ("02", "68", "h", "69", "i", "2 bytes: text"))
    with pytest.raises(ShapeError):
        viz.show_bytes(b"abc", [(2, "two")])


def test_a_shuffle_says_how_far_it_moves():
    picture = viz.show_shuffle({"as it was": range(100), "turned": range(99, -1, -1)})
    assert repr(picture) == "as it was: moved by 0 places on average; turned: moved by 50 places on average"
    dots = [ax.lines[1].get_xydata() for ax in picture.figure.axes]
    assert dots[1][0].tolist() == [99, 0]
    with pytest.raises(ShapeError):
        viz.show_shuffle({"twice": [0, 0]})
