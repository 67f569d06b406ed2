"""What scikit-learn once had and old programs use: load_boston, TSNE(n_iter=), cross_validation, Imputer, externals.joblib.

Beside them fetch_california_housing: what it would download is read from the data at hand, where they are.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from deepkit.datasets import load_boston, load_california
from deepkit.datasets.catalog import lookup
from deepkit.datasets.locate import locate
from deepkit.errors import ArgumentError
from deepkit.loading import load_module


def _boston(*, return_X_y: bool = False) -> Any:
    """scikit-learn's function until 1.2, on the data at hand."""
    from sklearn.utils import Bunch

    table = load_boston(verbose=False)
    if return_X_y:
        return table.x, table.y
    return Bunch(data=table.x, target=table.y, feature_names=np.array(table.features), DESCR=str(load_boston.__doc__))


def _california(download: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(download)
    def fetch(*, return_X_y: bool = False, as_frame: bool = False, **options: Any) -> Any:
        from sklearn.utils import Bunch

        if as_frame or locate(lookup("california")) is None:
            return download(return_X_y=return_X_y, as_frame=as_frame, **options)
        table = load_california(verbose=False)
        if return_X_y:
            return table.x, table.y
        names = {"feature_names": list(table.features), "target_names": [table.target]}
        return Bunch(data=table.x, target=table.y, frame=None, DESCR=str(load_california.__doc__), **names)

    return fetch


def _tsne(now: Callable[..., Any]) -> Callable[..., Any]:
    def make(n_components: int = 2, *, n_iter: int | None = None, **options: Any) -> Any:
        """TSNE whose argument max_iter was called n_iter until 1.5."""
        return now(n_components, **(options if n_iter is None else {**options, "max_iter": n_iter}))

    return make


def _imputer(simple: type) -> Callable[..., Any]:
    def make(missing_values: Any = "NaN", strategy: str = "mean", axis: int = 0, **options: Any) -> Any:
        """preprocessing.Imputer until 0.22: by columns."""
        if axis != 0:
            raise ArgumentError(f"Imputer(axis={axis}) filled rows", rule="what scikit-learn has now fills columns",
                                hint="transpose the table before and after")
        return simple(missing_values=float("nan") if missing_values == "NaN" else missing_values, strategy=strategy, **options)

    return make


def _restore_boston() -> bool:
    load_module("sklearn.datasets").load_boston = _boston  # type: ignore[attr-defined]
    return True


def _read_california() -> bool:
    datasets: Any = load_module("sklearn.datasets")
    datasets.fetch_california_housing = _california(datasets.fetch_california_housing)
    return False  # it is still scikit-learn's: nothing was missing


def _restore_tsne() -> bool:
    manifold: Any = load_module("sklearn.manifold")
    if "n_iter" in inspect.signature(manifold.TSNE).parameters:
        return False
    manifold.TSNE = _tsne(manifold.TSNE)
    return True


def _restore_imputer() -> bool:
    preprocessing: Any = load_module("sklearn.preprocessing")
    preprocessing.Imputer = _imputer(load_module("sklearn.impute").SimpleImputer)
    return True


def _restore_cross_validation() -> bool:
    return _stand_in("cross_validation", load_module("sklearn.model_selection"))


def _restore_externals() -> bool:
    import joblib

    return _stand_in("externals", ModuleType("sklearn.externals")) and _stand_in("externals.joblib", joblib)


def _stand_in(name: str, module: ModuleType) -> bool:
    """`sklearn.name` is `module`."""
    path = f"sklearn.{name}"
    parent, _, last = path.rpartition(".")
    sys.modules[path] = module
    setattr(load_module(parent), last, module)
    return True


REMOVED: dict[str, Callable[[], bool]] = {
    "load_boston": _restore_boston, "TSNE": _restore_tsne, "Imputer": _restore_imputer,
    "cross_validation": _restore_cross_validation, "sklearn.externals": _restore_externals,
    "fetch_california_housing": _read_california,
}
"""By the word in a program: what puts back what it means, and says whether anything was missing."""


def restore(source: bytes) -> list[str]:
    """Put back what the program `source` names and this scikit-learn lacks, for this process; returns the words."""
    words = [word for word in REMOVED if word.encode() in source] if b"sklearn" in source else []
    try:
        return [word for word in words if REMOVED[word]()]
    except ImportError:
        return []  # no scikit-learn: the program meets it itself, and says so
