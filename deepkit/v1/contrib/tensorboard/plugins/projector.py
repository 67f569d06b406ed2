"""`tf.contrib.tensorboard.plugins.projector`: which tensors TensorBoard's page of embeddings shows."""

from __future__ import annotations

from typing import Any

from deepkit.io.projector import projector_message, write_projector
from deepkit.v1.framework.unknown_names import explain as _explain

__all__ = ["EmbeddingInfo", "ProjectorConfig", "SpriteMetadata", "visualize_embeddings"]  # noqa: F822


def visualize_embeddings(summary_writer: Any, config: Any) -> None:
    """Writes projector_config.pbtxt, which names the embeddings, into the folder of a FileWriter (or into a folder).

    Each embedding of the config has a tensor_name (of a variable, "vectors:0"), and may have a metadata_path (a file
    with a label in each line) and a tensor_path (a file with a row of numbers, separated by tabs, in each line).
    TensorBoard takes the numbers from tensor_path, or, where TensorFlow is installed, from TensorFlow's checkpoints.

    >>> import tempfile
    >>> from deepkit.v1.contrib.tensorboard.plugins import projector
    >>> folder = tempfile.mkdtemp()
    >>> config = projector.ProjectorConfig()
    >>> config.embeddings.add(tensor_name="vectors:0", tensor_path="vectors.tsv").metadata_path = "words.tsv"
    >>> projector.visualize_embeddings(folder, config)
    >>> "vectors.tsv" in open(folder + "/projector_config.pbtxt").read()
    True
    """
    write_projector(summary_writer.get_logdir() if hasattr(summary_writer, "get_logdir") else summary_writer, config)


def __getattr__(name: str) -> Any:
    """The messages: only when one of them is used the tensorboard package is loaded."""
    return projector_message(name) if name in __all__ else _explain("tf.contrib.tensorboard.plugins.projector")(name)
