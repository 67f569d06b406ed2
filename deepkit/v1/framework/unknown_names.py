"""What `tf.something` answers when deepkit has no such name: an error that says so and names the nearest one."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

from deepkit.errors import MissingNameError, printable
from deepkit.loading import SHOWN, shown

ROOT = "deepkit.v1"

# Names of TensorFlow before 1.0, of TensorFlow 2, and misprints that books have handed on; to what they mean.
MEANT = {
    "tf.audio_summary": "tf.summary.audio", "tf.batch_cholesky": "tf.cholesky", "tf.batch_fft": "tf.fft",
    "tf.batch_matmul": "tf.matmul", "tf.complex_abs": "tf.abs", "tf.inv": "tf.reciprocal", "tf.listdiff": "tf.setdiff1d",
    "tf.models": "tf.nn.rnn_cell", "tf.nn.rnn": "tf.nn.static_rnn", "tf.nn.seq2seq": "tf.contrib.legacy_seq2seq",
    "tf.cinstant": "tf.constant",
    "tf.Coordinator": "tf.train.Coordinator", "tf.dense": "tf.layers.dense", "tf.FIF0Queue": "tf.FIFOQueue",
    "tf.histogram_summary": "tf.summary.histogram",
    "tf.image_summary": "tf.summary.image", "tf.merge_all_summaries": "tf.summary.merge_all",
    "tf.merge_summary": "tf.summary.merge", "tf.QueueRunner": "tf.train.QueueRunner", "tf.rnn": "tf.nn.rnn_cell",
    "tf.scalar_summary": "tf.summary.scalar", "tf.train.SummaryWriter": "tf.summary.FileWriter",
    "tf.variable": "tf.variable_scope", "tf.random.normal": "tf.random_normal", "tf.lavers": "tf.layers",
    "tf.nn.softmax_cross_ebtropy_with_logits": "tf.nn.softmax_cross_entropy_with_logits",
    "tf.contrib.lavers": "tf.contrib.layers", "tf.PaddingFifoQueue": "tf.PaddingFIFOQueue",
    "tf.squared_diffenrenct": "tf.squared_difference", "tf.reduct_join": "tf.reduce_join",
}
# Names, with all below them, in whose place stands another way to write programs; to what that is.
_FOREST = "scikit-learn's RandomForestClassifier: deepkit grows no trees"
_BOOSTED = "scikit-learn's GradientBoostingClassifier and GradientBoostingRegressor: deepkit grows no trees"
INSTEAD = {
    "tf.contrib.tensor_forest": _FOREST, "tf.contrib.boosted_trees": _BOOSTED,
    "tf.estimator.BoostedTreesClassifier": _BOOSTED, "tf.estimator.BoostedTreesRegressor": _BOOSTED,
    "tf.function": "nothing: what is written once is a graph already, and sess.run(result) runs it again and again",
    "tf.Module": "a Python class that makes its variables with tf.get_variable",
}
_DEEPEST = 5


def install(path: str, space: ModuleType) -> None:
    """Gives `space`, which users call `path`, and every namespace below it this `__getattr__`, if it has none of its own."""
    for below, found in _walk(path, space, lambda path, space: vars(space)):
        if isinstance(found, ModuleType) and "__getattr__" not in vars(found):
            found.__getattr__ = explain(below)  # type: ignore[method-assign]


def explain(path: str) -> Callable[[str], Any]:
    """The `__getattr__` of the namespace `path`, as in "tf.nn"."""

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):  # Python and its tools ask for these; they take no for an answer
            raise AttributeError(name)
        other = shown(f"{path}.{name}")
        if other is not None:
            return other
        raise missing_name(f"{path}.{name}")

    return __getattr__


def missing_name(full: str) -> MissingNameError:
    """The error for the name `full`, as in "tf.nn.rleu"."""
    hint, meant = advice(full), MEANT.get(full)
    rule = f"its name is {meant}" + ("" if hint == meant else ", which deepkit does not have either") if meant else None
    return MissingNameError(f"deepkit has no {printable(full)}", rule=rule, hint=hint)


def advice(full: str) -> str | None:
    """What stands in the place of `full`, or of what it is a part of; else the nearest name."""
    parts = full.split(".")
    wholes = (".".join(parts[:n]) for n in range(len(parts), 1, -1))
    return next((INSTEAD[whole] for whole in wholes if whole in INSTEAD), None) or nearest(full)


def nearest(full: str) -> str | None:
    """The name that is meant by `full`, as far as one can tell; only names that exist."""
    known = set(every_name())
    if MEANT.get(full) in known:
        return MEANT[full]
    space, _, leaf = full.rpartition(".")
    elsewhere = [name for name in known if name.rpartition(".")[2] == leaf]
    if elsewhere:
        return min(elsewhere, key=lambda name: (name.count("."), name))
    for candidates, cutoff in (([n for n in known if n.rpartition(".")[0] == space], 0.75), (known, 0.85)):
        leaves = {name.rpartition(".")[2]: name for name in sorted(candidates, key=lambda n: (-n.count("."), n))}
        near = difflib.get_close_matches(leaf, leaves, n=1, cutoff=cutoff)
        if near:
            return leaves[near[0]]
    return None


def every_name() -> Iterator[str]:
    """Every public name below `tf`, with its namespace: "tf.nn.relu"."""
    for path, space in namespaces():
        public = getattr(space, "__all__", None) or vars(space)
        for name in public:
            value = vars(space).get(name)  # none yet: a name that is made when it is first used
            foreign = isinstance(value, ModuleType) and not value.__name__.startswith(ROOT)
            if (
                not name.startswith("_")
                and not foreign
                and getattr(value, "__module__", "") not in ("typing", "__future__")
            ):
                yield f"{path}.{name}"


def namespaces() -> Iterator[tuple[str, Any]]:
    """Path and object of every namespace below `tf`, each once: modules of deepkit.v1 and what stands for one.

    Those that wait for their first use are imported.
    """
    return _walk("tf", sys.modules[ROOT], _with_waiting)


def _with_waiting(path: str, space: Any) -> dict[str, Any]:
    """What a namespace holds, and the rooms of deepkit.v1 that it shows when they are asked for."""
    below = {full.rpartition(".")[2]: full for full, module in SHOWN.items() if module.startswith(f"{ROOT}.")}
    return vars(space) | {name: shown(full) for name, full in below.items() if full == f"{path}.{name}"}


def _walk(path: str, space: Any, held: Callable[[str, Any], dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [(path, space)]
    while waiting:
        path, space = waiting.pop(0)
        if id(space) in seen or path.count(".") > _DEEPEST:
            continue
        seen.add(id(space))
        yield path, space
        things = held(path, space)
        for name in getattr(space, "__all__", None) or things:
            if not name.startswith("_") and _is_namespace(things.get(name)):
                waiting.append((f"{path}.{name}", things[name]))


def _is_namespace(thing: Any) -> bool:
    return isinstance(thing, SimpleNamespace) or (
        isinstance(thing, ModuleType) and thing.__name__.startswith(f"{ROOT}.")
    )
