"""Which names of TensorFlow 1 and Keras 2 deepkit has: those of the course's documents and of public programs.

`python tests/v1/names/test_tensorflow_names.py` prints the table; with `--write` it rewrites names/not_yet.txt.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import pytest

import deepkit.v1 as tf
from deepkit.commands.tf1.imports import resolve
from deepkit.errors import MissingModuleError, MissingNameError
from deepkit.v1.framework.unknown_names import MEANT, missing_name, nearest

FOLDER = Path(__file__).parent
NOT_YET = FOLDER / "not_yet.txt"


def entries(path: Path) -> dict[str, int]:
    """Names and, where the file has them, in how many programs each stands."""
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {name: int(count[0]) if count else 1 for name, *count in lines}


DOCUMENTS, PROGRAMS = entries(FOLDER / "documents.txt"), entries(FOLDER / "programs.txt")


def there(name: str) -> bool:
    head, _, rest = name.partition(".")
    try:
        resolve(f"tensorflow.{rest}" if head == "tf" else name)
    except MissingModuleError:
        return False
    return True


def test_every_name_is_there_or_listed_as_not_yet():
    not_yet = entries(NOT_YET)
    lost = [name for name in {**DOCUMENTS, **PROGRAMS} if name not in not_yet and not there(name)]
    assert lost == []


def test_the_list_of_what_is_missing_only_shrinks():
    arrived = [name for name in entries(NOT_YET) if there(name)]
    assert arrived == [], "remove these from names/not_yet.txt (python tests/v1/names/test_tensorflow_names.py --write)"
    assert set(entries(NOT_YET)) <= {*DOCUMENTS, *PROGRAMS}


MISPRINTS = {  # as the documents print them: what is meant
    "tf.matmult": "tf.matmul", "tf.matmu": "tf.matmul", "tf.dense": "tf.layers.dense", "tf.cinstant": "tf.constant",
    "tf.rnn": "tf.nn.rnn_cell", "tf.variable": "tf.variable_scope", "tf.contrib.lavers": "tf.contrib.layers",
    "tf.nn.softmax_cross_ebtropy_with_logits": "tf.nn.softmax_cross_entropy_with_logits",
    "tf.Coordinator": "tf.train.Coordinator", "tf.QueueRunner": "tf.train.QueueRunner", "tf.FIF0Queue": "tf.FIFOQueue",
    "tf.squared_diffenrenct": "tf.squared_difference", "tf.reduct_join": "tf.reduce_join",
    "tf.PaddingFifoQueue": "tf.PaddingFIFOQueue", "tf.nn.rleu": "tf.nn.relu", "tf.train.AdamOptimiser": "tf.train.AdamOptimizer",
    "tf.nn.reduce_mean": "tf.reduce_mean", "tf.scalar_summary": "tf.summary.scalar",
    "tf.contrib.layers.12_regularizer": "tf.contrib.layers.l2_regularizer",
}


@pytest.mark.parametrize("printed", MISPRINTS)
def test_a_misprint_names_what_is_meant(printed):
    error = missing_name(printed)
    assert isinstance(error, AttributeError)
    assert f"deepkit has no {printed}" in error.what
    if there(MISPRINTS[printed]):
        assert error.hint == MISPRINTS[printed]
    else:
        assert MISPRINTS[printed] in (error.rule or "")
    assert not there(printed)
    with pytest.raises(MissingNameError) as raised:
        functools.reduce(getattr, printed.split(".")[1:], tf)
    assert MISPRINTS[printed] in str(raised.value)


def test_hints_are_names_that_exist():
    assert all(there(hint) for hint in map(nearest, MEANT) if hint)
    assert nearest("tf.nothing_like_it_at_all") is None
    assert nearest("tf.default_graph") != "tf.examples.tutorials.mnist.input_data.default_graph"


def test_namespaces_answer_for_themselves():
    for name in ("tf", "tf.nn", "tf.train", "tf.contrib", "tf.losses", "tf.app"):
        with pytest.raises(MissingNameError, match=f"deepkit has no {name}.sesion"):
            _ = resolve(f"tensorflow{name[2:]}").sesion
    assert not hasattr(tf, "sesion")
    with pytest.raises(AttributeError) as plain:
        _ = tf.__wrapped__
    assert not isinstance(plain.value, MissingNameError)


def main() -> None:
    have = {name: there(name) for name in {**DOCUMENTS, **PROGRAMS}}
    for title, names in (("the documents", DOCUMENTS), ("137 programs", PROGRAMS)):
        found = [name for name in names if have[name]]
        uses, covered = sum(names.values()), sum(names[name] for name in found)
        print(f"{title}: {len(found)} of {len(names)} names, {covered / uses:.0%} of the uses")
    missing = [name for name in have if not have[name]]
    for name in sorted(missing, key=lambda n: (-PROGRAMS.get(n, 0), n)):
        print(f"  {PROGRAMS.get(name, 0):>3}  {name}")
    if "--write" in sys.argv:
        NOT_YET.write_text("# Names that deepkit does not have yet.\n" + "".join(f"{n}\n" for n in sorted(missing)))


if __name__ == "__main__":
    main()
