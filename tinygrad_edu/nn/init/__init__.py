"""Initialisation of parameters.

Each function fills a parameter in place and returns it, as PyTorch's functions of the same names do. Weights of layers
have the shape (outputs, inputs, ...). The "fan in" is how many inputs each output has, the "fan out" how many outputs
each input has.
"""

from ...rng import manual_seed
from .constants import constant_, dirac_, eye_, ones_, zeros_
from .gain import calculate_gain
from .random import normal_, trunc_normal_, uniform_
from .scaled import kaiming_normal_, kaiming_uniform_, orthogonal_, xavier_normal_, xavier_uniform_

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "manual_seed",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]
