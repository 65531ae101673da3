"""Recurrent networks: the formulas of their steps, layers for whole sequences, and cells for a loop of your own."""

from .cells import Cell as Cell
from .cells import GRUCell, LSTMCell, RNNCell
from .layers import GRU, LSTM, RNN
from .layers import Recurrent as Recurrent
from .steps import gru_step, lstm_step, rnn_step

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell", "gru_step", "lstm_step", "rnn_step"]
