"""`tf.contrib.rnn`: the cells, their wrappers, and the functions that run them over a sequence."""

from deepkit.v1.nn.recurrent.base import LayerRNNCell, RNNCell
from deepkit.v1.nn.recurrent.blocks import GLSTMCell, LSTMBlockCell, LSTMBlockFusedCell
from deepkit.v1.nn.recurrent.cells import BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell, MultiRNNCell
from deepkit.v1.nn.recurrent.further_cells import (
    AttentionCellWrapper,
    EmbeddingWrapper,
    HighwayWrapper,
    LayerNormBasicLSTMCell,
)
from deepkit.v1.nn.recurrent.loops import stack_bidirectional_dynamic_rnn
from deepkit.v1.nn.recurrent.states import LSTMStateTuple
from deepkit.v1.nn.recurrent.unroll import static_bidirectional_rnn, static_rnn
from deepkit.v1.nn.recurrent.wrappers import (
    DeviceWrapper,
    DropoutWrapper,
    InputProjectionWrapper,
    OutputProjectionWrapper,
    ResidualWrapper,
)

__all__ = [
    "AttentionCellWrapper",
    "BasicLSTMCell",
    "BasicRNNCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "EmbeddingWrapper",
    "GLSTMCell",
    "GRUCell",
    "HighwayWrapper",
    "InputProjectionWrapper",
    "LSTMBlockCell",
    "LSTMBlockFusedCell",
    "LSTMCell",
    "LSTMStateTuple",
    "LayerNormBasicLSTMCell",
    "LayerRNNCell",
    "MultiRNNCell",
    "OutputProjectionWrapper",
    "RNNCell",
    "ResidualWrapper",
    "stack_bidirectional_dynamic_rnn",
    "static_bidirectional_rnn",
    "static_rnn",
]
