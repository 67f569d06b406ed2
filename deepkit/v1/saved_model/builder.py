"""`tf.saved_model.builder`: a model written to a folder of its own, with everything that is needed to run it.

    saved_model.meta                    the graphs, their tags, signatures and assets (see io/meta_graph.py)
    variables/variables.safetensors     the variables, which all graphs share
    assets/                             files that the graphs read, such as word lists

saved_model.meta is written last: a folder without it is no saved model.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepkit.core.graph import Graph, default_graph
from deepkit.core.node import Node
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, DataError, GraphError
from deepkit.files import refused, whole_file
from deepkit.io.meta_graph import MetaGraph, SignatureDef, write_meta_graphs
from deepkit.v1.platform import logging
from deepkit.v1.saved_model import constants, signature_constants, tag_constants
from deepkit.v1.saved_model.signature_def_utils import predict_signature_def
from deepkit.v1.train.saver import Saver, described

__all__ = ["SavedModelBuilder", "simple_save"]

BLOCK = 1 << 20  # bytes of an asset that are copied at once


class SavedModelBuilder:
    """Builds a saved model in `export_dir`, which must not exist, or be empty.

    First add_meta_graph_and_variables, then perhaps add_meta_graph for other graphs with the same variables, then save.
    """

    def __init__(self, export_dir: Any):
        self._folder = os.fsdecode(export_dir)
        if os.path.exists(self._folder) and (not os.path.isdir(self._folder) or os.listdir(self._folder)):
            raise ArgumentError(
                f"Export directory {self._folder} already exists, and isn't empty.",
                rule="a saved model has a folder of its own",
                hint="choose a different export directory, or delete all the contents of this one",
            )
        _make(self._folder)
        self._metas: list[MetaGraph] = []

    def add_meta_graph_and_variables(
        self, sess: Any, tags: Sequence[str], signature_def_map: Mapping[str, SignatureDef] | None = None,
        assets_collection: Any = None, legacy_init_op: Node | None = None, clear_devices: bool = False,
        main_op: Node | None = None, strip_default_attrs: bool = False, saver: Saver | None = None, assets_list: Any = None,
    ) -> None:
        """Writes the session's variables, and adds its graph under `tags`, with the calls that it offers.

        assets_collection: string constants that are names of files; the files are copied. main_op: is run when the
        model has been loaded.

        Raises:
            GraphError: called twice; or the graph calls a Python function.
            UninitializedError: a variable has no value.
        """
        if self._metas:
            raise GraphError(
                "Graph state including variables and assets has already been saved.",
                hint="Please invoke `add_meta_graph()` instead",
            )
        graph = sess.graph
        with graph.as_default():
            saver = saver or Saver(allow_empty=True)
        meta = self._described(
            graph, saver, tags, signature_def_map, main_op or legacy_init_op, clear_devices,
            list(assets_collection or assets_list or ()),
        )
        folder = os.path.join(self._folder, constants.VARIABLES_DIRECTORY)
        _make(folder)
        saver.save(sess, os.path.join(folder, constants.VARIABLES_FILENAME), write_meta_graph=False, write_state=False)
        self._metas.append(meta)

    def add_meta_graph(
        self, tags: Sequence[str], signature_def_map: Mapping[str, SignatureDef] | None = None,
        assets_collection: Any = None, legacy_init_op: Node | None = None, clear_devices: bool = False,
        main_op: Node | None = None, strip_default_attrs: bool = False, saver: Saver | None = None, assets_list: Any = None,
    ) -> None:
        """Adds the default graph, whose variables are those that were written, under other tags."""
        if not self._metas:
            raise GraphError(
                "Graph state including variables and assets has not been saved yet.",
                hint="Please invoke `add_meta_graph_and_variables()` first",
            )
        meta = self._described(
            default_graph(), saver or Saver(allow_empty=True), tags, signature_def_map, main_op or legacy_init_op,
            clear_devices, list(assets_collection or assets_list or ()),
        )
        self._metas.append(meta)

    def _described(
        self, graph: Graph, saver: Saver, tags: Any, signatures: Any, main_op: Node | None, clear_devices: bool,
        assets: list[Symbol],
    ) -> MetaGraph:
        if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
            raise ArgumentError(f"tags={tags!r}", rule="a list of texts", hint="[tf.saved_model.tag_constants.SERVING]")
        for key, signature in (signatures or {}).items():
            if not isinstance(signature, SignatureDef):
                raise ArgumentError(
                    f"the signature {key!r} is {signature!r}", hint="predict_signature_def(inputs, outputs)"
                )
            for info in [*signature.inputs.values(), *signature.outputs.values()]:
                graph.get_tensor_by_name(info.name)
        meta = described(graph, saver.settings(), clear_devices)
        meta.tags, meta.signature_def = list(tags), dict(signatures or {})
        meta.main_op = None if main_op is None else main_op.name
        meta.assets = {tensor.name: self._copied(tensor) for tensor in assets}
        return meta

    def _copied(self, tensor: Symbol) -> str:
        """Copies the file that a constant names into the folder of assets; its name there."""
        value = getattr(tensor.node.op, "value", None)
        if value is None or np.ndim(value) != 0:
            raise ArgumentError(f"the asset {tensor.name} is no constant text", hint='tf.constant("words.txt")')
        text = np.asarray(value).item()
        source = Path(text.decode() if isinstance(text, bytes) else str(text))
        folder = Path(self._folder, constants.ASSETS_DIRECTORY)
        _make(str(folder))
        try:
            with open(source, "rb") as old, whole_file(folder / source.name) as new:
                shutil.copyfileobj(old, new, BLOCK)
        except OSError as error:
            if isinstance(error, DataError):
                raise
            raise refused("read the asset", source, error) from error
        return source.name

    def save(self, as_text: bool = False) -> str:
        """Writes saved_model.meta, which makes the folder a saved model; returns its name. (as_text changes nothing.)"""
        if not self._metas:
            raise GraphError("there is nothing to save", hint="add_meta_graph_and_variables() first")
        path = os.path.join(self._folder, constants.SAVED_MODEL_FILENAME)
        write_meta_graphs(path, self._metas)
        logging.info("SavedModel written to: %s", path)
        return path


def simple_save(
    session: Any, export_dir: Any, inputs: Mapping[str, Symbol], outputs: Mapping[str, Symbol],
    legacy_init_op: Node | None = None,
) -> None:
    """A saved model for serving, with one call: `inputs` in, `outputs` out, by the caller's names."""
    signature = predict_signature_def(inputs, outputs)
    builder = SavedModelBuilder(export_dir)
    builder.add_meta_graph_and_variables(
        session, [tag_constants.SERVING], {signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
        main_op=legacy_init_op, clear_devices=True,
    )
    builder.save()


def _make(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise refused("make the folder", folder, error) from error
