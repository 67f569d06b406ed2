"""`tf.contrib.tensorboard.plugins.projector`: which tensors TensorBoard's page of embeddings shows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.files import write_whole
from deepkit.ops.board_messages import board_module
from deepkit.v1.missing import explain as _explain

__all__ = ["EmbeddingInfo", "EmbeddingMetadata", "ProjectorConfig", "SpriteMetadata", "visualize_embeddings"]  # noqa: F822


def visualize_embeddings(summary_writer: Any, config: Any) -> None:
    """Writes projector_config.pbtxt, which names the embeddings, into the folder of a FileWriter (or into a folder).

    Each embedding of the config has a tensor_name (of a variable, "vectors:0"), and may have a metadata_path (a file
    with a label in each line) and a tensor_path (a file with a row of numbers, separated by tabs, in each line).
    TensorBoard takes the numbers from tensor_path, or, where TensorFlow is installed, from TensorFlow's checkpoints.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> from deepkit.v1.contrib.tensorboard.plugins import projector
    >>> config = projector.ProjectorConfig()
    >>> config.embeddings.add(tensor_name="vectors:0", tensor_path="vectors.tsv").metadata_path = "words.tsv"
    >>> projector.visualize_embeddings(folder, config)
    >>> "vectors.tsv" in Path(folder, "projector_config.pbtxt").read_text()
    True
    """
    folder = summary_writer.get_logdir() if hasattr(summary_writer, "get_logdir") else os.fspath(summary_writer)
    if not hasattr(config, "embeddings"):
        raise ArgumentError(
            f"visualize_embeddings with {type(config).__name__}", rule="a ProjectorConfig",
            hint='config = projector.ProjectorConfig(); config.embeddings.add(tensor_name="vectors:0")',
        )  # fmt: skip
    from google.protobuf import text_format

    Path(folder).mkdir(parents=True, exist_ok=True)
    write_whole(Path(folder) / "projector_config.pbtxt", text_format.MessageToString(config))


def __getattr__(name: str) -> Any:
    """The messages, made when they are first used: only then the tensorboard package is loaded."""
    if name not in __all__:
        return _explain("tf.contrib.tensorboard.plugins.projector")(name)
    globals()[name] = found = getattr(board_module("plugins.projector.projector_config_pb2"), name)
    return found

