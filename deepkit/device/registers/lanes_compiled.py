"""What numba makes of `lanes`: one instruction each on LLVM's vectors; processors with narrower registers take two."""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, overload, register_model

from deepkit.device.registers import lanes
from deepkit.device.registers.lanes import WIDE

VECTOR, INDEX = ir.VectorType(ir.FloatType(), WIDE), ir.IntType(32)
UNDEFINED, ZEROS = ir.Constant(VECTOR, ir.Undefined), ir.Constant(VECTOR, None)
_instruction: Any = intrinsic


class Lanes(types.Type):
    """Numba's type of eight float32."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


_LANES = Lanes()


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """How it lies in a register."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


def _place(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """The pointer to the number at a flat index of a contiguous array."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [at])


@_instruction
def _load(context: Any, array: Any, at: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[0], *args)
        return builder.load(builder.bitcast(place, VECTOR.as_pointer()), align=4)

    return _LANES(array, types.intp), code


@_instruction
def _store(context: Any, array: Any, at: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[0], *args[:2])
        builder.store(args[2], builder.bitcast(place, VECTOR.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, _LANES), code


@_instruction
def _spread(context: Any, array: Any, at: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = builder.load(_place(context, builder, signature.args[0], *args))
        first = builder.insert_element(UNDEFINED, number, ir.Constant(INDEX, 0))
        return builder.shuffle_vector(first, UNDEFINED, ir.Constant(ir.VectorType(INDEX, WIDE), [0] * WIDE))

    return _LANES(array, types.intp), code


@_instruction
def _fused(context: Any, a: Any, b: Any, c: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{WIDE}f32"), args)

    return _LANES(_LANES, _LANES, _LANES), code


@_instruction
def _highest(context: Any, a: Any, b: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = builder.or_(builder.fcmp_ordered(">=", *args), builder.fcmp_unordered("uno", args[0], args[0]))
        return builder.select(first, *args)

    return _LANES(_LANES, _LANES), code


@_instruction
def _choose(context: Any, a: Any, b: Any, same: Any, other: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("==", *args[:2]), *args[2:])

    return _LANES(_LANES, _LANES, _LANES, _LANES), code


@_instruction
def _nothing(context: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ZEROS

    return _LANES(), code


@_instruction
def _same(context: Any, number: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = builder.insert_element(UNDEFINED, builder.fptrunc(args[0], ir.FloatType()), ir.Constant(INDEX, 0))
        return builder.shuffle_vector(first, UNDEFINED, ir.Constant(ir.VectorType(INDEX, WIDE), [0] * WIDE))

    return _LANES(types.float64), code


@_instruction
def _bounded(context: Any, a: Any, limit: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a, high = args
        low = builder.fsub(ZEROS, high)
        a = builder.select(builder.fcmp_ordered(">", a, high), high, a)
        return builder.select(builder.fcmp_ordered("<", a, low), low, a)

    return _LANES(_LANES, _LANES), code


@_instruction
def _nearest(context: Any, a: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(VECTOR, [VECTOR])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.rint.v{WIDE}f32"), args)

    return _LANES(_LANES), code


@_instruction
def _power_of_two(context: Any, k: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = ir.VectorType(INDEX, WIDE)
        exponent = builder.add(builder.fptosi(args[0], whole), ir.Constant(whole, [127] * WIDE))  # as float32 keeps it
        return builder.bitcast(builder.shl(exponent, ir.Constant(whole, [23] * WIDE)), VECTOR)

    return _LANES(_LANES), code


def _arithmetic(name: str) -> Any:
    """The operator of two lanes that this instruction computes."""

    @_instruction
    def compute(context: Any, a: Any, b: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, name)(*args)

        return _LANES(_LANES, _LANES), code

    def pick(a, b):  # numba compares the names and the missing types of these two
        return (lambda a, b: compute(a, b)) if isinstance(a, Lanes) and isinstance(b, Lanes) else None

    return pick


overload(lanes.load)(lambda array, at: lambda array, at: _load(array, at))
overload(lanes.store)(lambda array, at, lanes: lambda array, at, lanes: _store(array, at, lanes))
overload(lanes.spread)(lambda array, at: lambda array, at: _spread(array, at))
overload(lanes.fused)(lambda a, b, c: lambda a, b, c: _fused(a, b, c))
overload(lanes.highest)(lambda a, b: lambda a, b: _highest(a, b))
overload(lanes.choose)(lambda a, b, same, other: lambda a, b, same, other: _choose(a, b, same, other))
overload(lanes.nothing)(lambda: lambda: _nothing())
overload(lanes.same)(lambda number: lambda number: _same(number))
overload(lanes.bounded)(lambda a, limit: lambda a, limit: _bounded(a, limit))
overload(lanes.nearest)(lambda a: lambda a: _nearest(a))
overload(lanes.power_of_two)(lambda k: lambda k: _power_of_two(k))
_OPERATORS = {operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv"}
for _operator, _name in _OPERATORS.items():
    overload(_operator)(_arithmetic(_name))
