"""Callbacks: what they are told, what they do to training, and what they write."""

from __future__ import annotations

import csv
import http.server
import json
import threading
import urllib.parse

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError
from deepkit.keras import backend as K

c = keras.callbacks
X = np.linspace(-1, 1, 40).reshape(20, 2)
Y = np.sin(3 * X[:, :1])


def model(rate: float = 0.5, metrics=("mae",)):
    K.clear_session()
    made = keras.models.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    made.compile(keras.optimizers.SGD(rate), "mse", metrics=list(metrics))
    made.set_weights([np.array([[1.0], [-1.0]]), np.zeros(1)])
    return made


class Told(c.Callback):
    """Replays numbers as if they were the model's, and keeps what it is told."""

    def __init__(self, numbers=(), name: str = "val_loss"):
        super().__init__()
        self.numbers, self.name, self.calls = list(numbers), name, []

    def __getattribute__(self, attribute: str):
        if attribute.startswith("on_") and attribute not in ("on_batch_begin", "on_batch_end"):
            return lambda *args: self.note(attribute, *args)
        return super().__getattribute__(attribute)

    def note(self, name: str, *args) -> None:
        self.calls.append((name, *args[:-1]))
        if name == "on_epoch_end" and self.numbers:
            args[-1][self.name] = self.numbers[args[0]]


for _name in vars(c.Callback):  # so that the list knows that each is defined
    if _name.startswith("on_"):
        setattr(Told, _name, lambda self, *args: None)


def run(*callbacks, epochs: int = 8, numbers=(), name: str = "val_loss", rate: float = 0.5, **fit):
    made = model(rate)
    first = [Told(numbers, name)] if numbers else []
    history = made.fit(X, Y, batch_size=10, epochs=epochs, verbose=0, callbacks=[*first, *callbacks], **fit)
    return made, history


def test_order_of_calls() -> None:
    told = Told()
    made = model()
    made.fit(X, Y, batch_size=10, epochs=1, verbose=0, callbacks=[told], validation_split=0.5)
    assert [call[0] for call in told.calls] == [
        "on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_test_begin",
        "on_test_batch_begin", "on_test_batch_end", "on_test_end", "on_epoch_end", "on_train_end",
    ]
    told.calls.clear()
    made.evaluate(X, Y, batch_size=10, verbose=0, callbacks=[told])
    made.predict(X, batch_size=20, callbacks=[told])
    assert [call[0] for call in told.calls] == [
        "on_test_begin", *["on_test_batch_begin", "on_test_batch_end"] * 2, "on_test_end",
        "on_predict_begin", "on_predict_batch_begin", "on_predict_batch_end", "on_predict_end",
    ]


def test_old_names_of_batches_and_lambda() -> None:
    seen = []

    class Old(c.Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append(("old", batch, sorted(logs)))

    by_function = c.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(("new", batch)), on_train_end=None
    )
    run(Old(), by_function, epochs=1)
    assert seen == [
        ("old", 0, ["batch", "loss", "mae", "size"]),
        ("new", 0),
        ("old", 1, ["batch", "loss", "mae", "size"]),
        ("new", 1),
    ]
    with pytest.raises(ArgumentError, match="no argument 'on_epoch_ends'"):
        c.LambdaCallback(on_epoch_ends=print)


def test_what_is_not_defined_is_not_called() -> None:
    nothing, some = c.Callback(), c.LambdaCallback(on_epoch_end=lambda epoch, logs: calls.append(epoch))
    calls: list[int] = []
    several = c.CallbackList([nothing, some], model(), {})
    assert several.on_epoch_end is some.on_epoch_end
    several.on_epoch_end(3, {})
    several.on_train_batch_end(0, {})
    several.append(c.LambdaCallback(on_epoch_end=lambda epoch, logs: calls.append(-epoch)))
    several.on_epoch_end(4, {})
    assert calls == [3, 4, -4]
    with pytest.raises(AttributeError):
        several.in_epoch  # noqa: B018
    with pytest.raises(ArgumentError, match="LambdaCallback"):
        c.CallbackList([print], model())


