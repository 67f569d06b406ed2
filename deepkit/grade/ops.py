"""How a task "write your own op" is judged: it computes over there; value, shape and derivative are compared here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.grade.asking import WrongAnswer
from deepkit.grade.checks import Answer, close, equal


def evaluate_op(names: dict[str, Any], name: str, inputs: list, dy: Any, tensors: bool) -> dict[str, Any]:
    """Probe: what the answer's op `name` infers, computes and differentiates at `inputs`, as plain data."""
    import numpy as np

    op = names[name]() if isinstance(names[name], type) else names[name]
    y = op.forward(np, *inputs)
    shapes: list = [np.shape(x) for x in inputs]
    arrays = [dy, y, *inputs]
    if tensors:
        from deepkit.core.shape import Shape
        from deepkit.core.tensor import Tensor

        shapes, arrays = [Shape(shape) for shape in shapes], [Tensor(array) for array in arrays]
    shape = tuple(op.shape(*shapes))
    gradients = op.gradient(*arrays)
    if not isinstance(gradients, tuple | list):
        gradients = (gradients,)
    return {"y": y, "shape": shape, "gradients": tuple(gradients)}


def judge_op(
    answer: Answer,
    name: str,
    *inputs: np.ndarray,
    reference: Callable[..., Any],
    rng: np.random.Generator,
    tensors: bool = True,
    rtol: float = 1e-5,
    atol: float = 1e-6,
) -> None:
    """Judge the op class `name` of an answer at float64 `inputs`.

    Its forward must give `reference(*inputs)` (NumPy, ours), its shape rule the shape of that, and its gradient, for
    a random dy of the shape of y, the central differences of the *reference*: our function is differentiated, not
    the student's, so a wrong forward cannot make a wrong gradient right. With `tensors` the rules get deepkit's Shapes
    and Tensors, as an Op's rules do; without, tuples and NumPy arrays.
    """
    expected = np.asarray(reference(*inputs))
    dy = rng.normal(size=expected.shape)
    got = answer.probe(evaluate_op, name, list(inputs), dy, tensors)
    if not isinstance(got, dict) or set(got) != {"y", "shape", "gradients"} or not isinstance(got["gradients"], tuple):
        raise WrongAnswer(f"{name} could not be evaluated")
    close(got["y"], expected, f"the value of {name}", rtol=rtol, atol=atol)
    equal(got["shape"], expected.shape, f"the shape rule of {name}")
    if len(got["gradients"]) != len(inputs):
        raise WrongAnswer(f"the gradient of {name} has {len(got['gradients'])} parts, expected one per input")
    for position, (gradient, x) in enumerate(zip(got["gradients"], inputs, strict=True), start=1):
        slope = central_differences(reference, list(inputs), position - 1, dy)
        close(
            gradient,
            slope,
            f"the gradient of {name} for input {position}",
            rtol=rtol,
            atol=atol * max(1.0, np.abs(x).max(initial=0)),
        )


def central_differences(function: Callable[..., Any], inputs: list, position: int, dy: np.ndarray) -> np.ndarray:
    """d sum(dy * function(*inputs)) / d inputs[position], element by element with steps of about 1e-6."""
    x = np.asarray(inputs[position], dtype=np.float64)
    slope = np.empty_like(x)
    for index in np.ndindex(x.shape):
        step = 1e-6 * max(1.0, abs(float(x[index])))
        values = []
        for moved in (x[index] + step, x[index] - step):
            shifted = x.copy()
            shifted[index] = moved
            arguments = [*inputs[:position], shifted, *inputs[position + 1 :]]
            values.append(np.sum(dy * function(*arguments)))
        slope[index] = (values[0] - values[1]) / (2 * step)
    return slope
