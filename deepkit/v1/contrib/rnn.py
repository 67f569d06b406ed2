"""`tf.contrib.rnn`: the cells, their wrappers, and the functions that run them over a sequence."""

from deepkit.v1.recurrent.base import LayerRNNCell, RNNCell
from deepkit.v1.recurrent.blocks import GLSTMCell, LSTMBlockCell, LSTMBlockFusedCell
from deepkit.v1.recurrent.cells import BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell, MultiRNNCell
from deepkit.v1.recurrent.loops import stack_bidirectional_dynamic_rnn
from deepkit.v1.recurrent.more_cells import (
    AttentionCellWrapper,
    EmbeddingWrapper,
    HighwayWrapper,
    LayerNormBasicLSTMCell,
)  # fmt: skip
from deepkit.v1.recurrent.structure import LSTMStateTuple
from deepkit.v1.recurrent.unroll import static_bidirectional_rnn, static_rnn
from deepkit.v1.recurrent.wrappers import (
    DeviceWrapper,
    DropoutWrapper,
    InputProjectionWrapper,
    OutputProjectionWrapper,
    ResidualWrapper,
)

__all__ = [
    "AttentionCellWrapper", "EmbeddingWrapper", "HighwayWrapper", "LayerNormBasicLSTMCell",
    "stack_bidirectional_dynamic_rnn",
    "BasicLSTMCell", "BasicRNNCell", "DeviceWrapper", "DropoutWrapper", "GLSTMCell", "GRUCell",
    "InputProjectionWrapper", "LSTMBlockCell", "LSTMBlockFusedCell", "LSTMCell", "LSTMStateTuple", "LayerRNNCell",
    "MultiRNNCell", "OutputProjectionWrapper", "RNNCell", "ResidualWrapper", "static_bidirectional_rnn", "static_rnn",
]  # fmt: skip
