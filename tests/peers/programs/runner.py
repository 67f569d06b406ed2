"""Runs programs by one library, `python runner.py deepkit|tensorflow`: a text a line in, its results a line out (JSON)."""

from __future__ import annotations

import gc
import json
import os
import sys
import warnings
from typing import Any

import numpy as np

# TensorFlow's graph rewriter (Grappler) loses feeds of tensors within a graph: x + x, fed, is computed all the same.
HEADERS = {
    "deepkit": "import deepkit.v1 as tf\nconfig = None",
    "tensorflow": "import tensorflow.compat.v1 as tf\ntf.disable_eager_execution()\n"
    "config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)\n"
    "config.graph_options.rewrite_options.disable_meta_optimizer = True",
}


def plain(value: Any) -> dict[str, Any]:
    """An array as its dtype, shape and numbers; texts as they would be written."""
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        array = array.astype(object)
        return {"dtype": "object", "shape": list(array.shape), "numbers": [repr(text) for text in array.ravel()]}
    flat = array.ravel()
    flat = flat.view(flat.real.dtype) if array.dtype.kind == "c" else flat  # the real and the imaginary part of each
    return {"dtype": array.dtype.name, "shape": list(array.shape), "numbers": flat.tolist()}


def static(scope: dict[str, Any]) -> dict[str, list[int | None] | None]:
    """What the graph knows of each named tensor's shape."""
    found = {}
    for name, value in scope.items():
        if name[0] in "vx" and name[1:].isdigit() and hasattr(getattr(value, "shape", None), "rank"):
            shape = value.shape
            found[name] = None if shape.rank is None else shape.as_list()
    return found


def execute(text: str, tf: Any, config: Any = None) -> dict[str, Any]:
    """The program's results so far, its static shapes, and the error that ended it, if one did."""
    scope: dict[str, Any] = {"tf": tf, "np": np, "config": config, "results": []}
    error = None
    with tf.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(text, "program", "exec"), scope)
        except Exception as raised:  # whatever it is, it is the result
            error = [type(raised).__name__, str(raised)[:600]]
    results = [{key: plain(value) for key, value in run.items() if key != "streams"} for run in scope["results"]]
    return {"results": results, "static": static(scope), "error": error}


def main(library: str) -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # only results leave by standard output
    scope: dict[str, Any] = {}
    exec(HEADERS[library], scope)
    gc.freeze()  # the library itself is never garbage: looking through it took a tenth of the time
    with os.fdopen(out, "w") as answers:
        for line in sys.stdin:
            answers.write(json.dumps(execute(json.loads(line), scope["tf"], scope["config"])) + "\n")
            answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
