"""Weights under a name without an ending are a checkpoint in tf.keras: the folder is made, the latest is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepkit import keras
from deepkit import v1 as tf
from deepkit.errors import MissingDataError
from deepkit.keras import dialects

pytest.importorskip("h5py", reason="Keras files need h5py (extra: io)")


def made() -> keras.Model:
    return keras.Sequential([keras.layers.Dense(3, input_shape=(2,))])


@pytest.mark.parametrize("options", [{}, {"save_format": "tf"}])
def test_the_latest_checkpoint_is_found(tmp_path: Path, options: dict[str, str]) -> None:
    model, folder = made(), tmp_path / "training" / "first"
    for epoch in range(2):
        model.set_weights([w + 1 for w in model.get_weights()])
        model.save_weights(str(folder / f"cp-{epoch:04d}.ckpt"), **options)
    latest = tf.train.latest_checkpoint(str(folder))
    assert latest == str(folder / "cp-0001.ckpt")
    again = made()
    again.load_weights(latest)
    for mine, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    (folder / "cp-0001.ckpt").unlink()
    assert tf.train.latest_checkpoint(str(folder)) is None


def test_a_name_with_an_ending_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"w\.h5"):
        made().save_weights(tmp_path / "nowhere" / "w.h5")
    made().save_weights(tmp_path / "w.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["w.h5"]


def test_keras_by_itself_writes_a_file_whatever_its_name(tmp_path: Path) -> None:
    before = dialects.spoken()
    dialects.speak(dialects.STANDALONE)
    try:
        made().save_weights(str(tmp_path / "weights"))
        assert [path.name for path in tmp_path.iterdir()] == ["weights"]
    finally:
        dialects.speak(before)
