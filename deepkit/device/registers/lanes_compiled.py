"""What numba makes of `lanes`: one instruction each on LLVM's vectors; processors with narrower registers take two."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import infer, infer_global, make_intrinsic_template
from numba.extending import models, register_model
from numba.np.arrayobj import populate_array

from deepkit.device.registers import lanes
from deepkit.device.registers.lanes import ROWS, WIDE

VECTOR, INDEX = ir.VectorType(ir.FloatType(), WIDE), ir.IntType(32)
UNDEFINED, ZEROS = ir.Constant(VECTOR, ir.Undefined), ir.Constant(VECTOR, None)


class Lanes(types.Type):
    """Numba's type of a register of float32."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


_LANES = Lanes()


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """How it lies in a register."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


def _instruction(function: Callable) -> Callable[[Callable], Callable]:
    """Makes numba take a function for what is defined below: its type and its code.

    This is numba's `intrinsic` under a name that exists already. An `overload` that calls one would be a function more for
    each type of its arguments, and to type, to translate and to inline those is a quarter of what a kernel takes.
    """

    def teach(define: Callable) -> Callable:
        template = make_intrinsic_template(function, define, function.__name__)
        infer(template)
        infer_global(function, types.Function(template))
        return define

    return teach


def _place(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """The pointer to the number at a flat index of a contiguous array."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [at])


@_instruction(lanes.flat)
def _flat(context: Any, array: Any) -> Any:
    kind = array.copy(ndim=1)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, line = context.make_array(array)(context, builder, args[0]), context.make_array(kind)(context, builder)
        populate_array(
            line, data=source.data, shape=[source.nitems], strides=[source.itemsize], itemsize=source.itemsize,
            meminfo=source.meminfo, parent=source.parent,
        )
        return impl_ret_borrowed(context, builder, kind, line._getvalue())

    return kind(array), code


def _loaded(builder: Any, place: Any) -> Any:
    return builder.load(builder.bitcast(place, VECTOR.as_pointer()), align=4)


def _stored(builder: Any, value: Any, place: Any) -> None:
    builder.store(value, builder.bitcast(place, VECTOR.as_pointer()), align=4)


def _all(builder: Any, number: Any) -> Any:
    """A register full of one number."""
    first = builder.insert_element(UNDEFINED, number, ir.Constant(INDEX, 0))
    return builder.shuffle_vector(first, UNDEFINED, ir.Constant(ir.VectorType(INDEX, WIDE), [0] * WIDE))


def _multiplied_and_added(builder: Any, args: Any) -> Any:
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{WIDE}f32"), args)


