"""Pooling: images become smaller, as each window is replaced by its largest number or its mean.

Where several numbers are the largest, they share the gradient. An input may lack the axis of examples, N. Then the
output lacks it too.
"""

from .adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_max_pool2d
from .sliding import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "max_pool1d",
    "max_pool2d",
]
