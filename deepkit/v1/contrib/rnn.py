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
from deepkit.v1.nn.recurrent.fused import (
    FusedRNNCell,
    FusedRNNCellAdaptor,
    GRUBlockCell,
    GRUBlockCellV2,
    TimeReversedFusedRNN,
    best_effort_input_batch_size,
    transpose_batch_time,
)
from deepkit.v1.nn.recurrent.gated_cells import (
    CFNCell,
    IndRNNCell,
    IndyGRUCell,
    IndyLSTMCell,
    IntersectionRNNCell,
    MinimalRNNCell,
    SRUCell,
    UGRNNCell,
)
from deepkit.v1.nn.recurrent.loops import stack_bidirectional_dynamic_rnn, stack_bidirectional_rnn
from deepkit.v1.nn.recurrent.memory_cells import (
    Conv1DLSTMCell,
    Conv2DLSTMCell,
    Conv3DLSTMCell,
    ConvLSTMCell,
    CoupledInputForgetGateLSTMCell,
    NASCell,
    PhasedLSTMCell,
    WeightNormLSTMCell,
)
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
    "CFNCell",
    "Conv1DLSTMCell",
    "Conv2DLSTMCell",
    "Conv3DLSTMCell",
    "ConvLSTMCell",
    "CoupledInputForgetGateLSTMCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "EmbeddingWrapper",
    "FusedRNNCell",
    "FusedRNNCellAdaptor",
    "GLSTMCell",
    "GRUBlockCell",
    "GRUBlockCellV2",
    "GRUCell",
    "HighwayWrapper",
    "IndRNNCell",
    "IndyGRUCell",
    "IndyLSTMCell",
    "InputProjectionWrapper",
    "IntersectionRNNCell",
    "LSTMBlockCell",
    "LSTMBlockFusedCell",
    "LSTMCell",
    "LSTMStateTuple",
    "LayerNormBasicLSTMCell",
    "LayerRNNCell",
    "MinimalRNNCell",
    "MultiRNNCell",
    "NASCell",
    "OutputProjectionWrapper",
    "PhasedLSTMCell",
    "RNNCell",
    "ResidualWrapper",
    "SRUCell",
    "TimeReversedFusedRNN",
    "UGRNNCell",
    "WeightNormLSTMCell",
    "best_effort_input_batch_size",
    "stack_bidirectional_dynamic_rnn",
    "stack_bidirectional_rnn",
    "static_bidirectional_rnn",
    "static_rnn",
    "transpose_batch_time",
]
