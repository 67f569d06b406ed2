"""Weights of GRU and LSTM for CuDNNGRU and CuDNNLSTM, and the other way round, as Keras takes them from files."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from deepkit.keras.backend.nested import keras_shape
from deepkit.keras.layers.recurrent.gru import GRUCell
from deepkit.keras.layers.recurrent.lstm import LSTMCell
from deepkit.keras.saving.stored import Stored, StoredLayer

Change = Callable[[np.ndarray], np.ndarray]


def converted(layer: Any, weights: list[Any], saved: StoredLayer) -> StoredLayer:
    """The stored arrays in the form of the layer's weights, where a recurrent cell keeps its own in the other form.

    weights: the layer's, in the order of files.
    A model trained by CuDNNLSTM is so read into LSTM, and one of CuDNNGRU into GRU(reset_after=True).
    """
    arrays = list(saved.weights)
    places = {id(w): i for i, w in enumerate(weights)}
    if len(places) != len(arrays):
        return saved
    for cell in layer.layers_inside():
        if isinstance(cell, GRUCell | LSTMCell) and cell.bias is not None:
            kernel, recurrent_kernel, bias = (places[id(w)] for w in (cell.kernel, cell.recurrent_kernel, cell.bias))
            change = _change_of_bias(cell, arrays[bias].shape)
            if change is not None:
                turn = _read if cell.bias_form != "row" else _written
                for place in (kernel, recurrent_kernel):
                    arrays[place] = _changed(arrays[place], functools.partial(turn, gates=cell.gates))
                arrays[bias] = replace(_changed(arrays[bias], change), shape=keras_shape(cell.bias))
    return StoredLayer(saved.name, arrays)


def _changed(stored: Stored, change: Change) -> Stored:
    return replace(stored, read=lambda: change(stored.read()))


def _change_of_bias(cell: Any, shape: tuple[int, ...]) -> Change | None:
    """What makes the cell's bias of one of the other form; None where this is its own form, or none of the two."""
    width, own = cell.gates * cell.units, keras_shape(cell.bias)
    if own == shape:
        return None
    changes: dict[tuple[Any, Any], Change] = {
        ((width,), (2 * width,)): lambda bias: bias.reshape(2, -1).sum(0),
        ((2 * width,), (width,)): lambda bias: np.tile(bias / 2, 2),
        ((2, width), (2 * width,)): lambda bias: bias.reshape(2, -1),
        ((2 * width,), (2, width)): lambda bias: bias.reshape(-1),
    }
    if isinstance(cell, GRUCell) and (width,) in (own, shape):  # there is no such GRU in cuDNN
        return None
    return changes.get((own, shape))


def _read(kernel: np.ndarray, gates: int) -> np.ndarray:
    """A kernel of cuDNN, whose gates are matrices (units, features) row by row, as a plain one."""
    parts = np.split(kernel, gates, axis=1)
    return np.concatenate([part.reshape(part.shape[::-1]).T for part in parts], axis=1)


def _written(kernel: np.ndarray, gates: int) -> np.ndarray:
    """The other way round."""
    return np.concatenate([part.T.reshape(part.shape) for part in np.split(kernel, gates, axis=1)], axis=1)
