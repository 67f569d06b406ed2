"""Programs as people write them with Keras 2, beside tf_keras in a graph: every number and every printed line of both.

Each program is a function of the module `keras`; it starts from weights drawn by NumPy and returns all that it found.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("tf_keras", reason="tf_keras is not installed (extra: peers)")

import tensorflow
import tf_keras as reference
from sameness import assert_same

from deepkit import keras as ours

tensorflow.compat.v1.experimental.output_all_intermediates(True)  # else its recurrent layers in a graph have no gradient


def rng(seed=0):
    return np.random.default_rng(seed)


def normal(*shape, seed=0):
    return rng(seed).normal(size=shape).astype("float32")


def started(model, seed=0):
    """The model with weights that are the same on both sides; variances stay positive."""
    draw = rng(seed)
    model.set_weights([np.abs(draw.normal(size=w.shape) * 0.5) if i % 2 else draw.normal(size=w.shape) * 0.5
                       for i, w in enumerate(model.get_weights())])
    return model


def sgd(keras, rate=0.1):
    return keras.optimizers.legacy.SGD(rate)


def history(fitted):
    return {key: [float(v) for v in values] for key, values in fitted.history.items()}


# ---- several models in one


def generative_adversarial_network(keras, folder):
    L = keras.layers
    generator = started(keras.models.Sequential([L.Dense(4, activation="tanh", input_dim=3), L.Dense(2)]), 1)
    judge = keras.models.Sequential([L.Dense(5, input_dim=2), L.LeakyReLU(0.2), L.Dense(1, activation="sigmoid")])
    started(judge, 2)
    judge.compile(keras.optimizers.legacy.Adam(0.01, beta_1=0.5), "binary_crossentropy", metrics=["accuracy"])
    judge.trainable = False
    z = L.Input((3,))
    both = keras.models.Model(z, judge(generator(z)))
    both.compile(keras.optimizers.legacy.Adam(0.01, beta_1=0.5), "binary_crossentropy")
    seen = [len(both.trainable_weights), len(judge.trainable_weights)]
    for step in range(4):
        noise = normal(8, 3, seed=step)
        seen.append(judge.train_on_batch(normal(8, 2, seed=step + 50) + 2, np.ones((8, 1))))
        seen.append(judge.train_on_batch(generator.predict(noise), np.zeros((8, 1))))
        seen.append(both.train_on_batch(noise, np.ones((8, 1))))
    return seen, generator.get_weights(), judge.get_weights()


def siamese_network(keras, folder):
    L, K = keras.layers, keras.backend
    base = started(keras.models.Sequential([L.Dense(6, activation="relu", input_shape=(4,)), L.Dropout(0.0), L.Dense(3)]))
    a, b = L.Input((4,)), L.Input((4,))

    def distance(pair):
        return K.sqrt(K.maximum(K.sum(K.square(pair[0] - pair[1]), axis=1, keepdims=True), K.epsilon()))

    def contrastive(y, d):
        return K.mean(y * K.square(d) + (1 - y) * K.square(K.maximum(1 - d, 0)))

    def accuracy(y, d):
        return K.mean(K.equal(y, K.cast(d < 0.5, y.dtype)))

    far = L.Lambda(distance, name="far", output_shape=lambda shapes: (shapes[0][0], 1))([base(a), base(b)])
    model = keras.models.Model([a, b], far)
    model.compile(keras.optimizers.legacy.RMSprop(0.01), contrastive, metrics=[accuracy])
    pairs, y = [normal(12, 4), normal(12, 4, seed=1)], (np.arange(12) % 2).astype("float32")[:, None]
    fitted = model.fit(pairs, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    return history(fitted), model.predict(pairs), len(model.weights), [layer.name for layer in model.layers][-1]


def translation_by_sequences(keras, folder):
    L, n = keras.layers, 5
    source, target = L.Input((None, n)), L.Input((None, n))
    _, h, c = L.LSTM(4, return_state=True, name="encoder")(source)
    decoder = L.LSTM(4, return_sequences=True, return_state=True, name="decoder")
    words = L.Dense(n, activation="softmax", name="words")
    y, _, _ = decoder(target, initial_state=[h, c])
    model = started(keras.models.Model([source, target], words(y)))
    model.compile(keras.optimizers.legacy.RMSprop(0.02), "categorical_crossentropy", metrics=["accuracy"])
    one_hot = np.eye(n, dtype="float32")
    x, t = one_hot[rng(1).integers(0, n, (8, 6))], one_hot[rng(2).integers(0, n, (8, 4))]
    fitted = model.fit([x, t], np.roll(t, -1, 1), batch_size=4, epochs=2, shuffle=False, verbose=0)
    encode = keras.models.Model(source, [h, c])
    states = [L.Input((4,)), L.Input((4,))]
    y, *after = decoder(target, initial_state=states)
    decode = keras.models.Model([target, *states], [words(y), *after])
    found, memory, word = [], encode.predict(x[:1]), one_hot[None, :1]
    for _ in range(5):
        p, *memory = decode.predict([word, *memory])
        found.append(int(p[0, -1].argmax()))
        word = one_hot[None, found[-1:]]
    return history(fitted), found, p, memory, [w.shape for w in decode.get_weights()]


def models_within_models(keras, folder):
    L = keras.layers
    x = L.Input((6,), name="x")
    inner = keras.models.Model(x, [L.Dense(3, activation="tanh", name="a")(x), L.Dense(2, name="b")(x)], name="inner")
    p, q = L.Input((6,), name="p"), L.Input((6,), name="q")
    (a1, b1), (a2, b2) = inner(p), inner(q)
    joined = L.Concatenate(name="joined")([a1, b2, L.Subtract(name="gap")([b1, b2])])
    outer = started(keras.models.Model([p, q], L.Dense(1, name="out")(L.Add(name="sum")([joined, L.concatenate([a2, b1, b1])]))))
    outer.compile(sgd(keras), "mse")
    data, y = [normal(6, 6), normal(6, 6, seed=1)], normal(6, 1, seed=2)
    losses = [outer.train_on_batch(data, y) for _ in range(3)]
    part = keras.models.Model(outer.inputs, outer.get_layer("joined").output)
    alone = keras.models.Model(inner.input, inner.get_layer("a").output)
    return losses, part.predict(data), alone.predict(data[0]), outer.count_params(), inner.predict(data[1])


def steps_through_a_model(keras, folder):
    L = keras.layers
    image = keras.models.Sequential(
        [L.Conv2D(2, 2, activation="relu", input_shape=(4, 4, 1)), L.MaxPooling2D(), L.Flatten()], name="image"
    )
    x = L.Input((3, 4, 4, 1))
    y = L.GRU(3, name="gru")(L.TimeDistributed(image, name="each")(x))
    model = started(keras.models.Model(x, L.Dense(1, name="out")(y)))
    model.compile(sgd(keras), "mae")
    fitted = model.fit(normal(6, 3, 4, 4, 1), normal(6, 1), batch_size=3, epochs=2, shuffle=False, verbose=0)
    return history(fitted), model.predict(normal(2, 3, 4, 4, 1, seed=1)), model.output_shape, image.get_weights()


# ---- parts of one's own


def a_layer_of_ones_own(keras, folder):
    class Scaled(keras.layers.Layer):
        def __init__(self, units, power=1.0, **kwargs):
            super().__init__(**kwargs)
            self.units, self.power = units, power

        def build(self, input_shape):
            self.kernel = self.add_weight(name="kernel", shape=(int(input_shape[-1]), self.units), initializer="ones",
                                          regularizer=keras.regularizers.l2(0.1))
            self.factor = self.add_weight(name="factor", shape=(), initializer="ones", trainable=False)
            super().build(input_shape)

        def call(self, x):
            return self.factor * keras.backend.dot(x, self.kernel) ** self.power

        def compute_output_shape(self, input_shape):
            return (input_shape[0], self.units)

        def get_config(self):
            return {**super().get_config(), "units": self.units, "power": self.power}

    model = keras.models.Sequential([Scaled(3, 2.0, input_shape=(2,), name="scaled"), keras.layers.Dense(1, name="d")])
    started(model).compile(keras.optimizers.legacy.Adam(0.05), "mse", metrics=["mae"])
    x, y = normal(6, 2), normal(6, 1, seed=1)
    first = model.train_on_batch(x, y)
    model.save(os.path.join(folder, "m.h5"))
    again = keras.models.load_model(os.path.join(folder, "m.h5"), custom_objects={"Scaled": Scaled})
    second = [m.train_on_batch(x, y) for m in (model, again)]
    return first, second, again.get_layer("scaled").power, again.predict(x), [w.name for w in again.weights]


def losses_of_ones_own(keras, folder):
    L, K = keras.layers, keras.backend
    x = L.Input((4,))
    mean, log_variance = L.Dense(2, name="mean")(L.Dense(5, activation="tanh", name="h")(x)), L.Dense(2, name="var")(x)
    out = L.Dense(4, name="out")(L.Lambda(lambda z: z[0] + K.exp(z[1] / 2) * 0.5, name="draw")([mean, log_variance]))
    model = started(keras.models.Model(x, out))

    def variational(weight):
        def loss(y, p):
            return K.mean(K.square(y - p), axis=-1) + weight * kl
        return loss

    kl = -0.5 * K.sum(1 + log_variance - K.square(mean) - K.exp(log_variance), axis=-1)
    model.compile(sgd(keras, 0.05), variational(0.1), metrics=[keras.losses.mean_squared_error])
    data = normal(8, 4)
    fitted = model.fit(data, data, batch_size=4, epochs=3, shuffle=False, verbose=0)
    return history(fitted), model.evaluate(data, data, verbose=0), model.get_weights()


def metrics_with_a_state(keras, folder):
    K = keras.backend

    class Hits(keras.metrics.Metric):
        def __init__(self, name="hits", **kwargs):
            super().__init__(name=name, **kwargs)
            self.total = self.add_weight(name="total", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            return self.total.assign_add(K.sum(K.cast(K.greater(y_true * y_pred, 0), "float32")))

        def result(self):
            return self.total

    model = started(keras.models.Sequential([keras.layers.Dense(1, input_dim=3)]))
    model.compile(sgd(keras, 0.01), "mse", metrics=[Hits(), keras.metrics.MeanAbsoluteError(name="mine"), "mse"])
    x, y = normal(10, 3), normal(10, 1, seed=1)
    fitted = model.fit(x, y, batch_size=5, epochs=3, shuffle=False, validation_data=(x, y), verbose=0)
    return history(fitted), model.evaluate(x, y, verbose=0), model.metrics_names


# ---- what training is told


def losses_by_name(keras, folder):
    L = keras.layers
    x = L.Input((3,))
    h = L.Dense(4, activation="relu", name="h")(x)
    model = started(keras.models.Model(x, [L.Dense(1, name="age")(h), L.Dense(3, activation="softmax", name="kind")(h)]))
    model.compile(
        keras.optimizers.legacy.Nadam(0.01), {"age": "mse", "kind": "categorical_crossentropy"},
        loss_weights={"age": 0.25, "kind": 2.0}, metrics={"age": "mae", "kind": ["accuracy", "top_k_categorical_accuracy"]},
    )
    y = {"age": normal(9, 1), "kind": np.eye(3, dtype="float32")[rng().integers(0, 3, 9)]}
    fitted = model.fit(normal(9, 3), y, batch_size=3, epochs=3, shuffle=False, verbose=0)
    return history(fitted), model.metrics_names, model.predict(normal(2, 3)), model.evaluate(normal(9, 3), y, verbose=0)


def weights_of_classes_samples_and_steps(keras, folder):
    L = keras.layers
    model = started(keras.models.Sequential([L.Dense(3, activation="softmax", input_dim=4)]))
    model.compile(sgd(keras), "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
    x, y, w = normal(12, 4), np.arange(12) % 3, rng().uniform(0, 2, 12)
    by_class = model.fit(x, y, class_weight={0: 1.0, 1: 0.2, 2: 3.0}, batch_size=4, epochs=2, shuffle=False, verbose=0)
    by_both = model.fit(x, y, sample_weight=w, class_weight={0: 1.0, 1: 2.0, 2: 0.5}, batch_size=4, shuffle=False, verbose=0)
    steps = started(keras.models.Sequential([L.SimpleRNN(3, return_sequences=True, input_shape=(5, 2)),
                                             L.TimeDistributed(L.Dense(1))]))
    steps.compile(sgd(keras), "mse", sample_weight_mode="temporal")
    data, target, each = normal(6, 5, 2), normal(6, 5, 1), rng(3).uniform(0, 1, (6, 5))
    of_steps = steps.fit(data, target, sample_weight=each, batch_size=3, epochs=2, shuffle=False, verbose=0)
    batch = steps.train_on_batch(data, target, sample_weight=each)
    tested = steps.test_on_batch(data, target, sample_weight=each * 2)
    return history(by_class), history(by_both), history(of_steps), batch, tested, model.evaluate(x, y, sample_weight=w, verbose=0)


def states_between_batches(keras, folder):
    L = keras.layers
    model = keras.models.Sequential([
        L.LSTM(3, stateful=True, return_sequences=True, batch_input_shape=(2, 4, 1)), L.GRU(2, stateful=True), L.Dense(1),
    ])
    started(model).compile(keras.optimizers.legacy.Adagrad(0.05), "mse")
    x, y = normal(6, 4, 1), normal(6, 1, seed=1)
    seen = []
    for _ in range(3):
        seen.append(history(model.fit(x, y, batch_size=2, epochs=1, shuffle=False, verbose=0)))
        model.reset_states()
    return seen, model.predict(x, batch_size=2), model.predict(x, batch_size=2), [model.reset_states(), model.predict(x[:2])]


def masks_through_layers(keras, folder):
    L = keras.layers
    ids = np.array([[1, 2, 3, 0, 0], [4, 1, 0, 0, 0], [2, 2, 2, 2, 2], [3, 0, 0, 0, 0]])
    model = started(keras.models.Sequential([
        L.Embedding(6, 3, mask_zero=True, input_length=5), L.Dropout(0.0), L.Bidirectional(L.LSTM(2, return_sequences=True)),
        L.TimeDistributed(L.Dense(4, activation="tanh")), L.GRU(3, return_sequences=True), L.Dense(1),
    ]))
    model.compile(sgd(keras), "mse", metrics=["mae"])
    y = normal(4, 5, 1)
    fitted = model.fit(ids, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
    series = np.where(ids[..., None] == 0, -1.0, ids[..., None] / 4).astype("float32")
    masked = started(keras.models.Sequential([L.Masking(-1.0, input_shape=(5, 1)), L.SimpleRNN(3), L.Dense(2)]))
    return history(fitted), model.predict(ids), masked.predict(series), model.evaluate(ids, y, verbose=0)


# ---- while training goes on


def callbacks_that_watch(keras, folder):
    C = keras.callbacks
    model = started(keras.models.Sequential([keras.layers.Dense(4, activation="tanh", input_dim=3), keras.layers.Dense(1)]))
    model.compile(sgd(keras, 0.4), "mse", metrics=["mae"])
    x, y, seen = normal(12, 3), normal(12, 1, seed=1), []
    path = os.path.join(folder, "best-{epoch:02d}.h5")
    watchers = [
        C.EarlyStopping("val_loss", patience=3, restore_best_weights=True, verbose=1),
        C.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_lr=1e-3, min_delta=0.05, verbose=1),
        C.ModelCheckpoint(path, "val_loss", save_best_only=True, save_weights_only=True),
        C.CSVLogger(os.path.join(folder, "log.csv"), separator=";"),
        C.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs))),
                         on_batch_begin=lambda batch, logs: seen.append(batch)),
    ]
    fitted = model.fit(x[:8], y[:8], validation_data=(x[8:], y[8:]), batch_size=4, epochs=15, callbacks=watchers,
                       shuffle=False, verbose=0)
    rows = [line.split(";") for line in Path(folder, "log.csv").read_text(encoding="utf-8").splitlines()]
    kept = sorted(name for name in os.listdir(folder) if name.endswith(".h5"))
    return history(fitted), seen, rows[0], [[float(v) for v in row] for row in rows[1:]], kept, model.predict(x)


def batches_from_generators(keras, folder):
    x, y = normal(12, 3), normal(12, 1, seed=1)

    def forever():
        while True:
            for i in range(0, 12, 4):
                yield x[i:i + 4], y[i:i + 4]

    class Parts(keras.utils.Sequence):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return x[4 * i:4 * i + 4], y[4 * i:4 * i + 4]

    model = started(keras.models.Sequential([keras.layers.Dense(1, input_dim=3)]))
    model.compile(sgd(keras), "mse", metrics=["mae"])
    first = model.fit_generator(forever(), steps_per_epoch=2, epochs=3, validation_data=Parts(), verbose=0)
    second = model.fit_generator(Parts(), epochs=2, workers=2, shuffle=False, verbose=0)
    third = model.fit(Parts(), epochs=1, shuffle=False, verbose=0)
    tested = [model.evaluate_generator(forever(), steps=3), model.evaluate_generator(Parts(), workers=2)]
    asked = [model.predict_generator(Parts()), model.predict_generator(forever(), steps=2)]
    return [history(h) for h in (first, second, third)], tested, asked


def pictures_that_change(keras, folder):
    images, y = rng().uniform(0, 255, (10, 6, 6, 3)).astype("float32"), np.arange(10) % 2
    Generator = keras.preprocessing.image.ImageDataGenerator
    found = []
    for how in ({"rescale": 1 / 255}, {"featurewise_center": True, "featurewise_std_normalization": True},
                {"horizontal_flip": True, "width_shift_range": 0.3, "height_shift_range": 0.2, "fill_mode": "reflect"},
                {"rotation_range": 40, "zoom_range": 0.2, "shear_range": 10.0, "channel_shift_range": 9.0, "cval": 3.0},
                {"samplewise_center": True, "vertical_flip": True, "validation_split": 0.3}):
        generator = Generator(**how)
        generator.fit(images)
        flow = generator.flow(images, y, batch_size=4, seed=3, subset="training" if "validation_split" in how else None)
        found.append((len(flow), [next(flow) for _ in range(4)]))
    return found


# ---- weights and files


def frozen_and_trained_again(keras, folder):
    L = keras.layers
    base = keras.models.Sequential(
        [L.Dense(4, activation="relu", input_dim=3, name="d"), L.Dense(4, kernel_regularizer="l2", name="n")],
        name="base",
    )
    model = started(keras.models.Sequential([base, L.Dense(1, name="top")]))
    x, y, seen = normal(8, 3), normal(8, 1, seed=1), []
    for trainable, which in ((False, None), (True, None), (True, "n")):
        base.trainable = trainable
        if which:
            base.get_layer(which).trainable = False
        model.compile(sgd(keras), "mse")
        counts = len(model.trainable_weights), len(model.non_trainable_weights)
        seen.append((counts, history(model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)), model.predict(x)))
    return seen, model.get_weights()


def saved_in_the_middle(keras, folder):
    L, path = keras.layers, os.path.join(folder, "model.h5")
    model = started(keras.models.Sequential([L.Dense(3, activation="elu", input_dim=2, name="a"), L.Dense(1, name="b")]))
    model.compile(keras.optimizers.legacy.Adam(0.02, decay=0.1, amsgrad=True), "mse", metrics=["mae"])
    x, y = normal(8, 2), normal(8, 1, seed=1)
    model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    model.save(path)
    again = keras.models.load_model(path)
    parts = [history(m.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)) for m in (model, again)]
    model.save_weights(os.path.join(folder, "w.h5"))
    fresh = keras.models.model_from_json(model.to_json())
    fresh.load_weights(os.path.join(folder, "w.h5"), by_name=True)
    return parts, fresh.predict(x), [w.shape for w in again.optimizer.get_weights()], again.optimizer.get_weights()[0]


def clones(keras, folder):
    L = keras.layers
    x = L.Input((4,), name="in")
    shared = L.Dense(4, activation="tanh", name="shared")
    model = started(keras.models.Model(x, L.Dense(2, name="out")(shared(shared(x)))))
    clone = keras.models.clone_model(model)
    before = len(clone.weights), [layer.name for layer in clone.layers]
    clone.set_weights(model.get_weights())
    clone.compile(sgd(keras), "mse")
    clone.train_on_batch(normal(5, 4), normal(5, 2))
    y = L.Input((4,), name="other")
    onto = keras.models.clone_model(model, input_tensors=y)
    onto.set_weights(clone.get_weights())
    return before, model.predict(normal(3, 4)), clone.predict(normal(3, 4)), onto.predict(normal(3, 4)), onto.input_names


def functions_of_what_lies_between(keras, folder):
    L, K = keras.layers, keras.backend
    model = started(keras.models.Sequential([
        L.Dense(5, activation="relu", input_dim=3, name="a"), L.BatchNormalization(name="n"), L.Dense(2, name="b"),
    ]))
    between = K.function([model.input], [model.get_layer("a").output, model.get_layer("n").output])
    slope = K.function([model.input], K.gradients(K.sum(model.output), [model.input]))
    x, y = normal(4, 3), normal(4, 2)
    model.compile(sgd(keras), "mse")
    before = between([x]), slope([x])
    model.train_on_batch(x, y)
    model.get_layer("b").trainable = False
    return before, between([x]), slope([x]), [layer.output_shape for layer in model.layers]


PROGRAMS = [value for value in list(globals().values()) if getattr(value, "__code__", None)
            and value.__code__.co_varnames[:2] == ("keras", "folder")]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_finds_what_it_finds_with_tf_keras(program, tmp_path, capsys):
    found, texts = [], []
    sides = ("ours", ours, contextlib.nullcontext), ("theirs", reference, tensorflow.Graph().as_default)
    for name, module, graph in sides:
        folder = tmp_path / name
        folder.mkdir()
        module.backend.clear_session()
        with graph():
            found.append(program(module, str(folder)))
        texts.append([line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()])
    assert_same(plain(found[0]), plain(found[1]))
    assert texts[0] == texts[1]


def plain(value):
    """A result whose numbers are of one type each: what is compared are numbers, not how they are kept."""
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (np.ndarray, np.generic, float)):
        return np.asarray(value, "float64")
    return value
