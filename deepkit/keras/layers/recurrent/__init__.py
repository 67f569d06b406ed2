"""Recurrent layers: RNN, which takes any cell along time, and SimpleRNN, GRU and LSTM with cells of their own."""

from deepkit.keras.layers.recurrent.base import RNN
from deepkit.keras.layers.recurrent.gru import GRU, GRUCell
from deepkit.keras.layers.recurrent.lstm import LSTM, LSTMCell
from deepkit.keras.layers.recurrent.simple import SimpleRNN, SimpleRNNCell
from deepkit.keras.layers.recurrent.stacked import StackedRNNCells

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "SimpleRNN", "SimpleRNNCell", "StackedRNNCells"]
