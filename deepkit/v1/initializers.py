"""`tf.initializers`: the initializers, made to put what they compute into a graph."""

from __future__ import annotations

from typing import Any

from deepkit.core.graph import default_graph
from deepkit.core.static import static_shape
from deepkit.core.symbol import Symbol
from deepkit.train import initializers as _train
from deepkit.v1.framework.symbolic import known

__all__ = [
    "Initializer", "constant", "get", "global_variables", "glorot_normal", "glorot_uniform", "he_normal",
    "he_uniform", "identity", "lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal",
    "random_uniform", "truncated_normal", "uniform_unit_scaling", "variables", "variance_scaling", "zeros",
]


def shape_constant(shape: Any, label: str) -> Symbol:
    """A shape as a constant node called label/shape, as TensorFlow names it."""
    if isinstance(shape, Symbol):
        return shape
    graph = default_graph()
    graph.enter_cell()
    return known(static_shape(shape)[1], f"{graph.unique_name(label, mark_as_used=False)}/shape/")


class _InGraph:
    """An initializer whose result is a Symbol whatever its argument."""

    label: str

    def __call__(self, shape: Any, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(shape_constant(shape, self.label), *args, **kwargs)  # type: ignore[misc]


def _in_graph(cls: type[_train.Initializer]) -> Any:
    return type(cls.__name__, (_InGraph, cls), {"__doc__": cls.__doc__, "__module__": __name__})


Initializer = _train.Initializer
zeros = _in_graph(_train.Zeros)
ones = _in_graph(_train.Ones)
constant = _in_graph(_train.Constant)
random_uniform = _in_graph(_train.RandomUniform)
random_normal = _in_graph(_train.RandomNormal)
truncated_normal = _in_graph(_train.TruncatedNormal)
uniform_unit_scaling = _in_graph(_train.UniformUnitScaling)
variance_scaling = _in_graph(_train.VarianceScaling)
glorot_uniform = _in_graph(_train.GlorotUniform)
glorot_normal = _in_graph(_train.GlorotNormal)
he_normal = _in_graph(_train.HeNormal)
he_uniform = _in_graph(_train.HeUniform)
lecun_normal = _in_graph(_train.LecunNormal)
lecun_uniform = _in_graph(_train.LecunUniform)
orthogonal = _in_graph(_train.Orthogonal)
identity = _in_graph(_train.Identity)


def get(named: Any) -> Any:
    """An initializer from its name ("he_normal"); anything else as it is."""
    from deepkit.errors import ArgumentError

    if not isinstance(named, str):
        return named
    if named not in _train.NAMED:
        raise ArgumentError(f"there is no initializer {named!r}", hint="one of " + ", ".join(_train.NAMED))
    return globals()[named]()


def global_variables(name: str = "init") -> Any:
    """`tf.global_variables_initializer`: one operation that gives all variables made so far their initial values."""
    from deepkit.v1.framework.creators import global_variables as listed
    from deepkit.v1.framework.creators import variables_initializer

    return variables_initializer(listed(), name)


def variables(var_list: Any, name: str = "init") -> Any:
    """`tf.variables_initializer`: one operation that gives the listed variables their initial values."""
    from deepkit.v1.framework.creators import variables_initializer

    return variables_initializer(var_list, name)
