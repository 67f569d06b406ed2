"""Keras' optimizers against formulas in NumPy; their numbers, slots, configurations and errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

import deepkit as dk
from deepkit import keras, ops
from deepkit.core.slices import IndexedSlices
from deepkit.device import compiled, updates
from deepkit.errors import ArgumentError, GradientError
from deepkit.keras import backend as K
from deepkit.keras.backend.weights import Weight
from deepkit.train import AdamOptimizer, MomentumOptimizer

RNG = np.random.default_rng(4)
START = RNG.normal(size=(4, 3))
GRADS = RNG.normal(size=(5, 4, 3))
opt = keras.optimizers


# ---- the formulas, written once more: w, gradient, step from 1, slots


def sgd(w, g, t, s, rate=0.1, momentum=0.9, nesterov=False):
    s["v"] = momentum * s.get("v", 0) - rate * g
    return w + (momentum * s["v"] - rate * g if nesterov else s["v"])


def rmsprop(w, g, t, s, centered=False):
    s["r"] = 0.8 * s.get("r", 0) + 0.2 * g**2
    s["m"] = 0.8 * s.get("m", 0) + 0.2 * g
    return w - 0.1 * g / (np.sqrt(s["r"] - (s["m"] ** 2 if centered else 0)) + 1e-3)


def rmsprop_momentum(w, g, t, s, centered=False):
    s["r"] = 0.8 * s.get("r", 0) + 0.2 * g**2
    s["m"] = 0.8 * s.get("m", 0) + 0.2 * g
    s["o"] = 0.5 * s.get("o", 0) + 0.1 * g / np.sqrt(s["r"] - (s["m"] ** 2 if centered else 0) + 1e-3)
    return w - s["o"]


def adagrad(w, g, t, s):
    s["a"] = s.get("a", 0.2) + g**2
    return w - 0.1 * g / (np.sqrt(s["a"]) + 1e-3)


def adadelta(w, g, t, s):
    s["a"] = 0.8 * s.get("a", 0) + 0.2 * g**2
    step = np.sqrt(s.get("d", 0) + 1e-3) / np.sqrt(s["a"] + 1e-3) * g
    s["d"] = 0.8 * s.get("d", 0) + 0.2 * step**2
    return w - 0.5 * step


def adam(w, g, t, s, amsgrad=False):
    s["m"] = 0.8 * s.get("m", 0) + 0.2 * g
    s["v"] = 0.7 * s.get("v", 0) + 0.3 * g**2
    s["h"] = np.maximum(s.get("h", 0), s["v"]) if amsgrad else s["v"]
    return w - 0.1 * np.sqrt(1 - 0.7**t) / (1 - 0.8**t) * s["m"] / (np.sqrt(s["h"]) + 1e-3)


def adamax(w, g, t, s):
    s["m"] = 0.8 * s.get("m", 0) + 0.2 * g
    s["u"] = np.maximum(0.7 * s.get("u", 0), np.abs(g))
    return w - 0.1 / (1 - 0.8**t) * s["m"] / (s["u"] + 1e-3)


def nadam(w, g, t, s):
    def share(n):
        return 0.8 * (1 - 0.5 * 0.96 ** (n * 0.1))

    s["p"] = s.get("p", 1.0) * share(t)
    s["m"] = 0.8 * s.get("m", 0) + 0.2 * g
    s["v"] = 0.7 * s.get("v", 0) + 0.3 * g**2
    ahead = (1 - share(t)) * g / (1 - s["p"]) + share(t + 1) * s["m"] / (1 - s["p"] * share(t + 1))
    return w - 0.1 * ahead / (np.sqrt(s["v"] / (1 - 0.7**t)) + 1e-3)


def ftrl(w, g, t, s):
    accum = s.get("a", np.full_like(w, 0.2))
    larger = accum + g**2
    s["l"] = s.get("l", 0) + g - (np.sqrt(larger) - np.sqrt(accum)) / 0.1 * w
    s["a"] = larger
    return np.where(np.abs(s["l"]) > 0.5, (np.sign(s["l"]) * 0.5 - s["l"]) / (np.sqrt(larger) / 0.1 + 2 * 0.2), 0)


BETAS = {"beta_1": 0.8, "beta_2": 0.7, "epsilon": 1e-3}
RULES = {
    "sgd": (lambda: opt.SGD(0.1), lambda w, g, t, s: w - 0.1 * g),
    "momentum": (lambda: opt.SGD(0.1, momentum=0.9), sgd),
    "nesterov": (lambda: opt.SGD(0.1, 0.9, True), lambda *a: sgd(*a, nesterov=True)),
    "decay": (lambda: opt.SGD(lr=0.1, decay=0.5), lambda w, g, t, s: w - 0.1 / (1 + 0.5 * (t - 1)) * g),
    "schedule": (lambda: opt.SGD(opt.schedules.InverseTimeDecay(0.1, 2, 1.0)), lambda w, g, t, s: w - 0.1 / (0.5 + t / 2) * g),
    "rmsprop": (lambda: opt.RMSprop(0.1, 0.8, epsilon=1e-3), rmsprop),
    "rmsprop, centered": (lambda: opt.RMSprop(0.1, 0.8, epsilon=1e-3, centered=True), lambda *a: rmsprop(*a, centered=True)),
    "rmsprop, momentum": (lambda: opt.RMSprop(0.1, 0.8, 0.5, 1e-3), rmsprop_momentum),
    "rmsprop, both": (lambda: opt.RMSprop(0.1, 0.8, 0.5, 1e-3, True), lambda *a: rmsprop_momentum(*a, centered=True)),
    "adagrad": (lambda: opt.Adagrad(0.1, 0.2, 1e-3), adagrad),
    "adadelta": (lambda: opt.Adadelta(0.5, 0.8, 1e-3), adadelta),
    "adam": (lambda: opt.Adam(0.1, **BETAS), adam),
    "amsgrad": (lambda: opt.Adam(0.1, amsgrad=True, **BETAS), lambda *a: adam(*a, amsgrad=True)),
    "adamax": (lambda: opt.Adamax(0.1, **BETAS), adamax),
    "nadam": (lambda: opt.Nadam(0.1, schedule_decay=0.1, **BETAS), nadam),
    "ftrl": (lambda: opt.Ftrl(0.1, -0.5, 0.2, l1_regularization_strength=0.5, l2_regularization_strength=0.2), ftrl),
}
TOLERANCE = {"rtol": 2e-6, "atol": 2e-6}  # the learning rates are float32


@pytest.fixture(autouse=True)
def _fresh_names() -> None:
    K.clear_session()


def weight(value=START) -> Weight:
    return Weight(np.array(value), name="w")


@pytest.mark.parametrize("name", RULES)
def test_rule_in_a_graph(name: str) -> None:
    make, rule = RULES[name]
    w, g = weight(), K.placeholder((4, 3), dtype="float64")
    optimizer, expected, slots = make(), START, {}
    run = K.function([g], [], [optimizer.apply_gradients([(g, w)])])
    for t, grad in enumerate(GRADS, 1):
        run([grad])
        expected = rule(expected, grad, t, slots)
        np.testing.assert_allclose(K.get_value(w), expected, **TOLERANCE)
    assert K.get_value(optimizer.iterations) == len(GRADS)


@pytest.mark.parametrize("name", RULES)
def test_rule_on_tensors(name: str) -> None:
    make, rule = RULES[name]
    w = weight()
    optimizer, expected, slots = make(), START, {}
    for t, grad in enumerate(GRADS, 1):
        optimizer.apply_gradients([(dk.tensor(grad), w.eager)])
        expected = rule(expected, grad, t, slots)
        np.testing.assert_allclose(w.numpy(), expected, **TOLERANCE)


FADING = {"adam", "amsgrad", "rmsprop", "rmsprop, centered", "nadam"}
"""Rules whose means of the other rows fade although the rows stay; Adam's momentum even moves them."""


