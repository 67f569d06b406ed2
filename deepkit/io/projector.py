"""Which tensors TensorBoard's page of embeddings shows, written down for it in the folder of the event files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.files import write_whole
from deepkit.ops.summary.event_messages import board_module


def projector_message(name: str) -> Any:
    """One of the messages ProjectorConfig, EmbeddingInfo, EmbeddingMetadata and SpriteMetadata."""
    return getattr(board_module("plugins.projector.projector_config_pb2"), name)


def write_projector(folder: Any, config: Any) -> None:
    """Writes a ProjectorConfig to projector_config.pbtxt in `folder`, which is made if it is not there."""
    if not hasattr(config, "embeddings"):
        raise ArgumentError(
            f"the page of embeddings with {type(config).__name__}", rule="a ProjectorConfig",
            hint='config = projector.ProjectorConfig(); config.embeddings.add(tensor_name="vectors:0")',
        )
    from google.protobuf import text_format

    place = Path(os.fsdecode(folder))
    place.mkdir(parents=True, exist_ok=True)
    write_whole(place / "projector_config.pbtxt", text_format.MessageToString(config))
