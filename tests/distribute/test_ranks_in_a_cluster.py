"""`tf.train.Server` over several tasks: variables on parameter servers, workers with and without waiting, clear ends."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest
from on_ranks import WAIT, needs_ranks

import deepkit.v1 as tf
from deepkit import distribute
from deepkit.errors import RankError

pytestmark = needs_ranks


def apart(job, index, steps):
    """Workers that do not wait; each update is counted twice: by global_step, and by a variable on the other server."""
    import numpy as np

    import deepkit.v1 as tf

    cluster = tf.train.ClusterSpec({"ps": ["a:1", "a:2"], "worker": ["a:3", "a:4"]})
    server = tf.train.Server(cluster, job_name=job, task_index=index)
    if job == "ps":
        return server.join()
    with tf.device(tf.train.replica_device_setter(cluster=cluster, worker_device=f"/job:worker/task:{index}")):
        x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1])
        w = tf.get_variable("w", initializer=tf.zeros([3, 1]))
        step, counter = tf.train.get_or_create_global_step(), tf.Variable(0, trainable=False)
        with tf.device(f"/job:worker/task:{index}"):
            mine = tf.Variable(0, trainable=False, collections=[tf.GraphKeys.LOCAL_VARIABLES])
        loss = tf.reduce_mean((x @ w - y) ** 2)
        train = tf.train.MomentumOptimizer(0.02, 0.5).minimize(loss, global_step=step)
        train = tf.group(train, counter.assign_add(1), mine.assign_add(1))
    places = [v.device.rpartition("/task:")[0] + v.device[-2:] for v in (w, step, counter)]
    rng, runs = np.random.default_rng(index), 0
    with tf.Session(server.target) as watcher:
        stop = tf.train.StopAtStepHook(last_step=steps)
        with tf.train.MonitoredTrainingSession(server.target, is_chief=index == 0, hooks=[stop]) as sess:
            while not sess.should_stop():
                a = rng.normal(size=(16, 3)).astype("f")
                sess.run(train, {x: a, y: a @ np.array([[1], [2], [3]], "f")})
                runs += 1
        return {"runs": runs, "places": places, "values": watcher.run([w, step, counter, mine])}


def test_workers_that_do_not_wait_lose_no_update():
    *servers, first, second = distribute.launch(apart, arguments=[120], timeout=WAIT, cluster={"ps": 2, "worker": 2})
    assert servers == [None, None]
    assert first["places"] == second["places"] == ["/job:ps:0", "/job:ps:1", "/job:ps:0"]
    assert first["runs"] + second["runs"] in (120, 121)  # the second may have begun its run when the first did the last
    last = max(first, second, key=lambda worker: worker["values"][1])["values"]
    assert last[1] == last[2] == first["runs"] + second["runs"]
    np.testing.assert_allclose(last[0], [[1], [2], [3]], atol=0.05)
    assert first["values"][3] == first["runs"]  # each worker keeps its own
    assert second["values"][3] == second["runs"]


def together(job, index, steps, slow):
    """Workers that wait for each other, the second slower."""
    import time

    import numpy as np

    import deepkit.v1 as tf

    cluster = {"ps": ["a:1"], "worker": ["a:3", "a:4"]}
    server = tf.train.Server(cluster, job, index)
    if job == "ps":
        return server.join()
    with tf.device(tf.train.replica_device_setter(cluster=cluster)):
        x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1])
        w = tf.get_variable("w", initializer=tf.zeros([3, 1]))
        step = tf.train.get_or_create_global_step()
        made = tf.train.SyncReplicasOptimizer(tf.train.AdamOptimizer(0.05), 2, 2)
        train = made.minimize(tf.reduce_mean((x @ w - y) ** 2), global_step=step)
    hooks = [made.make_session_run_hook(index == 0), tf.train.StopAtStepHook(last_step=steps)]
    rng, found = np.random.default_rng(7), []
    with tf.train.MonitoredTrainingSession(server.target, is_chief=index == 0, hooks=hooks) as sess:
        while not sess.should_stop():
            a = rng.normal(size=(16, 3)).astype("f")[index::2]
            time.sleep(slow * index)
            if len(found) < steps - 1:
                found.append(sess.run(train, {x: a, y: a @ np.array([[1], [2], [3]], "f")}))
                found[-1] = sess.run(w)
            else:
                sess.run(train, {x: a, y: a @ np.array([[1], [2], [3]], "f")})
    return found


def test_workers_that_wait_train_as_one_with_both_batches():
    _, first, second = distribute.launch(together, arguments=[20, 0.005], timeout=WAIT, cluster={"ps": 1, "worker": 2})
    np.testing.assert_array_equal(first, second)
    rng, expected = np.random.default_rng(7), []
    with tf.Graph().as_default(), tf.Session() as sess:
        x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1])
        w = tf.Variable(tf.zeros([3, 1]))
        losses = [tf.reduce_mean((x[i::2] @ w - y[i::2]) ** 2) for i in range(2)]
        train = tf.train.AdamOptimizer(0.05).minimize((losses[0] + losses[1]) / 2)
        sess.run(tf.global_variables_initializer())
        for _ in range(19):
            a = rng.normal(size=(16, 3)).astype("f")
            sess.run(train, {x: a, y: a @ np.array([[1], [2], [3]], "f")})
            expected.append(sess.run(w))
    np.testing.assert_allclose(first, expected, rtol=2e-5)


def test_a_script_is_told_its_task(tmp_path, capsys):
    program = tmp_path / "train.py"
    program.write_text(textwrap.dedent("""
        import deepkit.v1 as tf
        tf.flags.DEFINE_string("job_name", "", "")
        tf.flags.DEFINE_integer("task_index", 0, "")
        FLAGS = tf.flags.FLAGS
        server = tf.train.Server({"ps": ["a:1"], "worker": ["a:2", "a:3"]}, FLAGS.job_name, FLAGS.task_index)
        if FLAGS.job_name == "ps":
            server.join()
        else:
            print("worker", FLAGS.task_index, "at", server.target)
    """))
    distribute.launch(program, cluster={"ps": 1, "worker": 2}, timeout=WAIT)
    assert sorted(capsys.readouterr().out.splitlines()) == ["1: worker 0 at grpc://a:2", "2: worker 1 at grpc://a:3"]


def fails(job, index, how):
    import deepkit.v1 as tf

    server = tf.train.Server({"ps": ["a:1"], "worker": ["a:2", "a:3"] + ["a:4"] * (how == "size")}, job, index)
    if job == "ps":
        return None if how == "left" else server.join()
    with tf.device(f"/job:ps/task:{int(how == 'where')}"):
        v = tf.Variable("text" if how == "text" else 1.0)
    with tf.Session(server.target) as sess:
        if how == "left":
            import time

            time.sleep(1.5)
        if how == "one" and index:
            return "the other waits"
        if how == "one":
            with tf.device("/job:ps"):
                step = tf.train.get_or_create_global_step()
                made = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.1), 2)
                train = made.minimize(v * v, global_step=step)
            sess.run(tf.global_variables_initializer())
            return sess.run(train)
        if how == "empty":
            return sess.run(v)
        return sess.run(v.initializer)


@pytest.mark.parametrize(("how", "said"), [
    ("size", "the cluster has"), ("left", "whose program has ended"), ("where", "which is not in the cluster"),
    ("text", "a variable of texts"), ("one", "has ended its program"), ("empty", "has no value"),
])
def test_errors_end_all_tasks_and_say_why(how, said, capsys):
    with pytest.raises(RankError, match="failed"):
        distribute.launch(fails, arguments=[how], timeout=WAIT, cluster={"ps": 1, "worker": 2})
    assert said in capsys.readouterr().out