def test_history_and_both_spellings_of_accuracy() -> None:
    _, history = run(epochs=3, validation_split=0.5)
    assert history.epoch == [0, 1, 2]
    assert {key: len(values) for key, values in history.history.items()} == dict.fromkeys(
        ["loss", "mae", "val_loss", "val_mae"], 3
    )
    logs = c.Logs({"val_accuracy": 0.5})
    assert logs["val_acc"] == logs.get("val_acc") == 0.5
    assert "val_acc" in logs
    assert logs.get("acc", 7) == 7


# ---- early stopping

FALLING = [5.0, 4.0, 4.5, 3.9, 3.95, 3.92, 3.91, 3.0]


@pytest.mark.parametrize(
    ("options", "stops"),
    [
        ({}, 3),
        ({"patience": 2}, 6),
        ({"patience": 3}, 7),
        ({"patience": 4}, 8),
        ({"min_delta": 0.5, "patience": 2}, 4),
        ({"mode": "max"}, 2),
        ({"mode": "max", "patience": 3}, 4),
        ({"baseline": 3.95, "patience": 4}, 8),
        ({"baseline": 1.0, "patience": 3}, 3),
        ({"start_from_epoch": 2}, 5),
    ],
)
def test_early_stopping(options: dict, stops: int) -> None:
    """How many epochs run, counted by hand."""
    _, history = run(c.EarlyStopping(**options), numbers=FALLING)
    assert len(history.epoch) == stops


def test_early_stopping_brings_the_best_weights_back(capsys) -> None:
    kept = {}
    keep = c.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.update({epoch: made.get_weights()}))
    made = model()
    stopping = c.EarlyStopping(restore_best_weights=True, patience=1, verbose=1)
    made.fit(X, Y, epochs=8, verbose=0, callbacks=[Told(FALLING), keep, stopping])
    assert stopping.best_epoch == 1
    assert len(kept) == 3
    for a, b in zip(made.get_weights(), kept[1], strict=True):
        np.testing.assert_array_equal(a, b)
    out = capsys.readouterr().out
    assert "early stopping" in out
    assert "best epoch: 2." in out


def test_watching_what_is_not_there() -> None:
    with pytest.warns(UserWarning, match="'val_loss', which is not there.*validation_split"):
        run(c.EarlyStopping(), epochs=1)
    with pytest.raises(ArgumentError, match="'min', 'max' or 'auto'"):
        c.EarlyStopping(mode="best")


# ---- learning rates


def test_reduce_on_plateau(capsys) -> None:
    made, history = run(
        c.ReduceLROnPlateau(factor=0.1, patience=2, min_delta=0.05, verbose=1), numbers=FALLING, rate=0.1
    )
    np.testing.assert_allclose(history.history["lr"], [0.1] * 6 + [0.01] * 2, rtol=1e-6)
    assert "Epoch 6: ReduceLROnPlateau reducing learning rate to 0.01" in capsys.readouterr().out
    made, history = run(
        c.ReduceLROnPlateau(factor=0.5, patience=1, cooldown=2, mode="max", min_lr=0.04), numbers=FALLING, rate=0.1
    )
    np.testing.assert_allclose(history.history["lr"], [0.1] * 2 + [0.05] * 2 + [0.04] * 4, rtol=1e-6)
    np.testing.assert_allclose(K.get_value(made.optimizer.lr), 0.04, rtol=1e-6)
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        c.ReduceLROnPlateau(factor=1.5)


def test_scheduler(capsys) -> None:
    _, history = run(c.LearningRateScheduler(lambda epoch: 0.1 / (1 + epoch), verbose=1), epochs=3)
    np.testing.assert_allclose(history.history["lr"], [0.1, 0.05, 0.1 / 3], rtol=1e-6)
    assert "Epoch 2: LearningRateScheduler setting learning rate to 0.05." in capsys.readouterr().out
    _, history = run(c.LearningRateScheduler(lambda epoch, rate: rate / 2), epochs=3, rate=0.4)
    np.testing.assert_allclose(history.history["lr"], [0.2, 0.1, 0.05], rtol=1e-6)
    with pytest.raises(ArgumentError, match="returned None for epoch 0"):
        run(c.LearningRateScheduler(lambda epoch: None))
    made = model()
    made.compile(keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)), "mse")
    with pytest.raises(ArgumentError, match="cannot be set"):
        made.fit(X, Y, verbose=0, callbacks=[c.LearningRateScheduler(lambda epoch: 0.1)])


# ---- checkpoints


