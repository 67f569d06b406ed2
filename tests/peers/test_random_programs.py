"""Random TensorFlow-1 programs: deepkit and TensorFlow agree on them; what compares, explains and shrinks them works."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from outcomes import Outcome, Records
from processes import interpreter
from programs.__main__ import Trial
from programs.comparison import Difference, differences
from programs.explained import differentiated, explanation
from programs.families import FAMILIES, draw
from programs.generator import program
from programs.peers import Peer
from programs.runner import execute
from programs.shrinking import smallest

import deepkit.v1 as tf

SEEDS = range(24)
FOUND = sorted((Path(__file__).parent / "programs" / "found").glob("*.txt"))  # texts: a seed names another program when
# the vocabulary grows

TINY = """
x = tf.placeholder(tf.float32, [2])
a = tf.square(x)
b = tf.tanh(a + 1)
results = []
with tf.Session() as sess:
    results.append(sess.run({'a': a, 'b': b}, {x: np.array([1.0, 2.0], np.float32)}))
"""


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    probe = [
        interpreter(peer=True),
        "-c",
        "import importlib.util as u; raise SystemExit(u.find_spec('tensorflow') is None)",
    ]
    if subprocess.run(probe, env=dict(os.environ), check=False).returncode:
        pytest.skip("TensorFlow is not installed (extra: peers; DEEPKIT_PEERS may name an interpreter that has it)")
    with Trial() as both:
        yield both


@pytest.mark.parametrize("seed", SEEDS)
def test_deepkit_and_tensorflow_agree(trial: Trial, seed: int) -> None:
    text = program(seed)
    found = trial.difference(text)
    assert found is None or found.kind == "refused" or explanation(text, found), f"{found}\n{text}"


@pytest.mark.parametrize("name", FAMILIES)
def test_programs_of_a_theme_agree(trial: Trial, name: str) -> None:
    compared = 0
    for seed in range(3):
        found = trial.difference(text := draw(name, seed))
        assert found is None or found.kind == "refused" or explanation(text, found), f"{found}\n{text}"
        compared += found is None or found.kind != "refused"
    assert compared, "TensorFlow refuses them all"


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_programs_that_showed_a_fault(trial: Trial, path: Path) -> None:
    found = trial.difference(text := path.read_text())
    assert found is None or explanation(text, found), found


def test_a_number_names_one_program() -> None:
    assert program(7) == program(7) != program(8)


def test_results_hold_numbers_and_static_shapes() -> None:
    found = execute(TINY.replace("a = ", "v1 = ").replace("'a': a", "'v1': v1").replace("tanh(a", "tanh(v1"), tf)
    assert found["error"] is None
    assert found["static"] == {"v1": [2]}
    assert found["results"][0]["v1"] == {"dtype": "float32", "shape": [2], "numbers": [1.0, 4.0]}


def test_errors_are_results() -> None:
    found = execute(TINY + "    sess.run(b)\n", tf)
    assert len(found["results"]) == 1
    assert found["error"][0] == "UnfedError"


def test_a_process_that_ends_is_an_error_and_the_next_program_runs() -> None:
    peer = Peer("deepkit")
    try:
        assert peer.run("import os\nos._exit(3)\n")["error"] == ["Crash", "the process ended with 3"]
        assert peer.run(TINY)["error"] is None
    finally:
        peer.close()


def test_a_program_that_does_not_end_is_an_error_and_the_next_one_runs() -> None:
    peer = Peer("deepkit")
    try:
        assert peer.run(TINY)["error"] is None
        peer.seconds = 0.5
        assert peer.run("while True: pass\n")["error"] == ["Hang", "no result in 0.5 s"]
        peer.seconds = 100
        assert peer.run(TINY)["error"] is None
    finally:
        peer.close()


def test_a_long_run_goes_on_where_it_was_ended(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    records = Records(path)
    records.add(Outcome(3, "page", "same"))
    records.add(Outcome(4, "losses", "value", "run 0, v1", "1 for 2"))
    with path.open("a") as file:
        file.write('{"seed": 5, "theme"')  # a line that a kill cut
    with pytest.raises(SystemExit, match="--resume"):
        Records(path)
    again = Records(path, resume=True)
    assert again.outcomes == records.outcomes
    assert again.seeds == {3, 4}
    again.add(Outcome(5, "page", "explained", what="for a reason"))
    assert Records(path, resume=True).table().splitlines() == [
        "     1  losses: 1 value", "     2  page: 1 same, 1 explained", "     1  explained: for a reason",
    ]


@pytest.mark.parametrize(
    ("replaced", "by", "kind"),
    [
        ("tanh(a", "sin(a", "value"),
        ("'a': a, ", "", "fetches"),
        ("'a': a", "'a': tf.cast(a, tf.float64)", "dtype"),
        ("'a': a", "'a': a[:1]", "shape"),
        ("tf.tanh", "tf.nothing", "error"),
    ],
)
def test_each_kind_of_difference_is_seen(replaced: str, by: str, kind: str) -> None:
    ours, theirs = execute(TINY.replace(replaced, by), tf), execute(TINY, tf)
    assert [found.kind for found in differences(TINY, ours, theirs)] == [kind]
    assert not list(differences(TINY, theirs, theirs))


def test_shrinking_keeps_what_fails() -> None:
    """The fault is tanh's: what it does not need goes, and what remains still shows it."""

    def fails(text: str) -> bool:
        found = execute(text, tf)
        return found["error"] is None and bool(found["results"]) and "b" in found["results"][0] and "tf.tanh" in text

    small = smallest(program_with_ballast(), fails)
    assert fails(small)
    assert "ballast" not in small
    assert len(small) < len(TINY)
    assert np.isfinite(execute(small, tf)["results"][0]["b"]["numbers"]).all()


