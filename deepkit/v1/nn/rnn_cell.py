"""`tf.nn.rnn_cell`: the cells and the wrappers around them."""

from deepkit.v1.nn.recurrent.base import RNNCell
from deepkit.v1.nn.recurrent.cells import BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell, MultiRNNCell
from deepkit.v1.nn.recurrent.states import LSTMStateTuple
from deepkit.v1.nn.recurrent.wrappers import DeviceWrapper, DropoutWrapper, ResidualWrapper

__all__ = [
    "BasicLSTMCell", "BasicRNNCell", "DeviceWrapper", "DropoutWrapper", "GRUCell", "LSTMCell", "LSTMStateTuple",
    "MultiRNNCell", "RNNCell", "ResidualWrapper",
]
