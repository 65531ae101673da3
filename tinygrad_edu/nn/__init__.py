"""Networks: modules that hold parameters and compose.

>>> from tinygrad_edu import nn
>>> model = nn.Sequential(nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 10), nn.Sigmoid())
>>> model.parameter_count()
12730
"""

from . import init
from .containers import ModuleDict, ModuleList, Sequential
from .layers import Linear, ReLU, Sigmoid, Tanh
from .losses import MSELoss, SumOfSquaresLoss
from .module import Module
from .parameter import Buffer, Parameter

__all__ = [
    "Buffer", "Linear", "MSELoss", "Module", "ModuleDict", "ModuleList", "Parameter", "ReLU", "Sequential", "Sigmoid",
    "SumOfSquaresLoss", "Tanh", "init",
]  # fmt: skip
