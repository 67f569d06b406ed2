"""The callback that writes what happens in fit into an event file, for TensorBoard to show."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.files import write_whole
from deepkit.io.events import EventWriter
from deepkit.io.graph_def import graph_def
from deepkit.io.projector import projector_message, write_projector
from deepkit.keras.backend.config import image_data_format
from deepkit.keras.backend.nested import listed
from deepkit.keras.backend.session import World, function, get_value
from deepkit.keras.callbacks.base import Callback
from deepkit.ops.summary.event_messages import message
from deepkit.ops.summary.values import histogram_value, image_values, scalar_value


class TensorBoard(Callback):
    """Writes the numbers of every epoch, and more if asked for, into a folder: `tensorboard --logdir logs` shows them.

    Needs the extra `tensorboard`. Every event is in the file as soon as it is written, so an interrupted
    training loses none.

    Args:
        log_dir: the folder; one for each training keeps the curves apart.
        histogram_freq: every so many epochs the histograms of all weights are written; 0: never.
        write_graph: whether the graph of the training step is written, after the first batch.
        write_images: whether the weights are also written as images, together with the histograms.
        embeddings_freq: every so many epochs the vectors of the Embedding layers are written, for the page "projector".
        embeddings_layer_names: the layers that are meant; None: all Embedding layers.
        embeddings_metadata: a file with the label of each vector, or a dict {layer name: file}.
        embeddings_data: inputs of the model: what the layers make of them is written; None: their weights.
        update_freq: "epoch"; or "batch", or a number of samples, after which loss and metrics are written, too.
        batch_size: of embeddings_data, how many samples are computed at once.
        profile_batch: accepted for old programs. write_grads is, too, with a warning.
    """

    def __init__(
        self, log_dir: Any = "./logs", histogram_freq: int = 0, batch_size: int = 32, write_graph: bool = True,
        write_grads: bool = False, write_images: bool = False, embeddings_freq: int = 0,
        embeddings_layer_names: Any = None, embeddings_metadata: Any = None, embeddings_data: Any = None,
        update_freq: Any = "epoch", profile_batch: Any = 0,
    ):
        super().__init__()
        if update_freq not in ("epoch", "batch") and not (isinstance(update_freq, int) and update_freq > 0):
            raise ArgumentError(
                f"TensorBoard: update_freq={update_freq!r}", rule='"epoch", "batch" or a number of samples'
            )
        if write_grads:
            warnings.warn("TensorBoard: histograms of gradients are not written; weights' are", stacklevel=2)
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq, self.write_graph, self.write_images = histogram_freq, write_graph, write_images
        self.embeddings_freq, self.embeddings_layer_names = embeddings_freq, embeddings_layer_names
        self.embeddings_metadata, self.embeddings_data = embeddings_metadata, embeddings_data
        self.batch_size = batch_size
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.writer: EventWriter | None = None
        self._batches = self._samples = self._samples_written = 0
        self._graph_due = write_graph

    def set_model(self, model: Any) -> None:
        """Begins an event file; fit calls this."""
        super().set_model(model)
        if self.writer is not None:
            self.writer.close()
        self.writer, self._graph_due = EventWriter(self.log_dir), self.write_graph

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        logs = logs or {}
        self._samples += logs.get("size", 1)
        if self.update_freq != "epoch" and self._samples - self._samples_written >= self.update_freq:
            self._write_numbers("batch_", logs, self._batches)
            self._samples_written = self._samples
        self._batches += 1
        if self._graph_due:
            self._graph_due = False
            self._write(None, graph_def=graph_def(World.of(*self.model.inputs).graph).SerializeToString())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._write_numbers("epoch_", logs or {}, epoch if self.update_freq == "epoch" else self._samples)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()
        if self.writer is not None:
            self.writer.flush()

    def on_train_end(self, logs: Any = None) -> None:
        if self.writer is not None:
            self.writer.close()

    # ---- what is written

    def _write(self, step: int | None, **content: Any) -> None:
        if self.writer is not None and not self.writer.closed:
            self.writer.add_event(message("Event")(wall_time=time.time(), step=step or 0, **content))

    def _write_numbers(self, prefix: str, logs: Any, step: int) -> None:
        values = []
        for name, value in logs.items():
            if name in ("batch", "size", "num_steps"):
                continue
            if np.size(value) == 1:
                values.append(scalar_value(prefix + name, np.asarray(value).item()))
            else:  # a metric with a number for each class
                values += [scalar_value(f"{prefix}{name}/{i}", v) for i, v in enumerate(np.ravel(value))]
        self._write(step, summary=message("Summary")(value=values))

    def _write_weights(self, step: int) -> None:
        values = []
        for weight in self.model.weights:
            tag, array = weight.name.replace(":", "_"), np.asarray(get_value(weight))
            values.append(histogram_value(tag, array))
            images = _as_images(array) if self.write_images else None
            if images is not None:
                values += image_values(tag, images)
        self._write(step, summary=message("Summary")(value=values))

    def _write_embeddings(self) -> None:
        """A file of numbers for each layer, and the list of these files."""
        config = projector_message("ProjectorConfig")()
        names = self.embeddings_layer_names
        chosen = [la for la in self.model.layers if (la.name in names if names else type(la).__name__ == "Embedding")]
        for layer in chosen:
            file = f"{layer.name}_embedding.tsv"
            vectors = self._vectors(layer)
            lines = ["\t".join(f"{v:.9g}" for v in row) for row in vectors.reshape(len(vectors), -1)]
            Path(self.log_dir).mkdir(parents=True, exist_ok=True)
            write_whole(Path(self.log_dir) / file, "\n".join(lines) + "\n")
            labels = self.embeddings_metadata
            labels = labels.get(layer.name) if isinstance(labels, dict) else labels
            info = config.embeddings.add(tensor_name=f"{layer.name}_embedding", tensor_path=file)
            if labels is not None:
                info.metadata_path = os.fspath(labels)
        write_projector(self.log_dir, config)

    def _vectors(self, layer: Any) -> np.ndarray:
        if self.embeddings_data is None:
            return np.asarray(get_value(layer.weights[0]))
        data = self.embeddings_data
        named = isinstance(data, dict)
        arrays = [np.asarray(a) for a in ([data[name] for name in self.model.input_names] if named else listed(data))]
        compute = function(self.model.inputs, layer.output)
        starts = range(0, len(arrays[0]), self.batch_size)
        return np.concatenate([compute([a[start : start + self.batch_size] for a in arrays]) for start in starts])


def _as_images(weight: np.ndarray) -> np.ndarray | None:
    """A weight as a batch of grey images: a matrix lying down, the kernels of a convolution one by one."""
    weight = np.squeeze(weight)
    if weight.ndim == 1:
        return weight.reshape(1, -1, 1, 1)
    if weight.ndim == 2:
        return (weight.T if weight.shape[0] > weight.shape[1] else weight)[None, :, :, None]
    if weight.ndim == 3:
        return (weight.transpose(2, 0, 1) if image_data_format() == "channels_last" else weight)[..., None]
    return None
