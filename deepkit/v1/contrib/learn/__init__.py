"""`tf.contrib.learn`: the estimators of TensorFlow before 1.4, experiments that train and evaluate them, and data for both."""

from deepkit.v1.contrib import preprocessing
from deepkit.v1.contrib.learn import learn_runner, monitors
from deepkit.v1.contrib.learn._estimators import (
    DNNClassifier,
    DNNRegressor,
    Estimator,
    LinearClassifier,
    LinearRegressor,
    ModeKeys,
    ModelFnOps,
    RunConfig,
    SKCompat,
    infer_real_valued_columns_from_input,
)
from deepkit.v1.contrib.learn._experiment import Experiment
from deepkit.v1.contrib.learn._metric_specs import MetricSpec
from deepkit.v1.input.tutorials import datasets

__all__ = [
    "DNNClassifier", "DNNRegressor", "Estimator", "Experiment", "LinearClassifier", "LinearRegressor", "MetricSpec",
    "ModeKeys", "ModelFnOps", "RunConfig", "SKCompat", "datasets", "infer_real_valued_columns_from_input",
    "learn_runner", "monitors", "preprocessing",
]