@_instruction(lanes.load)
def _load(context: Any, array: Any, at: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _loaded(builder, _place(context, builder, signature.args[0], *args))

    return _LANES(array, types.intp), code


@_instruction(lanes.store)
def _store(context: Any, array: Any, at: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _stored(builder, args[2], _place(context, builder, signature.args[0], *args[:2]))
        return context.get_dummy_value()

    return types.void(array, types.intp, _LANES), code


@_instruction(lanes.spread)
def _spread(context: Any, array: Any, at: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _all(builder, builder.load(_place(context, builder, signature.args[0], *args)))

    return _LANES(array, types.intp), code


@_instruction(lanes.fused)
def _fused(context: Any, a: Any, b: Any, c: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _multiplied_and_added(builder, args)

    return _LANES(_LANES, _LANES, _LANES), code


@_instruction(lanes.highest)
def _highest(context: Any, a: Any, b: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = builder.or_(builder.fcmp_ordered(">=", *args), builder.fcmp_unordered("uno", args[0], args[0]))
        return builder.select(first, *args)

    return _LANES(_LANES, _LANES), code


def _greater(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


@_instruction(lanes.larger)
def _larger(context: Any, a: Any, b: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _greater(builder, *args)

    return _LANES(_LANES, _LANES), code


def _reduced(step: Any) -> Any:
    """What fills a register with all its numbers brought together by a step of two."""

    def define(context: Any, a: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            found, half = args[0], WIDE // 2
            while half:
                turned = ir.Constant(ir.VectorType(INDEX, WIDE), [(i + half) % WIDE for i in range(WIDE)])
                found, half = step(builder, found, builder.shuffle_vector(found, UNDEFINED, turned)), half // 2
            return found

        return _LANES(_LANES), code

    return define


_instruction(lanes.sum_of)(_reduced(lambda builder, a, b: builder.fadd(a, b)))
_instruction(lanes.largest_of)(_reduced(_greater))


@_instruction(lanes.choose)
def _choose(context: Any, a: Any, b: Any, same: Any, other: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("==", *args[:2]), *args[2:])

    return _LANES(_LANES, _LANES, _LANES, _LANES), code


@_instruction(lanes.nothing)
def _nothing(context: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ZEROS

    return _LANES(), code


@_instruction(lanes.same)
def _same(context: Any, number: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _all(builder, builder.fptrunc(args[0], ir.FloatType()))

    return _LANES(types.float64), code


@_instruction(lanes.bounded)
def _bounded(context: Any, a: Any, limit: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a, high = args
        low = builder.fsub(ZEROS, high)
        a = builder.select(builder.fcmp_ordered(">", a, high), high, a)
        return builder.select(builder.fcmp_ordered("<", a, low), low, a)

    return _LANES(_LANES, _LANES), code


@_instruction(lanes.nearest)
def _nearest(context: Any, a: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(VECTOR, [VECTOR])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.rint.v{WIDE}f32"), args)

    return _LANES(_LANES), code


@_instruction(lanes.power_of_two)
def _power_of_two(context: Any, k: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = ir.VectorType(INDEX, WIDE)
        exponent = builder.add(builder.fptosi(args[0], whole), ir.Constant(whole, [127] * WIDE))  # as float32 keeps it
        return builder.bitcast(builder.shl(exponent, ir.Constant(whole, [23] * WIDE)), VECTOR)

    return _LANES(_LANES), code


@_instruction(lanes.places)
def _places(context: Any, array: Any, at: Any) -> Any:
    kind = types.UniTuple(types.intp, ROWS)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = _place(context, builder, signature.args[0], *args)
        found = [builder.load(builder.gep(first, [ir.Constant(INDEX, i)])) for i in range(ROWS)]
        return context.make_tuple(builder, kind, found)

    return kind(array, types.intp), code


@_instruction(lanes.blank)
def _blank(context: Any, rows: Any, columns: Any) -> Any:
    kind = types.UniTuple(_LANES, len(rows) * len(columns))

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.make_tuple(builder, kind, [ZEROS] * len(kind))

    return kind(rows, columns), code


@_instruction(lanes.add_products)
def _add_products(context: Any, sums: Any, a: Any, rows: Any, p: Any, b: Any, columns: Any, q: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        before, numbers, at, p, other, across, q = args
        kinds, extract = signature.args, builder.extract_value

        def place(kind: Any, array: Any, places: Any, i: int, more: Any) -> Any:
            return _place(context, builder, kind, array, builder.add(extract(places, i), more))

        us = [_loaded(builder, place(kinds[4], other, across, c, q)) for c in range(len(columns))]
        after: list[Any] = []
        for r in range(len(rows)):
            x = _all(builder, builder.load(place(kinds[1], numbers, at, r, p)))
            after += [_multiplied_and_added(builder, (x, u, extract(before, len(after) + c))) for c, u in enumerate(us)]
        return context.make_tuple(builder, sums, after)

    return sums(sums, a, rows, types.intp, b, columns, types.intp), code


def _corners(context: Any, builder: Any, kind: Any, args: Any, wide: int, count: int) -> list[Any]:
    """The pointers to all registers of a tile in an array: to + row + column."""
    to, first, down, across = args
    places = []
    for i in range(count):
        row, column = (builder.extract_value(*pair) for pair in ((down, i // wide), (across, i % wide)))
        places.append(_place(context, builder, kind, to, builder.add(first, builder.add(row, column))))
    return places


@_instruction(lanes.load_all)
def _load_all(context: Any, out: Any, to: Any, rows: Any, columns: Any) -> Any:
    kind = types.UniTuple(_LANES, len(rows) * len(columns))

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        places = _corners(context, builder, signature.args[0], args, len(columns), len(kind))
        return context.make_tuple(builder, kind, [_loaded(builder, place) for place in places])

    return kind(out, types.intp, rows, columns), code


@_instruction(lanes.store_all)
def _store_all(context: Any, out: Any, to: Any, rows: Any, columns: Any, sums: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        places = _corners(context, builder, signature.args[0], args[:4], len(columns), len(sums))
        for i, place in enumerate(places):
            _stored(builder, builder.extract_value(args[4], i), place)
        return context.get_dummy_value()

    return types.void(out, types.intp, rows, columns, sums), code


@_instruction(lanes.remainder_of_eight)
def _remainder(context: Any, data: Any, at: Any, s: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word, (array, at, before) = ir.IntType(64), args
        place = _place(context, builder, signature.args[0], array, at)
        eight = builder.load(builder.bitcast(place, word.as_pointer()), align=1)
        kind = ir.FunctionType(word, [word, word])
        step = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse42.crc32.64.64")
        return builder.trunc(builder.call(step, [builder.zext(before, word), eight]), INDEX)

    return types.uint32(data, types.intp, types.uint32), code


def _arithmetic(name: str) -> Any:
    """The operator of two lanes that this instruction computes."""

    def define(context: Any, a: Any, b: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, name)(*args)

        return (_LANES(_LANES, _LANES), code) if isinstance(a, Lanes) and isinstance(b, Lanes) else None

    return define


for _operator, _name in {operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv"}.items():
    _instruction(_operator)(_arithmetic(_name))
