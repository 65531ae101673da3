"""Schedules: how the learning rate changes during training, under PyTorch's names.

A schedule gives a factor for each step, on the learning rate that each group of the optimiser began with. Call its
``step()`` after the optimiser's: after each epoch, or each batch, whichever its numbers count. Several schedules on one
optimiser are several factors, and so is anything else that changes the rate: each continues from the rate that it
finds.
"""

from .annealing import CosineAnnealingLR, OneCycleLR
from .decay import ExponentialLR, LambdaLR, LinearLR, MultiStepLR, StepLR
from .plateau import ReduceLROnPlateau
from .schedule import Schedule
from .sequential import SequentialLR

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "Schedule",
    "SequentialLR",
    "StepLR",
]
