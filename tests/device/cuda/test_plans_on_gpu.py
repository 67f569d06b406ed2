"""Plans whose nodes run on a GPU: where each one runs, what is copied when, and that the numbers are those of the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import standin

import deepkit.v1 as tf
from deepkit.device import devices
from deepkit.errors import ArgumentError, GraphError
from deepkit.runtime.plan import Plan


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch):
    return standin.install(monkeypatch)


X = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
Y = np.arange(8) % 3


def network():
    """A classifier, its loss and a step of Adam, in a graph of its own."""
    tf.set_random_seed(1)
    x, y = tf.placeholder(tf.float32, [None, 4], name="x"), tf.placeholder(tf.int64, [None], name="y")
    hidden = tf.layers.dense(x, 5, tf.nn.relu, name="hidden")
    logits = tf.layers.dense(hidden, 3, name="logits")
    loss = tf.losses.sparse_softmax_cross_entropy(y, logits)
    return x, y, loss, tf.train.AdamOptimizer(0.1).minimize(loss)


def trained(config=None, steps: int = 3):
    """The losses of some steps, the weights after them, and the session's program of a step."""
    with tf.Graph().as_default():
        x, y, loss, step = network()
        with tf.Session(config=config) as sess:
            sess.run(tf.global_variables_initializer())
            losses = [sess.run([loss, step], {x: X, y: Y})[0] for _ in range(steps)]
            return np.array(losses), sess.run(tf.trainable_variables()), str(sess.plan([loss, step], [x, y]))


def test_training_gives_the_same_numbers_as_on_the_cpu(monkeypatch) -> None:
    here = trained()
    standin.install(monkeypatch)
    there = trained()
    np.testing.assert_allclose(there[0], here[0], rtol=1e-6)
    for a, b in zip(there[1], here[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert "gpu" not in here[2]
    assert "MatMul_gpu(" in there[2]


def test_without_a_gpu_the_program_is_that_of_a_plan_which_knows_of_no_devices() -> None:
    with tf.Graph().as_default():
        x, y, loss, step = network()
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            plan = sess.plan([loss, step], [x, y])
            plain = Plan(plan.targets, plan.feeds, sess._stream_of, sess._passes, sess._resources.of)
            assert plan.source == plain.source
            assert sess.store is sess._arrays


def test_a_step_moves_its_feeds_up_its_loss_down_and_nothing_else(gpu) -> None:
    with tf.Graph().as_default():
        x, y, loss, step = network()
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            sess.run([loss, step], {x: X, y: Y})
            for _ in range(3):
                gpu.traffic.clear()
                sess.run([loss, step], {x: X, y: Y})
                assert (gpu.traffic.up, gpu.traffic.down) == ([(8, 4), (8,)], [()])
            sess.run(step, {x: X, y: Y})
            gpu.traffic.clear()
            sess.run(step, {x: X, y: Y})
            assert gpu.traffic.down == []
            lines = str(sess.plan([loss, step], [x, y])).splitlines()
            assert all(isinstance(array, gpu.ndarray) for array in sess._arrays.values())
    assert [line.split("=")[1].split("#")[0].strip() for line in lines[2:4]] == ["to_gpu(f0)", "to_gpu(f1)"]
    assert "to_cpu(" in lines[-2]
    assert sum("to_cpu(" in line for line in lines) == 1


def test_constants_go_up_once_when_the_plan_is_made(gpu) -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [2, 2])
        y = tf.matmul(x, np.eye(2, dtype=np.float32) * 3) + tf.constant([[1.0, 2.0]])
        for _ in range(2):
            np.testing.assert_array_equal(sess.run(y, {x: np.ones((2, 2))}), [[4, 5], [4, 5]])
        assert gpu.traffic.up.count((2, 2)) == 3  # the matrix, and twice what was fed
        assert str(sess.plan(y, [x])).count("to_gpu") == 1


def test_nothing_is_copied_twice(gpu) -> None:
    """Two ops of the CPU and the fetch use one copy of what the GPU computed, an op of each device uses what was fed."""
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [3])
        y = tf.square(x)
        texts = [tf.as_string(y), tf.as_string(y, precision=1), tf.as_string(x)]
        gpu.traffic.clear()
        found = sess.run([y, *texts], {x: [1.0, 2.0, 3.0]})
        assert (gpu.traffic.up, gpu.traffic.down) == ([(3,)], [(3,)])
        assert found[2].tolist() == [b"1.0", b"4.0", b"9.0"]
        program = str(sess.plan([y, *texts], [x]))
    assert "Square_gpu(" in program
    assert "AsString_gpu" not in program


