"""A whole program, as Keras source, from one seed."""

from __future__ import annotations

import re

from .draw import Draw
from .layers import random_layer
from .structures import random_model
from .training import Steps, compiled, optimizer, target

SINGLE = r"top_k_|TopK|MaxPooling3D"  # what TensorFlow has in float32 alone

ADVERSARIES = """\
K.set_floatx('float64')
x, z, y = numbers((6, 3), {seed}), numbers((6, 2), 1), fractions((6, 1), 2)
critic = keras.Sequential([keras.Input((3,)), {critic}, keras.layers.Flatten(), keras.layers.Dense(1, 'sigmoid')])
settle(critic, 1)
critic.compile({optimizer}, 'binary_crossentropy', metrics=['mae'])
{freeze} = False
maker = keras.Sequential([keras.Input((2,)), {maker}, keras.layers.Flatten(), keras.layers.Dense(3)])
settle(maker, 2)
start = keras.Input((2,))
model = keras.Model(start, critic(maker(start)))
model.compile({other}, 'binary_crossentropy')
for _ in range(2):
    record('critic', critic.train_on_batch(x, y))
    record('maker', model.train_on_batch(z, y))
record('critic trainable', [w.name for w in critic.trainable_weights])
record('critic weights', critic.get_weights())
record('maker weights', maker.get_weights())
"""


def program(seed: int) -> str:
    """Random model, data, compile and steps; what they give is recorded."""
    draw = Draw(seed)
    if draw.chance(0.06):
        return adversaries(draw)
    eager = draw.chance(0.5)
    lines = ["# eager"] if eager else []
    lines.append(f"K.set_floatx('{'float64' if draw.chance(0.9) else 'float32'}')")
    model = random_model(draw)
    targets = [target(draw, output) for output in model.outputs]
    if len(targets) == 2 and draw.chance(0.25):
        model.traits.add("partial")
        targets = [f"{{'{model.outputs[0].name}': {targets[0]}}}"]
    for name, arrays in (("x", model.inputs), ("y", targets)):
        lines.append(f"{name} = {arrays[0] if len(arrays) == 1 else '[' + ', '.join(arrays) + ']'}")
    lines += [*model.statements, f"settle(model, {draw.size(0, 99)})"]
    steps = Steps(draw, model, eager)
    lines += [f"record('before', {steps.prediction()})"]
    plain = "added" not in model.traits
    lines += ["describe(model)"] if draw.chance(0.3) and plain and not eager else []
    lines += [f"model.layers[{draw.one([0, -1])}].trainable = False"] if draw.chance(0.1) and plain else []
    lines += [compiled(draw, model, eager)]
    for _ in range(draw.size(1, 3)):
        lines += steps.any()
    lines += ["record('after', model.get_weights())", f"record('end', {steps.prediction()})"]
    text = "\n".join(lines) + "\n"
    if re.search(SINGLE, text):
        text = text.replace("float64", "float32")
    return re.sub(r", counts=True|counts=True(, )?", "", text) if eager else text  # there every call assigns


def adversaries(draw: Draw) -> str:
    """A critic that is compiled and then frozen for the model that trains its maker."""
    return ADVERSARIES.format(
        seed=draw.size(0, 99),
        critic=random_layer(draw, (3,))[0],
        maker=random_layer(draw, (2,))[0],
        optimizer=optimizer(draw),
        other=optimizer(draw),
        freeze=draw.one(["critic.trainable", "critic.layers[0].trainable", "critic.layers[-1].trainable"]),
    )
