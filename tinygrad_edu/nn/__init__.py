"""Networks: modules that hold parameters and compose.

>>> from tinygrad_edu import nn
>>> model = nn.Sequential(nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 10), nn.Sigmoid())
>>> model.parameter_count()
12730
"""

from . import init
from .layers import Linear, ReLU, Sequential, Sigmoid, Tanh
from .losses import MSELoss, SumOfSquaresLoss
from .module import Module, Parameter

__all__ = ["Linear", "MSELoss", "Module", "Parameter", "ReLU", "Sequential", "Sigmoid", "SumOfSquaresLoss", "Tanh", "init"]