def test_a_node_runs_where_it_wishes(gpu) -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        with tf.device("/cpu:0"):
            v = tf.Variable([1.0, 2.0])
            a = v * 2.0
        with tf.device("/gpu:0"):
            b = tf.exp(a)
        c = tf.sqrt(b)
        with tf.device(lambda node: "/cpu:0" if node.type == "Log" else ""):
            d = tf.log(c)
        sess.run(tf.global_variables_initializer())
        np.testing.assert_allclose(sess.run(d), [1.0, 2.0], rtol=1e-6)
        program = str(sess.plan(d))
        assert isinstance(sess._arrays[v], np.ndarray)
    for call in ("Mul(", "Exp_Sqrt_gpu(", "Log", "to_gpu(", "to_cpu("):
        assert f"= {call}" in program
    assert "Log_gpu" not in program


def test_counting_stays_on_the_cpu(gpu) -> None:
    """Shapes and their arithmetic: else every reshape would wait for the GPU."""
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [None, None])
        y = tf.reshape(tf.exp(x), [tf.shape(x)[0] * tf.shape(x)[1]])
        gpu.traffic.clear()
        np.testing.assert_allclose(sess.run(y, {x: np.zeros((2, 3))}), np.ones(6))
        assert (gpu.traffic.up, gpu.traffic.down) == ([(2, 3)], [(6,)])


def test_a_gpu_that_is_not_there(gpu) -> None:
    with tf.Graph().as_default():
        with tf.device("/gpu:3"):
            y = tf.square(tf.constant([2.0]))
        with tf.Session() as sess, pytest.raises(GraphError, match="no such device") as caught:
            sess.run(y)
        assert "/cpu:0, /gpu:0" in str(caught.value)
        with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
            assert sess.run(y).tolist() == [4.0]


def test_the_log_says_where_each_node_ran(gpu, capsys) -> None:
    config = tf.ConfigProto(log_device_placement=True)
    with tf.Graph().as_default():
        a = tf.constant([[1.0, 2.0]], name="a")
        product = tf.matmul(a, tf.constant([[1.0], [2.0]], name="b"), name="product")
        text = tf.as_string(product, name="text")
        with tf.Session(config=config) as sess:
            sess.run([product, text])
    log = capsys.readouterr().err.splitlines()
    assert "product: (MatMul): /job:localhost/replica:0/task:0/device:GPU:0" in log
    assert "a: (Const): /job:localhost/replica:0/task:0/device:GPU:0" in log
    assert "text: (AsString): /job:localhost/replica:0/task:0/device:CPU:0" in log
    assert [d.name for d in tf.Session().list_devices()][-1].endswith("device:GPU:0")


def test_the_log_says_of_constants_and_feeds_where_their_arrays_are(gpu, capsys) -> None:
    config = tf.ConfigProto(log_device_placement=True)
    with tf.Graph().as_default():
        with tf.device("/gpu:0"):
            x = tf.placeholder(tf.float32, [2], name="x")
            middle = tf.square(x, name="middle")
            y = tf.add(tf.sqrt(middle, name="root"), tf.constant([1.0, 2.0], name="offset"), name="y")
        with tf.device("/cpu:0"):
            z = tf.multiply(y, tf.constant([3.0, 4.0], name="factor"), name="z")
        with tf.Session(config=config) as sess:
            assert sess.run(z, {x: [3.0, 4.0]}).tolist() == [12.0, 24.0]
            here, there = sess.plan(z, [x]), sess.plan(z, [middle])
            assert sess.run(z, {middle: [9.0, 16.0]}).tolist() == [12.0, 24.0]
    said = dict(line.split(": ", 1) for line in capsys.readouterr().err.splitlines()[:7])
    kinds = {name: text.rsplit(":", 2)[-2] for name, text in said.items()}
    assert kinds == {"x": "CPU", "middle": "GPU", "root": "GPU", "offset": "GPU", "y": "GPU", "factor": "CPU", "z": "CPU"}
    for plan, fed in ((here, x), (there, middle)):
        assert plan.devices[fed.node].kind == "CPU"
        for constant, array in plan.known.values.items():
            assert devices.of(array) == plan._places.of(constant.node), constant


