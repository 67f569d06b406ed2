"""The inner modules that programs import from: their paths as TensorFlow 1.15 has them, and a name of each."""

import pytest

from deepkit.commands.tf1 import imports
from deepkit.commands.tf1.imports import Face, resolve
from deepkit.commands.tf1.moved_modules import MOVED, NAMES
from deepkit.errors import MissingModuleError
from deepkit.loading import load_module

FOUND = [
    "contrib.factorization.KMeans", "contrib.framework.python.ops.arg_scope.arg_scope",
    "contrib.framework.python.ops.variables.get_variables", "contrib.layers.python.layers.initializers.xavier_initializer",
    "contrib.layers.python.layers.layers.batch_norm", "contrib.layers.python.layers.regularizers.l2_regularizer",
    "contrib.seq2seq.python.ops.attention_wrapper.AttentionWrapper", "contrib.seq2seq.python.ops.basic_decoder.BasicDecoder",
    "contrib.seq2seq.python.ops.beam_search_decoder.BeamSearchDecoder", "contrib.seq2seq.python.ops.decoder.dynamic_decode",
    "contrib.seq2seq.python.ops.helper.TrainingHelper", "contrib.seq2seq.python.ops.loss.sequence_loss",
    "contrib.training.python.training.hparam.HParams", "core.framework.attr_value_pb2.AttrValue", "python.data.Dataset",
    "python.data.ops.dataset_ops.Dataset", "python.estimator.estimator.Estimator", "python.framework.graph_io.write_graph",
    "python.framework.graph_util.convert_variables_to_constants", "python.framework.importer.import_graph_def",
    "python.framework.sparse_tensor.SparseTensor", "python.framework.tensor_util.make_tensor_proto", "python.layers.base.Layer",
    "python.ops.candidate_sampling_ops.uniform_candidate_sampler", "python.ops.check_ops.assert_equal",
    "python.ops.confusion_matrix.confusion_matrix", "python.ops.ctc_ops.ctc_loss", "python.ops.functional_ops.map_fn",
    "python.ops.histogram_ops.histogram_fixed_width", "python.ops.linalg_ops.matrix_inverse",
    "python.ops.losses.losses.mean_squared_error", "python.ops.losses.mean_squared_error", "python.ops.metrics.accuracy",
    "python.ops.partitioned_variables.fixed_size_partitioner", "python.ops.spectral_ops.fft", "python.ops.template.make_template",
    "python.platform.test.TestCase", "python.training.adagrad.AdagradOptimizer",
    "python.training.gradient_descent.GradientDescentOptimizer", "python.training.input.batch",
    "python.training.learning_rate_decay.exponential_decay", "python.training.momentum.MomentumOptimizer",
    "python.training.rmsprop.RMSPropOptimizer",
]


@pytest.mark.parametrize("name", FOUND)
def test_a_name_is_found_by_the_path_of_its_inner_module(name):
    assert callable(resolve(f"tensorflow.{name}"))


@pytest.mark.parametrize("path", sorted(MOVED))
def test_every_moved_module_leads_to_one_that_is_there(path):
    assert resolve(path) is not None


@pytest.mark.parametrize("path", sorted(NAMES))
def test_a_name_without_a_public_one_is_found_in_its_module(path, monkeypatch):
    def load(name):
        """What an import finds while an old program runs."""
        return resolve(name) if name.partition(".")[0] in imports.ROOTS else load_module(name)

    monkeypatch.setattr(imports, "load_module", load)
    module, _, name = path.rpartition(".")
    assert getattr(Face(module, resolve(module)), name) is resolve(NAMES[path])


def test_another_inner_module_is_an_error_that_names_it():
    with pytest.raises(MissingModuleError, match=r"deepkit has no tensorflow\.python\.ops\.no_such_ops"):
        resolve("tensorflow.python.ops.no_such_ops")


def test_trees_are_an_error_that_says_what_has_them():
    with pytest.raises(MissingModuleError, match="RandomForestClassifier"):
        resolve("tensorflow.contrib.tensor_forest.python.tensor_forest")
