"""Going down the gradient."""

from .sgd import SGD

__all__ = ["SGD"]