def program_with_ballast() -> str:
    return TINY.replace("a = ", "ballast = tf.zeros([3])\nballast2 = ballast + 1\na = ", 1)


# ---- a reason explains what it is about, and nothing that resembles it

DERIVED = "v1 = {op}\ny = tf.reduce_sum(v1)\nfirst = tf.gradients(y, [x0])\nsecond = tf.gradients(first, [x0])\n"
BESIDE = "v1 = x0\nv2 = {op}\ny = tf.reduce_sum(v1)\nfirst = tf.gradients(y, [x0])\nsecond = tf.gradients(first, [x0])\n"
MOMENTS, POOL = "tf.nn.moments(x0, [0])[1]", "tf.nn.max_pool(x0, [1, 2, 2, 1], [1, 1, 1, 1], 'SAME')"
SMALL = "made = {{}}\ntry:\n    c1 = {call}\n    made['c1'] = c1\nexcept Exception:\n    pass\n"
EARLY = (
    "s3 = tf.Variable(1.0)\nv4 = tf.identity(s3.assign_add(1.0))\ndef f():\n    return {branch}\n"
    "with tf.control_dependencies([v4]):\n    v5 = tf.cond(p, f, f)\n"
)
BY = "v1 = {op}\nz = [v1]\nsecond = tf.gradients(z, [x0, v1]) if z else []\n"
NORM = "v1 = tf.norm({given})\nv2 = tf.erf(v1)\nv3 = x0\n"
ENTROPY = "tf.nn.softmax_cross_entropy_with_logits_v2(labels=x0, logits=x0)"
BODY = "v1 = tf.map_fn(lambda a: {a}, x0)\ny = v1\n"
WHERE = "v1 = tf.where(m, {a}, x0)\nv2 = tf.exp(v1)\nv3 = tf.exp(x0)\n"
CHOSEN = "s1 = s = tf.cond(p, lambda: s, lambda: {other})\nv1 = {end}\n"
ADDED = "s = tf.SparseTensor([[0, 1], {place}], x, [2, 2])\ns1 = tf.{op}(s, s)\nfetched = {{'i': s1.indices}}\n"
LENGTHS = "v1 = tf.nn.dynamic_rnn(cell, x0, {lengths}=x1)\n"
ARRAY = "a = tf.TensorArray(tf.float32, 3)\nv1 = a.stack()\n"


def second(what: str = "[1.5] for [0.0]", kind: str = "value") -> Difference:
    return Difference(kind, "run 0, second0", what)