def saved_by(*, numbers=FALLING, **options) -> list[str]:
    """The paths that a ModelCheckpoint asks the model to save to."""
    paths: list[str] = []
    made = model()
    made.save = lambda path, overwrite: paths.append(path)
    made.save_weights = lambda path, overwrite: paths.append("weights:" + path)
    told = Told(numbers)
    made.fit(X, Y, batch_size=10, epochs=len(numbers), verbose=0, callbacks=[told, c.ModelCheckpoint(**options)])
    return paths


def test_checkpoint_paths(tmp_path) -> None:
    best = tmp_path / "new" / "{epoch:02d}-{val_loss:.1f}.h5"
    assert saved_by(filepath=best, save_best_only=True) == [
        str(tmp_path / "new" / name) for name in ("01-5.0.h5", "02-4.0.h5", "04-3.9.h5", "08-3.0.h5")
    ]
    assert (tmp_path / "new").is_dir()
    assert saved_by(filepath="{epoch}", period=3) == ["3", "6"]
    assert saved_by(filepath="{epoch}", mode="max", save_best_only=True, save_weights_only=True) == ["weights:1"]
    assert saved_by(filepath="{epoch}", save_best_only=True, initial_value_threshold=3.5) == ["8"]
    assert saved_by(filepath="{epoch}-{batch}", save_freq=5, numbers=FALLING) == ["3-1", "5-2", "8-1"]


def test_checkpoint_says_what_it_does(tmp_path, capsys) -> None:
    saved_by(filepath="m.h5", save_best_only=True, verbose=1, numbers=[1.0, 2.0])
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1: val_loss improved from inf to 1.00000, saving model to m.h5",
        "Epoch 2: val_loss did not improve from 1.00000",
    ]


def test_checkpoint_errors() -> None:
    with pytest.raises(ArgumentError, match=r"may name \{epoch\}, .*\{mae\}"):
        saved_by(filepath="{epoch}-{val_mae}.h5")
    with pytest.raises(ArgumentError, match="number of batches"):
        c.ModelCheckpoint("x", save_freq="batch")
    with pytest.warns(UserWarning, match="watches 'val_mae'"):
        assert saved_by(filepath="x", monitor="val_mae", save_best_only=True) == []


# ---- records


def test_csv(tmp_path) -> None:
    path = tmp_path / "log.csv"
    _, history = run(c.CSVLogger(path), epochs=2)
    rows = list(csv.DictReader(path.open()))
    assert list(rows[0]) == ["epoch", "loss", "mae", "val_loss", "val_mae"]  # as tf_keras writes them
    assert [row["val_mae"] for row in rows] == ["NA", "NA"]
    np.testing.assert_allclose([float(row["loss"]) for row in rows], history.history["loss"])
    run(c.CSVLogger(path, append=True), epochs=1)
    assert [row["epoch"] for row in csv.DictReader(path.open())] == ["0", "1", "0"]
    run(c.CSVLogger(path, separator=";"), epochs=2, validation_split=0.5, validation_freq=2)
    assert path.read_text().splitlines()[0] == "epoch;loss;mae;val_loss;val_mae"
    assert path.read_text().splitlines()[1].endswith(";NA;NA")


def test_nan_ends_training(capsys) -> None:
    made, history = model(rate=1e30), None
    history = made.fit(X * 1e10, Y, batch_size=5, epochs=5, verbose=0, callbacks=[c.TerminateOnNaN()])
    assert len(history.epoch) == 1
    assert made.stop_training
    assert "training ends" in capsys.readouterr().out


def test_remote_monitor() -> None:
    got = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append((self.path, self.headers["Content-Type"], self.headers["Key"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            """Silent."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    root = f"http://127.0.0.1:{server.server_port}"
    try:
        run(c.RemoteMonitor(root, headers={"Key": "7"}), epochs=1)
        run(c.RemoteMonitor(root, path="/x", send_as_json=True), epochs=1)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert got[0][:3] == ("/publish/epoch/end/", "application/x-www-form-urlencoded", "7")
    assert json.loads(urllib.parse.parse_qs(got[0][3])["data"][0])["epoch"] == 0
    assert got[1][:2] == ("/x", "application/json")
    assert sorted(json.loads(got[1][3])) == ["epoch", "loss", "mae"]
    with pytest.warns(UserWarning, match="does not answer"):
        run(c.RemoteMonitor(root), epochs=1)
