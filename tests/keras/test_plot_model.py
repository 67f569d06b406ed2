"""plot_model: the blocks and arrows of the picture, its kinds of files, with and without Graphviz."""

from __future__ import annotations

import re
import struct
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from deepkit import keras
from deepkit.errors import ArgumentError, DataError
from deepkit.keras import layers as L
from deepkit.keras.utils import model_to_dot, plot_model, vis_utils


@pytest.fixture(autouse=True)
def _fresh():
    keras.backend.clear_session()


def web():
    x = L.Input((3,), name="x")
    inner = keras.models.Sequential([L.Dense(2, name="d", activation="relu", input_shape=(3,))], name="inner")
    return keras.models.Model(x, L.concatenate([inner(x), L.Dense(2, name="e>f")(x)], name="both"), name="web")


def read(dot: str) -> tuple[dict[str, str], set[tuple[str, str]]]:
    """({node: label}, edges between labels) of a text for Graphviz."""
    labels = dict(re.findall(r'^(n\d+) \[label="(.*)"\];$', dot, re.M))
    return labels, {(labels[a], labels[b]) for a, b in re.findall(r"^(n\d+) -> (n\d+);$", dot, re.M)}


def test_the_text_for_graphviz():
    labels, edges = read(model_to_dot(web()).to_string())
    assert set(labels.values()) == {"x: InputLayer", "inner: Sequential", r"e\>f: Dense", "both: Concatenate"}
    assert edges == {
        ("x: InputLayer", "inner: Sequential"), ("x: InputLayer", r"e\>f: Dense"),
        ("inner: Sequential", "both: Concatenate"), (r"e\>f: Dense", "both: Concatenate"),
    }
    source = model_to_dot(web(), rankdir="LR", dpi=70, expand_nested=True).source
    assert "rankdir=LR;" in source
    assert "dpi=70" in source
    assert 'subgraph "cluster_inner"' in source
    labels, edges = read(source)
    assert ("d_input: InputLayer", "d: Dense") in edges
    assert ("x: InputLayer", "d_input: InputLayer") in edges
    assert ("d: Dense", "both: Concatenate") in edges
    assert source.count("{\n") + source.count("=inner;") >= 1
    plain = re.sub(r'"(\\.|[^"])*"', "", source)
    assert plain.count("{") == plain.count("}")


def test_what_can_be_shown():
    labels, _ = read(model_to_dot(web(), show_shapes=True).source)
    assert r"{both: Concatenate\n|{input:|output:}|{{[(None, 2), (None, 2)]}|{(None, 4)}}}" in labels.values()
    labels, _ = read(model_to_dot(web(), show_layer_names=False, show_dtype=True, show_trainable=True).source)
    assert "{Dense|float32|trainable}" in labels.values()
    labels, _ = read(model_to_dot(web(), expand_nested=True, show_layer_activations=True).source)
    assert "{d: Dense|relu}" in labels.values()
    labels, _ = read(model_to_dot(web(), layer_range=["inner", "both"]).source)
    assert "x: InputLayer" not in labels.values()
    with pytest.raises(ArgumentError, match="rankdir"):
        model_to_dot(web(), rankdir="UP")
    with pytest.raises(ArgumentError, match="input_shape"):
        plot_model(keras.models.Sequential([L.Dense(3)]), "x.png")


def test_deepkit_draws_where_graphviz_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(vis_utils.shutil, "which", lambda name: None)
    plot_model(web(), tmp_path / "web.svg", show_shapes=True, expand_nested=True)
    svg = ElementTree.parse(tmp_path / "web.svg").getroot()
    texts = ["".join(t.itertext()) for t in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"x", "d", "both", "inner", "Concatenate", "[(None, 2), (None, 2)] → (None, 4)"} <= set(texts)
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: course)")
    sizes = []
    for dpi in (50, 100):
        plot_model(web(), tmp_path / "web.png", dpi=dpi)
        head = (tmp_path / "web.png").read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        sizes.append(struct.unpack(">II", head[16:]))
    assert abs(sizes[1][0] - 2 * sizes[0][0]) <= 2
    plot_model(web(), tmp_path / "web.pdf")
    assert (tmp_path / "web.pdf").read_bytes().startswith(b"%PDF")
    plot_model(web(), tmp_path / "web.dot")
    assert (tmp_path / "web.dot").read_text().startswith("digraph")
    with pytest.raises(ArgumentError, match=r"\.bmp"):
        plot_model(web(), tmp_path / "web.bmp")
    with pytest.raises(DataError, match="Graphviz"):
        model_to_dot(web()).create()


def test_without_matplotlib_an_svg_is_written_beside(tmp_path, monkeypatch):
    monkeypatch.setattr(vis_utils.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.warns(UserWarning, match=r"web\.svg.*Graphviz"):
        plot_model(web(), tmp_path / "web.png")
    assert not (tmp_path / "web.png").exists()
    assert ElementTree.parse(tmp_path / "web.svg").getroot().tag.endswith("svg")


def test_graphviz_draws_where_it_is(tmp_path, monkeypatch):
    """A program in the place of `dot` notes how it is called."""
    program = tmp_path / "dot"
    program.write_text(f'#!{sys.executable}\nimport sys\nprint(sys.argv[1], sys.stdin.read()[:7], end="")\n')
    program.chmod(0o755)
    monkeypatch.setattr(vis_utils.shutil, "which", lambda name: str(program))
    plot_model(web(), tmp_path / "web.png")
    assert (tmp_path / "web.png").read_text() == "-Tpng digraph"
    program.write_text(f'#!{sys.executable}\nimport sys\nsys.exit("no such font")\n')
    with pytest.raises(DataError, match="no such font"):
        plot_model(web(), tmp_path / "web.png")
    assert (tmp_path / "web.png").read_text() == "-Tpng digraph"


def test_real_graphviz_takes_the_text(tmp_path):
    if vis_utils.shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    plot_model(web(), tmp_path / "web.svg", show_shapes=True, expand_nested=True)
    assert "cluster_inner" in (tmp_path / "web.svg").read_text()
    plot_model(web(), tmp_path / "web.png", show_shapes=True)
    assert (tmp_path / "web.png").read_bytes().startswith(b"\x89PNG")
