"""KerasClassifier and KerasRegressor: Keras models as estimators of scikit-learn (1.6 or newer).

They follow scikit-learn's rules and so work in Pipeline, GridSearchCV, cross_val_score and clone. scikit-learn is
imported when an estimator is used, not before.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from deepkit.core.graph import Graph
from deepkit.errors import ArgumentError, MissingExtraError
from deepkit.keras.backend.session import World
from deepkit.keras.engine.model import Model
from deepkit.keras.engine.sequential import Sequential
from deepkit.keras.saving.state import model_of, state_of
from deepkit.keras.utils.np_utils import to_categorical

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]

_DEFAULTS = {"epochs": 100, "batch_size": 32, "verbose": 0}
"""How the small network is trained that is used where no build_fn is given."""


_OF_MODELS: tuple[Any, ...] = (Model.fit, Model.predict, Model.evaluate)


class BaseWrapper:
    """Base of the two estimators.

    Args:
        build_fn: a function that makes and compiles a model; None for a small network with one hidden layer (or for
            a subclass that defines __call__). Where it has arguments of these names it is told n_features_in, the
            number of features of X, n_outputs, the number of columns of y, and n_classes.
        random_state: a seed for the first weights, the shuffling and dropout.
        sk_params: arguments for build_fn, and for the fit and predict of the model (epochs, batch_size, ...). They
            can be searched by GridSearchCV; those given to fit or predict themselves go before them.

    A fitted estimator has model_ (also as `model`), history_ and n_features_in_.
    """

    # scikit-learn wants nothing beside named parameters in vars(self).
    __slots__ = ("__dict__", "__weakref__", "sk_params")
    _estimator_type = ""
    n_features_in_: int

    def __init__(self, build_fn: Callable[..., Any] | None = None, random_state: Any = None, **sk_params: Any):
        self.build_fn = build_fn
        self.random_state = random_state
        self.sk_params = sk_params
        self.check_params(sk_params)

    # ---- parameters

    def check_params(self, params: Mapping[str, Any]) -> None:
        """ArgumentError if nobody takes one of these parameters."""
        targets = [self._builder(), *_OF_MODELS]
        if not callable(targets[0]):
            return  # fit will say so
        for name in params:
            if not any(_takes(target, name) for target in targets):
                raise ArgumentError(
                    f"{type(self).__name__} has no parameter {name!r}",
                    rule="parameters are the arguments of build_fn, fit and predict",
                    hint=f"give build_fn an argument {name}, or correct the name",
                )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters by name."""
        return {"build_fn": self.build_fn, "random_state": self.random_state, **self.sk_params}

    def set_params(self, **params: Any) -> BaseWrapper:
        """Changes parameters; returns the estimator."""
        if "build_fn" in params:
            self.build_fn = params["build_fn"]
        self.random_state = params.get("random_state", self.random_state)
        others = {k: v for k, v in params.items() if k not in ("build_fn", "random_state")}
        self.check_params(others)
        self.sk_params = {**self.sk_params, **others}
        return self

    def filter_sk_params(self, fn: Callable[..., Any], override: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Those of sk_params that `fn` takes, and all of `override`."""
        return {**{k: v for k, v in self.sk_params.items() if _takes(fn, k)}, **(override or {})}

    def _builder(self) -> Callable[..., Any]:
        if self.build_fn is not None:
            return self.build_fn
        own = any("__call__" in vars(cls) for cls in type(self).__mro__)
        return self.__call__ if own else self._small_network  # type: ignore[operator]

    def __repr__(self) -> str:
        shown = [(k, getattr(v, "__name__", repr(v))) for k, v in self.get_params().items() if v is not None]
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in shown)})"

    # ---- what scikit-learn asks for

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        classifies = self._estimator_type == "classifier"
        return Tags(
            estimator_type=self._estimator_type,
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if classifies else None,
            regressor_tags=None if classifies else RegressorTags(),
            input_tags=InputTags(three_d_array=True),
            non_deterministic=self.random_state is None,
        )

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in vars(self)

    def __getstate__(self) -> dict[str, Any]:
        state = {**vars(self), "sk_params": self.sk_params}
        if "model_" in state:
            with World.of(*state["model_"].inputs).graph.as_default():
                state["model_"] = state_of(state["model_"])
            state["history_"] = dict(state["history_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.sk_params = state.pop("sk_params")
        vars(self).update(state)
        if "model_" in state:
            with Graph().as_default():
                self.model_ = model_of(state["model_"])

    # ---- fitting

    @property
    def model(self) -> Any:
        """The fitted Keras model."""
        return self.model_

    def _fit(self, x: np.ndarray, y: np.ndarray, told: dict[str, Any], kwargs: dict[str, Any]) -> None:
        """Builds the model in a graph of its own, so that many fits leave nothing behind, and trains it."""
        build = self._builder()
        if not callable(build):
            raise ArgumentError(
                f"{type(self).__name__}: build_fn={build!r}", rule="a function that returns a compiled model, or None",
                hint="KerasClassifier(build_fn=make_model), without brackets",
            )
        given = self.filter_sk_params(build)
        given |= {k: v for k, v in told.items() if k not in given and _names(build, k)}
        with self._seeded():
            self.model_ = build(**given)
            if not isinstance(self.model_, Model) or self.model_.optimizer is None:
                raise ArgumentError(
                    f"build_fn returned {self.model_!r}", rule="it returns a compiled Keras model",
                    hint='model.compile(loss=..., optimizer=...), and `return model` at the end',
                )
            options: dict[str, Any] = dict(_DEFAULTS) if build == self._small_network else {"verbose": 0}
            options |= self.filter_sk_params(Model.fit, kwargs)
            done = self.model_.fit(x, self._targets(y), **copy.deepcopy(options))
        self.history_ = done.history

    @contextlib.contextmanager
    def _seeded(self) -> Iterator[None]:
        """A graph of its own, and the random numbers of random_state in it and in NumPy."""
        from sklearn.utils import check_random_state

        graph, kept = Graph(), np.random.get_state()
        if self.random_state is not None:
            graph.seed = int(check_random_state(self.random_state).randint(2**31 - 1))
            np.random.seed(graph.seed)
        try:
            with graph.as_default():
                yield
        finally:
            if self.random_state is not None:
                np.random.set_state(kept)

    def _targets(self, y: np.ndarray) -> np.ndarray:
        return y

    def _outputs(self, X: Any, kwargs: dict[str, Any]) -> np.ndarray:
        """What the model computes for X."""
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        x = _validated(self, X, reset=False)
        with World.of(*self.model_.inputs).graph.as_default():
            return self.model_.predict(x, **self.filter_sk_params(Model.predict, kwargs))

    def _small_network(
        self, n_features_in: int, n_outputs: int, hidden: int, activation: str, loss: str, lr: float
    ) -> Any:
        from deepkit.keras.layers import BatchNormalization, Dense
        from deepkit.keras.optimizers import Adam

        layers = [BatchNormalization(input_shape=(n_features_in,)), Dense(hidden, activation="relu")]
        model = Sequential([*layers, Dense(n_outputs, activation=activation)])
        model.compile(loss=loss, optimizer=Adam(lr))
        return model


class KerasClassifier(BaseWrapper):
    """A Keras model that classifies: its last layer has a unit for each class, or one sigmoid unit for two classes.

    y holds labels of any kind, or one-hot rows. The loss may be categorical_crossentropy,
    sparse_categorical_crossentropy or binary_crossentropy; labels are brought into its form.

    >>> import numpy as np
    >>> from deepkit import keras
    >>> def build(units=8):
    ...     model = keras.models.Sequential([keras.layers.Dense(units, activation="relu", input_shape=(2,))])
    ...     model.add(keras.layers.Dense(2, activation="softmax"))
    ...     model.compile("adam", "categorical_crossentropy")
    ...     return model
    >>> x = np.repeat([[0.0, 1.0], [1.0, 0.0]], 50, axis=0)
    >>> y = np.repeat(["rain", "sun"], 50)
    >>> estimator = KerasClassifier(build, epochs=60, batch_size=10, random_state=0).fit(x, y)
    >>> estimator.predict([[0.0, 1.0], [1.0, 0.0]]).tolist(), estimator.score(x, y)
    (['rain', 'sun'], 1.0)
    """

    _estimator_type = "classifier"

    def fit(self, X: Any, y: Any, **kwargs: Any) -> KerasClassifier:
        """Trains a new model on (samples, ...) features and their labels; kwargs go to the model's fit."""
        from sklearn.utils.multiclass import check_classification_targets

        x, labels = _validated(self, X, y, multi_output=_columns(y) > 1)
        check_classification_targets(labels)
        if labels.ndim == 2:
            self.classes_ = np.arange(labels.shape[1])
        else:
            self.classes_, labels = np.unique(labels, return_inverse=True)
        self.n_classes_ = len(self.classes_)
        if self.n_classes_ < 2:
            raise ArgumentError("KerasClassifier: y has one class only", rule="a classifier needs at least 2 classes")
        told = {"n_features_in": self.n_features_in_, "n_outputs": self.n_classes_, "n_classes": self.n_classes_}
        self._fit(x, labels, told, kwargs)
        return self

    def _targets(self, y: np.ndarray) -> np.ndarray:
        loss = self.model_.loss
        name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
        if y.ndim == 1 and name == "categorical_crossentropy":
            return to_categorical(y, self.n_classes_)
        if y.ndim == 1 and name != "sparse_categorical_crossentropy" and self.model_.output_shape[-1] == 1:
            return y.reshape(-1, 1)
        return y.argmax(axis=1) if y.ndim == 2 and name == "sparse_categorical_crossentropy" else y

    def predict_proba(self, X: Any, **kwargs: Any) -> np.ndarray:
        """The probability of each class: (samples, n_classes), in the order of classes_."""
        p = self._outputs(X, kwargs)
        return np.hstack([1 - p, p]) if p.shape[-1] == 1 else p

    def predict(self, X: Any, **kwargs: Any) -> np.ndarray:
        """The most probable label of each sample."""
        most = self.predict_proba(X, **kwargs).argmax(axis=-1)
        return self.classes_[most]

    def score(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> float:
        """The share of labels that are predicted right."""
        from sklearn.metrics import accuracy_score

        truth = np.asarray(y)
        truth = truth.argmax(axis=1) if truth.ndim == 2 and truth.shape[1] > 1 else truth
        return float(accuracy_score(truth, self.predict(X, **kwargs), sample_weight=sample_weight))

    def _small_network(self, n_features_in: int, n_classes: int, hidden: int = 32) -> Any:  # type: ignore[override]
        return super()._small_network(n_features_in, n_classes, hidden, "softmax", "categorical_crossentropy", 0.01)


class KerasRegressor(BaseWrapper):
    """A Keras model that predicts numbers: a unit of its last layer for each column of y.

    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> KerasRegressor(random_state=0).fit(x, 3 * x[:, 0] + 1).score(x, 3 * x[:, 0] + 1) > 0.95
    True
    """

    _estimator_type = "regressor"

    def fit(self, X: Any, y: Any, **kwargs: Any) -> KerasRegressor:
        """Trains a new model on (samples, ...) features and the numbers to predict; kwargs go to the model's fit."""
        x, numbers = _validated(self, X, y, multi_output=_columns(y) > 1, y_numeric=True)
        outputs = 1 if numbers.ndim == 1 else numbers.shape[1]
        self._fit(
            x, numbers, {"n_features_in": self.n_features_in_, "n_outputs": outputs, "n_classes": outputs}, kwargs
        )
        return self

    def predict(self, X: Any, **kwargs: Any) -> np.ndarray:
        """The predicted numbers: (samples,), or (samples, columns) where y had several."""
        found = self._outputs(X, kwargs)
        return found[..., 0] if found.shape[-1] == 1 else found

    def score(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> float:
        """R squared: 1 for perfect predictions, 0 for those no better than the mean of y."""
        from sklearn.metrics import r2_score

        return float(r2_score(y, self.predict(X, **kwargs), sample_weight=sample_weight))

    def _small_network(self, n_features_in: int, n_outputs: int, hidden: int = 32) -> Any:  # type: ignore[override]
        return super()._small_network(n_features_in, n_outputs, hidden, "linear", "mse", 0.05)


def _validated(estimator: BaseWrapper, X: Any, *y: Any, reset: bool = True, **how: Any) -> Any:
    """X (and y) as arrays of numbers, checked by scikit-learn; with `reset` their number of features is remembered."""
    try:
        from sklearn.utils.validation import validate_data
    except ImportError as error:
        raise MissingExtraError("scikit-learn 1.6 or newer", "sklearn", type(estimator).__name__) from error
    options: dict[str, Any] = {"dtype": "numeric", "allow_nd": True}
    if y:
        return validate_data(estimator, X, *y, reset=reset, **options, **how)
    return validate_data(estimator, X, reset=reset, **options)


def _columns(y: Any) -> int:
    """The number of columns of a table, 1 for anything else."""
    shape = np.asarray(y).shape
    return shape[1] if len(shape) == 2 else 1


def _takes(fn: Callable[..., Any], name: str) -> bool:
    """Whether `fn` has an argument of this name, or takes any."""
    if _names(fn, name) or fn in _OF_MODELS:
        return _names(fn, name)
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(fn).parameters.values())


def _names(fn: Callable[..., Any], name: str) -> bool:
    return name in inspect.signature(fn).parameters and name != "self"
