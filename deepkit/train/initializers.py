"""Initializers: functions of a shape that make the first value of a variable."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import convert, is_tensor
from deepkit.core.static import static_shape
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, DTypeError, ShapeError, check_choice

TRUNCATED_STDDEV = 0.87962566103423978
"""Standard deviation of a standard normal number drawn again until it lies in [-2, 2]."""


class Initializer:
    """Called with a shape, returns a tensor of that shape: a Symbol if the shape is one, else a Tensor.

    A subclass says in `values` what the tensor holds. Its arguments are kept under their own names.
    """

    label = "initial_value"
    """What the values are called in a graph."""
    dtype: DType = as_dtype("float32")

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dims = static_shape(shape)[0]
        if dims is None or None in dims:
            raise ShapeError(
                f"{type(self).__name__} needs a shape that is known, not {shape}",
                rule="a variable's first value has as many numbers as its shape says",
                hint="write the number instead of None",
            )
        return self.values(shape, tuple(int(d) for d in dims if d is not None), as_dtype(dtype or self.dtype))

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        """The tensor; `shape` is the argument as it was given, `dims` the numbers in it."""
        raise TypeError(f"{type(self).__name__} does not define values")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer."""
        code = type(self).__init__.__code__
        named = {name: getattr(self, name) for name in code.co_varnames[1 : code.co_argcount]}
        return {name: value.name if isinstance(value, DType) else value for name, value in named.items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """An initializer from what `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        listed = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({listed})"


def _floating(name: str, dtype: Any) -> DType:
    kind = as_dtype(dtype)
    if not kind.is_floating:
        raise DTypeError(f"{name} makes floating-point numbers, not {kind.name}", hint="dtype=float32, then cast")
    return kind


def _known(array: np.ndarray, shape: Any) -> Any:
    """A fixed array as a constant of the graph of `shape`, or as a Tensor."""
    return convert(array, beside=shape)


class Zeros(Initializer):
    """All numbers are 0 (False, the empty string)."""

    label = "zeros"

    def __init__(self, dtype: Any = "float32"):
        self.dtype = as_dtype(dtype)

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        return ops.zeros(shape, dtype)


class Ones(Initializer):
    """All numbers are 1.

    >>> Ones()([2]).numpy().tolist()
    [1.0, 1.0]
    """

    label = "ones"

    def __init__(self, dtype: Any = "float32"):
        self.dtype = as_dtype(dtype)

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        return ops.ones(shape, dtype)


class Constant(Initializer):
    """The given value: one number for all, or as many as the shape holds, in row order.

    Where there are fewer the last one is repeated, unless verify_shape asks for the very shape.
    """

    label = "Const"

    def __init__(self, value: Any = 0, dtype: Any = "float32", verify_shape: bool = False):
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise ArgumentError(
                f"constant initializer of a {type(value).__name__}", rule="a number, a list or a NumPy array",
                hint="a tensor is given as it is: initializer=tensor",
            )
        # a list or array that is changed later does not change the initial values
        self.value, self.dtype, self.verify_shape = copy.deepcopy(value), as_dtype(dtype), verify_shape

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: Any = None, verify_shape: bool | None = None
    ) -> Any:
        array = np.asarray(self.value)
        dims = static_shape(shape)[0] or ()
        count = math.prod(d or 0 for d in dims)
        strict = self.verify_shape if verify_shape is None else verify_shape
        if array.size > count or (strict and array.shape != dims):
            raise ShapeError(
                f"constant initializer: {array.size} values of shape {array.shape} for a variable of shape {dims}",
                rule="the same shape" if strict else "at most as many values as the variable holds",
            )
        return super().__call__(shape, dtype)

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        array = np.asarray(self.value, dtype.numpy)
        if array.ndim == 0:
            return ops.fill(shape, array)
        flat, missing = array.reshape(-1), math.prod(dims) - array.size
        return _known(np.concatenate([flat, np.repeat(flat[-1:], missing)]).reshape(dims), shape)


class RandomUniform(Initializer):
    """Uniform numbers, minval <= x < maxval (1 for floats; integers need it)."""

    label = "random_uniform"

    def __init__(self, minval: Any = 0, maxval: Any = None, seed: int | None = None, dtype: Any = "float32"):
        self.minval, self.maxval, self.seed, self.dtype = minval, maxval, seed, as_dtype(dtype)

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        return ops.random_uniform(shape, self.minval, self.maxval, dtype, self.seed)


class _Normal(Initializer):
    """Base: numbers of a mean and a standard deviation."""

    draw: Callable[..., Any]

    def __init__(self, mean: Any = 0.0, stddev: Any = 1.0, seed: int | None = None, dtype: Any = "float32"):
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, _floating(self.label, dtype)

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        return self.draw(shape, self.mean, self.stddev, dtype, self.seed)


class RandomNormal(_Normal):
    """Normal numbers of the given mean and standard deviation."""

    label = "random_normal"
    draw = staticmethod(ops.random_normal)


class TruncatedNormal(_Normal):
    """Normal numbers, drawn again when further than two standard deviations from the mean."""

    label = "truncated_normal"
    draw = staticmethod(ops.truncated_normal)


class UniformUnitScaling(Initializer):
    """Uniform on +-factor * sqrt(3 / inputs), which keeps the variance of a linear layer's input.

    factor: about 1.15 before relu, 1.43 before tanh. Source: D. Sussillo, L. Abbott, 2014.
    """

    label = "random_uniform"

    def __init__(self, factor: float = 1.0, seed: int | None = None, dtype: Any = "float32"):
        self.factor, self.seed, self.dtype = factor, seed, _floating("uniform_unit_scaling", dtype)

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        limit = math.sqrt(3 / max(1.0, math.prod(dims[:-1]))) * self.factor
        return ops.random_uniform(shape, -limit, limit, dtype, self.seed)


def fans(dims: tuple[int, ...]) -> tuple[float, float]:
    """How many inputs each output of a layer has, and how many outputs each input, from the shape of its weights.

    (inputs, outputs) for a matrix, (kernel..., channels in, channels out) for a convolution.
    """
    if len(dims) < 2:
        size = float(dims[0]) if dims else 1.0
        return size, size
    taps = math.prod(dims[:-2])
    return float(taps * dims[-2]), float(taps * dims[-1])


class VarianceScaling(Initializer):
    """Random numbers of variance scale / n, where n counts inputs, outputs, or their mean: mode fan_in, fan_out, fan_avg.

    distribution: truncated_normal (also called normal), untruncated_normal or uniform.
    """

    label = "random_uniform"
    modes = ("fan_in", "fan_out", "fan_avg")
    distributions = ("truncated_normal", "normal", "untruncated_normal", "uniform")

    def __init__(
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal",
        seed: int | None = None, dtype: Any = "float32",
    ):
        if scale <= 0:
            raise ArgumentError(
                f"variance scaling: scale is {scale}", rule="scale > 0, since the variance is scale / n"
            )
        check_choice("variance scaling: mode", mode, self.modes)
        if distribution.lower() not in self.distributions:
            raise ArgumentError(
                f"variance scaling: distribution {distribution!r}", rule="one of " + ", ".join(self.distributions)
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution.lower()
        self.seed, self.dtype = seed, _floating("variance_scaling", dtype)
        self.label = "random_uniform" if self.distribution == "uniform" else "truncated_normal"

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        inputs, outputs = fans(dims)
        n = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)  # the variance of a uniform number on [-a, a] is a^2 / 3
            return ops.random_uniform(shape, -limit, limit, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return ops.random_normal(shape, 0.0, math.sqrt(variance), dtype, self.seed)
        return ops.truncated_normal(shape, 0.0, math.sqrt(variance) / TRUNCATED_STDDEV, dtype, self.seed)


class _Scaled(VarianceScaling):
    """Base of the named cases of variance scaling."""

    fixed: tuple[float, str, str] = (1.0, "fan_in", "truncated_normal")

    def __init__(self, seed: int | None = None, dtype: Any = "float32"):
        scale, mode, distribution = self.fixed
        super().__init__(scale, mode, distribution, seed, dtype)


class GlorotUniform(_Scaled):
    """Uniform, variance 2 / (inputs + outputs): the default of dense and convolutional layers, also called Xavier.

    Source: X. Glorot, Y. Bengio, AISTATS 2010.
    """

    fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Scaled):
    """Truncated normal, variance 2 / (inputs + outputs). Source: X. Glorot, Y. Bengio, AISTATS 2010."""

    fixed = (1.0, "fan_avg", "truncated_normal")


class HeNormal(_Scaled):
    """Truncated normal, variance 2 / inputs, for layers with relu. Source: K. He et al., ICCV 2015."""

    fixed = (2.0, "fan_in", "truncated_normal")


class HeUniform(_Scaled):
    """Uniform, variance 2 / inputs, for layers with relu. Source: K. He et al., ICCV 2015."""

    fixed = (2.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    """Truncated normal, variance 1 / inputs, for layers with selu. Source: Y. LeCun et al., 1998."""

    fixed = (1.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    """Uniform, variance 1 / inputs. Source: Y. LeCun et al., 1998."""

    fixed = (1.0, "fan_in", "uniform")


class Orthogonal(Initializer):
    """gain times a random matrix with orthogonal rows or columns; of more axes, all but the last are the rows.

    It is the Q of the decomposition of a normal matrix, each column with the sign that makes R's diagonal positive,
    so that all orthogonal matrices are equally likely. Source: A. Saxe et al., ICLR 2014.
    """

    label = "random_normal"

    def __init__(self, gain: float = 1.0, seed: int | None = None, dtype: Any = "float32"):
        self.gain, self.seed, self.dtype = gain, seed, _floating("orthogonal", dtype)

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        if len(dims) < 2:
            raise ShapeError(f"orthogonal initializer for shape {dims}", rule="at least two axes: rows and columns")
        rows, columns = math.prod(dims[:-1]), dims[-1]
        flat = np.array([max(rows, columns), min(rows, columns)], np.int32)
        q, r = ops.qr(ops.random_normal(_known(flat, shape), dtype=dtype, seed=self.seed))
        q = q * ops.sign(ops.diag_part(r))
        return self.gain * ops.reshape(q if rows >= columns else ops.matrix_transpose(q), list(dims))


class Identity(Initializer):
    """gain times the identity matrix."""

    label = "eye"

    def __init__(self, gain: float = 1.0, dtype: Any = "float32"):
        self.gain, self.dtype = gain, _floating("identity", dtype)

    def values(self, shape: Any, dims: tuple[int, ...], dtype: DType) -> Any:
        if len(dims) != 2:
            raise ShapeError(f"identity initializer for shape {dims}", rule="a matrix: two axes")
        return self.gain * _known(np.eye(*dims, dtype=dtype.numpy), shape)


NAMED: dict[str, type[Initializer]] = {
    "zeros": Zeros, "ones": Ones, "constant": Constant, "random_uniform": RandomUniform,
    "random_normal": RandomNormal, "truncated_normal": TruncatedNormal, "uniform_unit_scaling": UniformUnitScaling,
    "variance_scaling": VarianceScaling, "glorot_uniform": GlorotUniform, "glorot_normal": GlorotNormal,
    "he_normal": HeNormal, "he_uniform": HeUniform, "lecun_normal": LecunNormal, "lecun_uniform": LecunUniform,
    "orthogonal": Orthogonal, "identity": Identity,
}
"""The initializers by the names that layers accept."""


def default_for(dtype: DType) -> Initializer:
    """What a variable starts with if nobody says: Glorot's uniform numbers, zeros for other types than floats."""
    return GlorotUniform() if dtype.is_floating else Zeros()


def is_value(initializer: Any) -> bool:
    """True for numbers, arrays and tensors, False for functions of a shape."""
    return is_tensor(initializer) or not callable(initializer)
