"""Random models as source: stacks, graphs with shared layers and nested models, classes, adversaries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .draw import Draw
from .layers import Shape, random_layer

KINDS = {"real": "", "fraction": ", activation='sigmoid'", "one_hot": ", activation='softmax'"}
KINDS["integer"] = KINDS["one_hot"]


@dataclass
class Output:
    """What a model predicts: the kind decides which losses and targets fit; the shape is without the batch."""

    kind: str
    shape: Shape
    name: str = "out0"


@dataclass
class Model:
    """Statements that make `model`, the source of its input arrays, and what it predicts."""

    statements: list[str]
    inputs: list[str]
    outputs: list[Output]
    traits: set[str] = field(default_factory=set)


@dataclass
class Entry:
    """An input of the model: arguments of keras.Input, its shape, the array fed, and whether it holds indices."""

    arguments: str
    shape: Shape
    data: str
    indices: bool = False


def entry(draw: Draw) -> Entry:
    shape = draw.one([(4,), (5,), (5, 3), (4, 2), (6, 4), (5, 4, 2), (4, 4, 3), (3, 4, 3, 2)])
    seed, size = draw.size(0, 99), (6, *shape)
    if len(shape) == 1 and draw.chance(0.35):
        return Entry(f"{shape}, dtype='int32'", shape, f"integers({size}, 7, {seed})", indices=True)
    maker = "padded" if len(shape) > 1 and draw.chance(0.4) else "numbers"
    return Entry(f"{shape}", shape, f"{maker}({size}, {seed})")


def first_layer(draw: Draw, start: Entry) -> tuple[str, Shape]:
    """An embedding for indices, any layer for numbers."""
    if not start.indices:
        return random_layer(draw, start.shape)
    width = draw.size(1, 3)
    options = draw.keywords({"mask_zero": ["True"], "embeddings_regularizer": ["'l2'"]}, 0.4)
    return f"keras.layers.Embedding(7, {width}{options})", (*start.shape, width)


def head(draw: Draw, shape: Shape, name: str = "out0") -> tuple[list[str], Output]:
    """The last layers, which give what a loss expects."""
    kind = draw.one(list(KINDS))
    units = draw.size(2, 4) if kind in ("one_hot", "integer") else draw.size(1, 3)
    flatten = len(shape) > 2 or (len(shape) == 2 and draw.chance(0.6))
    layers = ["keras.layers.Flatten()"] if flatten else []
    result = (units,) if flatten else (*shape[:-1], units)
    return [*layers, f"keras.layers.Dense({units}{KINDS[kind]}, name='{name}')"], Output(kind, result, name)


def chain(draw: Draw, start: Entry, most: int) -> tuple[list[str], Shape]:
    source, shape = first_layer(draw, start)
    layers = [source]
    for _ in range(draw.size(0, most)):
        source, shape = random_layer(draw, shape)
        layers.append(source)
    return layers, shape


# ---- the kinds of model


def stack(draw: Draw) -> Model:
    start = entry(draw)
    layers, shape = chain(draw, start, 3)
    last, output = head(draw, shape)
    layers += last
    if draw.chance(0.5) or start.indices:
        layers = [f"keras.Input({start.arguments})", *layers]
    else:
        comma = "" if layers[0].endswith("()") else ", "
        layers[0] = f"{layers[0][:-1]}{comma}input_shape={start.shape})"
    if draw.chance(0.3):
        statements = ["model = keras.Sequential()", *(f"model.add({layer})" for layer in layers)]
    else:
        statements = [f"model = keras.Sequential([{', '.join(layers)}])"]
    return Model(statements, [start.data], [output], {"graph"})


class Graph:
    """A functional model while it grows: tensors with their shapes, and layers that may be called again."""

    def __init__(self, draw: Draw):
        self.draw, self.statements = draw, []
        self.tensors: dict[str, Shape] = {}
        self.layers: dict[str, tuple[Shape, Shape]] = {}

    def name(self, letter: str, value: str) -> str:
        made = f"{letter}{len(self.statements)}"
        self.statements.append(f"{made} = {value}")
        return made

    def tensor(self, value: str, shape: Shape) -> str:
        made = self.name("t", value)
        self.tensors[made] = shape
        return made

    def grow(self) -> None:
        kinds = [self.new_layer, self.new_layer, self.new_layer, self.shared, self.merge, self.merge, self.nested, self.fork]
        self.draw.one(kinds)()

    def _pick(self) -> tuple[str, Shape]:
        return self.draw.one(list(self.tensors.items())[-3:])

    def new_layer(self) -> None:
        taken, shape = self._pick()
        source, result = random_layer(self.draw, shape)
        layer = self.name("f", source)
        if (
            "BatchNorm" not in source
        ):  # called twice, its averages depend on which update comes first: TensorFlow lets them race
            self.layers[layer] = shape, result
        self.tensor(f"{layer}({taken})", result)

    def shared(self) -> None:
        fits = [(f, t) for f, (takes, _) in self.layers.items() for t, shape in self.tensors.items() if takes == shape]
        if fits:
            layer, taken = self.draw.one(fits)
            self.tensor(f"{layer}({taken})", self.layers[layer][1])

    def merge(self) -> None:
        _, shape = self._pick()
        equal = [t for t, other in self.tensors.items() if other == shape]
        chosen = [self.draw.one(equal) for _ in range(self.draw.size(2, 3))]
        kind = self.draw.one(["Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Concatenate", "Dot"])
        arguments, result = "", shape
        if kind in ("Subtract", "Dot"):
            chosen = chosen[:2]
        if kind == "Concatenate":
            axis = self.draw.size(1, len(shape))
            arguments = f"axis={self.draw.one([axis, axis - len(shape) - 1])}"
            result = tuple(n * len(chosen) if i == axis - 1 else n for i, n in enumerate(shape))
        if kind == "Dot":
            if len(shape) > 2:
                return
            arguments = f"axes={len(shape)}{self.draw.keywords({'normalize': ['True']}, 0.3)}"
            result = (1,) if len(shape) == 1 else (shape[0], shape[0])
        self.tensor(f"keras.layers.{kind}({arguments})([{', '.join(chosen)}])", result)

    def nested(self) -> None:
        taken, shape = self._pick()
        source, result = random_layer(self.draw, shape)
        second, result = random_layer(self.draw, result)
        if self.draw.chance(0.4):
            self._nested_graph(taken, shape, (source, second), result)
            return
        layer = self.name("f", f"keras.Sequential([keras.Input({shape}), {source}, {second}])")
        if "BatchNorm" not in source + second:
            self.layers[layer] = shape, result
        self.tensor(f"{layer}({taken})", result)

    def fork(self) -> None:
        """Two results of one call: of a nested model, or of the two directions of a recurrent layer."""
        taken, shape = self._pick()
        if len(shape) == 2 and self.draw.chance(0.5):
            units = self.draw.size(1, 3)
            kind = self.draw.one(["SimpleRNN", "LSTM", "GRU"])
            inner = f"keras.layers.{kind}({units}, return_sequences=True)"
            layer = self.name("f", f"keras.layers.Bidirectional({inner}, merge_mode=None)")
            results = [(shape[0], units)] * 2
        else:
            start = self.name("i", f"keras.Input({shape})")
            sources = [random_layer(self.draw, shape) for _ in range(2)]
            ends = [self.name("h", f"{source}({start})") for source, _ in sources]
            layer = self.name("f", f"keras.Model({start}, [{', '.join(ends)}])")
            results = [result for _, result in sources]
        pair = self.name("p", f"{layer}({taken})")
        for i, result in enumerate(results):
            self.tensor(f"{pair}[{i}]", result)

    def _nested_graph(self, taken: str, shape: Shape, layers: tuple[str, str], result: Shape) -> None:
        """A model of inputs and outputs within, perhaps with a loss or a metric made of its own tensors."""
        start = self.name("i", f"keras.Input({shape})")
        middle = self.name("h", f"{layers[0]}({start})")
        end = self.name("h", f"{layers[1]}({middle})")
        layer = self.name("f", f"keras.Model({start}, {end})")
        if self.draw.chance(0.4):
            self.name("n", f"{layer}.add_loss(0.1 * K.mean(K.square({middle})))")
        if self.draw.chance(0.3):
            self.name("n", f"{layer}.add_metric(K.mean({middle}), name='within', aggregation='mean')")
        if "BatchNorm" not in "".join(layers):
            self.layers[layer] = shape, result
        self.tensor(f"{layer}({taken})", result)


def graph(draw: Draw) -> Model:
    made = Graph(draw)
    starts = [entry(draw) for _ in range(draw.one([1, 1, 2]))]
    inputs, outputs, ends = [], [], []
    for start in starts:
        tensor = made.name("x", f"keras.Input({start.arguments})")
        inputs.append(tensor)
        source, shape = first_layer(draw, start)
        ends.append(made.tensor(f"{source}({tensor})", shape))
    for _ in range(draw.size(1, 4)):
        made.grow()
    last = list(made.tensors)[-1]
    ends = [last] if len(starts) == 1 else [*ends[:1], last]
    if len(starts) == 2:
        flat = [made.tensor(f"keras.layers.Flatten()({t})", (0,)) for t in [*ends, *list(made.tensors)[1:2]]]
        made.tensor(f"keras.layers.Concatenate()([{', '.join(flat)}])", (1,))
        ends = [list(made.tensors)[-1]]
    elif draw.chance(0.35):
        ends.append(draw.one(list(made.tensors)))
    results = []
    for end in ends:
        layers, output = head(draw, made.tensors[end], f"out{len(results)}")
        for layer in layers:
            end = made.tensor(f"{layer}({end})", output.shape)
        results.append(end)
        outputs.append(output)
    given, gives = (names[0] if len(names) == 1 else f"[{', '.join(names)}]" for names in (inputs, results))
    statements = [*without_lost_penalties(made.statements, results), f"model = keras.Model({given}, {gives})"]
    floats = [t for t in made.tensors if t in "\n".join(statements)]
    if draw.chance(0.15):
        statements.append(f"model.add_loss(0.1 * K.mean(K.square({draw.one(floats)})))")
    if draw.chance(0.15):
        statements.append(f"model.add_metric(K.mean({draw.one(floats)}), name='added', aggregation='mean')")
    added = {"added"} if any("add_" in statement for statement in statements) else set()  # tf_keras adds layers for them
    return Model(statements, [start.data for start in starts], outputs, {"graph", *added})


def without_lost_penalties(statements: list[str], ends: list[str]) -> list[str]:
    """Without the calls that lead to no output, where layers penalize: tf_keras in a graph counts their penalties too."""
    if not any(word in statement for statement in statements for word in ("ctivity", "loss", "metric", "counts")):
        return statements
    kept: list[str] = []
    for statement in reversed(statements):
        name = statement.split(" = ")[0]
        if name in ends or name[0] in "xn" or any(re.search(rf"\b{name}\b", later) for later in kept):
            kept.insert(0, statement)
    return kept


def subclass(draw: Draw) -> Model:
    start = entry(draw)
    layers, shape = chain(draw, start, 2)
    last, output = head(draw, shape)
    layers += last
    fields = "\n".join(f"        self.f{i} = {layer}" for i, layer in enumerate(layers))
    calls = "\n".join(f"        x = self.f{i}(x)" for i in range(len(layers)))
    phased = "\n        x = K.in_train_phase(1.5 * x, x, training=training)" if draw.chance(0.2) and not start.indices else ""
    penalty = "\n        self.add_loss(0.1 * K.mean(K.square(x)))" if draw.chance(0.15) else ""
    source = (
        f"class Mine(keras.Model):\n    def __init__(self):\n        super().__init__()\n{fields}\n\n"
        f"    def call(self, x{', training=None' if phased else ''}):{phased}\n{calls}{penalty}\n        return x"
    )
    build = [f"model.build((None, *{start.shape}))"] if not start.indices else ["model.predict(x)"]
    if draw.chance(0.6):
        build = ["model.predict(x)"]
    return Model([source, "model = Mine()", *build], [start.data], [output])


def stateful(draw: Draw) -> Model:
    units, size = draw.size(1, 3), draw.one([2, 3])
    kind = draw.one(["SimpleRNN", "LSTM", "GRU"])
    more = draw.keywords({"go_backwards": ["True"], "unroll": ["True"]}, 0.2)
    first = draw.one([
        f"keras.layers.{kind}({units}, stateful=True, return_sequences=True{more})",
        f"keras.layers.{kind}({units}, stateful=True, return_sequences=True{more})",
        f"keras.layers.RNN([keras.layers.{kind}Cell({units}), Leaky(2)], stateful=True, return_sequences=True)",
        f"keras.layers.Bidirectional(keras.layers.{kind}({units}, stateful=True, return_sequences=True))",
    ])
    layers = [
        f"keras.Input(batch_shape=({size}, 4, 2))",
        *(["keras.layers.Masking()"] if draw.chance(0.4) else []),
        first,
        f"keras.layers.{draw.one(['SimpleRNN', 'LSTM', 'GRU'])}(2, stateful={draw.chance(0.5)})",
        "keras.layers.Dense(2)",
    ]
    data = f"{draw.one(['padded', 'numbers'])}((6, 4, 2), {draw.size(0, 99)})"
    statements = [f"model = keras.Sequential([{', '.join(layers)}])"]
    return Model(statements, [data], [Output("real", (2,))], {"graph", f"batch {size}", "stateful"})


def translator(draw: Draw) -> Model:
    """An encoder whose last states are the first ones of a decoder; perhaps both see masks."""
    units, kind = draw.size(1, 3), draw.one(["SimpleRNN", "LSTM", "GRU"])
    options = draw.keywords({"go_backwards": ["True"], "unroll": ["True"]}, 0.2)
    sizes = {"LSTM": 2}.get(kind, 1)
    states = [f"s{i}" for i in range(sizes)]
    mask = "keras.layers.Masking()" if draw.chance(0.4) else "keras.layers.Activation('linear')"
    both = draw.chance(0.3)
    start = f"keras.layers.{kind}({units}, return_state=True{options})"
    statements = ["a = keras.Input((4, 2))", "b = keras.Input((3, 2))"]
    if both:
        names = [f"{way}{i}" for way in "fb" for i in range(sizes)]
        statements.append(f"e, {', '.join(names)} = keras.layers.Bidirectional({start})({mask}(a))")
        joined = "keras.layers.Add()" if draw.chance(0.5) else "keras.layers.Average()"
        statements += [f"s{i} = {joined}([f{i}, b{i}])" for i in range(sizes)]
    else:
        statements.append(f"e, {', '.join(states)} = {start}({mask}(a))")
    given = f"[{', '.join(states)}]" if sizes > 1 or draw.chance(0.5) else states[0]
    how = draw.keywords({"go_backwards": ["True"], "unroll": ["True"]}, 0.2)
    if draw.chance(0.3):
        decoder = f"keras.layers.{kind}({units}, return_state=True, return_sequences=True{how})"
        statements.append(f"d = {decoder}(b, initial_state={given})")
        statements.append("t = keras.layers.Concatenate()([d[0], keras.layers.RepeatVector(3)(d[-1])])")
    else:
        statements.append(f"t = keras.layers.{kind}({units}, return_sequences=True{how})({mask}(b), initial_state={given})")
    statements += ["o = keras.layers.Dense(2, name='out0')(t)", "model = keras.Model([a, b], o)"]
    data = [f"{draw.one(['padded', 'numbers'])}((6, {n}, 2), {draw.size(0, 99)})" for n in (4, 3)]
    return Model(statements, data, [Output("real", (3, 2))], {"graph"})


def extractor(draw: Draw) -> Model:
    """A model cut out of another one, whose layers it trains or leaves alone."""
    base = stack(draw)
    count = draw.size(1, 2)
    statements = [*base.statements, "base = model", f"base.trainable = {draw.chance(0.5)}"]
    statements += [f"t = keras.layers.Flatten()(base.layers[-{count}].output)", "t = keras.layers.Dense(2, name='new')(t)"]
    statements += ["model = keras.Model(base.input, t)"]
    return Model(statements, base.inputs, [Output("real", (2,), "new")], {"graph"})


def wrapped(draw: Draw) -> Model:
    """A model as a layer of another one, perhaps partly frozen, perhaps called twice."""
    base = stack(draw)
    output = base.outputs[0]
    frozen = draw.one(["", "", "base.trainable = False", "base.layers[0].trainable = False", "base.layers[-1].trainable = False"])
    statements = [*base.statements, "base = model", *([frozen] if frozen else [])]
    if draw.chance(0.4):
        statements.append("model = keras.Sequential([base, keras.layers.Dense(2, name='new')])")
    else:
        twice = draw.chance(0.5) and "BatchNorm" not in "".join(statements)
        called = "keras.layers.Add()([base(i), base(i)])" if twice else "base(i)"
        statements += ["i = keras.Input(base.input_shape[1:], dtype=K.dtype(base.input))"]
        statements += [f"model = keras.Model(i, keras.layers.Dense(2, name='new')({called}))"]
    return Model(statements, base.inputs, [Output("real", (*output.shape[:-1], 2), "new")], {"graph"})


def random_model(draw: Draw) -> Model:
    kinds = [stack, stack, graph, graph, graph, graph, subclass, stateful, translator, extractor, wrapped]
    return draw.one(kinds)(draw)
