"""`tf.abs` to `tf.zeta`: functions of numbers, element by element, along axes and by segments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.core.slices import IndexedSlices
from deepkit.errors import ArgumentError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.v1.framework.symbolic import constant_of, on_values, symbolic

__all__ = [
    "abs", "accumulate_n", "acos", "acosh", "add", "add_n", "angle", "arg_max", "arg_min", "argmax", "argmin",
    "asin", "asinh", "atan", "atan2", "atanh", "betainc", "ceil", "check_numerics", "clip_by_average_norm",
    "clip_by_norm", "clip_by_value", "complex", "conj", "cos", "cosh", "cumprod", "cumsum", "digamma", "div",
    "div_no_nan", "divide", "equal", "erf", "erfc", "exp", "expm1", "floor", "floor_div", "floordiv", "floormod",
    "greater", "greater_equal", "igamma", "igammac", "imag", "is_finite", "is_inf", "is_nan", "lbeta", "less",
    "less_equal", "lgamma", "log", "log1p", "log_sigmoid", "logical_and", "logical_not", "logical_or",
    "logical_xor", "maximum", "minimum", "mod", "mul", "multiply", "neg", "negative", "not_equal", "polygamma",
    "pow", "real", "realdiv", "reciprocal", "reduce_all", "reduce_any", "reduce_logsumexp", "reduce_max",
    "reduce_mean", "reduce_min", "reduce_prod", "reduce_sum", "rint", "round", "rsqrt", "scalar_mul", "segment_max",
    "segment_mean", "segment_min", "segment_prod", "segment_sum", "select", "sigmoid", "sign", "sin", "sinh",
    "sqrt", "square", "squared_difference", "sub", "subtract", "tan", "tanh", "truediv", "truncatediv",
    "truncatemod", "unsorted_segment_max", "unsorted_segment_mean", "unsorted_segment_min", "unsorted_segment_prod",
    "unsorted_segment_sqrt_n", "unsorted_segment_sum", "verify_tensor_all_finite", "where", "zeta",
]

abs = on_values(symbolic(ops.abs), SparseTensor)
acos = symbolic(ops.acos)
acosh = symbolic(ops.acosh)
add = symbolic(ops.add)
add_n = symbolic(ops.add_n)
angle = symbolic(ops.angle)
arg_max = symbolic(ops.arg_max)
arg_min = symbolic(ops.arg_min)
argmax = symbolic(ops.argmax)
argmin = symbolic(ops.argmin)
asin = symbolic(ops.asin)
asinh = symbolic(ops.asinh)
atan = symbolic(ops.atan)
atan2 = symbolic(ops.atan2)
atanh = symbolic(ops.atanh)
betainc = symbolic(ops.betainc)
ceil = symbolic(ops.ceil)
check_numerics = symbolic(ops.check_numerics)
clip_by_average_norm = symbolic(ops.clip_by_average_norm)
complex = symbolic(ops.complex)
conj = symbolic(ops.conj)
cos = symbolic(ops.cos)
cosh = symbolic(ops.cosh)
cumprod = symbolic(ops.cumprod)
cumsum = symbolic(ops.cumsum)
digamma = symbolic(ops.digamma)
div = symbolic(ops.div)
div_no_nan = symbolic(ops.div_no_nan)
divide = symbolic(ops.divide, "truediv")
equal = symbolic(ops.equal)
erf = on_values(symbolic(ops.erf), SparseTensor)
erfc = symbolic(ops.erfc)
exp = symbolic(ops.exp)
expm1 = symbolic(ops.expm1)
floor = symbolic(ops.floor)
floor_div = symbolic(ops.floordiv)
floordiv = symbolic(ops.floordiv, "floordiv")
floormod = symbolic(ops.floormod)
greater = symbolic(ops.greater)
greater_equal = symbolic(ops.greater_equal)
igamma = symbolic(ops.igamma)
igammac = symbolic(ops.igammac)
imag = symbolic(ops.imag)
is_finite = symbolic(ops.is_finite)
is_inf = symbolic(ops.is_inf)
is_nan = symbolic(ops.is_nan)
lbeta = symbolic(ops.lbeta)
less = symbolic(ops.less)
less_equal = symbolic(ops.less_equal)
lgamma = symbolic(ops.lgamma)
log = symbolic(ops.log)
log1p = symbolic(ops.log1p)
log_sigmoid = symbolic(ops.log_sigmoid)
logical_and = symbolic(ops.logical_and)
logical_not = symbolic(ops.logical_not)
logical_or = symbolic(ops.logical_or)
logical_xor = symbolic(ops.logical_xor)
maximum = symbolic(ops.maximum)
minimum = symbolic(ops.minimum)
mod = symbolic(ops.floormod)
mul = symbolic(ops.multiply)
multiply = symbolic(ops.multiply)
neg = symbolic(ops.negative)
negative = on_values(symbolic(ops.negative), SparseTensor)
not_equal = symbolic(ops.not_equal)
polygamma = symbolic(ops.polygamma)
pow = symbolic(ops.pow)
real = symbolic(ops.real)
realdiv = symbolic(ops.realdiv)
reciprocal = symbolic(ops.reciprocal)
reduce_all = symbolic(ops.reduce_all)
reduce_any = symbolic(ops.reduce_any)
reduce_logsumexp = symbolic(ops.reduce_logsumexp)
reduce_max = symbolic(ops.reduce_max)
reduce_mean = symbolic(ops.reduce_mean)
reduce_min = symbolic(ops.reduce_min)
reduce_prod = symbolic(ops.reduce_prod)
reduce_std = symbolic(ops.reduce_std)
reduce_sum = symbolic(ops.reduce_sum)
reduce_variance = symbolic(ops.reduce_variance)
rint = symbolic(ops.rint)
round = symbolic(ops.round)
rsqrt = symbolic(ops.rsqrt)
scalar_mul = symbolic(ops.scalar_mul)
segment_max = symbolic(ops.segment_max)
segment_mean = symbolic(ops.segment_mean)
segment_min = symbolic(ops.segment_min)
segment_prod = symbolic(ops.segment_prod)
segment_sum = symbolic(ops.segment_sum)
select = symbolic(ops.where)
sigmoid = symbolic(ops.sigmoid)
sign = on_values(symbolic(ops.sign), SparseTensor)
sin = symbolic(ops.sin)
sinh = symbolic(ops.sinh)
sqrt = on_values(symbolic(ops.sqrt), SparseTensor)
square = on_values(symbolic(ops.square), SparseTensor)
squared_difference = symbolic(ops.squared_difference)
sub = symbolic(ops.subtract)
subtract = symbolic(ops.subtract)
tan = symbolic(ops.tan)
tanh = on_values(symbolic(ops.tanh), SparseTensor)
truediv = symbolic(ops.truediv, "truediv")
truncatediv = symbolic(ops.truncatediv)
truncatemod = symbolic(ops.truncatemod)
unsorted_segment_max = symbolic(ops.unsorted_segment_max)
unsorted_segment_mean = symbolic(ops.unsorted_segment_mean)
unsorted_segment_min = symbolic(ops.unsorted_segment_min)
unsorted_segment_prod = symbolic(ops.unsorted_segment_prod)
unsorted_segment_sqrt_n = symbolic(ops.unsorted_segment_sqrt_n)
unsorted_segment_sum = symbolic(ops.unsorted_segment_sum)
verify_tensor_all_finite = symbolic(ops.verify_tensor_all_finite, "VerifyFinite/")
where = symbolic(ops.where)
reduce_euclidean_norm = symbolic(ops.reduce_euclidean_norm)
xdivy = symbolic(ops.xdivy)
xlog1py = symbolic(ops.xlog1py)
xlogy = symbolic(ops.xlogy)
zeta = symbolic(ops.zeta)
clip_by_norm = on_values(symbolic(ops.clip_by_norm), IndexedSlices)
clip_by_value = on_values(symbolic(ops.clip_by_value), IndexedSlices)


def accumulate_n(inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: Any = None) -> Any:
    """The sum of a list of tensors: `tf.add_n`."""
    if is_tensor(inputs) or not isinstance(inputs, Iterable):
        raise ArgumentError(f"accumulate_n of {inputs!r}", rule="a list of tensors", hint="accumulate_n([a, b])")
    return ops.add_n([constant_of(x) for x in inputs], name=name)


def reciprocal_no_nan(x: Any, name: str | None = None) -> Any:
    """1 / x, and 0 where x is 0."""
    x = constant_of(x)
    return div_no_nan(ops.ones([], x.dtype), x, name)
