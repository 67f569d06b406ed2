"""Einstein summation: products and sums over named axes, composed of transposes, products and matrix products."""

from __future__ import annotations

import functools
import operator
import string
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import lookup
from deepkit.core.other_names import shown_as
from deepkit.core.typing import AnyTensor, TensorLike
from deepkit.errors import ArgumentError
from deepkit.ops.functions import ops

__all__ = ["einsum"]

Labels = list[str]
"""One label for each axis of a tensor: a letter, or ...0, ...1 for the axes that an ellipsis stands for."""


def einsum(_equation: str, *inputs: TensorLike, name: str | None = None) -> AnyTensor:
    """Sums of products over named axes: "ij,jk->ik" is the matrix product, "ii->" the trace, "i,j->ij" the outer one.

    Every letter names an axis; axes of one letter have one length and are run through together; letters that are
    not in the output are summed over. "..." stands for any number of further axes, which broadcast. Without "->",
    the output holds the letters that occur once, in alphabetical order.
    inputs: one type, any shapes, the letters of each as many as its axes. ShapeError: one letter for two lengths.
    ArgumentError: letters that do not fit the tensors, an output letter that no input has, or one twice.

    >>> import deepkit as dk
    >>> dk.einsum("ij,j->i", [[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0]).numpy().tolist()
    [21.0, 43.0]
    """
    with scope(name, "einsum", inputs) as full:
        tensors = _of_one_type(inputs)
        tensors = [_ranked(term, x) for term, x in zip(_terms(_equation, tensors), tensors, strict=True)]
        if any(x.shape.rank is None for x in tensors):
            return shown_as(ops.identity(_with_one_axis_for_the_dots(_equation, tensors), name=full), "Einsum")
        labels, output = _parse(_equation, tensors)
        operands = [_diagonals(x, names) for x, names in zip(tensors, labels, strict=True)]
        result, names = operands[0]
        for i, (x, others) in enumerate(operands[1:], start=2):
            needed = {*output, *(label for _, later in operands[i:] for label in later)}
            result, names = _contract(result, names, x, others, needed)
        result, names = _summed(result, names, set(output))
        return shown_as(ops.transpose(result, [names.index(label) for label in output], name=full), "Einsum")


def _of_one_type(inputs: Sequence[Any]) -> list[Any]:
    """The inputs as tensors; numbers and arrays take the type of the first tensor among them."""
    model = next((x for x in inputs if is_tensor(x)), None)
    kind = None if model is None else model.dtype
    return [x if is_tensor(x) else convert(x, kind, beside=model) for x in inputs]


def _parse(equation: str, tensors: list[Any]) -> tuple[list[Labels], Labels]:
    """The labels of every input, and of the output."""
    _, arrow, right = equation.replace(" ", "").partition("->")
    terms = _terms(equation, tensors)
    labels = [_axes(term, x, equation) for term, x in zip(terms, tensors, strict=True)]
    dots = max((sum(label.startswith("...") for label in names) for names in labels), default=0)
    free = [f"...{i}" for i in range(dots - 1, -1, -1)]
    seen = Counter(label for names in labels for label in names if not label.startswith("..."))
    if not arrow:
        return labels, free + sorted(label for label, count in seen.items() if count == 1)
    return labels, _output(equation, right, free, seen)


def _output(equation: str, right: str, free: Labels, seen: Mapping[str, int]) -> Labels:
    """The labels that stand right of the arrow, `free` in place of the dots."""
    if free:
        _check_dots(equation, right)
    before, dots, after = right.partition("...")
    output = [*before, *(free if dots else []), *after]
    for label in output:
        if label not in seen and label not in free:
            raise ArgumentError(f"einsum {equation!r}: {label!r} is in the output but in no input")
    if len(set(output)) < len(output):
        raise ArgumentError(f"einsum {equation!r}: a letter occurs twice in the output")
    return output


def _check_dots(equation: str, output: str) -> None:
    if "..." not in output:
        raise ArgumentError(f"einsum {equation!r}: the axes of ... are missing from the output", hint="->...")


def _terms(equation: str, tensors: list[Any]) -> list[str]:
    """The part of the equation for each tensor."""
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    if len(terms) != len(tensors):
        raise ArgumentError(f"einsum {equation!r} names {len(terms)} tensors, {len(tensors)} were given")
    return terms


def _ranked(term: str, x: AnyTensor) -> Any:
    """x with a known number of axes: that of the letters, if it was not known and no ... is among them."""
    return x if x.shape.rank is not None or "..." in term else apply(lookup("EnsureShape")(static=[None] * len(term)), x)


def _with_one_axis_for_the_dots(equation: str, tensors: list[Any]) -> Any:
    """The sum where only the run can tell how many axes "..." stands for: they are made equal, go in front as one axis
    with a letter of its own, and come back in the result."""
    terms = _terms(equation, tensors)
    right = equation.replace(" ", "").partition("->")[2] or _letters_of_one(terms)
    _check_dots(equation, right)
    letter = next(c for c in string.ascii_letters if c not in equation)
    moved = [_moved(x, term) for x, term in zip(tensors, terms, strict=True)]
    further = [_split(x, term)[0] for x, term in zip(moved, terms, strict=True) if "..." in term]
    common = ops.shape(functools.reduce(operator.add, [ops.zeros(lengths, "int8") for lengths in further]))
    flat = [_flat(x, term, common) for x, term in zip(moved, terms, strict=True)]
    y = einsum(",".join(_in_front(letter, term) for term in terms) + f"->{_in_front(letter, right)}", *flat)
    wide = ops.reshape(y, ops.concat([common, ops.shape(y)[1:]], 0))
    before, count = len(right.partition("...")[0]), ops.size(common)
    order = [ops.range(count, count + before), ops.range(count), ops.range(count + before, ops.rank(wide))]
    return ops.transpose(wide, ops.concat(order, 0))