@pytest.mark.parametrize("name", RULES)
def test_rows(name: str) -> None:
    """Rows that are named twice add up; rows that are not named stay, or move as a gradient of 0 moves them."""
    make, rule = RULES[name]
    w, optimizer, expected = weight(), make(), START.copy()
    slots: list[dict] = [{} for _ in START]
    for t, rows in enumerate([[2, 0, 2], [1, 2, 1], [3, 0, 0], [1, 1, 1]], 1):
        values = RNG.normal(size=(3, 3))
        optimizer.apply_gradients([(IndexedSlices(dk.tensor(values), np.array(rows)), w.eager)])
        dense = np.zeros_like(START)
        np.add.at(dense, rows, values)
        for row in range(4) if name in FADING else set(rows):
            moved = rule(expected[row], dense[row], t, slots[row])
            if name != "nadam" or row in rows:
                expected[row] = moved
        np.testing.assert_allclose(w.numpy(), expected, **TOLERANCE)


def model(optimizer="sgd", **arguments):
    K.clear_session()
    made = keras.models.Sequential([keras.layers.Dense(2, input_shape=(3,), **arguments)])
    made.compile(optimizer() if callable(optimizer) else optimizer, "mse")
    return made


X, Y = RNG.normal(size=(8, 3)), RNG.normal(size=(8, 2))


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("name", RULES)
def test_training_is_the_same_in_a_graph_and_on_tensors(name: str, eager: bool) -> None:
    start = [RNG.normal(size=(3, 2)), np.zeros(2)]
    found = []
    for run_eagerly in (False, eager):
        made = model(RULES[name][0]())
        made.run_eagerly = run_eagerly
        made.set_weights(start)
        for _ in range(3):
            made.train_on_batch(X, Y)
        found.append([*made.get_weights(), *made.optimizer.get_weights()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


# ---- numbers


def test_learning_rate_can_be_changed_between_steps() -> None:
    made = model(opt.SGD(0.5))
    made.optimizer.lr = 0.25
    assert K.get_value(made.optimizer.lr) == 0.25
    made.train_on_batch(X, Y)
    before = made.get_weights()
    for change in (lambda: K.set_value(made.optimizer.lr, 0.0), lambda: setattr(made.optimizer, "learning_rate", 0.0)):
        change()
        made.train_on_batch(X, Y)
        np.testing.assert_array_equal(before[0], made.get_weights()[0])
        made.optimizer.lr = 0.5
    made.train_on_batch(X, Y)
    assert (before[0] != made.get_weights()[0]).any()


def test_momentum_and_betas_are_weights_too() -> None:
    made = model(opt.Adam(0.1))
    made.train_on_batch(X, Y)
    K.set_value(made.optimizer.beta_1, 0.5)
    assert made.optimizer.get_config()["beta_1"] == 0.5
    sgd = opt.SGD(momentum=0.5)
    sgd.momentum = 0.75
    assert K.get_value(sgd.momentum) == 0.75


def test_no_decay_costs_nothing() -> None:
    """Without decay the step has no operation for it."""

    def counts(make) -> int:
        K.clear_session()  # what the first step of a graph makes once for all, each makes here
        optimizer = make()
        w, g = weight(), K.placeholder((4, 3), dtype="float64")
        before = len(w.graph.get_operations())
        optimizer.create_all_weights([w])
        made = len(w.graph.get_operations())
        optimizer.apply_gradients([(g, w)])
        assert made > before
        return len(w.graph.get_operations()) - made

    plain, decayed = counts(lambda: opt.SGD(0.1)), counts(lambda: opt.SGD(0.1, decay=0.1))
    assert plain < decayed
    w, g = weight(), K.placeholder((4, 3), dtype="float64")
    K.function([g], [], [opt.Adam().apply_gradients([(g, w)])])
    assert [n.type for n in w.graph.get_operations()].count("ApplyAdam") == 1


def test_schedule_and_number_do_not_mix_after_the_first_step() -> None:
    made = model(opt.SGD(0.1))
    made.optimizer.lr = opt.schedules.ExponentialDecay(0.1, 1, 0.5)
    made.train_on_batch(X, Y)
    with pytest.raises(ArgumentError, match="compile the model again"):
        made.optimizer.lr = 0.1
    other = model(opt.SGD(0.1))
    other.train_on_batch(X, Y)
    for name, value in (("lr", opt.schedules.ExponentialDecay(0.1, 1, 0.5)), ("decay", 0.1)):
        with pytest.raises(ArgumentError, match="after training has begun"):
            setattr(other.optimizer, name, value)


def test_optimizer_goes_with_its_numbers_to_another_graph() -> None:
    optimizer = opt.Adam(0.1)
    model(optimizer).train_on_batch(X, Y)
    optimizer.lr = 0.25
    second = model(optimizer)
    second.train_on_batch(X, Y)
    assert K.get_value(optimizer.lr) == 0.25
    assert K.get_value(optimizer.iterations) == 2
    assert len(optimizer.weights) == 5


# ---- clipping, constraints, gradients


@pytest.mark.parametrize(
    ("clip", "formula"),
    [
        ({"clipvalue": 0.5}, lambda a, b: (np.clip(a, -0.5, 0.5), np.clip(b, -0.5, 0.5))),
        ({"clipnorm": 0.5}, lambda a, b: (a * 0.5 / np.linalg.norm(a), b * 0.5 / np.linalg.norm(b))),
        ({"global_clipnorm": 0.5}, lambda a, b: tuple(x * 0.5 / np.hypot(np.linalg.norm(a), np.linalg.norm(b)) for x in (a, b))),
    ],
)
def test_clipping(clip: dict, formula) -> None:
    a, b = weight(), weight(START * 2)
    opt.SGD(1.0, **clip).apply_gradients([(dk.tensor(GRADS[0]), a.eager), (dk.tensor(GRADS[1]), b.eager)])
    for w, start, step in zip((a, b), (START, START * 2), formula(GRADS[0], GRADS[1]), strict=True):
        np.testing.assert_allclose(w.numpy(), start - step, rtol=1e-6)


def test_weights_without_gradient_stay_and_are_named() -> None:
    used, spare = weight(), weight()
    with pytest.warns(UserWarning, match="does not depend on w_1"):
        updates_ = opt.SGD(1.0).get_updates(ops.reduce_sum(used * 2.0), [used, spare])
    K.function([], [], updates_)([])
    np.testing.assert_allclose(K.get_value(used), START - 2.0)
    np.testing.assert_allclose(K.get_value(spare), START)


def test_nothing_to_train() -> None:
    w = weight()
    with pytest.raises(GradientError, match="does not depend on any weight"):
        opt.SGD().get_updates(K.placeholder(()) * 1.0, [w])
    with pytest.raises(GradientError, match="no gradients"):
        opt.SGD().apply_gradients([(None, w)])


def test_minimize() -> None:
    w = weight(np.array([3.0]))
    opt.SGD(0.25).minimize(lambda: ops.reduce_sum(w.eager.read() ** 2.0), [w.eager])
    assert w.numpy().tolist() == [1.5]


def test_constraint_holds_after_the_step() -> None:
    made, free = model(opt.SGD(10.0), kernel_constraint="non_neg"), model(opt.SGD(10.0))
    for each in (made, free):
        each.set_weights([START[:3, :2], np.zeros(2)])
        each.train_on_batch(X, Y)
    step = free.get_weights()[0]
    assert (step < 0).any()
    np.testing.assert_array_equal(made.get_weights()[0], np.maximum(step, 0.0))


# ---- weights and descriptions


def test_weights_are_count_and_slots_in_order() -> None:
    made = model(opt.Adam(amsgrad=True))
    assert made.optimizer.weights == []
    made.optimizer.create_all_weights(made.trainable_weights)
    names = [w.name for w in made.optimizer.weights]
    assert names == [
        "Adam/iter:0",
        *[f"Adam/dense_1/{w}/{s}:0" for s in ("m", "v", "vhat") for w in ("kernel", "bias")],
    ]
    made.train_on_batch(X, Y)
    assert [w.name for w in made.optimizer.weights] == names


def test_set_weights() -> None:
    made = model(opt.RMSprop())
    made.train_on_batch(X, Y)
    values = [np.array(7), np.full((3, 2), 0.5), np.full(2, 0.25)]
    made.optimizer.set_weights(values)
    for a, b in zip(made.optimizer.get_weights(), values, strict=True):
        np.testing.assert_array_equal(a, b)
    made.optimizer.set_weights(values[1:])  # without the count, as Keras 1 kept it
    assert made.optimizer.get_weights()[0] == 0
    with pytest.raises(ArgumentError, match="1 arrays for 3"):
        made.optimizer.set_weights(values[:1])
    with pytest.raises(ArgumentError, match=r"shape \(2, 3\)"):
        made.optimizer.set_weights([values[0], values[1].T, values[2]])


@pytest.mark.parametrize("name", RULES)
def test_configuration_is_plain_and_makes_an_equal_optimizer(name: str) -> None:
    optimizer = RULES[name][0]()
    model(optimizer).train_on_batch(X, Y)
    config = json.loads(json.dumps(opt.serialize(optimizer)))
    again = opt.deserialize(config)
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()


def test_get() -> None:
    for name in ("sgd", "SGD", "rmsprop", "adagrad", "adadelta", "adam", "adamax", "nadam", "ftrl"):
        assert type(opt.get(name)).__name__.lower() == name.lower()
    made = opt.Adam()
    assert opt.get(made) is made
    assert opt.get(opt.Adam).name == "Adam"
    assert opt.legacy.Adam is opt.Adam
    assert opt.get({"class_name": "Adam", "config": {"lr": 0.5}}).get_config()["learning_rate"] == 0.5
    with pytest.raises(ArgumentError, match="did you mean 'adam'"):
        opt.get("adamm")
    with pytest.raises(ArgumentError, match="names: "):
        opt.get(3)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: opt.SGD(larning_rate=1), "no argument 'larning_rate'"),
        (lambda: opt.SGD(momentum=2.0), "between 0"),
        (lambda: opt.SGD(clipnorm=-1.0), "clipnorm is not negative"),
        (lambda: opt.SGD(clipnorm=1.0, global_clipnorm=1.0), "clipnorm looks at each gradient"),
        (lambda: opt.Adam(beta_1=1.0), "0 <= beta_1 < 1"),
        (lambda: opt.SGD("0.1"), "one number"),
        (lambda: opt.SGD([0.1, 0.2]), "one number"),
        (lambda: opt.Adagrad(initial_accumulator_value=-1), "not negative"),
        (lambda: opt.Ftrl(learning_rate_power=0.5), "not positive"),
        (lambda: opt.Nadam(opt.schedules.ExponentialDecay(1, 1, 1)), "schedule of its own"),
        (lambda: opt.schedules.PiecewiseConstantDecay([1], [1.0]), "one value more"),
        (lambda: opt.Optimizer().apply_gradients([(dk.tensor(START), weight().eager)]), "defines neither"),
    ],
)
def test_errors_teach(make, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        make()


def test_nadam_says_that_its_rate_does_not_decay() -> None:
    with pytest.warns(UserWarning, match="decay is not used"):
        opt.Nadam(decay=0.1)


# ---- optimizers of other kinds


class Signs(opt.Optimizer):
    """An optimizer as Keras 2 has them: it writes its updates itself."""

    def __init__(self, lr: float = 0.01, **kwargs):
        super().__init__(**kwargs)
        with K.name_scope(self.__class__.__name__):
            self.iterations = K.variable(0, dtype="int64", name="iterations")
            self.lr = K.variable(lr, name="lr")

    def get_updates(self, loss, params):
        grads = self.get_gradients(loss, params)
        self.updates = [K.update_add(self.iterations, 1)]
        totals = [K.zeros(K.int_shape(p)) for p in params]
        self.weights = [self.iterations, *totals]
        for p, g, total in zip(params, grads, totals, strict=True):
            self.updates.append(K.update_add(total, g))
            self.updates.append(K.update(p, p - self.lr * K.sign(g)))
        return self.updates

    def get_config(self):
        return {**super().get_config(), "lr": float(K.get_value(self.lr))}


def test_optimizer_in_the_manner_of_keras_2() -> None:
    made = model(lambda: Signs(0.5, clipvalue=0.1))
    made.set_weights([np.zeros((3, 2)), np.zeros(2)])
    made.train_on_batch(X, Y)
    sign = np.sign(X.T @ -Y)
    np.testing.assert_allclose(made.get_weights()[0], -0.5 * sign)
    assert [w.shape for w in made.optimizer.get_weights()] == [(), (3, 2), (2,)]
    assert np.abs(made.optimizer.get_weights()[1]).max() <= 0.1 + 1e-6
    assert K.get_value(made.optimizer.iterations) == 1
    made.optimizer.lr = K.variable(0.25)
    config = opt.serialize(made.optimizer)
    assert opt.deserialize(config, {"Signs": Signs}).get_config() == {"name": "Signs", "clipvalue": 0.1, "lr": 0.25}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (lambda: AdamOptimizer(0.1, epsilon=1e-7), lambda: opt.Adam(0.1)),
        (lambda: MomentumOptimizer(0.1, 0.9), lambda: opt.SGD(0.1, 0.9)),
    ],
)
def test_optimizer_of_the_train_module(theirs, ours) -> None:
    start, found = [START[:3, :2], np.zeros(2)], []
    for optimizer in (theirs(), ours()):
        made = model(optimizer)
        made.set_weights(start)
        for _ in range(3):
            made.train_on_batch(X, Y)
        found.append(made.get_weights()[0])
        assert K.get_value(made.optimizer.iterations) == 3
    np.testing.assert_allclose(*found, rtol=1e-5)
    with pytest.raises(ArgumentError, match="save_weights"):
        model(theirs()).optimizer.get_config()


