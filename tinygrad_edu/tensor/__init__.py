"""The public array: a `Tensor` is a NumPy array that records what is done with it."""

from .tensor import Tensor, rebuild

__all__ = ["Tensor", "rebuild"]  # pickles name `rebuild` here
