"""What ops are given, as tensors of the types they ask for, and functions, as arguments that they have."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeGuard, TypeVar

from deepkit.core.op import KINDS, Op
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.arrays import default_dtype
from deepkit.device.dtypes import DType, as_dtype, int32
from deepkit.errors import CallError, DTypeError, GraphError, did_you_mean

if TYPE_CHECKING:
    from deepkit.core.tensor import AnyTensor

P = ParamSpec("P")
R = TypeVar("R")
_HIDDEN = ("self", "args", "kwargs", "unknown", "old")


def typed(op: Op, inputs: Sequence[Any], make: Callable[..., Any], in_graph: bool) -> list[Any]:
    """The inputs as tensors of the types the op asks for; `make` turns a value into a Tensor or a constant node.

    in_graph: a Tensor becomes a constant node, too. Raises DTypeError where a type does not fit the op's rule.
    """
    chosen = _chosen(op, inputs)
    return [_input(op, i, x, chosen, make, in_graph) for i, x in enumerate(inputs)]


def _chosen(op: Op, inputs: Sequence[Any]) -> dict[str, DType]:
    """The type that each letter stands for: that of the first tensor under it, else the widest of the literals."""
    lettered = [(rule, x) for i, x in enumerate(inputs) if len(rule := op.type_of(i)) == 1]
    of_tensors: dict[str, DType] = {}
    of_literals: dict[str, DType] = {}
    for rule, x in lettered:
        if isinstance(x, (Tensor, Symbol)):
            of_tensors.setdefault(rule, x.dtype)
    for rule, x in lettered:
        if rule not in of_tensors:
            own = default_dtype(x)
            if rule not in of_literals or _rank(own) > _rank(of_literals[rule]):
                of_literals[rule] = own
    return of_literals | of_tensors


def _rank(dtype: DType) -> int:
    return "bifcO".index("i" if dtype.is_integer else dtype.numpy.kind)


def _input(op: Op, i: int, x: Any, chosen: dict[str, DType], make: Callable[..., Any], in_graph: bool) -> Any:
    rule = op.type_of(i)
    is_tensor = isinstance(x, (Tensor, Symbol))
    if rule == "any":
        return _reader(op, i, x, make, in_graph) if is_tensor else make(x, i)
    wanted = _position_type(op, i, x, is_tensor) if rule == "index" else chosen.get(rule) or as_dtype(rule)
    if rule == "T":
        _check_defined(op, wanted)
    if not is_tensor:
        return _literal(i, x, wanted, make, beside=rule in chosen)
    if x.dtype is not wanted:
        raise DTypeError(
            f"{op.type}: input {i} is {x.dtype.name}, but {wanted.name} is needed beside the other inputs",
            rule="inputs of one op have one data type; nothing is converted behind your back",
            hint=_conversion(x.dtype, wanted),
        )
    return _reader(op, i, x, make, in_graph)


def _literal(i: int, x: Any, wanted: DType, make: Callable[..., Any], beside: bool) -> Any:
    """A value as a tensor of the type `wanted`, which tensors `beside` it may have chosen."""
    try:
        return make(x, i, wanted)
    except DTypeError as error:
        if not beside:
            raise
        raise DTypeError(error.what, rule=error.rule, hint=_conversion(default_dtype(x), wanted)) from None


def _conversion(a: DType, b: DType) -> str:
    """What to try where two types meet: integers can become floats without loss, and floats complex numbers."""
    narrow, wide = sorted((a, b), key=_rank)
    return f"convert the {narrow.name} input: cast(x, {wide.name})"


def _position_type(op: Op, i: int, x: Any, is_tensor: bool) -> DType:
    """The type of positions: int32 for literals, else their own."""
    if is_tensor and not x.dtype.is_integer:
        raise DTypeError(f"{op.type}: input {i} is {x.dtype.name}, but positions are integers", hint="cast(x, int32)")
    return x.dtype if is_tensor else int32 if not hasattr(x, "dtype") else as_dtype(x.dtype)


def _check_defined(op: Op, dtype: DType) -> None:
    kind = "i" if dtype.is_integer else dtype.numpy.kind
    if kind not in op.kinds or (kind == "f" and dtype.size == 2 and not op.half):
        raise DTypeError(
            f"{op.type} is not defined for {dtype.name}",
            rule="input types: " + ", ".join(KINDS[k] for k in op.kinds),
            hint="string_to_number(x) reads numbers from texts" if dtype.is_string
            else "convert with cast(x, float32)" if "f" in op.kinds else "convert with cast",
        )


def _reader(op: Op, i: int, x: Any, make: Callable[..., Any], in_graph: bool) -> Any:
    """A variable as itself where the op writes it, else as its value; a Tensor in a graph as a constant."""
    if i in op.writes or i in op.refs:
        if i in op.writes and in_graph and isinstance(x, Symbol) and not hasattr(x, "read"):
            raise GraphError(
                f"{op.type}: {x.name} is the output of a node, not a variable", rule="only variables change",
                hint="a part of a variable has a method of its own: v[1:].assign(value)",
            )
        return x
    if isinstance(x, Tensor) and in_graph:
        return make(x, i)
    return x.read() if hasattr(x, "read") else x


def leaves(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from leaves(value)
        else:
            yield value


def holds_tensor(values: Any) -> bool:
    return any(is_tensor(x) for x in leaves(values))


def is_tensor(x: Any) -> TypeGuard[AnyTensor]:
    """True for Tensors, Symbols and Variables."""
    return isinstance(x, (Tensor, Symbol))


# ---- arguments of functions


def _shown(known: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(known) if name not in _HIDDEN and not name.startswith("_")]


def unknown_argument(what: str, name: str, known: Iterable[str]) -> CallError:
    """The error for an argument that `what` does not have, with the nearest one that it has."""
    known = _shown(known)
    return CallError(
        f"{what} has no argument {name!r}", rule="arguments: " + ", ".join(known),
        hint=did_you_mean(name, known) or _shared_word(name, known),
    )


def _shared_word(name: str, known: list[str]) -> str | None:
    """The hint for `rate` where there is a `learning_rate`."""
    near = [k for k in known if set(name.split("_")) & set(k.split("_"))]
    return f"did you mean {' or '.join(map(repr, near[:2]))}?" if near else None


def explained(function: Callable[P, R], what: str = "") -> Callable[P, R]:
    """`function`, except that a call that does not fit its parameters is a CallError that lists them.

    It costs nothing where the call fits: the parameters are looked at once Python has refused it.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is None:  # the call itself was refused
                bound(inspect.signature(function), what or _name(function), *args, **kwargs)
            raise

    return wrapper


def _name(function: Callable[..., Any]) -> str:
    """What a function is called where it is used: Session, Optimizer.minimize."""
    return function.__qualname__.rpartition("<locals>.")[2].removesuffix(".__init__")


def bound(signature: inspect.Signature, what: str, /, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """The arguments by their names; CallError if they do not fit the signature."""
    known = signature.parameters
    try:
        return signature.bind(*args, **kwargs).arguments
    except TypeError as refused:
        other = next((k for k in kwargs if k not in known), None)
        wrong = CallError(f"{what}: {refused}", rule="arguments: " + ", ".join(_shown(known)))
        raise (wrong if other is None else unknown_argument(what, other, known)) from None


def explain_calls(cls: type) -> None:
    """Makes calls of a class say which arguments it takes, if it has an `__init__` of its own: for `__init_subclass__`."""
    if "__init__" in vars(cls):
        cls.__init__ = explained(cls.__init__, cls.__name__)  # type: ignore[misc]
