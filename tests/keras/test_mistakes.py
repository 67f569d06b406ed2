"""What beginners get wrong with Keras: each message says what, names the user's line, the rule and what to try."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import DataError, DeepkitError, GraphWarning
from deepkit.keras import backend as K
from deepkit.keras import layers as L
from deepkit.keras.layers import LSTM, Conv2D, Dense, Embedding, Flatten, Input, Lambda, MaxPooling2D, Reshape
from deepkit.keras.models import Model, Sequential, load_model

X = np.zeros((8, 4), "float32")
PICTURES = np.zeros((8, 12, 12), "float32")
CLASSES = np.arange(8) % 3
ROWS = np.eye(3)[CLASSES]


@pytest.fixture(autouse=True)
def fresh():
    K.clear_session()


def made(units=3, activation="softmax", loss="sparse_categorical_crossentropy", features=4, **kwargs):
    model = Sequential([Dense(units, activation=activation, input_shape=(features,), name="scores")])
    model.compile("sgd", loss, **kwargs)
    return model


def fit(model, x=X, y=CLASSES, **kwargs):
    return model.fit(x, y, verbose=0, **kwargs)


def with_loss(loss):
    return fit(made(4, None, loss), X, X)


def pictures(*layers):
    model = Sequential(
        [Conv2D(4, 3, input_shape=(12, 12, 1)), *(layers or (Flatten(), Dense(2, activation="softmax")))]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def two():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    joined = L.concatenate([a, b])
    model = Model([a, b], [Dense(1, name="u")(joined), Dense(1, name="v")(joined)])
    model.compile("sgd", "mse")
    return model


def batches(item, count=3):
    yield from [item] * count


class Forgetful(L.Layer):
    def __init__(self):
        self.units = 3


class Holder(Model):
    def __init__(self):
        self.hidden = Dense(3)


class Silent(L.Layer):
    def call(self, x):
        x * 2


class Strange(L.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units


class Wasteful(Model):
    def call(self, x):
        return Dense(3, name="new")(x)


def wasteful():
    model = Wasteful(name="wasteful")
    model.compile("sgd", "mse")
    return model


def outside_a_layer():
    x = Input((4,))
    return Model(x, Dense(3)(x) * 2.0)


def disconnected():
    a, b = Input((4,)), Input((4,))
    return Model(a, L.add([a, b]))


def hidden_as_input():
    hidden = Dense(3)(Input((4,)))
    return Model(hidden, Dense(2)(hidden))


def embedded(numbers):
    model = Sequential([Embedding(10, 3, input_length=4, name="words")])
    return model.predict(numbers)


MISTAKES = {
    # ---- classes of models
    "layers made in call": (
        lambda: fit(wasteful(), X, np.zeros((8, 3))),
        ["model 'wasteful': call() made weights that the model does not keep", "new/kernel", "made once, in __init__",
         "self.hidden(x) in call"],
    ),
    "layers made in call, built": (lambda: wasteful().build((None, 4)), ["does not keep: ", "new/bias"]),
    # ---- the shape of the data
    "no channel axis": (
        lambda: fit(pictures(), PICTURES),
        ["expected shape (None, 12, 12, 1), got (8, 12, 12)", "x[..., None] adds the channel axis"],
    ),
    "one picture": (
        lambda: pictures().predict(np.zeros((12, 12, 1))),
        ["got (12, 12, 1)", "a single sample still needs the batch axis: x[None]"],
    ),
    "flattened pictures": (lambda: pictures().predict(np.zeros((8, 144))), ["x.reshape(-1, 12, 12, 1)"]),
    "channels in front": (
        lambda: Sequential([Conv2D(4, 3, input_shape=(12, 12, 3))]).predict(np.zeros((8, 3, 12, 12))),
        ["got (8, 3, 12, 12)", "np.moveaxis(x, 1, -1)"],
    ),
    "pictures to a Dense": (
        lambda: made(features=144).predict(PICTURES),
        ["expected shape (None, 144), got (8, 12, 12)", "x.reshape(len(x), 144)", "Flatten(input_shape"],
    ),
    "input_shape with the batch": (
        lambda: Sequential([Dense(3, input_shape=(None, 4))]).predict(X),
        ["input_shape leaves the batch axis out: input_shape=(4,)"],
    ),
    "input_shape without channels": (
        lambda: Sequential([Conv2D(4, 3, input_shape=(12, 12))]),
        ["layer 'conv2d_1'", "(batch, rows, columns, channels)", "got shape (None, 12, 12)", "channel axis"],
    ),
    "two arrays for one input": (lambda: fit(made(), [X, X]), ["a list of 2 arrays for one input"]),
    "one array for two inputs": (lambda: fit(two(), X, [X[:, 0]] * 2), ["x: 1 arrays for 2 (a, b)", "a list of 2"]),
    "LSTM fed rows": (
        lambda: Sequential([LSTM(3, input_shape=(5, 2))]).predict(np.zeros((8, 10))),
        ["expected shape (None, 5, 2), got (8, 10)", "(samples, steps, features)"],
    ),
    "LSTM on LSTM": (
        lambda: Sequential([LSTM(3, input_shape=(5, 2)), LSTM(3)]),
        ["layer 'lstm_2'", "(batch, steps, features)", "got shape (None, 3)", "return_sequences=True"],
    ),
    "rows of different lengths": (
        lambda: fit(made(), [[1, 2], [1, 2, 3]], [0, 1]),
        ["x is not a regular array: its items have lengths 2 and 3", "pad_sequences"],
    ),
    "arrays of different shapes": (
        lambda: fit(made(), [np.zeros(4), np.zeros(5)], [0, 1]),
        ["its items have shapes (4,) and (5,)", "all samples have the same shape"],
    ),
    "None in the data": (
        lambda: fit(made(), [[1, 2, 3, 4], [1, None, 3, 4]], [0, 1]),
        ["x holds None, first at [1, 1]", "fill the gap"],
    ),
    "texts beside numbers": (
        lambda: fit(made(), np.array([[1, "red", 2, 3]], object), [0]),
        ["first 'red' at [0, 1]", "one-hot columns"],
    ),
    "texts": (lambda: fit(made(), np.array([["a"] * 4] * 8)), ["takes float32, x holds texts, such as 'a'"]),
    "dates": (lambda: fit(made(), np.zeros((8, 4), "M8[s]")), ["x holds dates or times", "timedelta64"]),
    "x and y of different lengths": (
        lambda: fit(made(), X, CLASSES[:7]),
        ["different numbers of samples: x 8, y 7", "split or filtered"],
    ),
    "too few sample weights": (lambda: fit(made(), sample_weight=np.ones(3)), ["x 8, y 8, sample_weight 3"]),
    "no x": (lambda: fit(made(), None), ["x is None", "fit(x, y)"]),
    # ---- the labels
    "no y": (lambda: fit(made(), y=None), ["no targets (y) were given", "fit(x, y)"]),
    "no y to evaluate": (lambda: made().evaluate(X, verbose=0), ["no targets (y) were given"]),
    "rows to the sparse loss": (
        lambda: fit(made(), y=ROWS),
        ["one-hot rows", "loss='categorical_crossentropy'", "y.argmax(axis=-1)"],
    ),
    "class numbers to the dense loss": (
        lambda: fit(made(loss="categorical_crossentropy")),
        ["output 'scores'", "sparse_categorical_crossentropy", "to_categorical"],
    ),
    "label out of range": (
        lambda: fit(made(), y=CLASSES + 1),
        ["output 'scores': label 3 (y[2]) is out of range for 3 classes", "0 to 2", "the last layer needs 4 units"],
    ),
    "label out of range, eager": (
        lambda: fit(made(run_eagerly=True), y=CLASSES - 1),
        ["label -1 (y[0])", "labels that start at 1 need y - 1"],
    ),
    "label out of range in validation_data": (
        lambda: fit(made(), validation_data=(X, CLASSES + 1)),
        ["label 3 (y[2]) is out of range"],
    ),
    "text labels": (lambda: fit(made(), y=list("abcabcab")), ["texts, such as 'a'", "np.unique(y, return_inverse=True)"]),
    "text labels to to_categorical": (lambda: keras.utils.to_categorical(["cat"]), ["no class numbers", "np.unique"]),
    "quantities to the sparse loss": (lambda: fit(made(), y=CLASSES + 0.5), ["0.5 is no class number", "'mse'"]),
    "class numbers to the binary loss": (
        lambda: fit(made(1, "sigmoid", "binary_crossentropy")),
        ["the target 2 is none", "3 classes: Dense(3, activation='softmax')"],
    ),
    "grey values to the binary loss": (
        lambda: fit(made(4, "sigmoid", "binary_crossentropy"), X, np.full((8, 4), 255)),
        ["the target 255 is none", "/ 255"],
    ),
    "a number for three outputs": (
        lambda: fit(made(3, None, "mse")),
        ["targets of shape (None, 1) with predictions of shape (None, 3)", "nothing is broadcast", "Dense(1)"],
    ),
    "more classes than units": (
        lambda: fit(made(loss="categorical_crossentropy"), y=np.eye(4)[CLASSES]),
        ["the targets have 4 classes: the last layer is Dense(4, ...)"],
    ),
    "Dense after Conv2D without Flatten": (
        lambda: fit(pictures(Dense(3, activation="softmax")), PICTURES[..., None]),
        ["output 'dense_1'", "(None, 10, 10, 3)", "Flatten()"],
    ),
    "metric of rows on class numbers": (
        lambda: fit(made(metrics=["categorical_accuracy"])),
        ["metric 'categorical_accuracy'", "one-hot rows of 3", "'sparse_categorical_accuracy'"],
    ),
    "to_categorical with too few classes": (lambda: keras.utils.to_categorical([0, 3], 3), ["class number 3", "y - 1"]),
    # ---- compile and fit
    "no compile": (lambda: fit(Sequential([Dense(1, input_shape=(4,))])), ["not compiled", "model.compile("]),
    "no loss": (lambda: fit(made(loss=None)), ["compiled without a loss", "loss='mse'"]),
    "misspelt loss": (lambda: made(loss="mean_square_error"), ["unknown loss function", "'mean_squared_error'"]),
    "misspelt metric": (lambda: made(metrics=["acuracy"]), ["unknown metric 'acuracy'", "'accuracy'"]),
    "misspelt optimizer": (lambda: made().compile("adm", "mse"), ["unknown optimizer 'adm'", "'adam'"]),
    "misspelt activation": (lambda: Dense(3, activation="rellu"), ["unknown activation function", "'relu'"]),
    "misspelt initializer": (lambda: Dense(3, kernel_initializer="glorot"), ["unknown initializer", "'glorot_normal'"]),
    "a number as regularizer": (lambda: Dense(3, kernel_regularizer=0.01), ["0.01 is no regularizer", "l2"]),
    "misspelt argument of an optimizer": (
        lambda: keras.optimizers.SGD(learnin_rate=0.1),
        ["SGD has no argument 'learnin_rate'", "did you mean 'learning_rate'?"],
    ),
    "misspelt argument of fit": (lambda: fit(made(), epoch=2), ["fit has no argument 'epoch'", "'epochs'"]),
    "misspelt argument of a layer": (lambda: Dense(3, activaton="relu"), ["Dense has no argument", "'activation'"]),
    "half an epoch": (lambda: fit(made(), epochs=2.5), ["epochs=2.5", "epochs=2"]),
    "batch_size by division": (lambda: fit(made(), batch_size=8 / 2), ["batch_size is 4.0", "n // 2"]),
    "y to predict": (lambda: made().predict(X, CLASSES), ["batch_size is an array", "predict(x) takes the inputs alone"]),
    "validation_data without y": (lambda: fit(made(), validation_data=X), ["validation_data", "(x_test, y_test)"]),
    "validation_split in percent": (lambda: fit(made(), validation_split=20), ["validation_split=20", "between 0 and 1"]),
    "class_weight as a list": (lambda: fit(made(), class_weight=[1, 2]), ["class_weight=[1, 2]", "{0: 1.0, 1: 5.0}"]),
    "three losses for two outputs": (lambda: two().compile("sgd", ["mse"] * 3), ["3 entries in loss for 2 outputs"]),
    "loss of an unknown output": (lambda: two().compile("sgd", {"w": "mse"}), ["an output 'w'", "u, v"]),
    "y of an unknown output": (lambda: fit(two(), [X, X], {"u": X[:, 0], "w": X[:, 0]}), ["entry 'w'", "u, v"]),
    "one y for two outputs": (lambda: fit(two(), [X, X], X[:, 0]), ["y: 1 arrays for 2 (u, v)", "a list of 2"]),
    "callback class": (lambda: fit(made(), callbacks=[keras.callbacks.History]), ["is no callback", "needs brackets"]),
    "history of nothing": (lambda: fit(made()).history["val_loss"], ["no 'val_loss'", "'loss'", "validation_data"]),
    "generator of lists": (
        lambda: fit(made(), batches([X, CLASSES]), None, steps_per_epoch=2),
        ["the generator gave a list of 2", "yield x, y"],
    ),
    "generator that ends": (
        lambda: fit(made(), batches((X, CLASSES)), None, steps_per_epoch=2, epochs=3),
        ["the generator ended after 1 of 2 batches", "while True"],
    ),
    "generator and batch_size": (
        lambda: fit(made(), batches((X, CLASSES)), None, steps_per_epoch=2, batch_size=4),
        ["batch_size beside a generator", "leave batch_size out"],
    ),
    "generator function": (lambda: fit(made(), batches), ["objects of type function", "is called"]),
    "stateful without a batch size": (
        lambda: Sequential([LSTM(3, stateful=True, input_shape=(5, 2))]),
        ["stateful", "batch_input_shape=(32, steps, features)"],
    ),
    "stateful with a rest": (
        lambda: Sequential([LSTM(3, stateful=True, batch_input_shape=(3, 5, 2))]).predict(np.zeros((8, 5, 2))),
        ["fixed batch size 3, got 8 samples"],
    ),
    # ---- building models
    "computation outside of layers": (outside_a_layer, ["was not made by a layer", "Lambda(lambda x: ...)"]),
    "an input left out": (disconnected, ["which its inputs do not lead to", "all of them"]),
    "a hidden layer as input": (hidden_as_input, ["is the output of layer 'dense_1'", "Input(shape=...)"]),
    "layer not called": (lambda: Model(Input((4,)), Dense(3)), ["<Dense 'dense_1'> is not a tensor", "layer(...)"]),
    "layer on a layer": (lambda: Dense(3)(Dense(4)), ["was called on <Dense", "y = Dense(10)(x)"]),
    "layer on a list": (lambda: Dense(3)([Input((3,)), Input((3,))]), ["takes one input, got a list of 2", "concatenate"]),
    "data as Input": (lambda: Input(X), ["Input(shape=an array)", "x.shape[1:]"]),
    "layer class": (lambda: Sequential([Flatten]), ["which is not a layer", "Flatten(...)"]),
    "layers without a list": (lambda: Sequential(Dense(3), Dense(4)), ["not in a list", "Sequential([Dense(32)"]),
    "no layers": (lambda: Sequential().predict(X), ["has no layers", "model.add("]),
    "one name twice": (
        lambda: Sequential([Dense(4, input_shape=(4,), name="d"), Dense(4, name="d")]),
        ["a layer called 'd' already", "another name"],
    ),
    "no layer of this name": (lambda: made().get_layer("score"), ["no layer 'score'", "layers: scores"]),
    "units as text": (lambda: Dense("3"), ["units='3'", "whole numbers"]),
    "rate in percent": (lambda: L.Dropout(50), ["rate=50", "rate=0.5 for 50 %"]),
    "kernel larger than the picture": (
        lambda: Sequential([Conv2D(4, 5, input_shape=(4, 4, 1))]),
        ["layer 'conv2d_1' (Conv2D)", "a window that spans 5 does not fit on an axis of length 4", "padding"],
    ),
    "pool larger than the picture": (
        lambda: Sequential([MaxPooling2D(5, input_shape=(4, 4, 1))]),
        ["layer 'max_pooling2d_1'", "length 4", "padding"],
    ),
    "three numbers for two axes": (lambda: Conv2D(4, (3, 3, 3)), ["kernel_size=(3, 3, 3)", "each of 2 axes"]),
    "misspelt padding": (lambda: Conv2D(4, 3, padding="sane"), ["padding='sane'", "'same'"]),
    "Reshape that does not fit": (
        lambda: Sequential([Reshape((3, 3), input_shape=(8,))]),
        ["layer 'reshape_1'", "(8,) cannot take the shape (3, 3)", "-1"],
    ),
    "sum of different shapes": (
        lambda: L.add([Input((4,)), Input((5,))]),
        ["layer 'add_1' (Add)", "axis -1 has 4 and 5"],
    ),
    "sum of one": (lambda: L.add(Input((4,))), ["called on one tensor", "Add()([a, b])"]),
    "axis that is not there": (
        lambda: L.concatenate([Input((4, 3)), Input((4, 3))], axis=5),
        ["axis=5", "axis=-1 joins features"],
    ),
    "word number out of range": (
        lambda: embedded(np.full((2, 4), 10)),
        ["words/embedding_lookup", "index 10 is out of range", "0 <= index < 10", "vocabulary size"],
    ),
    "summary of an unbuilt model": (lambda: Sequential([Dense(3)]).summary(), ["has no weights yet", "input_shape=..."]),
    # ---- weights and code of one's own
    "weights of another model": (lambda: made().set_weights([X]), ["1 arrays for 2 weights", "kernel (4, 3)"]),
    "weights of another size": (lambda: made().set_weights([X, X]), ["weight kernel of shape (4, 3)", "(8, 4)"]),
    "no super().__init__": (lambda: Forgetful()(X), ["Forgetful is used before", "super().__init__(**kwargs) comes first"]),
    "no super().__init__ in a model": (Holder, ["Holder is used before", "super().__init__"]),
    "call without return": (lambda: Silent()(X), ["(Silent): call() returned None", "`return`"]),
    "loss without return": (lambda: with_loss(lambda a, b: None), ["the loss <lambda> returned None", "`return`"]),
    "loss with NumPy": (lambda: with_loss(lambda a, b: np.square(a - b)), ["a function of NumPy", "K.square"]),
    "loss with np.mean": (lambda: with_loss(lambda a, b: np.mean(a - b)), ["a function of NumPy", "K.mean"]),
    "loss with if": (lambda: with_loss(lambda a, b: a if b > 0 else b), ["whether a tensor is true", "K.maximum"]),
    "loss of one argument": (lambda: with_loss(lambda a: a), ["cannot be called", "y_true, then y_pred"]),
    "loss without derivative": (
        lambda: with_loss(lambda a, b: K.cast(K.equal(K.argmax(a), K.argmax(b)), "float32")),
        ["does not depend on any weight", "argmax"],
    ),
    "metric with NumPy": (
        lambda: fit(made(4, None, "mse", metrics=[lambda a, b: np.mean(a - b)]), X, X),
        ["the metric <lambda>", "a function of NumPy"],
    ),
    "Lambda with NumPy": (
        lambda: Sequential([Lambda(lambda x: np.log(x), input_shape=(4,))]),
        ["layer 'lambda_1' (Lambda)", "a function of NumPy", "K.log"],
    ),
    "Lambda of a number": (lambda: Lambda(3), ["Lambda(3)", "lambda x"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_the_message_teaches(name: str) -> None:
    make, fragments = MISTAKES[name]
    with pytest.raises(DeepkitError) as caught:
        make()
    message = str(caught.value)
    for fragment in [*fragments, "where:", "test_mistakes.py"]:
        assert fragment in message, message
    assert "rule:" in message or "try:" in message, message


def save_whole(path):
    made().save(path)
    path.write_bytes(path.read_bytes()[:3000])


FILES = {
    "no such file": (lambda path: None, load_model, ["cannot open", "model.h5", "relative names are looked up in"]),
    "damaged": (save_whole, load_model, ["damaged", "another copy"]),
    "weights alone": (lambda path: made().save_weights(path), load_model, ["weights only", "model.load_weights"]),
    "weights of another size": (
        lambda path: made().save_weights(path), lambda path: made(5).load_weights(path),
        ["layer 'scores'", "(4, 5)", "(4, 3)", "skip_mismatch"],
    ),
    "weights of another architecture": (
        lambda path: made().save_weights(path), lambda path: pictures().load_weights(path),
        ["weights for 1 layers", "conv2d_1, dense_1", "by_name=True"],
    ),
    "a layer of one's own": (
        lambda path: Sequential([Silent2(input_shape=(4,))]).save(path), load_model,
        ["unknown layer 'Silent2'", "custom_objects={'Silent2': ...}"],
    ),
    "a layer without get_config": (
        lambda path: Sequential([Strange(3, input_shape=(4,))]).save(path),
        lambda path: load_model(path, custom_objects={"Strange": Strange}),
        ["class Strange", "units", "get_config() returns {**super().get_config(), ...}"],
    ),
    "no such folder": (
        lambda path: None, lambda path: made().save(path / "deeper" / "model.h5"), ["cannot write", "the folder exists"],
    ),
}


class Silent2(L.Layer):
    """A layer that no file can know."""


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_used(name: str, tmp_path) -> None:
    pytest.importorskip("h5py", reason="Keras files are HDF5")
    write, read, fragments = FILES[name]
    path = tmp_path / "model.h5"
    write(path)
    with pytest.raises(DeepkitError) as caught:
        read(path)
    for fragment in [*fragments, "try:"]:
        assert fragment in str(caught.value), str(caught.value)
    assert isinstance(caught.value, DataError) or "test_mistakes.py" in str(caught.value)


def refrozen():
    model = made()
    fit(model)
    model.layers[0].trainable = False
    fit(model)


def lost(x):
    fit(made(), x)


WARNINGS = {
    "frozen after compile": (refrozen, GraphWarning, "Discrepancy .*set after compile, and training goes on"),
    "softmax of one": (
        lambda: made(1, "softmax", "mse"), GraphWarning, r"output 'scores': softmax of 1 unit is always 1.*sigmoid",
    ),
    "no softmax": (lambda: made(3, None), GraphWarning, r"ends with linear: activation='softmax', .*from_logits=True"),
    "no sigmoid": (lambda: made(1, "relu", "binary_crossentropy"), GraphWarning, r"ends with relu: activation='sigmoid'"),
    "NaN in the data": (lambda: lost(X * np.nan), RuntimeWarning, r"the loss of batch 0 is nan; x holds 32 NaN.*\[0, 0\]"),
    "weights that explode": (
        lambda: fit(made(1, None, "mse"), np.full((8, 4), 1e30)), RuntimeWarning, "the data are finite.*clipnorm",
    ),
    "targets not scaled": (
        lambda: fit(made(4, "sigmoid", "binary_crossentropy"), X, X + 1.5), RuntimeWarning, "Scale the targets",
    ),
    "generator without steps": (
        lambda: fit(made(), batches((X, CLASSES)), None), GraphWarning, "without steps_per_epoch.*never does",
    ),
    "nothing to monitor": (
        lambda: fit(made(), callbacks=[keras.callbacks.EarlyStopping()]), UserWarning, "'val_loss', which is not there",
    ),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_what_runs_but_cannot_be_meant(name: str) -> None:
    make, kind, message = WARNINGS[name]
    with pytest.warns(kind, match=message):
        make()


@pytest.mark.filterwarnings("error")
def test_what_is_right_is_silent() -> None:
    fit(made(metrics=["accuracy", "sparse_categorical_accuracy"]), X.tolist(), CLASSES.astype("float32"))
    fit(made(loss="categorical_crossentropy", metrics=["accuracy"]), list(X), ROWS)
    fit(made(1, "sigmoid", "binary_crossentropy"), y=CLASSES > 0)
    fit(made(3, None, keras.losses.SparseCategoricalCrossentropy(from_logits=True)))
    fit(made(loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)), y=np.where(CLASSES == 2, -1, CLASSES))
    fit(made(), batches((X, CLASSES)), None, steps_per_epoch=3)
    fit(made(), np.array(X, object))


def test_ctrl_c_leaves_a_model_that_goes_on(capsys) -> None:
    """KeyboardInterrupt comes out with one line of deepkit's own in its traceback, and the next fit works."""

    def interrupt(epoch, logs):
        if epoch == 1:
            raise KeyboardInterrupt

    model = made()
    with pytest.raises(KeyboardInterrupt) as caught:
        fit(model, epochs=5, callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=interrupt)])
    assert "interrupted after 1 whole epochs" in capsys.readouterr().out
    assert caught.value.__suppress_context__
    assert [entry.name for entry in caught.traceback][1:] == ["fit", "fit"]  # the test's own, and the model's
    assert len(fit(model, epochs=2).history["loss"]) == 2


@pytest.mark.parametrize(("room", "wrong", "right"), [
    ("layers", "MaxPool2d", "MaxPool2D"), ("losses", "hinged", "hinge"), ("metrics", "Recal", "Recall"),
    ("optimizers", "Adm", "Adam"), ("callbacks", "EarlyStoping", "EarlyStopping"), ("datasets", "minst", "mnist"),
    ("applications", "MobileNett", "MobileNet"), ("initializers", "Zeroes", "Zeros"), ("regularizers", "L22", "L2"),
    ("models", "Sequental", "Sequential"),
])
def test_a_misspelt_name_is_answered_with_the_right_one(room, wrong, right):
    with pytest.raises(AttributeError, match=f"keras.{room} has no '{wrong}'\n  try:   did you mean '{right}'"):
        getattr(getattr(keras, room), wrong)
    assert not hasattr(getattr(keras, room), "nothing_like_it")