def test_without_gpus_in_the_config_all_runs_on_the_cpu(gpu) -> None:
    assert "gpu" not in trained(tf.ConfigProto(device_count={"GPU": 0}), steps=1)[2]
    assert gpu.traffic.up == []


def test_two_gpus(monkeypatch) -> None:
    """Each node on the one it names; the second one's results reach the first by way of a copy."""
    standin.install(monkeypatch, devices=2)
    with tf.Graph().as_default(), tf.Session() as sess:
        with tf.device("/gpu:1"):
            w = tf.Variable([[1.0, 2.0]])
            a = tf.matmul(w, [[1.0], [1.0]])
            step = w.assign_add([[1.0, 1.0]])
        with tf.device("/gpu:0"):
            b = tf.square(a)
        sess.run(tf.global_variables_initializer())
        assert sess.run(b).tolist() == [[9.0]]
        sess.run(step)
        assert sess.run([a, b])[1].tolist() == [[25.0]]
        program = str(sess.plan([a, b]))
        assert sess._arrays[w].device.id == 1
    for call in ("MatMul_gpu1(", "to_gpu(", "Square_gpu", "to_cpu("):
        assert call in program


def test_visible_gpus_are_counted_from_zero(monkeypatch) -> None:
    gpu = standin.install(monkeypatch, devices=3)
    monkeypatch.setattr(devices, "_visible", None)
    config = tf.ConfigProto()
    config.gpu_options.visible_device_list = "2"
    with tf.Graph().as_default(), tf.Session(config=config) as sess:
        v = tf.Variable(tf.ones([2]))
        sess.run(v.initializer)
        assert sess._arrays[v].device.id == 2
        assert [d.short for d in sess.list_devices()] == ["cpu:0", "gpu:0"]
        assert sess.run(v * 2.0).tolist() == [2.0, 2.0]
    assert gpu.cuda.Device().id == 0
    config.gpu_options.visible_device_list = "1"
    with pytest.raises(ArgumentError, match="after '2'"):
        tf.Session(config=config)
    config.gpu_options.visible_device_list = "7"
    with pytest.raises(ArgumentError, match="visible_device_list='7'"):
        tf.Session(config=config)


def test_gpu_options_limit_the_memory_pool(gpu) -> None:
    config = tf.ConfigProto()
    config.gpu_options.per_process_gpu_memory_fraction = 0.25
    config.gpu_options.allow_growth = True
    tf.Session(config=config).close()
    assert gpu.get_default_memory_pool().get_limit() == gpu.cuda.Device.mem_info[1] // 4
    gpu.get_default_memory_pool().set_limit(size=0)
    config.gpu_options.per_process_gpu_memory_fraction = 1.5
    with pytest.raises(ArgumentError, match=r"per_process_gpu_memory_fraction=1\.5"):
        tf.Session(config=config)


# ---- values that the CPU needs


def test_variables_come_down_and_go_up(gpu, tmp_path) -> None:
    with tf.Graph().as_default():
        v = tf.get_variable("v", initializer=[1.0, 2.0])
        count = tf.get_variable("count", initializer=3, trainable=False)
        fed = tf.placeholder(tf.float32, [2])
        assign, saver = v.assign(fed), tf.train.Saver()
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            assert sess.run([v, count])[0].tolist() == [1.0, 2.0]
            sess.run(assign, {fed: [3.0, 4.0]})
            path = saver.save(sess, str(tmp_path / "model"))
            v.load([0.0, 0.0], sess)
            assert isinstance(sess._arrays[v], gpu.ndarray)
            assert sess.store[v].tolist() == [0.0, 0.0]
            assert v.eval(session=sess).tolist() == [0.0, 0.0]
            sess.run(count.assign_add(1))
            assert isinstance(sess._arrays[count], np.ndarray)
            saver.restore(sess, path)
            assert isinstance(sess._arrays[v], gpu.ndarray)
            assert (sess.run(v).tolist(), sess.run(count)) == ([3.0, 4.0], 3)
            assert sess.run(v, {v: [7.0, 7.0]}).tolist() == [7.0, 7.0]


