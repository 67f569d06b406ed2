"""`tf.contrib.slim`: the layers, losses and variables of contrib under one name, for models in few lines."""

from deepkit.v1.contrib import framework as variables
from deepkit.v1.contrib import layers, losses, metrics
from deepkit.v1.contrib.framework import (
    add_arg_scope,
    add_model_variable,
    arg_scope,
    arg_scoped_arguments,
    assign_from_checkpoint,
    assign_from_checkpoint_fn,
    assign_from_values,
    assign_from_values_fn,
    create_global_step,
    current_arg_scope,
    filter_variables,
    get_global_step,
    get_local_variables,
    get_model_variables,
    get_or_create_global_step,
    get_trainable_variables,
    get_unique_variable,
    get_variables,
    get_variables_by_name,
    get_variables_by_suffix,
    get_variables_to_restore,
    has_arg_scope,
    local_variable,
    model_variable,
    variable,
)
from deepkit.v1.contrib.layers import *
from deepkit.v1.contrib.layers import __all__ as _layers
from deepkit.v1.contrib.layers import regularizers
from deepkit.v1.contrib.slim import data, evaluation, learning, nets, queues
from deepkit.v1.contrib.slim.data import (
    data_decoder,
    data_provider,
    dataset,
    dataset_data_provider,
    parallel_reader,
    prefetch_queue,
    tfexample_decoder,
)

__all__ = [
    *_layers, "add_arg_scope", "add_model_variable", "arg_scope", "arg_scoped_arguments", "assign_from_checkpoint",
    "assign_from_checkpoint_fn", "assign_from_values", "assign_from_values_fn", "create_global_step",
    "current_arg_scope", "data", "data_decoder", "data_provider", "dataset", "dataset_data_provider", "evaluation",
    "filter_variables", "get_global_step", "get_local_variables", "get_model_variables", "get_or_create_global_step",
    "get_trainable_variables", "get_unique_variable", "get_variables", "get_variables_by_name",
    "get_variables_by_suffix", "get_variables_to_restore", "has_arg_scope", "layers", "learning", "local_variable",
    "losses", "metrics", "model_variable", "nets", "parallel_reader", "prefetch_queue", "queues", "regularizers",
    "tfexample_decoder", "variable", "variables",
]
