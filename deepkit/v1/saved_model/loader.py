"""`tf.saved_model.loader`: a saved model back into a session."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from deepkit.errors import ArgumentError, DataError
from deepkit.io.meta_graph import MetaGraph, read_meta_graphs
from deepkit.v1.saved_model import constants
from deepkit.v1.train.checkpoints import add_graph

__all__ = ["load", "maybe_saved_model_directory"]


def maybe_saved_model_directory(export_dir: Any) -> bool:
    """True if the folder holds a saved model that deepkit wrote."""
    return os.path.isfile(os.path.join(os.fsdecode(export_dir), constants.SAVED_MODEL_FILENAME))


def _with_tags(wanted: set[str], folder: str) -> MetaGraph:
    """The graph with exactly these tags among those of the saved model in a folder."""
    path = os.path.join(folder, constants.SAVED_MODEL_FILENAME)
    if not os.path.isfile(path):
        others = [
            name for name in ("saved_model.pb", "saved_model.pbtxt") if os.path.exists(os.path.join(folder, name))
        ]
        raise DataError(
            f"SavedModel file does not exist at: {path}", rule="a folder that SavedModelBuilder.save wrote",
            hint=f"{others[0]} is TensorFlow's own format, which deepkit does not read" if others else None,
        )
    metas = read_meta_graphs(path)
    meta = next((meta for meta in metas if set(meta.tags) == wanted), None)
    if meta is None:
        there = ", ".join(str(sorted(meta.tags)) for meta in metas)
        raise ArgumentError(
            f"MetaGraphDef associated with tags {sorted(wanted)} could not be found in SavedModel {folder}",
            rule="the tags are those it was added with, all of them", hint=f"available tags: {there}",
        )
    return meta


def load(sess: Any, tags: Sequence[str], export_dir: Any, import_scope: str | None = None, **_: Any) -> MetaGraph:
    """Adds the graph with exactly these tags to the session's graph and gives its variables their values.

    What comes back has the signatures: `load(...).signature_def["serving_default"].inputs["x"].name`.

    Raises:
        DataError: the folder is no saved model, or a file of it is damaged.
        ArgumentError: it has no graph with these tags.
    """
    folder = os.fsdecode(export_dir)
    meta = _with_tags({tags} if isinstance(tags, str) else set(tags), folder)
    feeds = {tensor: _asset(folder, file) for tensor, file in meta.assets.items()}
    with sess.graph.as_default():
        made, saver = add_graph(meta, import_scope)
    if saver is not None and saver.variables:
        saver.restore(sess, os.path.join(folder, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME))
    if meta.main_op is not None:
        sess.run(_node(made, meta.main_op), {_tensor(made, name): file for name, file in feeds.items()})
    return meta


def _asset(folder: str, name: str) -> str:
    """The path of an asset; names that are not plain ones are refused."""
    if name in ("", ".", "..") or "\0" in name or os.path.basename(name) != name or "\\" in name or "/" in name:
        raise DataError(
            f"the saved model {folder} names the asset {name!r}", rule="the name of a file, without a folder"
        )
    return os.path.join(folder, constants.ASSETS_DIRECTORY, name)


def _node(made: Any, name: str) -> Any:
    if name not in made:
        raise DataError(f"the saved model names {name!r}, which its graph does not have")
    return made[name]


def _tensor(made: Any, name: str) -> Any:
    return next(iter(_node(made, name.removesuffix(":0")).outputs), None)