# ---- kernels


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed: there is no compiled kernel to compare")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("reference", "arrays", "numbers"),
    [
        (updates.velocity_reference, 3, (0.01, 0.9)),
        (updates.plain_rmsprop_reference, 3, (0.01, 0.9, 1e-7)),
        (updates.plain_rmsprop_reference, 3, (0.0, 0.9, 1e-7)),
        (updates.rmsprop_reference, 4, (0.0, 0.9, 0.5, 1e-10)),
        (updates.adam_reference, 4, (0.0, 0.9, 0.999, 1e-8)),
    ],
)
def test_compiled_updates_equal_the_reference(reference, arrays: int, numbers: tuple, dtype: type) -> None:
    """Also for a learning rate of 0, with which nothing moves."""
    size = 2 * updates.SMALL + 5
    given = [np.abs(RNG.normal(size=size)).astype(dtype) for _ in range(arrays)]
    scalars = [dtype(n) for n in numbers]
    for extra in ([True], [False]) if reference is updates.velocity_reference else ([],):
        plain, fast = [a.copy() for a in given], [a.copy() for a in given]
        reference(*plain, *scalars, *extra)
        updates.run(reference, tuple(fast), *scalars, *extra)
        for a, b in zip(plain, fast, strict=True):
            np.testing.assert_array_equal(a, b)
