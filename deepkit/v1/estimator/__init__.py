"""`tf.estimator`: models that are trained, evaluated and asked by three calls, without a session in sight."""

from deepkit.v1.estimator import inputs
from deepkit.v1.estimator._canned import DNNClassifier, DNNRegressor, LinearClassifier, LinearRegressor
from deepkit.v1.estimator._model import Estimator, train_and_evaluate
from deepkit.v1.estimator._spec import EstimatorSpec, EvalSpec, ModeKeys, RunConfig, TrainSpec
from deepkit.v1.train.warm_starting import WarmStartSettings

__all__ = [
    "DNNClassifier", "DNNRegressor", "Estimator", "EstimatorSpec", "EvalSpec", "LinearClassifier", "LinearRegressor",
    "ModeKeys", "RunConfig", "TrainSpec", "WarmStartSettings", "inputs", "train_and_evaluate",
]