def small(what: str) -> Difference:
    return Difference("fetches", "run 0, c1", what)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Difference("dtype", "run 1, w/Adam/beta1_power", "float64 for float32")),
        (DERIVED.format(op=MOMENTS), second("[1.5] for [2.5]")),
        (DERIVED.format(op=POOL), second()),
        (DERIVED.format(op="tf.image.resize_bilinear(x0, [4, 4])"), second("[1.5] for nothing", "fetches")),
        (ARRAY, Difference("static", "v1", "[3, 2] for [None, 2]")),
        (DERIVED.format(op="tf.segment_prod(x0, [0])"), second("[1.5, 2.0] for [nan, 2.0]")),
        (BY.format(op="tf.segment_prod(x0, [0])"), Difference("fetches", "run 0, second1", "nothing for [1.0]")),
        (EARLY.format(branch="s3 + v4"), Difference("value", "run 0, v5", "3.0 for 2.0")),
        (NORM.format(given="x0"), Difference("static", "v1", "[] for None")),
        (NORM.format(given="x0"), Difference("static", "v2", "[] for None")),
        ("v1 = tf.sparse_reduce_sum(s, 0)\n", Difference("static", "v1", "[3] for [None]")),
        (DERIVED.format(op=ENTROPY), second("[1.5] for [2.5]")),
        (BODY.format(a="a"), Difference("fetches", "run 0, dx1", "nothing for zeros")),
        (BODY.format(a="tf.sqrt(a)"), Difference("value", "run 0, dx0", "[0.0, 0.0] for [nan, nan]")),
        ("v1 = tf.transpose(x0, [1, 0])\n", Difference("static", "v1", "[None, None] for None")),
        ("v1 = tf.shape(tf.string_split(t, ','))\n", Difference("static", "v1", "[None] for [3]")),
        (WHERE.format(a="x0"), Difference("static", "v1", "None for [3]")),
        (WHERE.format(a="x0"), Difference("static", "v2", "None for [3]")),
        (CHOSEN.format(other="s", end="tf.sparse_to_dense(s, 0)"), Difference("static", "v1", "[None, 2] for [1, None]")),
        (ADDED.format(op="sparse_add", place="[0, 0]"), Difference("value", "run 0, i", "[[0, 0]] for [[0, 1]]")),
        (ADDED.format(op="sparse_softmax", place="[0, 0]"), Difference("value", "run 0, d0", "[1.5] for [1.0]")),
        (LENGTHS.format(lengths="sequence_length"), Difference("static", "v1", "[2, 3] for [None, 3]")),
        (SMALL.format(call="tf.identity([tf.Dimension(2), 3])"), small("[2, 3] for nothing")),
        (SMALL.format(call="xi * np.float64(1.5)"), small("nothing for [1, 2]")),
        (SMALL.format(call="tf.math.multiply(xi, np.ones(2))"), small("nothing for [3, 1]")),
    ],
)
def test_a_reason_explains_its_difference(text: str, found: Difference) -> None:
    assert explanation(text, found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Difference("dtype", "run 1, w/Adam/beta1_power", "float32 for float64")),
        (BESIDE.format(op=MOMENTS), second("[1.5] for [2.5]")),  # what is differentiated does not depend on the moments
        (DERIVED.format(op=MOMENTS), Difference("value", "run 0, dx0", "[1.5] for [2.5]")),
        (DERIVED.format(op=POOL), second("[1.5] for [2.5]")),
        (DERIVED.format(op=POOL.replace("SAME", "VALID")), second()),
        (BESIDE.format(op=POOL), second()),
        (DERIVED.format(op="tf.image.resize_bilinear(x0, [4, 4])"), second("nothing for [1.5]", "fetches")),
        (ARRAY, Difference("static", "v1", "[4, 2] for [3, 2]")),
        (ARRAY, Difference("static", "v1", "None for [3, 2]")),
        (DERIVED.format(op="tf.segment_prod(x0, [0])"), second("[nan, 2.0] for [1.5, 2.0]")),
        (DERIVED.format(op="tf.segment_sum(x0, [0])"), second("[1.5, 2.0] for [nan, 2.0]")),
        (BY.format(op="tf.segment_prod(x0, [0])"), Difference("fetches", "run 0, second0", "nothing for [1.0]")),
        (BY.format(op="tf.segment_sum(x0, [0])"), Difference("fetches", "run 0, second1", "nothing for [1.0]")),
        (EARLY.format(branch="s3 + 1"), Difference("value", "run 0, v5", "3.0 for 2.0")),
        (EARLY.format(branch="v4 + 1"), Difference("value", "run 0, v5", "3.0 for 2.0")),
        (EARLY.format(branch="s3 + v4"), Difference("fetches", "run 0, v5", "3.0 for nothing")),
        (NORM.format(given="x0, axis=0"), Difference("static", "v1", "[] for None")),
        (NORM.format(given="x0"), Difference("static", "v2", "None for []")),
        (NORM.format(given="x0"), Difference("static", "v3", "[] for None")),
        ("v1 = tf.sparse_reduce_sum(s, 0)\n", Difference("static", "v1", "[None] for [3]")),
        (ARRAY, Difference("static", "v1", "[3] for [None, 2]")),
        (DERIVED.format(op=ENTROPY), Difference("value", "run 0, dx0", "[1.5] for [2.5]")),
        (BESIDE.format(op=ENTROPY), second("[1.5] for [2.5]")),
        (BODY.format(a="a"), Difference("fetches", "run 0, dx1", "nothing for [1.0]")),
        (BODY.format(a="a"), Difference("fetches", "run 0, v1", "nothing for zeros")),
        ("v1 = tf.exp(x0)\n", Difference("fetches", "run 0, dx1", "nothing for zeros")),
        (BODY.format(a="tf.sqrt(a)"), Difference("value", "run 0, dx0", "[1.0, 0.0] for [nan, nan]")),
        (BODY.format(a="tf.sqrt(a)"), Difference("value", "run 0, v1", "[0.0, 0.0] for [nan, nan]")),
        (BODY.format(a="tf.exp(a)"), Difference("value", "run 0, dx0", "[0.0, 0.0] for [nan, nan]")),
        ("v1 = tf.transpose(x0, [1, 0])\n", Difference("static", "v1", "None for [None, None]")),
        ("v1 = tf.transpose(x0, [1, 0])\nv2 = x0\n", Difference("static", "v2", "[None, None] for None")),
        ("v1 = tf.shape(tf.string_split(t, ','))\n", Difference("static", "v1", "[2] for [3]")),
        (WHERE.format(a="x0"), Difference("static", "v1", "[None, 2] for [3, 3]")),
        (WHERE.format(a="x0"), Difference("static", "v3", "None for [3]")),
        (CHOSEN.format(other="s", end="tf.sparse_to_dense(s, 0)"), Difference("static", "v1", "[3, 2] for [1, 2]")),
        (CHOSEN.format(other="s", end="tf.exp(x0)"), Difference("static", "v1", "[None, 2] for [1, 2]")),
        (ADDED.format(op="sparse_add", place="[1, 0]"), Difference("value", "run 0, i", "[[0, 0]] for [[0, 1]]")),
        (ADDED.format(op="sparse_reorder", place="[0, 0]"), Difference("value", "run 0, i", "[[0, 0]] for [[0, 1]]")),
        (LENGTHS.format(lengths="sequence_length"), Difference("static", "v1", "[None, 3] for [2, 3]")),
        (LENGTHS.format(lengths="lengths"), Difference("static", "v1", "[2, 3] for [None, 3]")),
        (SMALL.format(call="tf.matmul([1, 2], [1, 2])"), small("[5] for nothing")),
        (SMALL.format(call="tf.cast([1, 2], tf.float32)"), small("nothing for [1.0, 2.0]")),
        (SMALL.format(call="xi * np.float64(1.5)"), Difference("value", "run 0, c1", "[1, 2] for [1, 3]")),
    ],
)
def test_what_resembles_it_is_not_explained(text: str, found: Difference) -> None:
    assert explanation(text, found) is None


def test_what_is_differentiated_is_followed_through_bodies() -> None:
    text = "def f():\n    return tf.nn.moments(x0, [0])\nv1 = tf.cond(p, f, f)\nv2 = tf.exp(x0)\ng = tf.gradients(v1, x0)\n"
    assert "moments" in differentiated(text)
    assert "exp" not in differentiated(text)