def _letters_of_one(terms: list[str]) -> str:
    """The output of an equation without "->": the dots, and the letters that occur once."""
    counts = Counter("".join(terms).replace(".", ""))
    return "..." + "".join(sorted(c for c, n in counts.items() if n == 1))


def _in_front(letter: str, term: str) -> str:
    return letter + term.replace("...", "") if "..." in term else term


def _flat(x: AnyTensor, term: str, common: AnyTensor) -> Any:
    """x with its front axes, those of "...", made as long as the common ones and then one axis."""
    if "..." not in term:
        return x
    last = _split(x, term)[1]
    wide = ops.broadcast_to(x, ops.concat([common, last], 0))
    flat = ops.reshape(wide, ops.concat([[ops.reduce_prod(common)], last], 0))
    return apply(lookup("EnsureShape")(static=[None] * (1 + _letters(term))), flat)


def _split(x: AnyTensor, term: str) -> tuple[Any, Any]:
    """The lengths of the front axes, those of "...", and of those with a letter."""
    front = ops.rank(x) - _letters(term)
    return ops.shape(x)[:front], ops.shape(x)[front:]


def _letters(term: str) -> int:
    return len(term.replace("...", "", 1))


def _moved(x: AnyTensor, term: str) -> Any:
    """x with the axes of "..." in front."""
    if "..." not in term:
        return x
    before, after = map(len, term.split("..."))
    rank = ops.rank(x)
    order = [ops.range(before, rank - after), ops.range(before), ops.range(rank - after, rank)]
    return ops.transpose(x, ops.concat(order, 0))


def _axes(term: str, x: AnyTensor, equation: str) -> Labels:
    letters = term.replace("...", "", 1)
    further = len(x.shape) - len(letters)
    if (letters and not letters.isalpha()) or further < 0 or (further and "..." not in term):
        raise ArgumentError(
            f"einsum {equation!r}: {term!r} for a tensor of shape {x.shape}", rule="one letter for each axis, or ..."
        )
    before, _, after = term.partition("...")
    return [*before, *(f"...{i}" for i in range(further - 1, -1, -1)), *after]


def _diagonals(x: AnyTensor, names: Labels) -> tuple[Any, Labels]:
    """x without repeated labels: where two axes have one label, their diagonal."""
    for label, count in Counter(names).items():
        for _ in range(count - 1):
            pair = [i for i, other in enumerate(names) if other == label][:2]
            others = [i for i in range(len(names)) if i not in pair]
            x = ops.matrix_diag_part(ops.transpose(x, others + pair))
            names = [*(names[i] for i in others), label]
    return x, names


def _summed(x: AnyTensor, names: Labels, needed: set[str]) -> tuple[Any, Labels]:
    """x summed over the axes that nothing needs any more."""
    gone = [i for i, label in enumerate(names) if label not in needed]
    return (ops.reduce_sum(x, gone) if gone else x), [label for label in names if label in needed]


def _only(labels: Labels, others: Collection[str]) -> Labels:
    return [label for label in labels if label not in others]


def _contract(a: AnyTensor, in_a: Labels, b: AnyTensor, in_b: Labels, needed: set[str]) -> tuple[Any, Labels]:
    """The product of two tensors, summed over the labels that are not needed; its axes: common, only in a, only in b."""
    a, in_a = _summed(a, in_a, needed | set(in_b))
    b, in_b = _summed(b, in_b, needed | set(in_a))
    common = [label for label in in_a if label in in_b]
    batch, summed = [label for label in common if label in needed], _only(common, needed)
    only_a, only_b = _only(in_a, in_b), _only(in_b, in_a)
    a = ops.transpose(a, [in_a.index(label) for label in batch + only_a + summed])
    b = ops.transpose(b, [in_b.index(label) for label in batch + summed + only_b])
    lengths_a, lengths_b = _lengths(a), _lengths(b)
    n, free_a, free_b = len(batch), len(only_a), len(only_b)
    result = batch + only_a + only_b
    if not summed:
        wide = ops.reshape(a, lengths_a + [1] * free_b) if free_b else a
        return wide * (ops.reshape(b, lengths_b[:n] + [1] * free_a + lengths_b[n:]) if free_a else b), result
    if not only_a and not only_b:
        return ops.reduce_sum(a * b, list(range(n, len(in_a)))), result
    return _matrix_product(a, b, n, n + free_a, n + len(summed)), result


def _matrix_product(a: AnyTensor, b: AnyTensor, n: int, split_a: int, split_b: int) -> Any:
    """As one matrix product: the axes from n to split are the rows, those behind it the columns of each factor."""
    lengths_a, lengths_b = _lengths(a), _lengths(b)
    rows = ops.reshape(a, [*lengths_a[:n], _product(lengths_a[n:split_a]), _product(lengths_a[split_a:])])
    columns = ops.reshape(b, [*lengths_b[:n], _product(lengths_b[n:split_b]), _product(lengths_b[split_b:])])
    y = ops.matmul(rows, columns)
    return ops.reshape(y, [*_lengths(y)[:n], *lengths_a[n:split_a], *lengths_b[split_b:]])


def _lengths(x: AnyTensor) -> list[Any]:
    """The length of every axis: a number where it is known, else a tensor."""
    return [ops.shape(x)[i] if d is None else d for i, d in enumerate(x.shape.as_list())]


def _product(lengths: list[Any]) -> Any:
    result: Any = 1
    for d in lengths:
        result = d * result
    return result
