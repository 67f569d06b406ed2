"""Graph pictures: every node and edge is there, boxes never overlap, arrows go down, the file is sound."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as xml
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepkit import viz
from deepkit.errors import ArgumentError
from deepkit.viz.graphs import layout

SVG = "{http://www.w3.org/2000/svg}"


def node(name, kind, *inputs, control=(), shape="(None, 3)"):
    made = SimpleNamespace(name=name, type=kind, inputs=[x.outputs[0] for x in inputs], control_inputs=list(control))
    made.outputs = [SimpleNamespace(op=made, name=f"{name}:0", shape=shape)]
    return made


@pytest.fixture
def nodes():
    """A layer, a loss, a gradient and a training step."""
    x = node("x", "Placeholder")
    w = node("layer/w", "VariableV2")
    y = node("layer/MatMul", "MatMul", x, w)
    loss = node("loss", "Mean", y)
    grad = node("gradients/loss_grad", "Mul", loss, y)
    grad_w = node("gradients/w_grad", "MatMul", grad)
    step = node("train", "ApplyGradientDescent", w, grad_w)
    done = node("done", "NoOp", control=[step])
    return [x, w, y, loss, grad, grad_w, step, done]


def texts(picture):
    return [element.text for element in xml.fromstring(picture.svg).iter(f"{SVG}text")]


def test_every_node_is_drawn_with_its_type_and_shape(nodes):
    picture = viz.show_graph(nodes)
    words = " ".join(texts(picture))
    for word in ("Placeholder (?, 3)", "VariableV2 (?, 3)", "MatMul", "loss", "ApplyGradientDescent"):
        assert word in words
    assert (picture.nodes, picture.edges) == (8, 9)
    assert repr(picture).startswith("<graph of 8 nodes and 9 edges: layer/MatMul from x, layer/w; loss from layer/MatMul;")
    assert repr(picture).endswith("; done after train>")


def test_a_graph_of_many_boxes_is_counted_and_not_told():
    many = [SimpleNamespace(name=f"n{i}", type="Const", inputs=[], control_inputs=[], outputs=[]) for i in range(17)]
    assert repr(viz.show_graph(many)) == "<graph of 17 nodes and 0 edges>"
    assert repr(viz.show_graph(many[:16])) == "<graph of 16 nodes and 0 edges>"


def test_control_edges_are_dashed_and_explained(nodes):
    assert "runs before" in texts(viz.show_graph(nodes))
    assert "runs before" not in texts(viz.show_graph(nodes, fetches=nodes[3]))


def test_only_what_a_fetch_needs(nodes):
    assert viz.show_graph(nodes, fetches=nodes[3].outputs[0]).nodes == 4
    assert viz.show_graph(nodes, fetches=[nodes[0], (nodes[3],)]).nodes == 4


def test_a_scope_drawn_as_one_box(nodes):
    picture = viz.show_graph(nodes, collapse=["gradients"])
    assert picture.nodes == 7
    assert "2 nodes" in texts(picture)


def test_control_edges_that_others_imply_are_left_out(nodes):
    x, done = nodes[0], nodes[-1]
    done.control_inputs.append(x)  # done waits for train, and train needs x
    assert viz.show_graph(nodes).edges == 9
    lonely = node("lonely", "Const")
    done.control_inputs.append(lonely)
    assert viz.show_graph([*nodes, lonely]).edges == 10


def test_a_collapsed_training_step_is_shown_as_a_change(nodes):
    nodes[6].name, nodes[7].name = "train/apply", "train/done"
    constant = node("train/rate", "Const")
    assert "changes something" in texts(viz.show_graph([constant, *nodes], collapse=["train"]))
    assert "changes something" not in texts(viz.show_graph(nodes[:6]))


def test_a_graph_with_get_operations(nodes):
    graph = SimpleNamespace(get_operations=lambda: nodes)
    assert viz.show_graph(graph).svg == viz.show_graph(nodes).svg


def test_a_scope_of_its_own_gets_a_frame():
    a = node("in", "Placeholder")
    b = node("scope/b", "Relu", a)
    c = node("scope/c", "Tanh", b)
    words = texts(viz.show_graph([a, b, c, node("out", "Mean", c)]))
    assert "scope" in words
    assert "b" in words
    assert "scope/b" not in words


def test_names_are_escaped_and_the_picture_is_the_same_every_time(nodes):
    nodes[0].name = "a<b & c"
    assert "a<b & c" in texts(viz.show_graph(nodes))
    assert viz.show_graph(nodes).svg == viz.show_graph(nodes).svg


def test_saving(nodes, tmp_path):
    picture = viz.show_graph(nodes)
    picture.save(tmp_path / "g.svg")
    assert xml.parse(tmp_path / "g.svg").getroot().tag == f"{SVG}svg"
    picture.save(tmp_path / "g.html")
    assert picture.svg in (tmp_path / "g.html").read_text()
    with pytest.raises(ArgumentError, match=r"\.svg or \.html"):
        picture.save(tmp_path / "g.png")
    assert picture._repr_html_().startswith('<img style="max-width:100%" alt="&lt;graph of 8')


def test_a_graph_without_nodes_is_refused():
    with pytest.raises(ArgumentError, match="no nodes"):
        viz.show_graph([])


def test_a_loop_is_drawn_although_it_has_no_first_node():
    a = node("a", "Merge")
    b = node("b", "NextIteration", a)
    a.inputs = [b.outputs[0]]
    assert viz.show_graph([a, b]).edges == 2


def test_forty_nodes_are_quick_and_wide_enough():
    made = [node("x", "Placeholder")]
    for i in range(40):
        made.append(node(f"layer{i}/op", "Add", made[-1], made[max(0, len(made) - 7)]))
    assert viz.show_graph(made).nodes == 41


graphs = st.integers(1, 14).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda e: e[0] != e[1]))
    )
)


@given(graphs, st.lists(st.sampled_from(["", "a", "b"]), min_size=14, max_size=14))
def test_boxes_never_overlap_and_arrows_end_at_their_boxes(graph, groups):
    n, edges = graph
    edges = sorted(set(edges))
    sizes = [(30.0 + 7 * (i % 5), 20.0 + 3 * (i % 3)) for i in range(n)]
    made = layout.arrange(sizes, edges, groups[:n])
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in zip(made.centres, sizes, strict=True)]
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] + 1e-6 or b[2] <= a[0] + 1e-6 or a[3] <= b[1] + 1e-6 or b[3] <= a[1] + 1e-6
    for (a, b), route in zip(edges, made.routes, strict=True):
        assert (route[0], route[-1]) == (made.centres[a], made.centres[b])
    assert all(x0 >= -1e-6 and x1 <= made.width + 1e-6 and y1 <= made.height + 1e-6 for x0, _, x1, y1 in boxes)


@given(graphs)
def test_without_cycles_all_arrows_go_down(graph):
    n, edges = graph
    edges = sorted({(min(e), max(e)) for e in edges})
    made = layout.arrange([(30.0, 20.0)] * n, edges)
    assert all(made.centres[a][1] < made.centres[b][1] for a, b in edges)