def test_a_fetched_value_from_before_an_update_is_not_that_after_it(gpu) -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.Variable([1.0])
        old = v.read_value()
        with tf.control_dependencies([old]):
            step = v.assign_add([1.0])
        sess.run(v.initializer)
        before, after = sess.run([old, step])
        assert (before.tolist(), after.tolist(), sess.run(v).tolist()) == ([1.0], [2.0], [2.0])


def test_ops_of_the_cpu_write_variables_of_the_gpu(gpu) -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.Variable([1.0, 2.0])
        doubled = tf.py_func(lambda x: x * 2, [v], tf.float32)
        doubled.set_shape([2])
        step = v.assign(doubled)
        sess.run(v.initializer)
        assert sess.run(step).tolist() == [2.0, 4.0]
        assert isinstance(sess._arrays[v], gpu.ndarray)


def test_queues_datasets_and_summaries_are_fed_from_the_gpu(gpu, tmp_path) -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.square(tf.placeholder(tf.float32, [2], name="x"))
        queue = tf.FIFOQueue(10, tf.float32, [2])
        put, got = queue.enqueue(x), tf.exp(queue.dequeue())
        summary = tf.summary.scalar("mean", tf.reduce_mean(x))
        row = tf.data.Dataset.from_tensor_slices(np.arange(4, dtype=np.float32)).map(lambda a: a * 2).batch(2)
        batch = tf.sqrt(row.make_one_shot_iterator().get_next())
        sess.run(put, {"x:0": [0.0, 1.0]})
        np.testing.assert_allclose(sess.run(got), np.exp([0.0, 1.0]), rtol=1e-6)
        assert b"mean" in sess.run(summary, {"x:0": [1.0, 2.0]})
        np.testing.assert_allclose(sess.run(batch), np.sqrt([0.0, 2.0]), rtol=1e-6)


def test_loops_and_branches_run_on_the_gpu(gpu) -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [3])
        v = tf.Variable(2.0)
        turns, y = tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, a * v), [0, x])
        z = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.exp(y), lambda: -y)
        rows = tf.scan(lambda a, b: a + b, x)
        slope = tf.gradients(y, [x, v])
        sess.run(v.initializer)
        found = sess.run([turns, y, z, rows, *slope], {x: [0.0, 1.0, 0.5]})
    assert found[0] == 4
    np.testing.assert_allclose(found[1], [0.0, 16.0, 8.0])
    np.testing.assert_allclose(found[2], np.exp([0.0, 16.0, 8.0]), rtol=1e-6)
    np.testing.assert_allclose(found[3], [0.0, 1.0, 1.5])
    np.testing.assert_allclose(found[4], [16.0] * 3)
    np.testing.assert_allclose(found[5], 4 * 8 * 1.5)


def test_an_error_on_the_gpu_names_the_node(gpu) -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        x, w = tf.placeholder(tf.float32, [None, None], name="x"), tf.Variable(tf.ones([3, 2]))
        y = tf.matmul(x, w, name="product")
        sess.run(w.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)product.*x:0 float32\(2, 2\)"):
            sess.run(y, {x: np.ones((2, 2))})


def test_a_trace_names_the_devices(gpu) -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        y = tf.as_string(tf.square(tf.placeholder(tf.float32, [2], name="x")))
        data = tf.RunMetadata()
        sess.run(y, {"x:0": [1.0, 2.0]}, tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), data)
    found = {stats.device[-5:]: [n.node_name for n in stats.node_stats] for stats in data.step_stats.dev_stats}
    assert "Square" in found["GPU:0"]
    assert "AsString" in found["CPU:0"]
